//! Loading of a spec from its files and the values that it takes from outside.

use std::env::VarError;
use std::io;
use std::path::Path;

use crate::declare::Section;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::model::Spec;
use crate::resolved::Resolved;
use crate::sources::Sources;
use crate::{check, extends, semantics, substitution, yaml};

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

impl Loader<'_> {
    /// Loads the spec in the bytes of a file, with the files that it extends. `path` is used in messages, and to find these files.
    ///
    /// # Errors
    /// All errors of all files at once, including that the spec is for another environment than `expected_environment`. Only a file that
    /// cannot be read or is not YAML yields a single diagnostic, because nothing after the error can be read.
    pub fn load(&self, path: &Path, bytes: &[u8], expected_environment: &str) -> Result<Loaded, Diagnostics> {
        let (mut resolved, sources, mut faults) = self.resolve(path, bytes)?;
        let format = Spec::format();
        let invalid = std::mem::take(&mut resolved.invalid);
        let mut found = check::check(&format.shape, &resolved.root, &sources);
        found.extend(semantics::check(&resolved.root, expected_environment));
        // What follows from a value that could not be put in is no error of its own.
        found.retain(|fault| !invalid.contains(&fault.span));
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

    /// Returns the tree of the files with the values of the environment, and the diagnostics of these values.
    fn resolve(&self, path: &Path, bytes: &[u8]) -> Result<(Resolved, Sources, Vec<Diagnostic>), Diagnostics> {
        let (text, fault) = yaml::decode(bytes);
        let mut sources = Sources::new(path, &text);
        let composed = match fault {
            Some(fault) => Err(fault),
            None => extends::compose(self.read, path, &text, &mut sources),
        };
        let mut root = composed.map_err(|fault| Diagnostics::new(vec![*fault], &sources))?;
        let done = substitution::substitute(&Spec::format().shape, &mut root, self.variable);
        Ok((Resolved { root, substituted: done.substituted, invalid: done.invalid }, sources, done.faults))
    }

    /// Returns the tree of the files as JSON without checking it, for programs that edit it.
    ///
    /// # Errors
    /// A file cannot be read or is not YAML, or a value of the environment is missing.
    pub fn document(&self, path: &Path, bytes: &[u8]) -> Result<serde_json::Value, Diagnostics> {
        let (resolved, sources, faults) = self.resolve(path, bytes)?;
        if faults.is_empty() { Ok(resolved.to_json()) } else { Err(Diagnostics::new(faults, &sources)) }
    }
}
