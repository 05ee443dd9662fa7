//! One request, taken apart, before any service looks at it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::services::s3;
use crate::shared::Shared;

/// The services there are, by signing name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Service {
    Acm,
    ApiGateway,
    Connect,
    DynamoDb,
    Iam,
    Lambda,
    Logs,
    S3,
    Sts,
    Tagging,
}

impl Service {
    /// The service with this signing name.
    pub fn from_signing_name(name: &str) -> Option<Self> {
        Some(match name {
            "acm" => Self::Acm,
            "apigateway" => Self::ApiGateway,
            "connect" => Self::Connect,
            "dynamodb" => Self::DynamoDb,
            "iam" => Self::Iam,
            "lambda" => Self::Lambda,
            "logs" => Self::Logs,
            "s3" => Self::S3,
            "sts" => Self::Sts,
            "tagging" => Self::Tagging,
            _ => return None,
        })
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account itself: everything is allowed.
    Account,
    /// A session of a role, judged by the role's policies.
    Role {
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
    },
    /// The account, judged by the policy that the embedded AWS was opened with.
    Judged,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service that the signature names.
    pub service: Service,
    /// The operation, as in the service's model: `CreateTable`.
    pub operation: &'static str,
    /// Who calls.
    pub principal: Principal,
    /// Decoded parts of the path, bound to the model's names: `{"RestApiId": "…"}` (REST protocols).
    pub path: BTreeMap<&'static str, String>,
    /// The path as it came.
    pub uri_path: String,
    /// The address that it came from, if it came over a connection.
    pub source: Option<std::net::IpAddr>,
    /// Query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: http::HeaderMap,
    /// The body: JSON object, or the parameters of the query protocol as a flat object of strings. `{}` if empty.
    pub input: Value,
    /// The body as it came.
    pub body: Bytes,
}

/// A header that AWS does not know: what the request begins is accepted, and comes to nothing in the end, as far as AWS tells such
/// failures afterwards (CreateInstance, ClaimPhoneNumber). For whoever wants to see what a client makes of that.
pub const FAIL_ASYNC_HEADER: &str = "x-embedded-aws-comes-to-nothing";

impl Request {
    /// Whether what it begins is to fail in the end.
    pub(crate) fn comes_to_nothing(&self) -> bool {
        self.headers.contains_key(FAIL_ASYNC_HEADER)
    }

    /// The last query parameter of this name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A part of the path; empty if the route has no such part.
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }
}

/// One route of a REST protocol: method, pattern such as `/restapis/{restapi_id}/stages`, operation.
/// A part `{Name+}` takes the rest of the path.
pub type Route = (&'static str, &'static str, &'static str);

/// Finds the route for a method and the raw (still percent-encoded) path, and binds its decoded parts.
/// Parts are split before decoding, because ids may hold encoded slashes (ARNs).
pub fn route(routes: &[Route], method: &str, raw_path: &str) -> Option<(&'static str, BTreeMap<&'static str, String>)> {
    let given: Vec<&str> = raw_path.trim_matches('/').split('/').collect();
    routes
        .iter()
        .filter(|(wanted, ..)| *wanted == method)
        .find_map(|(_, pattern, operation)| Some((*operation, bind(pattern, &given)?)))
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

/// What a handler may use besides the world and the call.
pub struct RequestContext<'a> {
    /// The present moment.
    pub now: OffsetDateTime,
    /// By how much durations are shortened.
    pub(crate) speed: f64,
    /// Whether counted quotas are those of a new account.
    pub(crate) quotas: bool,
    /// The policy by which the account's own calls are judged, if they are.
    pub(crate) policy: Option<&'a str>,
    /// The account's buckets, where the world that is acted in is not the one that has them.
    pub(crate) buckets: Option<Shared<s3::State>>,
    pub(crate) ids: &'a Mutex<IdGenerator>,
}

impl RequestContext<'_> {
    /// The moment at which something that takes AWS `realistic` is over.
    pub fn after(&self, realistic: Duration) -> OffsetDateTime {
        self.now + self.shortened(realistic)
    }

    /// What takes AWS `realistic` here.
    pub fn shortened(&self, realistic: Duration) -> Duration {
        realistic.div_f64(self.speed.max(f64::MIN_POSITIVE))
    }

    /// A fresh UUID.
    pub fn uuid(&self) -> String {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).uuid().to_string()
    }

    /// A fresh id of `length` lower-case letters and digits.
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

/// The source of generated ids.
#[derive(Debug)]
pub struct IdGenerator {
    seed: Option<u64>,
    drawn: u64,
}

impl IdGenerator {
    /// Ids that repeat for the same seed, or random ones.
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

/// A member of the input that must be a string; absent is `None`, another type is refused as AWS refuses it.
pub fn string<'a>(input: &'a Value, name: &str) -> Result<Option<&'a str>, AwsError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(AwsError::serialization(name, "a string")),
    }
}
