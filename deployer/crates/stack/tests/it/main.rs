//! The integration tests of the crate, in one executable: one module per subject.

mod existing;
mod graphs;
mod lifecycle;
mod spec_and_rust;
