//! The state of a bootstrap in memory, which is never stored: everything is found by its name each time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_engine::{Backend, Error, ErrorClass, Lease, LeaseInfo, LeaseOwner, Result, StoredState, Version};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use time::OffsetDateTime;

/// A state in memory. No other run can hold its lease.
#[derive(Default)]
pub(super) struct Memory(Mutex<Option<StoredState>>);

impl Memory {
    /// Creates a backend that contains these bytes.
    pub(super) fn with(bytes: Vec<u8>) -> Self {
        Self(Mutex::new(Some(StoredState { bytes, version: Version("0".to_owned()) })))
    }

    fn stored(&self) -> MutexGuard<'_, Option<StoredState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, bytes: Vec<u8>, expected: Option<&Version>) -> Result<Version> {
        let mut stored = self.stored();
        if stored.as_ref().map(|stored| &stored.version) != expected {
            return Err(Error::new(ErrorClass::Conflict, "the state in memory was written by two"));
        }
        let number = expected.and_then(|version| version.0.parse::<u64>().ok()).unwrap_or_default();
        let version = Version((number + 1).to_string());
        *stored = Some(StoredState { bytes, version: version.clone() });
        Ok(version)
    }
}

impl Backend for Memory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>> {
        ready(Ok(self.stored().clone())).boxed()
    }

    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, _: &'a Lease) -> BoxFuture<'a, Result<Version>> {
        ready(self.put(bytes, expected)).boxed()
    }

    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        let version = Version(String::new());
        let lease = Lease { holder: holder.clone(), fence: 1, expires: now + ttl, version, taken_over: false, guard: None };
        ready(Ok(lease)).boxed()
    }

    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        ready(Ok(Lease { expires: now + ttl, ..lease.clone() })).boxed()
    }

    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>> {
        ready(Ok(None)).boxed()
    }

    fn unlock<'a>(&'a self, _: &'a LeaseInfo) -> BoxFuture<'a, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn release(&self, _: Lease) -> BoxFuture<'_, Result<()>> {
        ready(Ok(())).boxed()
    }
}
