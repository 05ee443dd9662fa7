use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "ShowView",
    block: "Show view",
    source: Source::recorded("devguide/participant-actions-showview", "2026-11"),
    parameters: &[
        Parameter::object("ViewResource").required().refers_to("view").members(&["Id", "Version"]).identified_by("Id", "view"),
        Parameter::single("InvocationTimeLimitSeconds").required().at_least(1),
        Parameter::map("ViewData").free(),
        Parameter::object("SensitiveDataConfiguration").members(&["HideResponseOn"]).free(),
    ],
    conditions: Conditions::new(ConditionMode::Equals, &[]),
    errors: Errors::required(&["NoMatchingError", "NoMatchingCondition", "TimeLimitExceeded"]),
    flow_types: &[FlowType::ContactFlow, FlowType::CustomerQueue, FlowType::Module],
    channels: &["CHAT"],
    simulation: Simulation::not_in_voice(
        "it works in chats only",
        "AWS page on the action; its channels in published catalogues",
    ),
    forms: &[Form::new("show_view", &["view"]).words(&[("ViewResource", "view"), ("InvocationTimeLimitSeconds", "seconds")])],
    effects: &[Effect::Waits],
    ..ActionType::BASE
};
