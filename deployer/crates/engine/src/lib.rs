//! The engine: compares the wanted resources with the existing ones and safely converges them.
//!
//! It does not depend on AWS, YAML or terminals, and has no clock or randomness of its own: those are [`ports`]. Resource types implement
//! [`Resource`] and are stored, type-erased, in a [`Registry`]. The safety of a run is described in `deployer/docs/architecture.md`.

// Errors are rare and carry everything that is needed to act on them; boxing them would cost every reader more than it saves.
#![allow(clippy::result_large_err)]

pub mod address;
mod apply;
pub mod backend;
mod quota;
pub mod diff;
pub mod engine;
pub mod error;
pub mod event;
pub mod expr;
pub mod graph;
pub mod cancellation;
mod key;
mod observe;
mod retry;
pub mod plan;
pub mod ports;
mod read_cache;
pub mod resource;
mod run;
pub mod state;
mod state_ops;
mod acquire;

pub use address::{Address, PhysicalId, PropertyPath};
pub use apply::attempts::AttemptRecorder;
pub use apply::lease::LeaseGuard;
pub use backend::directory::Directory;
pub use backend::{Backend, LeaseInfo, LeaseOwner, Lease, StoredState, Version};
pub use quota::QuotaUsage;
pub use diff::{NewValue, ChangeOrigin, PropertyChange};
pub use engine::{RunStatus, Engine, Failure, Options, Outcome, PlanResult};
pub use error::{ErrorClass, Error, Result};
pub use event::{Action, Event, EventSink, Replacement};
pub use expr::{Expr, Reference, Resolved};
pub use graph::{Graph, Node};
pub use cancellation::CancellationToken;
pub use retry::CREATE_VISIBILITY_TIMEOUT;
pub use plan::{Change, Counts, Plan, Problem, Observation, Warning};
pub use ports::{Clock, Random};
pub use read_cache::ReadCache;
pub use resource::{
    AnyLive, AnyResource, Context, Lookup, RetainPolicy, Live, Quota, Ownership, RuleInput, Registry, Resource, ChangeEffect, TagOwner,
};
pub use state::{Difference, Record, EnvironmentId, QuotaEntry, State};
pub use state_ops::VersionedState;
