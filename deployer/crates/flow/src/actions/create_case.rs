use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreateCase",
    block: "Cases",
    source: Source::documented("devguide/createcase", "2026-11"),
    aliases: &[Aliases::block(&["Cases"]).rank(2)],
    parameters: &[
        Parameter::fixed("LinkContactToCase").such_as(&["true", "false"]),
        Parameter::single("CaseTemplateId").refers_to("case-template"),
        Parameter::map("CaseRequestFields"),
        Parameter::single("ContactToLink").status(Status::Seen),
    ],
    errors: Errors {
        required: &["NoMatchingError"],
        conditional: &[Conditional::if_is("LinkContactToCase", "true", &["ContactNotLinked"])],
        ..Errors::NONE
    },
    simulation: Simulation::external("Cases opens a case", CHANNELS),
    ..ActionType::BASE
};
