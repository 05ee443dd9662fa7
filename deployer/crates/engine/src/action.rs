//! The actions of a plan on resources.

use serde::{Deserialize, Serialize};

/// The action of a change on its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Create the resource.
    Create,
    /// Update it in place.
    Update,
    /// Create a new one and delete the old one.
    Replace,
    /// Delete it.
    Delete,
    /// Record an existing resource, after taking ownership if needed.
    Adopt,
    /// Drop its record without a delete call.
    Forget,
    /// Nothing to do.
    NoOp,
}

/// The order of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replacement {
    /// The old resource is deleted first: both cannot exist at once (same name).
    DeleteFirst,
    /// The new resource is created first, then its dependents are changed, then the old one is deleted.
    CreateFirst,
}
