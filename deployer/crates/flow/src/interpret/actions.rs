//! Simulation of the individual actions.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::engine::{ActionOutcome, Control, Engine, Returned};
use super::host::ThirdParty;
use super::{bot, buffer, input, lambda, metrics, queueing, support};
use crate::flow_type::FlowType;
use crate::jsonpath::JsonPath;
use crate::model::Action;
use crate::resource_kind::ResourceKind;
use crate::ssml::{ssml_to_sentences, text_to_sentences};

/// Maximum total size of a contact's user-defined attributes (AWS administrator guide, quotas).
const MAX_ATTRIBUTE_BYTES: usize = 32 * 1024;
/// Maximum number of characters of a prompt, equal to the limit of a speech request (Amazon Polly, limits; at most 3,000 of
/// them may be spoken).
const MAX_PROMPT_CHARS: usize = 6000;
/// Maximum number of event hooks; more than there are events.
const MAX_HOOKS: usize = 20;

/// Actions whose result depends on more than the call.
const ASK_OUTSIDE: [&str; 6] = [
    "CheckHoursOfOperation",
    "CheckMetricData",
    "ConnectParticipantWithLexBot",
    "DistributeByPercentage",
    "GetMetricData",
    "InvokeLambdaFunction",
];

pub(super) async fn perform(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    if action.kind().is_some_and(|kind| ASK_OUTSIDE.contains(&kind)) {
        engine.external_requests += 1;
    }
    match action.kind().unwrap_or_default() {
        "MessageParticipant" => message(engine, action).await,
        "MessageParticipantIteratively" => queueing::messages(engine, action).await,
        "GetParticipantInput" => input::perform(engine, action).await,
        "InvokeLambdaFunction" => lambda::perform(engine, action).await,
        "Compare" => compare(engine, action),
        "UpdateContactAttributes" => attributes(engine, action),
        "UpdateFlowAttributes" => flow_attributes(engine, action),
        "UpdateContactData" => data(engine, action),
        "UpdateContactTextToSpeechVoice" => voice(engine, action),
        "UpdateFlowLoggingBehavior" => {
            engine.logging = action.text("FlowLoggingBehavior") == Some("Enabled");
            ActionOutcome::next("The flow logging behavior has been set")
        }
        "UpdateContactEventHooks" => hooks(engine, action),
        "TagContact" => tag(engine, action),
        "UntagContact" => untag(engine, action),
        "UpdateContactCallbackNumber" => callback_number(engine, action),
        "Loop" => looping(engine, action),
        "DistributeByPercentage" => {
            let percent = engine.host.percent().to_string();
            ActionOutcome::new(Control::Result(Some(percent.clone())), percent)
        }
        "CheckHoursOfOperation" => metrics::hours(engine, action).await,
        "CheckMetricData" => metrics::check(engine, action).await,
        "GetMetricData" => metrics::get(engine, action).await,
        "UpdateContactTargetQueue" => queueing::target(engine, action).await,
        "TransferContactToQueue" => queueing::transfer(engine).await,
        "DequeueContactAndTransferToQueue" => queueing::dequeue(engine, action).await,
        "CreateCallbackContact" => queueing::callback(engine, action).await,
        "TransferParticipantToThirdParty" => third_party(engine, action),
        "TransferToFlow" => transfer_to_flow(engine, action).await,
        "InvokeFlowModule" => invoke_module(engine, action).await,
        "EndFlowModuleExecution" => end_module(engine, action),
        "EndFlowExecution" => queueing::end_of_flow(engine).await,
        "DisconnectParticipant" => ActionOutcome::new(Control::End("disconnected".to_owned()), "The caller is disconnected"),
        "TransferContactToAgent" => to_agent(engine),
        "ConnectParticipantWithLexBot" => bot::perform(engine, action).await,
        "CreateTask" => task(engine, action),
        "UpdateContactRecordingAndAnalyticsBehavior" => recording(action),
        other => support::without(other),
    }
}

/// Returns the reason why a resource that an action refers to is missing: usually a reference has no value, or only a name.
pub(super) fn there_is_no(what: &str, id: &str) -> String {
    if id.is_empty() {
        return format!("no {what} is named: the reference to it has no value");
    }
    match can_be_named(id) {
        true => format!("there is no {what} {id}"),
        false => format!("\"{id}\" is neither the ARN nor the id of a {what}; a name leads nowhere"),
    }
}

/// Whether a text can refer to a resource of an instance: an ARN, an id, or, before deployment, a reference.
pub(crate) fn can_be_named(text: &str) -> bool {
    let id = text.split(':').next().unwrap_or_default();
    let is_id = id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    text.starts_with("arn:") || is_id || crate::is_symbolic(text)
}

/// Returns a parameter with its references replaced by their values.
pub(super) fn filled(engine: &Engine<'_>, action: Action<'_>, name: &str) -> Option<String> {
    match action.parameter(name)? {
        Value::String(text) => Some(engine.contact.fill(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Maximum time that an action waits. No limit in a flow is longer, and sums of it cannot overflow the time types.
pub(super) const LONGEST: Duration = Duration::from_secs(86_400);

/// Returns a time in whole seconds.
pub(super) fn seconds(engine: &Engine<'_>, action: Action<'_>, name: &str) -> Option<Duration> {
    let seconds = filled(engine, action, name)?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

/// Returns the sentences that a caller hears from the prompt in these parameters.
pub(super) fn prompt(engine: &Engine<'_>, parameters: &Value) -> Result<Vec<String>, String> {
    let contact = &engine.contact;
    let text = |name: &str| {
        let text = parameters.get(name).and_then(Value::as_str);
        text.map(|text| contact.fill(text))
    };
    if let Some(text) = text("Text") {
        return speakable(&text).map(|()| text_to_sentences(&text));
    }
    if let Some(ssml) = text("SSML") {
        return speakable(&ssml).and_then(|()| ssml_to_sentences(&ssml).map_err(|error| error.to_string()));
    }
    if let Some(id) = text("PromptId") {
        if id.is_empty() {
            return Err("the prompt's id is empty".to_owned());
        }
        let name = engine.host.prompt(&id).ok_or_else(|| there_is_no("prompt", &id))?;
        return Ok(vec![format!("[prompt {name}]")]);
    }
    let uri = parameters.get("Media").and_then(|media| media.get("Uri"));
    let uri = uri.and_then(Value::as_str).map(|uri| contact.fill(uri));
    Ok(uri.map(|uri| format!("[audio {uri}]")).into_iter().collect())
}

fn speakable(text: &str) -> Result<(), String> {
    match text.chars().nth(MAX_PROMPT_CHARS) {
        Some(_) => Err(format!("the text has more than {MAX_PROMPT_CHARS} characters, which speech does not take")),
        None => Ok(()),
    }
}

async fn message(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let parameters = action.parameter_value().unwrap_or(&Value::Null);
    let skips = action.text("SkipWhenDTMFBufferEnabled").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let skipped = skips && buffer::has_buffered_key(engine).await;
    match prompt(engine, parameters) {
        Ok(_) if skipped => ActionOutcome::next("The prompt was skipped: keys are in the touchtone buffer"),
        Ok(sentences) => {
            engine.play(sentences);
            ActionOutcome::next("The prompt was played")
        }
        Err(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

fn compare(engine: &Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let written = action.text("ComparisonValue").unwrap_or_default();
    let value = match JsonPath::parse(written.trim()) {
        Some(reference) => engine.contact.resolve(&reference),
        None => Some(engine.contact.fill(written)),
    };
    let results = value.clone().unwrap_or_else(|| "no value".to_owned());
    ActionOutcome::new(Control::Result(value), results)
}

fn attributes(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let added = filled_map(engine, action, "Attributes");
    // All or nothing (AWS page on UpdateContactAttributes).
    set_all(&mut engine.contact.attributes, added, "attributes")
}

/// Adds to a map of a contact, unless the map would then exceed 32 KB. That limit is documented for attributes only; the
/// other maps have the same one here, so that a loop cannot exhaust memory.
fn set_all(map: &mut Map<String, Value>, added: Map<String, Value>, what: &str) -> ActionOutcome {
    let mut all = map.clone();
    all.extend(added);
    let whole = Value::Object(all);
    if whole.to_string().len() > MAX_ATTRIBUTE_BYTES {
        return ActionOutcome::error("NoMatchingError", format!("the {what} have more than 32 KB"));
    }
    if let Value::Object(all) = whole {
        *map = all;
    }
    ActionOutcome::next(format!("The {what} are set"))
}

pub(super) fn filled_map(engine: &Engine<'_>, action: Action<'_>, name: &str) -> Map<String, Value> {
    match action.parameter(name).map(|map| engine.contact.fill_value(map)) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn flow_attributes(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let entries = filled_map(engine, action, "FlowAttributes").into_iter();
    let added = entries.map(|(name, entry)| (name, entry.get("Value").cloned().unwrap_or(Value::Null))).collect();
    set_all(&mut engine.contact.scope.flow_attributes, added, "flow attributes")
}

fn data(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let of = |name: &str| filled(engine, action, name);
    let (name, description) = (of("Name"), of("Description"));
    let (language, customer) = (of("LanguageCode"), of("CustomerId"));
    let references = filled_map(engine, action, "References");
    let contact = &mut engine.contact;
    contact.name = name.or(contact.name.take());
    contact.description = description.or(contact.description.take());
    contact.customer_id = customer.or(contact.customer_id.take());
    if let Some(language) = language {
        contact.language = language;
    }
    match set_all(&mut contact.references, references, "references") {
        ActionOutcome { control: Control::Next, .. } => ActionOutcome::next("The contact's data are set"),
        failed => failed,
    }
}

/// Sets the voice. Names of voices are not validated before a call (published records of `CreateContactFlow` calls); an empty
/// one is invalid (unverified).
fn voice(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let name = filled(engine, action, "TextToSpeechVoice").unwrap_or_default();
    if name.is_empty() {
        return ActionOutcome::error("NoMatchingError", "the voice has no name");
    }
    engine.contact.voice = name;
    ActionOutcome::next("The voice is set")
}

fn hooks(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    for (event, flow) in filled_map(engine, action, "EventHooks") {
        let known = engine.contact.hooks.contains_key(&event) || engine.contact.hooks.len() < MAX_HOOKS;
        if let Some(flow) = flow.as_str().filter(|_| known) {
            engine.contact.hooks.insert(event, flow.to_owned());
        }
    }
    ActionOutcome::next("The event hooks are set")
}

fn tag(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let tags = filled_map(engine, action, "Tags");
    set_all(&mut engine.contact.tags, tags, "tags")
}

fn untag(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let keys = action.parameter("TagKeys").and_then(Value::as_array);
    for key in keys.into_iter().flatten().filter_map(Value::as_str) {
        let key = engine.contact.fill(key);
        engine.contact.tags.shift_remove(&key);
    }
    ActionOutcome::next("The tags are removed")
}

/// Calls a third party. The flow continues after the other call only if it is configured to (AWS page on the action).
fn third_party(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let number = filled(engine, action, "ThirdPartyPhoneNumber").unwrap_or_default();
    let goes_on = action.text("ContinueFlowExecution") == Some("True");
    if !is_number(&number) {
        return ActionOutcome::error("CallFailed", not_a_number(&number));
    }
    match engine.host.third_party(&number) {
        ThirdParty::Answers if goes_on => ActionOutcome::next(format!("The call with {number} is over")),
        ThirdParty::Answers => {
            ActionOutcome::new(Control::End(format!("transferred: {number}")), format!("Transferred to {number}"))
        }
        ThirdParty::Fails => ActionOutcome::error("CallFailed", format!("{number} cannot be called")),
        ThirdParty::DoesNotAnswer => ActionOutcome::error("ConnectionTimeLimitExceeded", format!("{number} does not answer")),
    }
}

/// Transfers to an agent. An agent who is busy with another contact cannot take the call (administrator guide, "Transfer to
/// agent (beta)"); here every agent is free.
fn to_agent(engine: &Engine<'_>) -> ActionOutcome {
    let queue = engine.contact.queue.as_ref();
    let whose = queue.map_or_else(|| "an agent".to_owned(), |queue| format!("the agent of {}", queue.name));
    ActionOutcome::new(Control::End(format!("transferred: {whose}")), format!("Transferred to {whose}"))
}

/// Creates a task. The task is a separate contact, whose flow is not part of this call.
fn task(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let name = filled(engine, action, "Name").unwrap_or_default();
    if name.trim().is_empty() {
        return ActionOutcome::error("NoMatchingError", "the task's name is empty");
    }
    engine.contact.tasks += 1;
    let id = format!("{}-task-{}", engine.contact.id, engine.contact.tasks);
    engine.contact.external_values.insert("Task".to_owned(), json!({"ContactId": id}));
    ActionOutcome {
        note: Some(format!("the task \"{name}\" is only said to be made")),
        ..ActionOutcome::next("The task is made")
    }
}

/// Sets the recording behaviour. Settings for chats do not apply to a call.
fn recording(action: Action<'_>) -> ActionOutcome {
    match action.parameter("ChatBehavior") {
        Some(_) => ActionOutcome::error("ChannelMismatch", "ChatBehavior is for chats, this is a voice call"),
        None => ActionOutcome::next("Nothing is recorded in a simulated call"),
    }
}

/// Whether a number is in E.164 form (AWS administrator guide, "Set callback number" and "Transfer to phone number").
fn is_number(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
}

fn not_a_number(number: &str) -> String {
    format!("\"{number}\" is no number in E.164 form")
}

fn callback_number(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let number = filled(engine, action, "CallbackNumber").unwrap_or_default();
    if !is_number(&number) {
        return ActionOutcome::error("InvalidCallbackNumber", not_a_number(&number));
    }
    if engine.host.third_party(&number) == ThirdParty::Fails {
        return ActionOutcome::error("CallbackNumberNotDialable", format!("{number} cannot be called"));
    }
    engine.contact.callback_number = Some(number);
    ActionOutcome::next("The callback number is set")
}

/// Maximum number of iterations (AWS page on Loop).
const MAX_ROUNDS: u64 = 100;

/// Performs a loop. Iterations are counted per action; after the last one the count restarts (AWS page on Loop).
fn looping(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let wanted = filled(engine, action, "LoopCount").and_then(|count| count.parse::<u64>().ok());
    let Some(wanted) = wanted else {
        return ActionOutcome::error("NoMatchingError", "LoopCount is no number");
    };
    if wanted > MAX_ROUNDS {
        return ActionOutcome::error("NoMatchingError", format!("LoopCount is {wanted}; a loop has at most {MAX_ROUNDS} rounds"));
    }
    let name = action.identifier().unwrap_or_default();
    let count = engine.frame.loops.entry(name.to_owned()).or_default();
    let result = if *count < wanted {
        *count += 1;
        "ContinueLooping"
    } else {
        *count = 0;
        "DoneLooping"
    };
    ActionOutcome::new(Control::Result(Some(result.to_owned())), result)
}

/// The only flow types that a contact can be transferred to (AWS administrator guide, "Transfer to flow").
const TRANSFERS_TO: [FlowType; 3] = [FlowType::ContactFlow, FlowType::AgentTransfer, FlowType::QueueTransfer];

async fn transfer_to_flow(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let id = filled(engine, action, "ContactFlowId").unwrap_or_default();
    match engine.host.flow(&id).await {
        Some(flow) if !TRANSFERS_TO.contains(&flow.flow_type) => {
            let kind = flow.flow_type.as_str();
            ActionOutcome::error(
                "NoMatchingError",
                format!("the flow {} is a {kind}, to which nothing is transferred", flow.name),
            )
        }
        Some(flow) => {
            let results = format!("Transferred to flow {}", flow.name);
            ActionOutcome::new(Control::Transfer(flow), results)
        }
        None => ActionOutcome::error("NoMatchingError", there_is_no("flow", &id)),
    }
}

fn end_module(engine: &Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let data = action.parameter("ResultData").map(|data| engine.contact.fill_value(data));
    let result = filled(engine, action, "Result").filter(|result| !result.is_empty());
    let results = result.clone().unwrap_or_else(|| "The module has ended".to_owned());
    ActionOutcome::new(Control::Return(Returned { result, data }), results)
}

async fn invoke_module(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let id = filled(engine, action, "FlowModuleId").unwrap_or_default();
    match engine.host.flow(&id).await {
        Some(flow) if ResourceKind::of_arn(&flow.arn) == Some(ResourceKind::Flow) => {
            ActionOutcome::error("NoMatchingError", format!("{} is a flow and no module", flow.name))
        }
        Some(module) => {
            let results = format!("Module {} is invoked", module.name);
            ActionOutcome::new(Control::Enter(module), results)
        }
        None => ActionOutcome::error("NoMatchingError", there_is_no("module", &id)),
    }
}
