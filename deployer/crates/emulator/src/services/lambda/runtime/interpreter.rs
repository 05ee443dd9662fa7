//! The interpreters of this machine that run handlers in Python and JavaScript.
//!
//! The public runtime interface clients are not used: that of Node.js is compiled at its installation, and that of Python has packages for a
//! few systems only. The clients here speak the same published API (Lambda developer guide, "Using the Lambda runtime API for custom
//! runtimes") and need nothing but the interpreter.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

/// How long an interpreter may take to say what it is.
const ANSWER: Duration = Duration::from_secs(10);

/// Variables that lead to an interpreter: those of version managers, whose executables on `PATH` only look up the real one. An interpreter
/// gets no others, so neither credentials nor what would change what it loads.
const KEPT: [&str; 11] = [
    "PATH",
    "HOME",
    "VIRTUAL_ENV",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "NODENV_ROOT",
    "NODENV_VERSION",
    "VOLTA_HOME",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    // Without it nothing starts on Windows.
    "SYSTEMROOT",
];

/// Language of a runtime that this machine can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Node,
}

/// What a runtime needs to run here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Only the function's own executable `bootstrap`.
    Nothing,
    /// An interpreter.
    Interpreter,
    /// What this machine cannot offer.
    Aws,
}

/// Returns what a runtime needs.
pub(crate) fn needs(runtime: &str) -> Needs {
    match language(runtime) {
        Some(_) => Needs::Interpreter,
        None if runtime.starts_with("provided") => Needs::Nothing,
        None => Needs::Aws,
    }
}

fn language(runtime: &str) -> Option<Language> {
    match runtime {
        _ if runtime.starts_with("python") => Some(Language::Python),
        _ if runtime.starts_with("nodejs") => Some(Language::Node),
        _ => None,
    }
}

/// An interpreter of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// Its executable.
    pub(crate) program: PathBuf,
    /// Its arguments in front of the client's file.
    pub(crate) arguments: &'static [&'static str],
    /// Its version, such as `Python 3.13.1`.
    pub(crate) version: String,
    /// Directories with its libraries, which it may read.
    pub(crate) readable: Vec<PathBuf>,
    /// Name and text of the client that it runs.
    pub(crate) client: (&'static str, &'static str),
    /// Whether it is of the version that the runtime names.
    pub(crate) matches: bool,
}

/// What an interpreter says about itself.
#[derive(Deserialize)]
struct Description {
    program: PathBuf,
    version: String,
    readable: Vec<PathBuf>,
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "Node.js",
        }
    }

    /// Returns the major and minor, or the major version of a runtime.
    fn version(self, runtime: &str) -> &str {
        match self {
            Self::Python => runtime.trim_start_matches("python"),
            Self::Node => runtime.trim_start_matches("nodejs").trim_end_matches(".x"),
        }
    }

    /// Returns names of the executable, best first.
    fn names(self, runtime: &str) -> Vec<String> {
        match self {
            Self::Python => vec![runtime.to_owned(), "python3".to_owned(), "python".to_owned()],
            Self::Node => vec!["node".to_owned(), "nodejs".to_owned()],
        }
    }

    /// Returns arguments with which the interpreter prints its [`Description`].
    fn question(self) -> &'static [&'static str] {
        match self {
            // Isolated (Python manual, "Command line and environment", -I): nothing of the current directory, of `PYTHON*` variables and
            // of the user's packages is loaded. These packages are importable later, unless in a virtual environment.
            Self::Python => &[
                "-I",
                "-c",
                "import json, os, platform, site, sys\n\
                 own = [site.getusersitepackages()] if sys.prefix == sys.base_prefix else []\n\
                 places = [sys.prefix, sys.base_prefix, os.path.dirname(os.path.realpath(sys.executable)), *sys.path, *own]\n\
                 places = [os.path.realpath(place) for place in places if place and os.path.exists(place)]\n\
                 print(json.dumps({'program': sys.executable, 'version': platform.python_version(), 'readable': places}))",
            ],
            Self::Node => &[
                "-e",
                "const { dirname } = require('path'); const program = process.execPath;\n\
                 console.log(JSON.stringify({ program, version: process.versions.node, readable: [dirname(dirname(program))] }))",
            ],
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            // Nothing is written beside the code, which is read-only on Lambda.
            Self::Python => &["-B"],
            Self::Node => &[],
        }
    }

    fn client(self) -> (&'static str, &'static str) {
        match self {
            Self::Python => ("client.py", include_str!("clients/client.py")),
            Self::Node => ("client.mjs", include_str!("clients/client.mjs")),
        }
    }

    fn site(self) -> &'static str {
        match self {
            Self::Python => "https://www.python.org/downloads/",
            Self::Node => "https://nodejs.org/",
        }
    }
}

/// Returns why this machine cannot run functions with a runtime, as a sentence; `None` if it can.
pub fn missing(runtime: &str) -> Option<String> {
    if needs(runtime) == Needs::Nothing { None } else { find(runtime).err() }
}

/// Interpreters found so far, by runtime. One that is installed later is found later.
static FOUND: Mutex<BTreeMap<String, Interpreter>> = Mutex::new(BTreeMap::new());

/// Returns the interpreter of this machine for a runtime, or what is missing, as a sentence.
pub(crate) fn find(runtime: &str) -> Result<Interpreter, String> {
    let known = || FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known().get(runtime).filter(|found| found.program.exists()) {
        return Ok(found.clone());
    }
    let found = search(runtime)?;
    known().insert(runtime.to_owned(), found.clone());
    Ok(found)
}

fn search(runtime: &str) -> Result<Interpreter, String> {
    let Some(language) = language(runtime) else {
        return Err(format!("the embedded AWS cannot run {runtime}: it runs `provided` runtimes, Python and Node.js"));
    };
    let names = language.names(runtime);
    let found = names.iter().filter_map(|name| describe(Path::new(name), language));
    let wanted = language.version(runtime);
    let mut first = None;
    for description in found {
        let matches = is_version(&description.version, wanted);
        if matches || first.is_none() {
            first = Some((description, matches));
        }
        if matches {
            break;
        }
    }
    let Some((description, matches)) = first else {
        let (name, site) = (language.name(), language.site());
        return Err(format!(
            "{runtime} needs {name} on this machine, and PATH has no {}: install it from {site}",
            names.join(" or ")
        ));
    };
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let is_narrow = |place: &PathBuf| place.parent().is_some() && home.as_ref().is_none_or(|home| !home.starts_with(place));
    Ok(Interpreter {
        program: description.program,
        arguments: language.arguments(),
        version: format!("{} {}", language.name(), description.version),
        readable: description.readable.into_iter().filter(is_narrow).collect(),
        client: language.client(),
        matches,
    })
}

/// Whether a full version is of this major, or major and minor, version.
fn is_version(full: &str, wanted: &str) -> bool {
    full.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Asks a program what it is; `None` if there is none, or it does not answer. It runs in an empty directory, because interpreters and
/// version managers look at the current one, which may be a stranger's checkout.
fn describe(program: &Path, language: Language) -> Option<Description> {
    let neutral = tempfile::tempdir().ok()?;
    let mut command = Command::new(program);
    command.args(language.question()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.current_dir(neutral.path()).env_clear();
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let mut child = command.spawn().ok()?;
    let mut output = child.stdout.take()?;
    // The answer is shorter than what a pipe holds, so it can be read after the end.
    let deadline = Instant::now() + ANSWER;
    let status = loop {
        match child.try_wait().ok()? {
            Some(status) => break status,
            None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = String::new();
    output.read_to_string(&mut text).ok().filter(|_| status.success())?;
    serde_json::from_str(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_compared_by_its_parts() {
        assert!(is_version("3.13.1", "3.13") && is_version("22.11.0", "22"));
        assert!(!is_version("3.1.9", "3.13") && !is_version("3.13.1", "3.1") && !is_version("22.1.0", "2"));
    }

    #[test]
    #[cfg(unix)]
    fn question_is_asked_in_an_empty_directory_without_credentials() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("python3");
        let script = "#!/bin/sh\nprintf '{\"program\": \"%s\", \"version\": \"%s\", \"readable\": [\"%s\"]}' \
                      \"$1\" \"$(env | cut -d= -f1 | tr '\\n' ' ')\" \"$(ls -A | wc -l | tr -d ' ')\"\n";
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let description = describe(&program, Language::Python).unwrap();
        assert_eq!(description.program, Path::new("-I"));
        assert_eq!(description.readable, [Path::new("0")], "the directory is empty");
        let by_shell = ["PWD", "OLDPWD", "SHLVL", "_"];
        let mut names = description.version.split_whitespace();
        assert!(names.all(|name| KEPT.contains(&name) || by_shell.contains(&name)), "{}", description.version);
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_none() || !description.version.contains("CARGO"));
    }

    #[test]
    fn runtime_says_what_it_needs() {
        let all = ["provided.al2023", "python3.13", "nodejs22.x", "java21"].map(needs);
        assert_eq!(all, [Needs::Nothing, Needs::Interpreter, Needs::Interpreter, Needs::Aws]);
        assert!(find("java21").unwrap_err().contains("java21"));
    }
}
