//! Dispatch of an HTTP request to a service and of its result to an HTTP response.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::Emulator;
use crate::error::AwsError;
use crate::kernel::info::Protocol;
use crate::kernel::row::Row;
use crate::request::{Principal, Request, Service, route};
use crate::response::{self, Response};
use crate::services::{connect, lambda, s3};
use crate::{model, registry};

pub(crate) async fn handle(emulator: &Emulator, request: http::Request<Bytes>) -> http::Response<Bytes> {
    let request_id = emulator.request_context().uuid();
    let signed = match signed_for(&request) {
        Ok(signed) => signed,
        Err(refusal) => return response::write_error(registry::info(Service::Sts), &refusal, &request_id),
    };
    let service = signed.service;
    let head = request.method() == http::Method::HEAD;
    let answer = match emulator.for_signature(service, &signed.region, &signed.access_key) {
        Ok(there) => match call(&there, service, &signed.access_key, request) {
            Ok(call) => answer(&there, &call).await.map(|response| (call.operation(), response)),
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    let mut response = match answer {
        Ok((operation, response)) => response::write(registry::info(service), operation, response, &request_id),
        Err(refusal) => response::write_error(registry::info(service), &refusal, &request_id),
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
    Some((signed.service, call.operation()))
}

/// Returns the actions and resources by which a request is authorized.
pub(crate) fn required_actions(emulator: &Emulator, request: &http::Request<Bytes>) -> Vec<(String, String)> {
    let Ok(signed) = signed_for(request) else { return Vec::new() };
    let Ok(there) = emulator.for_signature(signed.service, &signed.region, &signed.access_key) else { return Vec::new() };
    let call = call(&there, signed.service, &signed.access_key, request.clone());
    let needs = call.map(|call| registry::required_actions(&mut there.account_state(), &call, &there.outside()));
    let needs = needs.unwrap_or_default();
    needs.into_iter().map(|need| (need.action, need.resource)).collect()
}

/// Writes `refusal` in the protocol of the request's service.
pub(crate) fn error_response(emulator: &Emulator, request: &http::Request<Bytes>, refusal: &AwsError) -> http::Response<Bytes> {
    let service = signed_for(request).map_or(Service::Sts, |signed| signed.service);
    response::write_error(registry::info(service), refusal, &emulator.request_context().uuid())
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
    let context = emulator.request_context();
    let principal = match emulator.account_state().iam.principal(service, access_key, token, context.now)? {
        Principal::Account if emulator.as_role().is_some() => Principal::TestRole,
        principal => principal,
    };
    let service = registry::info(service);
    let (row, path, headers, input, body) = match service.protocol {
        Protocol::S3 => {
            let s3::Decoded { row, path, headers, body } = s3::decode(&parts, body, &query)?;
            (row, path, headers, Value::Null, body)
        }
        protocol => {
            let (row, path, input) = decode(service.id, protocol, &parts, &query, &body)?;
            (row, path, parts.headers.clone(), input, body)
        }
    };
    let (source, uri_path) = (source(&parts), parts.uri.path().to_owned());
    Ok(Request { service, row, context, principal, path, uri_path, source, query, headers, input, body, attachment: None })
}

/// An operation, its path parameters and its input.
type Decoded = (&'static Row, BTreeMap<&'static str, String>, Value);

fn decode(
    service: Service,
    protocol: Protocol,
    parts: &http::request::Parts,
    query: &[(String, String)],
    body: &Bytes,
) -> Result<Decoded, AwsError> {
    let rows = registry::rows(service);
    match protocol {
        Protocol::Query(_) => {
            let text = String::from_utf8_lossy(body);
            let input: Map<String, Value> = form(&text).into_iter().map(|(key, value)| (key, Value::String(value))).collect();
            let action = input.get("Action").and_then(Value::as_str).unwrap_or_default();
            Ok((named(&rows, action)?, Default::default(), Value::Object(input)))
        }
        Protocol::Json(_) => {
            let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
            let name = target.rsplit_once('.').map_or(target, |(_, name)| name);
            Ok((named(&rows, name)?, Default::default(), json(body)?))
        }
        Protocol::RestJson { .. } | Protocol::RestXml(_) | Protocol::S3 => {
            let (row, path) = route(rows.into_iter(), parts.method.as_str(), parts.uri.path(), query)
                .ok_or_else(|| unknown(&format!("{} {}", parts.method, parts.uri.path())))?;
            let input = match protocol {
                _ if row.raw_body => Value::Null,
                Protocol::RestXml(_) => model::xml::input(registry::info(service), row, body)?,
                _ => json(body)?,
            };
            Ok((row, path, input))
        }
    }
}

/// Returns the address from which the listener received a request.
fn source(parts: &http::request::Parts) -> Option<IpAddr> {
    parts.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

fn named(known: &[&'static Row], name: &str) -> Result<&'static Row, AwsError> {
    known.iter().copied().find(|row| row.name == name).ok_or_else(|| unknown(name))
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

/// Decodes a query or the body of a form.
pub(crate) fn form(text: &str) -> Vec<(String, String)> {
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
        registry::authorize(&mut emulator.account_state(), call, &emulator.outside())?;
    }
    model::check(call)?;
    if call.service.id == Service::S3 && emulator.bucket_is_elsewhere(call.path("Bucket")) {
        return Err(s3::foreign(call));
    }
    match (call.service.id, call.operation()) {
        (Service::Lambda, "Invoke") => lambda::invoke_call(&emulator.runtime, call).await,
        // Reads advance states whose time has passed, so even a read works on a draft.
        _ if call.row.reads => registry::serve(&mut emulator.account_state(), call, &emulator.outside()),
        (Service::Lambda, _) => change_function(emulator, call).await,
        (Service::Connect, "StartTestCaseExecution") => {
            let answer = change(emulator, call).await?;
            let host: Arc<dyn connect::host::Host> = emulator.this()?;
            connect::begin_executions(&host);
            Ok(answer)
        }
        _ => change(emulator, call).await,
    }
}

async fn change(emulator: &Emulator, call: &Request) -> Result<Response, AwsError> {
    let outside = emulator.outside();
    emulator.change(|world| registry::serve(world, call, &outside)).await
}

/// Serves a changing request to Lambda: stores its code first, and removes code that is no longer referenced.
async fn change_function(emulator: &Emulator, call: &Request) -> Result<Response, AwsError> {
    let object = lambda::code_location(call)
        .map(|(bucket, key, version)| registry::object(&emulator.account_state(), &emulator.outside(), bucket, key, version));
    let upload = lambda::receive(&emulator.runtime.code_store, call, object);
    let with_code = |upload: &lambda::Received| Request { attachment: Some(lambda::attached(upload)), ..call.clone() };
    if emulator.is_unwritten() && matches!(upload, Ok(Some(_))) {
        // Code is stored before anything refers to it; the dry run avoids creating a state directory for a request that fails.
        emulator.dry_run(|world| registry::serve(world, &with_code(&upload), &emulator.outside()))?;
    }
    let upload = upload.and_then(|upload| upload.map(|upload| upload.persist(emulator)).transpose());
    let reply = change(emulator, &with_code(&upload)).await;
    drop(upload);
    lambda::sweep(&emulator.runtime);
    reply
}
