//! The engine: compares the wanted resources with the existing ones and safely converges them.
//!
//! It does not depend on AWS, YAML or terminals, and has no clock or randomness of its own: those are [`ports`]. Resource types implement
//! [`Resource`] and are stored, type-erased, in a [`Registry`]. The safety of a run is described in `deployer/docs/architecture.md`.

// Errors are rare and carry everything that is needed to act on them; boxing them would cost every reader more than it saves.
#![allow(clippy::result_large_err)]

mod acquire;
mod action;
pub mod address;
mod apply;
pub mod backend;
pub mod cancellation;
mod context;
pub mod diff;
mod drift;
mod dual_timestamp;
pub mod engine;
pub mod error;
pub mod event;
pub mod expr;
pub mod graph;
pub mod history;
mod import;
mod key;
mod lifecycle;
mod observation;
mod observe;
mod outcome;
pub mod plan;
mod plan_check;
mod planner;
mod planning;
pub mod ports;
mod quota;
mod read_cache;
pub mod resource;
mod retry;
mod rules;
mod run;
pub mod state;
mod state_ops;

pub use action::{Action, Replacement};
pub use address::{Address, PhysicalId, PropertyPath};
pub use backend::directory::Directory;
pub use backend::{Backend, Lease, LeaseInfo, LeaseOwner, StoredState, Version};
pub use cancellation::CancellationToken;
pub use context::{Context, Ownership};
pub use diff::{ChangeOrigin, NewValue, PropertyChange};
pub use drift::{Drift, DriftKind, DriftedResource};
pub use engine::{Engine, Options};
pub use error::{Error, ErrorClass, Result};
pub use event::{Event, EventSink};
pub use expr::{Expr, Reference, Resolved};
pub use graph::{ExternalResource, Graph, Node};
pub use history::{History, RunArtifacts, RunEntry, RunOrigin, RunRecord, RunResult};
pub use import::ImportRequest;
pub use lifecycle::{Lifecycle, Retention};
pub use observation::Observation;
pub use outcome::{Failure, Outcome, RunStatus};
pub use plan::{Change, Counts, HeldBack, Plan, Problem, Warning};
pub use plan_check::PlanCheck;
pub use planner::Selection;
pub use planning::PlanResult;
pub use ports::{AttemptRecorder, Clock, LeaseGuard, Random};
pub use quota::{Quota, QuotaUsage};
pub use read_cache::ReadCache;
pub use resource::{
    AnyLive, AnyResource, Live, LiveResource, Lookup, Properties, Registry, Resource, ResourceDefinition, TagOwner,
};
pub use retry::CREATE_VISIBILITY_TIMEOUT;
pub use rules::{ChangeEffect, RetainPolicy, RuleInput};
pub use run::RestoredRun;
pub use state::{Difference, EnvironmentId, Intent, LastRun, QuotaEntry, Record, State, StateIdentity};
pub use state_ops::VersionedState;
