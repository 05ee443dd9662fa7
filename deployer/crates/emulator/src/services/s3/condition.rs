//! Conditional reads and writes (RFC 9110, section 13; user guide, "Conditional requests").

use super::{Object, Version, no_key, request};
use crate::error::AwsError;
use crate::request::Request;

fn failed(condition: &str) -> AwsError {
    AwsError::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        .with("Condition", condition)
}

/// Whether an ETag is among those of a header: `*`, or a list with or without quotation marks.
fn names(header: &str, etag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_matches('"').to_owned();
    header.split(',').any(|one| one.trim() == "*" || bare(one) == bare(etag))
}

/// Checks the conditions of a write against the current object.
pub(super) fn write(call: &Request, current: Option<&Object>) -> Result<(), AwsError> {
    let (matches, none) = (call.header("if-match"), call.header("if-none-match"));
    if matches.is_some() && none.is_some() || none.is_some_and(|none| none != "*") || matches == Some("*") {
        // BC s3.PutObject: If-None-Match "expects the '*' character", If-Match an ETag.
        let message = "A header you provided implies functionality that is not implemented";
        return Err(AwsError::new(501, "NotImplemented", message).with("Header", "If-None-Match"));
    }
    match (matches, none, current) {
        (None, Some(_), Some(_)) => Err(failed("If-None-Match")),
        // User guide, "How to prevent object overwrites with conditional writes": no object, or a delete marker, is 404.
        (Some(_), None, None) => Err(no_key(call.path("Key"))),
        (Some(etag), None, Some(object)) if !names(etag, &object.etag) => Err(failed("If-Match")),
        _ => Ok(()),
    }
}

/// Checks the conditions of a deletion. A missing object is no error (API reference, DeleteObject, If-Match).
pub(super) fn delete(call: &Request, current: Option<&Object>) -> Result<(), AwsError> {
    match (call.header("if-match"), current) {
        (Some(etag), Some(object)) if !names(etag, &object.etag) => Err(failed("If-Match")),
        _ => Ok(()),
    }
}

/// The outcome of a conditional read.
pub(super) enum Reading {
    Whole,
    NotModified,
}

/// Evaluates the conditions of a read; If-Match takes precedence over If-Unmodified-Since, If-None-Match over If-Modified-Since (API
/// reference, GetObject).
pub(super) fn read(call: &Request, version: &Version, object: &Object) -> Result<Reading, AwsError> {
    let modified = version.modified.replace_nanosecond(0).unwrap_or(version.modified);
    let date = |name| call.header(name).and_then(request::parse_http_date);
    match (call.header("if-match"), date("if-unmodified-since")) {
        (Some(etag), _) if !names(etag, &object.etag) => return Err(failed("If-Match")),
        (None, Some(since)) if modified > since => return Err(failed("If-Unmodified-Since")),
        _ => {}
    }
    Ok(match (call.header("if-none-match"), date("if-modified-since")) {
        (Some(etag), _) if names(etag, &object.etag) => Reading::NotModified,
        (None, Some(since)) if modified <= since => Reading::NotModified,
        _ => Reading::Whole,
    })
}
