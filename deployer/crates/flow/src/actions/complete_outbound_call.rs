use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CompleteOutboundCall",
    block: "Call phone number",
    source: Source::documented("devguide/contact-actions-completeoutboundcall", "2026-11"),
    aliases: &[Aliases::block(&["CallPhoneNumber"])],
    parameters: &[
        Parameter::object("CallerId").members(&["Number"]),
        Parameter::object("VoiceConnector").members(&[
            "VoiceConnectorType",
            "VoiceConnectorArn",
            "FromUser",
            "ToUser",
            "UserToUserInformation",
        ]),
        Parameter::single("ConnectionTimeLimitSeconds").between(1, 600).or_number(),
    ],
    flow_types: &[FlowType::OutboundWhisper, FlowType::Module],
    simulation: Simulation::no_effect("the caller has called; there is no outbound call to complete", PAGE),
    forms: &[Form::new("complete_outbound_call", &[]).words(&[("ConnectionTimeLimitSeconds", "seconds")])],
    ..ActionType::BASE
};
