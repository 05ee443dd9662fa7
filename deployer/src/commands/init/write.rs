//! Writes the files of a new project: all of them, or none.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Returns what is in the way of files below a directory: the files themselves, whatever they are, and parents that are no directories.
/// Symbolic links are not followed, except that to the directory itself.
///
/// # Errors
/// Fails if the directory is none, or cannot be looked into.
pub(super) fn taken(directory: &Path, names: &[&str]) -> Result<Vec<String>, Failure> {
    match fs::metadata(directory) {
        Ok(metadata) if !metadata.is_dir() => {
            let message = format!("{} is not a directory; nothing was written", directory.display());
            return Err(Failure::refused(message).help("name another directory"));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::io(directory, error)),
        _ => {}
    }
    let mut found: Vec<String> = Vec::new();
    for name in names {
        for path in Path::new(name).ancestors().filter(|path| !path.as_os_str().is_empty()) {
            let is_parent = path != Path::new(name);
            match fs::symlink_metadata(directory.join(path)) {
                Ok(metadata) if is_parent && metadata.is_dir() => {}
                Ok(_) => found.push(path.display().to_string()),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => return Err(Failure::io(&directory.join(path), error)),
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Writes the files below the directory. If one cannot be written, what was created is removed again.
///
/// # Errors
/// Fails with the file that could not be written, and with what is left, if something is.
pub(super) fn write_all(directory: &Path, files: &[(&str, String)]) -> Result<(), Failure> {
    let mut created = Vec::new();
    for (name, text) in files {
        let path = directory.join(name);
        if let Err(error) = write(&path, text, &mut created) {
            let failure = Failure::io(&path, error);
            return Err(match remove(&created) {
                left if left.is_empty() => failure.help("nothing was written; correct that and run it again"),
                left => failure.help(format!("remove {}, which was written and could not be removed again", left.join(", "))),
            });
        }
    }
    Ok(())
}

/// Writes a file that does not exist yet, and adds it and the directories above it that were created to `created`.
fn write(path: &Path, text: &str, created: &mut Vec<PathBuf>) -> io::Result<()> {
    let parents: Vec<&Path> = path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()).collect();
    for parent in parents.into_iter().rev() {
        match fs::create_dir(parent) {
            Ok(()) => created.push(parent.to_owned()),
            Err(_) if parent.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    // A file that has appeared in the meantime is not overwritten either.
    let mut file = File::create_new(path)?;
    created.push(path.to_owned());
    file.write_all(text.as_bytes())
}

/// Removes files and empty directories, last ones first; returns those that could not be removed.
fn remove(created: &[PathBuf]) -> Vec<String> {
    let removed = |path: &PathBuf| match path.is_dir() {
        true => fs::remove_dir(path),
        false => fs::remove_file(path),
    };
    created.iter().rev().filter(|path| removed(path).is_err()).map(|path| path.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["README.md", "config/dev.yaml", "functions/f/app.py"];

    fn files() -> Vec<(&'static str, String)> {
        NAMES.map(|name| (name, name.to_owned())).to_vec()
    }

    #[test]
    fn everything_in_the_way_is_listed() {
        let root = tempfile::tempdir().expect("a directory");
        assert!(taken(root.path(), &NAMES).expect("readable").is_empty());
        assert!(taken(&root.path().join("new"), &NAMES).expect("readable").is_empty());
        fs::create_dir_all(root.path().join("config/dev.yaml")).expect("created");
        fs::write(root.path().join("functions"), "a file").expect("written");
        assert_eq!(taken(root.path(), &NAMES).expect("readable"), ["config/dev.yaml", "functions"]);
        let failure = taken(&root.path().join("functions"), &NAMES).expect_err("a file");
        assert!(failure.message.contains("is not a directory"), "{failure}");
    }

    #[test]
    #[cfg(unix)]
    fn links_are_in_the_way() {
        let root = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::symlink("nowhere", root.path().join("README.md")).expect("linked");
        std::os::unix::fs::symlink(".", root.path().join("config")).expect("linked");
        assert_eq!(taken(root.path(), &NAMES).expect("readable"), ["README.md", "config"]);
    }

    #[test]
    fn failure_leaves_nothing_behind() {
        let root = tempfile::tempdir().expect("a directory");
        let project = root.path().join("a/project");
        let mut broken = files();
        // The file before it is in the way of this one.
        broken.push(("functions/f/app.py/more", String::new()));
        let failure = write_all(&project, &broken).expect_err("no directory");
        assert!(failure.help.is_some_and(|help| help.starts_with("nothing was written")), "{}", failure.message);
        assert_eq!(fs::read_dir(root.path()).expect("readable").count(), 0);
        write_all(&project, &files()).expect("written");
        assert_eq!(fs::read_to_string(project.join("config/dev.yaml")).expect("readable"), "config/dev.yaml");
    }
}
