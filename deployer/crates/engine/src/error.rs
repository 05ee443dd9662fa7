//! Errors: every failure of a provider call has one class, which determines how it is handled.

use std::fmt;

/// The result of any fallible operation of a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of a failure, which determines how the run handles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// Too many calls; retry after a wait.
    Throttled,
    /// A transient error; the call had no effect or may be repeated.
    Transient,
    /// Eventual consistency: a resource created a moment ago is not visible yet.
    NotVisibleYet,
    /// Another change of the same resource is in progress.
    Conflict,
    /// The name is taken.
    AlreadyExists,
    /// The resource does not exist.
    NotFound,
    /// A quota is exhausted; a retry does not help.
    Quota,
    /// The caller lacks a permission.
    Denied,
    /// The request is invalid; a retry does not help.
    Invalid,
    /// The call may or may not have had its effect; only a lookup can tell.
    UnknownOutcome,
    /// The run was interrupted or lost its lease before the operation was started.
    Interrupted,
    /// The stored state cannot be used: truncated, damaged, of a newer format, or of another environment.
    State,
    /// The request would make the record wrong, or lose a protected resource; nothing was changed.
    Refused,
    /// A failure on this machine: a file, a process, or a bug in the deployer.
    Local,
}

/// A failure with everything that is needed to act on it. Never contains a secret.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Error {
    /// The class of the failure.
    pub class: ErrorClass,
    /// The call that failed, `service:Operation`, if there was one.
    pub operation: Option<String>,
    /// The service's own error code, if it returned one.
    pub code: Option<String>,
    /// The message, from the service or from the deployer.
    pub message: String,
    /// The individual findings, where the service returns a list (contact flow problems).
    pub problems: Vec<String>,
    /// The service's request ID.
    pub request_id: Option<String>,
    /// Advice on how to resolve the failure.
    pub help: Option<String>,
    /// Whether the caller has already retried for as long as that makes sense; then no other layer retries.
    pub retries_exhausted: bool,
}

impl Error {
    /// Creates an error of this class with this message and no other details.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
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

    /// Creates an error of class [`ErrorClass::Local`].
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Local, message)
    }

    /// Returns the error with advice.
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
