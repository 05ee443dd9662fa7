//! Engines with one thing wrong, to show that the simulator notices.

use deployer_engine::Engine;
use serde::{Deserialize, Serialize};

/// What is wrong with an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// Whoever sends requests sends them again when the answer is lost, creates included.
    RepeatsBlindly,
}

impl Defect {
    /// The same engine with this defect.
    pub(crate) fn put_into(self, engine: Engine) -> Engine {
        match self {
            Self::RepeatsBlindly => engine,
        }
    }
}
