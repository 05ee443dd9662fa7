//! The storage configuration of an Amazon Connect instance for one kind of data: recordings, reports, contact records.

use std::sync::Arc;

use aws_sdk_connect::types::{
    EncryptionConfig, EncryptionType, InstanceStorageConfig, InstanceStorageResourceType, KinesisFirehoseConfig,
    KinesisStreamConfig, KinesisVideoStreamConfig, S3Config, StorageType,
};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectStorageOutputs, ConnectStorageProperties, StorageTarget};
use serde_json::Value;

use super::{built, join_id, required_field, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{
    Permission, Permissions, action_permissions, connect_linked_role_permissions, directory_permissions, operation_permissions,
};
use crate::provider::Provider;

type StorageLive = Live<ConnectStorageProperties, ConnectStorageOutputs>;

const LIST: Operation = Operation::read("connect", "ListInstanceStorageConfigs");
const DESCRIBE_INSTANCE: Operation = Operation::read("connect", "DescribeInstance");
/// Idempotent by its client token.
const ASSOCIATE: Operation = Operation::idempotent("connect", "AssociateInstanceStorageConfig");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateInstanceStorageConfig");
const DISASSOCIATE: Operation = Operation::idempotent("connect", "DisassociateInstanceStorageConfig");

/// The resource type `connect.storage`.
pub struct ConnectStorage(pub(crate) Arc<Provider>);

fn encryption(key: &str) -> Result<EncryptionConfig> {
    built(EncryptionConfig::builder().encryption_type(EncryptionType::Kms).key_id(key).build())
}

fn config(place: &StorageTarget) -> Result<InstanceStorageConfig> {
    let builder = InstanceStorageConfig::builder();
    built(match place {
        StorageTarget::S3 { bucket, prefix, kms_key } => {
            let encryption = kms_key.as_deref().map(encryption).transpose()?;
            let s3 = S3Config::builder().bucket_name(bucket).bucket_prefix(prefix).set_encryption_config(encryption);
            builder.storage_type(StorageType::S3).s3_config(built(s3.build())?).build()
        }
        StorageTarget::KinesisStream(arn) => {
            let stream = built(KinesisStreamConfig::builder().stream_arn(arn).build())?;
            builder.storage_type(StorageType::KinesisStream).kinesis_stream_config(stream).build()
        }
        StorageTarget::Firehose(arn) => {
            let stream = built(KinesisFirehoseConfig::builder().firehose_arn(arn).build())?;
            builder.storage_type(StorageType::KinesisFirehose).kinesis_firehose_config(stream).build()
        }
        StorageTarget::KinesisVideo { prefix, retention_hours, kms_key } => {
            let video = KinesisVideoStreamConfig::builder().prefix(prefix).retention_period_hours(signed(*retention_hours));
            let video = built(video.encryption_config(encryption(kms_key)?).build())?;
            builder.storage_type(StorageType::KinesisVideoStream).kinesis_video_stream_config(video).build()
        }
        StorageTarget::Other(what) => {
            return Err(Error::new(ErrorClass::Invalid, format!("{what} is not a storage target")));
        }
    })
}

fn place(config: InstanceStorageConfig) -> StorageTarget {
    let key = |encryption: Option<EncryptionConfig>| encryption.map(|encryption| encryption.key_id);
    if let Some(s3) = config.s3_config {
        return StorageTarget::S3 { bucket: s3.bucket_name, prefix: s3.bucket_prefix, kms_key: key(s3.encryption_config) };
    }
    if let Some(stream) = config.kinesis_stream_config {
        return StorageTarget::KinesisStream(stream.stream_arn);
    }
    if let Some(stream) = config.kinesis_firehose_config {
        return StorageTarget::Firehose(stream.firehose_arn);
    }
    match config.kinesis_video_stream_config {
        Some(video) => StorageTarget::KinesisVideo {
            prefix: video.prefix,
            retention_hours: unsigned(video.retention_period_hours),
            kms_key: key(video.encryption_config).unwrap_or_default(),
        },
        None => StorageTarget::Other(config.storage_type.as_str().to_owned()),
    }
}

/// Returns the live target, in the desired spelling if it is the same: Connect turns a video stream's prefix into
/// `PREFIX-connect-ALIAS-contact-` (terraform-provider-aws, documentation of connect_instance_storage_config).
fn spelled(live: StorageTarget, hint: &StorageTarget) -> StorageTarget {
    match (live, hint) {
        (
            StorageTarget::KinesisVideo { prefix, retention_hours, kms_key },
            StorageTarget::KinesisVideo { prefix: wanted, .. },
        ) => {
            let rest = prefix.strip_prefix(wanted.as_str());
            let same = rest.is_some_and(|rest| rest.starts_with("-connect-") && rest.ends_with("-contact-"));
            StorageTarget::KinesisVideo { prefix: if same { wanted.clone() } else { prefix }, retention_hours, kms_key }
        }
        (live, _) => live,
    }
}

impl ConnectStorage {
    /// Reads the configuration. There is at most one for each kind (API reference, AssociateInstanceStorageConfig).
    async fn look(&self, cx: &Context, instance: &str, kind: &str, hint: &StorageTarget) -> Result<Option<StorageLive>> {
        let configs = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_instance_storage_configs().instance_id(instance);
                let kind = InstanceStorageResourceType::from(kind);
                request.resource_type(kind).max_results(10).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.storage_configs.unwrap_or_default(), page.next_token))
        });
        let Some(config) = configs.await.optional()?.unwrap_or_default().into_iter().next() else { return Ok(None) };
        let association_id = required_field("the association's id", config.association_id.clone())?;
        let place = spelled(place(config), hint);
        let properties = ConnectStorageProperties { instance_id: instance.to_owned(), kind: kind.to_owned(), place };
        Ok(Some(Live { id: join_id(instance, kind), properties, outputs: ConnectStorageOutputs { association_id } }))
    }
}

impl Permissions for ConnectStorage {
    const READ_WHILE_CHANGING: &'static [&'static str] = &[
        "firehose:DescribeDeliveryStream",
        "kinesis:DescribeStream",
        "kms:DescribeKey",
        "s3:GetBucketAcl",
        "s3:GetBucketLocation",
    ];

    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let own = [LIST, DESCRIBE_INSTANCE, ASSOCIATE, UPDATE, DISASSOCIATE];
        let own = operation_permissions(&own, &provider.arn("connect", "instance/*"));
        // Connect accesses the target with the caller's permissions (service authorization reference, dependent actions).
        let at = |path: &str| wanted.pointer(path).and_then(Value::as_str);
        let on = |names: &[&str], arn: Option<&str>| arn.map(|arn| action_permissions(names, arn)).unwrap_or_default();
        let bucket = at("/place/s3/bucket").map(|name| provider.bucket_arn(name));
        let key = at("/place/s3/kms_key").or_else(|| at("/place/kinesis_video/kms_key"));
        [
            own,
            directory_permissions(),
            connect_linked_role_permissions(provider),
            on(&["s3:GetBucketAcl", "s3:GetBucketLocation"], bucket.as_deref()),
            on(&["kms:CreateGrant", "kms:DescribeKey"], key),
            on(&["kinesis:DescribeStream"], at("/place/kinesis_stream")),
            on(&["firehose:DescribeDeliveryStream"], at("/place/firehose")),
        ]
        .concat()
    }
}

impl Resource for ConnectStorage {
    type Definition = deployer_resources::ConnectStorage;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ConnectStorageProperties) -> Result<Option<StorageLive>> {
        let (instance, kind) = split_id(id)?;
        self.look(cx, instance, kind, &hint.place).await
    }

    async fn owner(&self, cx: &Context, live: &StorageLive) -> Result<TagOwner> {
        let (instance, _) = split_id(&live.id)?;
        self.0.owner_of_setting(cx, instance).await
    }

    /// Finds the configuration. It has no tags: it is owned if the instance is.
    async fn find(&self, cx: &Context, wanted: &ConnectStorageProperties) -> Result<Lookup<StorageLive>> {
        let instance = wanted.instance_id.as_str();
        let Some(live) = self.look(cx, instance, &wanted.kind, &wanted.place).await? else { return Ok(Lookup::NotFound) };
        self.0.found_in_instance(cx, instance, live).await
    }

    async fn create(&self, cx: &Context, wanted: &ConnectStorageProperties) -> Result<StorageLive> {
        let (config, token) = (config(&wanted.place)?, cx.token.to_string());
        let associate = || {
            let request = self.0.connect.associate_instance_storage_config().instance_id(&wanted.instance_id);
            let kind = InstanceStorageResourceType::from(wanted.kind.as_str());
            request.resource_type(kind).storage_config(config.clone()).client_token(&token).send()
        };
        let association_id = required_field("the association's id", self.0.call(cx, ASSOCIATE, associate).await?.association_id)?;
        let id = join_id(&wanted.instance_id, &wanted.kind);
        Ok(Live { id, properties: wanted.clone(), outputs: ConnectStorageOutputs { association_id } })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &StorageLive,
        wanted: &ConnectStorageProperties,
        _changed: &[PropertyPath],
    ) -> Result<StorageLive> {
        let config = config(&wanted.place)?;
        let update = || {
            let request = self.0.connect.update_instance_storage_config().instance_id(&wanted.instance_id);
            let kind = InstanceStorageResourceType::from(wanted.kind.as_str());
            request.association_id(&live.outputs.association_id).resource_type(kind).storage_config(config.clone()).send()
        };
        self.0.call(cx, UPDATE, update).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &ConnectStorageProperties) -> Result<()> {
        let (instance, kind) = split_id(id)?;
        let Some(live) = self.look(cx, instance, kind, &recorded.place).await? else { return Ok(()) };
        let token = cx.token.to_string();
        let disassociate = || {
            let request = self.0.connect.disassociate_instance_storage_config().instance_id(instance);
            let kind = InstanceStorageResourceType::from(kind);
            request.association_id(&live.outputs.association_id).resource_type(kind).client_token(&token).send()
        };
        self.0.call(cx, DISASSOCIATE, disassociate).await.optional().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_the_same_there_and_back() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1".to_owned();
        let places = [
            StorageTarget::S3 { bucket: "b".into(), prefix: "p".into(), kms_key: None },
            StorageTarget::S3 { bucket: "b".into(), prefix: "p".into(), kms_key: Some(key.clone()) },
            StorageTarget::KinesisStream("arn:stream".into()),
            StorageTarget::Firehose("arn:firehose".into()),
            StorageTarget::KinesisVideo { prefix: "p".into(), retention_hours: 24, kms_key: key },
        ];
        for wanted in places {
            assert_eq!(config(&wanted).map(place).ok(), Some(wanted));
        }
    }
}
