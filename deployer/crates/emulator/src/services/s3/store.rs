//! S3 state: buckets, and every version of the objects in them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use super::digest::Algorithm;
use crate::persistent_map::PersistentMap;
use crate::shared::Shared;
use crate::stored::stored;

/// S3 state: buckets by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    pub(super) buckets: BTreeMap<String, Shared<Bucket>>,
}

stored!(State: buckets);

impl State {
    /// Returns the tags of the account's buckets in a Region, by ARN. Buckets are stored in the account's primary state, so those of other
    /// Regions are in no index.
    pub(crate) fn tagged(&self, region: &str) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        let here = self.buckets.iter().filter(move |(_, bucket)| bucket.region == region);
        here.map(|(name, bucket)| (format!("arn:aws:s3:::{name}"), bucket.tags.clone()))
    }

    /// Returns the customer managed KMS key that an object is encrypted with, if there is one.
    pub(crate) fn key_of(&self, bucket: &str, key: &str) -> Option<&str> {
        let (_, object) = self.buckets.get(bucket)?.current(key)?;
        object.encryption.key.as_deref().filter(|_| object.encryption.algorithm.starts_with("aws:kms"))
    }

    /// Returns the state without a bucket.
    #[must_use]
    pub fn without(&self, bucket: &str) -> Self {
        let mut buckets = self.buckets.clone();
        buckets.remove(bucket);
        Self { buckets }
    }

    /// Whether there is a bucket of this name.
    pub(crate) fn has(&self, bucket: &str) -> bool {
        self.buckets.contains_key(bucket)
    }
}

/// A bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub(super) region: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created: OffsetDateTime,
    pub(super) versioning: Versioning,
    pub(super) encryption: Encryption,
    /// BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets; `None` after deletion.
    pub(super) public_access: Option<[bool; 4]>,
    pub(super) policy: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    /// Lifecycle rules as they were sent.
    pub(super) lifecycle: Option<String>,
    /// Versions of each key by number, the latest last; no key has an empty map.
    #[serde(default)]
    pub(super) objects: PersistentMap<String, PersistentMap<u64, Version>>,
}

stored!(Bucket: objects);

/// The versioning state of a bucket. The second and third state never return to the first (user guide, "Using versioning").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

/// The default encryption of new objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Encryption {
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    pub(super) bucket_key: bool,
}

impl Default for Encryption {
    /// Returns SSE-S3, the default of every bucket since January 2023 (user guide, "Default encryption FAQ").
    fn default() -> Self {
        Self { algorithm: "AES256".to_owned(), key: None, bucket_key: false }
    }
}

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) modified: OffsetDateTime,
    /// The object; `None` for a delete marker.
    pub(super) object: Option<Object>,
}

stored!(whole Version);

/// Version ID in a bucket without versioning, or with suspended versioning.
pub(super) const NULL: &str = "null";

/// The content and metadata of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) bytes: Shared<Blob>,
    /// ETag, including its quotation marks.
    pub(super) etag: String,
    /// Content-Type, Cache-Control and similar headers, and user metadata, by header name.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) checksum: (Algorithm, String),
    pub(super) encryption: Encryption,
}

impl Bucket {
    /// Returns the latest version of a key, unless it is a delete marker.
    pub(super) fn current(&self, key: &str) -> Option<(&Version, &Object)> {
        let version = self.latest(key)?;
        Some((version, version.object.as_ref()?))
    }

    /// Returns the latest version of a key, which may be a delete marker.
    pub(super) fn latest(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last().map(|(_, version)| version)
    }

    /// Returns a version by its ID.
    pub(super) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.objects.get(key)?.values().find(|version| version.id == id)
    }

    /// Adds a version, and replaces the null version if the new one is a null version too.
    pub(super) fn add(&mut self, key: &str, version: Version) {
        let mut versions = self.objects.get(key).cloned().unwrap_or_default();
        if version.id == NULL {
            versions.retain(|_, old| old.id != NULL);
        }
        let number = versions.last().map_or(0, |(number, _)| number + 1);
        versions.insert(number, version);
        self.objects.insert(key.to_owned(), versions);
    }

    /// Deletes a version permanently.
    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        let (number, _) = self.objects.get(key)?.iter().find(|(_, version)| version.id == id)?;
        let number = *number;
        let versions = self.objects.get_mut(key)?;
        let removed = versions.remove(&number)?;
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(removed)
    }

    /// Whether responses contain version IDs.
    pub(super) fn names_versions(&self) -> bool {
        self.versioning != Versioning::Never
    }
}

/// Bytes that are stored in JSON as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Blob(pub(super) bytes::Bytes);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into()))
    }
}
