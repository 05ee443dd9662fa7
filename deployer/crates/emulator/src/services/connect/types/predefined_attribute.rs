//! Predefined attributes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

/// A predefined attribute: its members as they were given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PredefinedAttribute {
    /// `{"StringList": […]}`.
    pub(crate) values: Option<Value>,
    pub(crate) purposes: Option<Value>,
    pub(crate) configuration: Option<Value>,
    pub(crate) modified: OffsetDateTime,
}
