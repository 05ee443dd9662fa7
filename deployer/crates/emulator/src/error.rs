//! How AWS says no.

use serde_json::{Map, Value};

/// An error answer: AWS's code, HTTP status and message.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsError {
    /// The code, `ResourceNotFoundException`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The message.
    pub message: String,
    /// Further members of the error's shape (Connect's `problems`).
    pub members: Map<String, Value>,
}

impl AwsError {
    /// A refusal with this code, status and message.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), members: Map::new() }
    }

    /// A body member of the wrong type.
    pub fn serialization(member: &str, wanted: &str) -> Self {
        Self::new(400, "SerializationException", format!("{member} must be {wanted}"))
    }

    /// The embedded AWS itself failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalFailure", message)
    }

    /// The same refusal with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}
