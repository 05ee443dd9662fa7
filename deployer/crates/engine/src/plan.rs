//! The plan of a run, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::{Action, Replacement};
use crate::address::{Address, PhysicalId, PropertyPath};
use crate::diff::PropertyChange;
use crate::error::Error;
use crate::graph::{ExternalResource, Node};
use crate::quota::QuotaUsage;

/// The planned change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Address of the resource.
    pub address: Address,
    /// Name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Action of the change.
    pub action: Action,
    /// Reasons for the action, as independent texts.
    pub reasons: Vec<String>,
    /// Properties that change; for a new resource, those that are set.
    pub properties: Vec<PropertyChange>,
    /// Order of the replacement; only with [`Action::Replace`].
    pub replacement: Option<Replacement>,
    /// Id of the existing resource.
    pub id: Option<PhysicalId>,
    /// Resources that must be changed before this one; for a deletion, those that must be deleted after it.
    pub dependencies: BTreeSet<Address>,
    /// Whether removals of an update (a grant) wait for the last phase of the run, when nothing depends on them any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub two_phase: bool,
    /// Whether the resource is read again before it is changed, because it refers to others by names that they take over from other
    /// resources in this run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reread: bool,
    /// Whether this deletes the old resource of an earlier run's replacement. The address itself remains.
    pub superseded: bool,
    /// Whether this completes a creation that an earlier run started, or sets again what its interrupted deletion took away.
    #[serde(skip)]
    pub completes_creation: bool,
    /// All live properties of an updated, replaced or adopted resource, as context for the changed ones.
    #[serde(skip)]
    pub live: Option<Value>,
    /// All properties after the change; a value that is not known yet is shown as its output, such as `${function.pay.arn}`.
    #[serde(skip)]
    pub wanted: Option<Value>,
}

impl Change {
    /// Returns the change of a resource without properties, reasons and dependencies.
    pub fn new(address: Address, type_name: impl Into<String>, action: Action) -> Self {
        Self {
            address,
            type_name: type_name.into(),
            action,
            reasons: Vec::new(),
            properties: Vec::new(),
            replacement: None,
            id: None,
            dependencies: BTreeSet::new(),
            two_phase: false,
            reread: false,
            superseded: false,
            completes_creation: false,
            live: None,
            wanted: None,
        }
    }
}

/// A change that is not selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldBack {
    /// Name of the resource's type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Action of the change.
    pub action: Action,
}

impl HeldBack {
    pub(crate) fn of(change: &Change) -> Self {
        Self { type_name: change.type_name.clone(), action: change.action }
    }
}

/// An error that prevents a plan from being applied.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// Address of the resource.
    pub address: Address,
    /// The error, with instructions for solving it.
    pub error: Error,
}

/// A warning about a resource that does not depend on the planned changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Address of the resource.
    pub address: Address,
    /// Description of the situation.
    pub message: String,
    /// Suggested action.
    pub help: String,
}

/// Numbers of changes by action, in a plan or of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Created resources.
    pub create: usize,
    /// Resources updated in place.
    pub update: usize,
    /// Replaced resources.
    pub replace: usize,
    /// Deleted resources.
    pub delete: usize,
    /// Adopted resources, including those recorded again.
    pub adopt: usize,
    /// Resources dropped from the state.
    pub forget: usize,
    /// Unchanged resources.
    pub no_op: usize,
}

impl Counts {
    /// Counts one more change.
    pub fn add(&mut self, action: Action) {
        let count = match action {
            Action::Create => &mut self.create,
            Action::Update => &mut self.update,
            Action::Replace => &mut self.replace,
            Action::Delete => &mut self.delete,
            Action::Adopt => &mut self.adopt,
            Action::Forget => &mut self.forget,
            Action::NoOp => &mut self.no_op,
        };
        *count += 1;
    }

    /// Returns the number of all changes, without no-ops.
    pub fn changes(&self) -> usize {
        self.create + self.update + self.replace + self.delete + self.adopt + self.forget
    }
}

/// The planned changes of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Plan {
    /// Changes of all resources, including no-ops: first desired resources, each after its dependencies; then deletions and dropped
    /// records, each before its dependencies.
    pub changes: Vec<Change>,
    /// Errors that prevent the plan from being applied.
    pub problems: Vec<Problem>,
    /// Numbers of changes by action.
    pub summary: Counts,
    /// Warnings that do not prevent the plan from being applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Usage of AWS quotas by the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quota_usage: Vec<QuotaUsage>,
    /// Former addresses of renamed resources, whose records and tags move.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub moves: BTreeMap<Address, Address>,
    /// Properties that differ from the spec and stay as they are, because their changes are ignored.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ignored: BTreeMap<Address, BTreeSet<PropertyPath>>,
    /// Changes that were not selected and are made because the change of another resource needs them, with that resource.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub needed_by: BTreeMap<Address, Address>,
    /// Changes that are not made, because they are not selected.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub held_back: BTreeMap<Address, HeldBack>,
    /// Desired resources with live values in the place of ignored properties, where that differs from the graph.
    #[serde(skip)]
    pub adjusted: BTreeMap<Address, Node>,
    /// Existing resources that the stack uses and that no run changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalResource>,
}

impl Plan {
    /// Whether the plan changes nothing, not even a record.
    pub fn is_empty(&self) -> bool {
        self.summary.changes() == 0
    }

    /// Whether the plan changes only records: at most, owned resources that were not recorded are recorded again, or records are dropped.
    pub fn is_record_only(&self) -> bool {
        self.problems.is_empty()
            && self.effective().all(|change| match change.action {
                Action::Adopt => change.properties.is_empty(),
                action => action == Action::Forget,
            })
    }

    /// Returns the changes other than no-ops.
    pub fn effective(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action != Action::NoOp)
    }

    /// Returns the change of the resource at `address`, other than the deletion of a superseded one.
    pub fn change(&self, address: &Address) -> Option<&Change> {
        self.changes.iter().find(|change| &change.address == address && !change.superseded)
    }
}
