//! The resource type `connect.agent_status`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Tags};

/// Desired and live properties of `connect.agent_status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectAgentStatusProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// Whether agents can choose it.
    pub enabled: bool,
    /// The position in the list that agents see, from 1; `None` for none in particular.
    pub display_order: Option<u32>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectAgentStatus, declared as ConnectAgentStatusProperties<Declared>, with ConnectAgentStatusOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectAgentStatus>,
        /// The ARN.
        arn: String as Arn<ConnectAgentStatus>,
    }
}

impl ResourceDefinition for ConnectAgentStatus {
    type Properties = ConnectAgentStatusProperties;
    type Outputs = ConnectAgentStatusOutputs;
    const TYPE: &'static str = "connect.agent_status";
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
