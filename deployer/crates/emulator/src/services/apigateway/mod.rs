//! API Gateway, REST APIs (version 1): the API tree, deployments, stages, custom domains, and serving requests.

mod access;
mod api;
mod deployment;
mod domain;
mod event;
mod key;
mod mapping;
mod openapi;
mod patch;
mod plan;
mod request;
mod stage;
mod tags;
mod tree;
mod tree_operations;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub(crate) use self::access::Usage;
use self::api::Api;
use self::domain::Domain;
use self::key::ApiKey;
use self::plan::Plan;
pub(crate) use self::request::{certificate, respond, serves};
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext};
use crate::response::Response;
use crate::stored::stored;

/// Default and maximum page size (API reference: 25 and 500; the emulator uses half of the latter).
const PAGE: usize = 25;
const MAX_PAGE: usize = 250;

/// Supported routes (botocore model, apigateway 2015-07-09). ImportRestApi has the path of CreateRestApi, and a query.
pub(crate) const ROUTES: &[crate::request::Route] = &[
    ("POST", "/restapis", "CreateRestApi"),
    ("GET", "/restapis", "GetRestApis"),
    ("GET", "/restapis/{restapi_id}", "GetRestApi"),
    ("PUT", "/restapis/{restapi_id}", "PutRestApi"),
    ("PATCH", "/restapis/{restapi_id}", "UpdateRestApi"),
    ("DELETE", "/restapis/{restapi_id}", "DeleteRestApi"),
    ("GET", "/restapis/{restapi_id}/resources", "GetResources"),
    ("GET", "/restapis/{restapi_id}/resources/{resource_id}", "GetResource"),
    ("POST", "/restapis/{restapi_id}/resources/{parent_id}", "CreateResource"),
    ("DELETE", "/restapis/{restapi_id}/resources/{resource_id}", "DeleteResource"),
    ("GET", "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", "GetMethod"),
    ("PUT", "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", "PutMethod"),
    ("DELETE", "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}", "DeleteMethod"),
    ("GET", "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", "GetIntegration"),
    ("PUT", "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", "PutIntegration"),
    ("DELETE", "/restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration", "DeleteIntegration"),
    ("POST", "/restapis/{restapi_id}/deployments", "CreateDeployment"),
    ("GET", "/restapis/{restapi_id}/deployments", "GetDeployments"),
    ("GET", "/restapis/{restapi_id}/deployments/{deployment_id}", "GetDeployment"),
    ("PATCH", "/restapis/{restapi_id}/deployments/{deployment_id}", "UpdateDeployment"),
    ("DELETE", "/restapis/{restapi_id}/deployments/{deployment_id}", "DeleteDeployment"),
    ("POST", "/restapis/{restapi_id}/stages", "CreateStage"),
    ("GET", "/restapis/{restapi_id}/stages", "GetStages"),
    ("GET", "/restapis/{restapi_id}/stages/{stage_name}", "GetStage"),
    ("PATCH", "/restapis/{restapi_id}/stages/{stage_name}", "UpdateStage"),
    ("DELETE", "/restapis/{restapi_id}/stages/{stage_name}", "DeleteStage"),
    ("POST", "/domainnames", "CreateDomainName"),
    ("GET", "/domainnames", "GetDomainNames"),
    ("GET", "/domainnames/{domain_name}", "GetDomainName"),
    ("PATCH", "/domainnames/{domain_name}", "UpdateDomainName"),
    ("DELETE", "/domainnames/{domain_name}", "DeleteDomainName"),
    ("POST", "/domainnames/{domain_name}/basepathmappings", "CreateBasePathMapping"),
    ("GET", "/domainnames/{domain_name}/basepathmappings", "GetBasePathMappings"),
    ("GET", "/domainnames/{domain_name}/basepathmappings/{base_path}", "GetBasePathMapping"),
    ("PATCH", "/domainnames/{domain_name}/basepathmappings/{base_path}", "UpdateBasePathMapping"),
    ("DELETE", "/domainnames/{domain_name}/basepathmappings/{base_path}", "DeleteBasePathMapping"),
    ("POST", "/apikeys", "CreateApiKey"),
    ("GET", "/apikeys", "GetApiKeys"),
    ("GET", "/apikeys/{api_Key}", "GetApiKey"),
    ("PATCH", "/apikeys/{api_Key}", "UpdateApiKey"),
    ("DELETE", "/apikeys/{api_Key}", "DeleteApiKey"),
    ("POST", "/usageplans", "CreateUsagePlan"),
    ("GET", "/usageplans", "GetUsagePlans"),
    ("GET", "/usageplans/{usageplanId}", "GetUsagePlan"),
    ("PATCH", "/usageplans/{usageplanId}", "UpdateUsagePlan"),
    ("DELETE", "/usageplans/{usageplanId}", "DeleteUsagePlan"),
    ("POST", "/usageplans/{usageplanId}/keys", "CreateUsagePlanKey"),
    ("GET", "/usageplans/{usageplanId}/keys", "GetUsagePlanKeys"),
    ("GET", "/usageplans/{usageplanId}/keys/{keyId}", "GetUsagePlanKey"),
    ("DELETE", "/usageplans/{usageplanId}/keys/{keyId}", "DeleteUsagePlanKey"),
    ("PUT", "/tags/{resource_arn}", "TagResource"),
    ("DELETE", "/tags/{resource_arn}", "UntagResource"),
    ("GET", "/tags/{resource_arn}", "GetTags"),
    ("GET", "/account", "GetAccount"),
];

/// State of the service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    apis: PersistentMap<String, Api>,
    #[serde(default)]
    domains: PersistentMap<String, Domain>,
    #[serde(default)]
    keys: PersistentMap<String, ApiKey>,
    #[serde(default)]
    plans: PersistentMap<String, Plan>,
}

stored!(State: apis, domains, keys, plans);

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    match call.operation {
        "ImportRestApi" => openapi::import(world, call, context),
        "CreateRestApi" => api::create(world, call, context),
        "GetRestApis" => api::list(world, call),
        "GetRestApi" => api::get(world, call),
        "PutRestApi" => openapi::put(world, call, context),
        "UpdateRestApi" => api::update(world, call),
        "DeleteRestApi" => api::delete(world, call),
        "GetResources" | "GetResource" | "CreateResource" | "DeleteResource" | "GetMethod" | "PutMethod" | "DeleteMethod"
        | "GetIntegration" | "PutIntegration" | "DeleteIntegration" => tree_operations::serve(world, call, context),
        "CreateDeployment" => deployment::create(world, call, context),
        "GetDeployments" => deployment::list(world, call),
        "GetDeployment" => deployment::get(world, call),
        "UpdateDeployment" => deployment::update(world, call),
        "DeleteDeployment" => deployment::delete(world, call),
        "CreateStage" => stage::create(world, call, context),
        "GetStages" => stage::list(world, call),
        "GetStage" => stage::get(world, call),
        "UpdateStage" => stage::update(world, call, context),
        "DeleteStage" => stage::delete(world, call),
        "CreateDomainName" => domain::create(world, call, context),
        "GetDomainNames" => domain::list(world, call, context),
        "GetDomainName" => domain::get(world, call, context),
        "UpdateDomainName" => domain::update(world, call, context),
        "DeleteDomainName" => domain::delete(world, call, context),
        "CreateBasePathMapping" => mapping::create(world, call),
        "GetBasePathMappings" => mapping::list(world, call),
        "GetBasePathMapping" => mapping::get(world, call),
        "UpdateBasePathMapping" => mapping::update(world, call),
        "DeleteBasePathMapping" => mapping::delete(world, call),
        "CreateApiKey" => key::create(world, call, context),
        "GetApiKeys" => key::list(world, call),
        "GetApiKey" => key::get(world, call),
        "UpdateApiKey" => key::update(world, call, context),
        "DeleteApiKey" => key::delete(world, call),
        "CreateUsagePlan" => plan::create(world, call, context),
        "GetUsagePlans" => plan::list(world, call),
        "GetUsagePlan" => plan::get(world, call),
        "UpdateUsagePlan" => plan::update(world, call),
        "DeleteUsagePlan" => plan::delete(world, call),
        "CreateUsagePlanKey" => plan::add_key(world, call),
        "GetUsagePlanKeys" => plan::list_keys(world, call),
        "GetUsagePlanKey" => plan::get_key(world, call),
        "DeleteUsagePlanKey" => plan::remove_key(world, call),
        "TagResource" => tags::add(world, call),
        "UntagResource" => tags::remove(world, call),
        "GetTags" => tags::get(world, call),
        // Account-wide throttle (API Gateway quotas page); setting a CloudWatch role is not supported.
        "GetAccount" => Ok(Response::json(json!({
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0}, "features": ["UsagePlans"], "apiKeyVersion": "4",
        }))),
        other => Err(not_implemented(other)),
    }
}

fn bad(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "BadRequestException", message)
}

fn missing(message: impl Into<String>) -> AwsError {
    AwsError::new(404, "NotFoundException", message)
}

fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "ConflictException", message)
}

fn not_implemented(what: &str) -> AwsError {
    AwsError::new(501, "NotImplemented", format!("the embedded AWS does not implement {what}"))
}

/// Returns an error for members that the emulator does not support: it names them, and never ignores them. Empty values are
/// accepted.
fn unsupported(input: &Value, members: &[&str]) -> Result<(), AwsError> {
    let asks = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    };
    match members.iter().find(|member| input.get(**member).is_some_and(asks)) {
        Some(member) => Err(not_implemented(member)),
        None => Ok(()),
    }
}

/// Reads a map of strings; an absent one is empty.
fn strings(input: &Value, member: &str) -> Result<BTreeMap<String, String>, AwsError> {
    match input.get(member).filter(|value| !value.is_null()) {
        None => Ok(BTreeMap::new()),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| AwsError::serialization(member, "a map of strings")),
    }
}

/// Reads a boolean; an absent one is `false`.
fn flag(input: &Value, member: &str) -> Result<bool, AwsError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(AwsError::serialization(member, "a boolean")),
    }
}

/// Returns a time in this service's format: seconds since 1970.
fn epoch(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp()
}

/// Removes members without a value.
fn compact(mut shape: Value) -> Value {
    if let Value::Object(members) = &mut shape {
        members.retain(|_, value| !value.is_null());
    }
    shape
}

/// Returns one page of entries that are ordered by key; `position` holds the last key returned.
fn page(call: &Request, entries: impl Iterator<Item = (String, Value)>) -> Result<Response, AwsError> {
    let limit = match call.query("limit").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(n @ 1..=500)) => n.min(MAX_PAGE),
        Some(Ok(0)) => PAGE,
        // The message text is unverified.
        Some(_) => return Err(bad("Invalid limit specified: it must be between 1 and 500")),
    };
    let after = match call.query("position").filter(|position| !position.is_empty()) {
        None => None,
        Some(position) => {
            let decoded = BASE64_URL_SAFE_NO_PAD.decode(position).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(decoded.ok_or_else(|| bad("Invalid position parameter specified"))?)
        }
    };
    let mut rest = entries.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let (keys, items): (Vec<String>, Vec<Value>) = rest.by_ref().take(limit).unzip();
    let mut body = json!({"item": items});
    if let (Some(_), Some(last)) = (rest.next(), keys.last()) {
        body["position"] = json!(BASE64_URL_SAFE_NO_PAD.encode(last));
    }
    Ok(Response::json(body))
}
