use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "StartOutboundChatContact",
    block: "Send message",
    source: Source::documented("devguide/contact-actions-startoutboundchatcontact", "2026-11"),
    aliases: &[Aliases::block(&["SendMessage"]).rank(2)],
    parameters: &[
        Parameter::object("SourceEndpoint").members(&["Address", "Type"]),
        Parameter::object("DestinationEndpoint").members(&["Address", "Type"]),
        Parameter::single("ContactFlowArn").refers_to("flow"),
        Parameter::fixed("ContactSubtype"),
        Parameter::object("InitialSystemMessage").members(&["Content"]),
        Parameter::fixed("RelatedContact").such_as(&["CURRENT"]),
    ],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::external("a message is sent", PAGE),
    ..ActionType::BASE
};
