//! Integration tests of the crate, in one executable with a module for each subject.

mod process;
