//! Queues.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Id of the hours of operation.
    pub(crate) hours: String,
    pub(crate) enabled: bool,
    /// Maximum number of contacts; `None` is the instance's limit.
    pub(crate) most: Option<i64>,
    pub(crate) outbound: Option<Outbound>,
    /// Ids of the quick connects that agents see while they handle a contact of this queue.
    #[serde(default)]
    pub(crate) quick_connects: BTreeSet<String>,
}

/// Caller configuration of a queue's outbound calls. An empty string is equivalent to none (unverified).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outbound {
    #[serde(rename = "OutboundCallerIdName", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Id of a claimed number.
    #[serde(rename = "OutboundCallerIdNumberId", skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    /// Id of a flow.
    #[serde(rename = "OutboundFlowId", skip_serializing_if = "Option::is_none")]
    pub(crate) flow: Option<String>,
}

impl Queue {
    /// Returns a new queue with these hours of operation.
    pub(crate) fn new(hours: String) -> Self {
        Self { hours, enabled: true, most: None, outbound: None, quick_connects: BTreeSet::new() }
    }

    /// Whether the queue accepts no contacts (that a disabled queue behaves like a full one is unverified).
    pub(crate) fn is_closed(&self) -> bool {
        !self.enabled || self.most == Some(0)
    }
}
