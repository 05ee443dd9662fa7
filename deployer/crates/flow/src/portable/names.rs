//! The names that an export carries for ARNs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::arn::find;
use crate::model::Flow;

pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    pub(super) fn get(&self, arn: &str) -> Option<String> {
        self.0.get(arn).cloned()
    }

    fn add(&mut self, text: &str, name: Option<&Value>) {
        let name = name.and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty());
        if let (Some(name), [found]) = (name, find(text).as_slice()) {
            self.0.entry(found.arn.clone()).or_insert_with(|| name.to_owned());
        }
    }
}

/// The names that are known, and every name next to an ARN, for actions one by one and in the rest of the Metadata.
pub(super) fn of(flow: &Flow, known: &BTreeMap<String, String>) -> Names {
    let mut names = Names(known.clone());
    let layout = flow.metadata().and_then(|metadata| metadata.get("ActionMetadata"));
    for action in flow.actions() {
        let about = action.identifier().and_then(|name| layout?.get(name));
        let shown = about.and_then(|about| about.get("parameters"));
        if let (Some(parameters), Some(about)) = (action.parameter_value(), about) {
            beside(&mut names, parameters, shown, about);
        }
    }
    if let Some(metadata) = flow.metadata() {
        within(&mut names, metadata);
    }
    names
}

/// `parameters.QueueId.displayName` names the ARN in `Parameters.QueueId`, at any depth. Of a bot it names the
/// alias; the bot's own name stands beside as `lexV2BotName`.
fn beside(names: &mut Names, parameters: &Value, shown: Option<&Value>, about: &Value) {
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

/// `{"id": ARN, "text": NAME}` as in `contactFlow`, `queue` and `audio`, and `resourceName` as in the old designer's blocks.
fn within(names: &mut Names, value: &Value) {
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
