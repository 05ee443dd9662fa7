//! Export of a test as a test case of Connect itself (`CreateTestCase`), in the Testing language.
//!
//! The structure follows the AWS developer guide, "Testing language". Public records of real calls add: the version is
//! `2019-10-30`, every event has an identifier, every action but `Assert` repeats its type as `ActionType`, and a flow as
//! entry point excludes a dialled number. The example in the API reference has the version `2025-06-21` instead, and a member
//! `Usage` in each observation, which no other page mentions and which is left out (unverified). Nothing here was tested on a
//! real instance.

use serde::Serialize;
use serde_json::{Value, json};

use super::export_call::{
    CallFacts, Observation, ObservationSequence, action, event, observation, observation_sequence, written,
};
use super::instance::means;
use super::model::{AnswerKind, Case, FunctionAnswer, Given, PercentSource};
use crate::actions::{CHECK_HOURS_OF_OPERATION, DISTRIBUTE_BY_PERCENTAGE, INVOKE_LAMBDA_FUNCTION, TRANSFER_CONTACT_TO_QUEUE};
use crate::interpret::{LambdaFailure, Transcript};
use crate::named::SymbolicName;
use crate::resource_kind::ResourceKind;

/// A request of `CreateTestCase`, with `Content` as JSON, which the API expects as text. Resources are references by name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TestCase {
    /// Name of the test case.
    pub name: String,
    /// Events and assertions.
    pub content: Value,
    /// The flow and the caller.
    pub entry_point: Value,
    /// Attributes that the contact has from the beginning.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub initialization_data: Value,
    /// Expectations of the test file that the Testing language cannot express.
    #[serde(skip)]
    pub left_out: Vec<String>,
}

impl Case {
    /// Returns the queue in which the call is expected to end.
    pub(super) fn expects_queue(&self) -> Option<&str> {
        self.expect.outcome.as_deref()?.strip_prefix("queued: ")
    }
}

/// Returns the test case for a test that was run, since only the call shows when keys are pressed and how often functions are
/// invoked. Expectations are exported as the test states them, whether or not the call met them.
///
/// # Errors
/// Returns the reason why a real instance cannot run the test: it depends on something that no override of the Testing
/// language provides.
pub(super) fn test_case(case: &Case, transcript: &Transcript, flow: &SymbolicName, seen: &CallFacts) -> Result<TestCase, String> {
    possible(case, transcript, seen)?;
    let mut overridden = overrides(case, &seen.invoked)?;
    overridden.extend(seen.timeline.hours.iter().filter_map(|(key, open)| Some(hours(key.as_ref()?, *open))));
    let start = observation("Start", event("TestInitiated", json!({})), overridden);
    let mut course = observation_sequence(case, transcript, seen)?;
    let asserted = assertions(case, transcript, seen, &mut course);
    let mut left_out = left_out(case);
    left_out.append(&mut course.left_out);
    if let Some(queue) = case.expects_queue() {
        course.layers.push(vec![queued(case, queue)]);
    }
    if case.expect.heard.is_empty() && asserted.is_empty() && case.expects_queue().is_none() {
        return Err("nothing of what it expects can be said in the Testing language".to_owned());
    }
    let mut layers = vec![vec![start]];
    layers.append(&mut course.layers);
    if let Some(last) = layers.last_mut().and_then(|layer| layer.last_mut()) {
        last.actions.extend(asserted);
        last.actions.push(action("TestControl", json!({"Command": {"Type": "EndTest"}})));
    }
    let attributes = &case.given.attributes;
    let parameters = json!({"SourcePhoneNumber": case.given.caller, "FlowId": flow.to_string()});
    Ok(TestCase {
        name: case.name.clone(),
        content: json!({"Version": "2019-10-30", "Metadata": {}, "Observations": written(layers)}),
        entry_point: json!({"Type": "VOICE_CALL", "VoiceCallEntryPointParameters": parameters}),
        initialization_data: if attributes.is_empty() { Value::Null } else { json!({"Attributes": attributes}) },
        left_out,
    })
}

fn possible(case: &Case, transcript: &Transcript, seen: &CallFacts) -> Result<(), String> {
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
    if transcript.path.iter().any(|step| step.kind == DISTRIBUTE_BY_PERCENTAGE.name) {
        return Err("on an instance, shares by percentage are drawn by chance".to_owned());
    }
    if let PercentSource::Percent(percent) = given.chance {
        return Err(format!("an instance cannot be made to draw {percent}"));
    }
    if given.caller.is_none() {
        return Err("a caller who withholds the number cannot be simulated on an instance".to_owned());
    }
    if given.queues.values().any(|queue| queue.full || !queue.metrics.is_empty()) {
        return Err("metrics and full queues are those of the instance".to_owned());
    }
    if seen.timeline.hours.iter().any(|(key, _)| key.is_none()) {
        return Err("the hours of a queue are those of the instance".to_owned());
    }
    if let Some(what) = seen.missing.first() {
        return Err(format!("the test does not give what the flow asks for: {what}"));
    }
    match seen.left {
        0 => Ok(()),
        _ => Err("the call was over before all keys had been pressed".to_owned()),
    }
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
        (expect.outcome.is_some() && case.expects_queue().is_none(), "the outcome"),
        (case.given.called != Given::default().called, "the number that is called"),
    ];
    parts.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()).collect()
}

/// Returns the assertions. Attributes are compared when the last sentence is heard, or the queue is reached: there is no
/// later time at which a test observes anything. Those that the call sets after it are left out.
fn assertions(case: &Case, transcript: &Transcript, seen: &CallFacts, course: &mut ObservationSequence) -> Vec<Value> {
    let mut asserted = Vec::new();
    let wanted: Vec<(&String, &String)> =
        case.expect.attributes.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect();
    if wanted.is_empty() {
        return asserted;
    }
    let moment = match (case.expects_queue(), seen.timeline.transfer) {
        (Some(_), transfer) => transfer.unwrap_or(transcript.heard.len()),
        (None, _) => course.until(transcript, transcript.heard.len()).unwrap_or_default(),
    };
    for (name, value) in wanted {
        if seen.timeline.attribute(name, moment) == transcript.attributes.get(name) {
            let namespace = format!("$.Attributes.{name}");
            asserted.push(action("Assert", json!({"Namespace": namespace, "Operator": "Equals", "Operand": value})));
        } else {
            course.left_out.push(format!("the attribute {name}, which is set after the last moment that can be observed"));
        }
    }
    asserted
}

/// Returns the overrides. Each is consumed by one invocation, the oldest first (administrator guide, "Override system
/// behavior actions").
fn overrides(case: &Case, invoked: &[String]) -> Result<Vec<Value>, String> {
    let mut actions = Vec::new();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for function in invoked {
        let found = case.given.functions.iter().find(|(key, _)| means(function, ResourceKind::Lambda, key));
        let Some((key, answers)) = found else { continue };
        let answer = last_answer(answers, counts.entry(key).or_default());
        if let Some(response) = answer.map(response).transpose()?.flatten() {
            let arn = SymbolicName::arn(ResourceKind::Lambda, key.clone()).to_string();
            let strategy = json!({"Type": "MockResponse", "Response": response});
            actions.push(overriding(INVOKE_LAMBDA_FUNCTION.name, json!({"LambdaFunctionARN": arn}), strategy));
        }
    }
    Ok(actions)
}

/// Returns the response that an action ends with: failures before it were retried. `count` is the number of responses that
/// have been consumed.
fn last_answer<'a>(answers: &'a [FunctionAnswer], count: &mut usize) -> Option<&'a FunctionAnswer> {
    for retry in 0..=LambdaFailure::RETRIES {
        let answer = answers.get((*count).min(answers.len().saturating_sub(1)))?;
        *count += 1;
        let again = matches!(answer.kind, AnswerKind::Throttled | AnswerKind::Fails(..));
        if !again || retry == LambdaFailure::RETRIES {
            return Some(answer);
        }
    }
    None
}

/// Returns an override for the next query of these hours, open or closed. The guide contains this response; of two public
/// records of real calls one contains it too, with `InHour`, and one states that Connect does not publish a test case with it
/// (unverified).
fn hours(key: &str, open: bool) -> Value {
    let value = if open { "InHours" } else { "OutOfHours" };
    let response = json!({"Type": "ExecutionResult", "ExecutionResult": {"Value": value}});
    overriding(
        CHECK_HOURS_OF_OPERATION.name,
        json!({"HoursOfOperationId": SymbolicName::arn(ResourceKind::Hours, key).to_string()}),
        json!({"Type": "MockResponse", "Response": response}),
    )
}

fn overriding(kind: &str, parameters: Value, strategy: Value) -> Value {
    let behavior = json!({"ActionType": kind, "ActionParameters": parameters, "Strategy": strategy});
    action("OverrideSystemBehavior", json!({"Behavior": {"Type": "FlowAction", "Properties": behavior}}))
}

/// Returns the overridden response of a function. The AWS page has `LoadedData` for it; one public record of a real call has
/// `Value` instead.
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

fn queued(case: &Case, name: &str) -> Observation {
    let key = case.given.queues.iter().find(|(_, queue)| queue.name == name).map_or(name, |(key, _)| key.as_str());
    let queue = SymbolicName::arn(ResourceKind::Queue, key).to_string();
    let properties = json!({"ActionType": TRANSFER_CONTACT_TO_QUEUE.name, "ActionParameters": {"QueueId": queue}});
    observation("Queue", event("FlowActionStarted", properties), Vec::new())
}
