//! Storage configurations.

use serde::{Deserialize, Serialize};

/// A storage configuration of a resource type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Storage {
    pub(crate) resource: String,
    pub(crate) config: Config,
    /// Client token of the request that created it.
    pub(crate) token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Config {
    #[serde(rename = "StorageType")]
    pub(crate) kind: String,
    #[serde(rename = "S3Config", skip_serializing_if = "Option::is_none")]
    pub(crate) bucket: Option<Bucket>,
    #[serde(rename = "KinesisVideoStreamConfig", skip_serializing_if = "Option::is_none")]
    pub(crate) video: Option<Video>,
    #[serde(rename = "KinesisStreamConfig", skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<Stream>,
    #[serde(rename = "KinesisFirehoseConfig", skip_serializing_if = "Option::is_none")]
    pub(crate) firehose: Option<Firehose>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    #[serde(rename = "BucketName")]
    pub(crate) name: String,
    #[serde(rename = "BucketPrefix")]
    pub(crate) prefix: String,
    #[serde(rename = "EncryptionConfig", skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<Encryption>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Video {
    #[serde(rename = "Prefix")]
    pub(crate) prefix: String,
    #[serde(rename = "RetentionPeriodHours")]
    pub(crate) hours: i64,
    #[serde(rename = "EncryptionConfig")]
    pub(crate) encryption: Encryption,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stream {
    #[serde(rename = "StreamArn")]
    pub(crate) arn: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Firehose {
    #[serde(rename = "FirehoseArn")]
    pub(crate) arn: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    #[serde(rename = "EncryptionType")]
    pub(crate) kind: String,
    #[serde(rename = "KeyId")]
    pub(crate) key: String,
}
