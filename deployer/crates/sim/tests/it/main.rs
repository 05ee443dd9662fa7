//! The integration tests of the crate, in one executable: a module for each subject.

mod broken;
mod determinism;
mod existing;
mod least_privilege;
mod measures;
mod owners;
mod scenarios;
mod zone;
