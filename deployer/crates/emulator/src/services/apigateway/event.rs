//! Input event of a proxy integration's function, and the conversion of its response (API Gateway guide,
//! set-up-lambda-proxy-integrations: input and output format).

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::target::{Caller, RouteTarget};
use super::tree::Resource;
use crate::server::header_case::HeaderCase;

/// Request data besides its HTTP form.
pub(crate) struct RequestInfo<'a> {
    pub(crate) id: &'a str,
    pub(crate) host: &'a str,
    pub(crate) peer: IpAddr,
    pub(crate) resource: &'a Resource,
    pub(crate) operation: Option<&'a str>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) caller: Caller,
    pub(crate) now: OffsetDateTime,
}

/// Builds the event.
pub(crate) fn build(place: &RouteTarget, given: &RequestInfo<'_>, request: &Request<Bytes>, binary: &[String]) -> Value {
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
        // Leading slashes are collapsed here; the request context keeps them (localstack/localstack,
        // test_apigateway_lambda.snapshot.json, recorded on AWS).
        "path": format!("/{}", request.uri().path().trim_start_matches('/')),
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

type MultiValueMap = BTreeMap<String, Vec<String>>;

fn last(many: &MultiValueMap) -> Value {
    Value::Object(many.iter().filter_map(|(key, values)| Some((key.clone(), json!(values.last()?)))).collect())
}

/// Headers that are not passed to integrations (API Gateway guide, important notes for REST APIs), and those of the connection.
const DROPPED: [&str; 14] = [
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "host",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Returns the headers as the function sees them: with the client's spelling (localstack/localstack,
/// test_apigateway_lambda.snapshot.json, recorded on AWS), lower-case over HTTP/2.
fn headers(request: &Request<Bytes>, given: &RequestInfo<'_>) -> MultiValueMap {
    let mut headers = MultiValueMap::new();
    let spelled = request.extensions().get::<HeaderCase>();
    for (name, value) in request.headers() {
        if !DROPPED.contains(&name.as_str()) {
            let name = spelled.map_or(name.as_str(), |spelled| spelled.of(name.as_str()));
            headers.entry(name.to_owned()).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }
    let forwarded = |name: &String| name.eq_ignore_ascii_case("x-forwarded-for");
    let before = headers.iter().find(|(name, _)| forwarded(name)).and_then(|(_, values)| values.last().cloned());
    let chain = before.map_or_else(|| given.peer.to_string(), |before| format!("{before}, {}", given.peer));
    let own = [
        ("Host", given.host.to_owned()),
        ("X-Amzn-Trace-Id", format!("Root=1-{:08x}-{}", given.now.unix_timestamp(), hex24(given.id))),
        ("X-Forwarded-For", chain),
        ("X-Forwarded-Port", "443".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
    ];
    for (name, value) in own {
        headers.retain(|known, _| !known.eq_ignore_ascii_case(name));
        headers.insert(name.to_owned(), vec![value]);
    }
    headers
}

fn hex24(id: &str) -> String {
    id.chars().filter(char::is_ascii_hexdigit).take(24).collect()
}

fn query(text: &str) -> MultiValueMap {
    let decode = |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut query = MultiValueMap::new();
    // A semicolon is a separator, too (API Gateway guide, important notes for REST APIs).
    for pair in text.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        query.entry(decode(key)).or_default().push(decode(value));
    }
    query
}

fn context(place: &RouteTarget, given: &RequestInfo<'_>, request: &Request<Bytes>, headers: &MultiValueMap) -> Value {
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
    // Only for methods that require a key (developer guide, "$context Variables").
    if let Some((id, value)) = &given.caller.key {
        context["identity"]["apiKey"] = json!(value);
        context["identity"]["apiKeyId"] = json!(id);
    }
    if let Some(arn) = &given.caller.arn {
        context["identity"]["userArn"] = json!(arn);
        context["identity"]["accountId"] = json!(place.account);
    }
    if let Some(operation) = given.operation {
        context["operationName"] = json!(operation);
    }
    context
}

/// Whether a media type is one of the API's binary types.
fn matches(binary: &[String], content_type: &str) -> bool {
    let given = content_type.split(';').next().unwrap_or_default().trim();
    binary.iter().any(|wanted| {
        wanted == "*/*"
            || !given.is_empty() && wanted.eq_ignore_ascii_case(given)
            || wanted.strip_suffix("/*").is_some_and(|kind| given.split('/').next() == Some(kind))
    })
}

/// Allowed members of a response. None is required, and no other is allowed (localstack/localstack,
/// test_aws_proxy_response_payload_format_validation, run on AWS).
const MEMBERS: [&str; 5] = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];

/// Returns the HTTP response for a function's payload; `None` if it is malformed.
pub(crate) fn response(payload: &[u8], asked: &HeaderMap, binary: &[String]) -> Option<Response<Bytes>> {
    let payload: Value = serde_json::from_slice(payload).ok()?;
    let payload = payload.as_object()?;
    if payload.keys().any(|member| !MEMBERS.contains(&member.as_str())) {
        return None;
    }
    let status = match payload.get("statusCode") {
        // That null is equivalent to a missing member is unverified.
        None | Some(Value::Null) => 200,
        Some(Value::Number(number)) => u16::try_from(number.as_u64()?).ok()?,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(_) => return None,
    };
    let body = match payload.get("body") {
        None | Some(Value::Null) => "",
        Some(Value::String(body)) => body,
        Some(_) => return None,
    };
    let accept = asked.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = match payload.get("isBase64Encoded") {
        None | Some(Value::Null | Value::Bool(false)) => Bytes::from(body.to_owned()),
        // Decoded only for a client that accepts a binary media type of the API; only its first choice counts (API Gateway
        // guide, api-gateway-payload-encodings-workflow).
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

/// Headers that API Gateway reserves: those of a function's response are renamed (API Gateway guide, important notes for REST
/// APIs; dherault/serverless-offline#236).
const REMAPPED: [&str; 13] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

/// Sets the headers: for a name in both members, the list values precede the single one (localstack/localstack,
/// test_apigateway_lambda.snapshot.json, recorded on AWS).
fn set_headers(headers: &mut HeaderMap, payload: &Map<String, Value>) -> Option<()> {
    for (name, values) in members(payload, "multiValueHeaders")?.into_iter().flatten() {
        let name = header_name(name)?;
        for value in values.as_array()? {
            headers.append(name.clone(), header_value(value)?);
        }
    }
    for (name, value) in members(payload, "headers")?.into_iter().flatten() {
        headers.append(header_name(name)?, header_value(value)?);
    }
    for name in ["transfer-encoding", "te", "trailer", "keep-alive"] {
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
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    if REMAPPED.contains(&name.as_str()) {
        return HeaderName::from_bytes(format!("x-amzn-remapped-{name}").as_bytes()).ok();
    }
    Some(name)
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
    fn answers_outside_the_format_are_malformed() {
        for payload in [
            json!(null),
            json!([]),
            json!("text"),
            json!({"errorMessage": "x", "errorType": "y"}),
            json!({"statusCode": 200, "StatusCode": 200}),
            json!({"statusCode": "abc"}),
            json!({"statusCode": 99}),
            json!({"statusCode": 200.5}),
            json!({"statusCode": true}),
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
    fn no_member_of_an_answer_is_needed() {
        for left in 0..1 << MEMBERS.len() {
            let full = [json!(200), json!({"a": "1"}), json!({"b": ["2"]}), json!("x"), json!(false)];
            let some = MEMBERS.iter().zip(full).enumerate().filter(|(n, _)| left >> n & 1 == 1);
            let payload: Map<String, Value> = some.map(|(_, (name, value))| ((*name).to_owned(), value)).collect();
            let response = answered(&Value::Object(payload.clone())).unwrap_or_else(|| panic!("malformed: {payload:?}"));
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }

    #[test]
    fn lists_of_values_come_before_single_ones() {
        let payload = json!({"statusCode": "201", "headers": {"A": "1", "B": true}, "multiValueHeaders": {"a": ["3", "4"]}});
        let response = answered(&payload).expect("a response");
        assert_eq!(response.status(), 201);
        let all: Vec<&[u8]> = response.headers().get_all("a").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(all, [b"3", b"4", b"1"]);
        assert_eq!(response.headers()["b"], "true");
    }

    #[test]
    fn reserved_headers_come_under_another_name() {
        for name in REMAPPED {
            let response = answered(&json!({"headers": {name: "x"}})).expect("a response");
            assert!(response.headers().get(name).is_none(), "{name}");
            assert_eq!(response.headers()[format!("x-amzn-remapped-{name}")], "x");
        }
    }

    #[test]
    fn semicolons_split_queries() {
        let many = |text: &str| json!(query(text));
        assert_eq!(many("a=1;b=2&a=3"), json!({"a": ["1", "3"], "b": ["2"]}));
        assert_eq!(many("a=1%3Bb&a"), json!({"a": ["1;b", ""]}));
    }
}
