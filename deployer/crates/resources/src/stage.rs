//! The resource type `apigateway.stage`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::declaration::resource;
use crate::{Concrete, Declared, Deployment, Id, Mode, Name, RestApi, Tags};

/// Throttling limits of all routes together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Throttling {
    /// Requests per second; may have a fraction.
    pub rate_limit: Number,
    /// Burst limit in requests.
    pub burst_limit: u32,
}

/// Desired and live properties of `apigateway.stage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct StageProperties<M: Mode = Concrete> {
    /// The API.
    pub rest_api_id: M::Of<Id<RestApi>>,
    /// The name, unique in the API.
    pub name: String,
    /// ID of the deployment that is served.
    pub deployment_id: M::Of<Id<Deployment>>,
    /// The description; may be empty.
    pub description: String,
    /// Whether X-Ray tracing is active.
    pub tracing: bool,
    /// Throttling limits; the account's if absent.
    pub throttling: Option<Throttling>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    Stage, declared as StageProperties<Declared>, with StageOutputs {
        /// The name.
        name: String as Name<Stage>,
        /// The URL at which it is served.
        invoke_url: String as String,
    }
}

impl ResourceDefinition for Stage {
    type Properties = StageProperties;
    type Outputs = StageOutputs;
    const TYPE: &'static str = "apigateway.stage";
    const KEY: &'static [&'static str] = &["rest_api_id", "name"];
    const PARENT: Option<&'static str> = Some("rest_api_id");
    const DELETED_WITH_PARENT: bool = true;

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "rest_api_id" => ChangeEffect::Replace("it belongs to another API"),
            "name" => ChangeEffect::Replace("a stage's name cannot be changed"),
            _ => ChangeEffect::Update,
        }
    }
}
