//! The engine: compares the wanted resources with the existing ones and safely converges them.
//!
//! It does not depend on AWS, YAML or terminals, and has no clock or randomness of its own: those are [`ports`]. Resource types implement
//! [`Resource`] and are stored, type-erased, in a [`Registry`]. The safety of a run is described in `deployer/docs/architecture.md`.

// Errors are rare and carry everything that is needed to act on them; boxing them would cost every reader more than it saves.
#![allow(clippy::result_large_err)]

mod acquire;
pub mod address;
mod apply;
pub mod backend;
pub mod cancellation;
pub mod diff;
pub mod engine;
pub mod error;
pub mod event;
pub mod expr;
pub mod graph;
mod key;
mod observe;
pub mod plan;
pub mod ports;
mod quota;
mod read_cache;
pub mod resource;
mod retry;
mod run;
pub mod state;
mod state_ops;

pub use address::{Address, PhysicalId, PropertyPath};
pub use apply::attempts::AttemptRecorder;
pub use apply::lease::LeaseGuard;
pub use backend::directory::Directory;
pub use backend::{Backend, Lease, LeaseInfo, LeaseOwner, StoredState, Version};
pub use cancellation::CancellationToken;
pub use diff::{ChangeOrigin, NewValue, PropertyChange};
pub use engine::{Engine, Failure, Options, Outcome, PlanResult, RunStatus};
pub use error::{Error, ErrorClass, Result};
pub use event::{Action, Event, EventSink, Replacement};
pub use expr::{Expr, Reference, Resolved};
pub use graph::{Graph, Node};
pub use plan::{Change, Counts, Observation, Plan, Problem, Warning};
pub use ports::{Clock, Random};
pub use quota::QuotaUsage;
pub use read_cache::ReadCache;
pub use resource::{
    AnyLive, AnyResource, ChangeEffect, Context, Live, LiveResource, Lookup, Ownership, Properties, Quota, Registry, Resource,
    ResourceDefinition, RetainPolicy, RuleInput, TagOwner,
};
pub use retry::CREATE_VISIBILITY_TIMEOUT;
pub use state::{Difference, EnvironmentId, QuotaEntry, Record, State};
pub use state_ops::VersionedState;
