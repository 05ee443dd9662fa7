//! The resource type `apigateway.usage_plan`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{ApiKey, Concrete, Declared, Id, Mode, Name, RestApi, Stage, Tags, Throttling};

/// Maximum number of requests of a key per period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Number of requests.
    pub limit: u32,
    /// `DAY`, `WEEK` or `MONTH`.
    pub period: String,
}

/// Desired and live properties of `apigateway.usage_plan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct UsagePlanProperties<M: Mode = Concrete> {
    /// The name; not unique.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// The API.
    pub rest_api_id: M::Of<Id<RestApi>>,
    /// The API's stage.
    pub stage: M::Of<Name<Stage>>,
    /// The key.
    pub api_key_id: M::Of<Id<ApiKey>>,
    /// Throttling limits per key; only the stage's if absent.
    pub throttling: Option<Throttling>,
    /// Request quota per key; unlimited if absent.
    pub quota: Option<Quota>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    UsagePlan, declared as UsagePlanProperties<Declared>, with UsagePlanOutputs {
        /// The ID.
        id: String as Id<UsagePlan>,
    }
}

impl ResourceDefinition for UsagePlan {
    type Properties = UsagePlanProperties;
    type Outputs = UsagePlanOutputs;
    const TYPE: &'static str = "apigateway.usage_plan";
    /// A key may be in several plans if they are of different stages (developer guide, "Usage plans and API keys for REST APIs").
    const KEY: &'static [&'static str] = &["rest_api_id", "stage"];
    /// It is found by its tags.
    const FOUND_BY: Option<&'static [&'static str]> = Some(&[]);
    const CREATE_IS_IDEMPOTENT: bool = false;

    /// A plan must leave its stage before the stage is deleted, and only a removal comes before those of its dependencies.
    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "rest_api_id" | "stage" => ChangeEffect::Replace("it is of another stage"),
            _ => ChangeEffect::Update,
        }
    }
}
