//! The resource type `apigateway.base_path_mapping`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, Declared, DomainName, Id, Mode, Name, RestApi, Stage};

/// Desired and live properties of `apigateway.base_path_mapping`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct BasePathMappingProperties<M: Mode = Concrete> {
    /// The domain.
    pub domain: M::Of<Name<DomainName>>,
    /// The first path segment; empty for all paths.
    pub base_path: String,
    /// The API.
    pub rest_api_id: M::Of<Id<RestApi>>,
    /// The stage.
    pub stage: M::Of<Name<Stage>>,
}

resource! {
    BasePathMapping, declared as BasePathMappingProperties<Declared>, with BasePathMappingOutputs {
        /// The path.
        base_path: String as String,
    }
}

impl ResourceDefinition for BasePathMapping {
    type Properties = BasePathMappingProperties;
    type Outputs = BasePathMappingOutputs;
    const TYPE: &'static str = "apigateway.base_path_mapping";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["base_path"];
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["domain", "base_path"];
    const PARENT: Option<&'static str> = Some("domain");

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "domain" => ChangeEffect::Replace("it belongs to another domain"),
            "base_path" => ChangeEffect::Replace("a mapping is known by its path"),
            _ => ChangeEffect::Update,
        }
    }
}
