//! Events of a run, as data. Only reporters print; nothing here does.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::action::Action;
use crate::address::Address;
use crate::backend::LeaseOwner;
use crate::error::Error;
use crate::outcome::RunStatus;
use crate::plan::{Counts, Plan};

/// One event of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// An earlier run was interrupted, or another one is in progress; its pending changes are being looked up.
    Resuming {
        /// Number of pending changes.
        open: usize,
        /// The run that is making them now; `None` if it was interrupted.
        holder: Option<LeaseOwner>,
    },
    /// Existing resources are being read.
    Reading {
        /// Number of resources to read.
        resources: usize,
    },
    /// A change started.
    Started {
        /// Address of the resource.
        address: Address,
        /// Action of the change.
        action: Action,
    },
    /// Progress of a running change.
    Progress {
        /// Address of the resource.
        address: Address,
        /// What the change is doing or waiting for.
        message: String,
    },
    /// A call is retried after a delay.
    Retrying {
        /// Address of the resource.
        address: Address,
        /// The error, with the service's own code and message.
        error: Error,
        /// Number of the failed attempt, from 1.
        attempt: u32,
        /// Delay before the retry.
        #[serde(serialize_with = "as_millis", rename = "wait_ms")]
        wait: Duration,
    },
    /// A change succeeded.
    Done {
        /// Address of the resource.
        address: Address,
        /// Action of the change.
        action: Action,
        /// Duration of the change.
        #[serde(serialize_with = "as_millis", rename = "elapsed_ms")]
        elapsed: Duration,
    },
    /// A change failed.
    Failed {
        /// Address of the resource.
        address: Address,
        /// Action of the change.
        action: Action,
        /// Cause of the failure.
        error: Error,
    },
    /// A change was not started, because of another one.
    Skipped {
        /// Address of the resource.
        address: Address,
        /// Action of the change.
        action: Action,
        /// The resource whose failure prevents this change; `None` after a cancellation.
        because: Option<Address>,
    },
    /// The run was cancelled: no further change is started.
    Interrupted {
        /// Number of running changes that the run waits for.
        running: usize,
    },
    /// Another run holds the lease, and this one waits for it. Sent once per holder.
    WaitingForLease {
        /// The run that holds it; `None` if that cannot be determined.
        holder: Option<LeaseOwner>,
        /// The same as text.
        message: String,
    },
    /// The lease was acquired.
    LeaseAcquired {
        /// Fencing number of the lease.
        fence: u64,
    },
    /// The lease was lost or cannot be renewed: no further change is started until it is renewed.
    LeaseLost {
        /// Cause of the loss.
        error: Error,
    },
    /// The plan is complete. The event precedes the approval and every change.
    Planned {
        /// The plan.
        #[serde(serialize_with = "as_plan")]
        plan: Arc<Plan>,
    },
    /// The intent is saved; the changes start.
    Applying {
        /// Number of changes.
        changes: usize,
    },
    /// The state was saved.
    StateSaved {
        /// Serial number of this write.
        serial: u64,
    },
    /// The graph and the artifacts of this run could not be stored, so that no later run can restore them. The run continues.
    ContentsNotKept {
        /// Cause of the failure.
        error: Error,
    },
    /// Saving the state failed; it is retried with the next result and at the end.
    StateSaveFailed {
        /// Cause of the failure.
        error: Error,
    },
    /// The run has ended.
    Finished {
        /// Final status.
        status: RunStatus,
        /// Numbers of changes made.
        counts: Counts,
    },
}

fn as_millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn as_plan<S: serde::Serializer>(plan: &Arc<Plan>, serializer: S) -> Result<S::Ok, S::Error> {
    plan.as_ref().serialize(serializer)
}

/// A receiver of events. Cheap to clone.
#[derive(Clone)]
pub struct EventSink(Arc<dyn Fn(Event) + Send + Sync>);

impl EventSink {
    /// Returns a receiver that passes every event to `sink`, from whichever task the event happens in.
    pub fn to(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Returns a receiver that drops every event.
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
