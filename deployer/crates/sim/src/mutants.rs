//! Engines with one thing wrong, to show that the simulator notices.

mod resources;
mod states;

use std::sync::Arc;

use deployer_engine::{Engine, Registry};
use serde::{Deserialize, Serialize};

use resources::BrokenResource;
use states::BrokenBackend;

/// What is wrong with an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mutant {
    /// Whoever sends requests sends them again when the answer is lost, creates included.
    RepeatsBlindly,
    /// The intent is never stored.
    ForgetsIntent,
    /// The state is stored only when the run ends.
    WritesLate,
    /// The lease of another run is broken, and states are written whatever stands there.
    IgnoresLease,
    /// What is made carries no tags of ours.
    LeavesTagsOff,
    /// What is looked for is never found.
    FindsNothing,
    /// What is not ours is taken for ours.
    TakesWhatItFinds,
    /// What is recorded is taken for ours, whatever its tags say.
    TrustsTheRecord,
    /// An update is reported and not made.
    SkipsUpdates,
    /// A deletion is reported and not made.
    SkipsDeletes,
    /// What is looked for and not there is made at once.
    MakesWhileLooking,
    /// What was removed needs nothing, so everything is removed at once.
    ForgetsOrder,
    /// The key of a certificate is among its outputs.
    TellsSecrets,
    /// Every change is made twice.
    UpdatesAlways,
    /// What is spent of AWS's budgets is not stored.
    ForgetsBudgets,
    /// What can exist beside its successor is removed before there is one.
    RemovesFirst,
}

impl Mutant {
    /// Every defect that random simulations notice soon; [`Self::RemovesFirst`] needs one that renames a stage.
    pub const ALL: [Self; 15] = [
        Self::RepeatsBlindly,
        Self::ForgetsIntent,
        Self::WritesLate,
        Self::IgnoresLease,
        Self::LeavesTagsOff,
        Self::FindsNothing,
        Self::TakesWhatItFinds,
        Self::TrustsTheRecord,
        Self::SkipsUpdates,
        Self::SkipsDeletes,
        Self::MakesWhileLooking,
        Self::ForgetsOrder,
        Self::TellsSecrets,
        Self::UpdatesAlways,
        Self::ForgetsBudgets,
    ];

    /// What the table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RepeatsBlindly => "sends again when an answer is lost",
            Self::ForgetsIntent => "stores no intent",
            Self::WritesLate => "stores the state only at the end",
            Self::IgnoresLease => "ignores the lease and the fence",
            Self::LeavesTagsOff => "forgets the tags",
            Self::FindsNothing => "finds nothing again",
            Self::TakesWhatItFinds => "takes what is not ours",
            Self::TrustsTheRecord => "trusts the record, whatever a thing's tags say",
            Self::SkipsUpdates => "reports updates it did not make",
            Self::SkipsDeletes => "reports deletions it did not make",
            Self::MakesWhileLooking => "makes things while it plans",
            Self::ForgetsOrder => "removes things in any order",
            Self::TellsSecrets => "puts a private key into the state",
            Self::UpdatesAlways => "writes what is as it should be",
            Self::ForgetsBudgets => "forgets what is spent of a budget",
            Self::RemovesFirst => "removes what serves before its successor is there",
        }
    }

    /// The same engine with this defect.
    pub(crate) fn apply_to(self, engine: Engine) -> Engine {
        let mut registry = Registry::default();
        for name in engine.registry.type_names() {
            if let Ok(resource) = engine.registry.get(name) {
                registry.add(BrokenResource { resource: Arc::clone(resource), mutant: self });
            }
        }
        let backend = Arc::new(BrokenBackend::new(Arc::clone(&engine.backend), self, engine.environment_id.clone()));
        Engine { registry, backend, ..engine }
    }
}
