use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreateContact",
    block: "(undocumented)",
    source: Source::unknown("", "2026-11"),
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("another contact is made", NO_AWS_PAGE),
    ..ActionType::BASE
};
