use serde_json::Value;

use super::action_type::*;
use crate::call::buffer::has_buffered_key;
use crate::call::values::{is_true, prompt};
use crate::designer::parts::prompt as legacy_prompt;
use crate::findings::speech;

pub(crate) const ACTION: ActionType = ActionType {
    name: "MessageParticipant",
    block: "Play prompt",
    source: Source::recorded("devguide/participant-actions-messageparticipant", "2026-11"),
    aliases: &[
        Aliases::designer(&["PlayPrompt"]),
        Aliases::block(&["SendMessage"]),
        Aliases::invented(&["PlayAudio", "PlayMessage", "PlayText", "Prompt", "Say", "Speak"]),
    ],
    parameters: &[
        TEXT,
        SSML,
        PROMPT_ID,
        MEDIA,
        Parameter::object("MessageTemplate"),
        Parameter::fixed("SkipWhenDTMFBufferEnabled").one_of(&["true", "false", "True", "False"]).status(Status::Documented),
    ],
    groups: &[Group::exactly_one(&["Text", "SSML", "PromptId", "Media", "MessageTemplate"])],
    refused: &["TextToSpeechType"],
    defaults: &[(&["SkipWhenDTMFBufferEnabled"], "False")],
    errors: Errors::optional(&["NoMatchingError"]),
    flow_types: &[
        FlowType::ContactFlow,
        FlowType::AgentTransfer,
        FlowType::QueueTransfer,
        FlowType::CustomerWhisper,
        FlowType::AgentWhisper,
        FlowType::OutboundWhisper,
        FlowType::CustomerQueue,
        FlowType::Module,
    ],
    simulation: Simulation::performed("the prompt is heard", PAGE),
    forms: &[Form::new("say", &["speech"])],
    effects: &[Effect::Heard],
    check: speech::check,
    run: Run::Later(|engine, action| Box::pin(play(engine, action))),
    converted: &[FromBlock::new("PlayPrompt", convert), FromBlock::new("PlayAudio", convert)],
    logged_as: |_| "PlayPrompt",
    ..ActionType::BASE
};

async fn play(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let parameters = action.parameter_value().unwrap_or(&Value::Null);
    let skipped = is_true(action, "SkipWhenDTMFBufferEnabled") && has_buffered_key(engine).await;
    match prompt(engine, parameters) {
        Ok(_) if skipped => ActionOutcome::next("The prompt was skipped: keys are in the touchtone buffer"),
        Ok(sentences) => {
            engine.play(sentences);
            ActionOutcome::next("The prompt was played")
        }
        Err(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    if !legacy_prompt(block, draft)? {
        return Err("it has no prompt".to_owned());
    }
    draft.follow(block, "Success");
    if block.target_of("Error").is_some() {
        draft.error(block, "NoMatchingError", "Error");
    }
    Ok(())
}
