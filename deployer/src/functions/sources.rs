//! Functions whose code is a directory or a zip file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use deployer_spec::Language;
use serde::{Deserialize, Serialize};

use super::archive::{Files, read_zip};
use super::{Artifact, command, environment, pack};
use crate::failure::Failure;

/// The source of a function's zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ZipSource {
    /// A directory of the project, with the command that prepares a copy of it and the directory that it leaves its result in.
    Directory { path: PathBuf, build: Option<String>, output: Option<String> },
    /// A zip file.
    File(PathBuf),
}

/// A function whose code is not a Cargo package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZipFunction {
    pub(crate) source: ZipSource,
    pub(crate) runtime: String,
    pub(crate) handler: String,
    /// Whether layers may hold the handler.
    pub(crate) has_layers: bool,
}

/// Digests of directories by function, with what they were computed from. Stored beside the state of the embedded AWS; without the file
/// everything is packed and built again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    functions: BTreeMap<String, Recorded>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recorded {
    /// Digest of the directory and the command.
    inputs: String,
    code_sha256: String,
}

impl Record {
    pub(super) fn read(path: &Path) -> Self {
        std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        write_atomically(path, &serde_json::to_vec(self)?)
    }
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Checks that the code of a function is there and, unless a command prepares it, that the handler is in it.
///
/// # Errors
/// Fails as [`Packing::pack`] does; nothing is built.
pub(crate) fn check(root: &Path, name: &str, function: &ZipFunction) -> Result<(), Failure> {
    let checked = match &function.source {
        ZipSource::File(path) => {
            let path = root.join(path);
            read_zip(&path).and_then(|(_, names)| function.check(&path, &names))
        }
        ZipSource::Directory { path, build, .. } => {
            let path = root.join(path);
            match build {
                Some(_) => Files::list_for_copy(root, &path).map(drop),
                None => Files::list(root, &path).and_then(|files| function.check(&path, &files.names())),
            }
        }
    };
    checked.map_err(|failure| of_function(name, root, failure))
}

/// Returns the failure with the function's name, and paths as the spec has them.
fn of_function(name: &str, root: &Path, failure: Failure) -> Failure {
    let message = failure.message.replace(&format!("{}/", root.display()), "");
    Failure { message: format!("function {name}: {message}"), ..failure }
}

/// Where the functions of a project are packed.
pub(super) struct Packing<'p> {
    pub(super) root: &'p Path,
    pub(super) secrets: &'p BTreeSet<String>,
    pub(super) quiet: bool,
    pub(super) record: Record,
}

impl Packing<'_> {
    /// Returns the digest and the artifact of a function. A command runs only if its directory or the command itself has changed.
    ///
    /// # Errors
    /// Fails if the code cannot be read, packed or built, or if the handler is not in it.
    pub(super) fn pack(&mut self, name: &str, function: &ZipFunction) -> Result<(String, Artifact), Failure> {
        self.pack_source(name, function).map_err(|failure| of_function(name, self.root, failure))
    }

    fn pack_source(&mut self, name: &str, function: &ZipFunction) -> Result<(String, Artifact), Failure> {
        match &function.source {
            ZipSource::File(path) => {
                let path = self.root.join(path);
                let (zip, names) = read_zip(&path)?;
                function.check(&path, &names)?;
                Ok((pack::digest(&zip), Artifact::Zip(path)))
            }
            ZipSource::Directory { path, build, output } => {
                let directory = self.root.join(path);
                match build {
                    None => self.plain(name, function, &directory, Files::list(self.root, &directory)?),
                    Some(build) => {
                        let files = Files::list_for_copy(self.root, &directory)?;
                        self.built(name, function, &files, build, output.as_deref())
                    }
                }
            }
        }
    }

    fn plain(
        &mut self,
        name: &str,
        function: &ZipFunction,
        directory: &Path,
        files: Files,
    ) -> Result<(String, Artifact), Failure> {
        function.check(directory, &files.names())?;
        let inputs = files.digest(&[])?;
        let artifact = Artifact::Directory { root: self.root.to_owned(), directory: directory.to_owned() };
        if let Some(code_sha256) = self.recorded(name, &inputs) {
            return Ok((code_sha256, artifact));
        }
        let code_sha256 = pack::digest(&files.zip(directory)?);
        self.insert(name, inputs, &code_sha256);
        Ok((code_sha256, artifact))
    }

    fn built(
        &mut self,
        name: &str,
        function: &ZipFunction,
        files: &Files,
        build: &str,
        output: Option<&str>,
    ) -> Result<(String, Artifact), Failure> {
        let inputs = files.digest(&[build, output.unwrap_or_default()])?;
        let kept = self.root.join(".deployer/functions").join(format!("{name}.zip"));
        if let Some(code_sha256) = self.recorded(name, &inputs)
            && let Ok((zip, names)) = read_zip(&kept)
            && pack::digest(&zip) == code_sha256
        {
            function.check(&kept, &names)?;
            return Ok((code_sha256, Artifact::Zip(kept)));
        }
        let place = tempfile::Builder::new().prefix("deployer-build-").tempdir();
        let place = place.map_err(|error| Failure::new(format!("cannot create a directory to build in: {error}")))?;
        files.copy(place.path())?;
        let environment: Vec<(OsString, OsString)> = environment::child_environment(self.secrets);
        command::run(name, build, place.path(), &environment, self.quiet)?;
        let result = output.map_or_else(|| place.path().to_owned(), |output| place.path().join(output));
        let files = Files::list_built(place.path(), &result)?;
        function.check(&result, &files.names())?;
        let zip = files.zip(&result)?;
        let code_sha256 = pack::digest(&zip);
        // A zip that cannot be kept, as in a read-only checkout, costs only another build in the next run.
        match write_atomically(&kept, &zip) {
            Ok(()) => self.insert(name, inputs, &code_sha256),
            Err(error) => tracing::debug!("cannot keep {}: {error}", kept.display()),
        }
        Ok((code_sha256, Artifact::Bytes(zip)))
    }

    fn recorded(&self, name: &str, inputs: &str) -> Option<String> {
        self.record.functions.get(name).filter(|known| known.inputs == inputs).map(|known| known.code_sha256.clone())
    }

    fn insert(&mut self, name: &str, inputs: String, code_sha256: &str) {
        self.record.functions.insert(name.to_owned(), Recorded { inputs, code_sha256: code_sha256.to_owned() });
    }
}

/// Returns the zip of a directory, for an upload.
pub(super) fn zip_directory(root: &Path, directory: &Path) -> Result<Vec<u8>, Failure> {
    Files::list(root, directory)?.zip(directory)
}

impl ZipFunction {
    /// Checks that the handler's file is among these names, each with whether it is executable: Lambda accepts the zip without it and
    /// fails only at the first call.
    pub(super) fn check(&self, place: &Path, names: &[(String, bool)]) -> Result<(), Failure> {
        let has = |fits: &dyn Fn(&str) -> bool| names.iter().any(|(name, _)| fits(name));
        let (found, wanted) = match Language::of(&self.runtime) {
            Language::Provided => match names.iter().find(|(name, _)| name == "bootstrap") {
                Some((_, false)) if cfg!(unix) => {
                    let message = format!("`bootstrap` in {} is not executable", place.display());
                    return Err(Failure::input(message).help("set its mode: chmod +x bootstrap"));
                }
                found => (found.is_some(), "bootstrap".to_owned()),
            },
            Language::Python => {
                let module = self.handler.rsplit_once('.').map_or("", |(module, _)| module).replace('.', "/");
                (has(&|name| is_python_module(name, &module)), format!("{module}.py or {module}/__init__.py"))
            }
            Language::Node => {
                let at = self.handler.rfind('/').map_or(0, |at| at + 1);
                let end = self.handler[at..].find('.').map_or(self.handler.len(), |dot| at + dot);
                let module = &self.handler[..end];
                (has(&|name| is_node_module(name, module)), format!("{module}.js, {module}.mjs or {module}.cjs"))
            }
            Language::Other => return Ok(()),
        };
        if found || self.has_layers {
            return Ok(());
        }
        let message = format!("{} has no {wanted}, which the handler `{}` names", place.display(), self.handler);
        Err(Failure::input(message).help("correct `handler`, or the directory or zip in `code`"))
    }
}

/// Whether Python imports `module` from the file `name`: the runtime imports the handler's module with `importlib` (awslambdaric 4.2.2,
/// `bootstrap.py`), which takes sources, compiled files and extensions, of a module or of a package (Python manual, `importlib.machinery`,
/// `SOURCE_SUFFIXES`, `BYTECODE_SUFFIXES` and `EXTENSION_SUFFIXES`).
fn is_python_module(name: &str, module: &str) -> bool {
    let Some(rest) = name.strip_prefix(module) else { return false };
    let end = rest.strip_prefix("/__init__").unwrap_or(rest);
    [".py", ".pyc", ".so", ".abi3.so"].contains(&end) || end.starts_with(".cpython-") && end.ends_with(".so")
}

/// Whether Node.js loads `module` from the file `name`: the path itself, which may be a directory, then `.js`, `.mjs` and `.cjs`, then a
/// package of that name in `node_modules` (aws-lambda-ric 3.3.0, `_tryRequire`; Node.js manual, "Modules: CommonJS modules", "Folders as
/// modules").
fn is_node_module(name: &str, module: &str) -> bool {
    let package = module.rsplit('/').next().unwrap_or(module);
    if name.strip_prefix("node_modules/").and_then(|rest| rest.strip_prefix(package)).is_some_and(|rest| rest.starts_with('/')) {
        return true;
    }
    let ends = ["", ".js", ".mjs", ".cjs", "/index.js", "/index.json", "/index.node", "/package.json"];
    name.strip_prefix(module).is_some_and(|end| ends.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(runtime: &str, handler: &str) -> ZipFunction {
        let source = ZipSource::Directory { path: "app".into(), build: None, output: None };
        ZipFunction { source, runtime: runtime.to_owned(), handler: handler.to_owned(), has_layers: false }
    }

    fn packing<'p>(root: &'p Path, secrets: &'p BTreeSet<String>) -> Packing<'p> {
        let record = Record::read(&root.join(".deployer/functions/zips.json"));
        Packing { root, secrets, quiet: true, record }
    }

    #[test]
    fn handler_must_be_in_the_code() {
        let names = [
            "app.py",
            "pkg/__init__.py",
            "fast.cpython-313-x86_64-linux-gnu.so",
            "note.txt",
            "src/index.mjs",
            "lib/index.js",
            "old.cjs",
            "typed.ts",
            "data.json",
            "text/readme.md",
            "node_modules/wrapper/handler.js",
        ];
        let names = names.map(|name| (name.to_owned(), false));
        let check = |runtime, handler| function(runtime, handler).check(Path::new("app"), &names).is_ok();
        for handler in ["app.handler", "pkg.main", "fast.handler"] {
            assert!(check("python3.13", handler), "{handler}");
        }
        for handler in ["src/index.handler", "lib/index.a.b", "lib.handler", "old.handler", "wrapper.handler"] {
            assert!(check("nodejs22.x", handler), "{handler}");
        }
        for (runtime, handler) in [
            ("python3.13", "main.handler"),
            ("python3.13", "note.handler"),
            ("python3.13", "lib/index.handler"),
            ("nodejs22.x", "index.handler"),
            ("nodejs22.x", "typed.handler"),
            ("nodejs22.x", "data.handler"),
            ("nodejs22.x", "text.handler"),
            ("provided.al2023", "x"),
        ] {
            assert!(!check(runtime, handler), "{handler}");
        }
        assert!(check("java21", "example.Handler::handle"));
        let executable = [("bootstrap".to_owned(), true)];
        assert!(function("provided.al2023", "x").check(Path::new("app"), &executable).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn command_gets_the_directory_as_it_is() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("app");
        std::fs::create_dir_all(app.join("node_modules/.bin")).unwrap();
        std::fs::create_dir_all(app.join("node_modules/tool")).unwrap();
        std::fs::write(app.join("node_modules/tool/run.sh"), "#!/bin/sh\necho made > made.py\n").unwrap();
        std::fs::set_permissions(app.join("node_modules/tool/run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        symlink("../tool/run.sh", app.join("node_modules/.bin/run")).unwrap();
        let building = |build: &str| {
            let source = ZipSource::Directory { path: "app".into(), build: Some(build.to_owned()), output: None };
            ZipFunction { source, ..function("python3.13", "made.handler") }
        };
        let secrets = BTreeSet::new();
        let build = "test -L node_modules/.bin/run && node_modules/.bin/run";
        packing(root.path(), &secrets).pack("hello", &building(build)).unwrap();
        check(root.path(), "hello", &building(build)).unwrap();
        for target in ["/etc/hosts", "../outside", "nowhere"] {
            std::fs::write(root.path().join("outside"), "").unwrap();
            symlink(target, app.join("link")).unwrap();
            let failure = check(root.path(), "hello", &building(build)).unwrap_err();
            assert!(failure.message.contains("app/link: the symbolic link to"), "{failure}");
            std::fs::remove_file(app.join("link")).unwrap();
        }
    }

    #[test]
    #[cfg(unix)]
    fn command_runs_only_when_something_changed() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(root.path().join("app")).unwrap();
            std::fs::write(root.path().join(name), text).unwrap();
        };
        write("app/app.py", "one");
        let counted = root.path().join("runs");
        let building = |suffix: &str| {
            let build = format!("echo x >> {}; mkdir -p out; cp app.py out; echo {suffix} > out/made", counted.display());
            let source = ZipSource::Directory { path: "app".into(), build: Some(build), output: Some("out".to_owned()) };
            ZipFunction { source, ..function("python3.13", "app.handler") }
        };
        let secrets = BTreeSet::new();
        let run = |suffix: &str| {
            let mut packing = packing(root.path(), &secrets);
            let (digest, _) = packing.pack("hello", &building(suffix)).unwrap();
            packing.record.write(&root.path().join(".deployer/functions/zips.json")).unwrap();
            (digest, std::fs::read_to_string(&counted).unwrap().lines().count())
        };
        let (first, runs) = run("a");
        assert_eq!((run("a"), runs), ((first.clone(), 1), 1), "nothing changed");
        let (second, runs) = run("b");
        assert!(second != first && runs == 2, "another command");
        assert_eq!(run("a"), (first.clone(), 3), "the same result again");
        write("app/app.py", "two");
        let (third, runs) = run("a");
        assert!(third != first && runs == 4, "another source");
        assert!(!root.path().join("app/out").exists(), "the directory itself is left alone");
    }
}
