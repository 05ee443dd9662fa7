//! State persisted between runs: physical IDs, the last applied properties, and the pending changes of a run.
//!
//! A state is a cache. A lost one is rebuilt from the provider; a damaged one is never guessed at and never overwritten.

mod check;
mod codec;
mod edit;
mod identity;
mod moves;
mod quota_entries;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::action::{Action, Replacement};
use crate::address::{Address, PhysicalId};
use crate::expr::Expr;
use crate::history::History;
use crate::lifecycle::Retention;

pub use edit::Difference;
pub use identity::StateIdentity;

/// The format of the state file that this version reads and writes.
pub const FORMAT: u64 = 5;

/// The environment that a state belongs to. All four fields must match for a state to be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentId {
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// The account's number.
    pub account: String,
    /// The region's name.
    pub region: String,
}

/// A resource as it was last applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The resource type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The physical ID.
    pub id: PhysicalId,
    /// The wanted properties at the time of the last apply.
    pub properties: Value,
    /// The outputs.
    pub outputs: Value,
    /// The dependencies, which therefore must outlive the resource.
    pub dependencies: BTreeSet<Address>,
    /// The number of the change that created or last updated the resource.
    pub generation: u64,
    /// Whether the resource may be removed, as last applied.
    #[serde(default, skip_serializing_if = "Retention::is_empty")]
    pub retention: Retention,
}

/// The old resource of a replacement whose new one already exists. It is deleted by this run or the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Superseded {
    /// The address of both resources.
    pub address: Address,
    /// The record of the old resource.
    pub record: Record,
}

/// A change that a run was about to make and has not reported as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingChange {
    /// The planned action.
    pub action: Action,
    /// The resource type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The wanted properties with their references; `None` if nothing was to be created or updated.
    pub desired: Option<Expr>,
    /// The dependencies.
    pub dependencies: BTreeSet<Address>,
    /// The number of this change, from which the idempotency token is derived.
    pub generation: u64,
    /// The order of the replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// Time at which the call was last about to be sent: of a create, if its type records that, and of a deletion that takes several calls.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<OffsetDateTime>,
    /// Whether it completes a creation that an earlier run began, or undoes an interrupted deletion; then what it sets is not new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub completes_creation: bool,
    /// The former address of a renamed resource from which the token is derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_address: Option<Address>,
    /// Whether the resource may be removed.
    #[serde(default, skip_serializing_if = "Retention::is_empty")]
    pub retention: Retention,
}

impl PendingChange {
    /// Whether the change creates the resource or takes it over.
    pub(crate) fn may_have_created(&self) -> bool {
        matches!(self.action, Action::Create | Action::Replace | Action::Adopt)
    }

    /// Time at which the create call was last about to be sent, if that was recorded.
    pub(crate) fn create_sent_at(&self) -> Option<OffsetDateTime> {
        self.sent_at.filter(|_| self.may_have_created())
    }

    /// Whether the change certainly began to create the resource, or took it over as a plan showed.
    pub(crate) fn has_begun_creation(&self) -> bool {
        self.action == Action::Adopt || self.create_sent_at().is_some()
    }

    /// Whether the change certainly began to delete the resource in steps.
    pub(crate) fn has_begun_deletion(&self) -> bool {
        self.action == Action::Delete && self.sent_at.is_some()
    }
}

/// The pending changes of a run: written before its first mutation, emptied as changes are completed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The run's ID.
    pub run: Uuid,
    /// The command line of the run.
    pub command: String,
    /// Time at which the intent was written.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// The changes that are not completed.
    #[serde(deserialize_with = "check::unique")]
    pub pending: BTreeMap<Address, PendingChange>,
}

/// The last run that changed something and ended by itself, whatever its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastRun {
    /// The command line of the run.
    pub command: String,
    /// Time at which it ended.
    #[serde(with = "time::serde::rfc3339")]
    pub ended_at: OffsetDateTime,
    /// The version of the program.
    pub version: String,
}

/// One creation or deletion that counts against a provider quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaEntry {
    /// The resource type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Time at which it was done, or found to have been done.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Identifiers that prevent it from being counted twice.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dedup_keys: BTreeSet<String>,
}

/// The recorded state of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The format of the file, [`FORMAT`].
    pub format: u64,
    /// The digest of the file: set in the file, empty in memory.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The ID of this environment's history, generated once.
    pub lineage: Uuid,
    /// The number of writes.
    pub serial: u64,
    /// The fencing token of the lease under which the state was written: no two owners of a lease write the same bytes.
    #[serde(default)]
    pub fence: u64,
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// The account's number.
    pub account: String,
    /// The region's name.
    pub region: String,
    /// The number of changes; never decreases, so that no token is ever used for two changes.
    pub generation: u64,
    /// The resources by address.
    #[serde(deserialize_with = "check::unique")]
    pub resources: BTreeMap<Address, Record>,
    /// Old resources of replacements that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// The pending changes of an unfinished run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// The last run that ended by itself; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// Created resources whose one-time secret was not shown yet ([`ResourceDefinition::one_time_secret`](crate::ResourceDefinition::one_time_secret)).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unshown_secrets: BTreeSet<Address>,
    /// The recorded usage of provider quotas; it outlives the resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quota_entries: Vec<QuotaEntry>,
    /// The last runs that changed something; they outlive the resources.
    #[serde(default, skip_serializing_if = "History::is_empty")]
    pub history: History,
}

impl State {
    /// Creates an empty state for `site` with a new history.
    pub fn new(site: &EnvironmentId, lineage: Uuid) -> Self {
        Self {
            format: FORMAT,
            digest: String::new(),
            lineage,
            serial: 0,
            fence: 0,
            project: site.project.clone(),
            environment: site.environment.clone(),
            account: site.account.clone(),
            region: site.region.clone(),
            generation: 0,
            resources: BTreeMap::new(),
            superseded: Vec::new(),
            intent: None,
            last_run: None,
            unshown_secrets: BTreeSet::new(),
            quota_entries: Vec::new(),
            history: History::default(),
        }
    }

    /// Whether nothing is recorded and nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.superseded.is_empty() && self.intent.is_none()
    }

    /// Returns the outputs of every recorded resource.
    pub fn outputs(&self) -> BTreeMap<Address, Value> {
        self.resources.iter().map(|(address, record)| (address.clone(), record.outputs.clone())).collect()
    }

    /// Whether `id` is the old resource of a replacement at `address`.
    pub fn is_superseded(&self, address: &Address, id: &PhysicalId) -> bool {
        self.superseded.iter().any(|old| &old.address == address && &old.record.id == id)
    }

    /// Returns the other address under which the resource with this type and ID is recorded, if there is one.
    pub(crate) fn recorded_elsewhere(&self, address: &Address, type_name: &str, id: &PhysicalId) -> Option<&Address> {
        let superseded = self.superseded.iter().map(|old| (&old.address, &old.record));
        let mut all = self.resources.iter().chain(superseded);
        all.find(|(other, record)| *other != address && record.type_name == type_name && &record.id == id).map(|(other, _)| other)
    }

    /// Returns the idempotency token of change number `generation` of the resource at `address`.
    pub fn token(&self, address: &Address, generation: u64) -> Uuid {
        let open =
            self.intent.as_ref().and_then(|intent| intent.pending.get(address)).filter(|open| open.generation == generation);
        let address = open.and_then(|open| open.token_address.as_ref()).unwrap_or(address);
        Uuid::new_v5(&self.lineage, format!("{address}/{generation}").as_bytes())
    }
}
