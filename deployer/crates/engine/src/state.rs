//! What is remembered between runs: ids, what was last applied, and what a run was about to do.
//!
//! A state is a cache. A lost one is rebuilt from the cloud; a damaged one is never guessed at and never overwritten.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::address::{Address, PhysicalId};
use crate::error::{Error, Result};
use crate::event::Action;
use crate::expr::Expr;

/// The format this version reads and writes.
pub const FORMAT: u64 = 1;

/// Which environment a state belongs to. All four must be the same for a state to be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
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
pub struct Open {
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
    pub open: BTreeMap<Address, Open>,
}

/// Everything remembered of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The format of the file, [`FORMAT`].
    pub format: u64,
    /// The id of this environment's history, made once.
    pub lineage: Uuid,
    /// Counts the writes.
    pub serial: u64,
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
    pub resources: BTreeMap<Address, Record>,
    /// Old ones of replacements that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// What an unfinished run left open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
}

impl State {
    /// An empty state at `site` with a new history.
    pub fn new(site: &Site, lineage: Uuid) -> Self {
        Self {
            format: FORMAT,
            lineage,
            serial: 0,
            project: site.project.clone(),
            environment: site.environment.clone(),
            account: site.account.clone(),
            region: site.region.clone(),
            generation: 0,
            resources: BTreeMap::new(),
            superseded: Vec::new(),
            intent: None,
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

    /// The idempotency token of change number `generation` of the resource at `address`.
    pub fn token(&self, address: &Address, generation: u64) -> Uuid {
        Uuid::new_v5(&self.lineage, format!("{address}/{generation}").as_bytes())
    }

    /// The state as the bytes of its file.
    ///
    /// # Errors
    /// [`Class::Local`](crate::Class::Local) if it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::local(format!("the state cannot be written as JSON: {error}")))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a state strictly. `place` is where the bytes came from, for messages.
    ///
    /// # Errors
    /// [`Class::Local`](crate::Class::Local) if it is cut off, damaged, of a newer format, or of another project,
    /// environment, account or region. The message names the place, the help says what to do.
    pub fn parse(bytes: &[u8], site: &Site, place: &str) -> Result<Self> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| damaged(place, &error))?;
        check_format(&value, place)?;
        let state: Self = serde_json::from_slice(bytes).map_err(|error| damaged(place, &error))?;
        state.check_addresses(place)?;
        state.check_site(site, place)?;
        Ok(state)
    }

    fn check_addresses(&self, place: &str) -> Result<()> {
        match self.resources.keys().find(|address| Address::parse(address.as_str()).is_none()) {
            None => Ok(()),
            Some(bad) => Err(Error::local(format!("the state {place} is damaged: \"{bad}\" is not an address (kind.name)"))
                .with_help(REPAIR.to_owned())),
        }
    }

    fn check_site(&self, site: &Site, place: &str) -> Result<()> {
        let pairs = [
            ("project", &self.project, &site.project),
            ("environment", &self.environment, &site.environment),
            ("account", &self.account, &site.account),
            ("region", &self.region, &site.region),
        ];
        let Some((what, theirs, ours)) = pairs.into_iter().find(|(_, theirs, ours)| theirs != ours) else { return Ok(()) };
        Err(Error::local(format!("the state {place} belongs to {what} {theirs}, not to {what} {ours}; it was left as it is"))
            .with_help(format!("use the spec of {what} {theirs}, or another place for the state of {what} {ours}")))
    }
}

const REPAIR: &str = "put back a good copy, or move the file away: the next run finds by name and tag what exists and records it \
                      again. It was left as it is";

fn damaged(place: &str, error: &serde_json::Error) -> Error {
    let what = if error.is_eof() { "is cut off" } else { "is damaged" };
    Error::local(format!("the state {place} {what}: {error}")).with_help(REPAIR)
}

fn check_format(value: &Value, place: &str) -> Result<()> {
    match value.get("format").and_then(Value::as_u64) {
        Some(FORMAT) => Ok(()),
        Some(newer) if newer > FORMAT => {
            Err(Error::local(format!("the state {place} has format {newer}; this version of deployer knows up to {FORMAT}"))
                .with_help("use the version of deployer that wrote it, or a newer one. It was left as it is"))
        }
        _ => Err(Error::local(format!("the state {place} is damaged: it has no known \"format\"")).with_help(REPAIR)),
    }
}
