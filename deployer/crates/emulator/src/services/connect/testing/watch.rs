//! State of a test case during its call: expected events, observed events, and executed actions.
//!
//! Administrator guide, "Observe block": observations that no other leads to are active from the beginning; when the event of
//! one occurs, it is no longer active, its checks and actions run, and if they succeed, its successors become active.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use deployer_flow::interpret::{ActionStart, Key};
use serde_json::{Value, json};

use super::language::{ActionKind, Event, Override, Target, Test};
use super::read::starts;

/// Maximum duration of a simulation (administrator guide, "Execute test cases").
pub(super) const MAX_DURATION: Duration = Duration::from_secs(5 * 60);
/// Time from the start of the execution to the start of the call (unverified; four steps took 26 s in a record of a real one).
pub(super) const SETUP_TIME: Duration = Duration::from_secs(3);
/// Approximate number of characters spoken per second (unverified).
const SPOKEN_A_SECOND: f64 = 15.0;

/// Outcome of an execution.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) passed: bool,
    /// Duration of the execution.
    pub(super) after: Duration,
    /// Type as in the last record: `SUCCESS`, `FAILURE` or `TIMEOUT`.
    pub(super) kind: &'static str,
    pub(super) message: String,
    /// Failure reasons: records of real calls have `OBSERVE_EVENT`; the others are unverified.
    pub(super) reasons: Vec<&'static str>,
}

/// Outcome of one observation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observed {
    pub(super) after: Duration,
    pub(super) id: String,
    pub(super) passed: bool,
    pub(super) record: Value,
}

/// A call event that a test can observe.
enum CallEvent<'a> {
    Initiated,
    Completed,
    Heard(&'a [String]),
    Started(&'a Target),
}

/// Reason for the end of a test.
enum EndReason {
    Asked,
    Failed(String, &'static str),
}

pub(super) struct TestObserver {
    test: Arc<Test>,
    active: BTreeSet<usize>,
    /// Number of occurrences of each observation's event.
    event_counts: BTreeMap<usize, u64>,
    pub(super) observed: Vec<Observed>,
    /// Time since the start of the execution.
    at: Duration,
    /// Sentences of the current message, until another event occurs.
    saying: Vec<String>,
    keys: VecDeque<Key>,
    overrides: VecDeque<(Target, Override)>,
    /// Contact values that the test refers to.
    values: BTreeMap<String, Option<String>>,
    over: Option<EndReason>,
}

impl TestObserver {
    /// Creates the state of a test whose call has not begun yet.
    pub(super) fn new(test: Arc<Test>, values: BTreeMap<String, Option<String>>) -> Self {
        let active = starts(&test.observations).into_iter().collect();
        let mut watch = Self {
            test,
            active,
            event_counts: BTreeMap::new(),
            observed: Vec::new(),
            at: SETUP_TIME,
            saying: Vec::new(),
            keys: VecDeque::new(),
            overrides: VecDeque::new(),
            values,
            over: None,
        };
        watch.happen(&CallEvent::Initiated);
        watch
    }

    /// Returns the references in assertions and logs.
    pub(super) fn referenced_values(test: &Test) -> BTreeSet<String> {
        let does = test.observations.iter().flat_map(|one| &one.actions).map(|action| &action.kind);
        does.flat_map(|does| match does {
            ActionKind::Assert(assertion) => vec![assertion.namespace.clone()],
            ActionKind::Log(expressions) => expressions.iter().map(|(_, path)| path.clone()).collect(),
            _ => Vec::new(),
        })
        .collect()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_some() || self.at >= MAX_DURATION
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.at = self.at.saturating_add(time);
    }

    pub(super) fn hear(&mut self, sentence: &str) {
        let seconds = sentence.chars().count() as f64 / SPOKEN_A_SECOND;
        self.pass(Duration::from_secs_f64(seconds));
        self.saying.push(sentence.to_owned());
    }

    /// Completes the current message. Messages that follow each other directly form one, by a record of a real call; an action
    /// that says nothing, or waiting for keys, ends it.
    pub(super) fn said(&mut self) {
        let said = std::mem::take(&mut self.saying);
        if !said.is_empty() {
            self.happen(&CallEvent::Heard(&said));
        }
    }

    /// Records the start of an action of the flow.
    pub(super) fn begin(&mut self, begun: &ActionStart<'_>, target: Option<&Target>) {
        let speaks =
            ["MessageParticipant", "MessageParticipantIteratively", "GetParticipantInput", "ConnectParticipantWithLexBot"];
        if !speaks.contains(&begun.action.kind().unwrap_or_default()) {
            self.said();
        }
        for (reference, value) in &mut self.values {
            *value = begun.value(reference);
        }
        if let Some(target) = target {
            self.happen(&CallEvent::Started(target));
        }
    }

    /// Returns the next key that the caller presses: silence if the test has sent none, a hang-up if the test is over.
    pub(super) fn key(&mut self) -> Key {
        self.said();
        if self.is_over() {
            return Key::HangUp;
        }
        self.keys.pop_front().unwrap_or(Key::Silence)
    }

    /// Takes the oldest override of this action on this resource: each is used once (administrator guide, "Override system
    /// behavior actions").
    pub(super) fn take(&mut self, target: &Target) -> Option<Override> {
        let index = self.overrides.iter().position(|(of, _)| of.is(target))?;
        self.overrides.remove(index).map(|(_, strategy)| strategy)
    }

    fn happen(&mut self, what: &CallEvent<'_>) {
        if self.is_over() && !matches!(what, CallEvent::Completed) {
            return;
        }
        let test = Arc::clone(&self.test);
        let comes = |index: &&usize| match (&test.observations[**index].event, what) {
            (Event::Initiated, CallEvent::Initiated) | (Event::Completed, CallEvent::Completed) => true,
            (event, CallEvent::Heard(sentences)) => event.is_heard_in(sentences),
            (Event::Started(wanted), CallEvent::Started(target)) => wanted.is(target),
            _ => false,
        };
        for index in self.active.iter().filter(comes).copied().collect::<Vec<_>>() {
            self.match_one(&test, index);
        }
    }

    fn match_one(&mut self, test: &Test, index: usize) {
        let one = &test.observations[index];
        let come = self.event_counts.entry(index).or_default();
        *come += 1;
        if *come < one.times {
            return;
        }
        self.active.remove(&index);
        let mut actions = Vec::new();
        let mut passed = true;
        for action in &one.actions {
            let done = self.act(&action.kind);
            passed = done.is_ok();
            let status = if passed { "PASSED" } else { "FAILED" };
            let mut record = json!({"Identifier": action.id, "Status": status});
            match done {
                Ok(Value::Null) => {}
                Ok(data) => record["Data"] = data,
                Err(why) => record["Message"] = why.into(),
            }
            actions.push(record);
            if !passed {
                break;
            }
        }
        if !passed && !matches!(self.over, Some(EndReason::Failed(..))) {
            let why = actions.last().and_then(|last| last["Message"].as_str()).unwrap_or_default();
            self.over = Some(EndReason::Failed(format!("{}: {why}", one.id), "ASSERTION"));
        }
        self.record(test, index, passed, actions);
        if passed {
            self.active.extend(&one.next);
        }
    }

    fn record(&mut self, test: &Test, index: usize, passed: bool, actions: Vec<Value>) {
        let one = &test.observations[index];
        let status = if passed { "PASSED" } else { "FAILED" };
        let record = json!({
            "Type": "OBSERVATION", "Identifier": one.id, "Status": status, "Event": one.written, "Actions": actions
        });
        self.observed.push(Observed { after: self.at, id: one.id.clone(), passed, record });
    }

    /// Runs an action and returns the data to record, or the reason of its failure.
    fn act(&mut self, does: &ActionKind) -> Result<Value, String> {
        match does {
            ActionKind::Press(keys) => self.keys.extend(keys),
            ActionKind::HangUp => self.keys.push_back(Key::HangUp),
            ActionKind::Utter => return Err("not simulated: the embedded AWS has no bot that hears what is said".to_owned()),
            ActionKind::Override(Target::Bot(_), _) => {
                return Err("not simulated: the embedded AWS has no bots whose behavior could be overridden".to_owned());
            }
            ActionKind::Override(target, strategy) => self.overrides.push_back((target.clone(), strategy.clone())),
            ActionKind::EndTest => self.over = self.over.take().or(Some(EndReason::Asked)),
            ActionKind::Log(expressions) => {
                let value = |path: &String| self.values.get(path).cloned().flatten();
                return Ok(expressions.iter().map(|(label, path)| (label.clone(), json!(value(path)))).collect());
            }
            ActionKind::Assert(assertion) => {
                let value = self.values.get(&assertion.namespace).and_then(Option::as_deref);
                if !assertion.holds(value) {
                    let found = value.map_or_else(|| "not there".to_owned(), |value| format!("\"{value}\""));
                    let (namespace, operator, operand) = (&assertion.namespace, &assertion.operator, &assertion.operand);
                    return Err(format!("{namespace} is {found}; expected: {operator} \"{operand}\""));
                }
            }
        }
        Ok(Value::Null)
    }

    /// Ends the test when the call is over or nothing more can happen; `gone` is whether the contact has ended.
    pub(super) fn finish(&mut self, gone: bool) -> Verdict {
        self.said();
        let ends = self.over.is_some() || gone && self.waits_for_the_end_only();
        if ends {
            self.happen(&CallEvent::Completed);
        }
        let verdict = |passed, after, kind, message: &str, reasons: &[&'static str]| Verdict {
            passed,
            after,
            kind,
            message: message.to_owned(),
            reasons: reasons.to_vec(),
        };
        if let Some(EndReason::Failed(why, reason)) = &self.over {
            return verdict(false, self.at, "FAILURE", why, &[*reason]);
        }
        let never = self.not_come();
        if ends && never.is_empty() {
            return verdict(true, self.at, "SUCCESS", "Test completed", &[]);
        }
        // "An observation will continue watching until the test times out" (administrator guide, "Observe block"). That a test
        // which ends before all its events have been observed fails is unverified.
        let (after, kind) = if ends { (self.at, "FAILURE") } else { (MAX_DURATION, "TIMEOUT") };
        self.at = after;
        let test = Arc::clone(&self.test);
        for index in std::mem::take(&mut self.active) {
            self.record(&test, index, false, Vec::new());
        }
        match never.is_empty() {
            true => verdict(false, after, kind, "Nothing ended the test: it has no EndTest", &["END_TEST"]),
            false => verdict(false, after, kind, &format!("Not observed: {}", never.join(", ")), &["OBSERVE_EVENT"]),
        }
    }

    fn waits_for_the_end_only(&self) -> bool {
        let at_end = |index: &usize| self.test.observations[*index].event == Event::Completed;
        self.active.iter().all(at_end)
    }

    /// Returns the observations whose events were not observed.
    fn not_come(&self) -> Vec<String> {
        let passed = |id: &str| self.observed.iter().any(|one| one.id == id && one.passed);
        self.test.observations.iter().map(|one| one.id.clone()).filter(|id| !passed(id)).collect()
    }
}
