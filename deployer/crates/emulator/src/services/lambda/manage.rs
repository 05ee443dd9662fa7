//! Creation, changes and deletion of functions.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::check::{self, Settings};
use super::function::{Code, Configuration, Function, LATEST, Logging};
use super::read::{CONCURRENCY, UNRESERVED, describe, tagged};
use super::{State, Target, conflict, find, find_mut, idle, precondition, refused, stale, uploaded, version};
use crate::error::AwsError;
use crate::kernel::others::OtherServices;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;

/// Durations on AWS (aws-behaviours.md, 2.8: Pending to Active 1 to 5 s without a VPC).
const CREATION: Duration = Duration::from_secs(3);
const UPDATE: Duration = Duration::from_secs(2);
const DELETION: Duration = Duration::from_secs(1);

pub(crate) fn create(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let input = &call.input;
    let name = string(input, "FunctionName")?.unwrap_or_default();
    let settings = check::settings(input)?;
    let architecture = architecture(input);
    let target = Target::parse(&call.context, name, None)?;
    if string(input, "PackageType")? == Some("Image") {
        return Err(AwsError::new(501, "NotImplemented", "the embedded AWS does not implement PackageType Image"));
    }
    if settings.runtime.is_none() || settings.handler.is_none() {
        return Err(refused("Runtime and Handler are mandatory parameters for functions created with deployment packages."));
    }
    let tags = check::tags(input.get("Tags"))?;
    check::environment_fits(settings.environment.as_ref().unwrap_or(&Default::default()))?;
    let code = uploaded(call)?.ok_or_else(|| refused("Please provide a source for function code."))?;
    if let Some(existing) = state.functions.get(&target.name) {
        return Err(match existing.deleted_at {
            Some(_) => super::in_state("Deleting"),
            None => conflict(format!("Function already exist: {}", target.name)),
        });
    }
    check_role(others, settings.role.as_deref().unwrap_or_default(), call.context.now)?;
    let function = new_function(&target, settings, architecture, code, tags, &call.context)?;
    state.functions.insert(target.name.clone(), function);
    if input.get("Publish") == Some(&Value::Bool(true)) {
        version::publish_latest(find_mut(state, &target)?, "", &call.context);
        let published = Target { qualifier: Some("1".into()), ..target };
        return Ok(Response::status(201, describe(find(state, &published)?, &published, call.context.now)?));
    }
    Ok(Response::status(201, describe(find(state, &target)?, &target, call.context.now)?))
}

/// Returns an error for a role that Lambda cannot assume (yet).
fn check_role(others: &dyn OtherServices, arn: &str, now: OffsetDateTime) -> Result<(), AwsError> {
    if others.role_is_usable(arn, "lambda.amazonaws.com", now) {
        return Ok(());
    }
    Err(refused("The role defined for the function cannot be assumed by Lambda."))
}

fn new_function(
    target: &Target,
    settings: Settings,
    architecture: Option<String>,
    code: &Code,
    tags: BTreeMap<String, String>,
    context: &RequestContext,
) -> Result<Function, AwsError> {
    let mut latest = Configuration {
        version: LATEST.to_owned(),
        runtime: String::new(),
        role: String::new(),
        handler: String::new(),
        description: String::new(),
        timeout: 3,
        memory: 128,
        environment: Default::default(),
        architecture: architecture.unwrap_or_else(|| "x86_64".to_owned()),
        ephemeral: 512,
        tracing: "PassThrough".to_owned(),
        logging: default_logging(&target.name),
        layers: Vec::new(),
        network: None,
        dead_letter: None,
        code: code.clone(),
        modified: context.now,
        revision: context.uuid(),
        active_at: context.after(CREATION),
        updated_at: context.after(CREATION),
    };
    merge(&mut latest, &target.name, settings);
    Ok(Function {
        name: target.name.clone(),
        arn: format!("{}{}", target.prefix, target.name),
        latest,
        previous: None,
        versions: Default::default(),
        next_version: 1,
        aliases: Default::default(),
        policies: Default::default(),
        tags,
        reserved: None,
        deleted_at: None,
    })
}

fn default_logging(name: &str) -> Logging {
    Logging { format: "Text".into(), application_level: None, system_level: None, group: format!("/aws/lambda/{name}") }
}

fn architecture(input: &Value) -> Option<String> {
    input["Architectures"][0].as_str().map(str::to_owned)
}

/// Merges settings into a configuration. Absent members stay unchanged; a logging configuration replaces the whole of the old
/// one (aws-behaviours.md, 6.1).
fn merge(configuration: &mut Configuration, name: &str, settings: Settings) {
    fn set<T>(old: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *old = new;
        }
    }
    set(&mut configuration.runtime, settings.runtime);
    set(&mut configuration.role, settings.role);
    set(&mut configuration.handler, settings.handler);
    set(&mut configuration.description, settings.description);
    set(&mut configuration.timeout, settings.timeout);
    set(&mut configuration.memory, settings.memory);
    set(&mut configuration.environment, settings.environment);
    set(&mut configuration.ephemeral, settings.ephemeral);
    set(&mut configuration.tracing, settings.tracing);
    set(&mut configuration.layers, settings.layers);
    set(&mut configuration.network, settings.network);
    set(&mut configuration.dead_letter, settings.dead_letter);
    if let Some(given) = settings.logging {
        let text = |member: &str| given[member].as_str().map(str::to_owned);
        let default = default_logging(name);
        let format = text("LogFormat").unwrap_or(default.format);
        // With JSON the levels default to INFO (Lambda guide, monitoring-cloudwatchlogs).
        let level = |member: &str| text(member).or_else(|| (format == "JSON").then(|| "INFO".to_owned()));
        configuration.logging = Logging {
            application_level: level("ApplicationLogLevel"),
            system_level: level("SystemLogLevel"),
            group: text("LogGroup").unwrap_or(default.group),
            format,
        };
    }
}

/// Activates a changed configuration: the old one runs until the update completes.
fn replace(function: &mut Function, mut changed: Configuration, context: &RequestContext) {
    changed.modified = context.now;
    changed.revision = context.uuid();
    changed.updated_at = context.after(UPDATE);
    function.previous = Some(Box::new(std::mem::replace(&mut function.latest, changed)));
}

pub(crate) fn update_configuration(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let input = &call.input;
    let target = unqualified(call)?;
    let settings = check::settings(input)?;
    if let Some(variables) = &settings.environment {
        check::environment_fits(variables)?;
    }
    let function = find(state, &target)?;
    if function.deleted_at.is_some() {
        return Err(super::in_state("Deleting"));
    }
    idle(function, call.context.now)?;
    precondition(function, &target, string(input, "RevisionId")?)?;
    let mut changed = function.latest.clone();
    merge(&mut changed, &target.name, settings);
    if input.get("Role").is_some_and(|role| !role.is_null()) {
        check_role(others, &changed.role, call.context.now)?;
    }
    replace(find_mut(state, &target)?, changed, &call.context);
    Ok(Response::json(describe(find(state, &target)?, &target, call.context.now)?))
}

pub(crate) fn update_code(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let target = unqualified(call)?;
    let architecture = architecture(input);
    let code = uploaded(call)?.ok_or_else(|| refused("Please provide a source for function code."))?;
    let function = find_mut(state, &target)?;
    idle(function, call.context.now)?;
    match string(input, "RevisionId")? {
        Some(revision) if revision != function.latest.revision => return Err(stale()),
        _ => {}
    }
    let mut changed = function.latest.clone();
    changed.code = code.clone();
    changed.architecture = architecture.unwrap_or(changed.architecture);
    if input.get("DryRun") == Some(&Value::Bool(true)) {
        return Ok(Response::json(changed.describe(&function.name, &function.arn, Some(call.context.now))));
    }
    replace(function, changed, &call.context);
    if input.get("Publish") == Some(&Value::Bool(true)) {
        let number = version::publish_latest(function, "", &call.context);
        let published = Target { qualifier: Some(number.to_string()), ..target };
        return Ok(Response::json(describe(find(state, &published)?, &published, call.context.now)?));
    }
    Ok(Response::json(describe(find(state, &target)?, &target, call.context.now)?))
}

/// Returns an unqualified target: versions and aliases cannot be changed like functions.
fn unqualified(call: &Request) -> Result<Target, AwsError> {
    let mut target = Target::of(call)?;
    match target.qualifier.take() {
        None => Ok(target),
        Some(qualifier) if qualifier == LATEST => Ok(target),
        Some(_) => Err(refused(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        )),
    }
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = find_mut(state, &target)?;
    if let Some(qualifier) = &target.qualifier {
        version::delete(function, qualifier)?;
        return Ok(Response::empty(204));
    }
    function.deleted_at = Some(call.context.after(DELETION));
    Ok(Response::empty(204))
}

pub(crate) fn put_concurrency(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = unqualified(call)?;
    let wanted = call.input["ReservedConcurrentExecutions"].as_u64().and_then(|wanted| u32::try_from(wanted).ok());
    let wanted = wanted.unwrap_or_default();
    let others = state.functions.values().filter(|function| function.name != target.name);
    let reserved: u64 = others.filter_map(|function| function.reserved).map(u64::from).sum();
    let function = find_mut(state, &target)?;
    if reserved + u64::from(wanted) + u64::from(UNRESERVED) > u64::from(CONCURRENCY) {
        return Err(refused(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )));
    }
    function.reserved = Some(wanted);
    Ok(Response::json(serde_json::json!({"ReservedConcurrentExecutions": wanted})))
}

pub(crate) fn delete_concurrency(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = unqualified(call)?;
    find_mut(state, &target)?.reserved = None;
    Ok(Response::empty(204))
}

pub(crate) fn tag(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = tagged(state, call)?;
    let given = check::tags(call.input.get("Tags"))?;
    let function = find_mut(state, &target)?;
    let mut tags = function.tags.clone();
    tags.extend(given);
    check::tags(Some(&serde_json::json!(tags)))?;
    function.tags = tags;
    Ok(Response::empty(204))
}

pub(crate) fn untag(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = tagged(state, call)?;
    let function = find_mut(state, &target)?;
    for (_, key) in call.query.iter().filter(|(name, _)| name == "tagKeys") {
        function.tags.remove(key);
    }
    Ok(Response::empty(204))
}
