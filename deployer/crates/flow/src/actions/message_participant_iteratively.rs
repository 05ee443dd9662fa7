use std::time::Duration;

use serde_json::{Value, json};

use super::action_type::*;
use crate::call::queueing::{ANSWERED, advance_hold, answered, hold_remaining, wait_for_agent};
use crate::call::values::{is_true, prompt, seconds};
use crate::designer::values::{resource, value};
use crate::findings::speech;
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "MessageParticipantIteratively",
    block: "Loop prompts",
    source: Source::recorded("devguide/participant-actions-messageparticipantiteratively", "2026-11"),
    aliases: &[Aliases::designer(&["LoopPrompts"])],
    parameters: &[
        Parameter::list("Messages").required().not_empty().of_prompts(),
        Parameter::fixed("InterruptFrequencySeconds").at_least(1).or_number(),
        Parameter::fixed("ContinueMessagingDuringInterrupt").one_of(TRUE_FALSE),
    ],
    defaults: &[(&["ContinueMessagingDuringInterrupt"], "False")],
    conditions: Conditions::new(ConditionMode::Equals, &["MessagesInterrupted"]),
    errors: Errors::optional(&["NoMatchingError"]),
    next: NextRequirement::Optional,
    flow_types: &[FlowType::CustomerQueue, FlowType::CustomerHold, FlowType::AgentHold, FlowType::Module],
    simulation: Simulation::performed("the prompts are heard once each time they begin", PAGE),
    forms: &[Form::new("loop_prompts", &["messages"]).words(&[("MessagesInterrupted", "interrupted")])],
    effects: &[Effect::Waits, Effect::Heard],
    check,
    run: Run::Later(|engine, action| Box::pin(play(engine, action))),
    converted: &[FromBlock::new("LoopPrompts", convert)],
    logged_as: |_| "LoopPrompts",
    ..ActionType::BASE
};

fn check(report: &mut Report<'_>, action: Action<'_>) {
    const PROMPT_MEMBERS: [&str; 4] = ["Text", "SSML", "PromptId", "Media"];
    let list = action.parameter("Messages").and_then(Value::as_array);
    for (index, message) in list.into_iter().flatten().enumerate() {
        let count = PROMPT_MEMBERS.iter().filter(|sort| message.get(sort).is_some()).count();
        if count != 1 {
            report
                .bad_value("value-kind", action.parameter_path("Messages").index(index))
                .explain(format!("each message has one of {}", PROMPT_MEMBERS.join(", ")));
        }
    }
    speech::check(report, action);
}

/// Plays looped prompts. They end when an agent answers, are interrupted periodically, or the call is left waiting. After an
/// interrupt they restart, or, with `ContinueMessagingDuringInterrupt`, have continued meanwhile unless another prompt was
/// played (administrator guide, "Loop prompts").
async fn play(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let list = action.parameter("Messages").and_then(Value::as_array);
    let place = (engine.frame.flow.arn.clone(), action.identifier().unwrap_or_default().to_owned());
    let play_on = engine.playing.as_ref() == Some(&place);
    for message in list.into_iter().flatten().filter(|_| !play_on) {
        match prompt(engine, message) {
            Ok(sentences) => engine.play(sentences),
            Err(why) => return ActionOutcome::error("NoMatchingError", why),
        }
    }
    if is_true(action, "ContinueMessagingDuringInterrupt") {
        engine.playing = Some(place);
    }
    let interrupts = action.branches().next().is_some();
    let every = seconds(engine, action, "InterruptFrequencySeconds").filter(|_| interrupts);
    if let Some(left) = hold_remaining(engine) {
        return match every.filter(|every| *every < left) {
            Some(every) => {
                advance_hold(engine, every);
                interrupted()
            }
            None => answered(engine, "The hold is over").await,
        };
    }
    if wait_for_agent(engine, every.unwrap_or(Duration::MAX)) {
        return answered(engine, ANSWERED).await;
    }
    match every {
        Some(every) => {
            engine.advance_time(every);
            interrupted()
        }
        None => ActionOutcome {
            note: Some("the prompts go on until somebody answers; played once".to_owned()),
            ..ActionOutcome::new(Control::End("waiting".to_owned()), "The prompts were played")
        },
    }
}

fn interrupted() -> ActionOutcome {
    ActionOutcome::new(Control::Result(Some("MessagesInterrupted".to_owned())), "The prompts were interrupted")
}

/// Converts a list of texts and prompts in order. The key of a text is its kind, like `TextToSpeechType` elsewhere.
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let mut messages = Vec::new();
    for (name, parameter) in block.all_parameters() {
        match name {
            "Text" => {
                let member = if parameter.key == Some("ssml") { "SSML" } else { "Text" };
                messages.push(json!({member: value(&parameter)?}));
            }
            "AudioPrompt" | "PromptId" => {
                let place = format!("Messages.{}.PromptId", messages.len());
                messages.push(json!({"PromptId": resource(draft, &place, ResourceKind::Prompt, &parameter)?}));
            }
            _ => {}
        }
    }
    for name in ["Text", "AudioPrompt", "PromptId"] {
        block.parameters(name);
    }
    if messages.is_empty() {
        return Err("it has no prompts".to_owned());
    }
    draft.set("Messages", messages);
    if let Some(seconds) = ["InterruptSeconds", "Timeout", "TimeLimit"].into_iter().find_map(|name| block.text(name)) {
        draft.set("InterruptFrequencySeconds", seconds);
        draft.branch("Equals", "MessagesInterrupted", block.target_of("Timeout"));
    }
    let goes_on = ["ContinuePromptsDuringInterrupt", "ContinueMessagingDuringInterrupt"];
    if let Some(goes_on) = goes_on.into_iter().find_map(|name| block.parameter(name)) {
        draft.set("ContinueMessagingDuringInterrupt", if goes_on.is_true() { "true" } else { "false" });
    }
    // No error branch is required (published exports have none).
    if block.target_of("Error").is_some() {
        draft.error(block, "NoMatchingError", "Error");
    }
    Ok(())
}
