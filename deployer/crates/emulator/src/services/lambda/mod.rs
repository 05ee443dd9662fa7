//! Lambda: functions, their code, settings and resource policies, and their execution.

mod check;
mod code;
mod function;
pub(crate) mod host;
mod invoke;
mod manage;
mod overview;
mod policy;
mod read;
mod resource_policy;
mod runtime;
mod version;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use self::function::{Configuration, Function, LATEST};
pub(crate) use self::host::Host;
pub(crate) use self::invoke::invoke;
pub use self::runtime::Runtime;
pub use self::runtime::confine::unenforced as unenforced_limits;
pub use self::runtime::interpreter::missing as missing_interpreter;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, read_with, write, write_with};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, need, regional, tagged, text};
use crate::kernel::service::{AwsService, Protocol, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service};
use crate::stored::stored;

pub(crate) use self::code::{location as code_location, receive};
pub(crate) use self::invoke::invoke_call;

/// State of the service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    functions: PersistentMap<String, Function>,
}

stored!(State: functions);

impl State {
    /// Returns the tags of every function, by ARN.
    pub(crate) fn tagged(&self) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        self.functions.values().map(|function| (function.arn.clone(), function.tags.clone()))
    }

    /// Whether a function with this name or (qualified) ARN exists.
    pub fn exists(&self, name_or_arn: &str) -> bool {
        self.functions
            .get(split(name_or_arn).0)
            .is_some_and(|function| !name_or_arn.starts_with("arn:") || name_or_arn.starts_with(&function.arn))
    }

    /// Returns the hashes of all referenced code.
    fn code(&self) -> BTreeSet<String> {
        self.functions.values().flat_map(Function::all).map(|version| version.code.sha256.clone()).collect()
    }

    fn is_unsettled(&self, now: OffsetDateTime) -> bool {
        self.functions.values().any(|function| {
            function.deleted_at.is_some_and(|at| at <= now) || function.previous.is_some() && now >= function.latest.updated_at
        })
    }

    fn advance(&mut self, now: OffsetDateTime) {
        self.functions.retain(|_, function| function.deleted_at.is_none_or(|at| now < at));
        let over = |function: &&Function| function.previous.is_some() && now >= function.latest.updated_at;
        let updated: Vec<String> = self.functions.values().filter(over).map(|function| function.name.clone()).collect();
        for name in &updated {
            if let Some(function) = self.functions.get_mut(name) {
                function.previous = None;
            }
        }
    }
}

/// Operations of this service (botocore model, lambda 2015-03-31), with their rates (Lambda guide, "Lambda quotas").
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    read_with("GetFunction", read::function).at("GET /2015-03-31/functions/{FunctionName}").rate(per_second(100, 100)).apart(),
    read("GetFunctionConfiguration", read::configuration).at("GET /2015-03-31/functions/{FunctionName}/configuration"),
    read("ListFunctions", read::list).at("GET /2015-03-31/functions"),
    read("ListTags", read::tags).at("GET /2017-03-31/tags/{Resource}"),
    read("GetFunctionConcurrency", read::concurrency).at("GET /2019-09-30/functions/{FunctionName}/concurrency"),
    read("GetAccountSettings", read::account).at("GET /2016-08-19/account-settings"),
    read("GetFunctionCodeSigningConfig", read::code_signing).at("GET /2020-06-30/functions/{FunctionName}/code-signing-config"),
    read("GetPolicy", policy::get).at("GET /2015-03-31/functions/{FunctionName}/policy").rate(per_second(15, 15)).apart(),
    read("ListVersionsByFunction", version::list).at("GET /2015-03-31/functions/{FunctionName}/versions"),
    read("GetAlias", version::get_alias).at("GET /2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    read("ListAliases", version::list_aliases).at("GET /2015-03-31/functions/{FunctionName}/aliases"),
    write_with("CreateFunction", manage::create).at("POST /2015-03-31/functions"),
    write("UpdateFunctionCode", manage::update_code).at("PUT /2015-03-31/functions/{FunctionName}/code"),
    write_with("UpdateFunctionConfiguration", manage::update_configuration)
        .at("PUT /2015-03-31/functions/{FunctionName}/configuration"),
    write("DeleteFunction", manage::delete).at("DELETE /2015-03-31/functions/{FunctionName}"),
    write("PutFunctionConcurrency", manage::put_concurrency).at("PUT /2017-10-31/functions/{FunctionName}/concurrency"),
    write("DeleteFunctionConcurrency", manage::delete_concurrency).at("DELETE /2017-10-31/functions/{FunctionName}/concurrency"),
    write("TagResource", manage::tag).at("POST /2017-03-31/tags/{Resource}"),
    write("UntagResource", manage::untag).at("DELETE /2017-03-31/tags/{Resource}"),
    write("AddPermission", policy::add).at("POST /2015-03-31/functions/{FunctionName}/policy"),
    write("RemovePermission", policy::remove).at("DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId}"),
    write("PublishVersion", version::publish).at("POST /2015-03-31/functions/{FunctionName}/versions"),
    write("CreateAlias", version::create_alias).at("POST /2015-03-31/functions/{FunctionName}/aliases"),
    write("UpdateAlias", version::update_alias).at("PUT /2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    write("DeleteAlias", version::delete_alias).at("DELETE /2015-03-31/functions/{FunctionName}/aliases/{Name}"),
    // Invocations have limits of their own, and are served outside a change of the state.
    read("Invoke", |_, _| Err(AwsError::internal("an invocation is not a change")))
        .at("POST /2015-03-31/functions/{FunctionName}/invocations").apart().raw_body(),
];

/// Lambda.
pub(crate) struct Lambda;

impl AwsService for Lambda {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("lambda", include_str!("../../../model/lambda.json"));
        static INFO: ServiceInfo = ServiceInfo {
            id: Service::Lambda,
            protocol: Protocol::RestJson { message: "Message", error_type: true },
            model: Some(&MODEL),
            validation_code: |_| "ValidationException",
            denied: (403, "AccessDeniedException"),
            throttled: || {
                AwsError::new(429, "TooManyRequestsException", "Rate exceeded").with("Reason", "CallerRateLimitExceeded")
            },
            // Lambda guide, "Lambda quotas": control plane requests.
            shared_rate: Some(per_second(15, 15)),
            default_rate: None,
            is_global: false,
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn is_due(state: &State, context: &RequestContext) -> bool {
        state.is_unsettled(context.now)
    }

    fn advance(state: &mut State, context: &RequestContext) {
        state.advance(context.now);
    }

    fn tags(state: &State, _: &RequestContext) -> TagsByArn {
        state.tagged().collect()
    }

    /// The tags of a version are those of its function.
    fn taggable(arn: &str) -> Option<&str> {
        Some(arn.match_indices(':').nth(6).map_or(arn, |(at, _)| &arn[..at]))
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        required_actions(request)
    }
}

fn required_actions(call: &Request) -> Vec<RequiredAction> {
    let given = [call.path("FunctionName"), call.path("Resource"), text(&call.input, "FunctionName")];
    let given = given.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    // A name may be part of an ARN; authorization applies to the function.
    let named = given.rsplit_once("function:").map_or(given, |(_, name)| name);
    let mut function = match given.starts_with("arn:") {
        true => given.to_owned(),
        false => regional(&call.context, "lambda", &format!("function:{named}")),
    };
    let action = match call.operation() {
        "Invoke" => "InvokeFunction",
        operation => operation,
    };
    if let Some(qualifier) = call.query("Qualifier").filter(|_| action == "InvokeFunction" && !named.contains(':')) {
        function = format!("{function}:{qualifier}");
    }
    let mut needs = vec![need("lambda", action, &function)];
    // The role is passed to Lambda (IAM user guide, "Granting a user permissions to pass a role"). The reference's other
    // dependent action, lambda:PassCapacityProvider, belongs to a parameter that is not supported here.
    if matches!(action, "CreateFunction" | "UpdateFunctionConfiguration") && call.input.get("Role").is_some() {
        needs.push(need("iam", "PassRole", text(&call.input, "Role")));
    }
    // Lambda reads the zip as the caller (Lambda developer guide, "Identity-based IAM policies for Lambda").
    if let Some((bucket, key, version)) = code_location(call) {
        let action = if version.is_some() { "GetObjectVersion" } else { "GetObject" };
        needs.push(need("s3", action, format!("arn:aws:s3:::{bucket}/{key}")));
    }
    // Lambda looks at the network and at layers as the caller (Lambda developer guide, "Giving Lambda functions access to resources in an
    // Amazon VPC" and "Identity-based IAM policies for Lambda").
    if call.input["VpcConfig"]["SubnetIds"].as_array().is_some_and(|subnets| !subnets.is_empty()) {
        let actions = ["DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"];
        needs.extend(actions.map(|action| need("ec2", action, "*")));
    }
    let layers = call.input["Layers"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    needs.extend(layers.map(|layer| need("lambda", "GetLayerVersion", layer)));
    if action == "CreateFunction" && tagged(&call.input, "Tags") {
        needs.push(need("lambda", "TagResource", function));
    }
    needs
}

/// The code of a request: none, valid, or an error. The error counts only after all other checks.
pub(crate) type Received = Result<Option<code::Upload>, AwsError>;

/// Returns what a request's handler needs to know of its code.
pub(crate) fn attached(received: &Received) -> Arc<dyn Any + Send + Sync> {
    let code = received.as_ref().map(|upload| upload.as_ref().map(|upload| upload.code.clone()));
    Arc::new(code.map_err(AwsError::clone))
}

/// Returns the code that was attached to a request.
fn uploaded(call: &Request) -> Result<Option<&function::Code>, AwsError> {
    let attached = call.attachment.as_deref().and_then(|attached| attached.downcast_ref());
    attached.map_or(Ok(None), |code: &Result<Option<function::Code>, AwsError>| {
        code.as_ref().map(Option::as_ref).map_err(AwsError::clone)
    })
}

/// Removes code and processes that no function refers to any more.
pub(crate) fn sweep(runtime: &Runtime) {
    let Ok(host) = runtime.host() else { return };
    runtime.retire(&host.functions());
    // References of a change that is being written are not visible yet; then the next request sweeps.
    let used = || host.functions_are_settled().then(|| host.functions().code());
    runtime.code_store.sweep(host.blobs().as_deref(), used);
}

/// The function that a request refers to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    name: String,
    qualifier: Option<String>,
    /// ARN as the caller wrote it, for messages.
    arn: Option<String>,
    /// ARNs of the account's functions in the Region up to their names.
    prefix: String,
}

impl Target {
    fn of(call: &Request) -> Result<Self, AwsError> {
        let mut target = Self::parse(&call.context, call.path("FunctionName"), call.query("Qualifier"))?;
        let account = call.path("FunctionName").rsplit_once(":function:").map(|(before, _)| before);
        if account.is_some_and(|account| !account.starts_with("arn:") && account != call.context.account) {
            let given = call.path("FunctionName");
            return Err(AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {given}")));
        }
        if target.arn.as_ref().is_some_and(|arn| !arn.starts_with(&target.prefix)) {
            let arn = target.arn.take().unwrap_or_default();
            return Err(AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}")));
        }
        Ok(target)
    }

    /// Parses a name, a partial or a full ARN (API reference, FunctionName).
    fn parse(context: &RequestContext, given: &str, qualifier: Option<&str>) -> Result<Self, AwsError> {
        let (name, own) = split(given);
        // The model allows 140 characters, for a full ARN; the name in it has at most 64 (API reference, FunctionName).
        let mut faults = ValidationErrors::default();
        faults.length("functionName", Some(name), 1..=64);
        faults.refuse("ValidationException")?;
        if let (Some(own), Some(qualifier)) = (own, qualifier)
            && own != qualifier
        {
            return Err(refused("The derived qualifier from the function name does not match the specified qualifier."));
        }
        let arn = given.starts_with("arn:").then(|| given.to_owned());
        let prefix = regional(context, "lambda", "function:");
        Ok(Self { name: name.to_owned(), qualifier: qualifier.or(own).map(str::to_owned), arn, prefix })
    }

    /// Returns the configuration of the version referred to.
    fn configuration<'a>(&self, function: &'a Function) -> Result<&'a Configuration, AwsError> {
        let qualifier = self.qualifier.as_deref();
        function.version(qualifier).ok_or_else(|| {
            AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {}", function.qualified(qualifier)))
        })
    }
}

/// Splits a name or an ARN into the function's name and a qualifier.
fn split(given: &str) -> (&str, Option<&str>) {
    let rest = given.rsplit_once("function:").map_or(given, |(_, rest)| rest);
    rest.split_once(':').map_or((rest, None), |(name, own)| (name, Some(own)))
}

fn not_found(target: &Target) -> AwsError {
    let qualifier = target.qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
    let arn = format!("{}{}{qualifier}", target.prefix, target.name);
    AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

fn find<'a>(state: &'a State, target: &Target) -> Result<&'a Function, AwsError> {
    state.functions.get(&target.name).ok_or_else(|| not_found(target))
}

/// Returns the function for changes, or an error while it is being deleted.
fn find_mut<'a>(state: &'a mut State, target: &Target) -> Result<&'a mut Function, AwsError> {
    find(state, target)?;
    let function = state.functions.get_mut(&target.name).ok_or_else(|| not_found(target))?;
    if function.deleted_at.is_some() {
        return Err(in_state("Deleting"));
    }
    Ok(function)
}

fn in_state(state: &str) -> AwsError {
    conflict(format!("The operation cannot be performed at this time. The function is currently in the following state: {state}"))
}

/// Returns an error while a creation or an update is in progress.
fn idle(function: &Function, now: OffsetDateTime) -> Result<(), AwsError> {
    if function.latest.state(now) == "Pending" {
        return Err(in_state("Pending"));
    }
    if function.latest.busy(now) {
        return Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            function.arn
        )));
    }
    Ok(())
}

fn precondition(function: &Function, target: &Target, revision: Option<&str>) -> Result<(), AwsError> {
    let current = &target.configuration(function)?.revision;
    match revision {
        Some(revision) if revision != current => Err(stale()),
        _ => Ok(()),
    }
}

fn stale() -> AwsError {
    AwsError::new(
        412,
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId. Call the GetFunction or the GetAlias API to retrieve the latest RevisionId",
    )
}

fn refused(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterValueException", message)
}

fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "ResourceConflictException", message)
}
