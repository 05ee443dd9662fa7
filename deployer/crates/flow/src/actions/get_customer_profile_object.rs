use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "GetCustomerProfileObject",
    block: "Customer profiles",
    source: Source::documented("devguide/interactions-getcustomerprofileobject", "2026-11"),
    parameters: &[Parameter::map("ProfileRequestData").required().free(), Parameter::list("ProfileResponseData")],
    errors: Errors::required(&["NoMatchingError", "NoneFoundError"]),
    simulation: Simulation::external("Customer Profiles finds an object", NO_AWS_PAGE),
    ..ActionType::BASE
};
