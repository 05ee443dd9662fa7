//! Where a state is kept, and who may write it: the port that the directory and the S3 bucket implement.

pub mod directory;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Result;

/// Which write of the state this is: an ETag, a digest. Only the backend looks inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version(pub String);

/// A state's bytes as they were stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What a conditional write must name.
    pub version: Version,
}

/// Who runs: shown to whoever has to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseOwner {
    /// The run's id.
    pub id: Uuid,
    /// The machine's name.
    pub host: String,
    /// The process id.
    pub pid: u32,
    /// The command line.
    pub command: String,
    /// When the run began.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

impl LeaseOwner {
    /// The holder in words, with its age at `now`.
    pub fn describe(&self, now: OffsetDateTime) -> String {
        let age = (now - self.since).whole_seconds().max(0);
        let age = if age < 120 { format!("{age} s") } else { format!("{} min", age / 60) };
        format!("`{}` (pid {} on {}, for {age})", self.command, self.pid, self.host)
    }
}

/// The right to change one environment, until it expires or is released.
#[derive(Clone)]
pub struct Lease {
    /// Who has it.
    pub holder: LeaseOwner,
    /// Goes up with every new holder.
    pub fence: u64,
    /// When it lapses unless renewed, by the holder's wall clock: for whoever reads it. The holder itself goes by how long ago it asked.
    pub expires: OffsetDateTime,
    /// What a conditional write of the lease must name; empty where the backend has no need of it.
    pub version: Version,
    /// Whether it was taken from a holder that did not give it back. That run may still live, so the new holder writes the state
    /// before it reads anything else: then no condition of the old holder's writes holds any more.
    pub taken_over: bool,
    /// What holds the lease open in this process, for example a locked file; dropping the last copy frees it.
    pub guard: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Lease");
        debug.field("holder", &self.holder).field("fence", &self.fence).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// A lease as somebody else sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseInfo {
    /// Who has it.
    pub holder: LeaseOwner,
    /// Its number.
    pub fence: u64,
    /// When it lapses unless renewed; `None` where it lasts as long as the process that holds it.
    pub expires: Option<OffsetDateTime>,
    /// What a conditional write of the lease must name; empty where the backend has no need of it.
    pub version: Version,
}

/// Where one environment's state and lease are kept.
pub trait Backend: Send + Sync {
    /// The place, for messages: a path, an S3 URL.
    fn place(&self) -> String;

    /// The stored state; `None` if there is none. Needs no lease.
    fn load(&self) -> BoxFuture<'_, Result<Option<Stored>>>;

    /// Stores a state, durably, if the stored one is still `expected` (`None`: if there is none).
    ///
    /// # Errors
    /// [`Class::Conflict`](crate::Class::Conflict) if somebody else wrote, or if the lease is not held any more;
    /// then nothing was written.
    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, lease: &'a Lease) -> BoxFuture<'a, Result<Version>>;

    /// Takes the lease for `holder` until `now + ttl`.
    ///
    /// # Errors
    /// [`Class::Conflict`](crate::Class::Conflict) at once if another run holds it; the message names the other run.
    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>>;

    /// Makes the lease live until `now + ttl`.
    ///
    /// # Errors
    /// [`Class::Conflict`](crate::Class::Conflict) if it was lost to another run; any other class if it could not be
    /// told, and then it may be tried again.
    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>>;

    /// The lease that is held now, also one that has lapsed and was not released; `None` if it is free.
    fn held(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>>;

    /// Frees a lease whose holder is known to be dead, if it is still the one in `held`.
    ///
    /// # Errors
    /// [`Class::Conflict`](crate::Class::Conflict) if it has changed hands or been renewed meanwhile, or if its holder still
    /// lives and that can be told; then nothing was changed.
    fn unlock<'a>(&'a self, held: &'a LeaseInfo) -> BoxFuture<'a, Result<()>>;

    /// Gives the lease back. A lease that was lost meanwhile is no error.
    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>>;
}
