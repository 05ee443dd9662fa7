//! A cache of responses shared by the lookups of one observation, so that no request is made twice in it.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::Result;

/// Provider responses by request. Lives for one observation, during which the run changes nothing itself.
#[derive(Default)]
pub struct ReadCache {
    cells: Mutex<HashMap<(TypeId, String), Arc<dyn Any + Send + Sync>>>,
    names: BTreeMap<String, BTreeSet<String>>,
}

impl ReadCache {
    /// Creates an empty cache for an observation that looks up resources with these IDs and names, by the names of their types.
    pub(crate) fn new(names: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self { cells: Mutex::default(), names }
    }

    /// Returns the IDs of the recorded resources of a type, and the property `name` of the wanted ones: if IDs of the type are names, the
    /// details of what its list call returns can be requested immediately.
    pub(crate) fn names(&self, type_name: &str) -> Option<&BTreeSet<String>> {
        self.names.get(type_name)
    }

    /// Returns the response to `question`; the first caller makes the request. Failures are not cached: the next caller retries.
    pub(crate) async fn get_or_fetch<T, F>(&self, question: String, ask: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>>,
    {
        let cell = {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (TypeId::of::<T>(), question);
            let cell = cells.entry(key).or_insert_with(|| Arc::new(OnceCell::<Arc<T>>::new()));
            Arc::clone(cell).downcast::<OnceCell<Arc<T>>>()
        };
        match cell {
            Ok(cell) => cell.get_or_try_init(|| async { ask().await.map(Arc::new) }).await.cloned(),
            // The key contains the type, so this does not happen.
            Err(_) => ask().await.map(Arc::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::executor::block_on;

    use super::*;
    use crate::error::{Error, ErrorClass};

    #[test]
    fn equal_requests_are_made_once() {
        let (cache, asked) = (ReadCache::default(), AtomicUsize::new(0));
        let ask = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok(7_u32)
        };
        let both = async { futures::join!(cache.get_or_fetch("a".to_owned(), ask), cache.get_or_fetch("a".to_owned(), ask)) };
        let (one, other) = block_on(both);
        assert_eq!((one.ok().as_deref(), other.ok().as_deref()), (Some(&7), Some(&7)));
        assert!(block_on(cache.get_or_fetch("b".to_owned(), ask)).is_ok());
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn failures_are_not_cached() {
        let cache = ReadCache::default();
        let failed =
            block_on(cache.get_or_fetch::<u32, _>("a".to_owned(), || async { Err(Error::new(ErrorClass::Throttled, "later")) }));
        assert!(failed.is_err());
        let answered = block_on(cache.get_or_fetch("a".to_owned(), || async { Ok(7_u32) }));
        assert_eq!(answered.ok().as_deref(), Some(&7));
    }
}
