//! Execution of one test case, from its creation to its verdict.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_connect::types::{ExecutionRecord, ExecutionRecordStatus, TestCaseExecutionStatus};
use deployer_engine::CancellationToken;
use serde_json::Value;

use super::TestCaseSpec;
use super::cases::TestCases;
use crate::failure::Failure;

/// The result of a test.
pub(super) enum Verdict {
    Passed,
    /// Failed, with all reasons.
    Failed(Vec<String>),
    /// Not a valid test case, with the reason.
    NotExported(String),
    /// Not executed to its end.
    Interrupted,
}

/// The polling rate.
#[derive(Clone, Copy)]
pub(super) enum PollRate {
    /// Within AWS's rate limits: 2 calls a second in an account and Region.
    Aws,
    Embedded,
}

impl PollRate {
    /// Returns the first and the longest delay between two polls.
    fn pauses(self) -> (Duration, Duration) {
        match self {
            Self::Aws => (Duration::from_secs(3), Duration::from_secs(10)),
            Self::Embedded => (Duration::from_millis(50), Duration::from_secs(1)),
        }
    }
}

/// Timeout of an execution. A simulation takes 5 minutes at most (administrator guide, "Execute test cases"), and others may be queued
/// before it.
const EXECUTION_TIMEOUT: Duration = Duration::from_secs(15 * 60);

pub(super) async fn execute(
    cases: &TestCases,
    wanted: &TestCaseSpec,
    known: Option<&str>,
    pace: PollRate,
    interrupt: &CancellationToken,
) -> Verdict {
    let failed = |failure: Failure| Verdict::Failed(vec![failure.to_string()]);
    match attempt(cases, wanted, known, pace, interrupt).await {
        Ok(verdict) => verdict,
        Err(failure) => failed(failure),
    }
}

async fn attempt(
    cases: &TestCases,
    wanted: &TestCaseSpec,
    known: Option<&str>,
    pace: PollRate,
    interrupt: &CancellationToken,
) -> Result<Verdict, Failure> {
    if interrupt.is_cancelled() {
        return Ok(Verdict::Interrupted);
    }
    let id = cases.put(wanted, known).await?;
    if interrupt.is_cancelled() {
        return Ok(Verdict::Interrupted);
    }
    let execution = cases.start(&id).await?;
    let watched = watch(cases, wanted, (&id, &execution), pace, interrupt).await;
    if watched.is_err() {
        // Nobody waits for it any more.
        cases.stop(&id, &execution).await;
    }
    watched
}

/// Waits for the result of an execution with this ID, of the test case with that one.
async fn watch(
    cases: &TestCases,
    wanted: &TestCaseSpec,
    (id, execution): (&str, &str),
    pace: PollRate,
    interrupt: &CancellationToken,
) -> Result<Verdict, Failure> {
    let (mut pause, longest) = pace.pauses();
    let began = Instant::now();
    let status = loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt.cancelled() => {
                cases.stop(id, execution).await;
                return Ok(Verdict::Interrupted);
            }
        }
        pause = (pause * 3 / 2).min(longest);
        match cases.status(id, execution).await? {
            Some(TestCaseExecutionStatus::Initiated | TestCaseExecutionStatus::InProgress) => {}
            status => break status,
        }
        if began.elapsed() > EXECUTION_TIMEOUT {
            cases.stop(id, execution).await;
            let minutes = EXECUTION_TIMEOUT.as_secs() / 60;
            return Ok(Verdict::Failed(vec![format!("the execution did not end within {minutes} minutes and was stopped")]));
        }
    };
    if status == Some(TestCaseExecutionStatus::Passed) {
        return Ok(Verdict::Passed);
    }
    let records = cases.records(id, execution).await?;
    Ok(Verdict::Failed(reasons(&wanted.content, &records, status.as_ref())))
}

/// Returns the observations that were missing or failed, and the instance's explanation.
fn reasons(content: &Value, records: &[ExecutionRecord], status: Option<&TestCaseExecutionStatus>) -> Vec<String> {
    let observations = content["Observations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let recorded = |record: &ExecutionRecord| record.record().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let of = |id: &str| records.iter().filter(|one| one.observation_id() == Some(id)).collect::<Vec<_>>();
    let mut reasons = Vec::new();
    let mut unreached = Vec::new();
    let before = led_by(observations);
    let passed = |id: &str| of(id).iter().any(|one| one.status() == Some(&ExecutionRecordStatus::Passed));
    for one in observations.iter().filter(|one| !passed(&text(one, "Identifier"))) {
        let id = text(one, "Identifier");
        let failures: Vec<String> =
            of(&id).iter().filter_map(|record| recorded(record)).flat_map(|record| actions(&record)).collect();
        let waited = before.get(&id).is_none_or(|before| passed(before));
        match (failures.is_empty(), waited) {
            (false, _) => reasons.extend(failures.into_iter().map(|failure| format!("{id}: {failure}"))),
            (true, true) => reasons.push(format!("{id}: {}", missed(&one["Event"]))),
            (true, false) => unreached.push(id),
        }
    }
    if !unreached.is_empty() {
        reasons.push(format!("not reached: {}", unreached.join(", ")));
    }
    let completion = records.iter().filter_map(recorded).find_map(|record| {
        let reason = record.get("CompletionReason")?.clone();
        let all: Vec<&str> = ["Type", "Message"].iter().filter_map(|name| reason[*name].as_str()).collect();
        (!all.is_empty()).then(|| all.join(": "))
    });
    let status = status.map_or("no status", |status| status.as_str());
    reasons.push(format!("the instance says {status}{}", completion.map(|why| format!(", {why}")).unwrap_or_default()));
    reasons
}

/// Returns the observation that leads to each observation.
fn led_by(observations: &[Value]) -> BTreeMap<String, String> {
    let mut before = BTreeMap::new();
    for one in observations {
        let next = one.pointer("/Transitions/NextObservations").and_then(Value::as_array);
        for next in next.into_iter().flatten().filter_map(Value::as_str) {
            before.insert(next.to_owned(), one["Identifier"].as_str().unwrap_or_default().to_owned());
        }
    }
    before
}

/// Returns a record's description of failed actions.
fn actions(record: &Value) -> Vec<String> {
    let failed = record["Actions"].as_array().into_iter().flatten().filter(|action| action["Status"] == "FAILED");
    failed.map(|action| action["Message"].as_str().unwrap_or("an action failed").to_owned()).collect()
}

/// Describes a missing event.
fn missed(event: &Value) -> String {
    let properties = &event["Properties"];
    let text = |name: &str| properties[name].as_str();
    match (event["Type"].as_str(), text("Text").or(text("PromptId")), text("ActionType")) {
        (Some("MessageReceived"), Some(text), _) => format!("\"{text}\" was not heard"),
        (Some("FlowActionStarted"), _, Some(kind)) => {
            let of = properties["ActionParameters"].as_object().into_iter().flatten().find_map(|(_, value)| value.as_str());
            format!("{kind} of {} did not begin", of.unwrap_or("anything"))
        }
        (kind, ..) => format!("{} did not come", kind.unwrap_or("the event")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(id: &str, status: ExecutionRecordStatus, record: Value) -> ExecutionRecord {
        ExecutionRecord::builder().observation_id(id).status(status).record(record.to_string()).build()
    }

    #[test]
    fn missing_events_differ_from_unreached_ones() {
        let heard = |id: &str, text: &str, next: &[&str]| {
            json!({"Identifier": id, "Event": {"Type": "MessageReceived", "Properties": {"Text": text}},
                   "Actions": [], "Transitions": {"NextObservations": next}})
        };
        let content = json!({"Observations": [heard("one", "Hello", &["two"]), heard("two", "Press 1", &["three"]), heard("three", "Bye", &[])]});
        let end = json!({"Type": "COMPLETION", "CompletionReason": {"Type": "TIMEOUT", "FailureReasons": ["OBSERVE_EVENT"]}});
        let records = [
            record("one", ExecutionRecordStatus::Passed, json!({"Type": "OBSERVATION"})),
            record("x", ExecutionRecordStatus::Failed, end),
        ];
        let found = reasons(&content, &records, Some(&TestCaseExecutionStatus::Failed));
        assert_eq!(found, ["two: \"Press 1\" was not heard", "not reached: three", "the instance says FAILED, TIMEOUT"]);
    }

    #[test]
    fn failed_assertion_reports_the_actual_value() {
        let content =
            json!({"Observations": [{"Identifier": "one", "Event": {"Type": "MessageReceived", "Properties": {"Text": "a"}}}]});
        let action = json!({"Identifier": "a", "Status": "FAILED", "Message": "$.Attributes.tier is \"gold\""});
        let records = [record("one", ExecutionRecordStatus::Failed, json!({"Type": "OBSERVATION", "Actions": [action]}))];
        let found = reasons(&content, &records, Some(&TestCaseExecutionStatus::Failed));
        assert_eq!(found, ["one: $.Attributes.tier is \"gold\"", "the instance says FAILED"]);
    }
}
