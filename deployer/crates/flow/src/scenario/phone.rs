//! Calls as tests in Rust: a caller who phones a flow, and what is expected of the call.

use std::fmt::{self, Write};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::{Map, Value};

use super::contact_centre::{AsFlow, TestInstance};
use super::coverage::{Collector, Coverage};
use super::instance::{SimulatedInstance, means};
use super::model::Functions;
use crate::flow_type::FlowType;
use crate::interpret::{self, Call, Key, LoadedFlow, Script, Transcript};
use crate::model::Flow;
use crate::resource_kind::ResourceKind;

/// Name of the called flow in the record.
const CALLED: &str = "the called flow";

/// A caller, before the call.
#[derive(Clone)]
pub struct Caller {
    from: Option<String>,
    to: Option<String>,
    attributes: Map<String, Value>,
    instance: TestInstance,
}

impl Caller {
    /// Creates a caller with this number.
    #[must_use]
    pub fn from(number: &str) -> Self {
        Self { from: Some(number.to_owned()), to: None, attributes: Map::new(), instance: TestInstance::new() }
    }

    /// Creates a caller whose number is withheld.
    #[must_use]
    pub fn withheld() -> Self {
        Self { from: None, ..Self::from("") }
    }

    /// Sets the number that is dialled; by default +1 800 555 0100.
    #[must_use]
    pub fn dials(self, number: &str) -> Self {
        Self { to: Some(number.to_owned()), ..self }
    }

    /// Sets an attribute that the contact has from the beginning.
    #[must_use]
    pub fn with_attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// Says which instance is called.
    #[must_use]
    pub fn on(self, instance: &TestInstance) -> Self {
        Self { instance: instance.clone(), ..self }
    }

    /// Calls a flow. Until the caller presses keys or hangs up, nothing is pressed.
    ///
    /// # Panics
    /// If the flow asks for something that the instance does not have.
    #[track_caller]
    pub fn calls(self, flow: impl AsFlow) -> PhoneCall {
        let flow = Arc::new(flow.as_flow());
        let (live, whole) = (Record::default(), Record::default());
        let mut call = PhoneCall { caller: self, flow, keys: Vec::new(), live, whole, sentence: 0, from: 0 };
        call.run();
        call
    }
}

/// What happened in a call.
#[derive(Default)]
struct Record {
    transcript: Transcript,
    /// Functions and bots that were asked: kind, ARN or reference, parameters.
    asked: Vec<(ResourceKind, String, Value)>,
    /// What the flow asks for and the instance does not have, or cannot be used.
    missing: Vec<String>,
    /// Keys that were not pressed.
    left: usize,
}

/// A call. Its methods are what the caller does and what is expected; each returns the call, or panics with the record of it.
///
/// The call is simulated again after everything that the caller does, with all that was done before, so that an expectation is judged at
/// the place where it stands. [`hears`](Self::hears) looks at what is heard until the caller is asked for the next key; what is expected
/// of the call as a whole assumes that the caller does nothing more.
pub struct PhoneCall {
    caller: Caller,
    flow: Arc<Flow>,
    keys: Vec<Key>,
    /// The call until the caller is asked for a key after the last one.
    live: Record,
    /// The call to its end, in which the caller does nothing more.
    whole: Record,
    /// Sentence, and the place in it, from which the next one is expected.
    sentence: usize,
    from: usize,
}

/// Runs a future that waits for nothing outside of this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

impl PhoneCall {
    /// Simulates the call from its beginning.
    #[track_caller]
    fn run(&mut self) {
        self.whole = self.simulated(&[]);
        self.live = self.simulated(&[Key::HangUp]);
        self.has_all(&self.live);
        if self.live.left > 1 {
            self.fail("the call is over before the caller has pressed all keys");
        }
    }

    #[track_caller]
    fn has_all(&self, record: &Record) {
        if !record.missing.is_empty() {
            self.fail(&format!("the flow asks for what the instance of the test does not have: {}", record.missing.join(", ")));
        }
    }

    /// Simulates a call in which the caller reacts with these keys after all others.
    fn simulated(&self, last: &[Key]) -> Record {
        let instance = &self.caller.instance;
        let real: Option<&dyn Functions> = if instance.handlers.is_empty() { None } else { Some(&instance.handlers) };
        let stage = SimulatedInstance::new(&instance.given, &instance.flows, real).with_real_functions_by_default();
        let mut script = Script::new(self.keys.iter().chain(last).copied());
        let mut request =
            Call { from: self.caller.from.clone(), attributes: instance.given.attributes.clone(), ..Call::default() };
        request.attributes.extend(self.caller.attributes.clone());
        request.to = self.caller.to.clone().unwrap_or_else(|| instance.given.called.clone());
        let flow_type = self.flow.recorded_type().and_then(FlowType::from_name).unwrap_or(FlowType::ContactFlow);
        let loaded = LoadedFlow { arn: CALLED.to_owned(), name: CALLED.to_owned(), flow_type, flow: Arc::clone(&self.flow) };
        let transcript = block_on(interpret::call(&stage, &mut script, loaded, &request));
        let asked = stage.invocations().into_iter().map(|one| (one.kind, one.id, one.parameters)).collect();
        let missing = stage.missing().into_iter().chain(stage.unusable()).collect();
        Record { transcript, asked, missing, left: script.remaining_keys().count() }
    }

    /// The caller presses these keys: `0` to `9`, `*` and `#`; a comma waits for a timeout.
    ///
    /// # Panics
    /// If a key is none, or if the call is over before.
    #[track_caller]
    pub fn presses(self, keys: &str) -> Self {
        match Script::parse(keys) {
            Ok(script) => self.reacts(script.remaining_keys().collect()),
            Err(wrong) => panic!("`{wrong}` is not a key"),
        }
    }

    /// The caller presses nothing until a timeout.
    ///
    /// # Panics
    /// If the call is over before.
    #[track_caller]
    pub fn waits(self) -> Self {
        self.reacts(vec![Key::Silence])
    }

    /// The caller hangs up instead of pressing a key.
    ///
    /// # Panics
    /// If the call is over before.
    #[track_caller]
    pub fn hangs_up(self) -> Self {
        self.reacts(vec![Key::HangUp])
    }

    #[track_caller]
    fn reacts(mut self, keys: Vec<Key>) -> Self {
        let first = self.keys.len();
        self.keys.extend(keys);
        self.run();
        // What is heard from here on follows the key.
        if let Some((heard, _)) = self.live.transcript.keys.get(first) {
            (self.sentence, self.from) = (*heard, 0);
        }
        self
    }

    /// Returns the sentences from the current place to where the caller is asked for the next key, or to the end.
    fn window(&self) -> &[String] {
        self.live.transcript.heard.get(self.sentence..).unwrap_or_default()
    }

    /// The caller hears this, as a part of a sentence: after what was heard before, and before the next key is asked for.
    ///
    /// # Panics
    /// If it is not heard.
    #[track_caller]
    pub fn hears(mut self, part: &str) -> Self {
        let found = self.window().iter().enumerate().find_map(|(index, sentence)| {
            let start = if index == 0 { self.from } else { 0 };
            Some((index, start + sentence.get(start..)?.find(part)? + part.len()))
        });
        match found {
            Some((index, end)) => {
                self.sentence += index;
                self.from = end;
                self
            }
            None => self.fail(&format!("the caller does not hear \"{part}\" here\n{}", self.heard_instead())),
        }
    }

    /// The caller does not hear this in any sentence of the whole call.
    ///
    /// # Panics
    /// If it is heard.
    #[track_caller]
    pub fn does_not_hear(self, part: &str) -> Self {
        let found = self.whole.transcript.heard.iter().find(|sentence| sentence.contains(part)).cloned();
        self.expect(found.is_none(), || {
            format!("the caller hears \"{}\", in which \"{part}\" must not be", found.clone().unwrap_or_default())
        })
    }

    /// The agent hears this in a whisper, as a part of a sentence.
    ///
    /// # Panics
    /// If it is not heard.
    #[track_caller]
    pub fn agent_hears(self, part: &str) -> Self {
        let heard = self.whole.transcript.agent_heard.iter().any(|sentence| sentence.contains(part));
        let all = self.whole.transcript.agent_heard.join("\" \"");
        self.expect(heard, || format!("the agent does not hear \"{part}\", but \"{all}\""))
    }

    /// The outcome of the call is this, if the caller does nothing more: `disconnected`, `queued: NAME`, `answered: AGENT`,
    /// `transferred: NUMBER`, `caller hung up`, as in test files.
    ///
    /// # Panics
    /// If it is another.
    #[track_caller]
    pub fn ends(self, outcome: &str) -> Self {
        let found = self.whole.transcript.outcome.clone();
        self.expect(found == outcome, || format!("the outcome is \"{found}\", not \"{outcome}\""))
    }

    /// The flow disconnects the caller.
    ///
    /// # Panics
    /// If the call ends otherwise.
    #[track_caller]
    pub fn is_disconnected(self) -> Self {
        self.ends("disconnected")
    }

    /// The caller is in this queue at the end.
    ///
    /// # Panics
    /// If the call ends otherwise.
    #[track_caller]
    pub fn is_queued(self, queue: &str) -> Self {
        self.ends(&format!("queued: {queue}"))
    }

    /// This agent answers.
    ///
    /// # Panics
    /// If the call ends otherwise.
    #[track_caller]
    pub fn is_answered_by(self, agent: &str) -> Self {
        self.ends(&format!("answered: {agent}"))
    }

    /// These actions run in this order, by their identifiers; others may run between them.
    ///
    /// # Panics
    /// If they do not.
    #[track_caller]
    pub fn runs<'a>(self, actions: impl IntoIterator<Item = &'a str>) -> Self {
        let mut path = self.whole.transcript.path.iter();
        let missed = actions.into_iter().find(|wanted| !path.any(|step| step.id == **wanted));
        self.expect(missed.is_none(), || {
            format!("the action \"{}\" does not run, or not in this order", missed.unwrap_or_default())
        })
    }

    /// The contact has this attribute at the end.
    ///
    /// # Panics
    /// If it has not, or with another value.
    #[track_caller]
    pub fn has_attribute(self, name: &str, value: &str) -> Self {
        let found = self.whole.transcript.attributes.get(name).cloned();
        let shown = found.as_ref().map_or_else(|| "not there".to_owned(), Value::to_string);
        self.expect(found.is_some_and(|found| found == value), || format!("the attribute {name} is {shown}, not \"{value}\""))
    }

    /// The contact has no such attribute at the end.
    ///
    /// # Panics
    /// If it has.
    #[track_caller]
    pub fn has_no_attribute(self, name: &str) -> Self {
        let found = self.whole.transcript.attributes.get(name).cloned();
        self.expect(found.is_none(), || format!("the attribute {name} is there: {}", found.unwrap_or_default()))
    }

    /// This function is invoked this number of times, retries included.
    ///
    /// # Panics
    /// If it is invoked more or less often.
    #[track_caller]
    pub fn invokes(self, function: &str, times: usize) -> Self {
        let found = self.invocations(function).len();
        self.expect(found == times, || format!("the function {function} is invoked {found} times, not {times}"))
    }

    /// The last invocation of this function has this parameter.
    ///
    /// # Panics
    /// If it has not, or the function is not invoked.
    #[track_caller]
    pub fn sends(self, function: &str, parameter: &str, value: &str) -> Self {
        let found = self.invocations(function).last().and_then(|parameters| parameters.get(parameter)).cloned();
        let shown = found.as_ref().map_or_else(|| "not there".to_owned(), Value::to_string);
        let expected = found.is_some_and(|found| found == value);
        self.expect(expected, || format!("the parameter {parameter} of the function {function} is {shown}, not \"{value}\""))
    }

    fn invocations(&self, function: &str) -> Vec<&Value> {
        let own = |(kind, id, _): &&(ResourceKind, String, Value)| *kind == ResourceKind::Lambda && means(id, *kind, function);
        self.whole.asked.iter().filter(own).map(|(.., parameters)| parameters).collect()
    }

    /// Returns the record of the call to its end, in which the caller does nothing more.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.whole.transcript
    }

    /// Judges an expectation of the whole call.
    #[track_caller]
    fn expect(self, met: bool, message: impl FnOnce() -> String) -> Self {
        self.has_all(&self.whole);
        if !met {
            self.fail(&message());
        }
        self
    }

    fn heard_instead(&self) -> String {
        let mut text = String::new();
        for (index, sentence) in self.window().iter().enumerate() {
            let rest = if index == 0 { sentence.get(self.from..).unwrap_or_default() } else { sentence };
            if !rest.is_empty() {
                let _ = writeln!(text, "  instead: \"{rest}\"");
            }
        }
        let _ = match self.live.left == 0 {
            true => writeln!(text, "  then the caller is asked for a key"),
            false => writeln!(text, "  then the call is over: {}", self.live.transcript.outcome),
        };
        text
    }

    #[track_caller]
    fn fail(&self, message: &str) -> ! {
        panic!("{}\n{self:?}", message.trim_end());
    }
}

/// The record of a call, for people.
impl fmt::Debug for PhoneCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transcript = &self.whole.transcript;
        writeln!(out, "the call from {}:", transcript.from.as_deref().unwrap_or("a withheld number"))?;
        let mut keys = transcript.keys.iter().peekable();
        for (index, sentence) in transcript.heard.iter().enumerate() {
            while let Some((_, key)) = keys.next_if(|(before, _)| *before <= index) {
                writeln!(out, "  > {}", shown(*key))?;
            }
            writeln!(out, "  \"{sentence}\"")?;
        }
        for (_, key) in keys {
            writeln!(out, "  > {}", shown(*key))?;
        }
        let steps: Vec<&str> = transcript.path.iter().map(|step| step.id.as_str()).collect();
        writeln!(out, "  actions: {}", steps.join(" -> "))?;
        for step in &transcript.path {
            if let Some(note) = &step.note {
                writeln!(out, "  {}: {note}", step.id)?;
            }
        }
        write!(out, "  outcome: {}", transcript.outcome)
    }
}

fn shown(key: Key) -> String {
    match key {
        Key::Press(key) => format!("presses {key}"),
        Key::Silence => "presses nothing".to_owned(),
        Key::HangUp => "hangs up".to_owned(),
    }
}

/// Returns which branches of a flow these calls take.
///
/// # Panics
/// Panics at the caller's place, as an assertion of a test does, if a call is one of another flow.
#[track_caller]
pub fn coverage<'c>(flow: impl AsFlow, calls: impl IntoIterator<Item = &'c PhoneCall>) -> Coverage {
    let flow = flow.as_flow();
    let mut collector = Collector::default();
    for call in calls {
        assert!(*call.flow == flow, "a call is one of another flow");
        collector.add(&call.whole.transcript);
    }
    collector.of(CALLED, &flow)
}

/// Asserts that these calls take every branch of a flow.
///
/// # Panics
/// If they do not; the message lists the branches that no call takes.
#[track_caller]
pub fn assert_every_branch<'c>(flow: impl AsFlow, calls: impl IntoIterator<Item = &'c PhoneCall>) {
    let coverage = coverage(flow, calls);
    let mut left = Vec::new();
    for action in &coverage.actions {
        if action.runs == 0 {
            left.push(format!("  {}: never runs", action.id));
            continue;
        }
        let untaken = action.branches.iter().filter(|branch| !branch.taken);
        left.extend(untaken.map(|branch| {
            let target = branch.target.as_ref().map_or_else(String::new, |target| format!(" -> {target}"));
            format!("  {}: {}{target}", action.id, branch.label)
        }));
    }
    let (taken, all) = coverage.branches();
    assert!(left.is_empty(), "the calls take {taken} of {all} branches; these are left:\n{}", left.join("\n"));
}
