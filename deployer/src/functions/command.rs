//! The command that prepares a function's directory: without credentials, with bounded output.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// Maximum length of a line, and number of lines, that are kept of the output: the last ones are shown if the command fails.
const MAX_LINE: u64 = 400;
const MAX_LINES: usize = 40;

/// How long the rest of the output is read after the command has ended: a process that it left in the background, such as the daemon of a
/// build tool, may keep the pipes open for ever.
const AFTER_EXIT: Duration = Duration::from_secs(2);

/// The last lines of a command's output.
#[derive(Default)]
struct Tail(std::collections::VecDeque<String>);

impl Tail {
    fn add(&mut self, line: String) {
        if self.0.len() == MAX_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }
}

/// Runs a shell command in `directory` for the function `name`.
///
/// # Errors
/// Fails with the last lines of the output if the command does.
pub(super) fn run(
    name: &str,
    command: &str,
    directory: &Path,
    environment: &[(OsString, OsString)],
    quiet: bool,
) -> Result<(), Failure> {
    let started = Instant::now();
    let spinner = spinner(quiet);
    if !quiet && spinner.is_hidden() {
        eprintln!("building {name}: {command}");
    }
    spinner.set_message(format!("building {name}: {command}"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let mut shell = shell(command);
    shell.current_dir(directory).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    let spawned = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| Failure::new(format!("cannot start a shell to build {name}: {error}")))?;
    let tail = Arc::new(Mutex::new(Tail::default()));
    let readers =
        [child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>), child.stderr.take().map(|out| Box::new(out) as _)];
    let (done, all_read) = mpsc::channel::<()>();
    for output in readers.into_iter().flatten() {
        let (tail, spinner, name, done) = (Arc::clone(&tail), spinner.clone(), name.to_owned(), done.clone());
        std::thread::spawn(move || {
            read(output, &tail, &spinner, &name);
            drop(done);
        });
    }
    drop(done);
    let status = child.wait().map_err(|error| Failure::new(format!("cannot wait for the build of {name}: {error}")))?;
    // Ends when both readers have dropped their ends.
    let _ = all_read.recv_timeout(AFTER_EXIT);
    spinner.finish_and_clear();
    if !status.success() {
        let said =
            tail.lock().unwrap_or_else(PoisonError::into_inner).0.iter().map(|line| format!("  {line}\n")).collect::<String>();
        let message = format!("`build` failed ({status}): {command}\n{said}");
        return Err(Failure::new(message.trim_end().to_owned())
            .help("it runs in a copy of the directory, without AWS credentials and secrets"));
    }
    if !quiet {
        eprintln!("built {name} in {:.1} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}

fn spinner(quiet: bool) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner().with_style(style) }
}

fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut shell = Command::new(program);
    shell.args([flag, command]);
    shell
}

/// Keeps the last lines, and shows the last one beside the spinner. Control characters would change the terminal.
fn read(output: impl Read, tail: &Mutex<Tail>, spinner: &ProgressBar, name: &str) {
    let mut lines = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line), Ok(read) if read > 0) {
        let plain = anstream::adapter::strip_bytes(&line).into_vec();
        let text: String = String::from_utf8_lossy(&plain).trim_end().chars().filter(|c| !c.is_control()).collect();
        line.clear();
        if !text.is_empty() {
            spinner.set_message(format!("building {name}: {text}"));
            tail.lock().unwrap_or_else(PoisonError::into_inner).add(text);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn attempt(command: &str, directory: &Path) -> Result<(), Failure> {
        let environment = [("PATH".into(), std::env::var_os("PATH").unwrap_or_default())];
        run("hello", command, directory, &environment, true)
    }

    #[test]
    fn command_runs_in_the_directory_with_this_environment_only() {
        let place = tempfile::tempdir().unwrap();
        attempt("env | cut -d= -f1 | grep -v -e '^_$' -e PWD -e SHLVL > made", place.path()).unwrap();
        assert_eq!(std::fs::read_to_string(place.path().join("made")).unwrap(), "PATH\n");
    }

    #[test]
    fn process_in_the_background_is_not_waited_for() {
        let place = tempfile::tempdir().unwrap();
        // It ends when the test removes the directory.
        let left = "(while [ -e here ]; do sleep 0.1; done) &";
        std::fs::write(place.path().join("here"), "").unwrap();
        attempt(&format!("{left} echo left"), place.path()).unwrap();
        let failure = attempt(&format!("{left} echo sorry; exit 3"), place.path()).unwrap_err();
        assert!(failure.message.contains("sorry"), "{}", failure.message);
    }

    #[test]
    fn failure_shows_the_end_of_a_long_output() {
        let place = tempfile::tempdir().unwrap();
        let failure =
            attempt("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; echo sorry >&2; exit 3", place.path());
        let message = failure.unwrap_err().message;
        assert!(message.contains("line 3000") && message.contains("sorry") && message.contains('3'), "{message}");
        assert!(message.len() < 4_000 && !message.contains("line 2000"), "{message}");
    }
}
