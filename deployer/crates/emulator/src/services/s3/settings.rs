//! Settings of a bucket. Bucket policies are validated and stored; only the account and its roles send requests here, and those are
//! authorized by their own policies.

use std::collections::BTreeMap;
use std::fmt::Write;

use roxmltree::Node;
use serde_json::Value;

use super::store::{Bucket, Encryption, Versioning};
use super::{NAMESPACE, digest, document, invalid, xml};
use crate::error::AwsError;
use crate::request::Request;
use crate::response::{Body, Response, xml_escape};

pub(super) fn versioning(bucket: &Bucket) -> Response {
    // No Status at all until it was set once (API reference, GetBucketVersioning).
    let status = match bucket.versioning {
        Versioning::Never => "",
        Versioning::Enabled => "<Status>Enabled</Status>",
        Versioning::Suspended => "<Status>Suspended</Status>",
    };
    xml(format!("<VersioningConfiguration xmlns=\"{NAMESPACE}\">{status}</VersioningConfiguration>"))
}

pub(super) fn put_versioning(bucket: &mut Bucket, call: &Request) -> Result<Response, AwsError> {
    check_if_sent(call)?;
    bucket.versioning = document::read(call, "VersioningConfiguration", |root| {
        document::children(root, &["Status"])?;
        match document::text(root, "Status")? {
            Some("Enabled") => Ok(Versioning::Enabled),
            Some("Suspended") => Ok(Versioning::Suspended),
            Some(_) => Err(document::malformed()),
            None => {
                Err(AwsError::new(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified"))
            }
        }
    })?;
    Ok(Response::empty(200))
}

/// Checks the digest of the body if one was sent.
fn check_if_sent(call: &Request) -> Result<(), AwsError> {
    digest::check(call).map(drop)
}

pub(super) fn encryption(bucket: &Bucket) -> Response {
    let Encryption { algorithm, key, bucket_key } = &bucket.encryption;
    let key = key.as_ref().map(|key| format!("<KMSMasterKeyID>{}</KMSMasterKeyID>", xml_escape(key))).unwrap_or_default();
    xml(format!(
        "<ServerSideEncryptionConfiguration xmlns=\"{NAMESPACE}\"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}</SSEAlgorithm>{key}</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>{bucket_key}</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
    ))
}

pub(super) fn put_encryption(bucket: &mut Bucket, call: &Request) -> Result<Response, AwsError> {
    check_if_sent(call)?;
    bucket.encryption = document::read(call, "ServerSideEncryptionConfiguration", |root| {
        let [rule] = document::children(root, &["Rule"])?[..] else { return Err(document::malformed()) };
        let mut encryption = Encryption { bucket_key: document::flag(rule, "BucketKeyEnabled")?, ..Encryption::default() };
        let parts =
            document::children(rule, &["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled", "BlockedEncryptionTypes"])?;
        for part in parts.into_iter().filter(|part| part.tag_name().name() == "ApplyServerSideEncryptionByDefault") {
            document::children(part, &["SSEAlgorithm", "KMSMasterKeyID"])?;
            encryption.algorithm = document::text(part, "SSEAlgorithm")?.ok_or_else(document::malformed)?.to_owned();
            encryption.key = document::text(part, "KMSMasterKeyID")?.map(str::to_owned);
        }
        check_encryption(&encryption)?;
        Ok(encryption)
    })?;
    Ok(Response::empty(200))
}

/// Checks the encryption algorithm; a KMS key is not checked, as on AWS (API reference, PutBucketEncryption).
fn check_encryption(encryption: &Encryption) -> Result<(), AwsError> {
    match (encryption.algorithm.as_str(), &encryption.key) {
        ("AES256", Some(_)) => Err(invalid(
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        )),
        ("AES256" | "aws:kms", _) => Ok(()),
        _ => Err(document::malformed()),
    }
}

/// Resets the encryption to SSE-S3, which every bucket has (API reference, DeleteBucketEncryption).
pub(super) fn delete_encryption(bucket: &mut Bucket) -> Response {
    bucket.encryption = Encryption::default();
    Response::empty(204)
}

const BLOCKS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

pub(super) fn public_access(bucket: &Bucket) -> Result<Response, AwsError> {
    let message = "The public access block configuration was not found";
    let blocks = bucket.public_access.ok_or_else(|| AwsError::new(404, "NoSuchPublicAccessBlockConfiguration", message))?;
    let inner: String = BLOCKS.iter().zip(blocks).map(|(name, on)| format!("<{name}>{on}</{name}>")).collect();
    Ok(xml(format!("<PublicAccessBlockConfiguration xmlns=\"{NAMESPACE}\">{inner}</PublicAccessBlockConfiguration>")))
}

pub(super) fn put_public_access(bucket: &mut Bucket, call: &Request) -> Result<Response, AwsError> {
    check_if_sent(call)?;
    bucket.public_access = document::read(call, "PublicAccessBlockConfiguration", |root| {
        document::children(root, &BLOCKS)?;
        let mut blocks = [false; 4];
        for (on, name) in blocks.iter_mut().zip(BLOCKS) {
            *on = document::flag(root, name)?;
        }
        Ok(Some(blocks))
    })?;
    Ok(Response::empty(200))
}

pub(super) fn delete_public_access(bucket: &mut Bucket) -> Response {
    bucket.public_access = None;
    Response::empty(204)
}

pub(super) fn policy(bucket: &Bucket) -> Result<Response, AwsError> {
    let policy =
        bucket.policy.clone().ok_or_else(|| AwsError::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist"))?;
    Ok(Response { status: 200, headers: Vec::new(), body: Body::Raw("application/json", policy.into()) })
}

pub(super) fn put_policy(bucket: &mut Bucket, call: &Request) -> Result<Response, AwsError> {
    check_if_sent(call)?;
    // User guide, "Bucket policies": at most 20 KB.
    if call.body.len() > 20 * 1024 {
        return Err(invalid("PolicyTooLarge", "Policy exceeds the maximum allowed document size."));
    }
    let policy: Value = serde_json::from_slice(&call.body)
        .map_err(|_| malformed_policy("Policies must be valid JSON and the first byte must be '{'"))?;
    let open = check_policy(&policy, call.path("Bucket"))?;
    // User guide, "Blocking public access": BlockPublicPolicy rejects policies that make the bucket public.
    if open && bucket.public_access.is_some_and(|[_, _, block, _]| block) {
        let message = "User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.";
        return Err(AwsError::new(403, "AccessDenied", message));
    }
    bucket.policy = Some(String::from_utf8_lossy(&call.body).into_owned());
    Ok(Response::empty(204))
}

fn malformed_policy(message: &str) -> AwsError {
    invalid("MalformedPolicy", message)
}

/// Rejects an invalid bucket policy (IAM user guide, grammar); returns whether the policy makes the bucket public.
fn check_policy(policy: &Value, bucket: &str) -> Result<bool, AwsError> {
    let members =
        policy.as_object().ok_or_else(|| malformed_policy("Policies must be valid JSON and the first byte must be '{'"))?;
    if let Some(unknown) = members.keys().find(|name| !["Version", "Id", "Statement"].contains(&name.as_str())) {
        return Err(malformed_policy(&format!("Unknown field {unknown}")));
    }
    let statements = match members.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err(malformed_policy("Missing required field Statement")),
    };
    let mut open = false;
    for statement in statements {
        let has = |name: &str, not: &str| statement.get(name).or_else(|| statement.get(not));
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            return Err(malformed_policy("Missing required field Effect"));
        }
        let principal = has("Principal", "NotPrincipal").ok_or_else(|| malformed_policy("Missing required field Principal"))?;
        let actions = words(has("Action", "NotAction")).ok_or_else(|| malformed_policy("Missing required field Action"))?;
        if actions.iter().any(|action| *action != "*" && !action.starts_with("s3:")) {
            return Err(malformed_policy("Policy has invalid action"));
        }
        let resources =
            words(has("Resource", "NotResource")).ok_or_else(|| malformed_policy("Missing required field Resource"))?;
        let (own, within) = (format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/"));
        if resources.iter().any(|resource| *resource != own && !resource.starts_with(&within)) {
            return Err(malformed_policy("Policy has invalid resource"));
        }
        let everybody =
            principal == "*" || principal.get("AWS").is_some_and(|aws| words(Some(aws)).unwrap_or_default().contains(&"*"));
        open |= effect == Some("Allow") && everybody && statement.get("Condition").is_none();
    }
    Ok(open)
}

/// Returns one string or several as a list.
fn words(value: Option<&Value>) -> Option<Vec<&str>> {
    match value? {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) if !several.is_empty() => several.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

pub(super) fn delete_policy(bucket: &mut Bucket) -> Response {
    bucket.policy = None;
    Response::empty(204)
}

pub(super) fn tagging(bucket: &Bucket) -> Result<Response, AwsError> {
    if bucket.tags.is_empty() {
        return Err(AwsError::new(404, "NoSuchTagSet", "The TagSet does not exist"));
    }
    let mut inner = String::new();
    for (key, value) in &bucket.tags {
        let _ = write!(inner, "<Tag><Key>{}</Key><Value>{}</Value></Tag>", xml_escape(key), xml_escape(value));
    }
    Ok(xml(format!("<Tagging xmlns=\"{NAMESPACE}\"><TagSet>{inner}</TagSet></Tagging>")))
}

/// Replaces all tags (API reference, PutBucketTagging).
pub(super) fn put_tagging(bucket: &mut Bucket, call: &Request) -> Result<Response, AwsError> {
    digest::require(call)?;
    bucket.tags = document::read(call, "Tagging", |root| match document::children(root, &["TagSet"])?[..] {
        [set] => tags(set),
        _ => Err(document::malformed()),
    })?;
    Ok(Response::empty(204))
}

/// Parses the tags in an element (user guide, "Using cost allocation S3 bucket tags": 50 tags, 128 and 256 characters, no `aws:`).
pub(super) fn tags(set: Node<'_, '_>) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    for tag in document::children(set, &["Tag"])? {
        document::children(tag, &["Key", "Value"])?;
        let key = document::text(tag, "Key")?.ok_or_else(document::malformed)?;
        let value = document::text(tag, "Value")?.ok_or_else(document::malformed)?;
        if !(1..=128).contains(&key.chars().count()) {
            return Err(invalid("InvalidTag", "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(invalid("InvalidTag", "The TagValue you have provided is invalid"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("InvalidTag", "System tags cannot be added/updated by requester"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid("InvalidTag", "Cannot provide multiple Tags with the same key"));
        }
    }
    match tags.len() {
        0..=50 => Ok(tags),
        _ => Err(invalid("BadRequest", "Bucket tag count cannot be greater than 50")),
    }
}

pub(super) fn delete_tagging(bucket: &mut Bucket) -> Response {
    bucket.tags.clear();
    Response::empty(204)
}

pub(super) fn lifecycle(bucket: &Bucket) -> Result<Response, AwsError> {
    let message = "The lifecycle configuration does not exist";
    let rules = bucket.lifecycle.clone().ok_or_else(|| AwsError::new(404, "NoSuchLifecycleConfiguration", message))?;
    Ok(xml(rules))
}

/// Stores the lifecycle rules. They are never executed: an emulator does not run for days.
pub(super) fn put_lifecycle(bucket: &mut Bucket, call: &Request) -> Result<Response, AwsError> {
    digest::require(call)?;
    bucket.lifecycle = document::read(call, "LifecycleConfiguration", |root| {
        let rules = document::children(root, &["Rule"])?;
        if rules.is_empty() || rules.len() > 1000 {
            return Err(document::malformed());
        }
        for rule in rules {
            const MEMBERS: [&str; 9] = [
                "ID",
                "Status",
                "Filter",
                "Prefix",
                "Expiration",
                "NoncurrentVersionExpiration",
                "AbortIncompleteMultipartUpload",
                "Transition",
                "NoncurrentVersionTransition",
            ];
            let members = document::children(rule, &MEMBERS)?;
            let acts = members.iter().any(|member| !["ID", "Status", "Filter", "Prefix"].contains(&member.tag_name().name()));
            let status = document::text(rule, "Status")?;
            if !acts || !matches!(status, Some("Enabled" | "Disabled")) {
                return Err(document::malformed());
            }
        }
        Ok(Some(root.document().input_text()[root.range()].to_owned()))
    })?;
    Ok(Response::empty(200))
}

pub(super) fn delete_lifecycle(bucket: &mut Bucket) -> Response {
    bucket.lifecycle = None;
    Response::empty(204)
}
