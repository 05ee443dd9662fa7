//! Responses and their form in each protocol.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::error::AwsError;
use crate::kernel::info::{Protocol, ServiceInfo};

/// A successful response.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Additional headers.
    pub headers: Vec<(&'static str, String)>,
    /// Response body.
    pub body: Body,
}

/// The body of a response.
#[derive(Debug, Clone)]
pub enum Body {
    /// No body.
    Empty,
    /// A JSON document.
    Json(Value),
    /// The inner XML of a query-protocol result: `<Arn>…</Arn>`; the wrapping elements are added.
    Query(String),
    /// A complete XML document.
    Xml(String),
    /// Bytes of a given content type.
    Raw(&'static str, Bytes),
    /// Bytes whose content type is among the headers, with user-defined headers.
    Bytes {
        /// Content of the body.
        bytes: Bytes,
        /// Headers with names chosen by the user.
        more: Vec<(String, String)>,
    },
}

impl Response {
    /// Creates a 200 response with JSON.
    pub fn json(body: Value) -> Self {
        Self::status(200, body)
    }

    /// Creates a response of this status with JSON.
    pub fn status(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    /// Creates a response of this status without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// Creates a 200 response with the inner XML of a query-protocol result.
    pub fn query(inner: impl Into<String>) -> Self {
        Self { status: 200, headers: Vec::new(), body: Body::Query(inner.into()) }
    }
}

/// Escapes text for XML 1.0 (section 2.2, Char). Characters that no document can contain, even as references, become U+FFFD; a carriage
/// return is preserved, which a parser would otherwise turn into a line feed (section 2.11).
pub fn xml_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(c),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Writes a successful response in the service's protocol.
pub fn write(service: &ServiceInfo, operation: &str, reply: Response, request_id: &str) -> http::Response<Bytes> {
    let mut more = Vec::new();
    let (content_type, body) = match reply.body {
        Body::Empty => (None, Bytes::new()),
        Body::Json(value) => (Some(json_type(service)), Bytes::from(value.to_string())),
        Body::Query(inner) => {
            let namespace = if let Protocol::Query(namespace) = service.protocol { namespace } else { "" };
            let xml = format!(
                "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{inner}</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
            );
            (Some("text/xml".to_owned()), Bytes::from(xml))
        }
        Body::Xml(xml) => (Some("application/xml".to_owned()), Bytes::from(xml)),
        Body::Raw(content_type, bytes) => (Some(content_type.to_owned()), bytes),
        Body::Bytes { bytes, more: own } => {
            more = own;
            (None, bytes)
        }
    };
    let mut builder = http::Response::builder().status(reply.status).header("x-amzn-requestid", request_id);
    if let Some(content_type) = content_type {
        builder = builder.header("content-type", content_type);
    }
    for (name, value) in reply.headers {
        builder = builder.header(name, value);
    }
    for (name, value) in more {
        builder = builder.header(name, value);
    }
    builder.body(body).unwrap_or_else(|_| http::Response::new(Bytes::new()))
}

/// Writes an error in the service's protocol.
pub fn write_error(service: &ServiceInfo, refusal: &AwsError, request_id: &str) -> http::Response<Bytes> {
    let builder = http::Response::builder().status(refusal.status).header("x-amzn-requestid", request_id);
    let response = match service.protocol {
        Protocol::Query(_) => {
            let kind = if refusal.status < 500 { "Sender" } else { "Receiver" };
            let xml = format!(
                "<ErrorResponse><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                refusal.code,
                xml_escape(&refusal.message)
            );
            builder.header("content-type", "text/xml").body(Bytes::from(xml))
        }
        Protocol::RestXml(namespace) => {
            let kind = if refusal.status < 500 { "Sender" } else { "Receiver" };
            let xml = format!(
                "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                refusal.code,
                xml_escape(&refusal.message)
            );
            builder.header("content-type", "text/xml").body(Bytes::from(xml))
        }
        Protocol::S3 => {
            // Members named like headers become headers; the others become elements of the error.
            let (mut builder, mut elements) = (builder, String::new());
            for (name, value) in &refusal.members {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                match name.starts_with("x-amz-") {
                    true => builder = builder.header(name, text),
                    false => elements.push_str(&format!("<{name}>{}</{name}>", xml_escape(&text))),
                }
            }
            let xml = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>{elements}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>",
                refusal.code,
                xml_escape(&refusal.message)
            );
            builder.header("content-type", "application/xml").body(Bytes::from(xml))
        }
        Protocol::Json(_) => {
            // DynamoDB spells the member `message` for most errors and `Message` for some; clients accept both.
            let mut body = json!({"__type": refusal.code, "message": refusal.message});
            add_members(&mut body, refusal);
            builder.header("content-type", json_type(service)).body(Bytes::from(body.to_string()))
        }
        Protocol::RestJson { message, error_type } => {
            let mut body = json!({message: refusal.message});
            if error_type {
                body["Type"] = if refusal.status < 500 { "User".into() } else { "Service".into() };
            }
            if !refusal.members.is_empty() && refusal.message.is_empty() {
                body = json!({});
            }
            add_members(&mut body, refusal);
            builder
                .header("content-type", "application/json")
                .header("x-amzn-errortype", refusal.code)
                .body(Bytes::from(body.to_string()))
        }
    };
    response.unwrap_or_else(|_| http::Response::new(Bytes::new()))
}

fn add_members(body: &mut Value, refusal: &AwsError) {
    if let Value::Object(body) = body {
        body.extend(refusal.members.clone());
    }
}

fn json_type(service: &ServiceInfo) -> String {
    match service.protocol {
        Protocol::Json(version) => format!("application/x-amz-json-{version}"),
        _ => "application/json".to_owned(),
    }
}
