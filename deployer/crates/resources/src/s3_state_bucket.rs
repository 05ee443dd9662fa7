//! The resource type `s3.state_bucket`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Name, Tags, other_users};

/// Desired and live properties of `s3.state_bucket`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3StateBucketProperties {
    /// The name, globally unique.
    pub name: String,
    /// Whether all four settings of Block Public Access are on.
    pub private: bool,
    /// Whether versioning is enabled, so that replaced and deleted objects remain as old versions.
    pub versioned: bool,
    /// Whether default encryption is enabled, with a key of S3 or of KMS.
    pub encrypted: bool,
    /// Whether its policy denies requests without TLS. Other statements of the policy are left in place.
    pub tls_only: bool,
    /// Retention period of old versions in days; unlimited if `None`. Other lifecycle rules are left in place.
    pub old_versions_days: Option<u32>,
    /// Folders with objects outside `except`, which require the bucket to be retained. Read only for a removal, where it is not `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<Vec<String>>,
    /// Prefix of the keys that are removed together with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub except: String,
    /// Ownership tags. Other live tags are left in place.
    pub tags: Tags,
}

resource! {
    S3StateBucket, declared as S3StateBucketProperties, with S3StateBucketOutputs {
        /// The name.
        name: String as Name<S3StateBucket>,
        /// The ARN.
        arn: String as Arn<S3StateBucket>,
    }
}

impl ResourceDefinition for S3StateBucket {
    type Properties = S3StateBucketProperties;
    type Outputs = S3StateBucketOutputs;
    const TYPE: &'static str = "s3.state_bucket";
    const ID_IS_A_NAME: bool = true;

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a bucket keeps its name"),
            _ => ChangeEffect::Update,
        }
    }

    fn retain_policy(_properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        other_users(live).map(|others| RetainPolicy::Forget(format!("it stays, because other things are in it: {others}")))
    }
}
