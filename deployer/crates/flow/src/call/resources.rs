//! Flows, queues, agents and numbers of the instance that a call uses.

use std::sync::Arc;
use std::time::Duration;

use crate::flow_type::FlowType;
use crate::model::Flow;

/// A flow or module of the instance.
#[derive(Debug, Clone)]
pub struct LoadedFlow {
    /// ARN of the flow or module.
    pub arn: String,
    /// Name of the flow or module.
    pub name: String,
    /// Type of the flow.
    pub flow_type: FlowType,
    /// Content of the flow or module.
    pub flow: Arc<Flow>,
}

/// A queue of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// ARN of the queue.
    pub arn: String,
    /// Name of the queue.
    pub name: String,
    /// Number shown for outbound calls.
    pub outbound_caller_id: Option<String>,
    /// Whether the queue rejects further contacts.
    pub full: bool,
}

/// An agent who takes a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// ARN of the user.
    pub arn: String,
    /// Login name.
    pub user_name: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// An agent's answer to a queued contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAnswer {
    /// Time between the contact's arrival in the queue and the answer.
    pub after: Duration,
    /// Agent who takes the contact.
    pub agent: Agent,
    /// Duration of each hold that the agent puts the caller on afterwards.
    pub holds: Vec<Duration>,
}

/// The reaction of a number that a flow calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThirdParty {
    /// Somebody answers and talks to the caller.
    #[default]
    Answers,
    /// The number cannot be called.
    Fails,
    /// Nobody answers in time.
    DoesNotAnswer,
}
