//! Read operations on functions.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::function::{Function, LATEST};
use super::{Target, find, refused};
use crate::error::AwsError;
use crate::kernel::others::OtherServices;
use crate::request::Request;
use crate::response::Response;

/// Default page size; AWS returns at most 50 (API reference, ListFunctions).
const PAGE: usize = 25;
/// Concurrent executions of an account, and the part of them that cannot be reserved (Lambda quotas page).
pub(crate) const CONCURRENCY: u32 = 1000;
pub(crate) const UNRESERVED: u32 = 100;

/// Returns the description of the version that `target` refers to, as in GetFunctionConfiguration.
pub(crate) fn describe(function: &Function, target: &Target, now: OffsetDateTime) -> Result<Value, AwsError> {
    let configuration = target.configuration(function)?;
    let arn = function.qualified(target.qualifier.as_deref());
    let mut shape = configuration.describe(&function.name, &arn, Some(now));
    if function.deleted_at.is_some() {
        shape["State"] = json!("Deleting");
    }
    Ok(shape)
}

pub(crate) fn function(state: &State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = find(state, &target)?;
    let configuration = describe(function, &target, call.context.now)?;
    // A presigned URL on AWS; here the name of the stored zip under a host that does not exist.
    let digest = target.configuration(function)?.code.sha256.replace(['/', '+'], "-");
    let mut body = json!({
        "Configuration": configuration,
        "Code": {"RepositoryType": "S3", "Location": format!("http://127.0.0.1/_lambda/code/{digest}.zip")},
    });
    if !others.is_allowed(call, "lambda:ListTags", &function.arn) {
        // API reference, GetFunction: `Tags` requires lambda:ListTags, and `TagsError` says that they were not read. The
        // message text is unverified.
        let message = format!("User is not authorized to perform: lambda:ListTags on resource: {}", function.arn);
        body["TagsError"] = json!({"ErrorCode": "AccessDeniedException", "Message": message});
    } else if !function.tags.is_empty() {
        body["Tags"] = json!(function.tags);
    }
    if let (Some(reserved), None) = (function.reserved, &target.qualifier) {
        body["Concurrency"] = json!({"ReservedConcurrentExecutions": reserved});
    }
    Ok(Response::json(body))
}

pub(crate) fn configuration(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    Ok(Response::json(describe(find(state, &target)?, &target, call.context.now)?))
}

/// Returns one page of a list whose entries are ordered by a key; `Marker` holds the last key returned.
pub(crate) fn page(call: &Request, entries: Vec<(String, Value)>, member: &str) -> Result<Response, AwsError> {
    let wanted = match call.query("MaxItems").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(n @ 1..=10_000)) => n.min(PAGE),
        Some(_) => {
            return Err(AwsError::new(
                400,
                "ValidationException",
                "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must be between 1 and 10000",
            ));
        }
    };
    let after = match call.query("Marker").filter(|marker| !marker.is_empty()) {
        None => None,
        Some(marker) => Some(
            BASE64_URL_SAFE_NO_PAD
                .decode(marker)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| refused("Invalid marker"))?,
        ),
    };
    let mut rest = entries.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let (keys, items): (Vec<String>, Vec<Value>) = rest.by_ref().take(wanted).unzip();
    let mut body = json!({member: items});
    if let (Some(_), Some(last)) = (rest.next(), keys.last()) {
        body["NextMarker"] = json!(BASE64_URL_SAFE_NO_PAD.encode(last));
    }
    Ok(Response::json(body))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let everything = match call.query("FunctionVersion") {
        None => false,
        Some("ALL") => true,
        Some(_) => {
            return Err(AwsError::new(
                400,
                "ValidationException",
                "1 validation error detected: Value at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]",
            ));
        }
    };
    let mut entries = Vec::new();
    for function in state.functions.values() {
        let arn = if everything { function.qualified(Some(LATEST)) } else { function.arn.clone() };
        entries.push((function.name.clone(), function.latest.describe(&function.name, &arn, None)));
        for (number, version) in function.versions.iter().filter(|_| everything) {
            let arn = function.qualified(Some(&version.version));
            // Names do not contain '!', so a function's versions precede the next function.
            entries.push((format!("{}!{number:020}", function.name), version.describe(&function.name, &arn, None)));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(call, entries, "Functions")
}

/// Returns the function of a tagging request's ARN, which must be unqualified.
pub(crate) fn tagged(state: &State, call: &Request) -> Result<Target, AwsError> {
    let resource = call.path("Resource");
    if !resource.starts_with("arn:") {
        return Err(AwsError::new(
            400,
            "ValidationException",
            format!(
                "1 validation error detected: Value '{resource}' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:…"
            ),
        ));
    }
    let target = Target::parse(&call.context, resource, None)?;
    if target.qualifier.is_some() {
        return Err(refused(
            "Tags on function aliases and versions are not supported. Please specify either a function or an event source mapping ARN",
        ));
    }
    if !resource.starts_with(&target.prefix) || find(state, &target).is_err() {
        return Err(AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {resource}")));
    }
    Ok(target)
}

pub(crate) fn tags(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = tagged(state, call)?;
    Ok(Response::json(json!({"Tags": find(state, &target)?.tags})))
}

pub(crate) fn concurrency(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    Ok(Response::json(match find(state, &target)?.reserved {
        Some(reserved) => json!({"ReservedConcurrentExecutions": reserved}),
        None => json!({}),
    }))
}

pub(crate) fn code_signing(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    Ok(Response::json(json!({"FunctionName": find(state, &target)?.name})))
}

pub(crate) fn account(state: &State, _: &Request) -> Result<Response, AwsError> {
    let functions = &state.functions;
    let reserved: u32 = functions.values().filter_map(|function| function.reserved).sum();
    let stored: u64 = functions.values().flat_map(Function::all).map(|version| version.code.size).sum();
    Ok(Response::json(json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64, "CodeSizeUnzipped": 262_144_000, "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": CONCURRENCY, "UnreservedConcurrentExecutions": CONCURRENCY - reserved,
        },
        "AccountUsage": {"TotalCodeSize": stored, "FunctionCount": functions.len()},
    })))
}
