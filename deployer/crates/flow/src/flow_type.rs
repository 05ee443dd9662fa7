//! The types of flows.

/// The type of a flow, as the API's `Type` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowType {
    /// `CONTACT_FLOW`, the inbound flow.
    ContactFlow,
    /// `CUSTOMER_QUEUE`.
    CustomerQueue,
    /// `CUSTOMER_HOLD`.
    CustomerHold,
    /// `CUSTOMER_WHISPER`.
    CustomerWhisper,
    /// `AGENT_HOLD`.
    AgentHold,
    /// `AGENT_WHISPER`.
    AgentWhisper,
    /// `OUTBOUND_WHISPER`.
    OutboundWhisper,
    /// `AGENT_TRANSFER`.
    AgentTransfer,
    /// `QUEUE_TRANSFER`.
    QueueTransfer,
    /// `CAMPAIGN`.
    Campaign,
    /// A flow module; the API has separate operations for modules instead of a type.
    Module,
}

impl FlowType {
    const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::ContactFlow, "CONTACT_FLOW", "contactFlow"),
        (Self::CustomerQueue, "CUSTOMER_QUEUE", "customerQueue"),
        (Self::CustomerHold, "CUSTOMER_HOLD", "customerHold"),
        (Self::CustomerWhisper, "CUSTOMER_WHISPER", "customerWhisper"),
        (Self::AgentHold, "AGENT_HOLD", "agentHold"),
        (Self::AgentWhisper, "AGENT_WHISPER", "agentWhisper"),
        (Self::OutboundWhisper, "OUTBOUND_WHISPER", "outboundWhisper"),
        (Self::AgentTransfer, "AGENT_TRANSFER", "agentTransfer"),
        (Self::QueueTransfer, "QUEUE_TRANSFER", "queueTransfer"),
        (Self::Campaign, "CAMPAIGN", "campaign"),
        (Self::Module, "MODULE", "contactFlowModule"),
    ];

    /// Returns the type with this name, in the API's spelling (`CONTACT_FLOW`) or in that of console exports (`contactFlow`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let known = |(_, api, console): &&(Self, &str, &str)| *api == name || console.eq_ignore_ascii_case(name);
        let module = || (name == "flowModule").then_some(Self::Module);
        Self::ALL.iter().find(known).map(|(found, _, _)| *found).or_else(module)
    }

    /// Returns the name in the API's spelling; `MODULE` for a module.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(known, _, _)| *known == self).map_or("", |(_, api, _)| api)
    }

    /// Returns the name in the spelling of console exports, such as `contactFlow`.
    #[must_use]
    pub fn in_exports(self) -> &'static str {
        Self::ALL.iter().find(|(known, _, _)| *known == self).map_or("", |(_, _, console)| console)
    }
}
