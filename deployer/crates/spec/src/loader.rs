//! Loading of a spec from its files and the values that it takes from outside.

use std::env::VarError;
use std::io;
use std::path::Path;

use crate::declare::Section;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::model::Spec;
use crate::program::{ProgramSections, graft, reported};
use crate::resolved::Resolved;
use crate::sources::Sources;
use crate::yaml::{Node, Value};
use crate::{check, extends, semantics, substitution, yaml};

/// What the recorded state of an environment is found with. Of `connect`, only which instance it is.
const ESSENTIAL: [&str; 5] = ["project", "environment", "provider", "state", "connect"];

/// What a file says beside `app`; the program declares the rest.
const BESIDE_APP: [&str; 6] = ["project", "environment", "provider", "state", "tags", "app"];

/// The access to what a spec refers to outside of its file. The default has none: it knows no other file and no variable.
#[derive(Clone, Copy)]
pub struct Loader<'l> {
    /// Reads a file that a spec extends.
    pub read: &'l dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// Returns the value of an environment variable, as [`std::env::var`] does.
    pub variable: &'l dyn Fn(&str) -> Result<String, VarError>,
}

impl Default for Loader<'_> {
    fn default() -> Self {
        Self { read: &|_| Err(io::ErrorKind::NotFound.into()), variable: &|_| Err(VarError::NotPresent) }
    }
}

/// A valid spec.
#[derive(Debug)]
pub struct Loaded {
    /// The spec.
    pub spec: Spec,
    /// Its files, to which its spans refer.
    pub sources: Sources,
    /// Its tree, with everything that it is composed of.
    pub resolved: Resolved,
}

/// A tree, its files, and the diagnostics of the values that were put in.
type Read = (Resolved, Sources, Vec<Diagnostic>);

fn keep(node: &mut Node, names: &[&str]) {
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|(key, _)| key.text().is_some_and(|key| names.contains(&key)));
    }
}

fn keep_essentials(root: &mut Node) {
    keep(root, &ESSENTIAL);
    let Value::Map(entries) = &mut root.value else { return };
    let connect = entries.iter_mut().filter(|(key, _)| key.text() == Some("connect"));
    connect.for_each(|(_, section)| keep(section, &["existing"]));
    entries.retain(|(key, section)| key.text() != Some("connect") || section.get("existing").is_some());
}

impl Loader<'_> {
    /// Loads the spec in the bytes of a file, with the files that it extends. `path` is used in messages, and to find these files.
    ///
    /// # Errors
    /// All errors of all files at once, including that the spec is for another environment than `expected_environment`. Only a file that
    /// cannot be read or is not YAML yields a single diagnostic, because nothing after the error can be read.
    pub fn load(&self, path: &Path, bytes: &[u8], expected_environment: &str) -> Result<Loaded, Diagnostics> {
        checked(self.resolve(path, bytes, |_| ())?, expected_environment)
    }

    /// Loads only those parts of a spec that its recorded state is found with: project, environment, provider, state, and which existing
    /// instance it uses. Whatever else is wrong makes no difference.
    ///
    /// # Errors
    /// All errors in these parts at once.
    pub fn load_essentials(&self, path: &Path, bytes: &[u8], expected_environment: &str) -> Result<Loaded, Diagnostics> {
        checked(self.resolve(path, bytes, keep_essentials)?, expected_environment)
    }

    /// Loads what a file with `app` says itself, which is what the program is given; `None` if the file has no `app`.
    ///
    /// # Errors
    /// All errors in these parts at once, including sections that the program declares.
    pub fn load_app(&self, path: &Path, bytes: &[u8], expected_environment: &str) -> Result<Option<Loaded>, Diagnostics> {
        let (mut resolved, sources, mut faults) = self.resolve(path, bytes, |_| ())?;
        if resolved.root.get("app").is_none() {
            return Ok(None);
        }
        faults.extend(semantics::beside_app(&resolved.root));
        keep(&mut resolved.root, &BESIDE_APP);
        checked((resolved, sources, faults), expected_environment).map(Some)
    }

    /// Loads the spec of a file with `app` together with the sections that its program declares.
    ///
    /// # Errors
    /// As [`Self::load`]; diagnostics of what the program declares have positions in its sources.
    pub fn load_with_program(
        &self,
        path: &Path,
        bytes: &[u8],
        expected_environment: &str,
        program: &ProgramSections<'_>,
    ) -> Result<Loaded, Diagnostics> {
        let (mut resolved, mut sources, mut faults) = self.resolve(path, bytes, |_| ())?;
        graft(&mut resolved.root, program, &mut sources);
        faults.extend(reported(program, &sources));
        checked((resolved, sources, faults), expected_environment)
    }

    /// Returns the tree of the files with the values of the environment, and the diagnostics of these values.
    /// `prune` removes from the tree what is not needed.
    fn resolve(&self, path: &Path, bytes: &[u8], prune: impl Fn(&mut Node)) -> Result<Read, Diagnostics> {
        let (text, fault) = yaml::decode(bytes);
        let mut sources = Sources::new(path, &text);
        let composed = match fault {
            Some(fault) => Err(fault),
            None => extends::compose(self.read, path, &text, &mut sources),
        };
        let mut root = composed.map_err(|fault| Diagnostics::new(vec![*fault], &sources))?;
        prune(&mut root);
        let done = substitution::substitute(&Spec::format().shape, &mut root, self.variable);
        Ok((Resolved { root, substituted: done.substituted, invalid: done.invalid }, sources, done.faults))
    }

    /// Returns the tree of the files as JSON without checking it, for programs that edit it.
    ///
    /// # Errors
    /// A file cannot be read or is not YAML, or a value of the environment is missing.
    pub fn document(&self, path: &Path, bytes: &[u8]) -> Result<serde_json::Value, Diagnostics> {
        let (resolved, sources, faults) = self.resolve(path, bytes, |_| ())?;
        if faults.is_empty() { Ok(resolved.to_json()) } else { Err(Diagnostics::new(faults, &sources)) }
    }
}

fn checked(read: Read, expected_environment: &str) -> Result<Loaded, Diagnostics> {
    let (mut resolved, sources, mut faults) = read;
    let format = Spec::format();
    let invalid = std::mem::take(&mut resolved.invalid);
    let mut found = check::check(&format.shape, &resolved.root, &sources);
    found.extend(semantics::check(&resolved.root, expected_environment));
    // What follows from a value that could not be put in is no error of its own.
    found.retain(|fault| !invalid.contains(&fault.span));
    found.iter_mut().for_each(|fault| resolved.name_variables(fault));
    faults.extend(found);
    if !faults.is_empty() {
        return Err(Diagnostics::new(faults, &sources));
    }
    match format.lower(&resolved.root) {
        Some(spec) => Ok(Loaded { spec, sources, resolved }),
        None => {
            let message = "the checks found no fault, yet no spec can be made of this; that is a bug in the deployer";
            Err(Diagnostics::new(vec![Diagnostic::new(Code::BadValue, Span::START, message)], &sources))
        }
    }
}
