use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "GetCustomerProfile",
    block: "Customer profiles",
    source: Source::documented("devguide/interactions-getcustomerprofile", "2026-11"),
    aliases: &[Aliases::block(&["CustomerProfiles"])],
    parameters: &[Parameter::map("ProfileRequestData").required().free(), Parameter::list("ProfileResponseData")],
    errors: Errors::required(&["MultipleFoundError", "NoneFoundError", "NoMatchingError"]),
    simulation: Simulation::external("Customer Profiles finds a profile", PAGE),
    ..ActionType::BASE
};
