//! What a spec declares about the life of a resource: whether it may be deleted, which properties are set at creation only, and its former
//! address.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::{Address, PropertyPath};

/// The declared lifecycle of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Properties that are set when the resource is created and left as they are afterwards. None of them identifies the resource.
    pub ignore_changes: BTreeSet<PropertyPath>,
    /// Whether the resource may be removed from the cloud; recorded in the state, because it also holds for a resource that the spec no
    /// longer declares.
    pub retention: Retention,
    /// The addresses under which the resource was declared before.
    pub renamed_from: Vec<Address>,
}

/// Whether a resource may be removed from the cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The resource stays in the cloud when it is removed from the spec or everything is destroyed; only its record is dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// A plan that deletes or replaces the resource is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// The key of the spec that declares this, for messages, such as `lifecycle.tables.numbers`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub declared_at: String,
}

impl Retention {
    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        !self.retain && !self.protect
    }
}
