//! The event that a proxy integration gives its function, and what its answer means
//! (API Gateway guide, set-up-lambda-proxy-integrations: input and output format).

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::request::Place;
use super::tree::Resource;

/// What is known of a request besides its HTTP form.
pub(crate) struct Given<'a> {
    pub(crate) id: &'a str,
    pub(crate) host: &'a str,
    pub(crate) peer: IpAddr,
    pub(crate) resource: &'a Resource,
    pub(crate) operation: Option<&'a str>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) now: OffsetDateTime,
}

/// The event.
pub(crate) fn build(place: &Place, given: &Given<'_>, request: &Request<Bytes>, binary: &[String]) -> Value {
    let headers = headers(request, given);
    let query = query(request.uri().query().unwrap_or_default());
    let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_binary = matches(binary, content_type);
    let body = match request.body() {
        body if body.is_empty() => Value::Null,
        body if is_binary => json!(BASE64_STANDARD.encode(body)),
        body => json!(String::from_utf8_lossy(body)),
    };
    let variables = &place.stage.variables;
    json!({
        "resource": given.resource.path,
        "path": request.uri().path(),
        "httpMethod": request.method().as_str(),
        "headers": last(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": none_if_empty(last(&query)),
        "multiValueQueryStringParameters": none_if_empty(json!(query)),
        "pathParameters": none_if_empty(json!(given.parameters)),
        "stageVariables": none_if_empty(json!(variables)),
        "requestContext": context(place, given, request, &headers),
        "body": body,
        "isBase64Encoded": is_binary && !request.body().is_empty(),
    })
}

fn none_if_empty(value: Value) -> Value {
    if value.as_object().is_some_and(Map::is_empty) { Value::Null } else { value }
}

type Many = BTreeMap<String, Vec<String>>;

fn last(many: &Many) -> Value {
    Value::Object(many.iter().filter_map(|(key, values)| Some((key.clone(), json!(values.last()?)))).collect())
}

/// The headers as the function sees them. Over HTTP/1.1 names come as clients usually write them, because the server
/// below has folded their case; over HTTP/2 they are lower-case. What API Gateway itself adds is spelled its way.
fn headers(request: &Request<Bytes>, given: &Given<'_>) -> Many {
    let mut headers = Many::new();
    let fold = request.version() != Version::HTTP_2;
    for (name, value) in request.headers() {
        let name = if fold { title_case(name.as_str()) } else { name.as_str().to_owned() };
        if !matches!(name.to_ascii_lowercase().as_str(), "host" | "connection" | "transfer-encoding" | "keep-alive" | "upgrade") {
            headers.entry(name).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }
    let own = [
        ("Host", given.host.to_owned()),
        ("X-Amzn-Trace-Id", format!("Root=1-{:08x}-{}", given.now.unix_timestamp(), hex24(given.id))),
        ("X-Forwarded-Port", "443".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
    ];
    for (name, value) in own {
        headers.insert(name.to_owned(), vec![value]);
    }
    let before = headers.remove("X-Forwarded-For").or_else(|| headers.remove("x-forwarded-for")).and_then(|mut all| all.pop());
    let forwarded = before.map_or_else(|| given.peer.to_string(), |before| format!("{before}, {}", given.peer));
    headers.insert("X-Forwarded-For".to_owned(), vec![forwarded]);
    headers
}

fn title_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    });
    words.collect::<Vec<_>>().join("-")
}

fn hex24(id: &str) -> String {
    id.chars().filter(char::is_ascii_hexdigit).take(24).collect()
}

fn query(text: &str) -> Many {
    let decode = |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut query = Many::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        query.entry(decode(key)).or_default().push(decode(value));
    }
    query
}

fn context(place: &Place, given: &Given<'_>, request: &Request<Bytes>, headers: &Many) -> Value {
    let clock = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let now = given.now.to_offset(time::UtcOffset::UTC);
    let agent = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("user-agent")).and_then(|(_, values)| values.last());
    let protocol = if request.version() == Version::HTTP_2 { "HTTP/2.0" } else { "HTTP/1.1" };
    let mut context = json!({
        "resourceId": given.resource.id,
        "resourcePath": given.resource.path,
        "httpMethod": request.method().as_str(),
        "extendedRequestId": format!("{}=", BASE64_STANDARD.encode(&given.id.as_bytes()[..given.id.len().min(9)])),
        "requestTime": now.format(clock).unwrap_or_default(),
        "path": request.uri().path(),
        "accountId": place.account,
        "protocol": protocol,
        "stage": place.stage.name,
        "domainPrefix": given.host.split('.').next().unwrap_or_default(),
        "requestTimeEpoch": now.unix_timestamp_nanos() / 1_000_000,
        "requestId": given.id,
        "identity": {
            "cognitoIdentityPoolId": null, "accountId": null, "cognitoIdentityId": null, "caller": null,
            "sourceIp": given.peer.to_string(), "principalOrgId": null, "accessKey": null, "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null, "userArn": null, "userAgent": agent, "user": null,
        },
        "domainName": given.host,
        "deploymentId": place.deployment,
        "apiId": place.api,
    });
    if let Some(operation) = given.operation {
        context["operationName"] = json!(operation);
    }
    context
}

/// Whether a media type is one of the API's binary ones.
fn matches(binary: &[String], content_type: &str) -> bool {
    let given = content_type.split(';').next().unwrap_or_default().trim();
    binary.iter().any(|wanted| {
        wanted == "*/*"
            || !given.is_empty() && wanted.eq_ignore_ascii_case(given)
            || wanted.strip_suffix("/*").is_some_and(|kind| given.split('/').next() == Some(kind))
    })
}

/// The HTTP answer that a function's payload asks for; `None` if it is malformed.
pub(crate) fn response(payload: &[u8], asked: &HeaderMap, binary: &[String]) -> Option<Response<Bytes>> {
    let payload: Value = serde_json::from_slice(payload).ok()?;
    let payload = payload.as_object()?;
    let status = match payload.get("statusCode")? {
        Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let body = match payload.get("body") {
        None | Some(Value::Null) => "",
        Some(Value::String(body)) => body,
        Some(_) => return None,
    };
    let accept = asked.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = match payload.get("isBase64Encoded") {
        None | Some(Value::Null | Value::Bool(false)) => Bytes::from(body.to_owned()),
        // Decoded only for a client that accepts a binary media type of the API, first choice counts
        // (API Gateway guide, api-gateway-payload-encodings-workflow).
        Some(Value::Bool(true)) if matches(binary, accept.split(',').next().unwrap_or_default()) => {
            Bytes::from(BASE64_STANDARD.decode(body).ok()?)
        }
        Some(Value::Bool(true)) => Bytes::from(body.to_owned()),
        Some(_) => return None,
    };
    if !(100..=599).contains(&status) {
        return None;
    }
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).ok()?;
    set_headers(response.headers_mut(), payload)?;
    response.headers_mut().entry("content-type").or_insert(HeaderValue::from_static("application/json"));
    Some(response)
}

/// Single values first; a name in both is taken from the lists (guide, output format).
fn set_headers(headers: &mut HeaderMap, payload: &Map<String, Value>) -> Option<()> {
    let single = members(payload, "headers")?.into_iter().flatten();
    for (name, value) in single {
        headers.insert(header_name(name)?, header_value(value)?);
    }
    for (name, values) in members(payload, "multiValueHeaders")?.into_iter().flatten() {
        let name = header_name(name)?;
        headers.remove(&name);
        for value in values.as_array()? {
            headers.append(name.clone(), header_value(value)?);
        }
    }
    // The connection is the server's own affair.
    for name in ["connection", "transfer-encoding", "content-length", "keep-alive", "upgrade"] {
        headers.remove(name);
    }
    Some(())
}

fn members<'a>(payload: &'a Map<String, Value>, name: &str) -> Option<Option<&'a Map<String, Value>>> {
    match payload.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_object().map(Some),
    }
}

fn header_name(name: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_bytes()).ok()
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    HeaderValue::from_bytes(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(payload: &Value) -> Option<Response<Bytes>> {
        response(payload.to_string().as_bytes(), &HeaderMap::new(), &[])
    }

    #[test]
    fn an_answer_that_is_no_proxy_response_is_malformed() {
        for payload in [
            json!(null),
            json!([]),
            json!("text"),
            json!({}),
            json!({"body": "x"}),
            json!({"statusCode": "abc"}),
            json!({"statusCode": 99}),
            json!({"statusCode": 200, "body": {"a": 1}}),
            json!({"statusCode": 200, "headers": []}),
            json!({"statusCode": 200, "headers": {"a b": "x"}}),
            json!({"statusCode": 200, "headers": {"a": {}}}),
            json!({"statusCode": 200, "multiValueHeaders": {"a": "x"}}),
            json!({"statusCode": 200, "isBase64Encoded": "yes"}),
        ] {
            assert!(answered(&payload).is_none(), "{payload}");
        }
    }

    #[test]
    fn a_header_in_both_places_is_taken_from_the_lists() {
        let payload = json!({"statusCode": "201", "headers": {"A": "1", "B": 2}, "multiValueHeaders": {"a": ["3", "4"]}});
        let response = answered(&payload).expect("a response");
        assert_eq!(response.status(), 201);
        let all: Vec<&[u8]> = response.headers().get_all("a").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(all, [b"3", b"4"]);
        assert_eq!(response.headers()["b"], "2");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}
