//! The response object of a Lambda proxy integration.
//!
//! Source: API Gateway developer guide, "Output format of a Lambda function for proxy integration" (REST APIs): `body` is a
//! string.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A response for API Gateway.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    pub(crate) status_code: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: String,
    pub(crate) is_base64_encoded: bool,
}

impl Response {
    /// Returns a JSON response that the client may cache but must revalidate before use.
    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, "application/json", body.to_string()).with("cache-control", "private, no-cache")
    }

    /// Returns a document with its own content-security policy, cacheable for a few minutes.
    pub(crate) fn html(body: String, policy: &str) -> Self {
        let response = Self::new(200, "text/html; charset=utf-8", body);
        response.with("content-security-policy", policy).with("cache-control", "public, max-age=300")
    }

    /// Returns problem details (RFC 9457).
    pub(crate) fn problem(status: u16, title: &str, detail: &str) -> Self {
        let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
        Self::new(status, "application/problem+json", body.to_string()).with("cache-control", "no-store")
    }

    fn new(status_code: u16, content_type: &str, body: String) -> Self {
        Self { status_code, headers: BTreeMap::new(), body, is_base64_encoded: false }
            .with("content-type", content_type)
            .with("x-content-type-options", "nosniff")
            .with("referrer-policy", "no-referrer")
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.to_owned());
        self
    }

    /// Adds the ETag and omits the body if the client already has it (`If-None-Match`, RFC 9110 section 13.1.2).
    pub(crate) fn with_etag(self, known: Option<&str>) -> Self {
        let tag = format!("\"{}\"", hex(&Sha256::digest(&self.body)[..16]));
        let is_known = known.is_some_and(|known| known.split(',').any(|one| is_same(one.trim(), &tag)));
        let mut response = self.with("etag", &tag);
        if is_known {
            response.status_code = 304;
            response.body.clear();
            response.headers.remove("content-type");
        }
        response
    }
}

fn is_same(one: &str, tag: &str) -> bool {
    one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
