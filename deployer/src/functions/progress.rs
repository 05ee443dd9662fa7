//! Progress of compilation: an updated line on a terminal, two lines elsewhere, nothing if nothing is compiled.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// Explains why cargo cannot be started.
pub(super) fn cargo_start_failure(error: std::io::Error) -> Failure {
    Failure::new(format!("cannot start cargo: {error}")).help("install Rust from https://rustup.rs")
}

/// The progress of one cargo invocation.
pub(super) struct Progress<'p> {
    /// Names of the compiled functions.
    names: &'p str,
    quiet: bool,
    started: Instant,
    compiled: usize,
    spinner: ProgressBar,
}

impl<'p> Progress<'p> {
    /// Creates the progress; shows only compilation errors if `quiet`.
    pub(super) fn new(names: &'p str, quiet: bool) -> Self {
        let style =
            ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let spinner = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner().with_style(style) };
        Self { names, quiet, started: Instant::now(), compiled: 0, spinner }
    }

    /// Runs cargo to completion. Its status lines become progress, its other messages are printed, its standard output is returned.
    pub(super) fn watch(mut self, mut command: Command) -> Result<Output, Failure> {
        let colour = !self.quiet && anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
        command.args(["--color", if colour { "always" } else { "never" }]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(cargo_start_failure)?;
        let stdout = collected(&mut child);
        if let Some(stderr) = child.stderr.take() {
            self.read(stderr);
        }
        let status = child.wait().map_err(cargo_start_failure)?;
        self.spinner.finish_and_clear();
        if self.compiled > 0 && status.success() && !self.quiet {
            eprintln!("compiled {} in {:.1} s", self.names, self.started.elapsed().as_secs_f64());
        }
        Ok(Output { status, stdout: stdout.join().unwrap_or_default(), stderr: Vec::new() })
    }

    fn read(&mut self, stderr: ChildStderr) {
        let mut lines = BufReader::new(stderr);
        let mut line = Vec::new();
        while matches!(lines.read_until(b'\n', &mut line), Ok(read) if read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            match status(&text) {
                Some((verb, what)) => self.step(&verb, &what),
                None => self.spinner.suspend(|| eprintln!("{text}")),
            }
        }
    }

    fn step(&mut self, verb: &str, what: &str) {
        let compiles = verb == "Compiling";
        if compiles && self.compiled == 0 && !self.quiet && self.spinner.is_hidden() {
            eprintln!("compiling {}", self.names);
        }
        self.compiled += usize::from(compiles);
        if compiles || verb == "Blocking" {
            self.spinner.enable_steady_tick(Duration::from_millis(100));
            self.spinner.set_message(format!("compiling {}: {what}", self.names));
        }
    }
}

/// Reads the standard output on a separate thread: cargo blocks if it is not read.
fn collected(child: &mut Child) -> std::thread::JoinHandle<Vec<u8>> {
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stdout) = stdout {
            let _ = stdout.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Parses a status line of cargo: a verb, right-aligned in twelve columns, and its object.
fn status(line: &str) -> Option<(String, String)> {
    let plain = anstream::adapter::strip_str(line).to_string();
    let verb = plain.get(..12)?.trim_start();
    let what = plain.get(12..)?.strip_prefix(' ')?;
    let capital = verb.starts_with(|first: char| first.is_ascii_uppercase());
    (capital && verb.chars().all(|letter| letter.is_ascii_alphabetic())).then(|| (verb.to_owned(), what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_are_told_from_diagnostics() {
        let some = |verb: &str, what: &str| Some((verb.to_owned(), what.to_owned()));
        assert_eq!(status("   Compiling serde v1.0.0"), some("Compiling", "serde v1.0.0"));
        assert_eq!(status("\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m serde v1.0.0"), some("Compiling", "serde v1.0.0"));
        assert_eq!(
            status("    Blocking waiting for file lock on build directory"),
            some("Blocking", "waiting for file lock on build directory")
        );
        for line in [
            "error[E0425]: cannot find value `x` in this scope",
            "  --> src/main.rs:1:1",
            "   |",
            "",
            "warning: unused",
            "12 | let x = 1;",
        ] {
            assert_eq!(status(line), None, "{line}");
        }
    }
}
