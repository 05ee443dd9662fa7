//! Secret values of functions' environment variables, from the deployer's own environment.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_aws::{Secrets, Zeroizing};
use deployer_engine::Address;
use deployer_spec::{Code, Fault, Faults};
use uuid::Uuid;

use crate::failure::Failure;
use crate::project::Project;

/// The values, where only the provider of the cloud sees them, and their digests, which anybody may see.
#[derive(Default)]
pub(crate) struct SecretValues {
    pub(crate) values: Arc<Secrets>,
    /// By function and variable.
    pub(crate) digests: BTreeMap<(String, String), String>,
}

/// Values by function and variable.
pub(crate) type Found = BTreeMap<(String, String), Zeroizing<String>>;

impl SecretValues {
    /// Every value that the spec names.
    ///
    /// # Errors
    /// Every one that is not there, is empty or is not UTF-8, at once.
    pub(crate) fn read(project: &Project) -> Result<Found, Failure> {
        let (mut found, mut faults) = (Found::new(), Vec::new());
        for (function, declared) in &project.spec.functions {
            for (variable, value) in &declared.environment {
                let Some(secret) = value.as_secret() else { continue };
                let why = match std::env::var(&secret.variable) {
                    Ok(value) if !value.is_empty() => {
                        found.insert((function.to_string(), variable.clone()), Zeroizing::new(value));
                        continue;
                    }
                    Ok(_) => "is empty",
                    Err(std::env::VarError::NotPresent) => "is not set",
                    Err(std::env::VarError::NotUnicode(_)) => "is not UTF-8",
                };
                let message = format!("the environment variable `{}` of this process {why}", secret.variable);
                let fault = Fault::new(Code::MissingSecret, secret.span, message).in_file(&project.spec_path);
                let fault = fault.at(format!("functions.{function}.environment.{variable}.secret"));
                faults.push(fault.help(format!("{}=… deployer …; in a workflow, set it under `env`", secret.variable)));
            }
        }
        if faults.is_empty() {
            return Ok(found);
        }
        let faults = Faults::new(faults, &project.source);
        Err(Failure::input(faults.to_string().trim_end().to_owned()).details(faults.to_json()))
    }

    /// The values with their digests, made with this lineage.
    pub(crate) fn digested(found: Found, lineage: Uuid) -> Self {
        let mut values = Secrets::new(lineage);
        let keep = |((function, variable), value): ((String, String), Zeroizing<String>)| {
            let digest = values.keep(&Address::new("function", &function), &variable, value);
            ((function, variable), digest)
        };
        let digests = found.into_iter().map(keep).collect();
        Self { values: Arc::new(values), digests }
    }
}
