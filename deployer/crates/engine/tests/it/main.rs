//! Integration tests of the crate in one executable, one module per subject.

#![allow(clippy::disallowed_methods, reason = "tests run in tokio's paused time")]

mod crash;
mod differences;
mod edits;
mod files;
mod history;
mod lifecycle;
mod order;
mod owners;
mod promises;
mod scale;
mod selection;
mod support;
