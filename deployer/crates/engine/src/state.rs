//! What is remembered between runs: ids, what was last applied, and what a run was about to do.
//!
//! A state is a cache. A lost one is rebuilt from the cloud; a damaged one is never guessed at and never overwritten.

mod check;
mod edit;
mod codec;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::address::{Address, PhysicalId};
use crate::event::{Action, Replacement};
use crate::expr::Expr;

pub use edit::Difference;

/// The format this version writes. It also reads format 1, which had no digest, 2, which knew less of what was spent,
/// and 3, which did not know the order of an unfinished replacement.
pub const FORMAT: u64 = 4;

/// Which environment a state belongs to. All four must be the same for a state to be used.
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

/// One resource as it was last applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The resource type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its id in the cloud.
    pub id: PhysicalId,
    /// The properties that were wanted when it was last applied.
    pub properties: Value,
    /// Its outputs.
    pub outputs: Value,
    /// What it waited for, and therefore what must outlive it.
    pub dependencies: BTreeSet<Address>,
    /// The number of the change that made it what it is.
    pub generation: u64,
}

/// The old one of a replacement whose new one exists already. It is deleted by this run or the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Superseded {
    /// The address both share.
    pub address: Address,
    /// The old one.
    pub record: Record,
}

/// One change that a run was about to make and has not reported as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingChange {
    /// What was to be done.
    pub action: Action,
    /// The resource type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The wanted properties with their references; `None` where nothing was to be made.
    pub wanted: Option<Expr>,
    /// What it waits for.
    pub dependencies: BTreeSet<Address>,
    /// The number of this change; the idempotency token follows from it.
    pub generation: u64,
    /// In which order it was to be replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// When a create was last about to be sent that AWS would make a second thing of if it were sent twice.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<OffsetDateTime>,
    /// Whether it completes a creation that an earlier run began; then what it sets is set for the first time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub completes_creation: bool,
}

/// What a run was about to do: written before its first mutation, emptied as changes are done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The run's id.
    pub run: Uuid,
    /// The command line of the run.
    pub command: String,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// The changes not yet done.
    #[serde(deserialize_with = "check::unique")]
    pub open: BTreeMap<Address, PendingChange>,
}

/// One making or removing that counts against a budget of the cloud's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaEntry {
    /// The resource type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// When it was done, or found to have been done.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By what it is known, so that it is counted once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub marks: BTreeSet<String>,
}

/// Everything remembered of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The format of the file, [`FORMAT`].
    pub format: u64,
    /// The digest of the file: set in the file, empty here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The id of this environment's history, made once.
    pub lineage: Uuid,
    /// Counts the writes.
    pub serial: u64,
    /// The fence of the lease under which it was written: no two holders of a lease write the same bytes.
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
    /// Counts the changes; never falls, so that no token is ever used for two changes.
    pub generation: u64,
    /// The resources by address.
    #[serde(deserialize_with = "check::unique")]
    pub resources: BTreeMap<Address, Record>,
    /// Old ones of replacements that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// What an unfinished run left open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What was made and has not told yet what it tells once ([`Resource::told_once`](crate::Resource::told_once)).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unshown_secrets: BTreeSet<Address>,
    /// What was spent of the cloud's budgets; it outlives the resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<QuotaEntry>,
}

impl State {
    /// An empty state at `site` with a new history.
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
            unshown_secrets: BTreeSet::new(),
            spent: Vec::new(),
        }
    }

    /// Whether nothing is recorded and nothing is open.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.superseded.is_empty() && self.intent.is_none()
    }

    /// The outputs of every recorded resource.
    pub fn outputs(&self) -> BTreeMap<Address, Value> {
        self.resources.iter().map(|(address, record)| (address.clone(), record.outputs.clone())).collect()
    }

    /// Whether `id` is the old one of a replacement at `address`.
    pub fn is_superseded(&self, address: &Address, id: &PhysicalId) -> bool {
        self.superseded.iter().any(|old| &old.address == address && &old.record.id == id)
    }

    /// The other address under which the thing with this type and id is recorded, if there is one.
    pub(crate) fn recorded_elsewhere(&self, address: &Address, type_name: &str, id: &PhysicalId) -> Option<&Address> {
        let same = |record: &Record| record.type_name == type_name && &record.id == id;
        self.resources.iter().find(|(other, record)| *other != address && same(record)).map(|(other, _)| other)
    }

    /// The idempotency token of change number `generation` of the resource at `address`.
    pub fn token(&self, address: &Address, generation: u64) -> Uuid {
        Uuid::new_v5(&self.lineage, format!("{address}/{generation}").as_bytes())
    }
}
