//! The world that is seen, and the newest one, which may not have been written yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::AccountState;

/// A world and what is being made of it. Neither lock is held while something is written or waited for.
pub(crate) struct AccountHistory {
    /// What the next change is made on.
    newest: Mutex<AccountState>,
    /// What has been written, where it is written at all: what readers see. Where both locks are taken, this comes second.
    settled: Mutex<AccountState>,
}

impl AccountHistory {
    pub(crate) fn new(world: AccountState) -> Self {
        Self { newest: Mutex::new(world.clone()), settled: Mutex::new(world) }
    }

    /// The newest world, to be replaced by a draft that is whole. A handler works on a draft, so a panic in one leaves it whole.
    pub(crate) fn head(&self) -> MutexGuard<'_, AccountState> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of the world that is seen.
    pub(crate) fn committed(&self) -> AccountState {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows `world` from now on.
    pub(crate) fn settle(&self, world: AccountState) {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner) = world;
    }

    /// Goes back to the world that is seen, because what was made on it cannot be written; `taken` is what else was handed over,
    /// which nobody can add to meanwhile.
    pub(crate) fn give_up<T>(&self, taken: impl FnOnce() -> T) -> T {
        let mut newest = self.head();
        *newest = self.committed();
        taken()
    }
}
