//! Integration tests of the crate in one executable, one module per subject.

mod any_text;
mod composition;
mod connect;
mod environment;
mod examples;
mod existing;
mod faults;
mod lifecycle;
mod reference;
mod schema;
mod support;
