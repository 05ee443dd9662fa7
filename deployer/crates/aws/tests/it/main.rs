//! The integration tests of the crate, in one executable: one module per subject.

#![allow(clippy::disallowed_methods, reason = "tests run in tokio's paused time")]

mod embedded;
mod state_bucket;
mod support;
