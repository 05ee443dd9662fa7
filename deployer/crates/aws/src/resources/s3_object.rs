//! An object in a bucket managed by deployer: the bytes of a file of the project.
//!
//! Its owner and digest are stored in its metadata, which, unlike tags, are written and deleted together with the bytes in one call.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{S3ObjectOutputs, S3ObjectProperties};
use serde_json::{Map, Value};

use super::s3_bucket_tags;
use super::{join_id, outputs, split_id, text};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type ObjectLive = Live<S3ObjectProperties, S3ObjectOutputs>;

const HEAD: Operation = Operation::read("s3", "HeadObject");
const PUT: Operation = Operation::idempotent("s3", "PutObject").uploading();
pub(super) const VERSIONS: Operation = Operation::read("s3", "ListObjectVersions");
const DELETE: Operation = Operation::idempotent("s3", "DeleteObject");

/// The resource type `s3.object`.
pub struct S3Object(pub(crate) Arc<Provider>);

/// The metadata names of the ownership tags (S3 makes the names lower-case): a header name cannot contain a colon.
const METADATA_KEYS: [(&str, &str); 3] = [
    ("deployer:project", "deployer-project"),
    ("deployer:environment", "deployer-environment"),
    ("deployer:address", "deployer-address"),
];
const SHA256: &str = "deployer-sha256";

/// The metadata of an object.
pub(super) struct ObjectMetadata {
    pub(super) tags: Tags,
    sha256: String,
    content_type: String,
}

/// A version of an object, or a delete marker.
pub(super) struct Version {
    pub(super) key: String,
    pub(super) id: String,
    pub(super) marker: bool,
}

/// Returns the metadata of the object or of one version; `None` if it does not exist.
pub(super) async fn object_metadata(
    provider: &Provider,
    cx: &Context,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Option<ObjectMetadata>> {
    let head = || {
        let request = provider.s3.head_object().bucket(bucket).key(key).expected_bucket_owner(&provider.account);
        request.set_version_id(version.map(str::to_owned)).send()
    };
    let Some(answer) = provider.call(cx, HEAD, head).await.optional()? else { return Ok(None) };
    let mut said = answer.metadata.unwrap_or_default();
    let tags = METADATA_KEYS.iter().filter_map(|(tag, name)| Some(((*tag).to_owned(), said.remove(*name)?))).collect();
    let (sha256, content_type) = (said.remove(SHA256).unwrap_or_default(), answer.content_type.unwrap_or_default());
    Ok(Some(ObjectMetadata { tags, sha256, content_type }))
}

/// Returns every version of every object with this key prefix; none if there is no such bucket. In a bucket that never had versioning, each
/// object has one version, called `null`.
pub(super) async fn versions(provider: &Provider, cx: &Context, bucket: &str, prefix: &str) -> Result<Vec<Version>> {
    // The next page starts after a key and a version of it.
    let after: std::sync::Mutex<(Option<String>, Option<String>)> = std::sync::Mutex::default();
    let marked = || after.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let found = collect_pages(|_| async {
        let (key, version) = marked();
        let list = || {
            let request = provider.s3.list_object_versions().bucket(bucket).prefix(prefix);
            let request = request.expected_bucket_owner(&provider.account);
            request.set_key_marker(key.clone()).set_version_id_marker(version.clone()).send()
        };
        let page = provider.call(cx, VERSIONS, list).await?;
        let one = |key: Option<String>, id: Option<String>, marker| Some(Version { key: key?, id: id?, marker });
        let kept = page.versions.unwrap_or_default().into_iter().filter_map(|at| one(at.key, at.version_id, false));
        let gone = page.delete_markers.unwrap_or_default().into_iter().filter_map(|at| one(at.key, at.version_id, true));
        let next = page.next_key_marker.filter(|_| page.is_truncated == Some(true));
        let token = next.as_ref().map(|key| format!("{key} {}", page.next_version_id_marker.as_deref().unwrap_or_default()));
        *after.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (next, page.next_version_id_marker);
        Ok((kept.chain(gone).collect(), token))
    });
    Ok(found.await.optional()?.unwrap_or_default())
}

/// Deletes a version permanently.
pub(super) async fn remove(provider: &Provider, cx: &Context, bucket: &str, version: &Version) -> Result<()> {
    let delete = || {
        let request = provider.s3.delete_object().bucket(bucket).key(&version.key).version_id(&version.id);
        request.expected_bucket_owner(&provider.account).send()
    };
    provider.call(cx, DELETE, delete).await.optional().map(drop)
}

fn uri(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{key}")
}

impl S3Object {
    async fn look(&self, cx: &Context, bucket: &str, key: &str) -> Result<Option<ObjectLive>> {
        let Some(ObjectMetadata { tags, sha256, content_type }) = object_metadata(&self.0, cx, bucket, key, None).await? else {
            return Ok(None);
        };
        let outputs = S3ObjectOutputs { uri: uri(bucket, key), sha256: sha256.clone() };
        let properties = S3ObjectProperties { bucket: bucket.to_owned(), key: key.to_owned(), sha256, content_type, tags };
        Ok(Some(Live { id: join_id(bucket, key), properties, outputs }))
    }

    async fn put(&self, cx: &Context, wanted: &S3ObjectProperties) -> Result<ObjectLive> {
        let bytes = self.0.artifacts.recording(&wanted.sha256);
        let bytes = bytes.map_err(|error| Error::new(ErrorClass::Local, format!("the bytes of {}: {error}", wanted.key)))?;
        let marked = METADATA_KEYS.iter().filter_map(|(tag, name)| Some(((*name).to_owned(), wanted.tags.get(*tag)?.clone())));
        let said: HashMap<String, String> = marked.chain([(SHA256.to_owned(), wanted.sha256.clone())]).collect();
        let put = || {
            let request = self.0.s3.put_object().bucket(&wanted.bucket).key(&wanted.key);
            let request = request.expected_bucket_owner(&self.0.account).content_type(&wanted.content_type);
            request.set_metadata(Some(said.clone())).body(ByteStream::from(bytes.clone())).send()
        };
        self.0.call(cx, PUT, put).await?;
        let outputs = S3ObjectOutputs { uri: uri(&wanted.bucket, &wanted.key), sha256: wanted.sha256.clone() };
        Ok(Live { id: join_id(&wanted.bucket, &wanted.key), properties: wanted.clone(), outputs })
    }
}

impl Permissions for S3Object {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let bucket = provider.bucket_arn(named(wanted, "bucket"));
        [
            operation_permissions(&[s3_bucket_tags::TAGS], &bucket),
            operation_permissions(&[HEAD, PUT, DELETE], &format!("{bucket}/*")),
        ]
        .concat()
    }
}

impl Resource for S3Object {
    type Definition = deployer_resources::S3Object;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let all = (text(wanted, "bucket"), text(wanted, "key"), text(wanted, "sha256"));
        let (Some(bucket), Some(key), Some(sha256)) = all else { return Map::new() };
        outputs([("uri", uri(bucket, key)), ("sha256", sha256.to_owned())])
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &S3ObjectProperties) -> Result<Option<ObjectLive>> {
        let (bucket, key) = split_id(id)?;
        // Another object may have the key by now; it is not the recorded one.
        self.look(cx, bucket, key).await
    }

    async fn owner(&self, cx: &Context, live: &ObjectLive) -> Result<TagOwner> {
        let (bucket, _) = split_id(&live.id)?;
        let seen = cx.cached(format!("s3:GetBucketTagging {bucket}"), || s3_bucket_tags::tags_of(&self.0, cx, bucket)).await?;
        let whole = tags::parent_owner((*seen).clone(), &format!("the bucket {bucket}"), cx);
        Ok(tags::child_owner(Some(tags::owner(&live.properties.tags, cx)), whole))
    }

    async fn find(&self, cx: &Context, wanted: &S3ObjectProperties) -> Result<Lookup<ObjectLive>> {
        let live = self.look(cx, &wanted.bucket, &wanted.key).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &S3ObjectProperties) -> Result<ObjectLive> {
        self.put(cx, wanted).await
    }

    async fn update(
        &self,
        cx: &Context,
        _live: &ObjectLive,
        wanted: &S3ObjectProperties,
        _changed: &[PropertyPath],
    ) -> Result<ObjectLive> {
        self.put(cx, wanted).await
    }

    /// Deletes the object with all its versions: somebody may have enabled versioning.
    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &S3ObjectProperties) -> Result<()> {
        let (bucket, key) = split_id(id)?;
        for version in versions(&self.0, cx, bucket, key).await?.iter().filter(|version| version.key == key) {
            remove(&self.0, cx, bucket, version).await?;
        }
        Ok(())
    }
}
