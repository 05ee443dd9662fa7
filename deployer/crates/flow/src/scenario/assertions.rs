//! Comparison of a call with its expectations.

use serde_json::Value;

use super::instance::{Invocation, is_bot, means};
use super::model::{Expect, ExpectedInvocations};
use crate::interpret::{Key, Transcript};
use crate::resource_kind::ResourceKind;

/// Returns a message for every expectation that was not met.
pub(super) fn check(expect: &Expect, transcript: &Transcript, invocations: &[Invocation], left: &[Key]) -> Vec<String> {
    let mut unmet = Vec::new();
    in_order(&mut unmet, "the caller", &expect.heard, &transcript.heard);
    in_order(&mut unmet, "the agent", &expect.agent_hears, &transcript.agent_heard);
    for unwanted in &expect.not_heard {
        if let Some(sentence) = transcript.heard.iter().find(|sentence| sentence.contains(unwanted.as_str())) {
            unmet.push(format!("the caller heard \"{sentence}\", in which \"{unwanted}\" must not be"));
        }
    }
    path(&mut unmet, &expect.path, transcript);
    for (name, wanted) in &expect.attributes {
        let found = transcript.attributes.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        if found != *wanted {
            unmet.push(format!("the attribute {name} is {}, not {}", shown(found.as_ref()), shown(wanted.as_ref())));
        }
    }
    for (name, invoked) in &expect.functions {
        asked(&mut unmet, ResourceKind::Lambda, name, invoked, invocations);
    }
    for (name, invoked) in &expect.bots {
        asked(&mut unmet, ResourceKind::Bot, name, invoked, invocations);
    }
    if let Some(wanted) = expect.outcome.as_ref().filter(|wanted| **wanted != transcript.outcome) {
        unmet.push(format!("the outcome is \"{}\", not \"{wanted}\"", transcript.outcome));
    }
    if !left.is_empty() {
        let keys: Vec<String> = left.iter().map(key).collect();
        unmet.push(format!("the call was over before the caller came to {}", keys.join(", ")));
    }
    unmet
}

fn key(key: &Key) -> String {
    match key {
        Key::Press(key) => format!("key {key}"),
        Key::Silence => "silence".to_owned(),
        Key::HangUp => "hanging up".to_owned(),
    }
}

fn shown(value: Option<&String>) -> String {
    value.map_or_else(|| "not there".to_owned(), |value| format!("\"{value}\""))
}

/// Returns the index of the sentence that contains each part, in order: parts may share a sentence if they follow each other
/// in it.
pub(super) fn places(wanted: &[String], heard: &[String]) -> Vec<Option<usize>> {
    let (mut sentence, mut from) = (0, 0);
    let place = |part: &String| {
        let found = heard.iter().enumerate().skip(sentence).find_map(|(index, text)| {
            let start = if index == sentence { from } else { 0 };
            Some((index, start + text.get(start..)?.find(part.as_str())? + part.len()))
        })?;
        (sentence, from) = found;
        Some(sentence)
    };
    wanted.iter().map(place).collect()
}

fn in_order(unmet: &mut Vec<String>, who: &str, wanted: &[String], heard: &[String]) {
    let missed = wanted.iter().zip(places(wanted, heard)).filter(|(_, place)| place.is_none());
    for (part, _) in missed {
        unmet.push(match heard.iter().any(|sentence| sentence.contains(part.as_str())) {
            true => format!("{who} heard \"{part}\", but before what is expected before it"),
            false => format!("{who} did not hear \"{part}\""),
        });
    }
}

fn path(unmet: &mut Vec<String>, wanted: &[String], transcript: &Transcript) {
    let mut steps = transcript.path.iter();
    for name in wanted {
        if !steps.any(|step| step.id == *name) {
            let ran = transcript.path.iter().any(|step| step.id == *name);
            let when = if ran { " after those before it" } else { "" };
            unmet.push(format!("the action \"{name}\" did not run{when}"));
            return;
        }
    }
}

fn asked(unmet: &mut Vec<String>, kind: ResourceKind, name: &str, wanted: &ExpectedInvocations, invocations: &[Invocation]) {
    let (what, was, sent) = match kind {
        ResourceKind::Bot => ("bot", "spoken to", "session attribute"),
        _ => ("function", "invoked", "parameter"),
    };
    let is_it = |one: &&Invocation| one.kind == kind && (means(&one.id, kind, name) || is_bot(&one.id, name));
    let of_it: Vec<&Invocation> = invocations.iter().filter(is_it).collect();
    let count = of_it.len() as u64;
    match wanted.times {
        Some(times) if times != count => unmet.push(format!("the {what} {name} was {was} {count} times, not {times}")),
        None if count == 0 => unmet.push(format!("the {what} {name} was not {was}")),
        _ => {}
    }
    for (parameter, value) in &wanted.parameters {
        let found = of_it.last().and_then(|last| last.parameters.get(parameter)).map(|found| match found {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        if count > 0 && found.as_ref() != Some(value) {
            unmet.push(format!("the {sent} {parameter} of {name} was {}, not \"{value}\"", shown(found.as_ref())));
        }
    }
}
