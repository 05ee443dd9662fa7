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

use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, read_with, write};
use crate::kernel::others::{ObjectContent, OtherServices, Tags};
use crate::kernel::permission::RequiredAction;
use crate::kernel::service::{AwsService, Protocol, ServiceInfo, TagsByArn};
use crate::request::{Request, RequestContext, Service};
use crate::response::{Body, Response};

pub(crate) use request::{Decoded, decode, finish_response};
pub use store::State;
use store::{Bucket, Object, Version};

/// Returns a version of an object, the latest unless it is named, for a service that copies it.
pub(crate) fn object_at(state: &State, bucket: &str, key: &str, version: Option<&str>) -> Result<ObjectContent, AwsError> {
    let found = state.buckets.get(bucket).ok_or_else(|| no_bucket(bucket))?;
    let object = match version {
        None => found.current(key).map(|(_, object)| object),
        Some(id) => found.version(key, id).and_then(|version| version.object.as_ref()),
    };
    let object = object.ok_or_else(|| no_key(key))?;
    Ok(ObjectContent { region: found.region.clone(), bytes: object.bytes.0.clone() })
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Operations of this service.
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    read("ListBuckets", bucket::list).at("GET /"),
    write("CreateBucket", bucket::create).at("PUT /{Bucket}"),
    read("HeadBucket", |s3, call| existing(s3, call).map(bucket::head)).at("HEAD /{Bucket}"),
    read("GetBucketLocation", |s3, call| existing(s3, call).map(bucket::location)).at("GET /{Bucket}?location"),
    write("DeleteBucket", bucket::delete).at("DELETE /{Bucket}"),
    read("GetBucketVersioning", |s3, call| existing(s3, call).map(settings::versioning)).at("GET /{Bucket}?versioning"),
    write("PutBucketVersioning", |s3, call| settings::put_versioning(existing_mut(s3, call)?, call))
        .at("PUT /{Bucket}?versioning"),
    read("GetBucketEncryption", |s3, call| existing(s3, call).map(settings::encryption)).at("GET /{Bucket}?encryption"),
    write("PutBucketEncryption", |s3, call| settings::put_encryption(existing_mut(s3, call)?, call))
        .at("PUT /{Bucket}?encryption"),
    write("DeleteBucketEncryption", |s3, call| existing_mut(s3, call).map(settings::delete_encryption))
        .at("DELETE /{Bucket}?encryption"),
    read("GetPublicAccessBlock", |s3, call| existing(s3, call).and_then(settings::public_access))
        .at("GET /{Bucket}?publicAccessBlock"),
    write("PutPublicAccessBlock", |s3, call| settings::put_public_access(existing_mut(s3, call)?, call))
        .at("PUT /{Bucket}?publicAccessBlock"),
    write("DeletePublicAccessBlock", |s3, call| existing_mut(s3, call).map(settings::delete_public_access))
        .at("DELETE /{Bucket}?publicAccessBlock"),
    read("GetBucketPolicy", |s3, call| existing(s3, call).and_then(settings::policy)).at("GET /{Bucket}?policy"),
    write("PutBucketPolicy", |s3, call| settings::put_policy(existing_mut(s3, call)?, call)).at("PUT /{Bucket}?policy"),
    write("DeleteBucketPolicy", |s3, call| existing_mut(s3, call).map(settings::delete_policy)).at("DELETE /{Bucket}?policy"),
    read("GetBucketTagging", |s3, call| existing(s3, call).and_then(settings::tagging)).at("GET /{Bucket}?tagging"),
    write("PutBucketTagging", |s3, call| settings::put_tagging(existing_mut(s3, call)?, call)).at("PUT /{Bucket}?tagging"),
    write("DeleteBucketTagging", |s3, call| existing_mut(s3, call).map(settings::delete_tagging)).at("DELETE /{Bucket}?tagging"),
    read("GetBucketLifecycleConfiguration", |s3, call| existing(s3, call).and_then(settings::lifecycle))
        .at("GET /{Bucket}?lifecycle"),
    write("PutBucketLifecycleConfiguration", |s3, call| settings::put_lifecycle(existing_mut(s3, call)?, call))
        .at("PUT /{Bucket}?lifecycle"),
    write("DeleteBucketLifecycle", |s3, call| existing_mut(s3, call).map(settings::delete_lifecycle))
        .at("DELETE /{Bucket}?lifecycle"),
    write("CopyObject", object::copy).at("PUT /{Bucket}/{Key+} x-amz-copy-source"),
    write("PutObject", object::put).at("PUT /{Bucket}/{Key+}").moves_data(),
    read_with("GetObject", object::get).at("GET /{Bucket}/{Key+}"),
    read_with("HeadObject", object::get).at("HEAD /{Bucket}/{Key+}"),
    write("DeleteObject", object::delete).at("DELETE /{Bucket}/{Key+}").moves_data(),
    write("DeleteObjects", object::delete_many).at("POST /{Bucket}?delete").moves_data(),
    read("ListObjectsV2", listing::objects).at("GET /{Bucket}?list-type"),
    read("ListObjectVersions", listing::versions).at("GET /{Bucket}?versions"),
];

/// S3.
pub(crate) struct S3;

impl AwsService for S3 {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static INFO: ServiceInfo = ServiceInfo {
            id: Service::S3,
            protocol: Protocol::S3,
            model: None,
            validation_code: |_| "ValidationException",
            denied: (403, "AccessDenied"),
            throttled: || AwsError::new(503, "SlowDown", "Please reduce your request rate."),
            shared_rate: None,
            default_rate: None,
            is_global: true,
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn admit(request: &Request) -> Result<(), AwsError> {
        request::check_headers(request)
    }

    fn tags(state: &State, context: &RequestContext) -> TagsByArn {
        state.tagged(&context.region).collect()
    }

    fn taggable(arn: &str) -> Option<&str> {
        Some(arn).filter(|arn| !arn.contains('/'))
    }

    fn request_tags(request: &Request) -> Option<Tags> {
        tags_in(request)
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        needs(request).iter().map(|(action, arn)| RequiredAction::own(action, arn)).collect()
    }
}

/// Returns the error for a bucket that another account owns (BC s3.BucketAlreadyExists; user guide, "Bucket naming rules").
pub(crate) fn foreign(call: &Request) -> AwsError {
    match call.operation() {
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
fn existing<'s>(state: &'s State, call: &Request) -> Result<&'s Bucket, AwsError> {
    expect_owner(call, "x-amz-expected-bucket-owner")?;
    let name = call.path("Bucket");
    let bucket = state.buckets.get(name).ok_or_else(|| no_bucket(name))?;
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

/// Returns the bucket for a change.
fn existing_mut<'s>(state: &'s mut State, call: &Request) -> Result<&'s mut Bucket, AwsError> {
    existing(state, call)?;
    let bucket = state.buckets.get_mut(call.path("Bucket"));
    bucket.map(|bucket| &mut **bucket).ok_or_else(|| no_bucket(call.path("Bucket")))
}

/// Checks the expected owner (user guide, "Verifying bucket ownership with bucket owner condition").
fn expect_owner(call: &Request, header: &str) -> Result<(), AwsError> {
    match call.header(header) {
        Some(owner) if owner != call.context.account => Err(AwsError::new(403, "AccessDenied", "Access Denied")),
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
fn may_list(call: &Request, others: &dyn OtherServices) -> bool {
    others.is_allowed(call, "s3:ListBucket", &format!("arn:aws:s3:::{}", call.path("Bucket")))
}

/// Returns the tags in a request; `None` if they are in a body that only its handler reads.
fn tags_in(call: &Request) -> Option<BTreeMap<String, String>> {
    match call.operation() {
        "CreateBucket" => Some(bucket::creation_tags(call)),
        "PutBucketTagging" | "TagResource" => None,
        _ => Some(BTreeMap::new()),
    }
}

/// Returns the actions and resources that a request requires (service authorization reference, "Actions defined by Amazon S3").
fn needs(call: &Request) -> Vec<(String, String)> {
    let bucket = format!("arn:aws:s3:::{}", call.path("Bucket"));
    let object = format!("{bucket}/{}", call.path("Key"));
    let versioned = call.query("versionId").is_some();
    let one = |action: &str, resource: &str| vec![(format!("s3:{action}"), resource.to_owned())];
    match call.operation() {
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
            if let Some(source) = call.header("x-amz-copy-source") {
                let action = if source.contains("?versionId=") { "GetObjectVersion" } else { "GetObject" };
                let source = request::decoded(source.split('?').next().unwrap_or_default());
                needs.extend(one(action, &format!("arn:aws:s3:::{}", source.trim_start_matches('/'))));
            }
            needs
        }
        other => one(other, &bucket),
    }
}
