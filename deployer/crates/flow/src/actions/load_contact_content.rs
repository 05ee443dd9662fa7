use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "LoadContactContent",
    block: "Get stored content",
    source: Source::unknown("adminguide/get-stored-content", "2026-11"),
    aliases: &[Aliases::block(&["GetStoredContent"])],
    parameters: &[Parameter::fixed("ContentType").required().such_as(&["EmailMessage"])],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("content of a contact is loaded", NO_AWS_PAGE),
    ..ActionType::BASE
};
