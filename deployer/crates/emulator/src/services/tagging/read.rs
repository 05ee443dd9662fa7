//! The three read operations of the index, with paging.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{State, Tags};
use crate::error::AwsError;
use crate::page::page;
use crate::request::string;
use crate::response::Response;

/// Maximum page size. Pages are small so that every client has to request the next one; the service promises no minimum.
const PAGE: usize = 20;
/// Allowed values of ResourcesPerPage (BC GetResources: "a minimum of 1 and a maximum value of 100").
const RESOURCES_PER_PAGE: std::ops::RangeInclusive<u64> = 1..=100;
/// Maximum number of TagFilters and of ResourceTypeFilters (BC GetResources).
const MAX_FILTERS: usize = 50;
const MAX_VALUES: usize = 20;
/// Lifetime of a page token in seconds (BC PaginationTokenExpiredException: "valid for a maximum of 15 minutes").
const TOKEN_SECONDS: i64 = 15 * 60;

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

/// A page token and the time at which it was issued.
struct Token<'a> {
    inner: Option<&'a str>,
}

impl<'a> Token<'a> {
    /// Parses the page token. An empty one means the first page (BC GetResources, PaginationToken).
    fn read(input: &'a Value, now: OffsetDateTime) -> Result<Self, AwsError> {
        let text = string(input, "PaginationToken")?.filter(|token| !token.is_empty());
        let Some(text) = text else { return Ok(Self { inner: None }) };
        let (given, inner) = text.split_once('.').ok_or_else(Self::none)?;
        let given: i64 = given.parse().map_err(|_| Self::none())?;
        if now.unix_timestamp().saturating_sub(given) > TOKEN_SECONDS {
            return Err(AwsError::new(400, "PaginationTokenExpiredException", "The specified PaginationToken has expired"));
        }
        Ok(Self { inner: Some(inner) })
    }

    fn none() -> AwsError {
        // Text unverified.
        invalid("The specified PaginationToken is invalid")
    }

    /// Formats the page token. An empty one means that there is no further page.
    fn write(next: Option<String>, now: OffsetDateTime) -> String {
        next.map_or_else(String::new, |inner| format!("{}.{inner}", now.unix_timestamp()))
    }
}

fn paged<K: AsRef<str>>(
    all: impl Iterator<Item = (K, Value)>,
    name: &str,
    size: usize,
    input: &Value,
    now: OffsetDateTime,
) -> Result<Response, AwsError> {
    let token = Token::read(input, now)?;
    let (taken, next) = page(all, token.inner, size).ok_or_else(Token::none)?;
    Ok(Response::json(json!({name: taken, "PaginationToken": Token::write(next, now)})))
}

pub(super) fn resources(state: &State, input: &Value, now: OffsetDateTime) -> Result<Response, AwsError> {
    let arns = texts(input, "ResourceARNList");
    let filters = filters(input)?;
    let types = texts(input, "ResourceTypeFilters");
    let size = input.get("ResourcesPerPage").and_then(Value::as_u64);
    if size.is_some_and(|size| !RESOURCES_PER_PAGE.contains(&size)) {
        return Err(invalid("ResourcesPerPage must be between 1 and 100"));
    }
    if let Some(arns) = &arns {
        let others = [!filters.is_empty(), types.is_some(), size.is_some(), string(input, "PaginationToken")?.is_some()];
        if others.contains(&true) {
            return Err(invalid("ResourceARNList cannot be combined with filters or pagination parameters"));
        }
        if let Some(arn) = arns.iter().find(|arn| !arn.starts_with("arn:aws:")) {
            return Err(invalid(format!("The ARN {arn} is not valid")));
        }
    }
    let wanted = |arn: &str, tags: &Tags| {
        arns.as_ref().is_none_or(|arns| arns.iter().any(|wanted| wanted == arn))
            && types.as_ref().is_none_or(|types| types.iter().any(|kind| is_of(kind, arn)))
            && filters.iter().all(|(key, values)| {
                tags.get(key).is_some_and(|value| values.is_empty() || values.iter().any(|wanted| wanted == value))
            })
    };
    let found = state.seen(now).filter(|(arn, tags)| wanted(arn, tags)).map(|(arn, tags)| {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        (arn, json!({"ResourceARN": arn, "Tags": tags}))
    });
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(if arns.is_some() { usize::MAX } else { PAGE });
    paged(found, "ResourceTagMappingList", size, input, now)
}

/// Whether a resource is of a type `service` or `service:type`, "the same as that embedded in a resource's ARN" (BC GetResources).
fn is_of(kind: &str, arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    match kind.split_once(':') {
        None => kind == service,
        Some((of, _)) if of != service => false,
        Some((_, kind)) => types(service, resource).any(|found| found == kind),
    }
}

/// Returns the types in the last part of an ARN: `function` of `function:convert`, `restapis` and `restapis/stages` of
/// `/restapis/a1/stages/live`, `instance` and `contact-flow` of `instance/…/contact-flow/…` (which of the two is unverified).
fn types(service: &str, resource: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    if service == "s3" {
        // A bucket's ARN has no type in it (unverified).
        found.push("bucket".to_owned());
    } else if let Some((kind, _)) = resource.split_once(':').filter(|(kind, _)| !kind.contains('/')) {
        found.push(kind.to_owned());
    } else {
        let names: Vec<&str> = resource.trim_start_matches('/').split('/').step_by(2).collect();
        found.extend(names.last().map(|last| (*last).to_owned()));
        found.push(names.join("/"));
    }
    found.into_iter()
}

fn texts(input: &Value, member: &str) -> Option<Vec<String>> {
    let texts: Vec<String> = input.get(member)?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (!texts.is_empty()).then_some(texts)
}

/// Parses the filters into keys and the values that they may have; no values means any.
fn filters(input: &Value) -> Result<Vec<(String, Vec<String>)>, AwsError> {
    let given = input.get("TagFilters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if given.len() > MAX_FILTERS {
        return Err(invalid(format!("TagFilters has at most {MAX_FILTERS} members")));
    }
    let mut read = Vec::new();
    for filter in given {
        let key = string(filter, "Key")?.ok_or_else(|| invalid("A TagFilter must have a Key"))?;
        let values = texts(filter, "Values").unwrap_or_default();
        if values.len() > MAX_VALUES {
            return Err(invalid(format!("A TagFilter has at most {MAX_VALUES} values")));
        }
        read.push((key.to_owned(), values));
    }
    Ok(read)
}

pub(super) fn keys(state: &State, input: &Value, now: OffsetDateTime) -> Result<Response, AwsError> {
    let keys: BTreeSet<&String> = state.seen(now).flat_map(|(_, tags)| tags.keys()).collect();
    paged(keys.into_iter().map(|key| (key, json!(key))), "TagKeys", PAGE, input, now)
}

pub(super) fn values(state: &State, input: &Value, now: OffsetDateTime) -> Result<Response, AwsError> {
    let key = string(input, "Key")?.unwrap_or_default();
    let values: BTreeMap<&String, Value> =
        state.seen(now).filter_map(|(_, tags)| tags.get(key)).map(|value| (value, json!(value))).collect();
    paged(values.into_iter(), "TagValues", PAGE, input, now)
}
