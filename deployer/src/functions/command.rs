//! The command that prepares a function's directory: without credentials, with bounded output.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// Maximum length of a line, and number of lines, that are kept of the output: the last ones are shown if the command fails.
const MAX_LINE: u64 = 400;
const MAX_LINES: usize = 40;

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
    // A group of its own, so that what the command leaves behind can be ended, and nothing else.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    let spawned = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| Failure::new(format!("cannot start a shell to build {name}: {error}")))?;
    let guard = Guard::of_group(child.id());
    let tail = Arc::new(Mutex::new(Tail::default()));
    let readers =
        [child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>), child.stderr.take().map(|out| Box::new(out) as _)];
    let readers: Vec<_> = readers
        .into_iter()
        .flatten()
        .map(|output| {
            let (tail, spinner, name) = (Arc::clone(&tail), spinner.clone(), name.to_owned());
            std::thread::spawn(move || read(output, &tail, &spinner, &name))
        })
        .collect();
    end_group(&child);
    drop(guard);
    let status = child.wait().map_err(|error| Failure::new(format!("cannot wait for the build of {name}: {error}")))?;
    readers.into_iter().for_each(|reader| drop(reader.join()));
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

/// Waits for the shell of a build, then ends its process group: a process that it left in the background would keep the pipes open, and
/// the build would never end. The shell is not reaped yet, so the group's ID cannot be that of other processes.
#[cfg(unix)]
fn end_group(shell: &Child) {
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    let Some(id) = i32::try_from(shell.id()).ok().and_then(Pid::from_raw) else { return };
    let ended = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
    if ended.is_ok() {
        let _ = kill_process_group(id, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(_: &Child) {}

/// Passes an interrupt of the terminal on to the process group of a build, which the terminal does not know, and ends that group when
/// this process ends before it: then the pipe that `read` waits for closes.
const GUARD: &str = r#"
trap '' HUP QUIT TERM
trap 'interrupted=1; kill -s INT -- "-$1"' INT
while interrupted=; read -r line || [ "$interrupted" ]; do :; done
kill -s KILL -- "-$1"
"#;

/// A shell that runs [`GUARD`] beside a build. Dropping it cancels it.
struct Guard(Child);

impl Guard {
    /// Starts the shell; `None` if there is none.
    fn of_group(group: u32) -> Option<Self> {
        if cfg!(not(unix)) {
            return None;
        }
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GUARD, "guard", &group.to_string()]).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok().map(Self)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Ended before the pipe closes.
        let _ = self.0.kill();
        if let Some(pipe) = self.0.stdin.take() {
            let _ = self.0.wait();
            drop(pipe);
        }
    }
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
    fn process_in_the_background_ends_with_the_command() {
        let place = tempfile::tempdir().unwrap();
        let started = Instant::now();
        attempt("sleep 300 & echo left", place.path()).unwrap();
        assert!(attempt("(sleep 300; echo never) & exit 3", place.path()).is_err());
        assert!(started.elapsed() < Duration::from_secs(60), "the pipes were not waited for");
    }

    #[test]
    fn guard_passes_an_interrupt_on_and_ends_the_group() {
        use std::os::unix::process::{CommandExt, ExitStatusExt};
        // SIGKILL is 9 and SIGINT is 2 on every Unix (POSIX, `kill`, the option -9 and -2).
        for (is_interrupted, signal) in [(false, 9), (true, 2)] {
            let mut group = Command::new("sleep").arg("300").process_group(0).spawn().unwrap();
            let mut guard = Guard::of_group(group.id()).unwrap();
            if is_interrupted {
                let id = rustix::process::Pid::from_child(&guard.0);
                // Until the shell has set its trap, an interrupt ends it.
                std::thread::sleep(Duration::from_millis(500));
                rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
            } else {
                drop(guard.0.stdin.take());
            }
            assert_eq!(group.wait().unwrap().signal(), Some(signal));
        }
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
