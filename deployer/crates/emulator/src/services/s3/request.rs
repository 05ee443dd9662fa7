//! Decodes an HTTP request: bucket, key, operation, and the body without the framing.

use std::collections::BTreeMap;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{OPERATIONS, chunked};
use crate::error::AwsError;
use crate::kernel::row::Row;
use crate::request::Request;

/// Date format of `Last-Modified` (RFC 9110, section 5.6.7).
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

pub(super) fn http_date(moment: OffsetDateTime) -> String {
    moment.to_offset(time::UtcOffset::UTC).format(HTTP_DATE).unwrap_or_default()
}

pub(super) fn parse_http_date(text: &str) -> Option<OffsetDateTime> {
    time::PrimitiveDateTime::parse(text, HTTP_DATE).ok().map(time::PrimitiveDateTime::assume_utc)
}

/// Formats a date as in XML responses.
pub(super) fn iso_date(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Returns the Region that the request is signed for.
pub(super) fn signed_region(call: &Request) -> Option<&str> {
    let (_, scope) = call.header("authorization")?.split_once("Credential=")?;
    scope.split(['/', ',']).nth(2)
}

/// A request to S3 as far as HTTP tells it.
pub(crate) struct Decoded {
    pub(crate) row: &'static Row,
    pub(crate) path: BTreeMap<&'static str, String>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

/// Decodes a request to S3.
pub(crate) fn decode(parts: &http::request::Parts, body: Bytes, query: &[(String, String)]) -> Result<Decoded, AwsError> {
    let (bucket, key) = addressed(parts);
    let row = row(parts.method.as_str(), !bucket.is_empty(), !key.is_empty(), query, &parts.headers)?;
    let path = BTreeMap::from([("Bucket", bucket), ("Key", key)]);
    let mut headers = parts.headers.clone();
    let body = chunked::decode_body(&mut headers, body)?;
    Ok(Decoded { row, path, headers, body })
}

/// Returns bucket and key, either of which may be empty: the bucket is in the host or the first part of the path (user guide, "Virtual
/// hosting of buckets").
fn addressed(parts: &http::request::Parts) -> (String, String) {
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok());
    let host = parts.uri.host().or(host).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = parts.uri.path().strip_prefix('/').unwrap_or(parts.uri.path());
    match bucket_of(host) {
        Some(bucket) => (bucket.to_owned(), decoded(path)),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (decoded(bucket), decoded(key))
        }
    }
}

fn bucket_of(host: &str) -> Option<&str> {
    let local = [".localhost", ".127.0.0.1"].iter().find_map(|end| host.strip_suffix(end));
    let aws = || {
        let aws = host.contains(".amazonaws.com").then_some(host)?;
        let at = aws.rfind(".s3.").or_else(|| aws.rfind(".s3-"))?;
        Some(&aws[..at])
    };
    // An endpoint such as `s3.localhost` is not a bucket.
    local.filter(|bucket| *bucket != "s3" && !bucket.is_empty()).or_else(aws)
}

/// Query parameters of the operations known here.
const PARAMETERS: &[&str] = &[
    "x-id",
    "versionId",
    "prefix",
    "delimiter",
    "max-keys",
    "encoding-type",
    "continuation-token",
    "start-after",
    "fetch-owner",
    "key-marker",
    "version-id-marker",
    "max-buckets",
    "bucket-region",
];

/// Finds the row whose route is the method, the place, and what is asked of it by a query parameter or a header.
fn row(
    method: &str,
    bucket: bool,
    key: bool,
    query: &[(String, String)],
    headers: &http::HeaderMap,
) -> Result<&'static Row, AwsError> {
    let asked = query.iter().map(|(name, _)| name.as_str()).find(|name| !PARAMETERS.contains(name));
    let asked = asked.map_or_else(String::new, |asked| format!("?{asked}"));
    let (path, place) = match (bucket, key) {
        (true, true) => ("/{Bucket}/{Key+}", "an object"),
        (true, false) => ("/{Bucket}", "a bucket"),
        (false, _) => ("/", "the service"),
    };
    let copies = key && method == "PUT" && headers.contains_key("x-amz-copy-source");
    let route = format!("{method} {path}{asked}{}", if copies { " x-amz-copy-source" } else { "" });
    OPERATIONS.iter().map(|operation| &operation.row).find(|row| row.route == route).ok_or_else(|| {
        AwsError::new(501, "NotImplemented", format!("the embedded S3 has no operation {method} {asked} on {place}"))
    })
}

/// The `x-amz-` headers that are supported, or that request what is always the case here.
const HEADERS: &[&str] = &[
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-metadata-directive",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-mode",
    "x-amz-checksum-type",
    "x-amz-security-token",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-acl",
    "x-amz-trailer",
    "x-amz-user-agent",
    "x-amz-object-ownership",
    "x-amz-optional-object-attributes",
];

/// Rejects headers for features that are not implemented: ignoring them would be a silent partial success.
pub(super) fn check_headers(call: &Request) -> Result<(), AwsError> {
    let known = |name: &str| {
        !name.starts_with("x-amz-")
            || name.starts_with("x-amz-meta-")
            || super::digest::is_header(name)
            || HEADERS.contains(&name)
    };
    if let Some(name) = call.headers.keys().find(|name| !known(name.as_str())) {
        return Err(AwsError::new(501, "NotImplemented", format!("the embedded S3 does not know the header {name}")));
    }
    let only = |name: &'static str, allowed: &[&str]| match call.header(name) {
        Some(value) if !allowed.contains(&value) => {
            Err(AwsError::new(501, "NotImplemented", format!("the embedded S3 has no {name}: {value}")))
        }
        _ => Ok(()),
    };
    only("x-amz-storage-class", &["STANDARD"])?;
    only("x-amz-object-ownership", &["BucketOwnerEnforced"])?;
    match call.header("x-amz-acl") {
        // User guide, "Controlling ownership of objects": with BucketOwnerEnforced only these are accepted.
        Some(acl) if acl != "private" && acl != "bucket-owner-full-control" => {
            Err(AwsError::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"))
        }
        _ => Ok(()),
    }
}

/// Adds the headers of every S3 response, and removes the body from responses to HEAD.
pub(crate) fn finish_response(response: &mut http::Response<Bytes>, head: bool, request_id: &str, now: OffsetDateTime) {
    let status = response.status();
    let headers = response.headers_mut();
    headers.remove("x-amzn-requestid");
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = value.try_into() {
            headers.insert(name, value);
        }
    };
    set("date", &http_date(now));
    set("server", "AmazonS3");
    set("x-amz-request-id", request_id);
    set("x-amz-id-2", request_id);
    if head || status == http::StatusCode::NOT_MODIFIED {
        *response.body_mut() = Bytes::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_is_read_from_host_or_path() {
        let cases = [
            ("http://states.s3.eu-central-1.amazonaws.com/a/b", "states", "a/b"),
            ("http://my.states.s3.eu-central-1.amazonaws.com/a%20b", "my.states", "a b"),
            ("http://states.s3-us-west-2.amazonaws.com/", "states", ""),
            ("http://s3.eu-central-1.amazonaws.com/states/a//b/", "states", "a//b/"),
            ("http://127.0.0.1:4566/states", "states", ""),
            ("http://localhost:4566/states/k", "states", "k"),
            ("http://states.localhost:4566/k", "states", "k"),
            ("http://states.127.0.0.1:4566/k%2Fl", "states", "k/l"),
            ("http://s3.localhost:4566/states/k", "states", "k"),
            ("http://127.0.0.1:4566/", "", ""),
        ];
        for (uri, bucket, key) in cases {
            let request = http::Request::builder().uri(uri).body(()).expect("a request");
            assert_eq!(addressed(&request.into_parts().0), (bucket.to_owned(), key.to_owned()), "{uri}");
        }
    }

    #[test]
    fn dates_come_back_as_they_were_written() {
        let moment = time::macros::datetime!(2026-11-23 10:00:07 UTC);
        assert_eq!(http_date(moment), "Mon, 23 Nov 2026 10:00:07 GMT");
        assert_eq!(parse_http_date(&http_date(moment)), Some(moment));
        assert_eq!(iso_date(moment), "2026-11-23T10:00:07.000Z");
    }
}
