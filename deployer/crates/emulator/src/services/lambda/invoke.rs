//! Invocations by clients and by the other services of this process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use super::State;
use super::host::Host;
use super::runtime::{Execution, Invocation, Runtime};
use super::{LATEST, Target, find, in_state};
use crate::error::AwsError;
use crate::kernel::host::{Caller, Outcome};
use crate::request::Request;
use crate::response::{Body, Response};

/// Maximum event size of a synchronous and of an asynchronous invocation (Lambda quotas page).
const MAX_EVENT: usize = 6_291_456;
const MAX_ASYNC_EVENT: usize = 1_048_576;

/// Invokes a function for a service; see [`Functions::invoke`](crate::kernel::host::Functions::invoke).
pub(crate) async fn invoke(
    runtime: &Arc<Runtime>,
    function_arn: &str,
    payload: Bytes,
    deadline: Duration,
    caller: Caller<'_>,
) -> Result<Outcome, AwsError> {
    let target = Target::parse(&runtime.host()?.context(), function_arn, None)?;
    permit(&runtime.host()?.functions(), &target, caller)?;
    let running = start(runtime, &target, payload, MAX_EVENT, None)?;
    match tokio::time::timeout(deadline, running).await {
        Ok(outcome) => finished(outcome),
        Err(_) => Err(AwsError::new(
            504,
            "CallerDeadlineExceeded",
            format!("the function did not answer within {} ms", deadline.as_millis()),
        )),
    }
}

fn finished(outcome: Result<Result<Outcome, AwsError>, tokio::task::JoinError>) -> Result<Outcome, AwsError> {
    outcome.map_err(|error| AwsError::internal(format!("the invocation did not end properly: {error}")))?
}

fn permit(state: &State, target: &Target, caller: Caller<'_>) -> Result<(), AwsError> {
    let function = find(state, target)?;
    let policy = function.policies.get(target.qualifier.as_deref().unwrap_or_default());
    if policy.is_some_and(|policy| policy.allows(caller)) {
        return Ok(());
    }
    let arn = function.qualified(target.qualifier.as_deref());
    Err(AwsError::new(
        403,
        "AccessDeniedException",
        format!(
            "{} is not authorized to perform: lambda:InvokeFunction on resource: {arn} because no resource-based policy allows the lambda:InvokeFunction action for {}",
            caller.principal, caller.source_arn
        ),
    ))
}

type Running = tokio::task::JoinHandle<Result<Outcome, AwsError>>;

/// Starts an invocation; errors are returned before anything runs.
fn start(
    runtime: &Arc<Runtime>,
    target: &Target,
    payload: Bytes,
    limit: usize,
    context: Option<String>,
) -> Result<Running, AwsError> {
    let (runtime, host) = (Arc::clone(runtime), runtime.host()?);
    let payload = event(payload, limit)?;
    let execution = execution(&*host, target)?;
    let slot = runtime.slot(&execution)?;
    let id = host.context().uuid();
    let work = Invocation { id, payload, context };
    Ok(tokio::spawn(async move {
        let outcome = super::runtime::run(&runtime, &host, &execution, work).await;
        drop(slot);
        outcome
    }))
}

fn event(payload: Bytes, limit: usize) -> Result<Bytes, AwsError> {
    if payload.len() > limit {
        let kind = if limit == MAX_EVENT { "RequestResponse" } else { "Event" };
        return Err(AwsError::new(
            413,
            "RequestTooLargeException",
            format!("{} byte payload is too large for the {kind} invocation type (limit {limit} bytes)", payload.len()),
        ));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(|error| {
        AwsError::new(400, "InvalidRequestContentException", format!("Could not parse request body into json: {error}"))
    })?;
    Ok(payload)
}

/// Returns the configuration that an invocation runs now; during an update, it is the previous one.
fn execution(host: &dyn Host, target: &Target) -> Result<Execution, AwsError> {
    let request_context = host.context();
    let now = request_context.now;
    let functions = host.functions();
    let function = find(&functions, target)?;
    if function.deleted_at.is_some_and(|at| now >= at) {
        return Err(super::not_found(target));
    }
    if function.deleted_at.is_some() {
        return Err(in_state("Deleting"));
    }
    let mut configuration = weighted(function, target, &request_context.uuid());
    if let Some(found) = &configuration
        && found.version == LATEST
        && now < found.updated_at
        && let Some(previous) = &function.previous
    {
        configuration = Some((**previous).clone());
    }
    let configuration = match configuration {
        Some(configuration) => configuration,
        None => target.configuration(function)?.clone(),
    };
    if configuration.state(now) == "Pending" {
        return Err(in_state("Pending"));
    }
    Ok(Execution {
        name: function.name.clone(),
        arn: function.qualified(target.qualifier.as_deref()),
        function_arn: function.arn.clone(),
        reserved: function.reserved,
        configuration,
    })
}

/// Returns the version that an alias with weights selects for this invocation, depending on `drawn`.
fn weighted(function: &super::function::Function, target: &Target, drawn: &str) -> Option<super::function::Configuration> {
    let alias = target.qualifier.as_ref().and_then(|name| function.aliases.get(name));
    if let Some((version, weight)) = alias.and_then(|alias| alias.weights.first_key_value()) {
        let draw = u32::from_str_radix(drawn.get(..8)?, 16).ok()?;
        if f64::from(draw) / f64::from(u32::MAX) < *weight {
            return function.version(Some(version)).cloned();
        }
    }
    function.version(target.qualifier.as_deref()).cloned()
}

/// Serves the Invoke operation.
pub(crate) async fn invoke_call(runtime: &Arc<Runtime>, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let log_type = call.header("x-amz-log-type").unwrap_or("None");
    let context = call.header("x-amz-client-context").map(client_context).transpose()?;
    match call.header("x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => {
            let outcome = finished(start(runtime, &target, call.body.clone(), MAX_EVENT, context)?.await)?;
            Ok(reply(outcome, log_type == "Tail"))
        }
        "Event" => {
            event(call.body.clone(), MAX_ASYNC_EVENT)?;
            find(&runtime.host()?.functions(), &target).and_then(|function| target.configuration(function).map(drop))?;
            background(runtime, target, call.body.clone(), context)?;
            Ok(Response::empty(202))
        }
        "DryRun" => {
            execution(&*runtime.host()?, &target)?;
            Ok(Response::empty(204))
        }
        other => Err(AwsError::new(
            400,
            "ValidationException",
            format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            ),
        )),
    }
}

fn client_context(text: &str) -> Result<String, AwsError> {
    let bad =
        || AwsError::new(400, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.");
    let decoded = BASE64_STANDARD.decode(text).map_err(|_| bad())?;
    serde_json::from_slice::<BTreeMap<String, serde_json::Value>>(&decoded).map_err(|_| bad())?;
    String::from_utf8(decoded).map_err(|_| bad())
}

fn reply(outcome: Outcome, tail: bool) -> Response {
    let mut headers = vec![("x-amz-executed-version", outcome.executed_version)];
    if let Some(error) = outcome.function_error {
        headers.push(("x-amz-function-error", error));
    }
    if tail {
        headers.push(("x-amz-log-result", BASE64_STANDARD.encode(outcome.log_tail)));
    }
    Response { status: 200, headers, body: Body::Raw("application/json", outcome.payload) }
}

/// Runs an asynchronous invocation; a failed one is retried twice, after one and two minutes (Lambda guide,
/// invocation-async-error-handling).
fn background(runtime: &Arc<Runtime>, target: Target, payload: Bytes, context: Option<String>) -> Result<(), AwsError> {
    let weak = Arc::downgrade(runtime);
    tokio::spawn(async move {
        for wait in [Duration::ZERO, Duration::from_secs(60), Duration::from_secs(120)] {
            let Some(host) = weak.upgrade().and_then(|runtime| runtime.host().ok()) else { return };
            let pause = host.clock().sleep(wait.div_f64(host.context().speed.max(f64::MIN_POSITIVE)));
            drop(host);
            pause.await;
            let Some(runtime) = weak.upgrade() else { return };
            let Ok(running) = start(&runtime, &target, payload.clone(), MAX_ASYNC_EVENT, context.clone()) else { continue };
            drop(runtime);
            if matches!(running.await, Ok(Ok(outcome)) if outcome.function_error.is_none()) {
                return;
            }
        }
    });
    Ok(())
}
