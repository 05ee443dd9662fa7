//! Integration tests of the crate, in one executable with a module for each subject.

mod against_the_oracle;
mod callers;
mod every_span;
mod examples;
mod mistakes;
mod support;
