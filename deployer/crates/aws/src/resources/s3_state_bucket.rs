//! The bucket for the states of an account's environments: private, versioned, encrypted, over TLS only.
//!
//! Several environments share it, so its ownership tags name none of them.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use deployer_engine::{Context, Error, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{S3StateBucketOutputs, S3StateBucketProperties};
use serde_json::{Map, Value, json};

use super::s3_bucket::{KNOWN_WITHIN, configuration, put_tags, tags_of};
use super::{built, outputs, s3_object, text};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions, action_permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

type BucketLive = Live<S3StateBucketProperties, S3StateBucketOutputs>;

const VERSIONING: Operation = Operation::read("s3", "GetBucketVersioning");
const ENCRYPTION: Operation = Operation::read("s3", "GetBucketEncryption");
const ACCESS: Operation = Operation::read("s3", "GetPublicAccessBlock");
const POLICY: Operation = Operation::read("s3", "GetBucketPolicy");
const LIFECYCLE: Operation = Operation::read("s3", "GetBucketLifecycleConfiguration");
const TAGS: Operation = Operation::read("s3", "GetBucketTagging");
const CREATE: Operation = Operation::create("s3", "CreateBucket");
const TAG: Operation = Operation::idempotent("s3", "PutBucketTagging");
const PUT_VERSIONING: Operation = Operation::idempotent("s3", "PutBucketVersioning");
const PUT_ENCRYPTION: Operation = Operation::idempotent("s3", "PutBucketEncryption");
const PUT_ACCESS: Operation = Operation::idempotent("s3", "PutPublicAccessBlock");
const PUT_POLICY: Operation = Operation::idempotent("s3", "PutBucketPolicy");
const PUT_LIFECYCLE: Operation = Operation::idempotent("s3", "PutBucketLifecycleConfiguration");
const DELETE: Operation = Operation::idempotent("s3", "DeleteBucket");

/// IDs of the policy statement and the lifecycle rule that are managed here.
const TLS_ONLY: &str = "DeployerTlsOnly";
const OLD_VERSIONS: &str = "old versions";

/// The resource type `s3.state_bucket`.
pub struct S3StateBucket(pub(crate) Arc<Provider>);

impl S3StateBucket {
    async fn look(&self, cx: &Context, wanted: &S3StateBucketProperties) -> Result<Option<BucketLive>> {
        let name = &wanted.name;
        let Some(tags) = tags_of(&self.0, cx, name).await? else { return Ok(None) };
        let rules = self.lifecycle(cx, name).await?;
        let properties = S3StateBucketProperties {
            name: name.clone(),
            private: self.is_private(cx, name).await?,
            versioned: self.is_versioned(cx, name).await?,
            encrypted: self.is_encrypted(cx, name).await?,
            tls_only: denies_without_tls(&self.policy(cx, name).await?, &self.0.bucket_arn(name)),
            old_versions_days: rules.iter().find_map(days_of_old_versions),
            used_by: match wanted.used_by {
                Some(_) => Some(self.other_folders(cx, name, &wanted.except).await?),
                None => None,
            },
            except: wanted.except.clone(),
            tags: tags::among(tags, &wanted.tags),
        };
        Ok(Some(Live { id: PhysicalId(name.clone()), properties, outputs: self.outputs(name) }))
    }

    fn outputs(&self, name: &str) -> S3StateBucketOutputs {
        S3StateBucketOutputs { name: name.to_owned(), arn: self.0.bucket_arn(name) }
    }

    async fn is_private(&self, cx: &Context, name: &str) -> Result<bool> {
        let get = || self.0.s3.get_public_access_block().bucket(name).expected_bucket_owner(&self.0.account).send();
        let answer = self.0.call(cx, ACCESS, get).await.optional()?;
        Ok(answer.and_then(|answer| answer.public_access_block_configuration).is_some_and(|blocks| blocks == all_blocked()))
    }

    async fn is_versioned(&self, cx: &Context, name: &str) -> Result<bool> {
        let get = || self.0.s3.get_bucket_versioning().bucket(name).expected_bucket_owner(&self.0.account).send();
        Ok(self.0.call(cx, VERSIONING, get).await?.status == Some(BucketVersioningStatus::Enabled))
    }

    async fn is_encrypted(&self, cx: &Context, name: &str) -> Result<bool> {
        let get = || self.0.s3.get_bucket_encryption().bucket(name).expected_bucket_owner(&self.0.account).send();
        let answer = self.0.call(cx, ENCRYPTION, get).await.optional()?;
        let rules = answer.and_then(|answer| answer.server_side_encryption_configuration).map(|all| all.rules);
        Ok(rules.unwrap_or_default().iter().any(|rule| rule.apply_server_side_encryption_by_default.is_some()))
    }

    /// Returns the bucket's policy; one without statements if it has none.
    async fn policy(&self, cx: &Context, name: &str) -> Result<Value> {
        let get = || self.0.s3.get_bucket_policy().bucket(name).expected_bucket_owner(&self.0.account).send();
        let text = self.0.call(cx, POLICY, get).await.optional()?.and_then(|answer| answer.policy);
        let none = json!({"Version": "2012-10-17", "Statement": []});
        text.map_or(Ok(none), |text| {
            let unreadable = |error| Error::local(format!("the policy of the bucket {name} is not JSON: {error}"));
            serde_json::from_str(&text).map_err(unreadable)
        })
    }

    async fn lifecycle(&self, cx: &Context, name: &str) -> Result<Vec<LifecycleRule>> {
        let get = || self.0.s3.get_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(&self.0.account).send();
        Ok(self.0.call(cx, LIFECYCLE, get).await.optional()?.and_then(|answer| answer.rules).unwrap_or_default())
    }

    /// Returns the folders of the bucket that hold keys without the prefix `except`.
    async fn other_folders(&self, cx: &Context, name: &str, except: &str) -> Result<Vec<String>> {
        let versions = s3_object::versions(&self.0, cx, name, "").await?;
        let foreign = versions.iter().filter(|version| !version.key.starts_with(except));
        let folder = |key: &str| key.rsplit_once('/').map_or(key, |(folder, _)| folder).to_owned();
        let folders: BTreeSet<String> = foreign.map(|version| folder(&version.key)).collect();
        Ok(folders.into_iter().collect())
    }

    /// Sets everything that `live` lacks. Versioning comes last: if it is on, so is everything else.
    async fn configure(&self, cx: &Context, live: &S3StateBucketProperties, wanted: &S3StateBucketProperties) -> Result<()> {
        let (name, owner) = (&wanted.name, &self.0.account);
        if live.private != wanted.private {
            let put = || {
                let request = self.0.s3.put_public_access_block().bucket(name).expected_bucket_owner(owner);
                request.public_access_block_configuration(all_blocked()).send()
            };
            self.0.call(cx, PUT_ACCESS, put).await?;
        }
        if live.encrypted != wanted.encrypted {
            let by_default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
            let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(built(by_default.build())?);
            let encryption = built(ServerSideEncryptionConfiguration::builder().rules(rule.build()).build())?;
            let put = || {
                let request = self.0.s3.put_bucket_encryption().bucket(name).expected_bucket_owner(owner);
                request.server_side_encryption_configuration(encryption.clone()).send()
            };
            self.0.call(cx, PUT_ENCRYPTION, put).await?;
        }
        if live.tls_only != wanted.tls_only {
            let policy = with_tls_only(self.policy(cx, name).await?, &self.0.bucket_arn(name)).to_string();
            let put = || self.0.s3.put_bucket_policy().bucket(name).expected_bucket_owner(owner).policy(&policy).send();
            self.0.call(cx, PUT_POLICY, put).await?;
        }
        if let Some(days) = wanted.old_versions_days.filter(|_| live.old_versions_days != wanted.old_versions_days) {
            let mut rules = self.lifecycle(cx, name).await?;
            rules.retain(|rule| rule.id.as_deref() != Some(OLD_VERSIONS));
            rules.push(expiring(days)?);
            let rules = built(BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build())?;
            let put = || {
                let request = self.0.s3.put_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(owner);
                request.lifecycle_configuration(rules.clone()).send()
            };
            self.0.call(cx, PUT_LIFECYCLE, put).await?;
        }
        if live.versioned != wanted.versioned {
            let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
            let put = || {
                let request = self.0.s3.put_bucket_versioning().bucket(name).expected_bucket_owner(owner);
                request.versioning_configuration(versioning.clone()).send()
            };
            self.0.call(cx, PUT_VERSIONING, put).await?;
        }
        Ok(())
    }
}

fn all_blocked() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build()
}

/// Returns the number of days after which a lifecycle rule expires every old version.
fn days_of_old_versions(rule: &LifecycleRule) -> Option<u32> {
    let narrow = rule.filter.as_ref().is_some_and(|filter| {
        filter.tag.is_some() || filter.and.is_some() || filter.prefix.as_deref().is_some_and(|prefix| !prefix.is_empty())
    });
    let expiration = rule.noncurrent_version_expiration.as_ref()?;
    expiration.noncurrent_days.filter(|_| rule.status == ExpirationStatus::Enabled && !narrow).map(unsigned)
}

fn expiring(days: u32) -> Result<LifecycleRule> {
    let rule = LifecycleRule::builder()
        .id(OLD_VERSIONS)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .noncurrent_version_expiration(NoncurrentVersionExpiration::builder().noncurrent_days(signed(days)).build());
    built(rule.build())
}

fn tls_only(bucket: &str) -> Value {
    json!({
        "Sid": TLS_ONLY, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [bucket, format!("{bucket}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    })
}

/// Whether a bucket's policy denies everybody every action on the bucket and its objects without TLS.
fn denies_without_tls(policy: &Value, bucket: &str) -> bool {
    let list = |value: &Value| match value {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    };
    list(&policy["Statement"]).iter().any(|statement| {
        let everybody = statement["Principal"] == "*" || statement["Principal"]["AWS"] == "*";
        let actions = list(&statement["Action"]);
        let resources = list(&statement["Resource"]);
        let on = |what: String| resources.contains(&Value::from(what));
        let condition = &statement["Condition"];
        let without_tls = list(&condition["Bool"]["aws:SecureTransport"]);
        let alone = condition.as_object().is_some_and(|operators| operators.len() == 1)
            && condition["Bool"].as_object().is_some_and(|keys| keys.len() == 1);
        statement["Effect"] == "Deny"
            && everybody
            && actions.iter().any(|action| action == "s3:*" || action == "*")
            && on(bucket.to_owned())
            && on(format!("{bucket}/*"))
            && alone
            && without_tls.iter().any(|value| value == "false" || *value == Value::Bool(false))
    })
}

/// Returns the policy with the statement that denies requests without TLS.
fn with_tls_only(mut policy: Value, bucket: &str) -> Value {
    let mut statements = match policy["Statement"].take() {
        Value::Array(statements) => statements,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    statements.retain(|statement| statement["Sid"] != TLS_ONLY);
    statements.push(tls_only(bucket));
    policy["Statement"] = statements.into();
    policy
}

impl Permissions for S3StateBucket {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let bucket = provider.bucket_arn(named(wanted, "name"));
        let reads = [TAGS, VERSIONING, ENCRYPTION, ACCESS, POLICY, LIFECYCLE, s3_object::VERSIONS];
        let writes = [CREATE, TAG, PUT_VERSIONING, PUT_ENCRYPTION, PUT_ACCESS, PUT_POLICY, PUT_LIFECYCLE, DELETE];
        // A bucket is created with its tags (API reference, CreateBucketConfiguration).
        [
            operation_permissions(&reads, &bucket),
            operation_permissions(&writes, &bucket),
            action_permissions(&["s3:TagResource"], &bucket),
        ]
        .concat()
    }
}

impl Resource for S3StateBucket {
    type Definition = deployer_resources::S3StateBucket;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let both = |name: &str| outputs([("name", name.to_owned()), ("arn", self.0.bucket_arn(name))]);
        text(wanted, "name").map(both).unwrap_or_default()
    }

    async fn read(&self, cx: &Context, _id: &PhysicalId, hint: &S3StateBucketProperties) -> Result<Option<BucketLive>> {
        Ok(self.look(cx, hint).await?.filter(|live| tags::check_all(&live.properties.tags, &hint.tags).is_ok()))
    }

    async fn owner(&self, _cx: &Context, live: &BucketLive) -> Result<TagOwner> {
        // Environments share it: its marks name none of them.
        Ok(tags::owner_of_shared(&live.properties.tags))
    }

    async fn find(&self, cx: &Context, wanted: &S3StateBucketProperties) -> Result<Lookup<BucketLive>> {
        let live = self.look(cx, wanted).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found_shared(&live.properties.tags.clone(), &wanted.tags, live)))
    }

    /// Creates the bucket with its tags, so that one whose creation was interrupted is found and completed.
    async fn create(&self, cx: &Context, wanted: &S3StateBucketProperties) -> Result<BucketLive> {
        let config = configuration(&self.0, &wanted.tags)?;
        let create = || self.0.s3.create_bucket().bucket(&wanted.name).create_bucket_configuration(config.clone()).send();
        self.0.call(cx, CREATE, create).await?;
        let live = wait::poll_until(cx, "the bucket", KNOWN_WITHIN, || async {
            let seen = self.look(cx, wanted).await?;
            Ok(seen.map_or_else(|| Continue("it is not known everywhere yet".to_owned()), Break))
        })
        .await?;
        // S3-compatible stores other than AWS may ignore tags at creation.
        self.update(cx, &live, wanted, &[]).await
    }

    async fn update(
        &self,
        cx: &Context,
        live: &BucketLive,
        wanted: &S3StateBucketProperties,
        _changed: &[PropertyPath],
    ) -> Result<BucketLive> {
        self.configure(cx, &live.properties, wanted).await?;
        if live.properties.tags != wanted.tags {
            // PutBucketTagging replaces all tags, so the others are read and sent again.
            let others = tags_of(&self.0, cx, &wanted.name).await?.unwrap_or_default();
            let all: Tags = others.into_iter().chain(wanted.tags.clone()).collect();
            put_tags(&self.0, cx, TAG, &wanted.name, &all).await?;
        }
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &S3StateBucketProperties) -> Result<()> {
        let delete = || self.0.s3.delete_bucket().bucket(id.as_str()).expected_bucket_owner(&self.0.account).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "arn:aws:s3:::shop-states";

    #[test]
    fn tls_statement_is_added_once_beside_others() {
        let other = json!({"Sid": "Other", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject",
            "Resource": format!("{BUCKET}/*")});
        for before in [json!({"Statement": []}), json!({"Statement": other}), json!({"Statement": [other]})] {
            assert!(!denies_without_tls(&before, BUCKET));
            let after = with_tls_only(before, BUCKET);
            assert!(denies_without_tls(&after, BUCKET));
            assert!(
                after["Statement"].as_array().is_some_and(|all| all.iter().filter(|one| one["Sid"] == TLS_ONLY).count() == 1)
            );
            assert_eq!(with_tls_only(after.clone(), BUCKET), after);
        }
    }

    #[test]
    fn statements_that_deny_less_do_not_count() {
        for (member, value) in [
            ("Effect", json!("Allow")),
            ("Principal", json!({"AWS": "111122223333"})),
            ("Action", json!("s3:PutObject")),
            ("Resource", json!(format!("{BUCKET}/*"))),
            ("Condition", json!({"Bool": {"aws:SecureTransport": "true"}})),
            ("Condition", json!({"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}})),
            ("Condition", json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceAccount": "1"}})),
        ] {
            let mut statement = tls_only(BUCKET);
            statement[member] = value;
            assert!(!denies_without_tls(&json!({"Statement": [statement]}), BUCKET), "{member}");
        }
    }

    #[test]
    fn only_rules_for_every_object_expire_old_versions() {
        let rule = expiring(90).expect("it can be built");
        assert_eq!(days_of_old_versions(&rule), Some(90));
        let mut narrow = rule.clone();
        narrow.filter = Some(LifecycleRuleFilter::builder().prefix("logs/").build());
        assert_eq!(days_of_old_versions(&narrow), None);
        let mut disabled = rule;
        disabled.status = ExpirationStatus::Disabled;
        assert_eq!(days_of_old_versions(&disabled), None);
    }
}
