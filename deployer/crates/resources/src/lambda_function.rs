//! The resource type `lambda.function`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, Declared, IamRole, Mode, Name, Tags};

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[serde(untagged)]
pub enum Variable<M: Mode = Concrete> {
    /// Text that is not secret.
    Text(M::Of<String>),
    /// A value that only the function sees.
    Secret {
        /// The digest of the value.
        secret: String,
    },
}

/// The network of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionVpc {
    /// IDs of the subnets.
    pub subnet_ids: BTreeSet<String>,
    /// IDs of the security groups.
    pub security_group_ids: BTreeSet<String>,
}

/// What of a function's log events is kept, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionLogging {
    /// `Text` or `JSON`.
    pub format: String,
    /// The lowest level of the function's own events; absent with `Text`.
    pub application_level: Option<String>,
    /// The lowest level of Lambda's events about it; absent with `Text`.
    pub system_level: Option<String>,
}

impl Default for FunctionLogging {
    /// Returns Lambda's default (Lambda developer guide, "Configuring JSON and plain text log formats").
    fn default() -> Self {
        Self { format: "Text".to_owned(), application_level: None, system_level: None }
    }
}

/// A zip in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3CodeSource {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The version of the object; the latest if absent.
    pub version: Option<String>,
}

/// Desired and live properties of `lambda.function`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct LambdaFunctionProperties<M: Mode = Concrete> {
    /// The name, unique in account and region.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// ARN of the execution role.
    pub role_arn: M::Of<Arn<IamRole>>,
    /// The runtime, such as `provided.al2023`.
    pub runtime: String,
    /// The handler; any text for a `provided` runtime.
    pub handler: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Memory in MB.
    pub memory_mb: u32,
    /// Size of the directory `/tmp` in MB. Records from before it was a property lack it.
    #[serde(default = "ephemeral_storage")]
    pub ephemeral_storage_mb: u32,
    /// Timeout of one invocation, in seconds.
    pub timeout_seconds: u32,
    /// Environment variables.
    pub environment: BTreeMap<String, Variable<M>>,
    /// SHA-256 of the zip in base64, as Lambda's CodeSha256; empty if the code is in a bucket.
    pub code_sha256: String,
    /// The zip in a bucket, if the code is there. Lambda does not return it: a tag of the function does.
    #[serde(default)]
    pub code_s3: Option<S3CodeSource>,
    /// ARNs of layers' versions; a later one covers files of an earlier one.
    #[serde(default)]
    pub layers: Vec<String>,
    /// The network; none if absent.
    #[serde(default)]
    pub vpc: Option<FunctionVpc>,
    /// ARN of the queue or topic for events that could not be handled; none if absent.
    #[serde(default)]
    pub dead_letter_arn: Option<String>,
    /// The logging configuration.
    #[serde(default)]
    pub logging: FunctionLogging,
    /// Reserved concurrency; none if absent.
    pub reserved_concurrency: Option<u32>,
    /// Whether X-Ray tracing is active.
    pub tracing: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    LambdaFunction, declared as LambdaFunctionProperties<Declared>, with LambdaFunctionOutputs {
        /// The ARN without a version.
        arn: String as Arn<LambdaFunction>,
        /// The name.
        name: String as Name<LambdaFunction>,
    }
}

impl ResourceDefinition for LambdaFunction {
    type Properties = LambdaFunctionProperties;
    type Outputs = LambdaFunctionOutputs;
    const TYPE: &'static str = "lambda.function";
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["name"];
    const CREATION_TIME: Duration = Duration::from_secs(3);
    const FOUND_BY: Option<&'static [&'static str]> = Some(&["name"]);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a function's name cannot be changed"),
            _ => ChangeEffect::Update,
        }
    }
}

/// Returns Lambda's default size of `/tmp` in MB (service model, EphemeralStorage).
fn ephemeral_storage() -> u32 {
    512
}
