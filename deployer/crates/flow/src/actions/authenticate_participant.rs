use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "AuthenticateParticipant",
    block: "Authenticate Customer",
    source: Source::unknown("adminguide/authenticate-customer", "2026-11"),
    aliases: &[Aliases::block(&["AuthenticateCustomer"])],
    parameters: &[
        Parameter::object("CognitoConfiguration").members(&["UserPoolArn", "AppClientId"]),
        Parameter::object("CustomerProfilesConfiguration").members(&["ObjectTypeName"]),
        Parameter::single("TimeLimitMinutes").at_least(1).or_number(),
    ],
    conditions: Conditions::new(ConditionMode::Equals, &["OptedOut"]),
    errors: Errors::required(&["NoMatchingError", "TimeLimitExceeded"]),
    channels: &["CHAT"],
    simulation: Simulation::not_in_voice("it works in chats only", CHANNELS),
    effects: &[Effect::Waits],
    ..ActionType::BASE
};
