//! The steps of a scenario, as a scenario file holds them.

use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::specs::SpecEdits;

/// A step of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Step {
    /// `deployer apply`.
    Apply {
        /// The spec to apply.
        desired: SpecEdits,
        /// Injected faults.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
    },
    /// `deployer apply --target ADDRESS` or `--exclude ADDRESS`.
    ApplySelected {
        /// The spec to apply.
        desired: SpecEdits,
        /// Index among all addresses of the spec and the state.
        number: usize,
        /// Whether the resource is excluded.
        excludes: bool,
        /// Injected faults.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
    },
    /// `deployer destroy`.
    Destroy {
        /// The spec to destroy.
        desired: SpecEdits,
        /// Injected faults.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
    },
    /// `deployer plan`.
    Plan {
        /// The spec to plan.
        desired: SpecEdits,
    },
    /// Two applies of the same spec, the second shortly after the first.
    Together {
        /// The spec to apply.
        desired: SpecEdits,
        /// Injected faults of the first run.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
        /// Seconds from the start of the first run to the start of the second.
        seconds: u64,
    },
    /// `deployer apply` without faults, repeated until there is nothing left to do, then a check of the inventory.
    Converge {
        /// The spec to apply.
        desired: SpecEdits,
    },
    /// A third party creates a resource under a name that the spec uses.
    Occupy {
        /// The spec whose name is taken.
        desired: SpecEdits,
    },
    /// The third party deletes that resource.
    Vacate {
        /// The spec whose name is freed.
        desired: SpecEdits,
    },
    /// Deletes the state object.
    LoseState,
    /// Restores the state object of an earlier run.
    RollBackState {
        /// Number of runs to go back.
        runs: usize,
    },
    /// Advances the time.
    Wait {
        /// Number of seconds.
        seconds: u64,
    },
    /// Another project takes over one of our resources and its dependents, as `--adopt` does: their tags then name that project.
    TakeOver {
        /// Index among all of our resources that have tags.
        number: usize,
    },
    /// That project returns the taken resources that still exist.
    GiveBack,
    /// Writes the id of a foreign resource into the state object.
    ForgeState {
        /// Index among the records for which there is a foreign resource of the same type.
        number: usize,
        /// Whether the id is recorded as a replaced resource that is still to be deleted, in addition to the present record.
        beside: bool,
    },
    /// A third party deletes or changes one of our resources.
    ExternalChange {
        /// Index among all of our resources.
        number: usize,
        /// Whether the resource is deleted.
        deletes: bool,
    },
}
