//! Reading files given by users, with limits on their size.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Maximum size in bytes of a text file: a spec, a policy, a certificate bundle.
pub(crate) const MAX_TEXT_BYTES: u64 = 16 << 20;
/// Maximum size in bytes of a state file: a hundred thousand resources.
pub(crate) const MAX_STATE_BYTES: u64 = 256 << 20;

/// Returns the content of a file of at most `most` bytes.
///
/// # Errors
/// Returns the error of the operating system; `FileTooLarge` for a larger file; `InvalidInput` for a named pipe or a socket, which a reader
/// would wait for. What is in `/dev`, such as standard input or a shell's `<(…)`, is read, but no further.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let is_plain = |metadata: &std::fs::Metadata| metadata.is_file() || metadata.is_dir();
    if !path.starts_with("/dev") && !is_plain(&std::fs::metadata(path)?) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a directory"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// Returns the content of a file of at most `most` bytes as text.
///
/// # Errors
/// See [`read`]; `InvalidData` if it is not UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Replaces a file with one that only this user can read. Whoever reads it meanwhile gets the old or the new content.
pub(crate) fn write_privately(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        // Created with mode 0600, which the rename preserves.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::io(path, error))
}

/// Returns a path for display: relative to the current directory if it is below.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).map_or_else(|_| path.to_owned(), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_asked_for() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), [7; 10]).expect("written");
        assert_eq!(read(file.path(), 10).expect("it fits").len(), 10);
        assert_eq!(read(file.path(), 9).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_text(file.path(), 10).expect("text"), "\u{7}".repeat(10));
    }

    #[cfg(unix)]
    #[test]
    fn named_pipe_is_not_waited_for() {
        let place = tempfile::tempdir().expect("a directory");
        let pipe = place.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        assert_eq!(read(&pipe, 10).expect_err("no file").kind(), io::ErrorKind::InvalidInput);
    }

    #[cfg(unix)]
    #[test]
    fn endless_device_is_refused() {
        let error = read(Path::new("/dev/zero"), 1 << 16).expect_err("it never ends");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
