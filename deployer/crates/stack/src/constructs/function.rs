//! The properties of a Lambda function, and the parts of it that are collected until its role and log group are written with it.

use std::collections::BTreeMap;

use deployer_engine::{Address, Graph};
use deployer_resources::{
    Declared, FunctionLogging, FunctionVpc, Handle, IamRole, IamRoleProperties, LambdaFunction, LambdaFunctionProperties,
    LogGroup, LogGroupProperties, S3CodeSource, Variable, declare,
};
use sha2::{Digest, Sha256};

use crate::policy::{Statement, document, trust};
use crate::settings::Settings;

/// The processor architecture that a function is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Arm64,
}

impl Architecture {
    /// Returns Lambda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Properties of a function.
#[derive(Debug, Clone)]
pub struct FunctionProps {
    /// Base64 of the SHA-256 of the zip, as Lambda's `CodeSha256`; empty if it is in a bucket.
    pub code_sha256: String,
    /// The zip in a bucket, if it is there.
    pub code_s3: Option<S3CodeSource>,
    /// The runtime, such as `provided.al2023`.
    pub runtime: String,
    /// The handler; any text for a `provided` runtime.
    pub handler: String,
    /// The description.
    pub description: String,
    /// The architecture that it is compiled for.
    pub architecture: Architecture,
    /// Memory in MB; CPU power grows with it.
    pub memory_mb: u32,
    /// Size of the directory `/tmp` in MB.
    pub ephemeral_storage_mb: u32,
    /// Timeout of an invocation, in seconds.
    pub timeout_seconds: u32,
    /// Log retention period in days; `None` means unlimited.
    pub log_retention_days: Option<u32>,
    /// Reserved concurrency; `None` shares the account's.
    pub reserved_concurrency: Option<u32>,
    /// Whether X-Ray traces it.
    pub tracing: bool,
    /// ARNs of layers' versions.
    pub layers: Vec<String>,
    /// The network that it reaches.
    pub vpc: Option<FunctionVpc>,
    /// ARN of the queue or topic for events that could not be handled.
    pub dead_letter_arn: Option<String>,
    /// The logging configuration.
    pub logging: FunctionLogging,
}

impl FunctionProps {
    /// Returns properties with this code and defaults for the rest.
    pub fn with_code(code_sha256: &str) -> Self {
        Self {
            code_sha256: code_sha256.to_owned(),
            code_s3: None,
            runtime: "provided.al2023".to_owned(),
            handler: "bootstrap".to_owned(),
            description: String::new(),
            architecture: Architecture::X86_64,
            memory_mb: 128,
            ephemeral_storage_mb: 512,
            timeout_seconds: 3,
            log_retention_days: None,
            reserved_concurrency: None,
            tracing: false,
            layers: Vec::new(),
            vpc: None,
            dead_letter_arn: None,
            logging: FunctionLogging::default(),
        }
    }
}

/// Maximum length of an inline policy's name in characters (API reference, PutRolePolicy).
const POLICY_NAME: usize = 128;

/// Returns the name of the single policy with these parts. Other parts produce another policy name, so that the permissions that a function
/// loses are removed separately, once nothing needs them any more.
fn policy_name<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let name = parts.collect::<Vec<_>>().join("-");
    if name.len() <= POLICY_NAME { name } else { hex::encode(Sha256::digest(name)) }
}

/// The parts of a function collected before synthesis.
#[derive(Debug, Clone, Default)]
pub(crate) struct FunctionBuilder {
    pub(super) props: Option<FunctionProps>,
    pub(super) environment: BTreeMap<String, Variable<Declared>>,
    pub(super) policies: BTreeMap<String, Vec<Statement>>,
}

impl FunctionBuilder {
    /// Writes the function, its role and its log group into the graph.
    pub(crate) fn write(&self, key: &str, settings: &Settings, graph: &mut Graph) {
        let Some(props) = &self.props else { return };
        let name = settings.name_of("functions", key);
        let role = self.write_role(key, &name, settings, graph);
        let log_group = Address::new("log_group", key);
        let properties = LogGroupProperties {
            name: format!("/aws/lambda/{name}"),
            retention_days: props.log_retention_days,
            deletion_protection: false,
            tags: settings.tags_of(&log_group),
        };
        declare::<LogGroup>(graph, log_group.clone(), &properties, []);
        let function = Address::new("function", key);
        let properties = LambdaFunctionProperties {
            name,
            description: props.description.clone(),
            role_arn: role.arn(),
            runtime: props.runtime.clone(),
            handler: props.handler.clone(),
            architecture: props.architecture.name().to_owned(),
            memory_mb: props.memory_mb,
            ephemeral_storage_mb: props.ephemeral_storage_mb,
            timeout_seconds: props.timeout_seconds,
            environment: self.environment.clone(),
            code_sha256: props.code_sha256.clone(),
            code_s3: props.code_s3.clone(),
            layers: props.layers.clone(),
            vpc: props.vpc.clone(),
            dead_letter_arn: props.dead_letter_arn.clone(),
            logging: props.logging.clone(),
            reserved_concurrency: props.reserved_concurrency,
            tracing: props.tracing,
            tags: settings.tags_of(&function),
        };
        declare::<LambdaFunction>(graph, function.clone(), &properties, [log_group]);
        // CreateFunction validates the role and no other resource: the environment is plain text to it (API reference, CreateFunction:
        // Role, Environment), and the log group with the function's name is used only when the function first runs (Lambda developer guide,
        // "Sending Lambda function logs to CloudWatch Logs").
        for named in graph.dependencies(&function).into_iter().filter(|named| named != role.address()) {
            graph.mark_unchecked(&function, named);
        }
    }

    /// Writes the role with a single policy for all statements: each policy takes calls of its own to write, read and delete.
    fn write_role(&self, key: &str, name: &str, settings: &Settings, graph: &mut Graph) -> Handle<IamRole> {
        let address = Address::new("role", key);
        let policy = policy_name(self.policies.keys().map(String::as_str));
        let statements: Vec<Statement> = self.policies.values().flatten().cloned().collect();
        let properties = IamRoleProperties {
            name: name.to_owned(),
            description: format!("Role of the function {name}"),
            trust: trust("lambda.amazonaws.com"),
            policies: BTreeMap::from([(policy, document(&statements).into())]),
            managed: None,
            boundary: None,
            tags: settings.tags_of(&address),
        };
        declare(graph, address, &properties, [])
    }
}
