use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CheckOutboundCallStatus",
    block: "Check call progress",
    source: Source::documented("devguide/flow-control-actions-checkoutboundcallstatus", "2026-11"),
    aliases: &[Aliases::block(&["CheckCallProgress"])],
    conditions: Conditions::new(ConditionMode::Equals, &["CallAnswered", "VoicemailBeep", "VoicemailNoBeep", "NotDetected"]),
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("only calls of an outbound campaign have a status", PAGE),
    ..ActionType::BASE
};
