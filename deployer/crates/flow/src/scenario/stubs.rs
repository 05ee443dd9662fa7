//! Parser of stubs: responses of bots and of everything else outside of a call.

use std::time::Duration;

use serde_json::{Map, Value};

use super::fault::TestFileError;
use super::model::BotAnswer;
use super::reader::Reader;
use super::tree::{Content, Node};
use crate::call::bot::FALLBACK;
use crate::findings::suggest;
use crate::interpret::{ActionResult, BotOutcome, BotTurn, EXTERNAL_ROOTS, Intent};

/// Reads one response for all times, or a list with one for each; the last is repeated.
pub(super) fn list<T>(reader: &mut Reader, node: &Node, one: impl Fn(&mut Reader, &Node) -> Option<T>) -> Option<Vec<T>> {
    let Content::List(elements) = &node.content else {
        return one(reader, node).map(|answer| vec![answer]);
    };
    if elements.is_empty() {
        reader.fault(node.at, "the list of answers is empty");
    }
    let answers: Vec<_> = elements.iter().filter_map(|element| one(reader, element)).collect();
    (!answers.is_empty()).then_some(answers)
}

const TALKS: &str = "it is `no match`, `silence`, `hang up`, `fails` or `{ intent: …, slots: { … }, attributes: { … } }`";
const PARTS: [&str; 9] = ["keys", "intent", "slots", "attributes", "state", "confidence", "sentiment", "says", "after_seconds"];

/// Reads the results of a bot's conversations, either a list or by keys; with both it would be ambiguous which one applies.
pub(super) fn bot(reader: &mut Reader, node: &Node) -> Option<Vec<BotAnswer>> {
    let answers = list(reader, node, talk)?;
    let by_keys = answers.iter().filter(|answer| answer.keys.is_some()).count();
    if by_keys > 0 && by_keys < answers.len() {
        let fault = TestFileError::new(node.at, "some answers of this bot are to keys and some are not");
        reader.faults.push(fault.help("give `keys` for each or for none; other keys are `no match`, no key is `silence`"));
    }
    Some(answers)
}

fn talk(reader: &mut Reader, node: &Node) -> Option<BotAnswer> {
    let end = match node.text() {
        Some("no match") => Some(BotOutcome::Intent(Box::new(fallback()))),
        Some("silence") => Some(BotOutcome::Silence),
        Some("hang up" | "hang-up") => Some(BotOutcome::HangUp),
        Some("fails") => Some(BotOutcome::Fails("the bot fails, as given".to_owned())),
        _ => None,
    };
    if let Some(end) = end {
        return Some(BotAnswer { keys: None, talk: BotTurn { says: Vec::new(), duration: Duration::ZERO, end } });
    }
    if !matches!(node.content, Content::Map(_)) {
        reader.faults.push(TestFileError::new(node.at, "this is no answer of a bot").help(TALKS));
        return None;
    }
    let parts = reader.section(node, "an answer of a bot", &PARTS)?;
    let name = reader.required(&parts, node, "intent").and_then(|part| reader.text(part, "an intent"));
    let says = parts.get("says").map(|part| reader.texts(part, "what the bot says")).unwrap_or_default();
    let seconds = parts.get("after_seconds").and_then(|part| reader.number(part, "after_seconds", 0, 900)).unwrap_or(0);
    let mut map = |name: &str| parts.get(name).map(|part| texts_by_name(reader, part, name)).unwrap_or_default();
    let (slots, attributes) = (map("slots"), map("attributes"));
    let mut text = |name: &str| parts.get(name).and_then(|part| reader.scalar(part, name));
    let (state, confidence, sentiment) = (text("state"), text("confidence"), text("sentiment"));
    let intent = Intent { name: name?, slots, attributes, state, confidence, sentiment };
    let talk = BotTurn { says, duration: Duration::from_secs(seconds), end: BotOutcome::Intent(Box::new(intent)) };
    Some(BotAnswer { keys: parts.get("keys").and_then(|part| keys(reader, part)), talk })
}

/// Returns the intent for an utterance that the bot does not understand.
fn fallback() -> Intent {
    Intent { name: FALLBACK.to_owned(), state: Some("Failed".to_owned()), ..Intent::default() }
}

/// Returns the result of a bot that responds to keys.
pub(super) fn to_keys(answers: &[BotAnswer], keys: &str) -> BotTurn {
    let found = answers.iter().find(|answer| answer.keys.as_deref() == Some(keys));
    let nothing = || BotTurn { says: Vec::new(), duration: Duration::ZERO, end: BotOutcome::Intent(Box::new(fallback())) };
    found.map_or_else(nothing, |answer| answer.talk.clone())
}

fn keys(reader: &mut Reader, node: &Node) -> Option<String> {
    let keys = reader.text(node, "keys")?;
    let wrong = keys.chars().find(|key| !key.is_ascii_digit());
    if let Some(wrong) = wrong {
        let fault = TestFileError::new(node.at, format!("`{wrong}` is not a key that a bot gets"));
        reader.faults.push(fault.help("a bot gets the digits; # ends them and * takes them back"));
    }
    wrong.is_none().then_some(keys)
}

fn texts_by_name(reader: &mut Reader, node: &Node, what: &str) -> Map<String, Value> {
    let mut texts = Map::new();
    for (name, part) in reader.map(node, what) {
        texts.extend(reader.scalar(part, "a value").map(|text| (name, Value::from(text))));
    }
    texts
}

/// Name of a result without a value to compare.
pub(super) const DONE: &str = "done";

/// Reads the result of an action: the value that its conditions compare, and the values that can be read afterwards.
pub(super) fn result(reader: &mut Reader, node: &Node) -> Option<ActionResult> {
    if !matches!(node.content, Content::Map(_)) {
        return reader.scalar(node, "a result").map(|value| ActionResult { value: Some(value), sets: Map::new() });
    }
    let parts = reader.section(node, "a result", &["result", "sets"])?;
    let value = parts.get("result").and_then(|part| reader.scalar(part, "a result"));
    let mut sets = Map::new();
    if let Some(part) = parts.get("sets") {
        let Content::Map(entries) = &part.content else {
            reader.map(part, "sets");
            return None;
        };
        for (root, values) in entries {
            let name = root.text().unwrap_or_default();
            if EXTERNAL_ROOTS.contains(&name) {
                sets.insert(name.to_owned(), values.json());
                continue;
            }
            let fault = TestFileError::new(root.at, format!("no service outside of a call sets $.{name}"));
            let meant = suggest::did_you_mean(name, EXTERNAL_ROOTS);
            reader.faults.push(fault.help(meant.unwrap_or_else(|| format!("it can set {}", EXTERNAL_ROOTS.join(", ")))));
        }
    }
    Some(ActionResult { value, sets })
}

/// Reads the duration of one or several holds by an agent.
pub(super) fn holds(reader: &mut Reader, node: &Node) -> Vec<u64> {
    const MOST: usize = 20;
    let times: Vec<u64> = match &node.content {
        Content::List(elements) => elements.iter().filter_map(|element| reader.number(element, "a hold", 1, 86_400)).collect(),
        _ => reader.number(node, "a hold", 1, 86_400).into_iter().collect(),
    };
    if times.len() > MOST {
        reader.fault(node.at, format!("an agent holds a caller at most {MOST} times here"));
    }
    times
}
