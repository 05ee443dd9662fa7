//! The program of an `app`: compiled like a function for this machine, and run without credentials, with bounded output and time.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::compile::Compilation;
use super::environment::child_environment;
use super::inputs::{BuildCache, Settings};
use crate::failure::{Exit, Failure};

/// How long the program may run: it declares resources and calls nobody.
const MAX_TIME: Duration = Duration::from_secs(60);
/// Maximum size of its standard output in bytes: the assembly of ten thousand resources.
const MAX_OUTPUT: u64 = 64 << 20;
/// Maximum number of lines that it may print to standard error, and their length; further ones are dropped.
const MAX_LINES: usize = 200;
const MAX_LINE: u64 = 400;
/// How long the rest of the output is read after it has ended.
const AFTER_EXIT: Duration = Duration::from_secs(2);

/// Variables that the program gets. It takes values from `app.context`, so that nothing else decides what it declares.
const VARIABLES: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SystemRoot",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUST_BACKTRACE",
];

/// A program that declares a stack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program<'p> {
    /// A Cargo package of the project's workspace.
    Package(&'p str),
    /// A shell command.
    Command(&'p str),
}

impl Program<'_> {
    fn shown(&self) -> String {
        match self {
            Self::Package(package) => format!("the program {package}"),
            Self::Command(command) => format!("`{command}`"),
        }
    }
}

/// Runs the program, after compiling it if something of it has changed, and returns its standard output.
///
/// # Errors
/// It cannot be compiled or started, fails, prints too much or takes too long.
pub(crate) fn run(root: &Path, program: Program<'_>, request: &str) -> Result<String, Failure> {
    let mut command = match program {
        Program::Package(package) => Command::new(executable(root, package)?),
        Program::Command(text) => {
            let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
            let mut command = Command::new(shell);
            command.args([flag, text]);
            command
        }
    };
    command.current_dir(root).env_clear();
    command.envs(VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| Failure::input(format!("cannot start {}: {error}", program.shown())))?;
    let mut running = Running { child, what: program.shown(), started: Instant::now() };
    running.communicate(request)
}

/// Compiles the package unless the recorded build is current, and returns its executable.
fn executable(root: &Path, package: &str) -> Result<PathBuf, Failure> {
    let environment = child_environment(&secret_variables());
    let compilation = Compilation::of_program(root, package);
    let arguments = compilation.arguments();
    let settings = Settings { arguments: &arguments, environment: &environment };
    let path = root.join(".deployer/functions/app.json");
    let mut record = BuildCache::read(&path);
    if let Some(build) = record.current(package, &settings) {
        return Ok(build.executable.clone());
    }
    known(root, package)?;
    let built = compilation.run(&environment, false).map_err(|failure| Failure { exit: Exit::BadInput, ..failure })?;
    let executable = built.get(package).cloned().unwrap_or_default();
    // Nothing is uploaded, so there is no digest of a zip.
    record.insert(package, &executable, "", &settings);
    if let Err(error) = record.write(&path) {
        tracing::debug!("cannot record the build of {package} in {}: {error}", path.display());
    }
    Ok(executable)
}

/// Checks that the workspace has the package, for a better message than cargo's.
fn known(root: &Path, package: &str) -> Result<(), Failure> {
    let Ok(packages) = super::executables(root) else { return Ok(()) };
    let runnable = packages.iter().filter(|(_, runs)| **runs).map(|(name, _)| name.as_str());
    match packages.get(package) {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::input(format!("the package `{package}` has no executable of the same name"))
            .help(format!("give {package} a src/main.rs, or correct `app.package`"))),
        None => {
            Err(Failure::input(format!("`app.package`: the workspace has no package `{package}`")).suggest(package, runnable))
        }
    }
}

/// Returns the variables whose names are those of secrets. Which variables hold secrets only the program says; cargo needs its own ones.
fn secret_variables() -> BTreeSet<String> {
    let names = std::env::vars_os().filter_map(|(name, _): (OsString, OsString)| name.into_string().ok());
    names.filter(|name| !name.starts_with("CARGO_") && deployer_spec::is_secret_name(name)).collect()
}

/// A running program.
struct Running {
    child: Child,
    what: String,
    started: Instant,
}

impl Running {
    fn communicate(&mut self, request: &str) -> Result<String, Failure> {
        if let Some(mut stdin) = self.child.stdin.take() {
            let request = request.to_owned();
            // A program that does not read is no error by itself: what it prints is judged.
            std::thread::spawn(move || drop(stdin.write_all(request.as_bytes())));
        }
        let output = self.child.stdout.take().map(Collected::start);
        let messages = self.child.stderr.take().map(relayed);
        let status = self.wait()?;
        let output = output.map(Collected::end).unwrap_or_default();
        let last = messages.and_then(|messages| messages.recv_timeout(AFTER_EXIT).ok()).flatten();
        if !status.success() {
            return Err(self.failed(status, last));
        }
        if output.len() as u64 > MAX_OUTPUT {
            let message = format!("{} printed more than {} MB", self.what, MAX_OUTPUT >> 20);
            return Err(Failure::input(message));
        }
        String::from_utf8(output).map_err(|_| Failure::input(format!("{} printed what is not UTF-8", self.what)))
    }

    fn wait(&mut self) -> Result<ExitStatus, Failure> {
        let mut pause = Duration::from_millis(1);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if self.started.elapsed() > MAX_TIME => {
                    let _ = self.child.kill();
                    let _ = self.child.wait();
                    let message = format!("{} was ended: it ran for more than {} s", self.what, MAX_TIME.as_secs());
                    return Err(Failure::input(message).help("it declares resources, and should neither wait nor call anybody"));
                }
                Ok(None) => std::thread::sleep(pause),
                Err(error) => return Err(Failure::new(format!("cannot wait for {}: {error}", self.what))),
            }
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn failed(&self, status: ExitStatus, last: Option<String>) -> Failure {
        #[cfg(unix)]
        if std::os::unix::process::ExitStatusExt::signal(&status) == Some(2) {
            return Failure { exit: Exit::Interrupted, ..Failure::new(format!("{} was interrupted", self.what)) };
        }
        let said = last.map(|line| format!(": {line}")).unwrap_or_default();
        let failure = Failure::input(format!("{} failed ({status}){said}", self.what));
        match status.code() {
            Some(101) => failure.help("RUST_BACKTRACE=1 shows where it came from"),
            _ => failure.help("what it printed stands above; it runs without AWS credentials, secrets and other variables"),
        }
    }
}

/// A standard output that is being read to its end, or to one byte more than it may have.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    done: Receiver<()>,
}

impl Collected {
    fn start(mut output: impl Read + Send + 'static) -> Self {
        let (done, bytes) = (mpsc::channel::<()>(), Arc::new(Mutex::new(Vec::new())));
        let (kept, open) = (Arc::clone(&bytes), done.0);
        std::thread::spawn(move || {
            let mut part = vec![0; 64 << 10];
            while let Ok(read @ 1..) = output.read(&mut part) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                // The rest is read too, so that the program does not wait for ever.
                let room = usize::try_from(MAX_OUTPUT + 1).unwrap_or(usize::MAX).saturating_sub(kept.len());
                kept.extend_from_slice(&part[..read.min(room)]);
            }
            drop(open);
        });
        Self { bytes, done: done.1 }
    }

    /// Returns what was printed by now: a process that the program left in the background may keep its output open for ever.
    fn end(self) -> Vec<u8> {
        let _ = self.done.recv_timeout(AFTER_EXIT);
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Shows lines on standard error, without control characters, and returns the last one that says something.
fn relayed(output: impl Read + Send + 'static) -> Receiver<Option<String>> {
    let (done, read) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output);
        let (mut line, mut shown, mut last, mut panicked, mut said_all) = (Vec::new(), 0, None, None, false);
        while matches!(lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line), Ok(read) if read > 0) {
            let text = plain(&line);
            line.clear();
            shown += 1;
            if shown <= MAX_LINES {
                eprintln!("{text}");
            }
            // What follows the message of a panic is where it came from.
            if !text.trim().is_empty() && !said_all {
                said_all = panicked.is_some();
                last = Some(match panicked.take() {
                    Some(place) => format!("{place} {text}"),
                    None => text.clone(),
                });
            }
            if let Some((_, place)) = text.split_once(" panicked at ") {
                panicked = Some(format!("panicked at {place}"));
            }
        }
        let _ = done.send(last);
    });
    read
}

/// Returns a line without control characters, which would change the terminal.
pub(crate) fn plain(line: &[u8]) -> String {
    let plain = anstream::adapter::strip_bytes(line).into_vec();
    String::from_utf8_lossy(&plain).trim_end().chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn attempt(command: &str) -> Result<String, Failure> {
        let place = tempfile::tempdir().expect("a directory");
        run(place.path(), Program::Command(command), "{}")
    }

    #[test]
    fn program_reads_request_and_nothing_else() {
        assert_eq!(attempt("cat").expect("it succeeds"), "{}");
        let variables = attempt("env | cut -d= -f1").expect("it succeeds");
        let set_by_shell = ["_", "PWD", "OLDPWD", "SHLVL"];
        let others = variables.lines().filter(|name| !VARIABLES.contains(name) && !set_by_shell.contains(name));
        assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn failure_says_what_it_printed_last() {
        let failure = attempt("echo first >&2; echo 'no such table' >&2; exit 3").expect_err("it fails");
        assert!(failure.message.contains("no such table") && failure.exit == Exit::BadInput, "{}", failure.message);
    }

    #[test]
    fn panic_is_told_from_its_backtrace() {
        let failure = attempt(
            "printf \"thread 'main' (1) panicked at src/main.rs:3:5:\\nno number\\nstack backtrace:\\n   0: a\\n\" >&2; exit 101",
        );
        let message = failure.expect_err("it fails").message;
        assert!(message.ends_with("): panicked at src/main.rs:3:5: no number"), "{message}");
    }

    #[test]
    fn process_in_the_background_takes_no_output_away() {
        let place = tempfile::tempdir().expect("a directory");
        std::fs::write(place.path().join("here"), "").expect("a file");
        // It ends when the test removes the directory.
        let command = "(while [ -e here ]; do sleep 0.1; done) & echo declared";
        assert_eq!(run(place.path(), Program::Command(command), "{}").expect("it succeeds"), "declared\n");
    }

    #[test]
    fn endless_output_is_refused() {
        let failure = attempt("head -c 70000000 /dev/zero").expect_err("too much");
        assert!(failure.message.contains("64 MB"), "{}", failure.message);
    }
}
