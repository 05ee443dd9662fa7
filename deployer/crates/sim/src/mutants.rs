//! Mutants: engines with one deliberate defect each, to show that the simulator detects it.

mod resources;
mod states;

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_engine::{Address, Engine, Expr, Registry};
use serde::{Deserialize, Serialize};
use serde_json::json;

use resources::BrokenResource;
use states::BrokenBackend;

use crate::specs::DesiredSpec;

/// The defect of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mutant {
    /// Requests, creates included, are sent again when the response is lost.
    RepeatsBlindly,
    /// The intent is never stored.
    ForgetsIntent,
    /// The state is stored only when the run ends.
    WritesLate,
    /// The lease of another run is broken, and states are written over any version.
    IgnoresLease,
    /// Created resources carry no ownership tags.
    LeavesTagsOff,
    /// Lookups never find a resource.
    FindsNothing,
    /// Found resources without ownership are taken as owned.
    TakesWhatItFinds,
    /// Recorded resources are taken as owned, whatever their tags say.
    TrustsTheRecord,
    /// Updates are reported without being made.
    SkipsUpdates,
    /// Deletions are reported without being made.
    SkipsDeletes,
    /// Resources that a lookup does not find are created at once.
    MakesWhileLooking,
    /// Removed resources have no dependencies, so all are deleted at once.
    ForgetsOrder,
    /// The private key of a certificate is among its outputs.
    TellsSecrets,
    /// Every change is made twice.
    UpdatesAlways,
    /// Use of AWS quotas is not stored.
    ForgetsBudgets,
    /// Resources that can exist beside their replacement are deleted before it is created.
    RemovesFirst,
    /// Lookups do not know the addresses that renamed resources had before.
    ForgetsFormerAddresses,
    /// The existing instance that a spec names is taken over as if it were the environment's own.
    ManagesExisting,
    /// Associations that an existing instance has are taken as owned.
    TakesAssociations,
}

/// Adds the existing instance with this alias to the stack, as one that the environment manages.
pub(crate) fn manage_instance(wanted: &mut DesiredSpec, alias: &str) {
    let off = ["AUTO_RESOLVE_BEST_VOICES", "CONTACTFLOW_LOGS", "CONTACT_LENS", "EARLY_MEDIA", "MULTI_PARTY_CONFERENCE"];
    let attributes: BTreeMap<&str, bool> = off.into_iter().map(|name| (name, false)).collect();
    let tags = json!({"deployer:project": wanted.project, "deployer:environment": wanted.environment, "deployer:address": "instance.main"});
    let properties = json!({"alias": alias, "deletion_protection": false, "inbound_calls": true, "outbound_calls": false,
                            "attributes": attributes, "tags": tags});
    wanted.graph.insert(Address::new("instance", "main"), "connect.instance", Expr::Value(properties), []);
}

impl Mutant {
    /// Every mutant that random simulations detect soon; [`Self::RemovesFirst`] needs one that renames a stage,
    /// [`Self::ForgetsFormerAddresses`] a rename after a lost state, and the last two need a spec that names an existing instance.
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

    /// Returns the name of the mutant in the table.
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
            Self::ForgetsFormerAddresses => "does not know what a renamed thing was called before",
            Self::ManagesExisting => "manages an instance that it only uses",
            Self::TakesAssociations => "takes associations that an instance had already",
        }
    }

    /// Returns the engine with this defect.
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
