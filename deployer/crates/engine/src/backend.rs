//! The storage and locking of the state: the port that the local directory and the S3 bucket implement.

pub mod directory;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{Error, Result};

/// The version of a stored state: an ETag or a digest, opaque to everything but the backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version(pub String);

/// The bytes of a stored state.
#[derive(Debug, Clone)]
pub struct StoredState {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The version that a conditional write must name.
    pub version: Version,
}

/// The run that holds a lease, as shown to those who wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseOwner {
    /// The run's ID.
    pub id: Uuid,
    /// The machine's host name.
    pub host: String,
    /// The process ID.
    pub pid: u32,
    /// The command line.
    pub command: String,
    /// Start time of the run.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

impl LeaseOwner {
    /// Describes the owner for messages, with its age at `now`.
    pub fn describe(&self, now: OffsetDateTime) -> String {
        let age = (now - self.since).whole_seconds().max(0);
        let age = if age < 120 { format!("{age} s") } else { format!("{} min", age / 60) };
        format!("`{}` (pid {} on {}, for {age})", self.command, self.pid, self.host)
    }
}

/// The exclusive right to change one environment, until it expires or is released.
#[derive(Clone)]
pub struct Lease {
    /// The owner.
    pub holder: LeaseOwner,
    /// The fencing token: it increases with every new owner.
    pub fence: u64,
    /// Expiry without renewal, by the owner's wall clock: for readers of the lease. The owner itself measures the time since its own
    /// request.
    pub expires: OffsetDateTime,
    /// The version that a conditional write of the lease must name; empty if the backend does not need it.
    pub version: Version,
    /// Whether the lease was taken over from an owner that did not release it. That run may still be alive, so the new owner writes the
    /// state before it reads anything else: from then on every conditional write of the old owner fails.
    pub taken_over: bool,
    /// The object that keeps the lease open in this process, for example a locked file; dropping the last copy releases it.
    pub guard: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Lease");
        debug.field("holder", &self.holder).field("fence", &self.fence).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// A lease as other processes see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseInfo {
    /// The owner.
    pub holder: LeaseOwner,
    /// The fencing token.
    pub fence: u64,
    /// Expiry without renewal; `None` if the lease lasts as long as the process that holds it.
    pub expires: Option<OffsetDateTime>,
    /// The version that a conditional write of the lease must name; empty if the backend does not need it.
    pub version: Version,
}

/// Storage for the state and the lease of one environment.
pub trait Backend: Send + Sync {
    /// Returns the location for messages: a path or an S3 URL.
    fn location(&self) -> String;

    /// Returns the stored state; `None` if there is none. Needs no lease.
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>>;

    /// Stores a state durably if the stored version is still `expected` (`None`: if no state is stored).
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`](crate::ErrorClass::Conflict) if another run has written, or if the lease is not held any more; then nothing was
    /// written.
    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, lease: &'a Lease) -> BoxFuture<'a, Result<Version>>;

    /// Acquires the lease for `holder` until `now + ttl`.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`](crate::ErrorClass::Conflict) immediately if another run holds it; the message names the other run.
    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>>;

    /// Extends the lease until `now + ttl`.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`](crate::ErrorClass::Conflict) if it was lost to another run; any other class if that could not be determined, and then
    /// the renewal may be retried.
    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>>;

    /// Returns the current lease, including one that has expired without being released; `None` if it is free.
    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>>;

    /// Releases a lease whose owner is known to be dead, if it is still the one in `held`.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`](crate::ErrorClass::Conflict) if the owner has changed or has renewed the lease in the meantime, or if the owner is
    /// found to be alive; then nothing was changed.
    fn unlock<'a>(&'a self, held: &'a LeaseInfo) -> BoxFuture<'a, Result<()>>;

    /// Stores an object beside the state durably, in the place of the one with this name. Names are digits. The caller has checked the
    /// lease; the write itself has no condition, so a reader verifies the digest. Without an implementation, a backend stores no objects.
    ///
    /// # Errors
    /// The object was not written, or that is unknown.
    fn put_object<'a>(&'a self, name: &'a str, bytes: Vec<u8>, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        let _ = (name, bytes, lease);
        async { Err(Error::local("this backend stores no objects beside the state")) }.boxed()
    }

    /// Returns the object with this name; `None` if there is none. Needs no lease.
    fn get_object<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        let _ = name;
        async { Ok(None) }.boxed()
    }

    /// Releases the lease. A lease that was lost in the meantime is no error.
    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>>;
}
