use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "StartOutboundEmailContact",
    block: "(undocumented)",
    source: Source::unknown("", "2026-11"),
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("an e-mail is sent", NO_AWS_PAGE),
    ..ActionType::BASE
};
