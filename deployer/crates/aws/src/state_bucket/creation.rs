//! The bucket itself: made when it is missing, looked at when it is there, changed only when it is ours.

use std::time::Duration;

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, ExpirationStatus,
    LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, VersioningConfiguration,
};
use aws_smithy_types::error::operation::BuildError;
use deployer_engine::{Class, Error, Result};

use super::StateBucket;
use crate::call::Op;

/// How long AWS may take to know a new bucket everywhere (Terraform AWS provider, `bucket.go`).
const SETTLES: Duration = Duration::from_secs(2 * 60);
/// The tag of the buckets that are made here.
const OURS: (&str, &str) = ("deployer:role", "state");
/// For how long replaced states and leases are kept.
const KEPT_DAYS: i32 = 90;

fn unbuildable(error: BuildError) -> Error {
    Error::local(format!("a request cannot be built: {error}"))
}

impl StateBucket {
    /// Makes the bucket: private, versioned, encrypted, tagged. A second call, also at the same time, does no harm; one that was cut
    /// short is completed by [`check_bucket`](Self::check_bucket).
    ///
    /// # Errors
    /// When it is not for us to make it, another account has the name, or a permission is missing.
    pub(super) async fn make_bucket(&self) -> Result<()> {
        let bucket = &self.place.bucket;
        if !self.place.may_create {
            let message = format!("there is no bucket {bucket} for the state in account {}", self.place.account);
            return Err(Error::new(Class::NotFound, message)
                .with_help(format!("make it there: aws s3api create-bucket --bucket {bucket}, then turn versioning on")));
        }
        let tag = Tag::builder().key(OURS.0).value(OURS.1).build().map_err(unbuildable)?;
        let mut wanted = CreateBucketConfiguration::builder().tags(tag);
        // API reference, CreateBucket: us-east-1 is meant by leaving it out.
        if self.place.region != "us-east-1" {
            wanted = wanted.location_constraint(BucketLocationConstraint::from(self.place.region.as_str()));
        }
        let wanted = wanted.build();
        let request = || self.s3.create_bucket().bucket(bucket).create_bucket_configuration(wanted.clone()).send();
        match self.patiently(Op::idempotent("s3", "CreateBucket"), SETTLES, request).await {
            Ok(_) => self.tell("made, for the state"),
            Err(error) if error.class == Class::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        self.furnish().await
    }

    /// Sets everything on a bucket of ours. The tag is there from its first moment, so that a run cut short here is recognised.
    async fn furnish(&self) -> Result<()> {
        let (bucket, owner) = (&self.place.bucket, &self.place.account);
        let blocks = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let block = || {
            let request = self.s3.put_public_access_block().bucket(bucket).expected_bucket_owner(owner);
            request.public_access_block_configuration(blocks.clone()).send()
        };
        self.patiently(Op::idempotent("s3", "PutPublicAccessBlock"), SETTLES, block).await?;
        let by_default =
            ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build().map_err(unbuildable)?;
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build();
        let encryption = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(unbuildable)?;
        let encrypt = || {
            let request = self.s3.put_bucket_encryption().bucket(bucket).expected_bucket_owner(owner);
            request.server_side_encryption_configuration(encryption.clone()).send()
        };
        self.patiently(Op::idempotent("s3", "PutBucketEncryption"), SETTLES, encrypt).await?;
        self.forget_old_versions().await?;
        // Last: who finds versioning on finds everything on.
        let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let version = || {
            let request = self.s3.put_bucket_versioning().bucket(bucket).expected_bucket_owner(owner);
            request.versioning_configuration(versioning.clone()).send()
        };
        self.patiently(Op::idempotent("s3", "PutBucketVersioning"), SETTLES, version).await.map(drop)
    }

    /// A lease is renewed every ten seconds, and every renewal leaves a version behind.
    async fn forget_old_versions(&self) -> Result<()> {
        let rule = LifecycleRule::builder()
            .id("old versions")
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .noncurrent_version_expiration(NoncurrentVersionExpiration::builder().noncurrent_days(KEPT_DAYS).build())
            .build()
            .map_err(unbuildable)?;
        let rules = BucketLifecycleConfiguration::builder().rules(rule).build().map_err(unbuildable)?;
        let request = || {
            let request = self.s3.put_bucket_lifecycle_configuration().bucket(&self.place.bucket);
            request.expected_bucket_owner(&self.place.account).lifecycle_configuration(rules.clone()).send()
        };
        self.patiently(Op::idempotent("s3", "PutBucketLifecycleConfiguration"), SETTLES, request).await.map(drop)
    }

    /// Looks, before an environment's `first` lease, whether the bucket keeps old versions. One of ours that does not was cut short
    /// while it was made, and is completed; for any other that is only said.
    pub(super) async fn check_bucket(&self, first: bool) -> Result<()> {
        if !first {
            return Ok(());
        }
        let (bucket, owner) = (&self.place.bucket, &self.place.account);
        let request = || self.s3.get_bucket_versioning().bucket(bucket).expected_bucket_owner(owner).send();
        let versioned = match self.patiently(Op::read("s3", "GetBucketVersioning"), SETTLES, request).await {
            Ok(answer) => answer.status == Some(BucketVersioningStatus::Enabled),
            // The state can be kept all the same.
            Err(error) if error.class == Class::Denied => {
                self.tell(
                    "whether it keeps old versions could not be checked, without which an overwritten state cannot be brought back: \
                     allow s3:GetBucketVersioning on the bucket",
                );
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if versioned {
            return Ok(());
        }
        if self.is_ours().await? {
            return self.furnish().await;
        }
        self.tell(
            "does not keep old versions, so an overwritten or deleted state cannot be brought back: turn its versioning on",
        );
        Ok(())
    }

    async fn is_ours(&self) -> Result<bool> {
        let (bucket, owner) = (&self.place.bucket, &self.place.account);
        let request = || self.s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner).send();
        match self.patiently(Op::read("s3", "GetBucketTagging"), SETTLES, request).await {
            Ok(answer) => Ok(answer.tag_set.iter().any(|tag| (tag.key.as_str(), tag.value.as_str()) == OURS)),
            Err(error) if error.class == Class::NotFound => Ok(false),
            Err(error) if error.class == Class::Denied => {
                self.tell(
                    "whether an earlier run created it and was cut short could not be checked: allow s3:GetBucketTagging on the bucket",
                );
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
