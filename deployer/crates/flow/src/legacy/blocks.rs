//! Conversion of the individual blocks.

use serde_json::{Map, Value, json};

use super::block::{Block, Parameter};
use super::conditions;
use super::draft::ActionBuilder;
use super::values::{resource, value};
use super::{input, recording};
use crate::action_types::Catalogue;
use crate::flow_type::FlowType;
use crate::resource_kind::ResourceKind;

/// Returns the action for a block, or the reason why there is none.
pub(super) fn convert(block: &Block<'_>, flow_type: Option<FlowType>) -> Result<ActionBuilder, String> {
    match (block.kind, block.target) {
        ("PlayPrompt" | "PlayAudio", _) => play(block),
        ("LoopPrompts", _) => loop_prompts(block),
        ("GetUserInput", Some("Lex")) => input::bot(block),
        ("GetUserInput", _) => input::menu(block),
        ("StoreUserInput" | "StoreCustomerInput", _) => input::store(block),
        ("InvokeExternalResource", _) => function(block),
        ("CheckAttribute", _) => conditions::attribute(block),
        ("CheckHoursOfOperation", _) => conditions::hours(block),
        ("CheckStaffing", _) => conditions::staffing(block),
        ("CheckQueueStatus", _) => conditions::queue_status(block),
        ("PercentileBranching" | "DistributeByPercentage", _) => conditions::shares(block),
        ("Loop", _) => conditions::rounds(block),
        ("Wait", _) => conditions::wait(block),
        ("SetAttributes", _) => attributes(block),
        // The name used in 2018, for a block that sets one attribute.
        ("SetScreenPop", _) => screen_pop(block),
        ("GetMetricData" | "GetQueueMetrics", _) => metric_data(block),
        ("SetLoggingBehavior", _) => logging(block),
        ("SetRecordingBehavior", _) => recording::convert(block),
        ("StartMediaStreaming", _) => streaming(block, "Enabled"),
        ("StopMediaStreaming", _) => streaming(block, "Disabled"),
        ("SetVoice", _) => voice(block),
        ("SetQueue", _) => queue(block),
        ("SetContactFlow" | "SetEventHook", _) => hook(block),
        ("SetCallBackNumber" | "SetCallbackNumber", _) => callback_number(block),
        ("UpdateRoutingPriority" | "SetRoutingPriority", _) => priority(block),
        ("CreateCallback", _) => callback(block),
        ("Transfer", Some("Queue")) | ("TransferToQueue" | "CustomerInQueue", _) => to_queue(block, flow_type),
        ("Transfer", Some("Flow")) | ("TransferToFlow", _) => to_flow(block),
        ("Transfer", Some("PhoneNumber")) | ("TransferToPhoneNumber", _) => to_number(block),
        ("Transfer", Some("Agent")) | ("TransferToAgent", _) => Ok(ActionBuilder::terminal("TransferContactToAgent", block)),
        ("Disconnect", _) => Ok(ActionBuilder::terminal("DisconnectParticipant", block)),
        ("Resume", _) => Ok(ActionBuilder::terminal("EndFlowExecution", block)),
        ("", _) => Err("the block has no type".to_owned()),
        (kind, None) => Err(format!("no action is known for a block of type {kind}")),
        (kind, Some(target)) => Err(format!("no action is known for a block of type {kind} with the target {target}")),
    }
}

/// Converts the prompt in a block's parameters, if there is one.
pub(super) fn prompt(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<bool, String> {
    let speech = block.text("TextToSpeechType");
    if let Some(text) = block.parameter("Text") {
        let written = value(&text)?;
        if written.is_empty() {
            return Err("its text is empty, which Connect refuses".to_owned());
        }
        let member = if speech.as_deref() == Some("ssml") { "SSML" } else { "Text" };
        draft.set(member, written);
        return Ok(true);
    }
    for name in ["AudioPrompt", "PromptId", "Prompt"] {
        if let Some(prompt) = block.parameter(name) {
            let id = resource(draft, "PromptId", ResourceKind::Prompt, &prompt)?;
            draft.set("PromptId", id);
            return Ok(true);
        }
    }
    Ok(false)
}

fn play(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("MessageParticipant", block);
    if !prompt(block, &mut draft)? {
        return Err("it has no prompt".to_owned());
    }
    draft.follow(block, "Success");
    if block.target_of("Error").is_some() {
        draft.error(block, "NoMatchingError", "Error");
    }
    Ok(draft)
}

/// Converts a list of texts and prompts in order. The key of a text is its kind, like `TextToSpeechType` elsewhere.
fn loop_prompts(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("MessageParticipantIteratively", block);
    let mut messages = Vec::new();
    for (name, parameter) in block.all_parameters() {
        match name {
            "Text" => {
                let member = if parameter.key == Some("ssml") { "SSML" } else { "Text" };
                messages.push(json!({member: value(&parameter)?}));
            }
            "AudioPrompt" | "PromptId" => {
                let place = format!("Messages.{}.PromptId", messages.len());
                messages.push(json!({"PromptId": resource(&mut draft, &place, ResourceKind::Prompt, &parameter)?}));
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
    // Neither an error branch nor `NextAction` is required (published exports have neither).
    draft.next_optional = true;
    if block.target_of("Error").is_some() {
        draft.error(block, "NoMatchingError", "Error");
    }
    Ok(draft)
}

fn function(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("InvokeLambdaFunction", block);
    let function = block.parameter("FunctionArn").ok_or("no function is chosen")?;
    let arn = resource(&mut draft, "LambdaFunctionARN", ResourceKind::Lambda, &function)?;
    draft.set("LambdaFunctionARN", arn);
    let seconds = block.text("TimeLimit").unwrap_or_else(|| {
        draft.assume("the block has no time limit; it is 3 seconds, the designer's own".to_owned());
        "3".to_owned()
    });
    draft.set("InvocationTimeLimitSeconds", seconds);
    let parameters = keyed(&mut draft, &block.parameters("Parameter"))?;
    if !parameters.is_empty() {
        draft.set("LambdaInvocationAttributes", parameters);
    }
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

/// Returns parameters with keys as a map. An empty text is left out, since Connect rejects it.
pub(super) fn keyed(draft: &mut ActionBuilder, parameters: &[Parameter<'_>]) -> Result<Map<String, Value>, String> {
    let mut map = Map::new();
    for parameter in parameters {
        let key = parameter.key.ok_or("a value has no key")?;
        let written = value(parameter)?;
        if written.is_empty() {
            draft.drop_meaning(format!("\"{key}\" has an empty text, which Connect refuses; it is left out"));
        } else {
            map.insert(key.to_owned(), written.into());
        }
    }
    Ok(map)
}

fn attributes(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactAttributes", block);
    let map = keyed(&mut draft, &block.parameters("Attribute"))?;
    draft.set("Attributes", map);
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn screen_pop(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactAttributes", block);
    let key = block.text("key").filter(|key| !key.is_empty()).ok_or("it does not say which attribute")?;
    let written = value(&block.parameter("value").ok_or("it does not say what the attribute is set to")?)?;
    if written.is_empty() {
        return Err(format!("\"{key}\" has an empty text, which Connect refuses"));
    }
    draft.set("Attributes", json!({key: written}));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

/// Converts a query of metrics of the working queue, of a queue or of an agent; for one channel, or for all.
fn metric_data(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("GetMetricData", block);
    queue_or_agent(block, &mut draft)?;
    if let Some(channel) = ["QueueChannel", "Channel"].into_iter().find_map(|name| block.parameter(name)) {
        let channel = value(&channel)?;
        draft.set(
            "QueueChannel",
            match channel.to_lowercase().as_str() {
                "voice" => "Voice".to_owned(),
                "chat" => "Chat".to_owned(),
                _ if channel.starts_with("$.") => channel,
                _ => return Err(format!("the channel \"{channel}\" is neither Voice nor Chat")),
            },
        );
    }
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn logging(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateFlowLoggingBehavior", block);
    let written = block.text("LoggingBehavior");
    match written.filter(|text| crate::is_symbolic(text)) {
        Some(placeholder) => draft.set("FlowLoggingBehavior", placeholder),
        None => draft.set("FlowLoggingBehavior", enabled(block.text("LoggingBehavior"))?),
    }
    draft.follow(block, "Success");
    Ok(draft)
}

pub(super) fn enabled(text: Option<String>) -> Result<&'static str, String> {
    match text.as_deref() {
        Some("Enable" | "Enabled") => Ok("Enabled"),
        Some("Disable" | "Disabled") => Ok("Disabled"),
        other => Err(format!("\"{}\" is neither Enable nor Disable", other.unwrap_or_default())),
    }
}

fn streaming(block: &Block<'_>, state: &'static str) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactMediaStreamingBehavior", block);
    let tracks: Vec<String> = block.parameters("Track").iter().filter_map(Parameter::text).collect();
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
    Ok(draft)
}

/// Converts the voice, its engine and its style (AWS page on `UpdateContactTextToSpeechVoice`).
fn voice(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactTextToSpeechVoice", block);
    let voice = block.parameter("GlobalVoice").ok_or("no voice is chosen")?;
    draft.set("TextToSpeechVoice", value(&voice)?);
    for (name, member) in [("GlobalEngine", "TextToSpeechEngine"), ("SpeakingStyle", "TextToSpeechStyle")] {
        if let Some(written) = block.parameter(name).filter(|part| part.text().is_some_and(|text| !text.is_empty())) {
            draft.set(member, value(&written)?);
        }
    }
    draft.follow(block, "Success");
    if block.target_of("Error").is_some() {
        draft.error(block, "NoMatchingError", "Error");
    }
    Ok(draft)
}

/// Converts the queue or agent of a block: a parameter `Queue`, `Agent`, or neither.
pub(super) fn queue_or_agent(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<bool, String> {
    for (name, member, kind) in [("Queue", "QueueId", ResourceKind::Queue), ("Agent", "AgentId", ResourceKind::Agent)] {
        if let Some(parameter) = block.parameter(name) {
            let id = resource(draft, member, kind, &parameter)?;
            draft.set(member, id);
            return Ok(true);
        }
    }
    Ok(false)
}

fn queue(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactTargetQueue", block);
    if !queue_or_agent(block, &mut draft)? {
        return Err("no queue is chosen".to_owned());
    }
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn hook(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactEventHooks", block);
    let event = block.text("Type").ok_or("it does not say which event")?;
    let rules = Catalogue::builtin().get(draft.kind).and_then(|rules| rules.parameter("EventHooks"));
    if !rules.and_then(|rule| rule.keys.as_ref()).is_some_and(|keys| keys.contains(&event)) {
        return Err(format!("there is no event hook {event}"));
    }
    let flow = block.parameter("ContactFlowId").ok_or("no flow is chosen")?;
    let id = resource(&mut draft, &format!("EventHooks.{event}"), ResourceKind::Flow, &flow)?;
    draft.set("EventHooks", json!({event: id}));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn callback_number(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactCallbackNumber", block);
    let number = ["CallBackNumber", "CallbackNumber"].into_iter().find_map(|name| block.parameter(name));
    draft.set("CallbackNumber", value(&number.ok_or("no number is given")?)?);
    draft.follow(block, "Success");
    draft.error(block, "InvalidCallbackNumber", "InvalidPhoneNumber");
    draft.error(block, "CallbackNumberNotDialable", "NonDialableNumber");
    Ok(draft)
}

fn priority(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("UpdateContactRoutingBehavior", block);
    match (block.text("AbsolutePosition"), block.text("TimeOffset")) {
        (Some(position), None) => draft.set("QueuePriority", position),
        (None, Some(seconds)) => draft.set("QueueTimeAdjustmentSeconds", seconds),
        _ => return Err("it sets neither a priority nor an age".to_owned()),
    }
    draft.follow(block, "Success");
    Ok(draft)
}

fn callback(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("CreateCallbackContact", block);
    queue_or_agent(block, &mut draft)?;
    let number = |name: &str| block.text(name).ok_or(format!("it has no {name}"));
    draft.set("InitialCallDelaySeconds", number("InitialDelaySeconds")?);
    draft.set("RetryDelaySeconds", number("RetryDelaySeconds")?);
    let retries = number("MaxRetryAttempts")?;
    let attempts = retries.parse::<u32>().map_err(|_| format!("\"{retries}\" is not a number of retries"))?.saturating_add(1);
    draft.set("MaximumConnectionAttempts", attempts.to_string());
    draft.assume(format!("{retries} retries are {attempts} attempts, the first included"));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn to_queue(block: &Block<'_>, flow_type: Option<FlowType>) -> Result<ActionBuilder, String> {
    if block.text("RetryDelaySeconds").is_some() {
        return callback(block);
    }
    let in_queue = flow_type == Some(FlowType::CustomerQueue);
    let kind = if in_queue { "DequeueContactAndTransferToQueue" } else { "TransferContactToQueue" };
    let mut draft = ActionBuilder::new(kind, block);
    if in_queue {
        queue_or_agent(block, &mut draft)?;
    }
    draft.error(block, "QueueAtCapacity", "AtCapacity");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn to_flow(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("TransferToFlow", block);
    let flow = block.parameter("ContactFlowId").ok_or("no flow is chosen")?;
    let named = block.metadata().and_then(|about| about.get("ContactFlow")?.get("text")?.as_str());
    let flow = Parameter { resource_name: flow.resource_name.or(named.filter(|name| !name.is_empty())), ..flow };
    let id = resource(&mut draft, "ContactFlowId", ResourceKind::Flow, &flow)?;
    draft.set("ContactFlowId", id);
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn to_number(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("TransferParticipantToThirdParty", block);
    let number = block.parameter("PhoneNumber").ok_or("no number is given")?;
    draft.set("ThirdPartyPhoneNumber", value(&number)?);
    if let Some(seconds) = block.text("TimeLimit") {
        draft.set("ThirdPartyConnectionTimeLimitSeconds", seconds);
    }
    let goes_on = block.parameter("BlindTransfer").is_some_and(|blind| !blind.is_true());
    draft.set("ContinueFlowExecution", if goes_on { "True" } else { "False" });
    if goes_on {
        draft.follow(block, "Success");
        draft.error(block, "CallFailed", "CallFailure");
        draft.error(block, "ConnectionTimeLimitExceeded", "Timeout");
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}
