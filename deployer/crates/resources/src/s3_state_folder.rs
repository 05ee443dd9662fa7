//! The resource type `s3.state_folder`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::Declare;
use crate::declaration::outputs;

/// Desired and live properties of `s3.state_folder`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3StateFolderProperties {
    /// The bucket.
    pub bucket: String,
    /// Prefix of its keys, with a slash at the end.
    pub prefix: String,
}

outputs! {
    /// Outputs of `s3.state_folder`.
    S3StateFolderOutputs of S3StateFolder {
        /// Number of object versions, including delete markers.
        versions: usize as usize,
    }
}

/// The resource type `s3.state_folder`.
#[derive(Debug, Clone, Copy)]
pub struct S3StateFolder;

impl ResourceDefinition for S3StateFolder {
    type Properties = S3StateFolderProperties;
    type Outputs = S3StateFolderOutputs;
    const TYPE: &'static str = "s3.state_folder";

    fn change_effect(_path: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Replace("a folder is only removed")
    }
}

impl Declare for S3StateFolder {
    type Declared = S3StateFolderProperties;
}
