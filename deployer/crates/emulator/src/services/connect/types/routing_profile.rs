//! Routing profiles and their queues.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoutingProfile {
    /// Id of the default outbound queue.
    pub(crate) outbound_queue: String,
    pub(crate) media: Vec<Media>,
    /// Queues whose contacts are routed to the agent.
    pub(crate) queues: Vec<QueueAssignment>,
    /// Queues whose contacts the agent picks manually.
    pub(crate) manual: Vec<QueueAssignment>,
    pub(crate) timer: String,
    /// Whether the profile came with the instance.
    pub(crate) default: bool,
}

/// Maximum number of concurrent contacts of a channel per agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Media {
    #[serde(rename = "Channel")]
    pub(crate) channel: String,
    #[serde(rename = "Concurrency", default)]
    pub(crate) concurrency: i64,
    #[serde(rename = "CrossChannelBehavior", default)]
    pub(crate) behavior: Behavior,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Behavior {
    #[serde(rename = "BehaviorType")]
    pub(crate) kind: String,
}

impl Default for Behavior {
    /// Returns the value that descriptions show if none was given (unverified).
    fn default() -> Self {
        Self { kind: "ROUTE_CURRENT_CHANNEL_ONLY".to_owned() }
    }
}

impl RoutingProfile {
    /// Returns the profile that comes with an instance: calls and chats of this queue (unverified).
    pub(crate) fn basic(queue: &str) -> Self {
        let media =
            |channel: &str, concurrency| Media { channel: channel.to_owned(), concurrency, behavior: Behavior::default() };
        Self {
            outbound_queue: queue.to_owned(),
            media: vec![media("VOICE", 1), media("CHAT", 2)],
            queues: vec![QueueAssignment::new(queue, "VOICE"), QueueAssignment::new(queue, "CHAT")],
            manual: Vec::new(),
            timer: TIMERS[0].to_owned(),
            default: true,
        }
    }

    pub(crate) fn uses(&self, queue: &str) -> bool {
        self.outbound_queue == queue || self.queues.iter().chain(&self.manual).any(|assigned| assigned.queue == queue)
    }
}

/// Agent availability timers; the default comes first (botocore model).
pub(crate) const TIMERS: [&str; 2] = ["TIME_SINCE_LAST_ACTIVITY", "TIME_SINCE_LAST_INBOUND"];

/// A queue with a channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct QueueAssignment {
    /// Id of the queue.
    pub(crate) queue: String,
    pub(crate) channel: String,
    /// Priority and delay; manually picked queues have none.
    pub(crate) order: Option<(i64, i64)>,
}

impl QueueAssignment {
    /// Returns an entry with the highest priority and no delay.
    pub(crate) fn new(queue: &str, channel: &str) -> Self {
        Self { queue: queue.to_owned(), channel: channel.to_owned(), order: Some((1, 0)) }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        (&self.queue, &self.channel) == (&other.queue, &other.channel)
    }

    pub(crate) fn show(&self) -> String {
        format!("{} on {}", self.queue, self.channel)
    }
}
