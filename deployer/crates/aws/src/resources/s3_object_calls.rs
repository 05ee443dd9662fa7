//! Calls that read and delete objects and their versions, by key.

use deployer_engine::{Context, Result};

use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::tags::Tags;

pub(super) const HEAD: Operation = Operation::read("s3", "HeadObject");
pub(super) const VERSIONS: Operation = Operation::read("s3", "ListObjectVersions");
pub(super) const DELETE: Operation = Operation::idempotent("s3", "DeleteObject");

/// The metadata names of the ownership tags (S3 makes the names lower-case): a header name cannot contain a colon.
pub(super) const METADATA_KEYS: [(&str, &str); 3] = [
    ("deployer:project", "deployer-project"),
    ("deployer:environment", "deployer-environment"),
    ("deployer:address", "deployer-address"),
];
pub(super) const SHA256: &str = "deployer-sha256";

/// The metadata of an object.
pub(super) struct ObjectMetadata {
    pub(super) tags: Tags,
    pub(super) sha256: String,
    pub(super) content_type: String,
}

/// A version of an object, or a delete marker.
pub(super) struct Version {
    pub(super) key: String,
    pub(super) id: String,
    pub(super) marker: bool,
}

/// Returns the metadata of the object or of one version; `None` if it does not exist.
pub(super) async fn object_metadata(
    provider: &Provider,
    cx: &Context,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Option<ObjectMetadata>> {
    let head = || {
        let request = provider.s3.head_object().bucket(bucket).key(key).expected_bucket_owner(&provider.account);
        request.set_version_id(version.map(str::to_owned)).send()
    };
    let Some(answer) = provider.call(cx, HEAD, head).await.optional()? else { return Ok(None) };
    let mut said = answer.metadata.unwrap_or_default();
    let tags = METADATA_KEYS.iter().filter_map(|(tag, name)| Some(((*tag).to_owned(), said.remove(*name)?))).collect();
    let (sha256, content_type) = (said.remove(SHA256).unwrap_or_default(), answer.content_type.unwrap_or_default());
    Ok(Some(ObjectMetadata { tags, sha256, content_type }))
}

/// Returns every version of every object with this key prefix; none if there is no such bucket. In a bucket that never had versioning, each
/// object has one version, called `null`.
pub(super) async fn versions(provider: &Provider, cx: &Context, bucket: &str, prefix: &str) -> Result<Vec<Version>> {
    // The next page starts after a key and a version of it.
    let after: std::sync::Mutex<(Option<String>, Option<String>)> = std::sync::Mutex::default();
    let marked = || after.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let found = collect_pages(|_| async {
        let (key, version) = marked();
        let list = || {
            let request = provider.s3.list_object_versions().bucket(bucket).prefix(prefix);
            let request = request.expected_bucket_owner(&provider.account);
            request.set_key_marker(key.clone()).set_version_id_marker(version.clone()).send()
        };
        let page = provider.call(cx, VERSIONS, list).await?;
        let one = |key: Option<String>, id: Option<String>, marker| Some(Version { key: key?, id: id?, marker });
        let kept = page.versions.unwrap_or_default().into_iter().filter_map(|at| one(at.key, at.version_id, false));
        let gone = page.delete_markers.unwrap_or_default().into_iter().filter_map(|at| one(at.key, at.version_id, true));
        let next = page.next_key_marker.filter(|_| page.is_truncated == Some(true));
        let token = next.as_ref().map(|key| format!("{key} {}", page.next_version_id_marker.as_deref().unwrap_or_default()));
        *after.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (next, page.next_version_id_marker);
        Ok((kept.chain(gone).collect(), token))
    });
    Ok(found.await.optional()?.unwrap_or_default())
}

/// Deletes a version permanently.
pub(super) async fn remove(provider: &Provider, cx: &Context, bucket: &str, version: &Version) -> Result<()> {
    let delete = || {
        let request = provider.s3.delete_object().bucket(bucket).key(&version.key).version_id(&version.id);
        request.expected_bucket_owner(&provider.account).send()
    };
    provider.call(cx, DELETE, delete).await.optional().map(drop)
}
