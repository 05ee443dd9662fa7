use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "RenderMessageTemplate",
    block: "(undocumented)",
    source: Source::unknown("", "2026-11"),
    errors: Errors::required(&["NoMatchingError", "TemplateRenderingError"]),
    simulation: Simulation::external("a message template is filled in", NO_AWS_PAGE),
    ..ActionType::BASE
};
