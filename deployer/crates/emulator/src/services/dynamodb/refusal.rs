//! Errors that many operations return.

use crate::error::AwsError;

pub(super) fn unknown_table() -> AwsError {
    not_found("Requested resource not found")
}

pub(super) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", message)
}

/// Returns a ValidationException.
pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}
