//! The resource type `connect.queue_quick_connects`: the quick connects that a queue offers. It is a resource of its own because queues may
//! offer quick connects to each other.

use std::collections::BTreeMap;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, ConnectInstance, ConnectQueue, ConnectQuickConnect, Declared, Id, Mode};

/// Desired and live properties of `connect.queue_quick_connects`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectQueueQuickConnectsProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The queue.
    pub queue_id: M::Of<Id<ConnectQueue>>,
    /// The IDs of the quick connects by name.
    pub quick_connects: BTreeMap<String, M::Of<Id<ConnectQuickConnect>>>,
}

resource! {
    ConnectQueueQuickConnects, declared as ConnectQueueQuickConnectsProperties<Declared>, with ConnectQueueQuickConnectsOutputs {
        /// The queue's ID.
        queue_id: String as Id<ConnectQueue>,
    }
}

impl ResourceDefinition for ConnectQueueQuickConnects {
    type Properties = ConnectQueueQuickConnectsProperties;
    type Outputs = ConnectQueueQuickConnectsOutputs;
    const TYPE: &'static str = "connect.queue_quick_connects";

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" | "queue_id" => ChangeEffect::Replace("it is about another queue"),
            _ => ChangeEffect::Update,
        }
    }
}
