use serde_json::json;

use super::action_type::*;
use crate::designer::block::Parameter as BlockParameter;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactMediaStreamingBehavior",
    block: "Start/Stop media streaming",
    source: Source::documented("devguide/contact-actions-updatecontactmediastreamingbehavior", "2026-11"),
    aliases: &[Aliases::designer(&["StartMediaStreaming", "StopMediaStreaming"])],
    parameters: &[
        Parameter::fixed("MediaStreamingState").required().one_of(&["Enabled", "Disabled"]),
        Parameter::list("Participants").required(),
        Parameter::fixed("MediaStreamType").required().such_as(&["Audio"]),
    ],
    errors: Errors::required(&["NoMatchingError"]),
    flow_types: &[
        FlowType::ContactFlow,
        FlowType::CustomerQueue,
        FlowType::AgentTransfer,
        FlowType::QueueTransfer,
        FlowType::CustomerWhisper,
        FlowType::AgentWhisper,
        FlowType::OutboundWhisper,
        FlowType::Module,
    ],
    channels: &["VOICE"],
    simulation: Simulation::no_effect("nobody listens to the stream", PAGE),
    forms: &[Form::new("set_media_streaming", &["state"]).words(&[("MediaStreamingState", "state")])],
    converted: &[
        FromBlock::new("StartMediaStreaming", |block, draft| streaming(block, draft, "Enabled")),
        FromBlock::new("StopMediaStreaming", |block, draft| streaming(block, draft, "Disabled")),
    ],
    ..ActionType::BASE
};

fn streaming(block: &Block<'_>, draft: &mut ActionBuilder, state: &str) -> Result<(), String> {
    let tracks: Vec<String> = block.parameters("Track").iter().filter_map(BlockParameter::text).collect();
    let mut directions = Vec::new();
    for (track, direction) in [("FromCustomer", "From"), ("ToCustomer", "To")] {
        if tracks.is_empty() || tracks.iter().any(|found| found == track) {
            directions.push(direction);
        }
    }
    draft.set("MediaStreamingState", state);
    draft.set("Participants", json!([{"ParticipantType": "Customer", "MediaDirections": directions}]));
    draft.set("MediaStreamType", block.text("MediaStreamTypes").unwrap_or_else(|| "Audio".to_owned()));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
