//! The committed account state, and the head, which may not have been written yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::AccountState;

/// The head and the committed state of one account and Region. Neither lock is held during I/O or a wait.
pub(crate) struct AccountHistory {
    /// The state that the next change is based on.
    head: Mutex<AccountState>,
    /// The state that readers see: written, if it is stored. Where both locks are taken, this one is second.
    committed: Mutex<AccountState>,
}

impl AccountHistory {
    pub(crate) fn new(world: AccountState) -> Self {
        Self { head: Mutex::new(world.clone()), committed: Mutex::new(world) }
    }

    /// Locks the head, which is replaced by complete drafts only. A handler works on a draft, so a panic in one leaves the head intact.
    pub(crate) fn head(&self) -> MutexGuard<'_, AccountState> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a copy of the committed state.
    pub(crate) fn committed(&self) -> AccountState {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes `world` the committed state.
    pub(crate) fn commit(&self, world: AccountState) {
        *self.committed.lock().unwrap_or_else(PoisonError::into_inner) = world;
    }

    /// Resets the head to the committed state because later changes cannot be written. `taken` takes the other entries that were handed
    /// over; no entries can be added meanwhile.
    pub(crate) fn roll_back<T>(&self, taken: impl FnOnce() -> T) -> T {
        let mut newest = self.head();
        *newest = self.committed();
        taken()
    }
}
