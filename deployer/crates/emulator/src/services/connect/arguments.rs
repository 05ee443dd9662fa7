//! Input parsing and paging shared by the operations.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::page::page;
use crate::request::Request;
use crate::response::Response;

/// Code of a bad argument: operations on instances themselves declare only the first (botocore model).
pub(super) const REQUEST: &str = "InvalidRequestException";
pub(super) const PARAMETER: &str = "InvalidParameterException";

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> AwsError {
    AwsError::new(400, code, message)
}

/// Returns a string member whose type the model has already validated.
pub(super) fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

/// Returns a structured member that the model has already validated.
pub(super) fn parsed<T: DeserializeOwned>(input: &Value, name: &str) -> Result<Option<T>, AwsError> {
    let given = input.get(name).filter(|given| !given.is_null());
    let read = |given: &Value| serde_json::from_value(given.clone()).map_err(|_| AwsError::serialization(name, "well-formed"));
    given.map(read).transpose()
}

/// Returns the tags of the input, which the model has already validated.
pub(super) fn given_tags(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    Ok(parsed(input, "Tags")?.unwrap_or_default())
}

/// Returns the error for a resource that does not exist. The message text is unverified.
pub(super) fn not_found(what: &str, which: &str) -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", format!("{what} not found: {which}"))
}

/// Returns the error for a name that is already in use. The message text is unverified.
pub(super) fn duplicate(what: &str, name: &str) -> AwsError {
    AwsError::new(409, "DuplicateResourceException", format!("{what} with the name {name} already exists"))
}

/// Returns the error for a resource that another one refers to: "remove its reference from related resources and then try
/// again" (botocore model, ResourceInUseException). The message text is unverified.
pub(super) fn in_use(what: &str, which: &str, by: &str) -> AwsError {
    AwsError::new(409, "ResourceInUseException", format!("{what} {which} is in use by {by}"))
}

/// Returns the error for an instance that has reached a quota. The message text is unverified.
pub(super) fn limit(what: &str, quota: usize) -> AwsError {
    AwsError::new(429, "LimitExceededException", format!("The instance has reached its quota of {quota} {what}"))
}

/// Returns a required boolean.
pub(super) fn boolean(input: &Value, name: &str, at: &str, faults: &mut ValidationErrors) -> Result<bool, AwsError> {
    match input.get(name) {
        None | Some(Value::Null) => {
            faults.required::<()>(at, None);
            Ok(false)
        }
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(AwsError::serialization(name, "a boolean")),
    }
}

/// Returns a map of tags: at most 50, keys of 1 to 128 characters that do not begin with `aws:`, values of at most 256
/// (botocore model).
pub(super) fn tags(input: &Value, name: &str, faults: &mut ValidationErrors) -> Result<BTreeMap<String, String>, AwsError> {
    let map = match input.get(name) {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(map) => map.clone(),
    };
    let tags: BTreeMap<String, String> =
        serde_json::from_value(map).map_err(|_| AwsError::serialization(name, "a map of strings"))?;
    if tags.is_empty() {
        faults.add("{}", "tags", "Member must have length greater than or equal to 1");
    } else if tags.len() > MAX_TAGS {
        faults.add("{...}", "tags", format!("Member must have length less than or equal to {MAX_TAGS}"));
    }
    for (key, value) in &tags {
        tag_key(key, faults);
        faults.length("tags.value", Some(value), 0..=256);
    }
    Ok(tags)
}

/// Maximum number of tags on one resource.
pub(super) const MAX_TAGS: usize = 50;

pub(super) fn tag_key(key: &str, faults: &mut ValidationErrors) {
    faults.length("tags.key", Some(key), 1..=128);
    let allowed =
        |key: &str| !key.starts_with("aws:") && key.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c));
    faults.pattern("tags.key", Some(key), r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$", allowed);
}

/// Page size and start token of a list, from the query or the body.
pub(super) struct Paging {
    token: Option<String>,
    size: usize,
    code: &'static str,
}

impl Paging {
    /// Reads paging from the query, for lists read with GET. Without a page size, a page has half of the maximum, and [`DEFAULT_PAGE_SIZE`]
    /// at most: AWS promises no size, and this exposes a caller that reads only the first page.
    pub(super) fn of_query(call: &Request, most: i64, code: &'static str) -> Result<Self, AwsError> {
        let size =
            call.query("maxResults").map(|size| size.parse().map_err(|_| AwsError::serialization("maxResults", "an integer")));
        Self::new(call.query("nextToken"), size.transpose()?, most, code)
    }

    /// Reads paging from the body, for searches.
    pub(super) fn of_body(call: &Request, most: i64, code: &'static str) -> Result<Self, AwsError> {
        let size = call
            .input
            .get("MaxResults")
            .map(|size| size.as_i64().ok_or_else(|| AwsError::serialization("MaxResults", "an integer")));
        Self::new(crate::request::string(&call.input, "NextToken")?, size.transpose()?, most, code)
    }

    fn new(token: Option<&str>, size: Option<i64>, most: i64, code: &'static str) -> Result<Self, AwsError> {
        let mut faults = ValidationErrors::default();
        faults.range("maxResults", size, 1..=most);
        faults.refuse(code)?;
        let size = usize::try_from(size.unwrap_or((most / 2).min(DEFAULT_PAGE_SIZE))).unwrap_or(1);
        Ok(Self { token: token.map(str::to_owned), size, code })
    }

    /// Returns one page as the member `name` of the response; `all` is ordered by key.
    pub(super) fn response<K: AsRef<str>>(self, name: &str, all: impl Iterator<Item = (K, Value)>) -> Result<Response, AwsError> {
        Ok(Response::json(self.body(name, all)?))
    }

    /// Returns one page as a response body, for lists whose response has further members.
    pub(super) fn body<K: AsRef<str>>(self, name: &str, all: impl Iterator<Item = (K, Value)>) -> Result<Value, AwsError> {
        let (found, next) = page(all, self.token.as_deref(), self.size).ok_or_else(|| refused(self.code, "Invalid NextToken"))?;
        let mut body = json!({name: found});
        if let Some(next) = next {
            body["NextToken"] = next.into();
        }
        Ok(body)
    }
}

/// Page size when the caller gives none.
const DEFAULT_PAGE_SIZE: i64 = 25;

/// Returns the time in seconds since 1970.
pub(super) fn epoch(at: OffsetDateTime) -> f64 {
    let milliseconds = at.unix_timestamp_nanos() / 1_000_000;
    let milliseconds = milliseconds as f64;
    milliseconds / 1000.0
}
