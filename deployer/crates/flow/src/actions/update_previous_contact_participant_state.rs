use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdatePreviousContactParticipantState",
    block: "Hold customer or agent",
    source: Source::documented("devguide/contact-actions-updatepreviouscontactparticipantstate", "2026-11"),
    aliases: &[Aliases::block(&["HoldCustomerOrAgent"])],
    parameters: &[Parameter::fixed("PreviousContactParticipantState").required().such_as(&[
        "AgentOnHold",
        "CustomerOnHold",
        "OffHold",
    ])],
    errors: Errors::required(&["NoMatchingError"]),
    flow_types: BEFORE_QUEUE,
    simulation: Simulation::no_effect("nobody was with the caller before", PAGE),
    forms: &[Form::new("hold", &["state"]).words(&[("PreviousContactParticipantState", "state")])],
    ..ActionType::BASE
};
