//! A contact in a queue, and the events that run flows for it.

use std::collections::VecDeque;
use std::time::Duration;

use super::resources::Agent;
use crate::flow_type::FlowType;

/// An event of a contact that can run a flow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    CustomerQueue,
    AgentWhisper,
    CustomerWhisper,
    /// The agent holds the caller for this time.
    CustomerHold(Duration),
    /// The flow for the agent during a hold of this time.
    AgentHold(Duration),
    CustomerRemaining,
}

impl Event {
    /// Returns the name by which `UpdateContactEventHooks` sets a flow for the event.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CustomerQueue => "CustomerQueue",
            Self::AgentWhisper => "AgentWhisper",
            Self::CustomerWhisper => "CustomerWhisper",
            Self::CustomerHold(_) => "CustomerHold",
            Self::AgentHold(_) => "AgentHold",
            Self::CustomerRemaining => "CustomerRemaining",
        }
    }

    /// Returns the type of the instance's default flow for the event; nothing runs by default after the agent has left.
    pub(crate) fn default_type(self) -> Option<FlowType> {
        match self {
            Self::CustomerQueue => Some(FlowType::CustomerQueue),
            Self::AgentWhisper => Some(FlowType::AgentWhisper),
            Self::CustomerWhisper => Some(FlowType::CustomerWhisper),
            Self::CustomerHold(_) => Some(FlowType::CustomerHold),
            Self::AgentHold(_) => Some(FlowType::AgentHold),
            Self::CustomerRemaining => None,
        }
    }

    /// Whether the agent, not the caller, hears the flow of the event.
    pub(crate) fn is_heard_by_agent(self) -> bool {
        matches!(self, Self::AgentWhisper | Self::AgentHold(_))
    }
}

/// A contact in a queue.
pub(crate) struct Queued {
    pub(crate) queue: String,
    pub(crate) since: Duration,
    /// The agent who has taken the contact, if any.
    pub(crate) agent: Option<Agent>,
    /// Events whose flows have not run yet.
    pub(crate) pending_events: VecDeque<Event>,
    /// Remaining time of the current hold.
    pub(crate) hold_remaining: Duration,
}

/// Returns the events after an agent takes the contact (AWS administrator guide, flow types): the agent hears the agent
/// whisper, the caller the customer whisper; in each hold both hear their own flow; after the agent has left, the disconnect
/// flow follows. An inbound call has no outbound whisper, and no agent here transfers it to another.
pub(crate) fn events_after_answer(holds: &[Duration]) -> VecDeque<Event> {
    let holds = holds.iter().flat_map(|time| [Event::CustomerHold(*time), Event::AgentHold(*time)]);
    [Event::AgentWhisper, Event::CustomerWhisper].into_iter().chain(holds).chain([Event::CustomerRemaining]).collect()
}

impl Queued {
    /// Whether no agent has taken the contact.
    pub(crate) fn is_waiting(&self) -> bool {
        self.agent.is_none()
    }

    /// Returns the outcome of the call. If an agent has answered, that is the outcome, unless the contact has left the queue.
    pub(crate) fn outcome(&self, ended: String) -> String {
        match (&self.agent, ended.as_str()) {
            (None, "" | "ended" | "waiting") => format!("queued: {}", self.queue),
            (Some(agent), "" | "ended" | "waiting" | "disconnected") => format!("answered: {}", agent.user_name),
            _ => ended,
        }
    }
}
