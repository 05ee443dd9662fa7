//! An environment's spec: YAML in, checked declarations or every fault at once out.
//!
//! The crate does no I/O: the caller reads files and gives their text.

mod fault;
mod model;
mod names;
mod suggest;
mod template;
mod words;

use std::path::Path;

pub use fault::{Code, Fault, Faults, Span};
pub use model::*;
pub use names::{AccountId, Name, Region};
pub use template::{Output, Part, Reference, ReferenceKind, Template};

/// The spec that a text declares. `path` is only for messages.
///
/// # Errors
/// Every fault of the text, or that it is for another environment than `expected_environment`.
pub fn load(path: &Path, text: &str, expected_environment: &str) -> Result<Spec, Faults> {
    let message = format!("reading a spec (here for environment {expected_environment}) is not finished");
    Err(Faults::new(vec![Fault::new(Code::Syntax, Span::START, message).in_file(path)], text))
}
