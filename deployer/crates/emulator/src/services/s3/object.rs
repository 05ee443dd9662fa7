//! Objects: put, get, copy, delete.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::condition::{self, Reading};
use super::store::{Blob, Bucket, Encryption, NULL, Object, Version, Versioning};
use super::{
    NAMESPACE, State, digest, document, existing, existing_mut, expect_owner, invalid, may_list, no_bucket, no_key, request, xml,
};
use crate::error::AwsError;
use crate::kernel::others::OtherServices;
use crate::request::{Request, RequestContext};
use crate::response::{Body, Response, xml_escape};
use crate::shared::Shared;

/// Maximum size of an object. S3 accepts 5 GB in one request; this emulator stores states and leases, in memory.
const MAX_OBJECT_BYTES: usize = 5 * 1024 * 1024;

/// Headers that are stored with an object and returned with it (API reference, PutObject).
const STORED_HEADERS: &[&str] =
    &["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

pub(super) fn put(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let bucket = existing_mut(state, call)?;
    if call.body.len() > MAX_OBJECT_BYTES {
        let message = format!(
            "Your proposed upload exceeds the maximum allowed size: the embedded S3 keeps objects of up to {MAX_OBJECT_BYTES} bytes"
        );
        return Err(invalid("EntityTooLarge", message).with("ProposedSize", call.body.len()));
    }
    check_key(call.path("Key"))?;
    let checksum = digest::check(call)?;
    let object = Object {
        etag: digest::etag(&call.body),
        bytes: Shared::new(Blob(call.body.clone())),
        headers: metadata_headers(call)?,
        checksum,
        encryption: encryption(bucket, call)?,
    };
    condition::write(call, bucket.current(call.path("Key")).map(|(_, object)| object))?;
    let mut reply = Response::empty(200);
    describe_stored(&mut reply, &object);
    store(bucket, call.path("Key"), object, &call.context, &mut reply);
    Ok(reply)
}

/// Checks the length of a key (user guide, "Naming Amazon S3 objects": at most 1,024 bytes).
fn check_key(key: &str) -> Result<(), AwsError> {
    match key.len() {
        1..=1024 => Ok(()),
        length => Err(invalid("KeyTooLongError", "Your key is too long").with("Size", length).with("MaxSizeAllowed", 1024)),
    }
}

/// Returns the object's headers in the request: stored headers and user metadata, the latter of at most 2 KB (user guide, "Working with
/// object metadata").
fn metadata_headers(call: &Request) -> Result<BTreeMap<String, String>, AwsError> {
    let all = call.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let kept = all.filter(|(name, _)| STORED_HEADERS.contains(name) || name.starts_with("x-amz-meta-"));
    let kept: BTreeMap<String, String> = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let metadata = kept.iter().filter_map(|(name, value)| Some(name.strip_prefix("x-amz-meta-")?.len() + value.len()));
    match metadata.sum::<usize>() {
        0..=2048 => Ok(kept),
        size => Err(invalid("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
            .with("Size", size)
            .with("MaxSizeAllowed", 2048)),
    }
}

/// Returns the encryption of the object: that of the request, or the bucket's default.
fn encryption(bucket: &Bucket, call: &Request) -> Result<Encryption, AwsError> {
    let key = call.header("x-amz-server-side-encryption-aws-kms-key-id").map(str::to_owned);
    match (call.header("x-amz-server-side-encryption"), key) {
        (None, None) => Ok(bucket.encryption.clone()),
        (Some("AES256"), None) => Ok(Encryption::default()),
        (Some("aws:kms"), key) => {
            let bucket_key = call.header("x-amz-server-side-encryption-bucket-key-enabled") == Some("true");
            Ok(Encryption { algorithm: "aws:kms".to_owned(), key, bucket_key })
        }
        (Some("AES256") | None, Some(_)) => Err(invalid(
            "InvalidArgument",
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
        )),
        (Some(_), _) => Err(invalid("InvalidArgument", "The encryption method specified is not supported")),
    }
}

/// Adds the object as the latest version, and adds the version ID to the response.
fn store(bucket: &mut Bucket, key: &str, object: Object, context: &RequestContext, reply: &mut Response) {
    let id = new_version(bucket, context);
    if bucket.versioning == Versioning::Never {
        bucket.objects.remove(key);
    }
    // API reference, PutObject: x-amz-version-id is returned only if versioning is enabled.
    if bucket.versioning == Versioning::Enabled {
        reply.headers.push(("x-amz-version-id", id.clone()));
    }
    bucket.add(key, Version { id, modified: context.now, object: Some(object) });
}

fn new_version(bucket: &Bucket, context: &RequestContext) -> String {
    match bucket.versioning {
        Versioning::Enabled => context.id(32),
        Versioning::Never | Versioning::Suspended => NULL.to_owned(),
    }
}

fn describe_stored(reply: &mut Response, object: &Object) {
    reply.headers.push(("etag", object.etag.clone()));
    reply.headers.push(("x-amz-server-side-encryption", object.encryption.algorithm.clone()));
    if let Some(key) = &object.encryption.key {
        reply.headers.push(("x-amz-server-side-encryption-aws-kms-key-id", key.clone()));
    }
    if object.encryption.bucket_key {
        reply.headers.push(("x-amz-server-side-encryption-bucket-key-enabled", "true".to_owned()));
    }
    let (algorithm, checksum) = &object.checksum;
    reply.headers.push((algorithm.header(), checksum.clone()));
    reply.headers.push(("x-amz-checksum-type", "FULL_OBJECT".to_owned()));
}

/// Returns the version that a read requests.
fn requested_version<'b>(bucket: &'b Bucket, call: &Request, lists: bool) -> Result<&'b Version, AwsError> {
    let key = call.path("Key");
    let Some(id) = call.query("versionId") else {
        return match bucket.latest(key) {
            Some(version) if version.object.is_some() => Ok(version),
            _ if !lists => Err(AwsError::new(403, "AccessDenied", "Access Denied")),
            // API reference, GetObject: a delete marker responds like a missing key, and is reported in a header.
            Some(marker) => Err(no_key(key).with("x-amz-delete-marker", "true").with("x-amz-version-id", marker.id.clone())),
            None => Err(no_key(key)),
        };
    };
    let version = bucket.version(key, id).ok_or_else(|| no_version(key, id))?;
    if version.object.is_none() {
        // User guide, "Working with delete markers".
        let message = "The specified method is not allowed against this resource.";
        return Err(AwsError::new(405, "MethodNotAllowed", message).with("x-amz-delete-marker", "true"));
    }
    Ok(version)
}

fn no_version(key: &str, id: &str) -> AwsError {
    AwsError::new(404, "NoSuchVersion", "The specified version does not exist.").with("Key", key).with("VersionId", id)
}

pub(super) fn get(state: &State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let bucket = existing(state, call)?;
    let version = requested_version(bucket, call, may_list(call, others))?;
    let Some(object) = &version.object else { return Err(no_key(call.path("Key"))) };
    let mut reply = Response::empty(200);
    let (bytes, range) = match (condition::read(call, version, object)?, call.header("range")) {
        (Reading::NotModified, _) => {
            reply.status = 304;
            (bytes::Bytes::new(), None)
        }
        (Reading::Whole, Some(range)) => part(&object.bytes.0, range)?,
        (Reading::Whole, None) => (object.bytes.0.clone(), None),
    };
    describe(&mut reply, bucket, version, object, call);
    if let Some(range) = range {
        reply.status = 206;
        reply.headers.push(("content-range", range));
    }
    if reply.status == 304 {
        // There is no content that a checksum could belong to; botocore fails on one.
        reply.headers.retain(|(name, _)| !name.starts_with("x-amz-checksum-"));
    } else {
        reply.headers.push(("content-length", bytes.len().to_string()));
        for (name, value) in &object.headers {
            let known = STORED_HEADERS.iter().find(|known| *known == name);
            reply.headers.extend(known.map(|name| (*name, value.clone())));
        }
        if !object.headers.contains_key("content-type") {
            reply.headers.push(("content-type", "binary/octet-stream".to_owned()));
        }
    }
    reply.body = Body::Bytes { bytes, more: metadata(object) };
    Ok(reply)
}

fn metadata(object: &Object) -> Vec<(String, String)> {
    let pairs = object.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-"));
    pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn describe(reply: &mut Response, bucket: &Bucket, version: &Version, object: &Object, call: &Request) {
    describe_stored(reply, object);
    // API reference, GetObject: checksums are returned only if x-amz-checksum-mode requests them, and never for a range.
    let asked = call.header("x-amz-checksum-mode") == Some("ENABLED") && !call.headers.contains_key("range");
    if !asked {
        reply.headers.retain(|(name, _)| !name.starts_with("x-amz-checksum-"));
    }
    reply.headers.push(("last-modified", request::http_date(version.modified)));
    reply.headers.push(("accept-ranges", "bytes".to_owned()));
    if bucket.names_versions() {
        reply.headers.push(("x-amz-version-id", version.id.clone()));
    }
}

/// Returns one range of bytes and its Content-Range (RFC 9110, section 14). Several ranges are answered with the whole object, as S3 does.
fn part(whole: &bytes::Bytes, range: &str) -> Result<(bytes::Bytes, Option<String>), AwsError> {
    let all = Ok((whole.clone(), None));
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else { return all };
    let length = whole.len();
    let (start, end) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) if from <= to => (from, to.saturating_add(1).min(length)),
        (Ok(from), Err(_)) if to.is_empty() => (from, length),
        (Err(_), Ok(last)) if from.is_empty() => (length.saturating_sub(last), length),
        _ => return all,
    };
    if start >= length || start >= end {
        let message = "The requested range is not satisfiable";
        return Err(AwsError::new(416, "InvalidRange", message).with("RangeRequested", range).with("ActualObjectSize", length));
    }
    Ok((whole.slice(start..end), Some(format!("bytes {start}-{}/{length}", end - 1))))
}

pub(super) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let bucket = existing_mut(state, call)?;
    let (key, id) = (call.path("Key"), call.query("versionId"));
    let current = match id {
        None => bucket.current(key).map(|(_, object)| object),
        Some(id) => bucket.version(key, id).and_then(|one| one.object.as_ref()),
    };
    condition::delete(call, current)?;
    let Deleted { marker, version } = remove(bucket, key, id, &call.context);
    let mut reply = Response::empty(204);
    if marker {
        reply.headers.push(("x-amz-delete-marker", "true".to_owned()));
    }
    reply.headers.extend(version.map(|version| ("x-amz-version-id", version)));
    Ok(reply)
}

/// The result of a deletion.
struct Deleted {
    /// Whether a delete marker was created or removed.
    marker: bool,
    version: Option<String>,
}

/// Deletes a version permanently, or the object; with versioning the latter adds a delete marker, even for a missing key (user guide,
/// "Deleting object versions").
fn remove(bucket: &mut Bucket, key: &str, id: Option<&str>, context: &RequestContext) -> Deleted {
    if let Some(id) = id {
        let removed = bucket.remove(key, id);
        return Deleted { marker: removed.is_some_and(|version| version.object.is_none()), version: Some(id.to_owned()) };
    }
    if bucket.versioning == Versioning::Never {
        bucket.objects.remove(key);
        return Deleted { marker: false, version: None };
    }
    let id = new_version(bucket, context);
    bucket.add(key, Version { id: id.clone(), modified: context.now, object: None });
    Deleted { marker: true, version: Some(id) }
}

/// A key, and optionally a version of it.
type Named = (String, Option<String>);

/// Parses the keys of a DeleteObjects, and whether only failures are reported.
fn deletions(call: &Request) -> Result<(bool, Vec<Named>), AwsError> {
    document::read(call, "Delete", |root| {
        let mut wanted = Vec::new();
        for child in document::children(root, &["Object", "Quiet"])?.into_iter().filter(|one| one.tag_name().name() == "Object") {
            document::children(child, &["Key", "VersionId"])?;
            let key = document::text(child, "Key")?.filter(|key| !key.is_empty()).ok_or_else(document::malformed)?;
            wanted.push((key.to_owned(), document::text(child, "VersionId")?.map(str::to_owned)));
        }
        match wanted.len() {
            1..=1000 => Ok((document::flag(root, "Quiet")?, wanted)),
            _ => Err(document::malformed()),
        }
    })
}

/// Returns the keys that a DeleteObjects names, for authorization.
pub(super) fn named_for_deletion(call: &Request) -> Result<Vec<Named>, AwsError> {
    deletions(call).map(|(_, named)| named)
}

/// Deletes objects (API reference, DeleteObjects: up to 1,000 keys, a digest, an entry for each).
pub(super) fn delete_many(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let bucket = existing_mut(state, call)?;
    digest::require(call)?;
    let (quiet, wanted) = deletions(call)?;
    let mut inner = String::new();
    for (key, id) in wanted {
        let deleted = remove(bucket, &key, id.as_deref(), &call.context);
        if quiet {
            continue;
        }
        let _ = write!(inner, "<Deleted><Key>{}</Key>", xml_escape(&key));
        if let Some(id) = &id {
            let _ = write!(inner, "<VersionId>{}</VersionId>", xml_escape(id));
        }
        if deleted.marker {
            let version = deleted.version.unwrap_or_default();
            let _ = write!(inner, "<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>{version}</DeleteMarkerVersionId>");
        }
        inner.push_str("</Deleted>");
    }
    Ok(xml(format!("<DeleteResult xmlns=\"{NAMESPACE}\">{inner}</DeleteResult>")))
}

/// Copies an object (API reference, CopyObject).
pub(super) fn copy(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    expect_owner(call, "x-amz-source-expected-bucket-owner")?;
    check_key(call.path("Key"))?;
    let source = call.header("x-amz-copy-source").unwrap_or_default();
    let (place, id) = source.split_once("?versionId=").map_or((source, None), |(place, id)| (place, Some(id)));
    let place = request::decoded(place);
    let (from, key) = place.trim_start_matches('/').split_once('/').filter(|(_, key)| !key.is_empty()).ok_or_else(|| {
        invalid("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    })?;
    let replace = match call.header("x-amz-metadata-directive") {
        None | Some("COPY") => false,
        Some("REPLACE") => true,
        Some(_) => return Err(invalid("InvalidArgument", "Unknown metadata directive.")),
    };
    let encrypts = call.headers.contains_key("x-amz-server-side-encryption");
    if from == call.path("Bucket") && key == call.path("Key") && id.is_none() && !replace && !encrypts {
        let message = "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(invalid("InvalidRequest", message));
    }
    let algorithm = digest::Algorithm::asked(call)?;
    let mut object = source_object(state, from, key, id)?;
    if let Some(algorithm) = algorithm {
        object.checksum = (algorithm, algorithm.of(&object.bytes.0));
    }
    let bucket = existing_mut(state, call)?;
    condition::write(call, bucket.current(call.path("Key")).map(|(_, object)| object))?;
    object.encryption = encryption(bucket, call)?;
    if replace {
        object.headers = metadata_headers(call)?;
    }
    let (algorithm, checksum) = (object.checksum.0.name(), &object.checksum.1);
    let inner = format!(
        "<LastModified>{}</LastModified><ETag>{}</ETag><Checksum{algorithm}>{checksum}</Checksum{algorithm}><ChecksumType>FULL_OBJECT</ChecksumType>",
        request::iso_date(call.context.now),
        xml_escape(&object.etag)
    );
    let mut reply = xml(format!("<CopyObjectResult xmlns=\"{NAMESPACE}\">{inner}</CopyObjectResult>"));
    describe_stored(&mut reply, &object);
    reply.headers.retain(|(name, _)| *name != "etag" && !name.starts_with("x-amz-checksum-"));
    store(bucket, call.path("Key"), object, &call.context, &mut reply);
    Ok(reply)
}

fn source_object(state: &State, bucket: &str, key: &str, id: Option<&str>) -> Result<Object, AwsError> {
    let bucket = state.buckets.get(bucket).ok_or_else(|| no_bucket(bucket))?;
    match id {
        None => bucket.current(key).map(|(_, object)| object.clone()).ok_or_else(|| no_key(key)),
        Some(id) => {
            let version = bucket.version(key, id);
            let version = version.ok_or_else(|| no_version(key, id))?;
            let message = "The source of a copy request may not specifically refer to a delete marker by version id.";
            version.object.clone().ok_or_else(|| invalid("InvalidRequest", message))
        }
    }
}
