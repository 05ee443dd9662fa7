use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreateWisdomSession",
    block: "Connect assistant (Wisdom)",
    source: Source::documented("devguide/createwisdomsession", "2026-11"),
    aliases: &[Aliases::block(&["AmazonQInConnect", "ConnectAssistant"])],
    parameters: &[Parameter::single("WisdomAssistantArn").required().refers_to("assistant")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("an assistant of Amazon Q opens a session", CHANNELS),
    ..ActionType::BASE
};
