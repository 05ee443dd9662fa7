use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "AssociateContactToCustomerProfile",
    block: "Customer profiles",
    source: Source::documented("devguide/interactions-associatecontacttocustomerprofile", "2026-11"),
    parameters: &[Parameter::map("ProfileRequestData").required()],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("Customer Profiles associates the contact", CHANNELS),
    ..ActionType::BASE
};
