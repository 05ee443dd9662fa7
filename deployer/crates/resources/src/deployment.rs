//! The resource type `apigateway.deployment`.

use deployer_engine::{ChangeEffect, PropertyPath, Replacement, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, Declared, Id, Mode, RestApi};

/// Desired and live properties of `apigateway.deployment`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct DeploymentProperties<M: Mode = Concrete> {
    /// The API.
    pub rest_api_id: M::Of<Id<RestApi>>,
    /// A digest of everything that is deployed with it.
    pub digest: String,
}

resource! {
    Deployment, declared as DeploymentProperties<Declared>, with DeploymentOutputs {
        /// The ID within its API.
        id: String as Id<Deployment>,
    }
}

impl ResourceDefinition for Deployment {
    type Properties = DeploymentProperties;
    type Outputs = DeploymentOutputs;
    const TYPE: &'static str = "apigateway.deployment";
    const REPLACEMENT: Replacement = Replacement::CreateFirst;
    const CREATE_IS_IDEMPOTENT: bool = false;
    const PARENT: Option<&'static str> = Some("rest_api_id");
    const DELETED_WITH_PARENT: bool = true;

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "rest_api_id" => ChangeEffect::Replace("it belongs to another API"),
            _ => ChangeEffect::Replace("a deployment is a snapshot: what it was made of has changed"),
        }
    }
}
