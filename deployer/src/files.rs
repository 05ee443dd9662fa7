//! Reading files that people name: no more of one than it can usefully have.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest document of text that is read: a spec, a policy, a bundle of certificates. In bytes.
pub(crate) const MAX_TEXT: u64 = 16 << 20;
/// The largest state file, in bytes: a hundred thousand resources.
pub(crate) const MAX_STATE: u64 = 256 << 20;

/// Returns the bytes of a file, at most `most`.
///
/// # Errors
/// What the operating system says; `FileTooLarge` where there are more. A device or a pipe that never ends is read no further.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// As [`read`]; `InvalidData` where it is not UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
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
    fn endless_device_is_refused() {
        let error = read(Path::new("/dev/zero"), 1 << 16).expect_err("it never ends");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
