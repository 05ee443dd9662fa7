//! The simulator: the real engine, resource types and SDK against the embedded AWS, in virtual time that advances only when every task
//! waits, with a fault injected at any call.
//!
//! The checks examine the account, not the state file. Everything is derived from a seed: the same seed gives the same trace.

#![allow(clippy::result_large_err)]

mod code;
pub mod exhaustive;
mod external_changes;
pub mod fault;
pub mod invariants;
pub mod inventory;
pub mod machine;
pub mod measure;
pub mod mutants;
pub mod network;
pub mod random;
pub mod rights;
pub mod scenario;
pub mod shrink;
pub mod specs;
mod step;
pub mod store;
pub mod time;

/// Account ID of every simulation.
pub(crate) const ACCOUNT: &str = "111122223333";
/// Region of every simulation.
pub(crate) const REGION: &str = "us-east-1";
