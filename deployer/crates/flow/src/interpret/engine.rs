//! Execution of a flow, action by action, until the call ends.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::contact::{Contact, Scope};
use super::host::{Caller, Host, Key, LoadedFlow};
use super::queueing::{Event, Queued};
use super::rounds::{self, LoopDetector};
use super::start::ActionStart;
use super::{BranchTaken, Call, TraceStep, Transcript, actions, buffer, log};
use crate::action_types::Catalogue;
use crate::flow_type::FlowType;
use crate::model::{Action, Condition};

/// Maximum depth of nested module calls (AWS administrator guide, flow modules).
const MAX_MODULE_DEPTH: usize = 5;

/// Maximum length of an identifier in bytes: 50 characters (AWS page on the Flow language).
const MAX_IDENTIFIER: usize = 200;
/// Maximum number of characters of a note.
const MAX_NOTE: usize = 1000;
/// Maximum total size in bytes of what is said and logged in a call. Only a looping flow exceeds it, and a longer transcript
/// is of no use.
const MAX_OUTPUT_BYTES: usize = 4 * 1024 * 1024;

/// Outcome of a call that the caller has ended.
pub(super) const HUNG_UP: &str = "caller hung up";

/// The control flow after an action.
pub(super) enum Control {
    /// Continue without a value to branch on.
    Next,
    /// Branch on a value for the conditions.
    Result(Option<String>),
    /// Take the branch of this error type.
    Error(Cow<'static, str>),
    /// End the call.
    End(String),
    /// Continue in another flow.
    Transfer(LoadedFlow),
    /// Call a module.
    Enter(LoadedFlow),
    /// Leave the module with this result.
    Return(Returned),
}

/// Values that a module returns to its caller.
#[derive(Default)]
pub(super) struct Returned {
    /// Name of one of the module's own branches.
    pub(super) result: Option<String>,
    /// Data that the caller can read.
    pub(super) data: Option<Value>,
}

pub(super) struct ActionOutcome {
    pub(super) control: Control,
    pub(super) results: String,
    pub(super) note: Option<String>,
    pub(super) external: Option<Value>,
}

impl ActionOutcome {
    pub(super) fn new(go: Control, results: impl Into<String>) -> Self {
        Self { control: go, results: results.into(), note: None, external: None }
    }

    /// Returns an error outcome with the reason, for transcript and log.
    pub(super) fn error(kind: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { note: Some(why.clone()), ..Self::new(Control::Error(kind.into()), why) }
    }

    pub(super) fn next(results: impl Into<String>) -> Self {
        Self::new(Control::Next, results)
    }
}

/// A running flow or module.
pub(super) struct Frame {
    pub(super) flow: LoadedFlow,
    pub(super) loops: HashMap<String, u64>,
}

/// A frame that waits for a module to return.
pub(super) struct SuspendedFrame {
    pub(super) frame: Frame,
    scope: Scope,
    action: String,
    /// Index of its step in the transcript.
    step: usize,
}

pub(super) struct Engine<'a> {
    pub(super) host: &'a dyn Host,
    pub(super) caller: &'a mut dyn Caller,
    pub(super) contact: Contact,
    pub(super) frame: Frame,
    pub(super) call_stack: Vec<SuspendedFrame>,
    pub(super) transcript: Transcript,
    pub(super) logging: bool,
    pub(super) queued: Option<Queued>,
    /// Event that the current flow handles, if any.
    pub(super) event: Option<Event>,
    /// Time that the caller has spent waiting.
    pub(super) elapsed: Duration,
    /// Keys pressed in advance, while touchtone buffering is on.
    pub(super) buffer: Option<VecDeque<char>>,
    /// Looped prompts that continue while they are interrupted: flow and action.
    pub(super) playing: Option<(String, String)>,
    pub(super) rounds: LoopDetector,
    /// Number of actions that have depended on something outside of the call.
    pub(super) external_requests: usize,
    /// Number of bytes that have been said, returned and logged.
    output_bytes: usize,
    step_limit: usize,
}

impl<'a> Engine<'a> {
    pub(super) fn new(host: &'a dyn Host, caller: &'a mut dyn Caller, flow: LoadedFlow, call: &Call) -> Self {
        Self {
            host,
            caller,
            contact: Contact::new(call),
            frame: frame(flow),
            call_stack: Vec::new(),
            transcript: Transcript { from: call.from.clone(), ..Transcript::default() },
            logging: false,
            queued: None,
            event: None,
            elapsed: Duration::ZERO,
            buffer: None,
            playing: None,
            rounds: LoopDetector::default(),
            external_requests: 0,
            output_bytes: 0,
            step_limit: call.step_limit,
        }
    }

    pub(super) async fn run(mut self) -> Transcript {
        let mut current = self.start();
        while let Some(identifier) = current {
            if let Some(why) = self.limit_exceeded(&identifier) {
                self.transcript.outcome = why;
                break;
            }
            let flow = Arc::clone(&self.frame.flow.flow);
            let Some(action) = flow.action(&identifier) else {
                let name = &self.frame.flow.name;
                self.transcript.outcome = format!("flow {name} has no action \"{identifier}\"");
                break;
            };
            if !self.begins(action) {
                HUNG_UP.clone_into(&mut self.transcript.outcome);
                break;
            }
            if rounds::is_endless_wait(&mut self, action) {
                self.append_note("nobody answers, and the caller does nothing more: the contact stays in its queue");
                break;
            }
            let was_logging = self.logging;
            let done = self.perform(action).await;
            if self.logging || was_logging {
                let entry = log::entry(&self, action, &done.results, done.external.as_ref());
                self.reserve_output(entry.to_string().len());
                self.transcript.log.push(entry);
            }
            current = self.advance(action, done);
        }
        self.transcript.attributes = self.contact.attributes;
        if let Some(queued) = self.queued {
            let outcome = std::mem::take(&mut self.transcript.outcome);
            self.transcript.outcome = queued.outcome(outcome);
        }
        self.transcript
    }

    fn begins(&self, action: Action<'_>) -> bool {
        let heard = self.transcript.heard.len();
        self.host.before_action(&ActionStart { flow: &self.frame.flow, action, heard, contact: &self.contact })
    }

    /// Performs an action. A result given by a test takes precedence over the simulation.
    async fn perform(&mut self, action: Action<'_>) -> ActionOutcome {
        if let Some(error) = self.host.injected_error(&self.frame.flow, action) {
            return ActionOutcome::error(error, "the call is to take this error branch");
        }
        if let Some(result) = self.host.injected_result(&self.frame.flow, action) {
            self.external_requests += 1;
            self.contact.set_external_values(result.sets.clone());
            return result.done();
        }
        match self.unsupported_in_caller(action) {
            Some(why) => ActionOutcome::error("NoMatchingError", why),
            None => actions::perform(self, action).await,
        }
    }

    /// Returns the reason why an action does not work in the flow that calls the module containing it: a module accepts any
    /// action, and one that its caller does not support takes the error branch (administrator guide, flow modules).
    fn unsupported_in_caller(&self, action: Action<'_>) -> Option<String> {
        let outermost = &self.call_stack.first()?.frame.flow;
        if self.event.is_some() || outermost.flow_type != FlowType::ContactFlow {
            return None;
        }
        let kind = action.kind()?;
        let rules = Catalogue::builtin().get(kind)?;
        let types = rules.flow_types.as_ref().filter(|_| !rules.terminal)?;
        let here = types.iter().any(|name| name == outermost.flow_type.as_str());
        (!here).then(|| format!("{kind} does not work in the flow {}, which calls this module", outermost.name))
    }

    fn limit_exceeded(&mut self, identifier: &str) -> Option<String> {
        let steps = self.transcript.path.len();
        if identifier.len() > MAX_IDENTIFIER {
            return Some(format!("flow {} has an identifier of more than 50 characters", self.frame.flow.name));
        }
        if self.output_bytes > MAX_OUTPUT_BYTES {
            return Some(format!(
                "stopped after {steps} actions: more than {MAX_OUTPUT_BYTES} bytes have been said, answered or logged"
            ));
        }
        if steps < self.step_limit {
            return None;
        }
        if rounds::waits(self) {
            let steps = self.step_limit;
            self.append_note(&format!("after {steps} actions the contact still waits in its queue"));
            return Some(String::new());
        }
        Some(format!("stopped after {} actions: the flow seems to go round for ever", self.step_limit))
    }

    /// Adds a note to the last step, unless it has one.
    fn append_note(&mut self, note: &str) {
        if let Some(step) = self.transcript.path.last_mut() {
            step.note.get_or_insert_with(|| note.to_owned());
        }
    }

    /// Reserves this many bytes in the transcript and returns whether they fit; a call without space ends before its next
    /// action.
    pub(super) fn reserve_output(&mut self, bytes: usize) -> bool {
        self.output_bytes += bytes;
        self.output_bytes <= MAX_OUTPUT_BYTES
    }

    /// Returns the first action of the current flow; without one the call ends.
    fn start(&mut self) -> Option<String> {
        let start = self.frame.flow.flow.start_action().map(str::to_owned);
        if start.is_none() {
            self.transcript.outcome = format!("flow {} has no StartAction", self.frame.flow.name);
        }
        start
    }

    fn advance(&mut self, action: Action<'_>, done: ActionOutcome) -> Option<String> {
        let step = TraceStep {
            id: action.identifier().unwrap_or_default().to_owned(),
            kind: action.kind().unwrap_or_default().chars().take(MAX_IDENTIFIER).collect(),
            next: None,
            note: done.note.map(|note| shortened(&note)),
            flow: self.frame.flow.name.clone(),
            taken: BranchTaken::Left,
        };
        let at = self.transcript.path.len();
        self.transcript.path.push(step);
        let (taken, next) = match done.control {
            Control::Next => (BranchTaken::Next, self.or_end(action.next())),
            Control::Result(value) => self.branch(action, value.as_deref()),
            Control::Error(kind) => self.fail(action, &kind),
            Control::End(outcome) => {
                self.transcript.outcome = outcome;
                (BranchTaken::Left, None)
            }
            Control::Transfer(flow) => {
                self.call_stack.clear();
                self.contact.scope = Scope::default();
                self.frame = frame(flow);
                (BranchTaken::Left, self.start())
            }
            Control::Enter(flow) => self.enter(action, flow),
            Control::Return(returned) => (BranchTaken::Left, self.return_from_module(returned)),
        };
        if let Some(step) = self.transcript.path.get_mut(at) {
            step.next.clone_from(&next);
            step.taken = taken;
        }
        next
    }

    fn or_end(&mut self, target: Option<&str>) -> Option<String> {
        if target.is_none() {
            "ended".clone_into(&mut self.transcript.outcome);
        }
        target.map(str::to_owned)
    }

    /// Selects the branch: conditions from top to bottom, then `NoMatchingCondition`, then `NextAction` (AWS page on the Flow
    /// language, "Transitions").
    fn branch(&mut self, action: Action<'_>, value: Option<&str>) -> (BranchTaken, Option<String>) {
        let found = action.branches().find(|branch| {
            let holds = |condition| holds(&self.contact, &condition, value);
            branch.condition().is_some_and(holds)
        });
        match found.and_then(|branch| Some((branch.index, branch.target()?))) {
            Some((index, target)) => (BranchTaken::Condition(index), Some(target.to_owned())),
            None => self.error_or_next(action, &["NoMatchingCondition"]),
        }
    }

    fn fail(&mut self, action: Action<'_>, kind: &str) -> (BranchTaken, Option<String>) {
        self.error_or_next(action, &[kind, "NoMatchingError"])
    }

    fn error_or_next(&mut self, action: Action<'_>, kinds: &[&str]) -> (BranchTaken, Option<String>) {
        let branch = |kind: &&str| action.errors().find(|branch| branch.error_type() == Some(kind));
        let found = kinds.iter().find_map(branch).and_then(|branch| Some((branch.index, branch.target()?)));
        match found {
            Some((index, target)) => (BranchTaken::Error(index), Some(target.to_owned())),
            None => (BranchTaken::Next, self.or_end(action.next())),
        }
    }

    fn enter(&mut self, action: Action<'_>, flow: LoadedFlow) -> (BranchTaken, Option<String>) {
        if self.call_stack.len() >= MAX_MODULE_DEPTH {
            if let Some(step) = self.transcript.path.last_mut() {
                step.note = Some(format!("modules are nested at most {MAX_MODULE_DEPTH} deep"));
            }
            return self.fail(action, "NoMatchingError");
        }
        let outer = std::mem::replace(&mut self.frame, frame(flow));
        self.call_stack.push(SuspendedFrame {
            frame: outer,
            scope: std::mem::take(&mut self.contact.scope),
            action: action.identifier().unwrap_or_default().to_owned(),
            step: self.transcript.path.len().saturating_sub(1),
        });
        (BranchTaken::Next, self.start())
    }

    /// Returns from a module to its caller, which continues with the condition that matches the result if the module has
    /// custom branches (AWS administrator guide, flow modules). The module's data can be read as `$.Modules.ResultData`
    /// (unverified).
    fn return_from_module(&mut self, returned: Returned) -> Option<String> {
        let Some(waiting) = self.call_stack.pop() else {
            return self.or_end(None);
        };
        self.frame = waiting.frame;
        self.contact.scope = waiting.scope;
        let found = json!({"Result": returned.result, "ResultData": returned.data});
        self.contact.scope.external_values.insert("Modules".to_owned(), found);
        let flow = Arc::clone(&self.frame.flow.flow);
        let action = flow.action(&waiting.action)?;
        if returned.result.is_none() && action.branches().next().is_none() {
            return self.or_end(action.next());
        }
        let (taken, next) = self.branch(action, returned.result.as_deref());
        if let Some(step) = self.transcript.path.get_mut(waiting.step) {
            step.taken = taken;
        }
        next
    }

    /// Waits up to this time for the caller's next input.
    pub(super) async fn key(&mut self, limit: Duration) -> Key {
        let key = match buffer::first(&mut self.buffer) {
            Some(key) => key,
            None => self.caller.key(limit).await,
        };
        self.transcript.keys.push((self.transcript.heard.len(), key));
        key
    }

    /// Returns the caller's next key, if it is known in advance.
    pub(super) fn peek_key(&self) -> Option<Key> {
        let ahead = self.buffer.as_ref().and_then(|buffer| buffer.front());
        ahead.map(|key| Key::Press(*key)).or_else(|| self.caller.next())
    }

    /// Lets time pass without any input.
    pub(super) fn advance_time(&mut self, time: Duration) {
        self.elapsed = self.elapsed.saturating_add(time);
        self.host.time_passed(time);
    }

    /// Plays these sentences to the caller, or to the agent in an agent whisper.
    pub(super) fn play(&mut self, sentences: Vec<String>) {
        for sentence in sentences {
            if !self.reserve_output(sentence.len()) {
                return;
            }
            if self.event.is_some_and(Event::is_heard_by_agent) {
                self.transcript.agent_heard.push(sentence);
                continue;
            }
            self.playing = None;
            self.caller.hear(&sentence);
            self.transcript.heard.push(sentence);
        }
    }
}

/// Shortens a note: a value of 32 KB in each of a thousand notes would be too large.
fn shortened(note: &str) -> String {
    match note.char_indices().nth(MAX_NOTE) {
        Some((end, _)) => format!("{}…", note.get(..end).unwrap_or_default()),
        None => note.to_owned(),
    }
}

fn frame(flow: LoadedFlow) -> Frame {
    Frame { flow, loops: HashMap::new() }
}

/// Whether a value satisfies a condition; `Number…` is false if either side is not a number, and every condition is false for
/// an absent value.
fn holds(contact: &Contact, condition: &Condition<'_>, value: Option<&str>) -> bool {
    let Some((value, operand)) = value.zip(condition.operands.first()) else {
        return false;
    };
    let operand = match operand {
        Value::String(text) => contact.fill(text),
        other => other.to_string(),
    };
    let numbers = || {
        let left = value.trim().parse::<f64>().ok()?;
        Some((left, operand.trim().parse::<f64>().ok()?))
    };
    let compare = |test: fn(f64, f64) -> bool| numbers().is_some_and(|(a, b)| test(a, b));
    match condition.operator {
        "Equals" => value == operand,
        "TextStartsWith" => value.starts_with(&operand),
        "TextEndsWith" => value.ends_with(&operand),
        "TextContains" => value.contains(&operand),
        "NumberGreaterThan" => compare(|a, b| a > b),
        "NumberGreaterOrEqualTo" => compare(|a, b| a >= b),
        "NumberLessThan" => compare(|a, b| a < b),
        "NumberLessOrEqualTo" => compare(|a, b| a <= b),
        _ => false,
    }
}
