//! S3 state: buckets, and every version of the objects in them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use super::digest::Algorithm;
use crate::shared::Shared;
use crate::tracked_map::{Changes, TrackedMap};

/// S3 state: buckets by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub(super) buckets: BTreeMap<String, Shared<Bucket>>,
}

/// Changes of buckets: the bucket's settings and the keys concerned, or its deletion.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change(Changes<String, BucketChange>);

/// The bucket without its objects, and the changes of the versions of some keys.
#[derive(Debug, Serialize, Deserialize)]
struct BucketChange(Bucket, Changes<String, Vec<VersionChange>>);

/// A version in the order of its key: an existing one, by ID, or a new one.
#[derive(Debug, Serialize, Deserialize)]
enum VersionChange {
    Kept(String),
    New(Shared<Version>),
}

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

    /// Whether there is a bucket of this name.
    pub(crate) fn has(&self, bucket: &str) -> bool {
        self.buckets.contains_key(bucket)
    }

    /// Returns what this draft has changed since `before`, and clears the record of changes.
    pub(crate) fn changes(&mut self, before: &Self) -> Option<Change> {
        let gone = before.buckets.keys().filter(|name| !self.buckets.contains_key(*name)).map(|name| (name.clone(), None));
        let mut changes: Vec<_> = gone.collect();
        for (name, bucket) in &mut self.buckets {
            let before = before.buckets.get(name);
            if !before.is_some_and(|before| bucket.same(before)) {
                changes.push((name.clone(), Some(bucket.changes(before))));
            }
        }
        (!changes.is_empty()).then_some(Change(changes))
    }

    /// Applies a change returned by [`changes`](Self::changes).
    pub(crate) fn replay(&mut self, Change(changes): Change) {
        for (name, change) in changes {
            match change {
                None => drop(self.buckets.remove(&name)),
                Some(BucketChange(described, keys)) => {
                    let objects = self.buckets.get(&name).map(|bucket| bucket.objects.clone()).unwrap_or_default();
                    let mut bucket = Bucket { objects, ..described };
                    bucket.replay(keys);
                    self.buckets.insert(name, Shared::new(bucket));
                }
            }
        }
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
    /// Versions of each key, the latest last; no key has an empty list.
    pub(super) objects: TrackedMap<String, Vec<Shared<Version>>>,
}

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
        let version = self.objects.get(key)?.last()?;
        Some((version, version.object.as_ref()?))
    }

    /// Adds a version, and replaces the null version if the new one is a null version too.
    pub(super) fn add(&mut self, key: &str, version: Version) {
        let mut versions = self.objects.get(key).cloned().unwrap_or_default();
        if version.id == NULL {
            versions.retain(|old| old.id != NULL);
        }
        versions.push(Shared::new(version));
        self.objects.insert(key.to_owned(), versions);
    }

    /// Deletes a version permanently.
    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Shared<Version>> {
        let at = self.objects.get(key)?.iter().position(|version| version.id == id)?;
        let versions = self.objects.get_mut(key)?;
        let removed = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(removed)
    }

    fn changes(&mut self, before: Option<&Shared<Self>>) -> BucketChange {
        let reported = |(key, versions): (String, Option<Vec<Shared<Version>>>)| {
            let known: &[Shared<Version>] =
                before.and_then(|before| before.objects.get(&key)).map(Vec::as_slice).unwrap_or_default();
            let tell = |version: Shared<Version>| match known.iter().any(|known| known.same(&version)) {
                true => VersionChange::Kept(version.id.clone()),
                false => VersionChange::New(version),
            };
            let versions = versions.map(|versions| versions.into_iter().map(tell).collect());
            (key, versions)
        };
        let keys = self.objects.changes().into_iter().map(reported).collect();
        BucketChange(Self { objects: TrackedMap::default(), ..self.clone() }, keys)
    }

    fn replay(&mut self, keys: Changes<String, Vec<VersionChange>>) {
        for (key, change) in keys {
            let known = self.objects.get(&key).cloned().unwrap_or_default();
            let versions = change.map(|versions| {
                let one = |version: VersionChange| match version {
                    VersionChange::Kept(id) => known.iter().find(|known| known.id == id).cloned(),
                    VersionChange::New(version) => Some(version),
                };
                versions.into_iter().filter_map(one).collect()
            });
            self.objects.replay(vec![(key, versions)]);
        }
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
