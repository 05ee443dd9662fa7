use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "StartVoiceIdStream",
    block: "Set Voice ID",
    source: Source::documented("devguide/flow-control-actions-startvoiceidstream", "2026-11"),
    aliases: &[Aliases::block(&["SetVoiceId"])],
    errors: Errors::required(&["NoMatchingError"]),
    channels: &["VOICE"],
    simulation: Simulation::external("Voice ID, which ended in May 2026, listens", PAGE),
    ..ActionType::BASE
};
