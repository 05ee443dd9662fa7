//! Error responses of AWS.

use serde_json::{Map, Value};

/// An AWS error: code, HTTP status and message.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsError {
    /// Error code, for example `ResourceNotFoundException`.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Error message.
    pub message: String,
    /// Additional members of the error's shape (`problems` of Connect).
    pub members: Map<String, Value>,
}

impl AwsError {
    /// Creates an error with this status, code and message.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), members: Map::new() }
    }

    /// Creates the error for a body member of the wrong type.
    pub fn serialization(member: &str, wanted: &str) -> Self {
        Self::new(400, "SerializationException", format!("{member} must be {wanted}"))
    }

    /// Creates the error for a failure of the embedded AWS itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalFailure", message)
    }

    /// Returns the error with an additional member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}
