//! The resource type `connect.bot`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode};

/// Desired and live properties of `connect.bot`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectBotProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The bot's alias.
    pub alias_arn: String,
}

resource! {
    ConnectBot, declared as ConnectBotProperties<Declared>, with ConnectBotOutputs {
        /// The bot's alias.
        arn: String as Arn<ConnectBot>,
    }
}

impl ResourceDefinition for ConnectBot {
    type Properties = ConnectBotProperties;
    type Outputs = ConnectBotOutputs;
    const TYPE: &'static str = "connect.bot";
    const RECORDS_CREATION: bool = true;

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Replace("it is for another bot"),
        }
    }
}
