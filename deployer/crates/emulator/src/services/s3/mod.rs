//! S3: the operations that a state bucket needs, and those that the AWS CLI and the SDKs use to inspect one.
//!
//! Sources: the API reference, the service's model in botocore, and the user guide's pages on conditional requests, versioning, bucket
//! naming and checksums. Every request is handled under one lock, so the 409 `ConditionalRequestConflict` of two simultaneous writes never
//! happens here: one of them comes second and gets a 412.

mod bucket;
mod chunked;
mod condition;
mod digest;
mod document;
mod listing;
mod object;
mod request;
mod settings;
mod store;

use std::collections::BTreeMap;

use super::iam;
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::request::{Request, RequestContext};
use crate::response::{Body, Response};

pub(crate) use request::{finish_response, read};
pub use store::State;
use store::{Bucket, Object, Version};

/// An object as another service reads it.
pub(crate) struct ObjectContent {
    /// Region of the bucket.
    pub(crate) region: String,
    /// Content of the object.
    pub(crate) bytes: bytes::Bytes,
}

/// Returns the latest version of an object, for a service that copies it.
pub(crate) fn object_at(state: &State, bucket: &str, key: &str) -> Result<ObjectContent, AwsError> {
    let found = state.buckets.get(bucket).ok_or_else(|| no_bucket(bucket))?;
    let (_, object) = found.current(key).ok_or_else(|| no_key(key))?;
    Ok(ObjectContent { region: found.region.clone(), bytes: object.bytes.0.clone() })
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    request::check_headers(call)?;
    match call.operation {
        "ListBuckets" => return bucket::list(world, call),
        "CreateBucket" => return bucket::create(world, call, context),
        "CopyObject" => return object::copy(world, call, context),
        _ => {}
    }
    let lists = may_list(world, call, context);
    let account = world.account.clone();
    let name = call.path("Bucket");
    let bucket = existing(world, call)?;
    match call.operation {
        "HeadBucket" => Ok(bucket::head(bucket)),
        "GetBucketLocation" => Ok(bucket::location(bucket)),
        "DeleteBucket" => bucket::delete(world, name),
        "GetBucketVersioning" => Ok(settings::versioning(bucket)),
        "PutBucketVersioning" => settings::put_versioning(bucket, call),
        "GetBucketEncryption" => Ok(settings::encryption(bucket)),
        "PutBucketEncryption" => settings::put_encryption(bucket, call),
        "DeleteBucketEncryption" => Ok(settings::delete_encryption(bucket)),
        "GetPublicAccessBlock" => settings::public_access(bucket),
        "PutPublicAccessBlock" => settings::put_public_access(bucket, call),
        "DeletePublicAccessBlock" => Ok(settings::delete_public_access(bucket)),
        "GetBucketPolicy" => settings::policy(bucket),
        "PutBucketPolicy" => settings::put_policy(bucket, call),
        "DeleteBucketPolicy" => Ok(settings::delete_policy(bucket)),
        "GetBucketTagging" => settings::tagging(bucket),
        "PutBucketTagging" => settings::put_tagging(bucket, call),
        "DeleteBucketTagging" => Ok(settings::delete_tagging(bucket)),
        "GetBucketLifecycleConfiguration" => settings::lifecycle(bucket),
        "PutBucketLifecycleConfiguration" => settings::put_lifecycle(bucket, call),
        "DeleteBucketLifecycle" => Ok(settings::delete_lifecycle(bucket)),
        "PutObject" => object::put(bucket, call, context),
        "GetObject" | "HeadObject" => object::get(bucket, call, lists),
        "DeleteObject" => object::delete(bucket, call, context),
        "DeleteObjects" => object::delete_many(bucket, call, context),
        "ListObjectsV2" => listing::objects(bucket, call, &account),
        "ListObjectVersions" => listing::versions(bucket, call, &account),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}

/// Returns the error for a bucket that another account owns (BC s3.BucketAlreadyExists; user guide, "Bucket naming rules").
pub(crate) fn foreign(call: &Request) -> AwsError {
    match call.operation {
        "CreateBucket" => AwsError::new(
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
        )
        .with("BucketName", call.path("Bucket")),
        _ => AwsError::new(403, "AccessDenied", "Access Denied"),
    }
}

/// Returns the bucket that the request names, if it is in the request's Region and has the expected owner.
fn existing<'w>(world: &'w mut AccountState, call: &Request) -> Result<&'w mut Bucket, AwsError> {
    expect_owner(world, call, "x-amz-expected-bucket-owner")?;
    let name = call.path("Bucket");
    let bucket = world.s3.buckets.get_mut(name).ok_or_else(|| no_bucket(name))?;
    // User guide, "Redirecting requests": a bucket responds in its own Region only; the error names that Region.
    match request::signed_region(call) {
        Some(region) if region != bucket.region => Err(AwsError::new(
            301,
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
        )
        .with("Endpoint", format!("s3.{}.amazonaws.com", bucket.region))
        .with("Bucket", name)
        .with("x-amz-bucket-region", bucket.region.clone())),
        _ => Ok(bucket),
    }
}

/// Checks the expected owner (user guide, "Verifying bucket ownership with bucket owner condition").
fn expect_owner(world: &AccountState, call: &Request, header: &str) -> Result<(), AwsError> {
    match request::header(call, header) {
        Some(owner) if owner != world.account => Err(AwsError::new(403, "AccessDenied", "Access Denied")),
        _ => Ok(()),
    }
}

/// Returns the error for a missing bucket (BC s3.NoSuchBucket).
fn no_bucket(name: &str) -> AwsError {
    AwsError::new(404, "NoSuchBucket", "The specified bucket does not exist").with("BucketName", name)
}

/// Returns the error for a missing key (BC s3.NoSuchKey).
fn no_key(key: &str) -> AwsError {
    AwsError::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
}

fn invalid(code: &'static str, message: impl Into<String>) -> AwsError {
    AwsError::new(400, code, message)
}

fn xml(document: String) -> Response {
    let body = Body::Xml(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}"));
    Response { status: 200, headers: Vec::new(), body }
}

/// Whether the caller may list the bucket; otherwise a missing key is reported as forbidden (API reference, GetObject, "Permissions").
fn may_list(world: &AccountState, call: &Request, context: &RequestContext<'_>) -> bool {
    let request = iam::AuthorizationRequest { world, principal: &call.principal, call: Some(call), now: context.now };
    iam::is_allowed(&request, context.policy, "s3:ListBucket", &format!("arn:aws:s3:::{}", call.path("Bucket")))
}

/// Returns the tags in a request; `None` if they are in a body that only its handler reads.
pub(crate) fn tags_in(call: &Request) -> Option<BTreeMap<String, String>> {
    match call.operation {
        "CreateBucket" => Some(bucket::creation_tags(call)),
        "PutBucketTagging" | "TagResource" => None,
        _ => Some(BTreeMap::new()),
    }
}

/// Returns the actions and resources that a request requires (service authorization reference, "Actions defined by Amazon S3").
pub(crate) fn needs(call: &Request) -> Vec<(String, String)> {
    let bucket = format!("arn:aws:s3:::{}", call.path("Bucket"));
    let object = format!("{bucket}/{}", call.path("Key"));
    let versioned = call.query("versionId").is_some();
    let one = |action: &str, resource: &str| vec![(format!("s3:{action}"), resource.to_owned())];
    match call.operation {
        "ListBuckets" => one("ListAllMyBuckets", "*"),
        // "You must have the s3:TagResource permission to create a general purpose bucket with tags" (BC s3.CreateBucketConfiguration).
        "CreateBucket" if !bucket::creation_tags(call).is_empty() => {
            [one("CreateBucket", &bucket), one("TagResource", &bucket)].concat()
        }
        "HeadBucket" | "ListObjectsV2" => one("ListBucket", &bucket),
        "ListObjectVersions" => one("ListBucketVersions", &bucket),
        "GetBucketEncryption" => one("GetEncryptionConfiguration", &bucket),
        "PutBucketEncryption" | "DeleteBucketEncryption" => one("PutEncryptionConfiguration", &bucket),
        "GetPublicAccessBlock" => one("GetBucketPublicAccessBlock", &bucket),
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => one("PutBucketPublicAccessBlock", &bucket),
        "DeleteBucketTagging" => one("PutBucketTagging", &bucket),
        "GetBucketLifecycleConfiguration" => one("GetLifecycleConfiguration", &bucket),
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => one("PutLifecycleConfiguration", &bucket),
        "GetObject" | "HeadObject" if versioned => one("GetObjectVersion", &object),
        "GetObject" | "HeadObject" => one("GetObject", &object),
        "DeleteObject" if versioned => one("DeleteObjectVersion", &object),
        "DeleteObject" => one("DeleteObject", &object),
        // AWS denies single keys (API reference, DeleteObjects); here one denied key denies the request.
        "DeleteObjects" => object::named_for_deletion(call).map_or_else(
            |_| one("DeleteObject", &format!("{bucket}/*")),
            |named| {
                let need = |(key, version): (String, Option<String>)| {
                    let action = if version.is_some() { "DeleteObjectVersion" } else { "DeleteObject" };
                    one(action, &format!("{bucket}/{key}"))
                };
                named.into_iter().flat_map(need).collect()
            },
        ),
        "PutObject" | "CopyObject" => {
            let mut needs = one("PutObject", &object);
            // User guide, "How to prevent object overwrites with conditional writes": If-Match requires s3:GetObject too.
            if call.headers.contains_key("if-match") {
                needs.extend(one("GetObject", &object));
            }
            if let Some(source) = request::header(call, "x-amz-copy-source") {
                let action = if source.contains("?versionId=") { "GetObjectVersion" } else { "GetObject" };
                let source = request::decoded(source.split('?').next().unwrap_or_default());
                needs.extend(one(action, &format!("arn:aws:s3:::{}", source.trim_start_matches('/'))));
            }
            needs
        }
        other => one(other, &bucket),
    }
}
