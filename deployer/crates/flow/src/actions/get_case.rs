use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "GetCase",
    block: "Cases",
    source: Source::documented("devguide/getcase", "2026-11"),
    aliases: &[Aliases::block(&["Cases"])],
    parameters: &[
        Parameter::fixed("LinkContactToCase").such_as(&["true", "false"]),
        Parameter::fixed("GetLastUpdatedCase").such_as(&["true", "false"]),
        Parameter::map("CaseRequestFields"),
        Parameter::list("CaseResponseFields"),
        Parameter::single("CustomerId").status(Status::Documented),
    ],
    errors: Errors {
        required: &["NoMatchingError", "NoneFound", "MultipleFound"],
        conditional: &[Conditional::if_is("LinkContactToCase", "true", &["ContactNotLinked"])],
        ..Errors::NONE
    },
    simulation: Simulation::external("Cases finds a case", CHANNELS),
    ..ActionType::BASE
};
