//! Every failure of a command, once: what happened, what to do, and the exit code.

use std::fmt;
use std::path::Path;

/// Exit codes. They are an interface: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Success = 0,
    /// The run failed; what succeeded is recorded, and the next run goes on from there.
    Failed = 1,
    /// The input is wrong (arguments, spec, flow, state file); nothing was touched.
    BadInput = 2,
    /// Refused to go on: not confirmed, wrong account, not ours, or another run holds the environment.
    Refused = 3,
    /// There are changes: `plan --exit-code` and `flow diff` only.
    Changes = 4,
    /// Interrupted; what was done is recorded.
    Interrupted = 130,
}

/// A failure with its exit code.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// The same as data, for `--json`.
    pub(crate) details: Option<serde_json::Value>,
}

impl Failure {
    /// A failure of the run itself.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into(), help: None, details: None }
    }

    /// Wrong input; nothing was touched.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { exit: Exit::BadInput, ..Self::new(message) }
    }

    /// A refusal to go on.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, ..Self::new(message) }
    }

    /// A file that cannot be read or written.
    pub(crate) fn io(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(format!("{}: {error}", path.display()))
    }

    /// The same with advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the facts as data.
    pub(crate) fn details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }
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
        use deployer_engine::Class;
        let exit = match error.class {
            Class::State => Exit::BadInput,
            // A conflict outside of any call is about the state: another run holds it, or has written it.
            Class::Conflict if error.operation.is_none() => Exit::Refused,
            Class::Refused => Exit::Refused,
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
        let all = [Exit::Success, Exit::Failed, Exit::BadInput, Exit::Refused, Exit::Changes, Exit::Interrupted];
        assert!(rows.eq(all.map(|exit| exit as u8)), "docs/errors.md has other exit codes than this program");
    }
}
