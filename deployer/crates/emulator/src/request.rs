//! One request, decoded before any service handles it.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::AwsError;
pub use crate::kernel::info::Service;
use crate::kernel::info::ServiceInfo;
use crate::kernel::row::Row;

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account itself, which is allowed everything.
    Account,
    /// A session of a role, authorized by the role's policies.
    Role {
        /// Role name.
        role: String,
        /// Session name.
        session: String,
    },
    /// The account, authorized by the policy that the embedded AWS was opened with.
    TestRole,
}

/// A decoded request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Service that the signature names.
    pub service: &'static ServiceInfo,
    /// The operation's row in the table of the service.
    pub row: &'static Row,
    /// Account, Region, time and ids.
    pub context: RequestContext,
    /// Caller of the request.
    pub principal: Principal,
    /// Decoded path parameters by the model's names: `{"RestApiId": "…"}` (REST protocols).
    pub path: BTreeMap<&'static str, String>,
    /// Raw path.
    pub uri_path: String,
    /// Remote address, if the request came over a connection.
    pub source: Option<std::net::IpAddr>,
    /// Decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// HTTP headers.
    pub headers: http::HeaderMap,
    /// Body: a JSON object, or the parameters of the query protocol as a flat object of strings. `{}` if empty.
    pub input: Value,
    /// Raw body.
    pub body: Bytes,
    /// What the service has read from the request before the change of its state.
    pub(crate) attachment: Option<Arc<dyn Any + Send + Sync>>,
}

/// A header that AWS does not have: the asynchronous operation that the request starts is accepted and fails in the end, where AWS reports
/// such failures afterwards (CreateInstance, ClaimPhoneNumber). It serves tests of a client's handling of such failures.
pub const FAIL_ASYNC_HEADER: &str = "x-embedded-aws-fail-async";

impl Request {
    /// Returns the name of the operation, as in the service's model: `CreateTable`.
    pub fn operation(&self) -> &'static str {
        self.row.name
    }

    /// Whether the asynchronous operation that the request starts is to fail.
    pub(crate) fn fails_async(&self) -> bool {
        self.headers.contains_key(FAIL_ASYNC_HEADER)
    }

    /// Returns a header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the last query parameter of this name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a path parameter; empty if the route has no such parameter.
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }
}

/// Finds the row whose route has the method, the raw (still percent-encoded) path and the constant query parameter, if it has one, and
/// binds its decoded parameters. The path is split before decoding, because IDs may contain encoded slashes (ARNs).
pub(crate) fn route(
    rows: impl Iterator<Item = &'static Row>,
    method: &str,
    raw_path: &str,
    query: &[(String, String)],
) -> Option<(&'static Row, BTreeMap<&'static str, String>)> {
    let given: Vec<&str> = raw_path.trim_matches('/').split('/').collect();
    let has = |(name, value): (&str, &str)| query.iter().any(|(key, given)| key == name && given == value);
    let routed = rows.filter_map(|row| Some((row, row.route_parts()?)));
    let fitting = routed.filter(|(_, (wanted, _, constant))| *wanted == method && constant.is_none_or(has));
    fitting.into_iter().find_map(|(row, (_, pattern, _))| Some((row, bind(pattern, &given)?)))
}

fn bind(pattern: &'static str, given: &[&str]) -> Option<BTreeMap<&'static str, String>> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut bound = BTreeMap::new();
    let wanted: Vec<&'static str> = pattern.trim_matches('/').split('/').collect();
    for (i, part) in wanted.iter().enumerate() {
        if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix("+}")) {
            bound.insert(name, decode(&given.get(i..)?.join("/")));
            return Some(bound);
        }
        let found = given.get(i)?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(_) if found.is_empty() => return None,
            Some(name) => drop(bound.insert(name, decode(found))),
            None if part == found => {}
            None => return None,
        }
    }
    (wanted.len() == given.len()).then_some(bound)
}

/// Context of a request: what a handler knows besides its state and the request's contents.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Current time.
    pub now: OffsetDateTime,
    /// Account ID.
    pub account: String,
    /// Region name.
    pub region: String,
    /// Factor by which durations are shortened.
    pub(crate) speed: f64,
    /// Whether counted quotas are those of a new account.
    pub(crate) quotas: bool,
    pub(crate) ids: Arc<Mutex<IdGenerator>>,
}

impl RequestContext {
    /// Returns the time at which an operation ends that takes AWS `realistic`.
    pub fn after(&self, realistic: Duration) -> OffsetDateTime {
        self.now + self.scaled(realistic)
    }

    /// Returns the duration here of what takes AWS `realistic`.
    pub fn scaled(&self, realistic: Duration) -> Duration {
        realistic.div_f64(self.speed.max(f64::MIN_POSITIVE))
    }

    /// Returns a new UUID.
    pub fn uuid(&self) -> String {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).uuid().to_string()
    }

    /// Returns a new ID of `length` lower-case letters and digits.
    pub fn id(&self, length: usize) -> String {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let mut id = String::new();
        while id.len() < length {
            let bytes = ids.uuid().into_bytes();
            id.extend(
                bytes.iter().take(6).map(|byte| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[usize::from(*byte) % 36])),
            );
        }
        id.truncate(length);
        id
    }
}

/// A source of generated IDs.
#[derive(Debug)]
pub struct IdGenerator {
    seed: Option<u64>,
    drawn: u64,
}

impl IdGenerator {
    /// Creates a generator whose IDs repeat for the same seed, or are random without one.
    pub fn new(seed: Option<u64>) -> Self {
        Self { seed, drawn: 0 }
    }

    fn uuid(&mut self) -> uuid::Uuid {
        self.drawn += 1;
        match self.seed {
            None => uuid::Uuid::new_v4(),
            Some(seed) => {
                let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{seed}/{}", self.drawn));
                let mut bytes = [0; 16];
                bytes.copy_from_slice(&digest[..16]);
                uuid::Builder::from_random_bytes(bytes).into_uuid()
            }
        }
    }
}

/// Returns a member of the input that must be a string; `None` if absent.
///
/// # Errors
/// Fails as AWS does if the member has another type.
pub fn string<'a>(input: &'a Value, name: &str) -> Result<Option<&'a str>, AwsError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(AwsError::serialization(name, "a string")),
    }
}

/// Returns a context for tests, in the account 111122223333.
#[cfg(test)]
pub(crate) fn sample_context() -> RequestContext {
    RequestContext {
        now: time::macros::datetime!(2026-11-23 10:00 UTC),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        speed: 1.0,
        quotas: false,
        ids: Arc::new(Mutex::new(IdGenerator::new(Some(1)))),
    }
}
