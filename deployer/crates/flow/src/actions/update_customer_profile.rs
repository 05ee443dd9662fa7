use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateCustomerProfile",
    block: "Customer profiles",
    source: Source::documented("devguide/interactions-updatecustomerprofile", "2026-11"),
    parameters: &[Parameter::map("ProfileRequestData").required().free(), Parameter::list("ProfileResponseData")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("Customer Profiles changes a profile", PAGE),
    ..ActionType::BASE
};
