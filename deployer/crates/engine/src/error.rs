//! Errors, once: every failure of a call into the cloud has one class, and the class decides.

use std::fmt;

/// What comes back from anything that can fail in a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a failure means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Too many calls; wait and call again.
    Throttled,
    /// A passing fault; the call had no effect or may be repeated.
    Transient,
    /// Eventual consistency: something made a moment ago is not visible yet.
    NotYet,
    /// Another change of the same thing is under way.
    Conflict,
    /// The name is taken.
    AlreadyExists,
    /// The thing is not there.
    NotFound,
    /// A quota is used up; calling again does not help.
    Quota,
    /// The caller lacks a permission.
    Denied,
    /// The request is wrong; calling again does not help.
    Invalid,
    /// The call may or may not have had its effect; only looking tells.
    UnknownOutcome,
    /// The run was interrupted or lost its lease before this was started.
    Interrupted,
    /// The stored state cannot be used: cut off, damaged, of a newer format, or of somebody else.
    State,
    /// What was asked would make the record wrong, or lose what is kept; nothing was changed.
    Refused,
    /// A fault on this machine: file, process, or a bug in the deployer.
    Local,
}

/// One failure, with everything a person needs to act on it. Never holds a secret.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Error {
    /// What the failure means for the run.
    pub class: Class,
    /// The call that failed, `service:Operation`, if there was one.
    pub operation: Option<String>,
    /// The service's own error code, if it gave one.
    pub code: Option<String>,
    /// What happened, in the service's or our words.
    pub message: String,
    /// Each single finding, where the service gives a list (contact flow problems).
    pub problems: Vec<String>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether whoever made the call has already repeated it for as long as that makes sense; then nobody repeats it again.
    pub retries_exhausted: bool,
}

impl Error {
    /// An error of this class with this message and nothing else known.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            operation: None,
            code: None,
            message: message.into(),
            problems: Vec::new(),
            request_id: None,
            help: None,
            retries_exhausted: false,
        }
    }

    /// A fault on this machine.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(Class::Local, message)
    }

    /// The same error with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}: ")?;
        }
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
