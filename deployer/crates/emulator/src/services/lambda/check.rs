//! Input checks beyond the model: deprecated runtimes, reserved keys, sizes, tags.

use std::collections::BTreeMap;

use serde_json::Value;

use super::function::Network;
use super::refused;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::string;

/// Runtimes that functions can be created with (botocore model, Runtime; deprecated ones left out).
const RUNTIMES: &[&str] = &[
    "provided.al2",
    "provided.al2023",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
];

/// Environment keys that only the service sets (Lambda guide, configuration-envvars).
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
];

/// Maximum number of layers of a function (Lambda quotas page).
const MAX_LAYERS: usize = 5;

/// Maximum total size of all keys and values of an environment (Lambda quotas page: 4 KB).
const MAX_ENVIRONMENT: usize = 4 * 1024;

/// Settings as given; absent ones stay unchanged.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) runtime: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) timeout: Option<u32>,
    pub(crate) memory: Option<u32>,
    pub(crate) environment: Option<BTreeMap<String, String>>,
    pub(crate) ephemeral: Option<u32>,
    pub(crate) tracing: Option<String>,
    pub(crate) logging: Option<Value>,
    pub(crate) layers: Option<Vec<String>>,
    /// The network, if it is given; none if its lists are empty.
    pub(crate) network: Option<Option<Network>>,
    /// The target, if it is given; none if it is empty.
    pub(crate) dead_letter: Option<Option<String>>,
}

/// Reads the settings that creation and update share, which the model has already validated.
pub(crate) fn settings(input: &Value) -> Result<Settings, AwsError> {
    let owned = |member: &str| string(input, member).map(|found| found.map(str::to_owned));
    let number = |value: &Value| value.as_u64().and_then(|value| u32::try_from(value).ok());
    let runtime = owned("Runtime")?;
    if let Some(runtime) = runtime.as_deref().filter(|runtime| !RUNTIMES.contains(runtime)) {
        return Err(refused(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions."
        )));
    }
    let (timeout, memory) = (number(&input["Timeout"]), number(&input["MemorySize"]));
    let ephemeral = number(&input["EphemeralStorage"]["Size"]);
    // The model's upper bounds are those of functions with a capacity provider, which are not supported here; these are the
    // quotas of all others (Lambda quotas page).
    let mut faults = ValidationErrors::default();
    faults.range("timeout", timeout.map(i64::from), 1..=900);
    faults.range("memorySize", memory.map(i64::from), 128..=10_240);
    faults.range("ephemeralStorage.size", ephemeral.map(i64::from), 512..=10_240);
    faults.refuse("ValidationException")?;
    Ok(Settings {
        runtime,
        role: owned("Role")?,
        handler: owned("Handler")?,
        description: owned("Description")?,
        timeout,
        memory,
        ephemeral,
        tracing: input["TracingConfig"]["Mode"].as_str().map(str::to_owned),
        logging: input.get("LoggingConfig").filter(|value| !value.is_null()).cloned(),
        environment: environment(input)?,
        layers: layers(input)?,
        network: network(input)?,
        dead_letter: input["DeadLetterConfig"]["TargetArn"].as_str().map(|arn| (!arn.is_empty()).then(|| arn.to_owned())),
    })
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Reads the layers. Which ones exist is not known here: layers of other accounts are common.
fn layers(input: &Value) -> Result<Option<Vec<String>>, AwsError> {
    let layers = texts(&input["Layers"]);
    if layers.as_ref().is_some_and(|layers| layers.len() > MAX_LAYERS) {
        // The message text is unverified.
        return Err(refused(format!("You cannot reference more than {MAX_LAYERS} layers.")));
    }
    Ok(layers)
}

/// Reads the network. Which subnets exist is not known: the embedded AWS has no EC2.
fn network(input: &Value) -> Result<Option<Option<Network>>, AwsError> {
    let config = &input["VpcConfig"];
    let (subnets, security_groups) = (texts(&config["SubnetIds"]), texts(&config["SecurityGroupIds"]));
    let (Some(subnets), Some(security_groups)) = (&subnets, &security_groups) else {
        return match (subnets, security_groups) {
            (None, None) => Ok(None),
            // The message text is unverified.
            _ => Err(refused("SubnetIds and SecurityIds must coexist or be both empty list.")),
        };
    };
    if subnets.is_empty() != security_groups.is_empty() {
        return Err(refused("SubnetIds and SecurityIds must coexist or be both empty list."));
    }
    let ipv6 = config["Ipv6AllowedForDualStack"] == true;
    let network = Network { subnets: subnets.clone(), security_groups: security_groups.clone(), ipv6 };
    Ok(Some((!subnets.is_empty()).then_some(network)))
}

/// Reads the environment. `Environment: {}` without `Variables` changes nothing (aws-behaviours.md, 6.1).
fn environment(input: &Value) -> Result<Option<BTreeMap<String, String>>, AwsError> {
    let variables = &input["Environment"]["Variables"];
    if variables.is_null() {
        return Ok(None);
    }
    serde_json::from_value(variables.clone()).map(Some).map_err(|_| AwsError::serialization("Variables", "a map of strings"))
}

/// Checks reserved keys and the size of the environment, as the service does after the constraints.
pub(crate) fn environment_fits(variables: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let reserved: Vec<&str> = variables.keys().map(String::as_str).filter(|key| RESERVED.contains(key)).collect();
    if !reserved.is_empty() {
        return Err(refused(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = serde_json::to_string(variables).unwrap_or_default();
    if measured.len() > MAX_ENVIRONMENT {
        return Err(refused(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}

/// Reads and validates tags (botocore model: TagKey, TagValue are unconstrained; the guide: 50 tags, 128 and 256 characters, no
/// `aws:`).
pub(crate) fn tags(value: Option<&Value>) -> Result<BTreeMap<String, String>, AwsError> {
    let tags: BTreeMap<String, String> = match value.filter(|value| !value.is_null()) {
        None => BTreeMap::new(),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| AwsError::serialization("Tags", "a map of strings"))?,
    };
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(refused(format!("Tag {key} is too long: at most 128 characters in a key and 256 in a value")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refused("System tags cannot be added/updated by requester"));
        }
    }
    if tags.len() > 50 {
        return Err(refused("Number of tags exceeds resource tag limit (50)."));
    }
    Ok(tags)
}
