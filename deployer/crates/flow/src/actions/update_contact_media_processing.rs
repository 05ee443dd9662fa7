use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactMediaProcessing",
    block: "Set recording, analytics and processing behavior",
    source: Source::documented("devguide/contact-actions-updatecontactmediaprocessing", "2026-11"),
    parameters: &[Parameter::object("ChatProcessor").required().members(&[
        "ProcessingEnabled",
        "LambdaProcessorARN",
        "ChatProcessorSettings",
    ])],
    errors: Errors { required: &["NoMatchingError"], optional: &["ChannelMismatch"], ..Errors::NONE },
    simulation: Simulation::external(
        "messages are processed on their way",
        "AWS page on the action; its channels are not recorded (unverified)",
    ),
    ..ActionType::BASE
};
