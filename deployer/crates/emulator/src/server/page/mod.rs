//! The local page `/_deployer`: the stack, its flows with the block that a call is in, a keypad to call with, items and logs. AWS has no such
//! page; the path cannot be one of AWS's, since no service here has a path that starts with an underscore.
//!
//! The page itself is static. Its data are behind a request header that no page of another origin can set, besides the admission of every
//! request. If credentials are required, everything here needs the page's key: in the query for what the browser loads itself, in that header
//! for what the script loads. A cookie would be sent to every other port of this machine (RFC 6265, section 8.5), and so to other users.

mod calls;
mod state;

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::bare::bare;
use crate::Emulator;
use crate::dispatch::form;

/// Path of the page. Everything that belongs to it is below.
pub const PATH: &str = "/_deployer";
/// Header of the requests of the page's script; its value is the page's key, if credentials are required.
pub const HEADER: &str = "x-deployer-page";

/// Maximum size of a request body in bytes.
const MAX_BODY: usize = 16 * 1024;
/// Time to wait for an event of a call. A listener that stops waits for requests in flight, so this is short.
const WAIT: Duration = Duration::from_secs(1);

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// A request to the page: its query and body.
struct PageRequest {
    query: Vec<(String, String)>,
    body: Bytes,
}

impl PageRequest {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the address of the page at `address`, with its key if one is required.
pub fn url(address: std::net::SocketAddr, access_key: Option<&crate::AccessKey>) -> String {
    let key = access_key.map(|key| format!("?key={}", key.page_key())).unwrap_or_default();
    format!("http://{address}{PATH}{key}")
}

/// Whether a path is of the page.
pub(crate) fn serves(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request that [`serves`] this page.
pub(crate) async fn answer(emulator: Weak<Emulator>, request: Request<Incoming>) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let Some(emulator) = emulator.upgrade() else { return bare(StatusCode::SERVICE_UNAVAILABLE) };
    let query = form(parts.uri.query().unwrap_or_default());
    let mut response = match is_allowed(&emulator, &parts.headers, &query) {
        false => error(StatusCode::FORBIDDEN, "the page needs its key: open the address that `deployer local serve` has printed"),
        true => match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => route(&emulator, &parts, PageRequest { query, body: body.to_bytes() }).await,
            Err(_) => error(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than 16 KiB"),
        },
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a request has the page's key, if one is required.
fn is_allowed(emulator: &Emulator, headers: &HeaderMap, query: &[(String, String)]) -> bool {
    let Some(key) = emulator.access_key() else { return true };
    // Compares digests, so that the timing reveals nothing of the key.
    let digest = |bytes: &[u8]| ring::digest::digest(&ring::digest::SHA256, bytes);
    let expected = digest(key.page_key().as_bytes());
    let in_header = headers.get(HEADER).map(HeaderValue::as_bytes);
    let in_query = query.iter().find(|(name, _)| name == "key").map(|(_, value)| value.as_bytes());
    [in_header, in_query].into_iter().flatten().any(|given| digest(given).as_ref() == expected.as_ref())
}

async fn route(emulator: &Arc<Emulator>, parts: &Parts, request: PageRequest) -> Response<Bytes> {
    let path: Vec<&str> = parts.uri.path().trim_start_matches(PATH).split('/').filter(|part| !part.is_empty()).collect();
    let key = request.query("key").map(|_| emulator.access_key()).and_then(|key| Some(format!("?key={}", key?.page_key())));
    match (&parts.method, path.as_slice()) {
        (&Method::GET, []) => {
            let html = include_str!("page.html").replace("{KEY}", &key.unwrap_or_default());
            content("text/html; charset=utf-8", html)
        }
        (&Method::GET, ["page.js"]) => content("text/javascript; charset=utf-8", include_str!("page.js")),
        (&Method::GET, ["page.css"]) => content("text/css; charset=utf-8", include_str!("page.css")),
        (_, [] | ["page.js" | "page.css"]) => error(StatusCode::METHOD_NOT_ALLOWED, "only GET"),
        (method, path) => {
            // A page of another origin cannot set it without asking first, and is not answered.
            if !parts.headers.contains_key(HEADER) {
                return error(StatusCode::FORBIDDEN, "only the page's own script is answered");
            }
            match (method, path) {
                (&Method::GET, ["state"]) => state::state(emulator, &request),
                (&Method::GET, ["flow"]) => state::flow(emulator, &request),
                (&Method::POST, ["calls"]) => calls::begin(emulator, &request),
                (&Method::GET, ["calls", id]) => calls::events(emulator, id, &request).await,
                (&Method::POST, ["calls", id]) => calls::press(emulator, id, &request),
                (_, ["state" | "flow" | "calls"] | ["calls", _]) => error(StatusCode::METHOD_NOT_ALLOWED, "not with this method"),
                _ => error(StatusCode::NOT_FOUND, "there is no such page"),
            }
        }
    }
}

fn content(kind: &'static str, text: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn json(status: StatusCode, value: &Value) -> Response<Bytes> {
    let mut response = content("application/json", value.to_string());
    *response.status_mut() = status;
    response
}

fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    json(status, &json!({ "message": message }))
}
