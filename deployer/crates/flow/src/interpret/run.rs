//! Execution of a flow, action by action, until the call ends.

use std::sync::Arc;

use serde_json::{Value, json};

use super::log;
use super::rounds::{self, LoopDetector};
use crate::actions::{self, Effect, Run};
use crate::call::contact::{Contact, Scope};
use crate::call::engine::{Engine, Frame, MAX_OUTPUT_BYTES, SuspendedFrame};
use crate::call::outcome::{ActionOutcome, Control, HUNG_UP, Returned};
use crate::call::resources::LoadedFlow;
use crate::call::start::ActionStart;
use crate::call::transcript::{BranchTaken, TraceStep, Transcript};
use crate::flow_type::FlowType;
use crate::model::{Action, Condition};
use crate::rules::{Simulation, SimulationSupport};

/// Maximum depth of nested module calls (AWS administrator guide, flow modules).
const MAX_MODULE_DEPTH: usize = 5;
/// Maximum length of an identifier in bytes: 50 characters (AWS page on the Flow language).
const MAX_IDENTIFIER: usize = 200;
/// Maximum number of characters of a note.
const MAX_NOTE: usize = 1000;

impl Engine<'_> {
    /// Runs the call to its end.
    pub(super) async fn run(mut self) -> Transcript {
        let mut rounds = LoopDetector::default();
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
            if rounds.is_endless_wait(&self, action) {
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
            None => self.simulate(action).await,
        }
    }

    async fn simulate(&mut self, action: Action<'_>) -> ActionOutcome {
        let name = action.kind().unwrap_or_default();
        let Some(rules) = actions::get(name) else {
            let why = format!("not simulated: {name}; a test can give it under `results`");
            return ActionOutcome::error("NoMatchingError", why);
        };
        if rules.has(Effect::AsksOutside) {
            self.external_requests += 1;
        }
        match rules.run {
            Run::Now(run) => run(self, action),
            Run::Later(run) => run(self, action).await,
            Run::Nothing => not_performed(&rules.simulation),
        }
    }

    /// Returns the reason why an action does not work in the flow that calls the module containing it: a module accepts any
    /// action, and one that its caller does not support takes the error branch (administrator guide, flow modules).
    fn unsupported_in_caller(&self, action: Action<'_>) -> Option<String> {
        let outermost = &self.call_stack.first()?.frame.flow;
        if self.event.is_some() || outermost.flow_type != FlowType::ContactFlow {
            return None;
        }
        let rules = actions::get(action.kind()?)?;
        let anywhere = rules.flow_types.is_empty() || rules.is_terminal();
        let here = anywhere || rules.flow_types.contains(&outermost.flow_type);
        (!here).then(|| format!("{} does not work in the flow {}, which calls this module", rules.name, outermost.name))
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
                self.frame = Frame::new(flow);
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
        let outer = std::mem::replace(&mut self.frame, Frame::new(flow));
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
}

/// Returns the outcome of an action that depends on something missing.
fn not_performed(simulation: &Simulation) -> ActionOutcome {
    let why = simulation.description;
    let why = match simulation.support {
        SimulationSupport::NoEffect => return ActionOutcome::next(format!("Nothing to do in a simulated call: {why}")),
        SimulationSupport::NotInVoice => format!("not in a voice call: {why}"),
        _ => format!("not simulated: {why}; a test can give it under `results`"),
    };
    ActionOutcome::error("NoMatchingError", why)
}

/// Shortens a note: a value of 32 KB in each of a thousand notes would be too large.
fn shortened(note: &str) -> String {
    match note.char_indices().nth(MAX_NOTE) {
        Some((end, _)) => format!("{}…", note.get(..end).unwrap_or_default()),
        None => note.to_owned(),
    }
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
