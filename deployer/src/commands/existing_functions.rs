//! Functions that the spec names as existing: they must be there before anything is changed.

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationError;
use deployer_spec::{Code, Diagnostic, Diagnostics};

use crate::failure::Failure;
use crate::project::Project;
use crate::runtime::Cloud;

/// Checks that every function which the spec names as existing is there.
///
/// # Errors
/// Fails with all functions that are missing, or with the first call that fails otherwise.
pub(crate) async fn require(cloud: &Cloud, project: &Project) -> Result<(), Failure> {
    let lambda = cloud.lambda();
    let mut missing = Vec::new();
    for (key, function) in &project.spec.functions {
        let Some(name) = function.existing_name() else { continue };
        let Err(error) = lambda.get_function_configuration().function_name(name).send().await else { continue };
        match error.into_service_error() {
            GetFunctionConfigurationError::ResourceNotFoundException(_) => {
                let message = format!("there is no function `{name}` in {}, {}", cloud.account, cloud.region);
                let fault = Diagnostic::new(Code::Dangling, function.source_span, message);
                let help = "correct the name, or create the function first: under `existing` it is called and not managed";
                missing.push(fault.with_path(format!("functions.{key}.existing")).help(help));
            }
            error => {
                let text = error.message().unwrap_or("Lambda gave no answer").to_owned();
                return Err(Failure::refused(format!("cannot look up the function {name}: {text}")));
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let faults = Diagnostics::new(missing, &project.sources);
    Err(Failure::input(faults.to_string().trim_end().to_owned()).details(faults.to_json()))
}
