//! The history of an environment: its last runs, and where the contents of the last applied ones are stored. Pure.
//!
//! The entries are part of the state, so that a run and its entry are recorded in the same write. Contents, which are larger, are objects
//! beside the state ([`Backend::put_object`](crate::Backend::put_object)), in numbered slots: a slot that no entry refers to is overwritten.

mod stored_graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::action::Action;
use crate::address::Address;
use crate::plan::Plan;

pub(crate) use stored_graph::{from_bytes, to_bytes};

/// Maximum number of runs in a history.
pub const MAX_ENTRIES: usize = 50;
/// Number of applied runs whose contents are kept.
pub const MAX_CONTENTS: usize = 5;
/// Maximum number of changes in an entry, and of properties of a change.
const MAX_CHANGES: usize = 100;
const MAX_PROPERTIES: usize = 10;

/// Who started a run, from where, and with which source. Every part may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOrigin {
    /// The user's name on the machine or in the CI service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The identity that made the calls, such as the ARN of an assumed role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The URL of the CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The revision of the source, such as a Git commit; with `+` behind it if the working tree differs from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// The bytes that a run may upload, by SHA-256 in hexadecimal.
pub trait RunArtifacts: Debug + Send + Sync {
    /// Returns the digests of all artifacts.
    fn digests(&self) -> BTreeSet<String>;

    /// Returns the bytes with this digest.
    ///
    /// # Errors
    /// There is no such artifact, or it cannot be read.
    fn read(&self, sha256: &str) -> io::Result<Vec<u8>>;
}

/// What a run records in the history.
#[derive(Debug, Clone, Default)]
pub struct RunRecord {
    /// Its origin.
    pub origin: RunOrigin,
    /// The artifacts to keep with the graph; `None` if the contents of the run are not kept.
    pub artifacts: Option<Arc<dyn RunArtifacts>>,
    /// The number of the run whose contents it restores.
    pub restores: Option<u64>,
}

/// The result of a recorded run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunResult {
    /// It has not ended, or was killed and no later run has changed anything.
    Running,
    /// The whole plan was applied.
    Applied,
    /// A change failed.
    Failed,
    /// It was cancelled.
    Interrupted,
    /// It ended without saying so; a later run has completed or undone its changes.
    Killed,
}

/// A change of a recorded run: its action and the names of changed properties, without values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedChange {
    /// The action.
    pub action: Action,
    /// Changed top-level properties of an existing resource.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub properties: BTreeSet<String>,
}

/// Digests of what a run applied, in hexadecimal SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunContents {
    /// The graph.
    pub graph: String,
    /// The artifacts: zips of functions, recordings.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub artifacts: BTreeSet<String>,
}

impl RunContents {
    /// Returns all digests.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.graph).chain(&self.artifacts)
    }
}

/// One run that changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEntry {
    /// Its number, from 1, in the order of the runs.
    pub number: u64,
    /// The run's ID.
    pub run: Uuid,
    /// The command line.
    pub command: String,
    /// The version of the program.
    pub version: String,
    /// The machine's host name.
    pub host: String,
    /// Who started it, and from where.
    #[serde(default)]
    pub origin: RunOrigin,
    /// Time at which the plan was approved.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// Time at which it ended; `None` if that is not known.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<OffsetDateTime>,
    /// The result.
    pub result: RunResult,
    /// The planned changes, at most a hundred.
    pub changes: BTreeMap<Address, RecordedChange>,
    /// Number of further changes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// Resources whose change failed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub failed: BTreeSet<Address>,
    /// Former addresses of resources that it renamed, by their new addresses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub moves: BTreeMap<Address, Address>,
    /// The number of the run whose contents it restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// What it applied; `None` if that is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<RunContents>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Returns the changes of a plan for an entry, and the number of those that are left out.
pub(crate) fn recorded_changes(plan: &Plan) -> (BTreeMap<Address, RecordedChange>, usize) {
    let all = plan.effective().filter(|change| !change.superseded);
    let changes: BTreeMap<Address, RecordedChange> = all
        .map(|change| {
            let existing = matches!(change.action, Action::Update | Action::Replace | Action::Adopt);
            let names = change.properties.iter().filter(|_| existing).filter_map(|property| property.path.0.first().cloned());
            let names: BTreeSet<String> = names.collect();
            let properties = names.into_iter().take(MAX_PROPERTIES).collect();
            (change.address.clone(), RecordedChange { action: change.action, properties })
        })
        .collect();
    let omitted = changes.len().saturating_sub(MAX_CHANGES);
    (changes.into_iter().take(MAX_CHANGES).collect(), omitted)
}

/// The last runs of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The runs, oldest first; at most [`MAX_ENTRIES`].
    pub entries: Vec<RunEntry>,
    /// Slots of stored contents by their digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<String, u32>,
}

impl History {
    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.slots.is_empty()
    }

    /// Returns the run with this number.
    pub fn entry(&self, number: u64) -> Option<&RunEntry> {
        self.entries.iter().find(|entry| entry.number == number)
    }

    /// Returns the run to go back to by default: the last applied one, or, if no failed run followed it, the one before it that applied
    /// something else. Whether its contents are kept makes no difference: nobody is taken further back than asked for.
    pub fn previous(&self) -> Option<&RunEntry> {
        let applied = |entry: &&RunEntry| entry.result == RunResult::Applied;
        let last = self.entries.last()?;
        let current = Some(last).filter(applied);
        let other = |entry: &&RunEntry| {
            let differs = |current: &RunEntry| entry.contents.is_none() || entry.contents != current.contents;
            current.is_none_or(|current| entry.number != current.number && differs(current))
        };
        self.entries.iter().rev().filter(applied).find(other)
    }

    /// Returns the present addresses of resources that were renamed after run `number`, by their addresses then.
    pub fn renamed_since(&self, number: u64) -> BTreeMap<Address, Address> {
        let mut renamed: BTreeMap<Address, Address> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.number > number) {
            for (to, from) in &entry.moves {
                let first = renamed.iter().find(|(_, now)| *now == from).map(|(then, _)| then.clone());
                renamed.insert(first.unwrap_or_else(|| from.clone()), to.clone());
            }
        }
        renamed.retain(|then, now| then != now);
        renamed
    }

    /// Adds a run that begins. Runs that have not ended by themselves were killed.
    pub(crate) fn begin(&mut self, mut entry: RunEntry) {
        self.entries.iter_mut().filter(|open| open.result == RunResult::Running).for_each(|open| open.result = RunResult::Killed);
        entry.number = self.entries.last().map_or(1, |last| last.number + 1);
        self.entries.push(entry);
    }

    /// Records the end of a run, and drops what is not kept any more.
    pub(crate) fn end(&mut self, run: Uuid, result: RunResult, failed: BTreeSet<Address>, now: OffsetDateTime) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.run == run) {
            (entry.result, entry.failed, entry.ended_at) = (result, failed, Some(now));
        }
        self.drop_old();
    }

    /// Records what became of a run that has not ended by itself, when nothing is left to do: with the same graph, all of its changes were
    /// made. Returns whether there was one.
    pub(crate) fn settle(&mut self, graph: Option<&str>, now: OffsetDateTime) -> bool {
        let mut open = self.entries.iter_mut().filter(|entry| entry.result == RunResult::Running).peekable();
        if open.peek().is_none() {
            return false;
        }
        for entry in open {
            let same = graph.is_some() && entry.contents.as_ref().map(|contents| contents.graph.as_str()) == graph;
            (entry.result, entry.ended_at) = if same { (RunResult::Applied, Some(now)) } else { (RunResult::Killed, None) };
        }
        self.drop_old();
        true
    }

    /// Returns the lowest slot that no contents are in.
    pub(crate) fn free_slot(&self) -> u32 {
        let used: BTreeSet<u32> = self.slots.values().copied().collect();
        (0..).find(|slot| !used.contains(slot)).unwrap_or_default()
    }

    /// Forgets all contents, which another backend does not have.
    pub(crate) fn forget_contents(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.contents = None);
        self.slots.clear();
    }

    fn drop_old(&mut self) {
        self.entries.drain(..self.entries.len().saturating_sub(MAX_ENTRIES));
        let mut kept = 0;
        for entry in self.entries.iter_mut().rev() {
            let keeps = match entry.result {
                RunResult::Running => true,
                RunResult::Applied => entry.contents.is_some() && kept < MAX_CONTENTS,
                RunResult::Failed | RunResult::Interrupted | RunResult::Killed => false,
            };
            match keeps {
                true => kept += usize::from(entry.result == RunResult::Applied),
                false => entry.contents = None,
            }
        }
        let used: BTreeSet<&String> =
            self.entries.iter().filter_map(|entry| entry.contents.as_ref()).flat_map(RunContents::digests).collect();
        self.slots.retain(|digest, _| used.contains(digest));
    }
}

/// Returns the name of the object in a slot.
pub(crate) fn slot_name(slot: u32) -> String {
    format!("{slot:03}")
}

/// Returns the SHA-256 of bytes in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a history of runs with these results and graphs; an empty text is contents that are not kept.
    fn history(runs: &[(RunResult, &str)]) -> History {
        let entry = |(index, (result, graph)): (usize, &(RunResult, &str))| RunEntry {
            number: index as u64 + 1,
            run: Uuid::from_u128(index as u128),
            command: String::new(),
            version: String::new(),
            host: String::new(),
            origin: RunOrigin::default(),
            started_at: OffsetDateTime::UNIX_EPOCH,
            ended_at: None,
            result: *result,
            changes: BTreeMap::new(),
            omitted: 0,
            failed: BTreeSet::new(),
            moves: BTreeMap::new(),
            restores: None,
            contents: (!graph.is_empty()).then(|| RunContents { graph: (*graph).to_owned(), artifacts: BTreeSet::new() }),
        };
        History { entries: runs.iter().enumerate().map(entry).collect(), slots: BTreeMap::new() }
    }

    #[test]
    fn default_target_is_never_further_back_than_asked() {
        use RunResult::{Applied, Failed};
        let previous = |runs: &[(RunResult, &str)]| history(runs).previous().map(|entry| entry.number);
        assert_eq!(previous(&[(Applied, "a"), (Applied, "b"), (Failed, "")]), Some(2));
        // The contents of the last applied run are not kept (a selection, a removal): it is refused, and not skipped.
        assert_eq!(previous(&[(Applied, "a"), (Applied, ""), (Failed, "")]), Some(2));
        assert_eq!(previous(&[(Applied, "a"), (Applied, ""), (Applied, "b")]), Some(2));
        assert_eq!(previous(&[(Applied, "a"), (Applied, "b"), (Applied, "b")]), Some(1), "nothing would change");
        assert_eq!(previous(&[(Applied, "a")]), None);
    }
}
