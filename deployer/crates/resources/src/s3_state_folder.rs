//! The resource type `s3.state_folder`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;

/// Desired and live properties of `s3.state_folder`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3StateFolderProperties {
    /// The bucket.
    pub bucket: String,
    /// Prefix of its keys, with a slash at the end.
    pub prefix: String,
}

resource! {
    S3StateFolder, declared as S3StateFolderProperties, with S3StateFolderOutputs {
        /// Number of object versions, including delete markers.
        versions: usize as usize,
    }
}

impl ResourceDefinition for S3StateFolder {
    type Properties = S3StateFolderProperties;
    type Outputs = S3StateFolderOutputs;
    const TYPE: &'static str = "s3.state_folder";

    fn change_effect(_path: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Replace("a folder is only removed")
    }
}
