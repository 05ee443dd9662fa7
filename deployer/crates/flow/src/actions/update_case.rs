use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateCase",
    block: "Cases",
    source: Source::documented("devguide/updatecase", "2026-11"),
    aliases: &[Aliases::block(&["Cases"]).rank(3)],
    parameters: &[
        Parameter::fixed("LinkContactToCase").such_as(&["true", "false"]),
        Parameter::single("CaseId"),
        Parameter::map("CaseRequestFields"),
    ],
    errors: Errors {
        required: &["NoMatchingError"],
        conditional: &[Conditional::if_is("LinkContactToCase", "true", &["ContactNotLinked"])],
        ..Errors::NONE
    },
    simulation: Simulation::external("Cases changes a case", CHANNELS),
    ..ActionType::BASE
};
