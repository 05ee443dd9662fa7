use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreatePersistentContactAssociation",
    block: "Create persistent contact association",
    source: Source::unknown("adminguide/create-persistent-contact-association-block", "2026-11"),
    parameters: &[
        Parameter::fixed("RehydrationType").required().such_as(&["ENTIRE_PAST_SESSION", "FROM_SEGMENT"]),
        Parameter::single("SourceContactId").required(),
        Parameter::dynamic("ClientToken"),
    ],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::not_in_voice(
        "it works in chats only",
        "administrator guide, \"Create persistent contact association\"",
    ),
    ..ActionType::BASE
};
