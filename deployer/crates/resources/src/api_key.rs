//! The resource type `apigateway.api_key`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Id, Tags};

/// Desired and live properties of `apigateway.api_key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyProperties {
    /// The name; not unique.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// Whether requests with it are accepted.
    pub enabled: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ApiKey, declared as ApiKeyProperties, with ApiKeyOutputs {
        /// The ID, with which an authorized caller can request the value.
        id: String as Id<ApiKey>,
    }
}

impl ResourceDefinition for ApiKey {
    type Properties = ApiKeyProperties;
    type Outputs = ApiKeyOutputs;
    const TYPE: &'static str = "apigateway.api_key";
    const CREATE_IS_IDEMPOTENT: bool = false;

    fn change_effect(_path: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Update
    }
}
