//! Creating, reading, listing and deleting buckets.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::store::{Bucket, Encryption, Versioning};
use super::{NAMESPACE, State, document, existing, invalid, request, settings, xml};
use crate::error::AwsError;
use crate::page::page;
use crate::persistent_map::PersistentMap;
use crate::request::Request;
use crate::response::{Response, xml_escape};
use crate::shared::Shared;

/// Maximum number of buckets on a page; the API allows 10,000.
const PAGE: usize = 100;

/// Whether a name is a valid bucket name (user guide, "General purpose bucket naming rules").
fn is_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let numbers = || name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    (3..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-')
        && edge(name.chars().next())
        && edge(name.chars().last())
        && !name.contains("..")
        && !numbers()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| name.starts_with(start))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| name.ends_with(end))
}

/// Parameters of CreateBucket besides the name.
#[derive(Default)]
struct CreateBucketInput {
    region: Option<String>,
    tags: BTreeMap<String, String>,
}

fn create_input(call: &Request) -> Result<CreateBucketInput, AwsError> {
    if call.body.is_empty() {
        return Ok(CreateBucketInput::default());
    }
    document::read(call, "CreateBucketConfiguration", |root| {
        let mut input = CreateBucketInput::default();
        for child in document::children(root, &["LocationConstraint", "Tags"])? {
            match child.tag_name().name() {
                "Tags" => input.tags = settings::tags(child)?,
                _ => input.region = child.text().map(str::to_owned),
            }
        }
        Ok(input)
    })
}

/// Returns the tags that a bucket is created with.
pub(super) fn creation_tags(call: &Request) -> BTreeMap<String, String> {
    create_input(call).unwrap_or_default().tags
}

pub(super) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let name = call.path("Bucket");
    if !is_name(name) {
        return Err(invalid("InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name));
    }
    let CreateBucketInput { region: wanted, tags } = create_input(call)?;
    let endpoint = request::signed_region(call).unwrap_or(&call.context.region).to_owned();
    let region = located(&endpoint, wanted.as_deref())?;
    if let Some(there) = state.buckets.get(name) {
        // API reference, CreateBucket: in us-east-1 a second creation succeeds, elsewhere the error names the owner.
        if endpoint == "us-east-1" && there.region == endpoint {
            return Ok(made(name));
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(AwsError::new(409, "BucketAlreadyOwnedByYou", message).with("BucketName", name));
    }
    let bucket = Bucket {
        region,
        created: call.context.now,
        versioning: Versioning::Never,
        encryption: Encryption::default(),
        // Enabled for every bucket created since April 2023 (user guide, "Blocking public access").
        public_access: Some([true; 4]),
        policy: None,
        tags,
        lifecycle: None,
        objects: PersistentMap::default(),
    };
    state.buckets.insert(name.to_owned(), Shared::new(bucket));
    Ok(made(name))
}

fn made(name: &str) -> Response {
    let mut reply = Response::empty(200);
    reply.headers.push(("location", format!("/{name}")));
    reply
}

/// Whether the text has the form of a Region: `eu-central-1`.
fn is_region(text: &str) -> bool {
    let known = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    known && text.matches('-').count() >= 2 && text.ends_with(|c: char| c.is_ascii_digit())
}

/// Returns the Region of a new bucket (API reference, CreateBucket, LocationConstraint): none means us-east-1, and only the endpoint there
/// creates buckets in other Regions.
fn located(endpoint: &str, wanted: Option<&str>) -> Result<String, AwsError> {
    match (endpoint, wanted) {
        ("us-east-1", None) => Ok(endpoint.to_owned()),
        (_, Some("us-east-1")) => Err(invalid("InvalidLocationConstraint", "The specified location-constraint is not valid")),
        ("us-east-1", Some("EU")) => Ok("eu-west-1".to_owned()),
        ("us-east-1", Some(wanted)) if is_region(wanted) => Ok(wanted.to_owned()),
        ("us-east-1", Some(_)) => Err(invalid("InvalidLocationConstraint", "The specified location-constraint is not valid")),
        (_, Some(wanted)) if wanted == endpoint => Ok(endpoint.to_owned()),
        (_, wanted) => {
            let which = wanted.unwrap_or("unspecified");
            let message = format!(
                "The {which} location constraint is incompatible for the region specific endpoint this request was sent to."
            );
            Err(invalid("IllegalLocationConstraintException", message))
        }
    }
}

pub(super) fn head(bucket: &Bucket) -> Response {
    let mut reply = Response::empty(200);
    reply.headers = vec![("x-amz-bucket-region", bucket.region.clone()), ("x-amz-access-point-alias", "false".to_owned())];
    reply
}

/// Returns the location (API reference, GetBucketLocation): for us-east-1 the element is empty.
pub(super) fn location(bucket: &Bucket) -> Response {
    let region = if bucket.region == "us-east-1" { "" } else { &bucket.region };
    xml(format!("<LocationConstraint xmlns=\"{NAMESPACE}\">{}</LocationConstraint>", xml_escape(region)))
}

pub(super) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let name = call.path("Bucket");
    existing(state, call)?;
    // Versions and delete markers count (user guide, "Deleting a general purpose bucket").
    if state.buckets.get(name).is_some_and(|bucket| !bucket.objects.is_empty()) {
        return Err(AwsError::new(409, "BucketNotEmpty", "The bucket you tried to delete is not empty").with("BucketName", name));
    }
    state.buckets.remove(name);
    Ok(Response::empty(204))
}

pub(super) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let most = match call.query("max-buckets").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(most @ 1..=10_000)) => most.min(PAGE),
        Some(_) => return Err(invalid("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000.")),
    };
    let prefix = call.query("prefix").unwrap_or_default();
    let region = call.query("bucket-region");
    let all = state
        .buckets
        .iter()
        .filter(|(name, bucket)| name.starts_with(prefix) && region.is_none_or(|region| region == bucket.region));
    let listed = page(all.map(|(name, bucket)| (name, (name, bucket))), call.query("continuation-token"), most);
    let (buckets, next) = listed.ok_or_else(|| invalid("InvalidArgument", "The continuation token provided is incorrect"))?;
    let mut entries = String::new();
    for (name, bucket) in buckets {
        let _ = write!(
            entries,
            "<Bucket><Name>{name}</Name><CreationDate>{}</CreationDate><BucketRegion>{}</BucketRegion></Bucket>",
            request::iso_date(bucket.created),
            xml_escape(&bucket.region)
        );
    }
    let next = next.map(|next| format!("<ContinuationToken>{next}</ContinuationToken>")).unwrap_or_default();
    Ok(xml(format!(
        "<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\"><Owner><ID>{}</ID></Owner><Buckets>{entries}</Buckets>{next}</ListAllMyBucketsResult>",
        owner(&call.context.account)
    )))
}

/// Returns the canonical ID of an account: 64 opaque hexadecimal digits (user guide, "Canonical user ID").
pub(super) fn owner(account: &str) -> String {
    hex::encode(<sha2::Sha256 as sha2::Digest>::digest(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_the_user_guide_says() {
        for good in ["abc", "my-states", "a.b.c", "1.2.3", "0-0", &"a".repeat(63)] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "ab",
            "Abc",
            "a_b",
            "-ab",
            "ab-",
            ".ab",
            "ab.",
            "a..b",
            "1.2.3.4",
            "xn--a",
            "sthree-a",
            "ab-s3alias",
            "a b",
            &"a".repeat(64),
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn bucket_region_is_allowed_by_endpoint() {
        let region = |endpoint, wanted| located(endpoint, wanted).map_err(|refusal| refusal.code);
        assert_eq!(region("us-east-1", None), Ok("us-east-1".to_owned()));
        assert_eq!(region("us-east-1", Some("eu-west-1")), Ok("eu-west-1".to_owned()));
        assert_eq!(region("eu-west-1", Some("eu-west-1")), Ok("eu-west-1".to_owned()));
        assert_eq!(region("eu-west-1", None), Err("IllegalLocationConstraintException"));
        assert_eq!(region("eu-west-1", Some("eu-west-2")), Err("IllegalLocationConstraintException"));
        assert_eq!(region("us-east-1", Some("us-east-1")), Err("InvalidLocationConstraint"));
    }
}
