//! An object in a bucket managed by deployer: the bytes of a file of the project.
//!
//! Its owner and digest are stored in its metadata, which, unlike tags, are written and deleted together with the bytes in one call.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{S3ObjectOutputs, S3ObjectProperties};
use serde_json::{Map, Value};

use super::s3_bucket;
use super::s3_object_calls::{DELETE, HEAD, METADATA_KEYS, ObjectMetadata, SHA256, object_metadata, remove, versions};
use super::{join_id, outputs, split_id, text};
use crate::call::Operation;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type ObjectLive = Live<S3ObjectProperties, S3ObjectOutputs>;

const PUT: Operation = Operation::idempotent("s3", "PutObject").uploading();

/// The resource type `s3.object`.
pub struct S3Object(pub(crate) Arc<Provider>);

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
        [operation_permissions(&[s3_bucket::TAGS], &bucket), operation_permissions(&[HEAD, PUT, DELETE], &format!("{bucket}/*"))]
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
        let seen = cx.cached(format!("s3:GetBucketTagging {bucket}"), || s3_bucket::tags_of(&self.0, cx, bucket)).await?;
        let whole = tags::owner_by((*seen).clone(), &format!("the bucket {bucket}"), cx);
        Ok(tags::in_whole(Some(tags::owner(&live.properties.tags, cx)), whole))
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
