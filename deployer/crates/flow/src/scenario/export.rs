//! A test as a test case of Connect itself (`CreateTestCase`), in the Testing language.
//!
//! Shapes follow the AWS developer guide, "Testing language". Public records of real calls add: the version is `2019-10-30`,
//! every event has an identifier, every action but `Assert` repeats its type as `ActionType`, and a flow as entry point
//! excludes a dialled number. The example in the API reference has the version `2025-06-21` instead, and a member
//! `Usage` in each observation, which no other page mentions and which is left out (unverified). Nothing here was tried on a
//! real instance.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::model::{AnswerKind, Case, Chance, FunctionAnswer};
use super::stage::means;
use crate::check::RefKind;
use crate::interpret::{Key, Transcript};
use crate::named::Named;

/// What `CreateTestCase` takes, with `Content` as JSON, which the API wants as text. Resources are references by name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TestCase {
    /// The test's name.
    pub name: String,
    /// What happens and what must come of it.
    pub content: Value,
    /// The flow and the caller.
    pub entry_point: Value,
    /// Attributes the contact has from the beginning.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub initialization_data: Value,
    /// What the test file expects and the Testing language cannot say.
    #[serde(skip)]
    pub left_out: Vec<String>,
}

/// The test case for a test that was run, since the call tells when keys are pressed and how often functions are invoked.
///
/// # Errors
/// Why a real instance cannot run the test: it depends on something that no override of the Testing language provides.
pub(super) fn test_case(case: &Case, transcript: &Transcript, flow: &Named, invoked: &[String]) -> Result<TestCase, String> {
    possible(case)?;
    let mut actions = overrides(case, invoked)?;
    let mut observations = vec![observation("Start", event("TestInitiated", json!({})), Vec::new())];
    if let Some(first) = observations.first_mut() {
        first.actions.append(&mut actions);
    }
    observations.extend(messages(case, transcript));
    let mut left_out = left_out(case);
    if let Some(queue) = transcript.outcome.strip_prefix("queued: ").filter(|_| case.expect.outcome.is_some()) {
        observations.push(queued(case, queue));
    } else if case.expect.outcome.is_some() {
        left_out.push("the outcome".to_owned());
    }
    finish(case, &mut observations);
    let number = case.given.caller.as_ref().map_or_else(|| json!({}), |caller| json!({"SourcePhoneNumber": caller}));
    let mut parameters = number;
    parameters["FlowId"] = json!(flow.to_string());
    let attributes = &case.given.attributes;
    Ok(TestCase {
        name: case.name.clone(),
        content: json!({"Version": "2019-10-30", "Metadata": {}, "Observations": written(observations)}),
        entry_point: json!({"Type": "VOICE_CALL", "VoiceCallEntryPointParameters": parameters}),
        initialization_data: if attributes.is_empty() { Value::Null } else { json!({"Attributes": attributes}) },
        left_out,
    })
}

fn possible(case: &Case) -> Result<(), String> {
    let given = &case.given;
    if let Some(action) = given.fails.keys().next() {
        return Err(format!("the action \"{action}\" cannot be made to fail on an instance"));
    }
    if let Some(action) = given.results.keys().next() {
        return Err(format!("the result of \"{action}\" is what the instance's services make of it"));
    }
    if let Some(bot) = given.bots.keys().next() {
        return Err(format!("the bot {bot} of the instance answers for itself; how a test overrides it is not described"));
    }
    if let Some(queue) = given.queues.values().find(|queue| queue.answered_after.is_some()) {
        return Err(format!("no agent of the instance can be made to answer in the queue {}", queue.name));
    }
    if let Some(number) = given.numbers.keys().next() {
        return Err(format!("what {number} does when it is called cannot be given to an instance"));
    }
    if let Chance::Percent(percent) = given.chance {
        return Err(format!("an instance cannot be made to draw {percent}"));
    }
    if given.caller.is_none() {
        return Err("a caller who withholds the number cannot be simulated on an instance".to_owned());
    }
    if !given.hours.is_empty() || given.queues.values().any(|queue| queue.full || !queue.metrics.is_empty()) {
        return Err("hours, metrics and full queues are those of the instance".to_owned());
    }
    if case.keys.contains(&Key::HangUp) {
        return Err("the Testing language does not document a caller who hangs up".to_owned());
    }
    Ok(())
}

fn left_out(case: &Case) -> Vec<String> {
    let expect = &case.expect;
    let parts = [
        (!expect.not_heard.is_empty(), "what the caller must not hear"),
        (!expect.agent_hears.is_empty(), "what the agent hears"),
        (!expect.path.is_empty(), "the path"),
        (!expect.functions.is_empty(), "how functions are invoked"),
        (!expect.bots.is_empty(), "how bots are spoken to"),
        (expect.attributes.values().any(Option::is_none), "attributes that must not be there"),
    ];
    parts.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()).collect()
}

/// Each override is used up by one invocation, the oldest first (administrator guide, "Override system behavior actions").
fn overrides(case: &Case, invoked: &[String]) -> Result<Vec<Value>, String> {
    let mut actions = Vec::new();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for function in invoked {
        let found = case.given.functions.iter().find(|(key, _)| means(function, RefKind::Lambda, key));
        let Some((key, answers)) = found else { continue };
        let count = counts.entry(key).or_default();
        let answer = answers.get((*count).min(answers.len().saturating_sub(1)));
        *count += 1;
        if let Some(response) = answer.map(response).transpose()?.flatten() {
            let arn = Named::arn(RefKind::Lambda, key.clone()).to_string();
            let strategy = json!({"Type": "MockResponse", "Response": response});
            let behavior = json!({
                "ActionType": "InvokeLambdaFunction", "ActionParameters": {"LambdaFunctionARN": arn}, "Strategy": strategy
            });
            let parameters = json!({"Behavior": {"Type": "FlowAction", "Properties": behavior}});
            actions.push(action("OverrideSystemBehavior", parameters));
        }
    }
    Ok(actions)
}

/// The AWS page has `LoadedData` for an answer; one public record of a real call has `Value` in its place.
fn response(answer: &FunctionAnswer) -> Result<Option<Value>, String> {
    let after = answer.after;
    let error = |name: &str| json!({"Type": "Error", "Error": {"DelaySeconds": after, "Value": name}});
    Ok(match &answer.kind {
        AnswerKind::Real => None,
        AnswerKind::Json(value) => Some(json!({
            "Type": "ExecutionResult", "ExecutionResult": {"DelaySeconds": after, "LoadedData": value.to_string()}
        })),
        AnswerKind::TimesOut => Some(error("TimeLimitExceeded")),
        AnswerKind::Throttled | AnswerKind::Fails(..) => Some(error("NoMatchingError")),
        AnswerKind::Text(_) => return Err("an answer that is no JSON cannot be simulated on an instance".to_owned()),
    })
}

struct Observation {
    name: String,
    event: Value,
    actions: Vec<Value>,
}

fn observation(name: &str, event: Value, actions: Vec<Value>) -> Observation {
    Observation { name: name.to_owned(), event, actions }
}

fn event(kind: &str, properties: Value) -> Value {
    json!({"Type": kind, "Actor": "System", "Properties": properties})
}

fn action(kind: &str, mut parameters: Value) -> Value {
    if kind != "Assert" {
        parameters["ActionType"] = json!(kind);
    }
    json!({"Type": kind, "Parameters": parameters})
}

/// What is expected to be heard, and whatever is heard last before keys are pressed.
fn messages(case: &Case, transcript: &Transcript) -> Vec<Observation> {
    let mut texts: Vec<(usize, String)> = Vec::new();
    let mut from = 0;
    for part in &case.expect.heard {
        let found = transcript.heard.iter().enumerate().skip(from).find(|(_, sentence)| sentence.contains(part.as_str()));
        if let Some((index, _)) = found {
            texts.push((index, part.clone()));
            from = index;
        }
    }
    let presses = transcript.keys.iter().filter(|(_, key)| matches!(key, Key::Press(_)));
    for (heard, _) in presses.clone() {
        let last = heard.saturating_sub(1);
        if let Some(sentence) = transcript.heard.get(last).filter(|_| !texts.iter().any(|(index, _)| *index == last)) {
            texts.push((last, sentence.clone()));
        }
    }
    texts.sort_by_key(|(index, _)| *index);
    let last_of = |at: usize| texts.iter().rposition(|(index, _)| *index == at);
    let mut observations: Vec<Observation> = Vec::new();
    for (number, (_, text)) in texts.iter().enumerate() {
        let properties = json!({"Text": text, "MatchingCriteria": {"Type": "Inclusion"}});
        observations.push(observation(&format!("Message {}", number + 1), event("MessageReceived", properties), Vec::new()));
    }
    for (heard, key) in presses {
        let at = last_of(heard.saturating_sub(1)).and_then(|at| observations.get_mut(at));
        if let (Some(observation), Key::Press(key)) = (at, key) {
            let instruction = json!({"Type": "DtmfInput", "Properties": {"Value": key.to_string()}});
            observation.actions.push(action("SendInstruction", json!({"Actor": "Customer", "Instruction": instruction})));
        }
    }
    observations
}

fn queued(case: &Case, name: &str) -> Observation {
    let key = case.given.queues.iter().find(|(_, queue)| queue.name == name).map_or(name, |(key, _)| key.as_str());
    let queue = Named::arn(RefKind::Queue, key).to_string();
    let properties = json!({"ActionType": "TransferContactToQueue", "ActionParameters": {"QueueId": queue}});
    observation("Queue", event("FlowActionStarted", properties), Vec::new())
}

/// The last observation compares the attributes and ends the test, before anybody real is reached.
fn finish(case: &Case, observations: &mut [Observation]) {
    let Some(last) = observations.last_mut() else { return };
    for (name, value) in &case.expect.attributes {
        if let Some(value) = value {
            let namespace = format!("$.Attributes.{name}");
            last.actions.push(action("Assert", json!({"Namespace": namespace, "Operator": "Equals", "Operand": value})));
        }
    }
    last.actions.push(action("TestControl", json!({"Command": {"Type": "EndTest"}})));
}

/// Identifiers, and what follows what.
fn written(observations: Vec<Observation>) -> Vec<Value> {
    let names: Vec<String> = observations.iter().map(|one| one.name.clone()).collect();
    let mut written = Vec::new();
    for (index, mut one) in observations.into_iter().enumerate() {
        one.event["Identifier"] = json!(format!("{} event", one.name));
        let count = one.actions.len();
        for (number, action) in one.actions.iter_mut().enumerate() {
            let name = |number: usize| format!("{} action {}", one.name, number + 1);
            let next = (number + 1 < count).then(|| name(number + 1));
            let transitions = next.map_or_else(Map::new, |next| Map::from_iter([("NextAction".to_owned(), json!(next))]));
            action["Identifier"] = json!(name(number));
            action["Transitions"] = transitions.into();
        }
        let next: Vec<&String> = names.get(index + 1).into_iter().collect();
        written.push(json!({
            "Identifier": one.name, "Event": one.event, "Actions": one.actions, "Transitions": {"NextObservations": next}
        }));
    }
    written
}
