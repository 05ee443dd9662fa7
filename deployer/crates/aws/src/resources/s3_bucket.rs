//! A bucket managed by deployer, for data that AWS accepts only from a bucket.
//!
//! Nothing is configured on it: a new bucket is encrypted and private, and its ACLs are disabled (S3 user guide, "Default encryption FAQ",
//! "Blocking public access", "Controlling ownership of objects": so since January and April 2023).

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{S3BucketOutputs, S3BucketProperties};
use serde_json::Value;

use super::built;
use super::s3_bucket_tags::TAGS;
pub(super) use super::s3_bucket_tags::tags_of;
use super::s3_object::{self, Version};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, action_permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

type BucketLive = Live<S3BucketProperties, S3BucketOutputs>;

/// Not idempotent: a second call succeeds in us-east-1 and fails elsewhere (API reference, CreateBucket).
const CREATE: Operation = Operation::create("s3", "CreateBucket");
const TAG: Operation = Operation::idempotent("s3", "PutBucketTagging");
const DELETE: Operation = Operation::idempotent("s3", "DeleteBucket");

/// Maximum time until a new bucket is known everywhere (Terraform AWS provider, `bucket.go`).
pub(super) const KNOWN_WITHIN: Duration = Duration::from_secs(2 * 60);

/// The resource type `s3.bucket`.
pub struct S3Bucket(pub(crate) Arc<Provider>);

fn as_tags(wanted: &Tags) -> Result<Vec<Tag>> {
    let one = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    wanted.iter().map(one).collect::<std::result::Result<_, _>>().map_err(|error| Error::local(error.to_string()))
}

fn live(name: &str, tags: Tags) -> BucketLive {
    let outputs = S3BucketOutputs { name: name.to_owned() };
    Live { id: PhysicalId(name.to_owned()), properties: S3BucketProperties { name: name.to_owned(), tags }, outputs }
}

/// Sets the tags of a bucket, replacing all existing ones.
pub(super) async fn put_tags(provider: &Provider, cx: &Context, op: Operation, name: &str, wanted: &Tags) -> Result<()> {
    let tagging = built(Tagging::builder().set_tag_set(Some(as_tags(wanted)?)).build())?;
    let put = || {
        let request = provider.s3.put_bucket_tagging().bucket(name).expected_bucket_owner(&provider.account);
        request.tagging(tagging.clone()).send()
    };
    provider.call(cx, op, put).await.map(drop)
}

/// Returns the configuration of a new bucket with these tags in the provider's Region.
pub(super) fn configuration(provider: &Provider, wanted: &Tags) -> Result<CreateBucketConfiguration> {
    let config = CreateBucketConfiguration::builder().set_tags(Some(as_tags(wanted)?));
    // us-east-1 is expressed by omitting the constraint (API reference, CreateBucket).
    Ok(match provider.region.as_str() {
        "us-east-1" => config.build(),
        region => config.location_constraint(BucketLocationConstraint::from(region)).build(),
    })
}

impl S3Bucket {
    async fn look(&self, cx: &Context, name: &str) -> Result<Option<BucketLive>> {
        Ok(tags_of(&self.0, cx, name).await?.map(|tags| live(name, tags)))
    }

    /// Deletes the objects of this environment whose record was lost; objects of others stay and prevent the deletion of the bucket.
    async fn clear(&self, cx: &Context, name: &str) -> Result<()> {
        let versions = s3_object::versions(&self.0, cx, name, "").await?;
        let mut ours: BTreeSet<String> = BTreeSet::new();
        for Version { key, id, .. } in versions.iter().filter(|version| !version.marker) {
            let marks = s3_object::object_metadata(&self.0, cx, name, key, Some(id)).await?;
            if marks.is_some_and(|marks| tags::check_environment(&marks.tags, cx).is_ok()) {
                ours.insert(key.clone());
            }
        }
        for version in versions.iter().filter(|version| ours.contains(&version.key)) {
            s3_object::remove(&self.0, cx, name, version).await?;
        }
        Ok(())
    }
}

impl Permissions for S3Bucket {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["s3:GetObjectVersion", "s3:ListBucketVersions"];

    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let bucket = provider.bucket_arn(named(wanted, "name"));
        // A bucket is created with its tags (API reference, CreateBucketConfiguration). Without `s3:ListBucket`, AWS reports a missing
        // object as forbidden (API reference, HeadObject, "Permissions"). The owner of objects whose record was lost is read from each
        // version.
        [
            operation_permissions(&[TAGS, CREATE, TAG, DELETE, s3_object::VERSIONS], &bucket),
            action_permissions(&["s3:ListBucket", "s3:TagResource"], &bucket),
            action_permissions(&["s3:GetObjectVersion"], &format!("{bucket}/*")),
        ]
        .concat()
    }
}

impl Resource for S3Bucket {
    type Definition = deployer_resources::S3Bucket;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &S3BucketProperties) -> Result<Option<BucketLive>> {
        // Another bucket may have taken the name by now; it is not the recorded one.
        self.look(cx, id.as_str()).await
    }

    async fn owner(&self, cx: &Context, live: &BucketLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &S3BucketProperties) -> Result<Lookup<BucketLive>> {
        let live = self.look(cx, &wanted.name).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &S3BucketProperties) -> Result<BucketLive> {
        let config = configuration(&self.0, &wanted.tags)?;
        let create = || self.0.s3.create_bucket().bucket(&wanted.name).create_bucket_configuration(config.clone()).send();
        self.0.call(cx, CREATE, create).await?;
        wait::poll_until(cx, "the bucket", KNOWN_WITHIN, || async {
            let seen = self.look(cx, &wanted.name).await?;
            Ok(if seen.is_some() { Break(()) } else { Continue("it is not known everywhere yet".to_owned()) })
        })
        .await?;
        Ok(live(&wanted.name, wanted.tags.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        live: &BucketLive,
        wanted: &S3BucketProperties,
        _changed: &[PropertyPath],
    ) -> Result<BucketLive> {
        put_tags(&self.0, cx, TAG, &wanted.name, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &S3BucketProperties) -> Result<()> {
        let delete = || self.0.s3.delete_bucket().bucket(id.as_str()).expected_bucket_owner(&self.0.account).send();
        match self.0.call(cx, DELETE, delete).await.optional() {
            Err(error) if error.class == ErrorClass::Conflict && error.code.as_deref() == Some("BucketNotEmpty") => {
                self.clear(cx, id.as_str()).await?;
                self.0.call(cx, DELETE, delete).await.optional().map(drop)
            }
            done => done.map(drop),
        }
    }
}
