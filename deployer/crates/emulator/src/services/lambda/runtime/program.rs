//! The program that runs a function: its own `bootstrap`, or an interpreter with a client of the Runtime API.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::interpreter::{self, Interpreter, Needs};
use crate::services::lambda::function::Configuration;

/// A program with its arguments.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<PathBuf>,
    /// Directories with its libraries.
    pub(super) libraries: Vec<PathBuf>,
    /// The path as it would be on Lambda, for messages.
    pub(super) shown: &'static str,
    interpreter: Option<Interpreter>,
}

/// Error type and text of a function that cannot be started.
type CannotStart = (&'static str, String);

impl Program {
    /// Returns the program for code in `code`; what it needs beside the code is written to `directory`.
    pub(super) async fn find(
        configuration: &Configuration,
        code: &Path,
        directory: &Path,
    ) -> std::io::Result<Result<Self, CannotStart>> {
        if interpreter::needs(&configuration.runtime) == Needs::Nothing {
            let path = code.join("bootstrap");
            let checked = runnable(&path, &configuration.architecture);
            let bootstrap =
                |()| Self { path, arguments: Vec::new(), libraries: Vec::new(), shown: "/var/task/bootstrap", interpreter: None };
            return Ok(checked.map(bootstrap));
        }
        let runtime = configuration.runtime.clone();
        let found = tokio::task::spawn_blocking(move || interpreter::find(&runtime)).await.map_err(std::io::Error::other)?;
        let interpreter = match found {
            Ok(interpreter) => interpreter,
            // No error type of AWS, where every runtime has its interpreter.
            Err(missing) => return Ok(Err(("Runtime.InterpreterMissing", missing))),
        };
        let (name, text) = interpreter.client;
        let client = directory.join(name);
        std::fs::write(&client, text)?;
        let arguments = interpreter.arguments.iter().map(PathBuf::from).chain([client]).collect();
        let (path, libraries) = (interpreter.program.clone(), interpreter.readable.clone());
        Ok(Ok(Self { path, arguments, libraries, shown: "/var/runtime/bootstrap", interpreter: Some(interpreter) }))
    }

    /// Returns what is different from Lambda, for the function's log.
    pub(super) fn notes(&self, configuration: &Configuration) -> Vec<String> {
        let other = self.interpreter.as_ref().filter(|interpreter| !interpreter.matches);
        let version =
            other.map(|found| format!("embedded AWS: {} runs on {} of this machine", configuration.runtime, found.version));
        let layers = (!configuration.layers.is_empty()).then(|| "embedded AWS: layers are recorded and not loaded".to_owned());
        version.into_iter().chain(layers).collect()
    }
}

/// Checks the entry point without running it; AWS also reports these errors at the invocation.
fn runnable(bootstrap: &Path, architecture: &str) -> Result<(), (&'static str, String)> {
    let invalid = |text: String| Err(("Runtime.InvalidEntrypoint", text));
    let Ok(mut file) = File::open(bootstrap) else {
        return invalid("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".into());
    };
    let mut head = [0; 20];
    let read = file.read(&mut head).unwrap_or_default();
    // Machine of an ELF file (ELF specification, e_machine): 62 is x86-64, 183 is AArch64.
    let machine = match (read, &head) {
        (20, [0x7f, b'E', b'L', b'F', .., low, high]) => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    };
    let wanted = if architecture == "arm64" { 183 } else { 62 };
    match machine {
        Some(machine) if machine != wanted => invalid("fork/exec /var/task/bootstrap: exec format error".into()),
        _ => Ok(()),
    }
}
