//! Quick connects: destinations that an agent can transfer a contact to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A quick connect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct QuickConnect {
    pub(crate) destination: Destination,
}

/// The destination of a quick connect; resources by id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Destination {
    /// A number in E.164 format.
    Phone(String),
    Queue {
        queue: String,
        flow: String,
    },
    User {
        user: String,
        flow: String,
    },
    Flow(String),
}

impl Destination {
    /// Returns the type as the API names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Phone(_) => "PHONE_NUMBER",
            Self::Queue { .. } => "QUEUE",
            Self::User { .. } => "USER",
            Self::Flow(_) => "FLOW",
        }
    }

    /// Returns the configuration in the form of the API.
    pub(crate) fn config(&self) -> Value {
        let (member, config) = match self {
            Self::Phone(number) => ("PhoneConfig", json!({"PhoneNumber": number})),
            Self::Queue { queue, flow } => ("QueueConfig", json!({"QueueId": queue, "ContactFlowId": flow})),
            Self::User { user, flow } => ("UserConfig", json!({"UserId": user, "ContactFlowId": flow})),
            Self::Flow(flow) => ("FlowConfig", json!({"ContactFlowId": flow})),
        };
        json!({"QuickConnectType": self.kind(), member: config})
    }
}
