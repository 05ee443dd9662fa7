//! The resource type `connect.storage`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, ConnectInstance, Declared, Id, Mode};

/// A storage target. It must already exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageTarget {
    /// Objects in a bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// Prefix of the keys.
        prefix: String,
        /// The ARN of the KMS key that encrypts the objects.
        kms_key: Option<String>,
    },
    /// A Kinesis data stream, by its ARN.
    KinesisStream(String),
    /// A Firehose delivery stream, by its ARN.
    Firehose(String),
    /// Kinesis video streams.
    KinesisVideo {
        /// Prefix of the stream names.
        prefix: String,
        /// Retention period in hours.
        retention_hours: u32,
        /// The ARN of the KMS key that encrypts the streams.
        kms_key: String,
    },
    /// A storage type that is not supported here.
    Other(String),
}

/// Desired and live properties of `connect.storage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectStorageProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The kind of data, such as `CALL_RECORDINGS`.
    pub kind: String,
    /// The storage target.
    pub place: StorageTarget,
}

resource! {
    ConnectStorage, declared as ConnectStorageProperties<Declared>, with ConnectStorageOutputs {
        /// The ID of the association.
        association_id: String as String,
    }
}

impl ResourceDefinition for ConnectStorage {
    type Properties = ConnectStorageProperties;
    type Outputs = ConnectStorageOutputs;
    const TYPE: &'static str = "connect.storage";

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            "kind" => ChangeEffect::Replace("it is about other things"),
            _ => ChangeEffect::Update,
        }
    }
}
