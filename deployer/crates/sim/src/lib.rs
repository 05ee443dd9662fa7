//! The simulator: the real engine, resource types and SDK against the embedded AWS, in virtual time that advances only when every task
//! waits, with a fault injected at any call.
//!
//! The checks examine the account, not the state file. Everything is derived from a seed: the same seed gives the same trace.

#![allow(clippy::result_large_err)]

pub mod mutants;
pub mod inventory;
mod code;
pub mod exhaustive;
pub mod fault;
pub mod invariants;
pub mod machine;
pub mod measure;
mod external_changes;
pub mod network;
pub mod random;
pub mod rights;
pub mod scenario;
pub mod shrink;
pub mod specs;
pub mod store;
pub mod time;

/// Account ID of every simulation.
pub(crate) const ACCOUNT: &str = "111122223333";
/// Region of every simulation.
pub(crate) const REGION: &str = "us-east-1";
