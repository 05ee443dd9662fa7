//! Files of flow tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_flow::scenario::{Files, Suite, TestFileError, suite};

use super::{count, load, read};
use crate::failure::Failure;

/// Directory of test files.
const TESTS: &str = "flows/tests";

/// A test file with the flows that it names.
pub(super) struct LoadedSuite {
    pub(super) name: String,
    pub(super) suite: Suite,
    pub(super) flows: Files,
    /// Path of the flow that is called.
    pub(super) called: PathBuf,
}

/// Returns the project's own test files.
pub(super) fn find() -> Result<Vec<PathBuf>, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::input(format!("the current directory cannot be read: {error}")))?;
    let directory = here.ancestors().map(|directory| directory.join(TESTS)).find(|directory| directory.is_dir());
    let directory = directory.ok_or_else(|| {
        Failure::input(format!("there is no {TESTS} in {} or above it", here.display())).help("name test files")
    })?;
    let entries = std::fs::read_dir(&directory).map_err(|error| Failure::io(&directory, error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"));
    files.sort();
    match files.is_empty() {
        true => Err(Failure::input(format!("there are no test files in {}", directory.display()))),
        false => Ok(files),
    }
}

/// Loads all suites with their flows, or returns all errors of all files.
pub(super) fn load_all(files: &[PathBuf]) -> Result<Vec<LoadedSuite>, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut faults = Vec::new();
    let mut loaded = Vec::new();
    for path in files {
        let shown = path.strip_prefix(&here).unwrap_or(path).display().to_string();
        let text = read(path)?;
        match suite(&text) {
            Ok(suite) => match load_flows(path, &shown, &text, &suite) {
                Ok(flows) => {
                    let called = path.parent().unwrap_or(Path::new("")).join(&suite.flow.path);
                    loaded.push(LoadedSuite { name: shown, suite, flows, called });
                }
                Err(found) => faults.extend(found),
            },
            Err(found) => faults.extend(found.iter().map(|fault| fault.render(&shown, &text))),
        }
    }
    match faults.is_empty() {
        true => Ok(loaded),
        false => Err(Failure::input(faults.join("\n\n"))),
    }
}

fn load_flows(path: &Path, shown: &str, text: &str, suite: &Suite) -> Result<Files, Vec<String>> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let mut flows = Files::new();
    let mut faults = Vec::new();
    for file in suite.files() {
        let error = |message: String, help: Option<String>| TestFileError { at: file.at, message, help }.render(shown, text);
        let at = directory.join(&file.path);
        match load(&at) {
            // A mistake in the flow has an excerpt of its own.
            Err(failure) if failure.is_rendered() => faults.push(failure.message),
            Err(failure) => faults.push(error(failure.message, failure.help)),
            Ok(flow) => {
                let errors = super::errors(&flow, None);
                if errors > 0 {
                    let errors = count(errors, "error", "errors");
                    let help = format!("deployer flow check {}", at.display());
                    faults.push(error(format!("{} has {errors}", at.display()), Some(help)));
                }
                flows.insert(file.path.clone(), Arc::new(flow));
            }
        }
    }
    if faults.is_empty() { Ok(flows) } else { Err(faults) }
}
