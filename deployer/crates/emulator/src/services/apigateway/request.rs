//! Serves a client of a deployed API: domain, mapping, stage, resource, integration.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use serde_json::{Value, json};

use super::State;
use super::access;
use super::event::{self, RequestInfo};
use super::host::Host;
use super::target::RouteTarget;
use super::tree::{Integration, Resource, lambda_in};
use crate::kernel::host::Caller;
use crate::request::RequestContext;

/// Maximum request size (API Gateway quotas page).
pub(crate) const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;

/// Returns the PEM of the certificate and of the key that this host currently serves.
pub(crate) fn certificate(gateway: &dyn Host, host: &str) -> Option<(String, String)> {
    let now = gateway.context().now;
    let state = gateway.apis();
    let domain = state.domains.get(&host.to_ascii_lowercase())?;
    gateway.certificate_pem(domain.current_certificate(now)?)
}

/// Whether a request names one of the custom domains.
pub(crate) fn serves(gateway: &dyn Host, request: &Request<Bytes>) -> bool {
    gateway.apis().domains.contains_key(&host(request))
}

/// Serves one request received over TLS.
pub(crate) async fn respond(gateway: &dyn Host, peer: IpAddr, request: Request<Bytes>) -> Response<Bytes> {
    let id = gateway.context().uuid();
    let mut response = answer(gateway, peer, &id, request).await;
    if let Ok(id) = id.parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

async fn answer(gateway: &dyn Host, peer: IpAddr, id: &str, request: Request<Bytes>) -> Response<Bytes> {
    let host = host(&request);
    let Some(place) = place(gateway, &host, request.uri().path()) else {
        return gateway_error(403, "ForbiddenException", "Forbidden");
    };
    if request.body().len() > MAX_REQUEST_BYTES {
        return gateway_error(413, "RequestTooLargeException", "Request Too Long");
    }
    let unknown = || gateway_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    let Some((resource, parameters)) = place.snapshot.tree.route(&place.rest) else { return unknown() };
    let verb = request.method().as_str();
    let method = resource.methods.get_key_value(verb).or_else(|| resource.methods.get_key_value("ANY"));
    let Some((declared, method)) = method else { return unknown() };
    let Some(integration) = &method.integration else { return unknown() };
    let called = called_arn(&place, verb);
    let caller = match access::check(gateway, &place, method, &called, &request) {
        Ok(caller) => caller,
        Err((status, kind, message)) => return gateway_error(status, kind, message),
    };
    if place.stage.blocks(&resource.path, declared) {
        return gateway_error(429, "TooManyRequestsException", "Too Many Requests");
    }
    if integration.kind == "MOCK" {
        return mock(integration, request.headers());
    }
    let operation = method.operation_name.as_deref();
    let given = RequestInfo { id, host: &host, peer, resource, operation, parameters, caller, now: gateway.context().now };
    let event = event::build(&place, &given, &request, &place.snapshot.binary_media_types);
    let head = request.method() == Method::HEAD;
    let answer = call_function(gateway, &place, resource, verb, integration, event).await;
    let mut response = match answer {
        Ok(payload) => event::response(&payload, request.headers(), &place.snapshot.binary_media_types)
            .unwrap_or_else(|| gateway_error(502, "InternalServerErrorException", "Internal server error")),
        Err(refused) => refused,
    };
    if head {
        *response.body_mut() = Bytes::new();
    }
    response
}

fn host(request: &Request<Bytes>) -> String {
    let header = request.headers().get("host").and_then(|value| value.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(header).unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase()
}

fn place(gateway: &dyn Host, host: &str, path: &str) -> Option<RouteTarget> {
    let RequestContext { now, account, region, .. } = gateway.context();
    let state = gateway.apis();
    let domain = state.domains.get(host)?;
    domain.current_certificate(now)?;
    let below = path.trim_start_matches('/');
    let (first, rest) = below.split_once('/').unwrap_or((below, ""));
    let (mapping, rest) = match domain.mappings.get(first).filter(|_| !first.is_empty()) {
        Some(mapping) => (mapping, rest),
        None => (domain.mappings.get("")?, below),
    };
    let (stage, rest) = match &mapping.stage {
        Some(stage) => (stage.as_str(), rest),
        None => rest.split_once('/').unwrap_or((rest, "")),
    };
    let api = state.apis.get(&mapping.api)?;
    let stage = api.stages.get(stage)?;
    let deployment = api.deployments.get(&stage.deployment)?;
    Some(RouteTarget {
        account,
        region,
        api: api.id.clone(),
        deployment: deployment.id.clone(),
        snapshot: deployment.snapshot.clone(),
        stage: stage.clone(),
        rest: format!("/{rest}"),
    })
}

/// Invokes the integration's function; the error is API Gateway's own response.
async fn call_function(
    gateway: &dyn Host,
    place: &RouteTarget,
    resource: &Resource,
    verb: &str,
    integration: &Integration,
    event: Value,
) -> Result<Bytes, Response<Bytes>> {
    let internal = || gateway_error(500, "InternalServerErrorException", "Internal server error");
    let uri = with_variables(integration.uri.as_deref().unwrap_or_default(), &place.stage.variables);
    // Lambda accepts only POST; another method appears as a failed call (API Gateway guide, lambda proxy integrations).
    let function = lambda_in(&uri).filter(|_| integration.method.as_deref() == Some("POST")).ok_or_else(internal)?;
    let source = source_arn(place, resource, verb);
    let caller = Caller { principal: "apigateway.amazonaws.com", source_arn: &source, source_account: &place.account };
    let limit = Duration::from_millis(u64::try_from(integration.timeout).unwrap_or_default());
    let payload = Bytes::from(event.to_string());
    match gateway.invoke(function, payload, limit, caller).await {
        Ok(outcome) if outcome.function_error.is_some() => {
            Err(gateway_error(502, "InternalServerErrorException", "Internal server error"))
        }
        Ok(outcome) => Ok(outcome.payload),
        Err(refusal) if refusal.code == "CallerDeadlineExceeded" => {
            Err(gateway_error(504, "InternalServerErrorException", "Endpoint request timed out"))
        }
        Err(refusal) if refusal.code == "RequestTooLargeException" => {
            Err(gateway_error(413, "RequestTooLargeException", "Request Too Long"))
        }
        Err(refusal) => {
            tracing::info!("{source} could not invoke {function}: {}", refusal.message);
            Err(internal())
        }
    }
}

/// Returns the ARN for the function's resource policy: API, stage, method and the resource's path, with a wildcard for each
/// variable (API Gateway guide, arn-format-reference).
fn source_arn(place: &RouteTarget, resource: &Resource, verb: &str) -> String {
    let path: Vec<&str> = resource.path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
    format!("arn:aws:execute-api:{}:{}:{}/{}/{verb}{}", place.region, place.account, place.api, place.stage.name, path.join("/"))
}

/// Returns the ARN for the caller's policies: with the requested path (developer guide,
/// "api-gateway-control-access-using-iam-policies-to-invoke-api").
fn called_arn(place: &RouteTarget, verb: &str) -> String {
    let path = place.rest.trim_start_matches('/');
    format!("arn:aws:execute-api:{}:{}:{}/{}/{verb}/{path}", place.region, place.account, place.api, place.stage.name)
}

fn with_variables(uri: &str, variables: &BTreeMap<String, String>) -> String {
    variables.iter().fold(uri.to_owned(), |uri, (key, value)| uri.replace(&format!("${{stageVariables.{key}}}"), value))
}

/// Returns the response of a MOCK integration: the status of its template, and literal header values.
fn mock(integration: &Integration, headers: &HeaderMap) -> Response<Bytes> {
    let wanted = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("application/json");
    let template = integration.request_templates.get(wanted).or_else(|| integration.request_templates.get("application/json"));
    let status =
        template.and_then(|template| serde_json::from_str::<Value>(template).ok()).and_then(|value| value["statusCode"].as_u64());
    let Some(status) = status else { return gateway_error(500, "InternalServerErrorException", "Internal server error") };
    let fits = |(pattern, _): &(&String, &Value)| pattern.as_str() == status.to_string();
    let found = integration.responses.iter().find(fits).map(|(_, response)| response);
    let Some(response) = found.or_else(|| integration.responses.get("default")) else {
        return gateway_error(500, "InternalServerErrorException", "Internal server error");
    };
    let code = response["statusCode"].as_str().and_then(|code| code.parse::<u16>().ok()).unwrap_or(200);
    let mut builder = Response::builder().status(code).header("content-type", "application/json");
    for (name, value) in response["responseParameters"].as_object().into_iter().flatten() {
        let literal = value.as_str().and_then(|value| value.strip_prefix('\'')?.strip_suffix('\''));
        if let (Some(name), Some(literal)) = (name.strip_prefix("method.response.header."), literal) {
            builder = builder.header(name, literal);
        }
    }
    builder.body(Bytes::new()).unwrap_or_else(|_| gateway_error(500, "InternalServerErrorException", "Internal server error"))
}

/// Returns a response that API Gateway generates itself.
fn gateway_error(status: u16, kind: &'static str, message: &str) -> Response<Bytes> {
    let body = Bytes::from(json!({"message": message}).to_string());
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("x-amzn-errortype", kind)
        .body(body)
        .unwrap_or_else(|_| Response::new(Bytes::new()))
}

impl State {
    /// Returns the names of the custom domains, for listings and certificates.
    pub(crate) fn domain_names(&self) -> Vec<String> {
        self.domains.keys().cloned().collect()
    }
}
