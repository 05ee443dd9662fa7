//! What happens in a run, as data. Reporters are leaves: nothing here prints.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::backend::LeaseOwner;
use crate::engine::RunStatus;
use crate::error::Error;
use crate::plan::{Counts, Plan};

/// What a change does to its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Make a new one and remove the old one.
    Replace,
    /// Remove it.
    Delete,
    /// Take over what exists already.
    Adopt,
    /// Drop it from the record; it is gone from the cloud.
    Forget,
    /// Nothing to do.
    NoOp,
}

/// In which order a replacement is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replacement {
    /// The old one first: both cannot exist at once (same name).
    DeleteFirst,
    /// The new one first, then what depends on it, then the old one goes.
    CreateFirst,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// An earlier run ended half-way, or another one is under way; its unfinished changes are being looked up.
    Resuming {
        /// How many changes it left open.
        open: usize,
        /// The run that is changing them now, where one is; `None` where it was cut short.
        holder: Option<LeaseOwner>,
    },
    /// Reading what exists: so many resources.
    Reading {
        /// How many resources are read.
        resources: usize,
    },
    /// A change began.
    Started {
        /// The resource.
        address: Address,
        /// What is done to it.
        action: Action,
    },
    /// A change goes on; what it waits for.
    Progress {
        /// The resource.
        address: Address,
        /// What is happening.
        message: String,
    },
    /// A call is made again after a wait.
    Retrying {
        /// The resource.
        address: Address,
        /// Why, with the service's own code and message.
        error: Error,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How long it waits.
        #[serde(serialize_with = "as_millis", rename = "wait_ms")]
        wait: Duration,
    },
    /// A change ended well.
    Done {
        /// The resource.
        address: Address,
        /// What was done.
        action: Action,
        /// How long it took.
        #[serde(serialize_with = "as_millis", rename = "elapsed_ms")]
        elapsed: Duration,
    },
    /// A change failed.
    Failed {
        /// The resource.
        address: Address,
        /// What was to be done.
        action: Action,
        /// Why not.
        error: Error,
    },
    /// A change was not started, because of another one.
    Skipped {
        /// The resource.
        address: Address,
        /// What was to be done.
        action: Action,
        /// The resource whose failure stops this one; `None` after an interrupt.
        because: Option<Address>,
    },
    /// The run was asked to stop: nothing new is started.
    Interrupted {
        /// How many changes are under way and awaited.
        running: usize,
    },
    /// Another run holds the lease, and this one waits for it; told once for each holder.
    WaitingForLease {
        /// Who holds it; `None` if that cannot be told.
        holder: Option<LeaseOwner>,
        /// The same in words.
        message: String,
    },
    /// The lease was taken.
    LeaseAcquired {
        /// Its fence number.
        fence: u64,
    },
    /// The lease was lost, or cannot be renewed: nothing new is started until it is renewed.
    LeaseLost {
        /// Why.
        error: Error,
    },
    /// The plan is made. It is shown before anything is asked or done.
    Planned {
        /// The plan.
        #[serde(serialize_with = "as_plan")]
        plan: Arc<Plan>,
    },
    /// The intent is written; the changes begin.
    Applying {
        /// How many changes.
        changes: usize,
    },
    /// The state was written.
    StateSaved {
        /// The number of this write.
        serial: u64,
    },
    /// A write of the state failed; it is tried again with the next result and at the end.
    StateSaveFailed {
        /// Why.
        error: Error,
    },
    /// The run is over.
    Finished {
        /// How it ended.
        status: RunStatus,
        /// What was done.
        counts: Counts,
    },
}

fn as_millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn as_plan<S: serde::Serializer>(plan: &Arc<Plan>, serializer: S) -> Result<S::Ok, S::Error> {
    plan.as_ref().serialize(serializer)
}

/// Where events go. Cheap to clone.
#[derive(Clone)]
pub struct EventSink(Arc<dyn Fn(Event) + Send + Sync>);

impl EventSink {
    /// Sends every event to `sink`, from whichever task it happens in.
    pub fn to(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Drops every event.
    pub fn ignore() -> Self {
        Self::to(|_| {})
    }

    /// Sends one event.
    pub fn send(&self, event: Event) {
        (self.0)(event);
    }
}

impl std::fmt::Debug for EventSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}
