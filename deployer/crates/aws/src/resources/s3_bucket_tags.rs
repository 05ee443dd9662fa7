//! The tags of a bucket, which also tell the owner of its objects.

use deployer_engine::{Context, Result};

use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::tags::{self, Tags};

pub(super) const TAGS: Operation = Operation::read("s3", "GetBucketTagging");

/// Returns the tags of a bucket of the account; `None` if there is no such bucket.
pub(super) async fn tags_of(provider: &Provider, cx: &Context, name: &str) -> Result<Option<Tags>> {
    let ask = || provider.s3.get_bucket_tagging().bucket(name).expected_bucket_owner(&provider.account).send();
    match provider.call(cx, TAGS, ask).await {
        Ok(answer) => Ok(Some(tags::own(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value))))),
        // The bucket exists and has no tags.
        Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Ok(Some(Tags::new())),
        Err(error) => Err(error).optional(),
    }
}
