//! Display names that an export contains for ARNs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::arn::Ids;
use crate::model::Flow;
use crate::resource_kind::ResourceKind;

pub(super) struct Names<'a> {
    by_arn: BTreeMap<String, String>,
    ids: &'a Ids,
}

impl Names<'_> {
    pub(super) fn get(&self, arn: &str) -> Option<String> {
        self.by_arn.get(arn).cloned()
    }

    fn add(&mut self, text: &str, name: Option<&Value>) {
        let name = name.and_then(Value::as_str).map(str::trim).filter(|name| is_name(name));
        if let (Some(name), [found]) = (name, self.ids.find(text).as_slice()) {
            self.by_arn.entry(found.arn.clone()).or_insert_with(|| name.to_owned());
        }
    }
}

/// Whether a text is a name, and not a reference or a placeholder.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !["$.", "${", "{{", "<<", "%", "arn:"].iter().any(|start| text.starts_with(start))
}

/// Returns the known names, and every name next to an ARN, in each action and in the rest of the Metadata.
pub(super) fn of<'a>(flow: &Flow, known: &BTreeMap<String, String>, ids: &'a Ids) -> Names<'a> {
    let mut names = Names { by_arn: known.clone(), ids };
    let layout = flow.metadata().and_then(|metadata| metadata.get("ActionMetadata"));
    for action in flow.actions() {
        let about = action.identifier().and_then(|name| layout?.get(name));
        let shown = about.and_then(|about| about.get("parameters"));
        if let (Some(parameters), Some(about)) = (action.parameter_value(), about) {
            beside(&mut names, parameters, shown, about);
            of_the_only_one(&mut names, parameters, about);
            sounds(&mut names, parameters, about);
        }
    }
    if let Some(metadata) = flow.metadata() {
        within(&mut names, metadata);
    }
    names
}

/// Collects names next to parameters: `parameters.QueueId.displayName` is the name of the ARN in `Parameters.QueueId`, at any
/// depth. For a bot it is the name of the alias; the bot's own name is next to it as `lexV2BotName`.
fn beside(names: &mut Names<'_>, parameters: &Value, shown: Option<&Value>, about: &Value) {
    match parameters {
        Value::String(text) => {
            if text.contains(":bot-alias/") {
                let bot = shown.and_then(|shown| shown.get("lexV2BotName")).or_else(|| about.get("lexV2BotName"));
                names.add(text, bot);
            }
            names.add(text, shown.and_then(|shown| shown.get("displayName")));
        }
        Value::Object(members) => {
            for (name, member) in members {
                beside(names, member, shown.and_then(|shown| shown.get(name)), about);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                beside(names, element, shown.and_then(|shown| shown.get(index)), about);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Paths in an action's Metadata at which console versions write the name of the resource that the action refers to
/// (published exports).
const PLACES: [(ResourceKind, &[&str]); 11] = [
    (ResourceKind::Prompt, &["promptName"]),
    (ResourceKind::Queue, &["queue", "text"]),
    (ResourceKind::Queue, &["queueName"]),
    (ResourceKind::Agent, &["agent", "text"]),
    (ResourceKind::Agent, &["queue", "text"]),
    (ResourceKind::Flow, &["contactFlow", "text"]),
    (ResourceKind::Flow, &["ContactFlow", "text"]),
    (ResourceKind::Flow, &["contactFlowName"]),
    (ResourceKind::Hours, &["Hours", "text"]),
    (ResourceKind::Hours, &["hours", "text"]),
    (ResourceKind::Module, &["contactFlowModuleName"]),
];

/// Collects the name of the only resource of its kind that an action refers to. With several, it is ambiguous which of them
/// the name belongs to.
fn of_the_only_one(names: &mut Names<'_>, parameters: &Value, about: &Value) {
    let mut all: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    super::each_text(parameters, &crate::path::Path::root(), &mut |_, text| {
        for found in names.ids.find(text) {
            let same = all.entry(found.kind.as_str()).or_default();
            if !same.contains(&found.arn) {
                same.push(found.arn);
            }
        }
    });
    for (kind, place) in PLACES {
        if let Some([only]) = all.get(kind.as_str()).map(Vec::as_slice) {
            names.add(only, place.iter().try_fold(about, |at, step| at.get(step)));
        }
    }
}

/// Collects names of the list `audio`, which corresponds to `Messages` with names: `{"text": "Beep.wav", "type": "Prompt"}`.
fn sounds(names: &mut Names<'_>, parameters: &Value, about: &Value) {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (messages, sounds) = (list(parameters, "Messages"), list(about, "audio"));
    if messages.len() != sounds.len() {
        return;
    }
    for (message, sound) in messages.iter().zip(&sounds) {
        if let Some(prompt) = message.get("PromptId").and_then(Value::as_str) {
            names.add(prompt, sound.get("text"));
        }
    }
}

/// Collects names of `{"id": ARN, "text": NAME}` as in `contactFlow`, `queue` and `audio`, and of `resourceName` as in the
/// old designer's blocks.
fn within(names: &mut Names<'_>, value: &Value) {
    match value {
        Value::Object(members) => {
            for (arn, name) in [("id", "text"), ("arn", "text"), ("id", "displayName"), ("value", "resourceName")] {
                if let Some(text) = members.get(arn).and_then(Value::as_str) {
                    names.add(text, members.get(name));
                }
            }
            members.values().for_each(|member| within(names, member));
        }
        Value::Array(elements) => elements.iter().for_each(|element| within(names, element)),
        _ => {}
    }
}
