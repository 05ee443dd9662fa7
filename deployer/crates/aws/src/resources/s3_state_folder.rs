//! The objects of an environment in the state bucket, for their removal: every version of every object.

use std::sync::Arc;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{S3StateFolderOutputs, S3StateFolderProperties};
use serde_json::Value;

use super::{built, s3_object};
use crate::call::Operation;
use crate::permissions::{Permission, Permissions, action_permissions, named, operation_permissions};
use crate::provider::Provider;

type FolderLive = Live<S3StateFolderProperties, S3StateFolderOutputs>;

const DELETE: Operation = Operation::idempotent("s3", "DeleteObjects");
/// Maximum number of versions that one call deletes (API reference, DeleteObjects).
const AT_ONCE: usize = 1_000;

/// The resource type `s3.state_folder`.
pub struct S3StateFolder(pub(crate) Arc<Provider>);

impl S3StateFolder {
    async fn look(&self, cx: &Context, wanted: &S3StateFolderProperties) -> Result<Option<FolderLive>> {
        let versions = s3_object::versions(&self.0, cx, &wanted.bucket, &wanted.prefix).await?.len();
        let id = PhysicalId(format!("s3://{}/{} ({versions} versions)", wanted.bucket, wanted.prefix));
        Ok((versions > 0).then(|| Live { id, properties: wanted.clone(), outputs: S3StateFolderOutputs { versions } }))
    }
}

impl Permissions for S3StateFolder {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let bucket = provider.bucket_arn(named(wanted, "bucket"));
        let objects = action_permissions(&["s3:DeleteObject", "s3:DeleteObjectVersion"], &format!("{bucket}/*"));
        [operation_permissions(&[s3_object::VERSIONS], &bucket), objects].concat()
    }
}

impl Resource for S3StateFolder {
    type Definition = deployer_resources::S3StateFolder;

    async fn read(&self, cx: &Context, _id: &PhysicalId, hint: &S3StateFolderProperties) -> Result<Option<FolderLive>> {
        self.look(cx, hint).await
    }

    async fn owner(&self, cx: &Context, live: &FolderLive) -> Result<TagOwner> {
        // Objects of states carry no tags. Their keys begin with the environment's name.
        let own = format!("{}/{}/", cx.owner.project, cx.owner.environment);
        let prefix = &live.properties.prefix;
        Ok(match *prefix == own || prefix.ends_with(&format!("/{own}")) {
            true => TagOwner::Us,
            false => TagOwner::Other(format!(
                "it is not the folder of project {:?}, environment {:?}",
                cx.owner.project, cx.owner.environment
            )),
        })
    }

    async fn find(&self, cx: &Context, wanted: &S3StateFolderProperties) -> Result<Lookup<FolderLive>> {
        Ok(self.look(cx, wanted).await?.map_or(Lookup::NotFound, Lookup::Owned))
    }

    async fn create(&self, _cx: &Context, wanted: &S3StateFolderProperties) -> Result<FolderLive> {
        Err(Error::local(format!("the folder {} comes with its first object", wanted.prefix)))
    }

    async fn update(
        &self,
        _cx: &Context,
        live: &FolderLive,
        _wanted: &S3StateFolderProperties,
        _changed: &[PropertyPath],
    ) -> Result<FolderLive> {
        Ok(live.clone())
    }

    async fn delete(&self, cx: &Context, _id: &PhysicalId, recorded: &S3StateFolderProperties) -> Result<()> {
        let bucket = &recorded.bucket;
        let versions = s3_object::versions(&self.0, cx, bucket, &recorded.prefix).await?;
        for some in versions.chunks(AT_ONCE) {
            let ids =
                some.iter().map(|version| built(ObjectIdentifier::builder().key(&version.key).version_id(&version.id).build()));
            let all = built(Delete::builder().set_objects(Some(ids.collect::<Result<_>>()?)).quiet(true).build())?;
            let delete = || {
                let request = self.0.s3.delete_objects().bucket(bucket).expected_bucket_owner(&self.0.account);
                request.delete(all.clone()).send()
            };
            let failed = self.0.call(cx, DELETE, delete).await?.errors.unwrap_or_default();
            if let Some(first) = failed.first() {
                let text = |part: &Option<String>| part.clone().unwrap_or_default();
                let message = format!("s3://{bucket}/{}: {} ({})", text(&first.key), text(&first.message), text(&first.code));
                let class = if text(&first.code) == "AccessDenied" { ErrorClass::Denied } else { ErrorClass::Transient };
                let error = Error::new(class, message);
                return Err(match class {
                    ErrorClass::Denied => error.with_help("allow s3:DeleteObjectVersion on the bucket's objects"),
                    _ => error.with_help("run the same command again"),
                });
            }
        }
        Ok(())
    }
}
