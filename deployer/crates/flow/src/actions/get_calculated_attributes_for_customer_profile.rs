use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "GetCalculatedAttributesForCustomerProfile",
    block: "Customer profiles",
    source: Source::documented("devguide/interactions-getcalculatedattributesforcustomerprofile", "2026-11"),
    parameters: &[Parameter::map("ProfileRequestData").required().free(), Parameter::list("ProfileResponseData")],
    errors: Errors { required: &["NoMatchingError"], optional: &["NoneFoundError"], ..Errors::NONE },
    simulation: Simulation::external("Customer Profiles has the values", PAGE),
    ..ActionType::BASE
};
