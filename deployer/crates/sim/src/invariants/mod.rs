//! Invariants, one file each. Every check examines what happened and returns the violation, if there is one.

pub mod budget_is_counted;
pub mod carried_out;
pub mod converges;
pub mod dependency_order;
pub mod destroy_leaves_nothing;
pub mod dry_is_dry;
pub mod idempotent;
pub mod no_duplicate;
pub mod no_orphan;
pub mod no_secret;
pub mod nothing_foreign;
pub mod nothing_unmanaged;
pub mod one_writer;
pub mod plan_is_truth;
pub mod serves;
pub mod state_is_rebuilt;

use std::fmt;

use serde::{Deserialize, Serialize};

/// A violated invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Name of the invariant, as its file's name.
    pub invariant: String,
    /// Description of what was observed.
    pub seen: String,
}

impl Violation {
    pub(crate) fn new(invariant: &str, seen: impl Into<String>) -> Self {
        Self { invariant: invariant.to_owned(), seen: seen.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.seen)
    }
}

/// Result of a check: the first violation, if there is one.
pub type Verdict = Result<(), Violation>;
