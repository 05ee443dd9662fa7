//! Test executions that this process runs.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Executions that this process runs.
#[derive(Default)]
pub(crate) struct Running(Mutex<BTreeSet<String>>);

impl Running {
    /// Marks the execution as running, and returns whether it was not.
    pub(super) fn take(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }

    pub(super) fn leave(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
