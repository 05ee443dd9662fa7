//! Base path mappings from the paths of a domain to APIs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::patch::{Kind, Row};
use super::{bad, compact, missing};
use crate::error::AwsError;

/// The service's name for the empty path.
pub(super) const NONE: &str = "(none)";

/// An API and an optional stage under a path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) api: String,
    /// Without a stage, the caller names it in the path.
    pub(crate) stage: Option<String>,
}

pub(super) const PATCHES: &[Row] =
    &[Row("replace", "/basePath", Kind::Text), Row("replace", "/stage", Kind::Text), Row("replace", "/restapiId", Kind::Text)];

pub(super) fn describe(path: &str, mapping: &Mapping) -> Value {
    let path = if path.is_empty() { NONE } else { path };
    compact(json!({"basePath": path, "restApiId": mapping.api, "stage": mapping.stage}))
}

/// Returns the key of a path: the empty path is "".
pub(super) fn key(path: &str) -> &str {
    if path == NONE { "" } else { path }
}

pub(super) fn unknown() -> AwsError {
    missing("Invalid base path mapping identifier specified")
}

pub(super) fn check_path(path: &str) -> Result<(), AwsError> {
    if path.chars().all(|c| c.is_ascii_alphanumeric() || "$-_.+!*'()".contains(c)) {
        return Ok(());
    }
    Err(bad("API Gateway V1 base path names may only contain letters, numbers and one of $-_.+!*'()"))
}
