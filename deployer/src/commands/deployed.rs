//! The deployed functions of an environment, as they are recorded or named in the spec.

use std::collections::BTreeMap;

use deployer_engine::{Address, State};

use crate::failure::Failure;
use crate::project::Project;

/// A function that can be invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeployedFunction {
    /// Its name or ARN.
    pub(super) id: String,
    /// The name of its log group.
    pub(super) log_group: String,
}

/// Returns the functions by their keys in the spec: those that the state records, and those that the spec names as existing.
pub(super) fn functions(project: &Project, state: Option<&State>) -> BTreeMap<String, DeployedFunction> {
    let outputs = state.map(State::outputs).unwrap_or_default();
    let text = |kind: &str, key: &str, output: &str| {
        outputs.get(&Address::new(kind, key)).and_then(|found| found[output].as_str()).map(str::to_owned)
    };
    // Lambda's own group, unless configured otherwise ("Sending Lambda function logs to CloudWatch Logs", developer guide).
    let default_group = |name: &str| format!("/aws/lambda/{name}");
    let found = project.spec.functions.iter().filter_map(|(key, function)| {
        let key = key.as_str();
        let id = function.existing().map(str::to_owned).or_else(|| text("function", key, "arn"))?;
        let name = function.existing_name().map(str::to_owned).or_else(|| text("function", key, "name"))?;
        let log_group = text("log_group", key, "name").unwrap_or_else(|| default_group(&name));
        Some((key.to_owned(), DeployedFunction { id, log_group }))
    });
    found.collect()
}

/// Returns the function with this key.
///
/// # Errors
/// The spec has no function of this name, or it is not deployed.
pub(super) fn function(project: &Project, state: Option<&State>, key: &str) -> Result<DeployedFunction, Failure> {
    if let Some(found) = functions(project, state).remove(key) {
        return Ok(found);
    }
    let declared: Vec<&str> = project.spec.functions.keys().map(|name| name.as_str()).collect();
    match declared.contains(&key) {
        true => Err(not_deployed(project, &format!("the function {key}"))),
        false => Err(Failure::input(format!("the spec has no function {key}")).suggest(key, declared)),
    }
}

/// Returns the failure for something that `apply` has not created yet.
pub(super) fn not_deployed(project: &Project, what: &str) -> Failure {
    let environment = &project.spec.environment;
    Failure::input(format!("{what} of the environment {environment} is not deployed"))
        .help(format!("deployer apply --env {environment}"))
}
