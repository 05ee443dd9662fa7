//! The resource type `connect.quick_connect`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectContactFlow, ConnectInstance, ConnectUser, Declared, Id, Mode, Name, Tags};

/// The destination of a transfer. A transfer to a queue or a user runs a flow: the one with this ID, or the default one that comes with the
/// instance if absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", rename_all = "snake_case")]
pub enum Destination<M: Mode = Concrete> {
    /// A number in E.164 format.
    PhoneNumber(String),
    /// A queue.
    Queue {
        /// The name of the queue.
        queue: String,
        /// The ID of the flow of the type `QUEUE_TRANSFER`.
        flow_id: Option<M::Of<Id<ConnectContactFlow>>>,
    },
    /// A user.
    User {
        /// The ID of the user.
        user_id: M::Of<Id<ConnectUser>>,
        /// The ID of the flow of the type `AGENT_TRANSFER`.
        flow_id: Option<M::Of<Id<ConnectContactFlow>>>,
    },
    /// A type of quick connect that is not supported here.
    Other(String),
}

/// Desired and live properties of `connect.quick_connect`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectQuickConnectProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description.
    pub description: String,
    /// The destination.
    pub destination: Destination<M>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectQuickConnect, declared as ConnectQuickConnectProperties<Declared>, with ConnectQuickConnectOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectQuickConnect>,
        /// The ARN.
        arn: String as Arn<ConnectQuickConnect>,
        /// The name.
        name: String as Name<ConnectQuickConnect>,
    }
}

impl ResourceDefinition for ConnectQuickConnect {
    type Properties = ConnectQuickConnectProperties;
    type Outputs = ConnectQuickConnectOutputs;
    const TYPE: &'static str = "connect.quick_connect";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
