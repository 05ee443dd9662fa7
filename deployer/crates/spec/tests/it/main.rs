//! The integration tests of the crate, in one executable: a module for each subject.

mod any_text;
mod connect;
mod examples;
mod faults;
mod reference;
mod schema;
mod support;
