//! The engine: what must exist, what does exist, and the safe way from one to the other.
//!
//! It knows nothing of AWS, YAML or terminals, and has no clock or randomness of its own: those are
//! [`ports`]. Resource types implement [`Resource`] and are held, erased, in a [`Registry`].
//! The way a run stays safe is written down in `deployer/docs/architecture.md`.

// An error is rare and carries all a person needs; boxing it would cost every reader more than it saves.
#![allow(clippy::result_large_err)]

pub mod address;
mod apply;
pub mod backend;
mod budget;
pub mod diff;
pub mod engine;
pub mod error;
pub mod event;
pub mod expr;
pub mod graph;
pub mod interrupt;
mod key;
mod observe;
mod patience;
pub mod plan;
pub mod ports;
mod read_cache;
pub mod resource;
mod run;
pub mod state;
mod upkeep;
mod waiting;

pub use address::{Address, PhysicalId, PropertyPath};
pub use apply::attempts::Attempts;
pub use apply::lease::Gate;
pub use backend::directory::Directory;
pub use backend::{Backend, Held, Holder, Lease, Stored, Version};
pub use budget::Cost;
pub use diff::{After, Cause, PropertyChange};
pub use engine::{End, Engine, Failure, Options, Outcome, Planned};
pub use error::{Class, Error, Result};
pub use event::{Action, Event, Events, Replacement};
pub use expr::{Expr, Reference, Resolved};
pub use graph::{Graph, Node};
pub use interrupt::Interrupt;
pub use patience::UNDER_WAY;
pub use plan::{Change, Counts, Plan, Problem, Seen, Warning};
pub use ports::{Clock, Entropy};
pub use read_cache::ReadCache;
pub use resource::{
    AnyLive, AnyResource, Context, Found, Keep, Live, Meter, Owner, Proposal, Registry, Resource, Rule, TagOwner,
};
pub use state::{Difference, Record, Site, Spent, State};
pub use upkeep::Recorded;
