//! The zip of a directory: reproducible, and only of what is in the directory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::failure::Failure;

/// Maximum size of a zip that is uploaded in a request, and of its files together, in bytes (Lambda quotas page: 50 MB and 250 MB).
const MAX_ZIP: u64 = 52_428_800;
const MAX_UNZIPPED: u64 = 262_144_000;
/// Maximum size of the files that are copied for a build command, in bytes: its tools may be larger than what they leave.
const MAX_COPIED: u64 = 1 << 30;

/// Names that are never part of a function: version control, caches, environments of this machine. Compiled Python holds times.
const LEFT_OUT: [&str; 10] =
    [".git", ".hg", ".svn", ".venv", ".DS_Store", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".deployer", "__pycache__"];

/// The files of a directory by their names in the zip, with what decides about their modes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Files(BTreeMap<String, File>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    path: PathBuf,
    is_executable: bool,
    bytes: u64,
    /// Target of a symbolic link, relative and inside the directory. Only a copy has links, a zip has none.
    link: Option<PathBuf>,
}

/// What a directory is listed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Zip,
    Copy,
}

impl Files {
    /// Lists the files below a directory of the project at `root`, for a zip.
    ///
    /// # Errors
    /// Fails if it is not there, leaves the project, holds the spec or the state, is larger than Lambda takes, or has links or what is
    /// neither file nor directory.
    pub(super) fn list(root: &Path, directory: &Path) -> Result<Self, Failure> {
        check_place(root, directory)?;
        let files = Self::below(directory, Use::Zip)?;
        match files.total() {
            total if total > MAX_UNZIPPED => Err(too_large(directory, total, MAX_UNZIPPED, "unzipped")),
            _ => Ok(files),
        }
    }

    /// Lists the files below a directory of the project at `root`, for the copy that a command prepares: with the programs of
    /// `node_modules/.bin` and with symbolic links inside the directory.
    ///
    /// # Errors
    /// Fails as [`Files::list`] does, except that it may have links inside itself and up to 1 GB.
    pub(super) fn list_for_copy(root: &Path, directory: &Path) -> Result<Self, Failure> {
        check_place(root, directory)?;
        let files = Self::below(directory, Use::Copy)?;
        match files.total() {
            total if total > MAX_COPIED => {
                let message = format!(
                    "{} has {} MB; at most {} MB are copied for `build`",
                    directory.display(),
                    megabytes(total),
                    megabytes(MAX_COPIED)
                );
                Err(Failure::input(message).help("move what the command does not need out of the directory"))
            }
            _ => Ok(files),
        }
    }

    /// Lists the files that a build left in `directory` of its copy at `root`.
    ///
    /// # Errors
    /// Fails as [`Files::list`] does.
    pub(super) fn list_built(root: &Path, directory: &Path) -> Result<Self, Failure> {
        check_inside(root, directory)?;
        let files = Self::below(directory, Use::Zip)?;
        match files.total() {
            total if total > MAX_UNZIPPED => Err(too_large(directory, total, MAX_UNZIPPED, "unzipped")),
            _ => Ok(files),
        }
    }

    fn below(directory: &Path, what_for: Use) -> Result<Self, Failure> {
        let mut files = Self::default();
        files.collect(directory, directory, "", what_for)?;
        Ok(files)
    }

    fn total(&self) -> u64 {
        sum(self.0.values().map(|file| file.bytes))
    }

    fn collect(&mut self, top: &Path, directory: &Path, prefix: &str, what_for: Use) -> Result<(), Failure> {
        for entry in std::fs::read_dir(directory).map_err(|error| Failure::io(directory, error))? {
            let path = entry.map_err(|error| Failure::io(directory, error))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                return Err(Failure::input(format!("{}: the name is not UTF-8", path.display())).help("rename the file"));
            };
            if is_left_out(prefix, name, what_for) {
                continue;
            }
            let (metadata, name) =
                (std::fs::symlink_metadata(&path).map_err(|error| Failure::io(&path, error))?, format!("{prefix}{name}"));
            if metadata.is_dir() {
                self.collect(top, &path, &format!("{name}/"), what_for)?;
            } else if metadata.is_file() {
                let file = File { is_executable: is_executable(&metadata), bytes: metadata.len(), path, link: None };
                self.0.insert(name, file);
            } else if metadata.is_symlink() && what_for == Use::Copy {
                let link = Some(inner_link(top, &path)?);
                self.0.insert(name, File { is_executable: false, bytes: 0, path, link });
            } else {
                let what = if metadata.is_symlink() { "a symbolic link" } else { "what is neither a file nor a directory" };
                let help =
                    "put a copy of the file there; an environment of this machine (a venv) does not belong into a function";
                return Err(Failure::input(format!("{}: {what} cannot be packed", path.display())).help(help));
            }
        }
        Ok(())
    }

    /// Returns the names in the zip.
    pub(super) fn names(&self) -> Vec<(String, bool)> {
        self.0.iter().map(|(name, file)| (name.clone(), file.is_executable)).collect()
    }

    /// Returns a digest of names, modes, contents, and `settings`.
    pub(super) fn digest(&self, settings: &[&str]) -> Result<String, Failure> {
        let mut digest = Context::new(&SHA256);
        let mut add = |part: &[u8]| {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        };
        settings.iter().for_each(|setting| add(setting.as_bytes()));
        for (name, file) in &self.0 {
            add(name.as_bytes());
            add(&[u8::from(file.is_executable) + 2 * u8::from(file.link.is_some())]);
            match &file.link {
                Some(target) => add(target.as_os_str().as_encoded_bytes()),
                None => add(&file.read()?),
            }
        }
        Ok(hex::encode(digest.finish()))
    }

    /// Copies the files below another directory.
    pub(super) fn copy(&self, into: &Path) -> Result<(), Failure> {
        for (name, file) in &self.0 {
            let to = into.join(name);
            let parent = to.parent().unwrap_or(into);
            std::fs::create_dir_all(parent).map_err(|error| Failure::io(parent, error))?;
            let copied = match &file.link {
                Some(target) => create_link(target, &to),
                None => std::fs::copy(&file.path, &to).map(drop),
            };
            copied.map_err(|error| Failure::io(&to, error))?;
        }
        Ok(())
    }

    /// Returns the zip: the same bytes for the same names, modes and contents.
    pub(super) fn zip(&self, shown: &Path) -> Result<Vec<u8>, Failure> {
        let failed = |error: std::io::Error| Failure::io(shown, error);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, file) in &self.0 {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(DateTime::default())
                .unix_permissions(if file.is_executable { 0o755 } else { 0o644 });
            writer.start_file(name, options).map_err(|error| failed(error.into()))?;
            writer.write_all(&file.read()?).map_err(failed)?;
        }
        let zip = writer.finish().map_err(|error| failed(error.into()))?.into_inner();
        check_size(shown, &zip)?;
        Ok(zip)
    }
}

impl File {
    fn read(&self) -> Result<Vec<u8>, Failure> {
        std::fs::read(&self.path).map_err(|error| Failure::io(&self.path, error))
    }
}

/// Checks that a directory is in the project at `root`, and that neither the spec nor the state would be packed with it.
fn check_place(root: &Path, directory: &Path) -> Result<(), Failure> {
    let real = check_inside(root, directory)?;
    let root = root.canonicalize().map_err(|error| Failure::io(root, error))?;
    let reserved = ["config", ".deployer"].map(|name| root.join(name));
    let what = match reserved.iter().find(|reserved| real.starts_with(reserved)) {
        _ if real == root => "is the project's own directory, with its spec and its state".to_owned(),
        Some(reserved) => format!("is in {}, where specs and state are", reserved.display()),
        None => return Ok(()),
    };
    let help = "name a directory that has the function's files only, such as functions/NAME";
    Err(Failure::input(format!("{} {what}", directory.display())).help(help))
}

/// Returns the real path of a directory, which is in `root`.
fn check_inside(root: &Path, directory: &Path) -> Result<PathBuf, Failure> {
    let real = directory.canonicalize().map_err(|error| Failure::io(directory, error))?;
    let root = root.canonicalize().map_err(|error| Failure::io(root, error))?;
    if !real.starts_with(&root) {
        let message = format!("{} leads out of the project, to {}", directory.display(), real.display());
        return Err(Failure::input(message).help("copy it into the project"));
    }
    Ok(real)
}

/// Returns the target of a symbolic link that stays below `top`.
///
/// # Errors
/// Fails if the target is absolute, is not there, or is elsewhere.
fn inner_link(top: &Path, path: &Path) -> Result<PathBuf, Failure> {
    let target = std::fs::read_link(path).map_err(|error| Failure::io(path, error))?;
    let top = top.canonicalize().map_err(|error| Failure::io(top, error))?;
    match path.canonicalize() {
        Ok(real) if target.is_relative() && real.starts_with(&top) => Ok(target),
        real => {
            let what = if real.is_err() { "leads nowhere" } else { "does not stay in the directory" };
            let message = format!("{}: the symbolic link to {} {what}", path.display(), target.display());
            Err(Failure::input(message).help("put a copy of the file there, or remove the link"))
        }
    }
}

#[cfg(unix)]
fn create_link(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn create_link(_: &Path, link: &Path) -> std::io::Result<()> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, format!("{} cannot be linked here", link.display())))
}

fn is_left_out(prefix: &str, name: &str, what_for: Use) -> bool {
    let is_program = name == ".bin" && prefix.ends_with("node_modules/");
    LEFT_OUT.contains(&name) || name.ends_with(".pyc") || is_program && what_for == Use::Zip
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

/// Returns the sum, or the largest number if it is larger.
fn sum(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().fold(0, u64::saturating_add)
}

fn check_size(shown: &Path, zip: &[u8]) -> Result<(), Failure> {
    let bytes = zip.len() as u64;
    if bytes > MAX_ZIP { Err(too_large(shown, bytes, MAX_ZIP, "zipped")) } else { Ok(()) }
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

fn too_large(shown: &Path, bytes: u64, limit: u64, how: &str) -> Failure {
    let message = format!("{} has {} MB {how}; Lambda takes {} MB", shown.display(), megabytes(bytes), megabytes(limit));
    let help = match limit == MAX_ZIP {
        true => "leave out what the function does not need, or upload the zip to a bucket and name it in `code: { s3: … }`",
        false => "leave out what the function does not need, such as development dependencies",
    };
    Failure::input(message).help(help)
}

/// The entries of a zip by name, and whether each is executable.
type Entries = Vec<(String, bool)>;

/// Reads a zip file and returns it with the names in it, and which of them are executable.
///
/// # Errors
/// Fails if it is no zip, empty, larger than Lambda takes, or has names that lead out of the function's directory.
pub(super) fn read_zip(path: &Path) -> Result<(Vec<u8>, Entries), Failure> {
    // A pipe or a device would be waited for.
    let metadata = std::fs::metadata(path).map_err(|error| Failure::io(path, error))?;
    if !metadata.is_file() {
        return Err(Failure::input(format!("{} is not a file", path.display())).help("name a zip file"));
    }
    let file = std::fs::File::open(path).map_err(|error| Failure::io(path, error))?;
    let mut bytes = Vec::new();
    file.take(MAX_ZIP + 1).read_to_end(&mut bytes).map_err(|error| Failure::io(path, error))?;
    check_size(path, &bytes)?;
    let refuse = |what: String| Failure::input(format!("{}: {what}", path.display())).help("create the zip again");
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).map_err(|error| refuse(format!("is no readable zip: {error}")))?;
    let (mut names, mut total) = (Vec::new(), 0_u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| refuse(error.to_string()))?;
        let name = entry.name().map(|name| name.into_owned()).map_err(|error| refuse(error.to_string()))?;
        if entry.enclosed_name().is_none() || name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return Err(refuse(format!("`{name}` leads out of the function's directory")));
        }
        // A crafted zip may state any sizes.
        total = sum([total, entry.size()]);
        names.push((name, entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0)));
    }
    match (names.is_empty(), total > MAX_UNZIPPED) {
        (true, _) => Err(refuse("is empty".to_owned())),
        (_, true) => Err(too_large(path, total, MAX_UNZIPPED, "unzipped")),
        _ => Ok((bytes, names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    fn zipped(root: &Path) -> Vec<u8> {
        Files::list_built(root, root).unwrap().zip(root).unwrap()
    }

    #[test]
    fn spec_and_state_are_never_packed() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &[("config/dev.yaml", ""), (".deployer/functions/f.zip", ""), ("functions/f/app.py", "")]);
        for place in [".", "./", "config", "functions/..", ".deployer", ".deployer/functions"] {
            for list in [Files::list, Files::list_for_copy] {
                let failure = list(root.path(), &root.path().join(place)).unwrap_err();
                assert!(failure.message.contains("state"), "{place}: {failure}");
            }
        }
        assert!(Files::list(root.path(), &root.path().join("functions")).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn pipe_is_refused_without_opening() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &[("f/app.py", "")]);
        for name in ["pipe.zip", "f/pipe"] {
            assert!(std::process::Command::new("mkfifo").arg(root.path().join(name)).status().unwrap().success());
        }
        let failure = read_zip(&root.path().join("pipe.zip")).unwrap_err();
        assert!(failure.message.ends_with("pipe.zip is not a file"), "{failure}");
        for list in [Files::list, Files::list_for_copy] {
            let failure = list(root.path(), &root.path().join("f")).unwrap_err();
            assert!(failure.message.contains("f/pipe: what is neither a file nor a directory"), "{failure}");
        }
    }

    #[test]
    fn order_and_times_do_not_change_the_zip() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = [("app.py", "a"), ("lib/b.py", "b"), ("lib/a.py", "a"), ("z", "")];
        write(one.path(), &files);
        let mut reversed = files;
        reversed.reverse();
        write(two.path(), &reversed);
        std::fs::File::open(two.path().join("app.py")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        let noise = [("__pycache__/app.pyc", "x"), (".git/HEAD", "x"), ("lib/a.pyc", "x"), ("node_modules/.bin/x", "x")];
        write(two.path(), &noise);
        assert_eq!(zipped(one.path()), zipped(two.path()));
        let names: Vec<String> =
            Files::list_built(one.path(), one.path()).unwrap().names().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["app.py", "lib/a.py", "lib/b.py", "z"]);
        write(two.path(), &[("lib/a.py", "c")]);
        assert_ne!(zipped(one.path()), zipped(two.path()));
    }

    #[test]
    #[cfg(unix)]
    fn links_and_other_directories_are_refused() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(root.path(), &[("app/app.py", "")]);
        std::os::unix::fs::symlink(outside.path(), root.path().join("linked")).unwrap();
        let failure = Files::list(root.path(), &root.path().join("linked")).unwrap_err();
        assert!(failure.message.contains("leads out of the project"), "{failure}");
        std::os::unix::fs::symlink("app.py", root.path().join("app/again.py")).unwrap();
        let failure = Files::list(root.path(), &root.path().join("app")).unwrap_err();
        assert!(failure.message.contains("again.py") && failure.message.contains("symbolic link"), "{failure}");
    }

    #[test]
    #[cfg(unix)]
    fn executables_stay_executable() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &[("bootstrap", "#!/bin/sh"), ("notes", "")]);
        std::fs::set_permissions(root.path().join("bootstrap"), std::fs::Permissions::from_mode(0o700)).unwrap();
        let file = root.path().join("../packed.zip");
        std::fs::write(&file, zipped(root.path())).unwrap();
        let (_, names) = read_zip(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        assert_eq!(names, [("bootstrap".to_owned(), true), ("notes".to_owned(), false)]);
    }

    #[test]
    fn what_is_no_zip_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [("empty", ""), ("text", "hello")] {
            write(root.path(), &[(name, text)]);
            assert!(read_zip(&root.path().join(name)).is_err(), "{name}");
        }
    }
}
