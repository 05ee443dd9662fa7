//! The effects of property changes, and the reasons for retaining a resource: the answers of a resource type to the plan.

use serde::Serialize;
use serde_json::Value;

/// The effect of a property change on its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeEffect {
    /// The property can be changed in place.
    Update,
    /// The change requires a new resource, for the reason given.
    Replace(&'static str),
    /// No call can make the change, for the reason given. It is reported and recorded, and the resource stays as it is.
    RecordOnly(&'static str),
    /// The property can be changed in place, but part of the resource is deleted and created again, for the reason given.
    Rebuild(&'static str),
    /// The change has no effect: the property configures the deployer and is not a property of the resource.
    Ignore,
}

/// The reason why a resource is not deleted although it is no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetainPolicy {
    /// The resource stays in AWS and only its record is dropped, for this reason.
    Forget(String),
    /// As [`Forget`](Self::Forget), for a resource that stays although what it depends on is deleted.
    Leave(String),
    /// A plan that deletes the resource is refused.
    Refuse {
        /// Reason for the refusal.
        why: String,
        /// Instructions for deleting the resource nevertheless.
        help: String,
    },
}

/// The planned state of a resource, given to its type so that it can refuse the plan before the run.
#[derive(Debug, Clone, Copy)]
pub struct RuleInput<'a> {
    /// Desired properties; values that are unknown before the run are `null`.
    pub desired: &'a Value,
    /// Recorded properties; `None` if there is no record.
    pub recorded: Option<&'a Value>,
    /// Live properties as read; `None` if the resource does not exist or is not owned by this environment.
    pub live: Option<&'a Value>,
}
