//! Values of an action's parameters, with their references replaced, and what several actions do with them.

use std::time::Duration;

use serde_json::{Map, Value};

use super::engine::Engine;
use super::outcome::ActionOutcome;
use crate::model::Action;
use crate::references::is_symbolic;
use crate::resource_kind::is_resource_id;
use crate::ssml::{MAX_SPEECH_CHARS, ssml_to_sentences, text_to_sentences};

/// Maximum total size of a contact's user-defined attributes (AWS administrator guide, quotas).
const MAX_ATTRIBUTE_BYTES: usize = 32 * 1024;

/// Returns the reason why a resource that an action refers to is missing: usually a reference has no value, or only a name.
pub(crate) fn missing_resource_message(what: &str, id: &str) -> String {
    if id.is_empty() {
        return format!("no {what} is named: the reference to it has no value");
    }
    match is_resource_reference(id) {
        true => format!("there is no {what} {id}"),
        false => format!("\"{id}\" is neither the ARN nor the id of a {what}; names are not accepted here"),
    }
}

/// Whether a text can refer to a resource of an instance: an ARN, an id, or, before deployment, a reference.
pub(crate) fn is_resource_reference(text: &str) -> bool {
    text.starts_with("arn:") || is_resource_id(text) || is_symbolic(text)
}

/// Returns a parameter with its references replaced by their values.
pub(crate) fn filled(engine: &Engine<'_>, action: Action<'_>, name: &str) -> Option<String> {
    match action.parameter(name)? {
        Value::String(text) => Some(engine.contact.fill(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Maximum time that an action waits. No limit in a flow is longer, and sums of it cannot overflow the time types.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(86_400);

/// Returns a time in whole seconds.
pub(crate) fn seconds(engine: &Engine<'_>, action: Action<'_>, name: &str) -> Option<Duration> {
    let seconds = filled(engine, action, name)?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_WAIT))
}

/// Returns the sentences that a caller hears from the prompt in these parameters.
pub(crate) fn prompt(engine: &Engine<'_>, parameters: &Value) -> Result<Vec<String>, String> {
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
        let name = engine.host.prompt(&id).ok_or_else(|| missing_resource_message("prompt", &id))?;
        return Ok(vec![format!("[prompt {name}]")]);
    }
    let uri = parameters.get("Media").and_then(|media| media.get("Uri"));
    let uri = uri.and_then(Value::as_str).map(|uri| contact.fill(uri));
    Ok(uri.map(|uri| format!("[audio {uri}]")).into_iter().collect())
}

fn speakable(text: &str) -> Result<(), String> {
    match text.chars().nth(MAX_SPEECH_CHARS) {
        Some(_) => Err(format!("the text has more than {MAX_SPEECH_CHARS} characters, which speech does not take")),
        None => Ok(()),
    }
}

/// Adds to a map of a contact, unless the map would then exceed 32 KB. That limit is documented for attributes only; the
/// other maps have the same one here, so that a loop cannot exhaust memory.
pub(crate) fn set_all(map: &mut Map<String, Value>, added: Map<String, Value>, what: &str) -> ActionOutcome {
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

pub(crate) fn interpolated_map(engine: &Engine<'_>, action: Action<'_>, name: &str) -> Map<String, Value> {
    match action.parameter(name).map(|map| engine.contact.interpolate_value(map)) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Whether a parameter is the word true, in any case.
pub(crate) fn is_true(action: Action<'_>, name: &str) -> bool {
    action.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Whether a number is in E.164 form (AWS administrator guide, "Set callback number" and "Transfer to phone number").
pub(crate) fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
}

pub(crate) fn not_e164_message(number: &str) -> String {
    format!("\"{number}\" is not a number in E.164 form")
}
