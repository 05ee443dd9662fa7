//! A Lambda function with its role and log group.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Address, Expr, Graph};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::policy::{Statement, document, trust};
use crate::stack::{Settings, Stack};

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

/// Properties of a function on `provided.al2023`.
#[derive(Debug, Clone)]
pub struct FunctionProps {
    /// Base64 of the SHA-256 of the zip, as Lambda's `CodeSha256`.
    pub code_sha256: String,
    /// The description.
    pub description: String,
    /// The architecture that it is compiled for.
    pub architecture: Architecture,
    /// Memory in MB; CPU power grows with it.
    pub memory_mb: u32,
    /// Timeout of an invocation, in seconds.
    pub timeout_seconds: u32,
    /// Log retention period in days; `None` means unlimited.
    pub log_retention_days: Option<u32>,
    /// Reserved concurrency; `None` shares the account's.
    pub reserved_concurrency: Option<u32>,
    /// Whether X-Ray traces it.
    pub tracing: bool,
}

impl FunctionProps {
    /// Returns properties with this code and defaults for the rest.
    pub fn with_code(code_sha256: &str) -> Self {
        Self {
            code_sha256: code_sha256.to_owned(),
            description: String::new(),
            architecture: Architecture::X86_64,
            memory_mb: 128,
            timeout_seconds: 3,
            log_retention_days: None,
            reserved_concurrency: None,
            tracing: false,
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
    props: Option<FunctionProps>,
    environment: BTreeMap<String, Expr>,
    policies: BTreeMap<String, Vec<Statement>>,
}

/// A function in a stack.
#[derive(Debug, Clone)]
pub struct Function {
    stack: Stack,
    key: String,
    address: Address,
}

impl Function {
    /// Adds the function `project-environment-name`, its role and its log group.
    pub fn new(stack: &Stack, name: &str, props: FunctionProps) -> Self {
        let tracing = props.tracing;
        stack.update_function(name, |draft| draft.props = Some(props));
        let function = Self { stack: stack.clone(), key: name.to_owned(), address: Address::new("function", name) };
        // The log group is created before the function, so the role needs no permission to create one (which would have no retention).
        let log_streams = stack.settings().arn("logs", &format!("log-group:/aws/lambda/{}:*", stack.settings().name(name)));
        let actions = vec!["logs:CreateLogStream", "logs:PutLogEvents"];
        function.add_statement("logs", Statement { actions, resources: vec![Expr::from(log_streams)] });
        if tracing {
            let actions = vec!["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
            function.add_statement("tracing", Statement { actions, resources: vec![Expr::from("*")] });
        }
        function
    }

    /// Returns the function's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the function's ARN; resources that use it wait for the function.
    pub fn arn(&self) -> Expr {
        Expr::output(&self.address, "arn")
    }

    /// Returns the function's name; resources that use it wait for the function.
    pub fn name(&self) -> Expr {
        Expr::output(&self.address, "name")
    }

    /// Sets an environment variable.
    pub fn environment(&self, name: &str, value: Expr) {
        self.stack.update_function(&self.key, |draft| draft.environment.insert(name.to_owned(), value));
    }

    /// Sets an environment variable to the secret value with this digest; the AWS provider holds the value.
    pub fn secret(&self, name: &str, digest: &str) {
        self.environment(name, Expr::Value(json!({ "secret": digest })));
    }

    /// Lets an AWS service invoke the function on behalf of `source_arn`, and returns the permission's address.
    ///
    /// `part` of the source, such as a stage, is included in the statement ID: another part gets a statement of its own, beside the old
    /// one.
    pub(crate) fn add_permission(
        &self,
        name: &str,
        part: &str,
        service: &str,
        source_arn: Expr,
        source_account: Option<&str>,
    ) -> Address {
        let address = Address::new("permission", &format!("{name}-{}", self.key));
        let properties = Expr::map([
            ("function_name", self.name()),
            ("statement_id", Expr::from(format!("deployer-{name}{part}-{}", self.key))),
            ("principal", Expr::from(service)),
            ("source_arn", source_arn),
            ("source_account", Expr::Value(json!(source_account))),
        ]);
        self.stack.add(&address, "lambda.permission", properties, []);
        address
    }

    /// Adds a statement to the part `policy` of the role's inline policy.
    pub(crate) fn add_statement(&self, policy: &str, statement: Statement) {
        self.stack.update_function(&self.key, |draft| {
            let statements = draft.policies.entry(policy.to_owned()).or_default();
            if !statements.contains(&statement) {
                statements.push(statement);
            }
        });
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

impl FunctionBuilder {
    /// Writes the function, its role and its log group into the graph.
    pub(crate) fn write(&self, key: &str, settings: &Settings, graph: &mut Graph) {
        let Some(props) = &self.props else { return };
        let name = settings.name(key);
        let (role, log_group, function) =
            (Address::new("role", key), Address::new("log_group", key), Address::new("function", key));
        // A single policy for all statements: each policy takes calls of its own to write, read and delete.
        let policy = policy_name(self.policies.keys().map(String::as_str));
        let statements: Vec<Statement> = self.policies.values().flatten().cloned().collect();
        let policies = [(policy, document(&statements))];
        let role_properties = Expr::map([
            ("name", Expr::from(name.as_str())),
            ("description", Expr::from(format!("Role of the function {name}"))),
            ("trust", Expr::Value(trust("lambda.amazonaws.com"))),
            ("policies", Expr::Map(policies.into())),
            ("tags", settings.tags_of(&role)),
        ]);
        let log_group_properties = Expr::map([
            ("name", Expr::from(format!("/aws/lambda/{name}"))),
            ("retention_days", Expr::Value(json!(props.log_retention_days))),
            ("tags", settings.tags_of(&log_group)),
        ]);
        let properties = Expr::map([
            ("name", Expr::from(name.as_str())),
            ("description", Expr::from(props.description.as_str())),
            ("role_arn", Expr::output(&role, "arn")),
            ("runtime", Expr::from("provided.al2023")),
            ("handler", Expr::from("bootstrap")),
            ("architecture", Expr::from(props.architecture.name())),
            ("memory_mb", Expr::Value(json!(props.memory_mb))),
            ("timeout_seconds", Expr::Value(json!(props.timeout_seconds))),
            ("environment", Expr::Map(self.environment.clone())),
            ("code_sha256", Expr::from(props.code_sha256.as_str())),
            ("reserved_concurrency", Expr::Value(json!(props.reserved_concurrency))),
            ("tracing", Expr::Value(json!(props.tracing))),
            ("tags", settings.tags_of(&function)),
        ]);
        graph.insert(role.clone(), "iam.role", role_properties, []);
        graph.insert(log_group.clone(), "logs.group", log_group_properties, []);
        let references: BTreeSet<Address> = properties.references().into_iter().map(|reference| reference.address).collect();
        graph.insert(function.clone(), "lambda.function", properties, [log_group.clone()]);
        // CreateFunction validates the role and no other resource: the environment is plain text to it (API reference, CreateFunction:
        // Role, Environment), and the log group with the function's name is used only when the function first runs (Lambda developer guide,
        // "Sending Lambda function logs to CloudWatch Logs").
        for named in references.into_iter().chain([log_group]).filter(|named| *named != role) {
            graph.mark_unchecked(&function, named);
        }
    }
}
