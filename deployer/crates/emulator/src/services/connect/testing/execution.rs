//! Executions of test cases, which are queued, run for a while and end.
//!
//! The call itself is simulated at once with a computed time for each event; a reader sees the events up to the current time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::watch::{MAX_DURATION, SETUP_TIME};
use super::{Outcome, Test, attributes, read};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read as reading, write};
use crate::request::{Request, RequestContext};
use crate::response::Response;
use crate::services::connect::State;
use crate::services::connect::arguments::{PARAMETER, Paging, REQUEST, epoch, not_found, refused, text};
use crate::services::connect::test_case;
use crate::services::connect::types::{Execution, Finished, Instance, Number, Record};

/// Maximum number of concurrent executions, and including queued ones (administrator guide, "Execute test cases").
const AT_ONCE: usize = 5;
const IN_FLIGHT: usize = 100;
/// Maximum wait of an execution: the duration of a full queue. An execution that has not started by then never will, because
/// its process has ended.
const LONGEST_WAIT: Duration = Duration::from_secs(MAX_DURATION.as_secs() * (IN_FLIGHT / AT_ONCE) as u64);

/// Input of a simulation.
pub(super) struct Task {
    pub(super) test: Arc<Test>,
    pub(super) begun: OffsetDateTime,
    pub(super) flow: String,
    pub(super) from: Option<String>,
    pub(super) to: String,
    pub(super) attributes: Map<String, Value>,
}

pub(super) enum StartDecision {
    Now(Task),
    Later,
    Never,
}

impl Execution {
    /// Returns the end time, if the execution has ended by `now`.
    fn ended(&self, context: &RequestContext) -> Option<OffsetDateTime> {
        let out_of_time = match self.begun {
            Some(begun) => begun + context.scaled(MAX_DURATION),
            None => self.asked + context.scaled(LONGEST_WAIT),
        };
        let end = self.result.as_ref().map_or(out_of_time, |result| result.at);
        let end = self.stopped.map_or(end, |stopped| stopped.min(end));
        (end <= context.now).then_some(end)
    }

    fn status(&self, context: &RequestContext) -> &'static str {
        let Some(end) = self.ended(context) else {
            let calls = self.begun.is_some_and(|begun| begun + context.scaled(SETUP_TIME) <= context.now);
            return if calls { "IN_PROGRESS" } else { "INITIATED" };
        };
        match (&self.result, self.stopped) {
            (_, Some(stopped)) if stopped <= end => "STOPPED",
            (Some(result), _) if result.passed => "PASSED",
            _ => "FAILED",
        }
    }

    /// Returns the records of observations up to now.
    fn observed<'a>(&'a self, context: &RequestContext) -> impl Iterator<Item = &'a Record> {
        let until = self.ended(context).unwrap_or(context.now);
        self.result.iter().flat_map(|result| &result.observed).filter(move |kept| kept.at <= until)
    }

    fn total(&self) -> usize {
        read(&self.content).map_or(0, |test| test.observations.len())
    }
}

/// Operations of this file.
#[rustfmt::skip]
pub(in super::super) const OPERATIONS: &[Operation<State>] = &[
    write("StartTestCaseExecution", start).at("PUT /test-cases/{InstanceId}/{TestCaseId}/start-execution"),
    write("StopTestCaseExecution", stop).at("POST /test-cases/{InstanceId}/{TestCaseId}/{TestCaseExecutionId}/stop-execution"),
    reading("GetTestCaseExecutionSummary", summary).at("GET /test-cases/{InstanceId}/{TestCaseId}/{TestCaseExecutionId}/summary"),
    reading("ListTestCaseExecutions", list).at("GET /test-case-executions/{InstanceId}"),
    reading("ListTestCaseExecutionRecords", records)
        .at("GET /test-cases/{InstanceId}/{TestCaseId}/{TestCaseExecutionId}/records"),
];

/// Starts an execution: "Starts executing a published test case" (botocore model). A reused token identifies the execution that
/// it started.
fn start(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, id) = (&call.input, call.context.uuid());
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let case = test_case::id_of(instance, call.path("TestCaseId"))?;
    let answer = |id: &str| Ok(Response::json(json!({"TestCaseExecutionId": id, "TestCaseId": case, "Status": "INITIATED"})));
    let token = text(input, "ClientToken").map(str::to_owned);
    let same = |one: &Execution| token.is_some() && one.token == token && one.case == case;
    if let Some((id, _)) = instance.executions.iter().find(|(_, one)| same(one)) {
        return answer(id);
    }
    let content = test_case::find(instance, &case)?.executable()?;
    let in_flight = instance.executions.values().filter(|one| one.ended(&call.context).is_none()).count();
    if in_flight >= IN_FLIGHT {
        let message = format!("The queue holds {IN_FLIGHT} test executions already");
        return Err(AwsError::new(402, "ServiceQuotaExceededException", message));
    }
    let (asked, stopped) = (call.context.now, None);
    let begun = Execution { case: case.clone(), token, asked, content, begun: None, result: None, stopped };
    instance.executions.insert(id.clone(), begun);
    answer(&id)
}

/// Stops an execution; one that has ended cannot be stopped (code and message text unverified).
fn stop(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    find(instance, call)?;
    let found = instance.executions.get_mut(call.path("TestCaseExecutionId"));
    let found = found.ok_or_else(|| not_found("Test case execution", call.path("TestCaseExecutionId")))?;
    if found.ended(&call.context).is_some() {
        return Err(refused(REQUEST, "The test case execution has ended"));
    }
    found.stopped = Some(call.context.now);
    Ok(Response::json(json!({})))
}

fn find<'a>(instance: &'a Instance, call: &Request) -> Result<&'a Execution, AwsError> {
    let case = test_case::id_of(instance, call.path("TestCaseId"))?;
    let id = call.path("TestCaseExecutionId");
    let found = instance.executions.get(id).filter(|one| one.case == case);
    found.ok_or_else(|| not_found("Test case execution", id))
}

fn summary(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let one = find(instance, call)?;
    let count = |passed: bool| one.observed(&call.context).filter(|kept| kept.passed == passed).count();
    let mut answer = json!({
        "StartTime": epoch(one.begun.unwrap_or(one.asked)),
        "Status": one.status(&call.context),
        "ObservationSummary": {
            "TotalObservations": one.total(), "ObservationsPassed": count(true), "ObservationsFailed": count(false)
        },
    });
    if let Some(end) = one.ended(&call.context) {
        answer["EndTime"] = epoch(end).into();
    }
    Ok(Response::json(answer))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let milliseconds = |name: &str| call.query(name).and_then(|text| text.parse::<i128>().ok());
    let (after, before) = (milliseconds("startTime"), milliseconds("endTime"));
    let case = call.query("testCaseId").map(|case| case.rsplit('/').next().unwrap_or(case));
    let wanted = |one: &Execution| {
        let name = instance.test_cases.get(&one.case).map(|case| case.name.as_str());
        let began = one.begun.unwrap_or(one.asked).unix_timestamp_nanos() / 1_000_000;
        case.is_none_or(|case| one.case == case)
            && call.query("testCaseName").is_none_or(|wanted| name == Some(wanted))
            && call.query("status").is_none_or(|status| one.status(&call.context) == status)
            && after.is_none_or(|after| began >= after)
            && before.is_none_or(|before| began <= before)
    };
    let shown = |id: &str, one: &Execution| {
        let mut shown = json!({
            "TestCaseExecutionId": id,
            "TestCaseId": one.case,
            "TestCaseExecutionStatus": one.status(&call.context),
            "StartTime": epoch(one.begun.unwrap_or(one.asked)),
        });
        if let Some(end) = one.ended(&call.context) {
            shown["EndTime"] = epoch(end).into();
        }
        if let Some(case) = instance.test_cases.get(&one.case).filter(|case| !case.tags.is_empty()) {
            shown["Tags"] = json!(case.tags);
        }
        shown
    };
    let all = instance.executions.iter().filter(|(_, one)| wanted(one));
    paging.response("TestCaseExecutions", all.map(|(id, one)| (id, shown(id, one))))
}

/// Returns the records, in the order of records of real executions: the start, the start of the call, each observation by its
/// identifier, the end. The identifiers of the others are unverified.
fn records(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let one = find(instance, call)?;
    let mut all: Vec<(String, &str, OffsetDateTime, Value)> = Vec::new();
    let mut add = |id: &str, status, at, record: Value| all.push((id.to_owned(), status, at, record));
    add("INITIATION", "PASSED", one.asked, json!({"Type": "INITIATION"}));
    let calling = one.begun.map(|begun| begun + call.context.scaled(SETUP_TIME)).filter(|at| *at <= call.context.now);
    if let Some(at) = calling {
        let contact = one.result.as_ref().and_then(|result| result.contact.as_ref());
        add("EXECUTION_START", "PASSED", at, json!({"Type": "EXECUTION_START", "ContactId": contact}));
    }
    for kept in one.observed(&call.context) {
        add(&kept.id, if kept.passed { "PASSED" } else { "FAILED" }, kept.at, kept.record.clone());
    }
    if let Some(end) = one.ended(&call.context) {
        let status = one.status(&call.context);
        let reason = match &one.result {
            Some(result) if status != "STOPPED" => result.completion.clone(),
            _ if status == "STOPPED" => json!({"Type": "STOPPED", "Message": "The execution was stopped", "FailureReasons": []}),
            _ => {
                json!({"Type": "TIMEOUT", "Message": "The execution did not end in its time", "FailureReasons": ["OBSERVE_EVENT"]})
            }
        };
        add("COMPLETION", status, end, json!({"Type": "COMPLETION", "Status": status, "CompletionReason": reason}));
    }
    let wanted = call.query("status");
    let shown = all.into_iter().enumerate().filter(|(_, (_, status, ..))| wanted.is_none_or(|wanted| *status == wanted));
    let shown = shown.map(|(index, (id, status, at, record))| {
        let entry = json!({"ObservationId": id, "Status": status, "Timestamp": epoch(at), "Record": record.to_string()});
        (format!("{index:06}"), entry)
    });
    paging.response("ExecutionRecords", shown)
}

/// Returns instance and id of the executions that have not begun.
pub(super) fn waiting(state: &State) -> Vec<(String, String)> {
    let instances = state.instances.values();
    let of = |instance: &Instance| {
        let unbegun = instance.executions.iter().filter(|(_, one)| one.begun.is_none() && one.stopped.is_none());
        unbegun.map(|(id, _)| (instance.id.clone(), id.clone())).collect::<Vec<_>>()
    };
    instances.flat_map(of).collect()
}

/// Queue position of an execution in its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueuePosition {
    Next,
    Behind,
    /// The execution is no longer queued.
    Nowhere,
}

/// Returns the current queue position of an execution without changing state.
pub(super) fn queue_position(state: &State, instance: &str, id: &str, context: &RequestContext) -> QueuePosition {
    let instance = state.ready(instance, context.now).ok();
    instance.map_or(QueuePosition::Nowhere, |instance| place_in(instance, id, context))
}

/// Returns the queue position; the oldest executions come first.
fn place_in(instance: &Instance, id: &str, context: &RequestContext) -> QueuePosition {
    let Some(own) = instance.executions.get(id).filter(|own| own.ended(context).is_none() && own.begun.is_none()) else {
        return QueuePosition::Nowhere;
    };
    let open = instance.executions.iter().filter(|(_, one)| one.ended(context).is_none());
    let before = open.filter(|(other, one)| one.begun.is_some() || (one.asked, other.as_str()) < (own.asked, id));
    if before.count() < AT_ONCE { QueuePosition::Next } else { QueuePosition::Behind }
}

/// Begins an execution if it is next in the queue.
pub(super) fn try_begin(
    state: &mut State,
    instance: &str,
    id: &str,
    context: &RequestContext,
) -> Result<StartDecision, AwsError> {
    let numbers = state.numbers.clone();
    let instance = state.active(instance, context.now)?;
    match place_in(instance, id, context) {
        QueuePosition::Next => {}
        QueuePosition::Behind => return Ok(StartDecision::Later),
        QueuePosition::Nowhere => return Ok(StartDecision::Never),
    }
    let Some(own) = instance.executions.get_mut(id) else { return Ok(StartDecision::Never) };
    let Some(case) = instance.test_cases.get(&own.case) else { return Ok(StartDecision::Never) };
    own.begun = Some(context.now);
    let test = match read(&own.content) {
        Ok(test) => test,
        Err(problems) => {
            // The content was published under the rules of an earlier version.
            own.result = Some(Finished::without_a_call(context.now, &problems.join("; ")));
            return Ok(StartDecision::Never);
        }
    };
    let entry = case.entry_point();
    // A dialled number reaches the same flow as for a real caller.
    let is_it = |one: &&Number, to: &String| one.number == *to && one.is_claimed(context.now);
    let dialled = |to: &String| numbers.values().find(|one| is_it(one, to))?.flow.clone();
    let flow = entry.flow.or_else(|| dialled(entry.to.as_ref()?));
    let task = Task {
        test: Arc::new(test),
        begun: context.now,
        flow: flow.unwrap_or_default(),
        from: entry.from,
        to: entry.to.unwrap_or_else(|| "+18005550100".to_owned()),
        attributes: attributes(case.data()),
    };
    Ok(StartDecision::Now(task))
}

/// Stores the result of an execution.
pub(super) fn finish(
    state: &mut State,
    instance: &str,
    id: &str,
    task: &Task,
    result: Result<Outcome, AwsError>,
    context: &RequestContext,
) -> Result<(), AwsError> {
    let instance = state.active(instance, context.now)?;
    let Some(own) = instance.executions.get_mut(id) else { return Ok(()) };
    let at = |after: Duration| task.begun + context.scaled(after);
    own.result = Some(match result {
        Ok(Outcome { contact, verdict, observed }) => Finished {
            at: at(verdict.after).max(context.now),
            passed: verdict.passed,
            observed: observed
                .into_iter()
                .map(|one| Record { at: at(one.after), id: one.id, passed: one.passed, record: one.record })
                .collect(),
            completion: json!({"Type": verdict.kind, "Message": verdict.message, "FailureReasons": verdict.reasons}),
            contact: Some(contact),
        },
        Err(refusal) => Finished::without_a_call(at(SETUP_TIME), &refusal.message),
    });
    Ok(())
}
