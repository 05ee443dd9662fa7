//! The integration tests of the crate, in one executable: one module per subject.

mod existing;
mod graphs;
mod spec_and_rust;
