use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreateCustomerProfile",
    block: "Customer profiles",
    source: Source::documented("devguide/interactions-createcustomerprofile", "2026-11"),
    parameters: &[Parameter::map("ProfileRequestData").required().free(), Parameter::list("ProfileResponseData")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("Customer Profiles makes a profile", PAGE),
    ..ActionType::BASE
};
