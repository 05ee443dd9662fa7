//! What a run records in the history, and the contents of earlier runs.

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use crate::apply::lease::LeaseRenewer;
use crate::engine::Engine;
use crate::error::{Error, ErrorClass, Result};
use crate::event::Event;
use crate::graph::Graph;
use crate::history::{
    History, RunContents, RunEntry, RunRecord, RunResult, from_bytes, recorded_changes, sha256, slot_name, to_bytes,
};
use crate::plan::Plan;
use crate::planning::RunMode;

/// Maximum size in bytes of an artifact that is kept. Lambda takes at most 50 MB as a zip in a request (Lambda developer guide, "Lambda
/// quotas").
const MAX_OBJECT: usize = 64 << 20;

/// The contents of an earlier run.
#[derive(Debug)]
pub struct RestoredRun {
    /// The graph, with the present addresses of resources that were renamed since.
    pub graph: Graph,
    /// The artifacts by SHA-256 in hexadecimal.
    pub artifacts: BTreeMap<String, Vec<u8>>,
}

impl Run<'_> {
    /// Returns the digest of the graph, if the contents of this run are kept.
    pub(super) fn graph_digest(&self) -> Option<String> {
        self.options.record.artifacts.as_ref()?;
        let RunMode::Apply(graph) = self.mode else { return None };
        to_bytes(graph).ok().map(|bytes| sha256(&bytes))
    }

    /// Stores the graph and the artifacts of this run that are not stored yet, before the intent refers to them. A failure is reported and
    /// does not stop the run, whose contents are not kept then.
    pub(super) async fn store_contents(&self, keeper: &LeaseRenewer<'_>, history: &mut History) -> Option<RunContents> {
        let RunMode::Apply(graph) = self.mode else { return None };
        let RunRecord { artifacts: Some(artifacts), .. } = &self.options.record else { return None };
        if !self.options.selection.is_everything() {
            return None;
        }
        let before = history.slots.clone();
        let store = async {
            let graph = to_bytes(graph)?;
            let contents = RunContents { graph: sha256(&graph), artifacts: artifacts.digests() };
            self.store_object(keeper, history, &contents.graph, || Ok(graph)).await?;
            for digest in &contents.artifacts {
                self.store_object(keeper, history, digest, || artifacts.read(digest)).await?;
            }
            Ok(contents)
        };
        match self.unless_interrupted(store).await? {
            Ok(contents) => Some(contents),
            Err(error) => {
                history.slots = before;
                self.engine.events.send(Event::ContentsNotKept { error });
                None
            }
        }
    }

    /// Stores bytes in a free slot, unless they are stored already.
    async fn store_object(
        &self,
        keeper: &LeaseRenewer<'_>,
        history: &mut History,
        digest: &str,
        read: impl FnOnce() -> std::io::Result<Vec<u8>>,
    ) -> Result<()> {
        if history.slots.contains_key(digest) {
            return Ok(());
        }
        let bytes = read().map_err(|error| Error::local(format!("an artifact cannot be read: {error}")))?;
        if bytes.len() > MAX_OBJECT {
            return Err(Error::local(format!("an artifact has {} bytes; at most {MAX_OBJECT} are kept", bytes.len())));
        }
        // Another run might use the slot if the lease were lost.
        keeper.check().await?;
        let slot = history.free_slot();
        self.engine.backend.put_object(&slot_name(slot), bytes, &keeper.lease()).await?;
        history.slots.insert(digest.to_owned(), slot);
        Ok(())
    }

    /// Returns the entry of this run, without its number.
    pub(super) fn entry(&self, plan: &Plan, contents: Option<RunContents>) -> RunEntry {
        let (holder, record) = (&self.engine.holder, &self.options.record);
        let (changes, omitted) = recorded_changes(plan);
        RunEntry {
            number: 0,
            run: holder.id,
            command: holder.command.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: holder.host.clone(),
            origin: record.origin.clone(),
            started_at: self.engine.clock.now(),
            ended_at: None,
            result: RunResult::Running,
            changes,
            omitted,
            failed: BTreeSet::new(),
            moves: plan.moves.clone(),
            restores: record.restores,
            contents,
        }
    }
}

impl Engine {
    /// Reads the contents of an earlier run. Takes no lease.
    ///
    /// # Errors
    /// [`ErrorClass::State`] if they are not kept any more, damaged, or of another version of the program.
    pub async fn restore(&self, history: &History, entry: &RunEntry) -> Result<RestoredRun> {
        let number = entry.number;
        let Some(contents) = &entry.contents else { return Err(not_kept(number)) };
        let mut graph = from_bytes(&self.stored_object(history, number, &contents.graph).await?)?;
        for node in graph.nodes.values() {
            self.registry.get(&node.type_name)?;
        }
        for (then, now) in history.renamed_since(number) {
            if graph.nodes.contains_key(&then) && !graph.nodes.contains_key(&now) {
                graph.lifecycles.entry(then).or_default().renamed_from.push(now);
            }
        }
        let mut artifacts = BTreeMap::new();
        for digest in &contents.artifacts {
            artifacts.insert(digest.clone(), self.stored_object(history, number, digest).await?);
        }
        Ok(RestoredRun { graph, artifacts })
    }

    async fn stored_object(&self, history: &History, number: u64, digest: &str) -> Result<Vec<u8>> {
        let Some(slot) = history.slots.get(digest) else { return Err(not_kept(number)) };
        match self.backend.get_object(&slot_name(*slot)).await? {
            Some(bytes) if sha256(&bytes) == digest => Ok(bytes),
            _ => Err(not_kept(number)),
        }
    }
}

fn not_kept(number: u64) -> Error {
    Error::new(ErrorClass::State, format!("the spec and the code of run {number} are not kept"))
        .with_help("check out the revision that `deployer history` shows, and apply it")
}
