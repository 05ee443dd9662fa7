//! The resource type `connect.routing_profile`.

use std::collections::BTreeMap;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Name, Tags};

/// The order in which a queue's contacts are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueAssignment {
    /// Priority; 1 is served first.
    pub priority: u32,
    /// Number of seconds that contacts wait before they are routed to these agents.
    pub delay_seconds: u32,
}

/// Desired and live properties of `connect.routing_profile`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectRoutingProfileProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description.
    pub description: String,
    /// The name of the queue for outbound calls.
    pub default_outbound_queue: String,
    /// Maximum number of concurrent contacts by channel, such as `VOICE`.
    pub concurrency: BTreeMap<String, u32>,
    /// Priority and delay by queue name and channel.
    pub queues: BTreeMap<String, BTreeMap<String, QueueAssignment>>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectRoutingProfile, declared as ConnectRoutingProfileProperties<Declared>, with ConnectRoutingProfileOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectRoutingProfile>,
        /// The ARN.
        arn: String as Arn<ConnectRoutingProfile>,
        /// The name.
        name: String as Name<ConnectRoutingProfile>,
    }
}

impl ResourceDefinition for ConnectRoutingProfile {
    type Properties = ConnectRoutingProfileProperties;
    type Outputs = ConnectRoutingProfileOutputs;
    const TYPE: &'static str = "connect.routing_profile";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
