//! API Gateway, REST APIs (version 1): the API tree, deployments, stages, custom domains, and serving requests.

mod access;
mod api;
mod deployment;
mod deployment_operations;
mod domain;
mod event;
pub(crate) mod host;
mod key;
mod mapping;
mod mapping_operations;
mod openapi;
mod overview;
mod patch;
mod plan;
mod request;
mod required_actions;
mod stage;
mod stage_operations;
mod tags;
mod target;
mod tree;
mod tree_operations;
mod usage;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use self::api::Api;
use self::domain::Domain;
use self::key::ApiKey;
use self::plan::Plan;
pub(crate) use self::request::{certificate, respond, serves};
pub(crate) use self::usage::Usage;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, one_in, per_second, read, write, write_with};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::RequiredAction;
use crate::kernel::service::{AwsService, Protocol, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service};
use crate::response::Response;
use crate::stored::stored;

/// Default and maximum page size (API reference: 25 and 500; the emulator uses half of the latter).
const PAGE: usize = 25;
const MAX_PAGE: usize = 250;

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

/// Operations of this service (botocore model, apigateway 2015-07-09), with their rates (API Gateway guide, "Quotas and important notes").
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    // The path of CreateRestApi, and a query.
    write("ImportRestApi", openapi::import).at("POST /restapis?mode=import").rate(one_in(3)).raw_body(),
    write("CreateRestApi", api::create).at("POST /restapis").rate(one_in(3)),
    read("GetRestApis", api::list).at("GET /restapis"),
    read("GetRestApi", api::get).at("GET /restapis/{restapi_id}"),
    write("PutRestApi", openapi::put).at("PUT /restapis/{restapi_id}").rate(one_in(1)).raw_body(),
    write("UpdateRestApi", api::update).at("PATCH /restapis/{restapi_id}"),
    write("DeleteRestApi", api::delete).at("DELETE /restapis/{restapi_id}").rate(one_in(30)),
    write("CreateDeployment", deployment_operations::create).at("POST /restapis/{restapi_id}/deployments").rate(one_in(5)),
    read("GetDeployments", deployment_operations::list).at("GET /restapis/{restapi_id}/deployments"),
    read("GetDeployment", deployment_operations::get).at("GET /restapis/{restapi_id}/deployments/{deployment_id}"),
    write("UpdateDeployment", deployment_operations::update).at("PATCH /restapis/{restapi_id}/deployments/{deployment_id}"),
    write("DeleteDeployment", deployment_operations::delete).at("DELETE /restapis/{restapi_id}/deployments/{deployment_id}"),
    write("CreateStage", stage_operations::create).at("POST /restapis/{restapi_id}/stages"),
    read("GetStages", stage_operations::list).at("GET /restapis/{restapi_id}/stages"),
    read("GetStage", stage_operations::get).at("GET /restapis/{restapi_id}/stages/{stage_name}"),
    write("UpdateStage", stage_operations::update).at("PATCH /restapis/{restapi_id}/stages/{stage_name}"),
    write("DeleteStage", stage_operations::delete).at("DELETE /restapis/{restapi_id}/stages/{stage_name}"),
    write_with("CreateDomainName", domain::create).at("POST /domainnames").rate(one_in(30)),
    read("GetDomainNames", domain::list).at("GET /domainnames"),
    read("GetDomainName", domain::get).at("GET /domainnames/{domain_name}"),
    write_with("UpdateDomainName", domain::update).at("PATCH /domainnames/{domain_name}").rate(one_in(30)),
    write_with("DeleteDomainName", domain::delete).at("DELETE /domainnames/{domain_name}").rate(one_in(30)),
    write("CreateBasePathMapping", mapping_operations::create).at("POST /domainnames/{domain_name}/basepathmappings"),
    read("GetBasePathMappings", mapping_operations::list).at("GET /domainnames/{domain_name}/basepathmappings"),
    read("GetBasePathMapping", mapping_operations::get).at("GET /domainnames/{domain_name}/basepathmappings/{base_path}"),
    write("UpdateBasePathMapping", mapping_operations::update).at("PATCH /domainnames/{domain_name}/basepathmappings/{base_path}"),
    write("DeleteBasePathMapping", mapping_operations::delete).at("DELETE /domainnames/{domain_name}/basepathmappings/{base_path}"),
    write("CreateApiKey", key::create).at("POST /apikeys"),
    read("GetApiKeys", key::list).at("GET /apikeys"),
    read("GetApiKey", key::get).at("GET /apikeys/{api_Key}"),
    write("UpdateApiKey", key::update).at("PATCH /apikeys/{api_Key}"),
    write("DeleteApiKey", key::delete).at("DELETE /apikeys/{api_Key}"),
    write("CreateUsagePlan", plan::create).at("POST /usageplans"),
    read("GetUsagePlans", plan::list).at("GET /usageplans"),
    read("GetUsagePlan", plan::get).at("GET /usageplans/{usageplanId}"),
    write("UpdateUsagePlan", plan::update).at("PATCH /usageplans/{usageplanId}"),
    write("DeleteUsagePlan", plan::delete).at("DELETE /usageplans/{usageplanId}"),
    write("CreateUsagePlanKey", plan::add_key).at("POST /usageplans/{usageplanId}/keys"),
    read("GetUsagePlanKeys", plan::list_keys).at("GET /usageplans/{usageplanId}/keys"),
    read("GetUsagePlanKey", plan::get_key).at("GET /usageplans/{usageplanId}/keys/{keyId}"),
    write("DeleteUsagePlanKey", plan::remove_key).at("DELETE /usageplans/{usageplanId}/keys/{keyId}"),
    write("TagResource", tags::add).at("PUT /tags/{resource_arn}"),
    write("UntagResource", tags::remove).at("DELETE /tags/{resource_arn}"),
    read("GetTags", tags::get).at("GET /tags/{resource_arn}"),
    // Account-wide throttle (API Gateway quotas page); setting a CloudWatch role is not supported.
    read("GetAccount", |_, _| {
        Ok(Response::json(json!({
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0}, "features": ["UsagePlans"], "apiKeyVersion": "4",
        })))
    }).at("GET /account"),
];

/// API Gateway.
pub(crate) struct ApiGateway;

impl AwsService for ApiGateway {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("apigateway", include_str!("../../../model/apigateway.json"));
        static INFO: ServiceInfo = ServiceInfo {
            id: Service::ApiGateway,
            protocol: Protocol::RestJson { message: "message", error_type: false },
            model: Some(&MODEL),
            validation_code: |_| "BadRequestException",
            denied: (403, "AccessDeniedException"),
            throttled: || AwsError::new(429, "TooManyRequestsException", "Too Many Requests"),
            // API Gateway guide, "Quotas and important notes": per account, cannot be increased.
            shared_rate: Some(per_second(10, 40)),
            default_rate: None,
            is_global: false,
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS, tree_operations::OPERATIONS]
    }

    fn tags(state: &State, context: &RequestContext) -> TagsByArn {
        state.tagged(&context.region).collect()
    }

    fn taggable(arn: &str) -> Option<&str> {
        Some(arn)
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        required_actions::required_actions(request)
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
