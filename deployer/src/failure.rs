//! Failures of commands: the error, the advice, and the exit code.

mod sdk;

use std::fmt;
use std::path::Path;

pub(crate) use sdk::sdk_failure;

/// Exit codes. They are a public interface that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Success, or nothing to do.
    Success = 0,
    /// The run failed; completed changes are recorded, and a rerun continues from there.
    Failed = 1,
    /// The input is invalid (arguments, spec, flow, state file), or names what does not exist; nothing was changed.
    BadInput = 2,
    /// Refused: not confirmed, wrong account, not owned, or locked by another run.
    Refused = 3,
    /// There are differences: `plan --exit-code`, `drift`, `flow diff` and `fmt --check` only.
    Changes = 4,
    /// A saved plan is out of date; nothing was changed.
    Stale = 5,
    /// The invoked function returned an error: `invoke` only.
    FunctionError = 6,
    /// Interrupted; completed changes are recorded.
    Interrupted = 130,
}

/// Maximum number of names that advice lists.
const MAX_LISTED: usize = 40;

/// A failure with its exit code.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Details for `--json`.
    pub(crate) details: Option<serde_json::Value>,
}

impl Failure {
    /// Creates a failure of the run itself.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into(), help: None, details: None }
    }

    /// Creates a failure for invalid input; nothing was changed.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { exit: Exit::BadInput, ..Self::new(message) }
    }

    /// Creates a refusal.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, ..Self::new(message) }
    }

    /// Creates a refusal to carry out a saved plan that is out of date.
    pub(crate) fn stale(message: impl Into<String>) -> Self {
        Self { exit: Exit::Stale, ..Self::new(message) }
    }

    /// Creates a failure for a file that cannot be read or written.
    pub(crate) fn io(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(format!("{}: {error}", path.display()))
    }

    /// Whether the message has headings of its own, as the diagnostics of specs and flows have.
    pub(crate) fn is_rendered(&self) -> bool {
        is_rendered(&self.message)
    }

    /// Adds advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds as advice the candidate that is probably meant by a misspelled name, and all candidates.
    pub(crate) fn suggest<'c>(self, text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let mut listed = candidates.iter().take(MAX_LISTED).copied().collect::<Vec<_>>().join(", ");
        if candidates.len() > MAX_LISTED {
            listed += &format!(" and {} more", candidates.len() - MAX_LISTED);
        }
        match deployer_spec::closest(text, candidates.iter().copied()) {
            Some(closest) if candidates.len() == 1 => self.help(format!("did you mean {closest}?")),
            Some(closest) => self.help(format!("did you mean {closest}? There are {listed}")),
            None if candidates.is_empty() => self.help("declare one first: there are none"),
            None => self.help(format!("choose from {listed}")),
        }
    }

    /// Adds details for `--json`.
    pub(crate) fn details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }
}

/// Whether a message begins with the heading of a diagnostic, such as `error[syntax]`.
pub(crate) fn is_rendered(message: &str) -> bool {
    message.starts_with("error[")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

impl From<deployer_engine::Error> for Failure {
    fn from(error: deployer_engine::Error) -> Self {
        use deployer_engine::ErrorClass;
        let exit = match error.class {
            ErrorClass::State => Exit::BadInput,
            // A conflict outside of any call concerns the state: another run has locked or written it.
            ErrorClass::Conflict if error.operation.is_none() => Exit::Refused,
            ErrorClass::Refused => Exit::Refused,
            _ => Exit::Failed,
        };
        Self { exit, help: error.help.clone(), ..Self::new(error.to_string()) }
    }
}

impl From<deployer_emulator::Failure> for Failure {
    fn from(failure: deployer_emulator::Failure) -> Self {
        Self::refused(failure.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn documentation_lists_every_exit_code() {
        let page = include_str!("../docs/errors.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse::<u8>().ok());
        let all = [
            Exit::Success,
            Exit::Failed,
            Exit::BadInput,
            Exit::Refused,
            Exit::Changes,
            Exit::Stale,
            Exit::FunctionError,
            Exit::Interrupted,
        ];
        assert!(rows.eq(all.map(|exit| exit as u8)), "docs/errors.md has other exit codes than this program");
    }
}
