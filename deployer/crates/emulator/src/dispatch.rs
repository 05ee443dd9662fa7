//! Dispatch of an HTTP request to a service and of its result to an HTTP response.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::Emulator;
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::model;
use crate::request::{Principal, Request, RequestContext, Service, route};
use crate::response::{self, Response};
use crate::services::{acm, apigateway, connect, dynamodb, iam, lambda, logs, s3, sts, tagging};

pub(crate) async fn handle(emulator: &Emulator, request: http::Request<Bytes>) -> http::Response<Bytes> {
    let request_id = emulator.request_context().uuid();
    let signed = match signed_for(&request) {
        Ok(signed) => signed,
        Err(refusal) => return response::write_error(Service::Sts, &refusal, &request_id),
    };
    let service = signed.service;
    let head = request.method() == http::Method::HEAD;
    let answer = match emulator.for_signature(service, &signed.region, &signed.access_key) {
        Ok(there) => match call(&there, service, &signed.access_key, request) {
            Ok(call) => answer(&there, &call).await.map(|response| (call.operation, response)),
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    let mut response = match answer {
        Ok((operation, response)) => response::write(service, operation, response, &request_id),
        Err(refusal) => response::write_error(service, &refusal, &request_id),
    };
    if service == Service::S3 {
        s3::finish_response(&mut response, head, &request_id, emulator.request_context().now);
    }
    response
}

/// Returns the operation that a request calls.
pub(crate) fn operation_of(emulator: &Emulator, request: &http::Request<Bytes>) -> Option<(Service, &'static str)> {
    let signed = signed_for(request).ok()?;
    let there = emulator.for_signature(signed.service, &signed.region, &signed.access_key).ok()?;
    let call = call(&there, signed.service, &signed.access_key, request.clone()).ok()?;
    Some((signed.service, call.operation))
}

/// Returns the actions and resources by which a request is authorized.
pub(crate) fn required_actions(emulator: &Emulator, request: &http::Request<Bytes>) -> Vec<(String, String)> {
    let Ok(signed) = signed_for(request) else { return Vec::new() };
    let Ok(there) = emulator.for_signature(signed.service, &signed.region, &signed.access_key) else { return Vec::new() };
    let call = call(&there, signed.service, &signed.access_key, request.clone());
    let needs = call.map(|call| iam::required_actions(&there.account_state(), &call)).unwrap_or_default();
    needs.into_iter().map(|need| (need.action, need.resource)).collect()
}

/// Writes `refusal` in the protocol of the request's service.
pub(crate) fn error_response(emulator: &Emulator, request: &http::Request<Bytes>, refusal: &AwsError) -> http::Response<Bytes> {
    let service = signed_for(request).map_or(Service::Sts, |signed| signed.service);
    response::write_error(service, refusal, &emulator.request_context().uuid())
}

/// Credential scope of a request's Signature Version 4.
struct Signed {
    service: Service,
    access_key: String,
    region: String,
}

fn signed_for(request: &http::Request<Bytes>) -> Result<Signed, AwsError> {
    if let Some(unsigned) = with_web_identity(request) {
        return Ok(unsigned);
    }
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scope = header
        .split_once("Credential=")
        .and_then(|(_, rest)| rest.split([',', ' ']).next())
        .ok_or_else(|| AwsError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"))?;
    let mut parts = scope.split('/');
    let access_key = parts.next().unwrap_or_default().to_owned();
    let region = parts.nth(1).unwrap_or_default().to_owned();
    let name = parts.next().unwrap_or_default();
    let service = Service::from_signing_name(name)
        .ok_or_else(|| AwsError::new(501, "NotImplemented", format!("the embedded AWS has no service {name}")))?;
    Ok(Signed { service, access_key, region })
}

/// Recognizes AssumeRoleWithWebIdentity, the only unsigned operation. The account is the role's.
fn with_web_identity(request: &http::Request<Bytes>) -> Option<Signed> {
    if request.headers().contains_key("authorization") || request.method() != http::Method::POST {
        return None;
    }
    let input: BTreeMap<String, String> = form(std::str::from_utf8(request.body()).ok()?).into_iter().collect();
    let account = input.get("RoleArn").and_then(|arn| arn.split(':').nth(4)).unwrap_or_default().to_owned();
    (input.get("Action")? == "AssumeRoleWithWebIdentity").then_some(Signed {
        service: Service::Sts,
        access_key: account,
        region: String::new(),
    })
}

fn call(emulator: &Emulator, service: Service, access_key: &str, request: http::Request<Bytes>) -> Result<Request, AwsError> {
    let (parts, body) = request.into_parts();
    let query: Vec<(String, String)> = form(parts.uri.query().unwrap_or_default());
    let token = parts.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    let principal = match emulator.account_state().iam.principal(service, access_key, token, emulator.request_context().now)? {
        Principal::Account if emulator.as_role().is_some() => Principal::TestRole,
        principal => principal,
    };
    if service == Service::S3 {
        let source = source(&parts);
        return s3::read(parts, body, query, principal).map(|call| Request { source, ..call });
    }
    let (operation, path, input) = match service {
        Service::Iam | Service::Sts => {
            let text = String::from_utf8_lossy(&body);
            let input: Map<String, Value> = form(&text).into_iter().map(|(key, value)| (key, Value::String(value))).collect();
            let action = input.get("Action").and_then(Value::as_str).unwrap_or_default();
            let known = if service == Service::Iam { iam::OPERATIONS } else { sts::OPERATIONS };
            (named(known, action)?, Default::default(), Value::Object(input))
        }
        Service::DynamoDb | Service::Logs | Service::Acm | Service::Tagging => {
            let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
            let known = match service {
                Service::DynamoDb => dynamodb::OPERATIONS,
                Service::Logs => logs::OPERATIONS,
                Service::Acm => acm::OPERATIONS,
                Service::Tagging => tagging::OPERATIONS,
                _ => &[],
            };
            let name = target.rsplit_once('.').map_or(target, |(_, name)| name);
            (named(known, name)?, Default::default(), json(&body)?)
        }
        Service::Lambda | Service::ApiGateway | Service::Connect | Service::S3 => {
            let routes = match service {
                Service::Lambda => lambda::ROUTES,
                Service::ApiGateway => apigateway::ROUTES,
                Service::Connect => connect::ROUTES,
                _ => &[],
            };
            let (operation, path) = route(routes, parts.method.as_str(), parts.uri.path())
                .ok_or_else(|| unknown(&format!("{} {}", parts.method, parts.uri.path())))?;
            let imports = query.iter().any(|(name, value)| name == "mode" && value == "import");
            let operation = if imports && operation == "CreateRestApi" { "ImportRestApi" } else { operation };
            // These bodies are a document or an event, not JSON of the protocol.
            let raw = matches!(operation, "Invoke" | "PutRestApi" | "ImportRestApi");
            let input = if raw { Value::Null } else { json(&body)? };
            (operation, path, input)
        }
    };
    let source = source(&parts);
    let uri_path = parts.uri.path().to_owned();
    Ok(Request { service, operation, principal, path, uri_path, source, query, headers: parts.headers, input, body })
}

/// Returns the address from which the listener received a request.
fn source(parts: &http::request::Parts) -> Option<IpAddr> {
    parts.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

fn named(known: &'static [&'static str], name: &str) -> Result<&'static str, AwsError> {
    known.iter().copied().find(|operation| *operation == name).ok_or_else(|| unknown(name))
}

fn unknown(what: &str) -> AwsError {
    AwsError::new(501, "UnknownOperationException", format!("the embedded AWS has no operation {what}"))
}

fn json(body: &Bytes) -> Result<Value, AwsError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(AwsError::new(400, "SerializationException", "the body is not a JSON object")),
    }
}

fn form(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

async fn answer(emulator: &Emulator, call: &Request) -> Result<Response, AwsError> {
    emulator.check_rate(call)?;
    if call.principal != Principal::Account {
        let world = emulator.account_state();
        let now = emulator.request_context().now;
        let request = iam::AuthorizationRequest { world: &world, principal: &call.principal, call: Some(call), now };
        iam::authorize(&request, emulator.as_role())?;
    }
    model::check(call)?;
    if call.service == Service::S3 && emulator.bucket_is_elsewhere(call.path("Bucket")) {
        return Err(s3::foreign(call));
    }
    if call.service == Service::Lambda && call.operation == "Invoke" {
        return lambda::invoke_call(emulator, call).await;
    }
    let context = emulator.request_context();
    if reads(call.operation) {
        // Reads advance states whose time has passed, so even a read works on a draft.
        let mut draft = emulator.account_state();
        return serve(&mut draft, call, &context);
    }
    if call.service == Service::Lambda {
        return lambda::mutate(emulator, call, &context).await;
    }
    let answer = emulator.change(|world| serve(world, call, &context)).await;
    if call.operation == "StartTestCaseExecution" && answer.is_ok() {
        connect::begin_executions(emulator);
    }
    answer
}

fn reads(operation: &str) -> bool {
    ["Get", "List", "Describe", "Search", "Query", "Scan", "BatchGet", "TransactGet", "Head", "Filter"]
        .iter()
        .any(|prefix| operation.starts_with(prefix))
}

fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let before = world.clone();
    let response = serve_in(world, call, context)?;
    tagging::update_index(&before, world, call, context);
    Ok(response)
}

fn serve_in(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    match call.service {
        Service::Acm => acm::serve(world, call, context),
        Service::ApiGateway => apigateway::serve(world, call, context),
        Service::Connect => connect::serve(world, call, context),
        Service::DynamoDb => dynamodb::serve(world, call, context),
        Service::Iam => iam::serve(world, call, context),
        Service::Lambda => lambda::serve(world, call, context),
        Service::Logs => logs::serve(world, call, context),
        Service::Sts => sts::serve(world, call, context),
        Service::S3 => s3::serve(world, call, context),
        Service::Tagging => tagging::serve(world, call, context),
    }
}
