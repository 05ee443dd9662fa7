//! Drift: what others have changed since the last apply. Depends on the recorded state and the live resources only.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::action::Action;
use crate::address::Address;
use crate::engine::{Engine, Options};
use crate::error::Result;
use crate::expr::Expr;
use crate::graph::Graph;
use crate::plan::{Change, Plan};
use crate::planning::RunMode;
use crate::state::State;

/// What happened to a resource since it was applied last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// Its properties were changed.
    Changed,
    /// It was deleted.
    Deleted,
    /// It was deleted, and one that names this environment as its owner has taken its place.
    Recreated,
    /// It no longer names this environment as its owner, or another one has taken its place.
    TakenOver,
}

/// A resource that is not as it was applied last.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftedResource {
    /// What happened to it.
    pub kind: DriftKind,
    /// The change that would restore it: `before` is the live value, `after` the applied one.
    pub restoring: Change,
}

/// The drift of an environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drift {
    /// Resources that others have changed.
    pub resources: Vec<DriftedResource>,
    /// Number of resources that are as they were applied last.
    pub unchanged: usize,
    /// Resources that are not compared, because an unfinished run was about to change them.
    pub pending: BTreeSet<Address>,
}

impl Engine {
    /// Compares every recorded resource as it was applied last with the live one; `None` if there is no state. Takes no lease and writes
    /// nothing.
    ///
    /// # Errors
    /// The state cannot be used, or a read failed.
    pub async fn drift(&self) -> Result<Option<Drift>> {
        let Some(state) = self.state().await? else { return Ok(None) };
        let pending = state.intent.iter().flat_map(|intent| intent.pending.keys().cloned()).collect();
        let graph = applied(&state);
        let (plan, _) = self.observe_and_plan(RunMode::Apply(&graph), state, &Options::default(), None).await?;
        Ok(Some(classify(&plan, pending)))
    }
}

/// Returns the recorded resources as they were applied last, as if a spec declared them.
fn applied(state: &State) -> Graph {
    let mut graph = Graph::default();
    for (address, record) in &state.resources {
        let dependencies = record.dependencies.iter().filter(|on| state.resources.contains_key(*on)).cloned();
        graph.insert(address.clone(), &record.type_name, Expr::Value(record.properties.clone()), dependencies);
    }
    graph
}

fn classify(plan: &Plan, pending: BTreeSet<Address>) -> Drift {
    let mut drift = Drift { pending, ..Drift::default() };
    for change in plan.changes.iter().filter(|change| !change.superseded && !drift.pending.contains(&change.address)) {
        match kind(change, plan) {
            Some(kind) => drift.resources.push(DriftedResource { kind, restoring: change.clone() }),
            None => drift.unchanged += 1,
        }
    }
    drift
}

fn kind(change: &Change, plan: &Plan) -> Option<DriftKind> {
    match change.action {
        // A live resource is created again only because its parent is; nobody has changed it.
        Action::Create => change.id.is_none().then_some(DriftKind::Deleted),
        Action::Update | Action::Replace => (!change.properties.is_empty()).then_some(DriftKind::Changed),
        Action::Adopt if plan.problems.iter().any(|problem| problem.address == change.address) => Some(DriftKind::TakenOver),
        Action::Adopt => Some(DriftKind::Recreated),
        Action::Delete | Action::Forget | Action::NoOp => None,
    }
}
