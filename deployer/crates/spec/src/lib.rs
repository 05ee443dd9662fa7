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
//!   = did you mean `tables`?
//!   = help: known here are project, environment, provider, state, tags, tables, functions, connect, api, lifecycle
//!
//! 1 error; nothing was changed"
//! );
//! ```

mod check;
mod declare;
mod diagnostic;
mod geography;
mod model;
mod names;
mod patterns;
mod route;
mod rule;
mod runtimes;
mod schema;
mod semantics;
mod shape;
mod string_enum;
mod suggest;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use declare::Section;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Span};
pub use model::*;
pub use names::{AccountId, Name, Region};
pub use route::{Method, Route};
pub use runtimes::{Language, RUNTIMES, Runtime};
pub use schema::schema;
pub use semantics::reserved_path;
pub use suggest::closest;
pub use template::{Output, Part, Reference, ReferenceKind, Template};

/// Loads the spec declared by a text. `path` is only used in messages.
///
/// # Errors
/// All errors of the text at once, including that it is for another environment than `expected_environment`. Only a text that is not YAML
/// at all yields a single diagnostic, because nothing after the error can be read.
pub fn load(path: &Path, text: &str, expected_environment: &str) -> Result<Spec, Diagnostics> {
    let refuse = |faults: Vec<Diagnostic>| Diagnostics::new(faults.into_iter().map(|fault| fault.in_file(path)).collect(), text);
    let root = yaml::parse(text).map_err(|fault| refuse(vec![*fault]))?;
    let format = Spec::format();
    let mut faults = check::check(&format.shape, &root);
    faults.extend(semantics::check(&root, expected_environment));
    if !faults.is_empty() {
        return Err(refuse(faults));
    }
    format.lower(&root).ok_or_else(|| {
        let message = "the checks found no fault, yet no spec can be made of this; that is a bug in the deployer";
        refuse(vec![Diagnostic::new(Code::BadValue, Span::START, message)])
    })
}

/// Checks the names that the spec uses of its existing instance against the names that the instance has, by section such as `queues`.
/// Sections that are missing in `known` are not checked.
///
/// # Errors
/// All names that the instance does not have, each with its position and what is meant.
pub fn check_known_names(path: &Path, text: &str, known: &BTreeMap<&str, Vec<String>>) -> Result<(), Diagnostics> {
    let refuse = |faults: Vec<Diagnostic>| Diagnostics::new(faults.into_iter().map(|fault| fault.in_file(path)).collect(), text);
    let root = yaml::parse(text).map_err(|fault| refuse(vec![*fault]))?;
    let root = semantics::with_known_names(root, known);
    let environment = root.get("environment").and_then(yaml::Node::text).unwrap_or_default().to_owned();
    let faults = semantics::check(&root, &environment);
    if faults.is_empty() { Ok(()) } else { Err(refuse(faults)) }
}

/// Loads the spec declared by the bytes of a file, as [`load`] does.
///
/// # Errors
/// As [`load`], and if the bytes are not UTF-8.
pub fn load_bytes(path: &Path, bytes: &[u8], expected_environment: &str) -> Result<Spec, Diagnostics> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return load(path, text, expected_environment),
        Err(error) => error,
    };
    let (good, bad) = bytes.split_at(error.valid_up_to());
    let good = String::from_utf8_lossy(good);
    let line = u32::try_from(good.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
    let column =
        u32::try_from(good.rsplit('\n').next().unwrap_or_default().chars().count()).unwrap_or(u32::MAX).saturating_add(1);
    let message = format!("the byte 0x{:02x} here is not UTF-8", bad.first().copied().unwrap_or_default());
    let fault = Diagnostic::new(Code::NotUtf8, Span { line, column, length: 1 }, message).in_file(path);
    Err(Diagnostics::new(vec![fault.help("save the file as UTF-8")], &String::from_utf8_lossy(bytes)))
}
