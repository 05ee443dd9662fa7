//! The packages of a workspace that can be functions, from its manifests alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::environment;

/// Returns the packages of the workspace at `root`, each with whether it has an executable of its own name. Compiles nothing and contacts
/// no registry.
///
/// # Errors
/// Returns cargo's message if it cannot read the manifests, or that there is no cargo.
pub(crate) fn executables(root: &Path) -> Result<BTreeMap<String, bool>, String> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).stdin(Stdio::null());
    command.env_clear().envs(environment::child_environment(&Default::default()));
    let output = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let named = packages.filter_map(|package| {
        let name = package["name"].as_str()?;
        let is_executable = |target: &Value| {
            target["name"] == name && target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
        };
        Some((name.to_owned(), package["targets"].as_array().is_some_and(|targets| targets.iter().any(is_executable))))
    });
    Ok(named.collect())
}
