//! The spec of an environment: parses YAML and returns checked declarations, or all diagnostics at once.
//!
//! The crate does no I/O: the caller reads files and passes their bytes or text.
//!
//! ```
//! use std::path::Path;
//!
//! let text = "project: vanity\nenvironment: dev\nprovider: { embedded: {} }\nstate: { directory: .deployer/dev }\ntabels: {}\n";
//! let faults = deployer_spec::load(Path::new("dev.yaml"), text, "dev").unwrap_err();
//! assert_eq!(
//!     faults.to_string(),
//!     "error[unknown-key]: there is no key `tabels` here
//!  --> dev.yaml:5:1
//!   |
//! 5 | tabels: {}
//!   | ^^^^^^
//!   |
//!   = help: did you mean `tables`?
//!   = help: known here are extends, project, environment, provider, state, tags, app, tables, functions, connect, api, lifecycle
//!
//! 1 error; nothing was changed"
//! );
//! ```

mod check;
mod declare;
mod diagnostic;
mod extends;
mod geography;
mod loader;
mod model;
mod names;
mod patterns;
mod program;
mod refused;
mod resolved;
mod route;
mod rule;
mod runtimes;
mod schema;
mod semantics;
mod shape;
mod sources;
mod string_enum;
mod substitution;
mod suggest;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Span};
pub use loader::{Loaded, Loader};
pub use model::*;
pub use names::{AccountId, Name, Region};
pub use program::{Place, ProgramSections};
pub use resolved::Resolved;
pub use route::{Method, Route};
pub use runtimes::{Language, RUNTIMES, Runtime};
pub use schema::{part_schema, schema};
pub use semantics::reserved_path;
pub use sources::Sources;
pub use substitution::is_secret as is_secret_name;
pub use suggest::closest;
pub use template::{Output, Part, Reference, ReferenceKind, Template};

/// Loads the spec declared by a text that extends no file and takes nothing from the environment; [`Loader`] loads others. `path` is only
/// used in messages.
///
/// # Errors
/// All errors of the text at once, including that it is for another environment than `expected_environment`. Only a text that is not YAML
/// at all yields a single diagnostic, because nothing after the error can be read.
pub fn load(path: &Path, text: &str, expected_environment: &str) -> Result<Spec, Diagnostics> {
    load_bytes(path, text.as_bytes(), expected_environment)
}

/// Checks the names that the spec uses of its existing instance against the names that the instance has, by section such as `queues`.
/// Sections that are missing in `known` are not checked.
///
/// # Errors
/// All names that the instance does not have, each with its position and what is meant.
pub fn check_known_names(resolved: &Resolved, sources: &Sources, known: &BTreeMap<&str, Vec<String>>) -> Result<(), Diagnostics> {
    let root = semantics::with_known_names(resolved.root.clone(), known);
    let environment = root.get("environment").and_then(yaml::Node::text).unwrap_or_default().to_owned();
    let faults = semantics::check(&root, &environment);
    if faults.is_empty() { Ok(()) } else { Err(Diagnostics::new(faults, sources)) }
}

/// Loads the spec declared by the bytes of a file, as [`load`] does.
///
/// # Errors
/// As [`load`], and if the bytes are not UTF-8.
pub fn load_bytes(path: &Path, bytes: &[u8], expected_environment: &str) -> Result<Spec, Diagnostics> {
    Loader::default().load(path, bytes, expected_environment).map(|loaded| loaded.spec)
}
