//! The integration tests of the crate: a module for each subject.

mod aspects;
mod coverage;
mod escape;
mod patterns;
mod places;
mod support;
