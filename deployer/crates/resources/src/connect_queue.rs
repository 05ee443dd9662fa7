//! The resource type `connect.queue`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectContactFlow, ConnectInstance, ConnectPhoneNumber, Declared, Id, Mode, Name, Tags};

/// Caller ID and whisper flow of outbound calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct OutboundCaller<M: Mode = Concrete> {
    /// The caller ID name.
    pub name: Option<String>,
    /// The ID of the caller ID number.
    pub phone_number_id: Option<M::Of<Id<ConnectPhoneNumber>>>,
    /// The ID of the flow of the type `OUTBOUND_WHISPER`.
    pub flow_id: Option<M::Of<Id<ConnectContactFlow>>>,
}

/// Desired and live properties of `connect.queue`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectQueueProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description.
    pub description: String,
    /// The name of its hours of operation.
    pub hours_of_operation: String,
    /// Maximum number of contacts in it; unlimited if absent.
    pub max_contacts: Option<u32>,
    /// Whether it accepts contacts.
    pub enabled: bool,
    /// Caller ID and whisper flow of outbound calls from this queue.
    pub outbound_caller: OutboundCaller<M>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectQueue, declared as ConnectQueueProperties<Declared>, with ConnectQueueOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectQueue>,
        /// The ARN.
        arn: String as Arn<ConnectQueue>,
        /// The name.
        name: String as Name<ConnectQueue>,
    }
}

impl ResourceDefinition for ConnectQueue {
    type Properties = ConnectQueueProperties;
    type Outputs = ConnectQueueOutputs;
    const TYPE: &'static str = "connect.queue";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
