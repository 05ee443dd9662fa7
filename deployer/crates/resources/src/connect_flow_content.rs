//! The resource type `connect.flow_content`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Concrete, ConnectContactFlow, ConnectInstance, Declared, Id, Mode};

/// Desired and live properties of `connect.flow_content`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectFlowContentProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The flow.
    pub flow_id: M::Of<Id<ConnectContactFlow>>,
    /// The flow in the Connect Flow language.
    pub content: M::Of<Value>,
    /// `PUBLISHED`, or `SAVED` for the draft.
    pub status: String,
}

resource! {
    ConnectFlowContent, declared as ConnectFlowContentProperties<Declared>, with ConnectFlowContentOutputs {
        /// The flow.
        flow_id: String as Id<ConnectContactFlow>,
    }
}

impl ResourceDefinition for ConnectFlowContent {
    type Properties = ConnectFlowContentProperties;
    type Outputs = ConnectFlowContentOutputs;
    const TYPE: &'static str = "connect.flow_content";

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" | "flow_id" => ChangeEffect::Replace("it is the content of another flow"),
            "content" if path.0.get(1).is_some_and(|member| member == "Metadata") => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }
}
