//! The resource type `s3.bucket`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Name, Tags};

/// Desired and live properties of `s3.bucket`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3BucketProperties {
    /// The name, globally unique.
    pub name: String,
    /// Tags.
    pub tags: Tags,
}

resource! {
    S3Bucket, declared as S3BucketProperties, with S3BucketOutputs {
        /// The name.
        name: String as Name<S3Bucket>,
    }
}

impl ResourceDefinition for S3Bucket {
    type Properties = S3BucketProperties;
    type Outputs = S3BucketOutputs;
    const TYPE: &'static str = "s3.bucket";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a bucket keeps its name"),
            _ => ChangeEffect::Update,
        }
    }
}
