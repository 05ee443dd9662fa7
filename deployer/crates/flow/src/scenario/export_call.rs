//! The sequence of a call as observations of the Testing language: prompts and key presses in order.

use serde_json::{Map, Value, json};

use super::assertions::places;
use super::instance::Timeline;
use super::model::Case;
use crate::interpret::{Key, Transcript};
use crate::named::SymbolicName;
use crate::resource_kind::ResourceKind;

/// Facts about a call that are not in its transcript.
pub(super) struct CallFacts {
    /// Functions that were invoked.
    pub(super) invoked: Vec<String>,
    /// Resources that the flow requested and the test does not define.
    pub(super) missing: Vec<String>,
    /// Number of keys that were not requested.
    pub(super) left: usize,
    pub(super) timeline: Timeline,
}

/// An expected event, and the actions that follow it.
pub(super) struct Observation {
    pub(super) name: String,
    pub(super) event: Value,
    pub(super) actions: Vec<Value>,
}

/// Observations that are expected in parallel; the last of them leads to the next layer.
type Layer = Vec<Observation>;

pub(super) fn observation(name: &str, event: Value, actions: Vec<Value>) -> Observation {
    Observation { name: name.to_owned(), event, actions }
}

pub(super) fn event(kind: &str, properties: Value) -> Value {
    json!({"Type": kind, "Actor": "System", "Properties": properties})
}

/// Returns an action. In records of real calls, every action but an assertion repeats its type.
pub(super) fn action(kind: &str, mut parameters: Value) -> Value {
    if kind != "Assert" {
        parameters["ActionType"] = json!(kind);
    }
    json!({"Type": kind, "Parameters": parameters})
}

/// The layers of a call, and the sentence that is heard when the last of them is complete.
pub(super) struct ObservationSequence {
    pub(super) layers: Vec<Layer>,
    pub(super) last_heard: Option<usize>,
    pub(super) left_out: Vec<String>,
}

/// Returns the layers of a call. The expected text between two requests for keys may arrive in one message or in several
/// (records of real executions differ), so its parts are expected in parallel; keys are pressed once the last sentence before
/// them has been heard.
///
/// # Errors
/// Returns a message about keys that no sentence separates from others.
pub(super) fn observation_sequence(
    case: &Case,
    transcript: &Transcript,
    seen: &CallFacts,
) -> Result<ObservationSequence, String> {
    let end = seen.timeline.transfer.filter(|_| case.expects_queue().is_some()).unwrap_or(transcript.heard.len());
    let found = places(&case.expect.heard, &transcript.heard);
    let mut writer = Writer { heard: &transcript.heard, texts: Vec::new(), layers: Vec::new(), last_heard: None, count: 0 };
    let (mut unheard, mut left_out) = (Vec::new(), Vec::new());
    for (text, place) in case.expect.heard.iter().zip(found) {
        match place {
            Some(place) if place < end => writer.texts.push((place, text.clone())),
            Some(_) => left_out.push(format!("\"{text}\", which is heard in the queue, where the test has ended")),
            None => unheard.push(text.clone()),
        }
    }
    writer.keys(transcript, end)?;
    writer.segment(writer.from(), end, None);
    for text in unheard {
        writer.add(vec![(Some(text), Vec::new())], None);
    }
    if writer.layers.iter().any(|layer| layer.len() > 1) {
        left_out.push("the order of what is heard at one time".to_owned());
    }
    Ok(ObservationSequence { layers: writer.layers, last_heard: writer.last_heard, left_out })
}

struct Writer<'a> {
    heard: &'a [String],
    /// Sentence number and text of the expected parts, in order.
    texts: Vec<(usize, String)>,
    layers: Vec<Layer>,
    last_heard: Option<usize>,
    count: usize,
}

impl Writer<'_> {
    /// Returns the first sentence that is not in a layer.
    fn from(&self) -> usize {
        self.last_heard.map_or(0, |last| last + 1)
    }

    fn keys(&mut self, transcript: &Transcript, end: usize) -> Result<(), String> {
        let mut silent = false;
        // A silence after which nothing is pressed or heard any more needs no layer of its own.
        let last = transcript.keys.iter().rposition(|(_, key)| *key != Key::Silence);
        let last_text = self.texts.last().map_or(0, |(place, _)| *place + 1);
        for (index, (heard, key)) in transcript.keys.iter().enumerate().filter(|(_, (heard, _))| *heard <= end) {
            let from = self.from();
            if *heard == 0 && *key != Key::Silence {
                return Err("a key is pressed before anything is heard".to_owned());
            }
            if *heard > from {
                if *key == Key::Silence && last.is_none_or(|last| last < index) && last_text <= *heard {
                    continue;
                }
                self.segment(from, *heard, Some(*heard - 1));
            } else if silent && *key != Key::Silence {
                return Err("a key is pressed after a silence in which nothing is heard, and that cannot be said to an instance"
                    .to_owned());
            }
            silent = *key == Key::Silence;
            if let Some(pivot) = self.layers.last_mut().and_then(|layer| layer.last_mut()) {
                pivot.actions.extend(instruction(*key));
            }
        }
        Ok(())
    }

    /// Adds a layer with the expected parts of these sentences; with an anchor, also one for the sentence with this number,
    /// at the end.
    fn segment(&mut self, from: usize, to: usize, anchor: Option<usize>) {
        let inside = |(place, _): &&(usize, String)| (from..to).contains(place);
        let texts: Vec<(usize, String)> = self.texts.iter().filter(inside).cloned().collect();
        let last = texts.last().map(|(place, _)| *place);
        let mut wanted: Vec<(Option<String>, Vec<Value>)> = texts.into_iter().map(|(_, text)| (Some(text), Vec::new())).collect();
        if anchor.is_some() && last != anchor {
            wanted.push((None, Vec::new()));
        }
        self.add(wanted, anchor.or(last));
    }

    /// Adds a layer; an entry without text stands for the whole sentence at the end of it.
    fn add(&mut self, wanted: Vec<(Option<String>, Vec<Value>)>, last: Option<usize>) {
        if wanted.is_empty() {
            return;
        }
        let layer = wanted.into_iter().map(|(text, actions)| {
            self.count += 1;
            let sentence = last.and_then(|last| self.heard.get(last)).map(String::as_str).unwrap_or_default();
            let properties = match &text {
                Some(text) => message(text, "Inclusion"),
                None => message(sentence, "Similarity"),
            };
            observation(&format!("Message {}", self.count), event("MessageReceived", properties), actions)
        });
        let layer: Layer = layer.collect();
        self.layers.push(layer);
        self.last_heard = last.or(self.last_heard);
    }

    /// Adds an observation of the whole last sentence, after everything else.
    fn end_with(&mut self, sentence: usize) {
        self.add(vec![(None, Vec::new())], Some(sentence));
    }
}

impl ObservationSequence {
    /// Adds the last sentence of all, if it comes after the expected ones; returns the sentence that is heard then.
    pub(super) fn until(&mut self, transcript: &Transcript, end: usize) -> Option<usize> {
        let last = end.checked_sub(1)?;
        if self.last_heard != Some(last) {
            let count = self.layers.iter().map(Vec::len).sum();
            let layers = std::mem::take(&mut self.layers);
            let mut writer = Writer { heard: &transcript.heard, texts: Vec::new(), layers, last_heard: self.last_heard, count };
            writer.end_with(last);
            (self.layers, self.last_heard) = (writer.layers, writer.last_heard);
        }
        Some(last)
    }
}

/// Returns the match for a message. A prompt or a recording, as the simulator shows it, is matched as such.
fn message(text: &str, criteria: &str) -> Value {
    let marked = |mark: &str| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(']'));
    match (marked("[prompt "), marked("[audio ")) {
        (Some(prompt), _) => json!({"PromptId": prompt_id(prompt)}),
        (None, Some(uri)) => json!({"Media": {"Uri": uri, "SourceType": "S3", "MediaType": "Audio"}}),
        // References are resolved in every text, and this one is spoken text.
        (None, None) => json!({"Text": text.replace("${", "$${"), "MatchingCriteria": {"Type": criteria}}),
    }
}

/// Returns the id of a prompt: the key for one that the flow refers to by reference, otherwise the ARN or id in the flow.
fn prompt_id(heard: &str) -> String {
    let is_key = heard.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') && !is_uuid(heard);
    if is_key { SymbolicName::arn(ResourceKind::Prompt, heard).to_string() } else { heard.to_owned() }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &&str| part.chars().all(|c| c.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(is_hex)
}

/// Returns the instruction for a key. `Disconnect` is in newer pages of the guide only (unverified).
fn instruction(key: Key) -> Option<Value> {
    let instruction = match key {
        Key::Silence => return None,
        Key::Press(key) => json!({"Type": "DtmfInput", "Properties": {"Value": key.to_string()}}),
        Key::HangUp => json!({"Type": "Disconnect"}),
    };
    Some(action("SendInstruction", json!({"Actor": "Customer", "Instruction": instruction})))
}

/// Writes the layers with identifiers and transitions.
pub(super) fn written(layers: Vec<Layer>) -> Vec<Value> {
    let names: Vec<Vec<String>> = layers.iter().map(|layer| layer.iter().map(|one| one.name.clone()).collect()).collect();
    let mut written = Vec::new();
    for (depth, layer) in layers.into_iter().enumerate() {
        let pivot = layer.len().saturating_sub(1);
        for (index, mut one) in layer.into_iter().enumerate() {
            one.event["Identifier"] = json!(format!("{} event", one.name));
            let count = one.actions.len();
            for (number, action) in one.actions.iter_mut().enumerate() {
                let name = |number: usize| format!("{} action {}", one.name, number + 1);
                let next = (number + 1 < count).then(|| name(number + 1));
                let transitions = next.map_or_else(Map::new, |next| Map::from_iter([("NextAction".to_owned(), json!(next))]));
                action["Identifier"] = json!(name(number));
                action["Transitions"] = transitions.into();
            }
            let next = names.get(depth + 1).filter(|_| index == pivot).cloned().unwrap_or_default();
            written.push(json!({
                "Identifier": one.name, "Event": one.event, "Actions": one.actions, "Transitions": {"NextObservations": next}
            }));
        }
    }
    written
}
