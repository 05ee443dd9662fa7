//! The integration tests of the crate, in one executable: a module for each subject.

mod process;
