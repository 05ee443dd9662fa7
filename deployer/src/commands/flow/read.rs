//! Reading flow files given by users: obviously wrong files are rejected before they are read completely.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use deployer_flow::{Flow, MAX_DOCUMENT_BYTES};

use crate::failure::Failure;
use crate::project::unreadable;

/// Returns the text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let wrong = |what: &str| Failure::input(format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|error| wrong(&error.to_string()))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(wrong("this is a directory").help(format!("name the files in it: {}/*", path.display())));
    }
    from(file, path)
}

/// Returns the text of the standard input.
pub(crate) fn standard_input() -> Result<String, Failure> {
    from(std::io::stdin().lock(), Path::new("standard input"))
}

fn from(source: impl Read, path: &Path) -> Result<String, Failure> {
    let wrong = |what: &str| Failure::input(format!("{}: {what}", path.display()));
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX);
    source.take(most + 1).read_to_end(&mut bytes).map_err(|error| wrong(&error.to_string()))?;
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(wrong("the file has more than 1 MB").help("Connect takes flows of at most 256,000 characters"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        wrong(&format!("invalid UTF-8; the first bad byte is number {}", at + 1))
    })?;
    match text.trim().is_empty() {
        true => Err(wrong("the file is empty")),
        false => Ok(text),
    }
}

/// Parses the flow in a file.
pub(crate) fn load(path: &Path) -> Result<Flow, Failure> {
    Flow::parse(&read(path)?).map_err(|error| Failure::input(unreadable(path, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(content: &[u8]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flow.json");
        std::fs::write(&path, content).unwrap();
        read(&path).unwrap_err().to_string().replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn non_flows_are_rejected_with_the_reason() {
        assert_eq!(refused(b""), "FILE: the file is empty");
        assert_eq!(refused(b" \n"), "FILE: the file is empty");
        assert_eq!(refused(b"ab\xff"), "FILE: invalid UTF-8; the first bad byte is number 3");
        assert!(refused(&vec![b'x'; MAX_DOCUMENT_BYTES + 1]).starts_with("FILE: the file has more than 1 MB"));
        let directory = tempfile::tempdir().unwrap();
        assert!(read(directory.path()).unwrap_err().message.ends_with(": this is a directory"));
        assert!(read(&directory.path().join("none")).unwrap_err().message.contains("No such file"));
    }
}
