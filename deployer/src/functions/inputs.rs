//! The inputs of a function's build as one digest: while it is unchanged, cargo need not run.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// Files that affect a build wherever cargo searches for them: beside a package and in every parent directory.
const ANCESTOR_FILES: [&str; 6] =
    ["Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml", ".cargo/config.toml", ".cargo/config"];

/// Variables that differ between shells and affect no build.
const IGNORED_VARIABLES: [&str; 12] = [
    "_",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "COLUMNS",
    "LINES",
    "TERM",
    "COLORTERM",
    "WINDOWID",
    "CARGO",
    "RUSTUP_TOOLCHAIN_SOURCE",
    "RUST_BACKTRACE",
];

/// Recorded builds of a project's functions for one target, by package. Stored beside the state of the embedded AWS; without the file cargo
/// runs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct BuildCache {
    packages: BTreeMap<String, Build>,
}

/// A build with its inputs and its result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Build {
    /// Digest of all inputs.
    inputs: String,
    /// Directories of its packages that are not from a registry.
    packages: BTreeSet<PathBuf>,
    /// Included files outside of these directories.
    files: BTreeSet<PathBuf>,
    pub(super) executable: PathBuf,
    /// Size in bytes and modification time in nanoseconds since 1970 of the executable.
    stamp: (u64, u128),
    /// Digest of the zip, as Lambda returns it.
    pub(super) code_sha256: String,
}

impl BuildCache {
    /// Reads the record; a missing or unreadable one is empty.
    pub(super) fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes the record atomically.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Returns the recorded build of this package, if all inputs are unchanged and its executable still exists.
    pub(super) fn current(&self, package: &str, settings: &Settings<'_>) -> Option<&Build> {
        let build = self.packages.get(package)?;
        let unchanged =
            stamp(&build.executable).ok()? == build.stamp && settings.digest(&build.packages, &build.files).ok()? == build.inputs;
        unchanged.then_some(build)
    }

    /// Records a build, if cargo left a list of the files that it read. Without one cargo runs again the next time.
    pub(super) fn insert(&mut self, package: &str, executable: &Path, code_sha256: &str, settings: &Settings<'_>) {
        self.packages.remove(package);
        if let Some(build) = Build::of(executable, code_sha256, settings) {
            self.packages.insert(package.to_owned(), build);
        }
    }
}

impl Build {
    fn of(executable: &Path, code_sha256: &str, settings: &Settings<'_>) -> Option<Self> {
        let list = fs::read_to_string(executable.with_extension("d")).ok()?;
        let generated = executable.with_file_name("build");
        let mut read = dependencies(&list);
        // The output of build scripts depends on the packages, too. The project itself may be in cargo's target directory.
        read.retain(|file| !file.starts_with(&generated));
        let packages: BTreeSet<PathBuf> = read.iter().filter_map(|file| package_of(file)).collect();
        if packages.is_empty() {
            return None;
        }
        let files = read.into_iter().filter(|file| !packages.iter().any(|package| file.starts_with(package))).collect();
        let inputs = settings.digest(&packages, &files).ok()?;
        let (executable, stamp) = (executable.to_owned(), stamp(executable).ok()?);
        Some(Self { inputs, packages, files, executable, stamp, code_sha256: code_sha256.to_owned() })
    }
}

/// The inputs of a build besides its files.
#[derive(Clone, Copy)]
pub(super) struct Settings<'s> {
    /// Arguments of the compiler.
    pub(super) arguments: &'s [String],
    /// Environment of the compiler.
    pub(super) environment: &'s [(OsString, OsString)],
}

impl Settings<'_> {
    fn digest(&self, packages: &BTreeSet<PathBuf>, files: &BTreeSet<PathBuf>) -> io::Result<String> {
        let mut digest = Context::new(&SHA256);
        let mut add = |part: &[u8]| {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        };
        self.arguments.iter().for_each(|argument| add(argument.as_bytes()));
        for (name, value) in self.environment {
            if !IGNORED_VARIABLES.iter().any(|noise| name == noise) {
                add(name.as_encoded_bytes());
                add(value.as_encoded_bytes());
            }
        }
        let mut all = files.clone();
        for package in packages {
            collect(package, &mut all)?;
            for directory in package.ancestors() {
                all.extend(ANCESTOR_FILES.iter().map(|name| directory.join(name)).filter(|path| path.is_file()));
            }
        }
        all.extend(self.toolchain());
        for path in &all {
            add(path.as_os_str().as_encoded_bytes());
            add(&fs::read(path)?);
        }
        for tool in ["rustc", "cargo-lambda", "cargo-zigbuild", "zig"] {
            if let Some((length, modified)) = self.on_path(tool).and_then(|path| stamp(&path).ok()) {
                add(format!("{tool} {length} {modified}").as_bytes());
            }
        }
        Ok(hex::encode(digest.finish()))
    }

    fn variable(&self, name: &str) -> Option<&OsString> {
        self.environment.iter().find(|(variable, _)| variable == name).map(|(_, value)| value)
    }

    fn on_path(&self, tool: &str) -> Option<PathBuf> {
        std::env::split_paths(self.variable("PATH")?).map(|directory| directory.join(tool)).find(|path| path.is_file())
    }

    /// Returns the files that select rustup's toolchain and its date, and cargo's own configuration.
    fn toolchain(&self) -> Vec<PathBuf> {
        let home = self.variable("HOME").map(PathBuf::from).unwrap_or_default();
        let directory = |variable, name| self.variable(variable).map_or_else(|| home.join(name), PathBuf::from);
        let (rustup, cargo) = (directory("RUSTUP_HOME", ".rustup"), directory("CARGO_HOME", ".cargo"));
        let updates = fs::read_dir(rustup.join("update-hashes")).into_iter().flatten().flatten().map(|entry| entry.path());
        let named = [rustup.join("settings.toml"), cargo.join("config.toml"), cargo.join("config")];
        updates.chain(named).filter(|path| path.is_file()).collect()
    }
}

/// Collects all files of a package below its directory, except other packages, cargo's output, and hidden directories.
fn collect(directory: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if !path.is_dir() {
            found.insert(path);
        } else if name != "target" && !name.as_encoded_bytes().starts_with(b".") && !path.join("Cargo.toml").is_file() {
            collect(&path, found)?;
        }
    }
    Ok(())
}

/// Returns the directory of the package that a source file belongs to.
fn package_of(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|directory| directory.join("Cargo.toml").is_file()).map(Path::to_owned)
}

fn stamp(path: &Path) -> io::Result<(u64, u128)> {
    let metadata = fs::metadata(path)?;
    let since_1970 = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok((metadata.len(), since_1970.as_nanos()))
}

/// Parses the paths after the first colon of one of cargo's dep-info files, in make's syntax: spaces in names are escaped by a backslash.
fn dependencies(list: &str) -> BTreeSet<PathBuf> {
    let Some((_, paths)) = list.lines().next().unwrap_or_default().split_once(": ") else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    let mut path = String::new();
    for part in paths.split(' ') {
        path.push_str(part.strip_suffix('\\').unwrap_or(part));
        if part.ends_with('\\') {
            path.push(' ');
        } else if !path.is_empty() {
            found.insert(PathBuf::from(std::mem::take(&mut path)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates a package with an executable and cargo's list of its sources.
    fn package(root: &Path) -> PathBuf {
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.lock", "");
        write("words.txt", "apple");
        write("hello/Cargo.toml", "[package]");
        write("hello/src/main.rs", "fn main() {}");
        write("target/debug/hello", "binary");
        write("target/debug/build/hello-1/out/words.rs", "");
        let at = |name: &str| root.join(name).display().to_string();
        write(
            "target/debug/hello.d",
            &format!(
                "{}: {} {} {}\n",
                at("target/debug/hello"),
                at("hello/src/main.rs"),
                at("words.txt"),
                at("target/debug/build/hello-1/out/words.rs")
            ),
        );
        root.join("target/debug/hello")
    }

    #[test]
    fn recorded_build_is_current_until_an_input_changes() {
        let variables = |value: &str| vec![(OsString::from("RUSTFLAGS"), OsString::from(value)), ("PATH".into(), "/none".into())];
        let plain = variables("");
        let arguments = ["build".to_owned()];
        let settings = Settings { arguments: &arguments, environment: &plain };
        let changes: [(&str, &str); 6] = [
            ("Cargo.lock", "changed"),
            ("words.txt", "pear"),
            ("hello/src/main.rs", "fn main() { }"),
            ("hello/new.rs", ""),
            ("rust-toolchain.toml", ""),
            ("target/debug/hello", "another binary"),
        ];
        for (file, text) in changes {
            let root = tempfile::tempdir().unwrap();
            let executable = package(root.path());
            let mut record = BuildCache::default();
            record.insert("hello", &executable, "digest", &settings);
            assert_eq!(record.current("hello", &settings).map(|build| build.code_sha256.as_str()), Some("digest"));
            let flags = variables("-g");
            assert!(record.current("hello", &Settings { environment: &flags, ..settings }).is_none());
            assert!(record.current("hello", &Settings { arguments: &[], ..settings }).is_none());
            fs::write(root.path().join(file), text).unwrap();
            assert!(record.current("hello", &settings).is_none(), "{file} changed");
        }
    }

    #[test]
    fn project_may_be_in_the_target_directory() {
        let root = tempfile::tempdir().unwrap();
        let settings = Settings { arguments: &[], environment: &[] };
        fs::write(root.path().join("CACHEDIR.TAG"), "").unwrap();
        let build = Build::of(&package(root.path()), "digest", &settings).unwrap();
        assert_eq!(build.packages, BTreeSet::from([root.path().join("hello")]));
        assert_eq!(build.files, BTreeSet::from([root.path().join("words.txt")]), "the build script's output is not an input");
    }

    #[test]
    fn record_survives_being_written() {
        let root = tempfile::tempdir().unwrap();
        let settings = Settings { arguments: &[], environment: &[] };
        let mut record = BuildCache::default();
        record.insert("hello", &package(root.path()), "digest", &settings);
        let path = root.path().join(".deployer/functions/host.json");
        record.write(&path).unwrap();
        assert!(BuildCache::read(&path).current("hello", &settings).is_some());
        fs::write(&path, "{").unwrap();
        assert!(BuildCache::read(&path).current("hello", &settings).is_none());
    }

    #[test]
    fn blanks_in_paths_are_read() {
        let read = dependencies("/t/x: /a/b\\ c.rs /d.rs\n\n/other: /e.rs\n");
        assert_eq!(read, BTreeSet::from([PathBuf::from("/a/b c.rs"), PathBuf::from("/d.rs")]));
    }
}
