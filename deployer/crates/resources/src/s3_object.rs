//! The resource type `s3.object`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, Declared, Mode, Name, S3Bucket, Tags};

/// Desired and live properties of `s3.object`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct S3ObjectProperties<M: Mode = Concrete> {
    /// The bucket.
    pub bucket: M::Of<Name<S3Bucket>>,
    /// The key of the object.
    pub key: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The content type, such as `audio/wav`.
    pub content_type: String,
    /// Ownership tags.
    pub tags: Tags,
}

resource! {
    S3Object, declared as S3ObjectProperties<Declared>, with S3ObjectOutputs {
        /// `s3://bucket/key`.
        uri: String as String,
        /// The SHA-256 of its bytes, in hexadecimal.
        sha256: String as String,
    }
}

impl ResourceDefinition for S3Object {
    type Properties = S3ObjectProperties;
    type Outputs = S3ObjectOutputs;
    const TYPE: &'static str = "s3.object";
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["bucket", "key"];
    /// A replaced bucket has the same name and is empty.
    const PARENT: Option<&'static str> = Some("bucket");

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "bucket" => ChangeEffect::Replace("it is in another bucket"),
            "key" => ChangeEffect::Replace("an object keeps its key"),
            _ => ChangeEffect::Update,
        }
    }
}
