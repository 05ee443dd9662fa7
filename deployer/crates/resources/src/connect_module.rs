//! The resource type `connect.module`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Tags};

/// Desired and live properties of `connect.module`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectModuleProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The module in the Connect Flow language.
    pub content: M::Of<Value>,
    /// What the module declares for its callers: inputs, results and branches; `None` leaves it as it is.
    pub settings: Option<Value>,
    /// `ACTIVE` or `ARCHIVED`.
    pub state: String,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectModule, declared as ConnectModuleProperties<Declared>, with ConnectModuleOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectModule>,
        /// The ARN.
        arn: String as Arn<ConnectModule>,
    }
}

impl ResourceDefinition for ConnectModule {
    type Properties = ConnectModuleProperties;
    type Outputs = ConnectModuleOutputs;
    const TYPE: &'static str = "connect.module";
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            "content" if path.0.get(1).is_some_and(|member| member == "Metadata") => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }
}
