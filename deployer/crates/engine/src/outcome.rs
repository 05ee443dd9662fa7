//! The result of a run.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::action::Action;
use crate::address::Address;
use crate::error::Error;
use crate::plan::Counts;

/// The final status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Everything was already as desired.
    NothingToDo,
    /// The whole plan was applied.
    Applied,
    /// The plan was not approved; nothing was changed.
    Declined,
    /// A change failed; the changes that do not depend on it were applied.
    Failed,
    /// The run was cancelled before it was complete.
    Interrupted,
}

/// One failure of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The resource; `None` if the failure does not concern one.
    pub address: Option<Address>,
    /// The action that failed.
    pub action: Option<Action>,
    /// Cause of the failure.
    pub error: Error,
}

/// The result of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Final status.
    pub status: RunStatus,
    /// Numbers of changes made.
    pub counts: Counts,
    /// All failures; at least one with [`RunStatus::Failed`].
    pub errors: Vec<Failure>,
    /// Resources whose planned change was not made.
    pub unfinished: Vec<Address>,
    /// Outputs of all existing resources.
    pub outputs: BTreeMap<Address, Value>,
}
