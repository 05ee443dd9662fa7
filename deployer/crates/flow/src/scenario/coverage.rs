//! Coverage of the actions and branches of flows by tests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::actions;
use crate::interpret::{BranchTaken, Transcript};
use crate::model::{Action, Flow};

/// The coverage of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Actions in document order.
    pub actions: Vec<ActionCoverage>,
}

/// The coverage of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionCoverage {
    /// Identifier of the action.
    pub id: String,
    /// Number of executions.
    pub runs: usize,
    /// Branches: conditions, errors, then the next action.
    pub branches: Vec<BranchCoverage>,
}

/// The coverage of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchCoverage {
    /// `Equals 1`, `error NoMatchingError`, `next`, or `leaves the flow`.
    pub label: String,
    /// Action that the branch leads to.
    pub target: Option<String>,
    /// Whether it was taken.
    pub taken: bool,
}

impl Coverage {
    /// Returns the number of taken branches and of all branches; an action without branches counts as one.
    #[must_use]
    pub fn branches(&self) -> (usize, usize) {
        self.actions.iter().fold((0, 0), |(taken, all), action| match action.branches.len() {
            0 => (taken + usize::from(action.runs > 0), all + 1),
            count => (taken + action.branches.iter().filter(|branch| branch.taken).count(), all + count),
        })
    }

    /// Returns the number of actions that ran, and of all actions.
    #[must_use]
    pub fn ran(&self) -> (usize, usize) {
        (self.actions.iter().filter(|action| action.runs > 0).count(), self.actions.len())
    }
}

/// A collector of the branches taken by calls.
#[derive(Debug, Default)]
pub(super) struct Collector {
    runs: BTreeMap<(String, String), usize>,
    taken: BTreeSet<(String, String, BranchTaken)>,
}

impl Collector {
    pub(super) fn add(&mut self, transcript: &Transcript) {
        for step in &transcript.path {
            *self.runs.entry((step.flow.clone(), step.id.clone())).or_default() += 1;
            self.taken.insert((step.flow.clone(), step.id.clone(), step.taken));
        }
    }

    pub(super) fn of(&self, name: &str, flow: &Flow) -> Coverage {
        let actions = flow.actions().into_iter().map(|action| {
            let id = action.identifier().unwrap_or_default().to_owned();
            let runs = self.runs.get(&(name.to_owned(), id.clone())).copied().unwrap_or_default();
            let branch = |(way, label, target): (BranchTaken, String, Option<String>)| BranchCoverage {
                taken: self.taken.contains(&(name.to_owned(), id.clone(), way)),
                label,
                target,
            };
            let branches = outgoing_edges(action).into_iter().map(branch).collect();
            ActionCoverage { id, runs, branches }
        });
        Coverage { actions: actions.collect() }
    }
}

/// Returns the transitions of an action. `NextAction` counts only where the service can take it: not where conditions decide,
/// and not where success leaves the flow.
fn outgoing_edges(action: Action<'_>) -> Vec<(BranchTaken, String, Option<String>)> {
    let own = |text: &str| Some(text.to_owned());
    let mut ways = Vec::new();
    for branch in action.branches() {
        let label = branch.condition().map_or_else(String::new, |condition| {
            let operand =
                condition.operands.first().map(|operand| operand.as_str().map_or_else(|| operand.to_string(), str::to_owned));
            format!("{} {}", condition.operator, operand.unwrap_or_default())
        });
        ways.push((BranchTaken::Condition(branch.index), label, branch.target().and_then(own)));
    }
    for branch in action.errors() {
        let label = format!("error {}", branch.error_type().unwrap_or_default());
        ways.push((BranchTaken::Error(branch.index), label, branch.target().and_then(own)));
    }
    if actions::leaves(action) {
        ways.push((BranchTaken::Left, "leaves the flow".to_owned(), None));
    } else if let Some(next) = action.next().filter(|_| !actions::is_next_action_unused(action)) {
        ways.push((BranchTaken::Next, "next".to_owned(), own(next)));
    }
    ways
}
