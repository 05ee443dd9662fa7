use serde_json::{Map, Value, json};

use super::action_type::*;
use crate::designer::parts::enabled;
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactRecordingBehavior",
    block: "Set recording and analytics behavior (older)",
    source: Source::recorded("devguide/contact-actions-updatecontactrecordingbehavior", "2026-11"),
    aliases: &[
        Aliases::designer(&["SetRecordingBehavior"]),
        Aliases::block(&["SetRecordingAndAnalyticsBehavior"]),
        Aliases::invented(&["RecordCall", "StartRecording"]),
    ],
    parameters: &[
        Parameter::object("RecordingBehavior").required().members(&[
            "RecordedParticipants",
            "ScreenRecordedParticipants",
            "IVRRecordingBehavior",
        ]),
        Parameter::object("AnalyticsBehavior").members(&[
            "Enabled",
            "AnalyticsLanguage",
            "AnalyticsRedactionBehavior",
            "AnalyticsRedactionResults",
            "AnalyticsRedactionMaskMode",
            "AnalyticsMode",
            "ChannelConfiguration",
            "AnalyticsModes",
            "SentimentConfiguration",
            "SummaryConfiguration",
        ]),
    ],
    defaults: &[(&["AnalyticsBehavior", "AnalyticsRedactionBehavior"], "Disabled")],
    errors: Errors::rejected(&["NoMatchingError"]),
    flow_types: &[
        FlowType::ContactFlow,
        FlowType::AgentTransfer,
        FlowType::QueueTransfer,
        FlowType::OutboundWhisper,
        FlowType::CustomerQueue,
        FlowType::Module,
    ],
    simulation: Simulation::no_effect("nothing is recorded", PAGE),
    forms: &[Form::new("set_recording", &["recording_behavior"])],
    converted: &[FromBlock::new("SetRecordingBehavior", convert)],
    logged_as: |_| "SetRecordingBehavior",
    ..ActionType::BASE
};

/// Converts the recorded participants and the Contact Lens settings (AWS page on `UpdateContactRecordingBehavior`, which has
/// no error branch).
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let on = enabled(block.text("RecordingBehaviorOption"))? == "Enabled";
    let who = block.text("RecordingParticipantOption");
    let participants = match (on, who.as_deref()) {
        (false, _) => json!([]),
        (true, Some("Both")) => json!(["Agent", "Customer"]),
        (true, Some(one @ ("Agent" | "Customer"))) => json!([one]),
        (true, other) => return Err(format!("\"{}\" is not a participant to record", other.unwrap_or_default())),
    };
    draft.set("RecordingBehavior", json!({"RecordedParticipants": participants}));
    let analytics = analytics(block)?;
    if !analytics.is_empty() {
        draft.set("AnalyticsBehavior", analytics);
    }
    draft.follow(block, "Success");
    Ok(())
}

/// Returns the new name of a mode: the names changed when chats got modes of their own (published exports of both versions).
fn mode(text: &str) -> Result<&'static str, String> {
    match text {
        "RealTime" => Ok("RealTime"),
        "PostCall" | "PostContact" => Ok("PostContact"),
        other => Err(format!("the analytics mode \"{other}\" is not known")),
    }
}

/// Returns the analytics settings; empty if the block has none.
fn analytics(block: &Block<'_>) -> Result<Map<String, Value>, String> {
    let mut made = Map::new();
    let on = match block.text("AnalyticsBehaviorOption") {
        None => return Ok(made),
        some => enabled(some)? == "Enabled",
    };
    made.insert("Enabled".to_owned(), if on { "True" } else { "False" }.into());
    if let Some(language) = block.parameter("AnalyticsLanguageLocaleCode").filter(|part| part.text().is_some()) {
        made.insert("AnalyticsLanguage".to_owned(), value(&language)?.into());
    }
    if let Some(redaction) = block.text("AnalyticsRedactionOption") {
        made.insert("AnalyticsRedactionBehavior".to_owned(), enabled(Some(redaction))?.into());
    }
    if let Some(results) = block.parameter("AnalyticsRedactionPolicy").filter(|part| part.text().is_some()) {
        made.insert("AnalyticsRedactionResults".to_owned(), value(&results)?.into());
    }
    if let Some(mask) = block.text("AnalyticsRedactionMaskMode") {
        made.insert("AnalyticsRedactionMaskMode".to_owned(), mask.into());
    }
    let modes = block.parameters("AnalyticsMode").into_iter().filter_map(|part| part.text()).map(|text| mode(&text));
    let modes = modes.collect::<Result<Vec<_>, _>>()?;
    if !modes.is_empty() {
        let channels = json!({"Chat": {"AnalyticsModes": []}, "Voice": {"AnalyticsModes": modes}});
        made.insert("ChannelConfiguration".to_owned(), channels);
    }
    // "None" is not a vocabulary. Any other one has no equivalent in the action, and stays unread so that this is reported.
    let vocabulary = block.all_parameters().into_iter().find(|(name, _)| *name == "AnalyticsCustomVocabulary");
    if vocabulary.is_some_and(|(_, part)| part.text().is_none_or(|text| text == "None")) {
        block.parameter("AnalyticsCustomVocabulary");
    }
    Ok(made)
}
