//! The integration tests of the crate, in one executable: a module for each subject.

mod spec_and_rust;
