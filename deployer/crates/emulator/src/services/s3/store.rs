//! What S3 keeps: buckets, and every version of the objects in them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use super::digest::Algorithm;
use crate::shared::Shared;

/// Buckets by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
}

impl State {
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
    /// BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets; `None` when taken away.
    pub(super) public_access: Option<[bool; 4]>,
    pub(super) policy: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    /// The rules as they were sent.
    pub(super) lifecycle: Option<String>,
    /// The versions of each key, the newest last; no key has none.
    pub(super) objects: BTreeMap<String, Vec<Version>>,
}

/// Whether old versions are kept. There is no way back from the second and third to the first (user guide, "Using versioning").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

/// How new objects are encrypted unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Encryption {
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    pub(super) bucket_key: bool,
}

impl Default for Encryption {
    /// SSE-S3, on every bucket since January 2023 (user guide, "Default encryption FAQ").
    fn default() -> Self {
        Self { algorithm: "AES256".to_owned(), key: None, bucket_key: false }
    }
}

/// One version of an object, or the mark that it was deleted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) modified: OffsetDateTime,
    /// `None`: a delete marker.
    pub(super) object: Option<Object>,
}

/// The version of a bucket that has no versioning, or whose versioning is suspended.
pub(super) const NULL: &str = "null";

/// An object's bytes and what is said of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) bytes: Shared<Blob>,
    /// With its quotation marks.
    pub(super) etag: String,
    /// Content-Type, Cache-Control and the like, and the user's metadata, by header.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) checksum: (Algorithm, String),
    pub(super) encryption: Encryption,
}

impl Bucket {
    /// The newest version of a key, if it is not a delete marker.
    pub(super) fn current(&self, key: &str) -> Option<(&Version, &Object)> {
        let version = self.objects.get(key)?.last()?;
        Some((version, version.object.as_ref()?))
    }

    /// Adds a version, in the place of the null version where there is one and it would be another.
    pub(super) fn add(&mut self, key: &str, version: Version) {
        let versions = self.objects.entry(key.to_owned()).or_default();
        if version.id == NULL {
            versions.retain(|old| old.id != NULL);
        }
        versions.push(version);
    }

    /// Removes a version for good.
    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.objects.get_mut(key)?;
        let at = versions.iter().position(|version| version.id == id)?;
        let removed = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(removed)
    }

    /// Whether answers name versions.
    pub(super) fn names_versions(&self) -> bool {
        self.versioning != Versioning::Never
    }
}

/// Bytes, in base64 where JSON holds them.
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
