//! The simulated instance for a test's call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::model::{AnswerKind, BotAnswer, Functions, Given, GivenQueue, PercentSource};
use super::stubs::{self, DONE};
use crate::actions::{self, Effect};
use crate::call::values::is_resource_reference;
use crate::flow_type::FlowType;
use crate::interpret::{
    ActionResult, ActionStart, Agent, AgentAnswer, BotTurn, BoxFuture, Host, LambdaFailure, LoadedFlow, Queue, ThirdParty,
};
use crate::model::{Action, Flow};
use crate::named::{SymbolicName, key_of};
use crate::references::{Segment, segments};
use crate::resource_kind::ResourceKind;

/// An invocation of a function, or a conversation with a bot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Invocation {
    pub(super) kind: ResourceKind,
    /// ARN or reference that was used.
    pub(super) id: String,
    /// Parameters, or session attributes, that were sent.
    pub(super) parameters: Value,
}

/// State that changes during a call.
#[derive(Debug)]
struct CallState {
    elapsed: Duration,
    percent_source: PercentSource,
    invocations: Vec<Invocation>,
    counts: BTreeMap<(StubKind, String), usize>,
    missing: Vec<String>,
    unusable: Vec<String>,
    timeline: Timeline,
}

/// Kind of stub with a list of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StubKind {
    Function,
    Bot,
    Action,
}

/// History of a contact during a call, for checks of an earlier time.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    /// Attributes, each version with the number of sentences that had been heard when it was first seen.
    attributes: Vec<(usize, Map<String, Value>)>,
    /// Number of sentences that had been heard when the contact was first transferred to a queue.
    pub(super) transfer: Option<usize>,
    /// Hours that the flow queried, by their keys, and whether they were open; `None` for those of a queue.
    pub(super) hours: Vec<(Option<String>, bool)>,
}

impl Timeline {
    /// Returns an attribute at the time of a sentence, by the sentence's number from 0.
    pub(super) fn attribute(&self, name: &str, sentence: usize) -> Option<&Value> {
        let then = self.attributes.iter().rev().find(|(heard, _)| *heard <= sentence);
        then.and_then(|(_, attributes)| attributes.get(name))
    }
}

/// The simulated instance of a test.
pub(super) struct SimulatedInstance<'a> {
    given: &'a Given,
    flows: &'a BTreeMap<String, Arc<Flow>>,
    real: Option<&'a dyn Functions>,
    /// Whether a function without a defined response is the real one.
    real_by_default: bool,
    running: Mutex<CallState>,
}

/// Whether a text in a flow refers to the resource with this key in a form that Connect accepts: by reference, by an ARN that
/// ends with it, or by an id equal to the key. A bare name is not accepted there.
fn names(text: &str, kind: ResourceKind, key: &str) -> bool {
    is_resource_reference(text) && means(text, kind, key)
}

/// Whether a text refers to the resource with this key: by the key or name itself, by reference, or by an ARN that ends with
/// it.
pub(super) fn means(text: &str, kind: ResourceKind, key: &str) -> bool {
    if text == key {
        return true;
    }
    let by_reference = match segments(text).first() {
        Some(Segment::Symbol(symbol)) => SymbolicName::parse(symbol).is_some_and(|named| named.kind == kind && named.key == key),
        _ => false,
    };
    let own = text.rsplit_once(":function:").map_or_else(|| text.rsplit('/').next(), |(_, name)| name.split(':').next());
    let by_arn = text.starts_with("arn:") && own.is_some_and(|own| own == key || key_of(kind, own) == key);
    by_reference || by_arn
}

/// Whether an ARN of an alias refers to the bot with this id, which precedes the id of the alias.
pub(super) fn is_bot(arn: &str, id: &str) -> bool {
    arn.starts_with("arn:") && arn.split('/').nth(1) == Some(id)
}

fn as_queue((key, queue): (&String, &GivenQueue)) -> Queue {
    Queue { arn: key.clone(), name: queue.name.clone(), outbound_caller_id: None, full: queue.full }
}

/// Returns the key of a function by its reference or ARN.
fn own_key(function: &str) -> String {
    let named = match segments(function).first() {
        Some(Segment::Symbol(symbol)) => SymbolicName::parse(symbol).map(|named| named.key),
        _ => None,
    };
    let by_arn = || function.rsplit_once(":function:").map(|(_, name)| name.split(':').next().unwrap_or(name).to_owned());
    named.or_else(by_arn).unwrap_or_else(|| function.to_owned())
}

impl<'a> SimulatedInstance<'a> {
    pub(super) fn new(given: &'a Given, flows: &'a BTreeMap<String, Arc<Flow>>, real: Option<&'a dyn Functions>) -> Self {
        let running = CallState {
            elapsed: Duration::ZERO,
            percent_source: given.chance,
            invocations: Vec::new(),
            counts: BTreeMap::new(),
            missing: Vec::new(),
            unusable: Vec::new(),
            timeline: Timeline::default(),
        };
        Self { given, flows, real, real_by_default: false, running: Mutex::new(running) }
    }

    pub(super) fn with_real_functions_by_default(mut self) -> Self {
        self.real_by_default = self.real.is_some();
        self
    }

    fn running(&self) -> MutexGuard<'_, CallState> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self, kind: ResourceKind, id: &str, parameters: Value) {
        self.running().invocations.push(Invocation { kind, id: id.to_owned(), parameters });
    }

    pub(super) fn invocations(&self) -> Vec<Invocation> {
        self.running().invocations.clone()
    }

    pub(super) fn timeline(&self) -> Timeline {
        self.running().timeline.clone()
    }

    /// Returns the resources that the flow requested and the test does not define.
    pub(super) fn missing(&self) -> Vec<String> {
        self.running().missing.clone()
    }

    /// Returns the preconditions of the test that the flow cannot use.
    pub(super) fn unusable(&self) -> Vec<String> {
        self.running().unusable.clone()
    }

    fn does_not_fit(&self, what: String) {
        let unfit = &mut self.running().unusable;
        if !unfit.contains(&what) {
            unfit.push(what);
        }
    }

    /// Returns the next response of a list; the last one is repeated.
    fn next_stub<'l, T>(&self, what: StubKind, key: &str, answers: &'l [T]) -> Option<&'l T> {
        let mut running = self.running();
        let count = running.counts.entry((what, key.to_owned())).or_default();
        let answer = answers.get((*count).min(answers.len().saturating_sub(1)));
        *count += 1;
        answer
    }

    fn lacks(&self, what: String) {
        let missing = &mut self.running().missing;
        if !missing.contains(&what) {
            missing.push(what);
        }
    }

    fn find<'m, T>(&self, all: &'m BTreeMap<String, T>, kind: ResourceKind, id: &str) -> Option<(&'m String, &'m T)> {
        let found = all.iter().find(|(key, _)| means(id, kind, key));
        if found.is_none() && !id.is_empty() {
            self.lacks(format!("the {} {id}", kind.as_str()));
        }
        found
    }

    fn bot(&self, id: &str) -> Option<(&'a String, &'a Vec<BotAnswer>)> {
        let found = self.given.bots.iter().find(|(key, _)| is_bot(id, key));
        found.or_else(|| self.find(&self.given.bots, ResourceKind::Bot, id))
    }

    fn given_queue(&self, queue: &Queue) -> Option<&'a GivenQueue> {
        self.given.queues.get(&queue.arn)
    }

    fn is_open_by(&self, key: &str) -> Option<bool> {
        let waited = self.running().elapsed;
        let (_, hours) = self.find(&self.given.hours, ResourceKind::Hours, key)?;
        Some(hours.are_open(self.at(waited)))
    }

    /// Returns the time after this much waiting.
    fn at(&self, waited: Duration) -> OffsetDateTime {
        self.given.time.saturating_add(waited.try_into().unwrap_or(time::Duration::MAX))
    }

    /// Performs one invocation and returns how long it took: the defined time, or for a real function the elapsed time.
    async fn try_once(&self, function: &str, event: &Value, limit: Duration) -> (Result<Value, LambdaFailure>, Duration) {
        let begun = Instant::now();
        let given = self.given.functions.keys().any(|key| means(function, ResourceKind::Lambda, key));
        if let Some(real) = self.real.filter(|_| self.real_by_default && !given) {
            let answer = real.invoke(&own_key(function), event, limit).await;
            return (answer, begun.elapsed());
        }
        let (answer, took) = self.answer_of(function, limit);
        let answer = match answer {
            Some(AnswerKind::Json(value)) => Ok(value),
            Some(AnswerKind::Text(text)) => {
                serde_json::from_str(&text).map_err(|error| LambdaFailure::Unparsable(error.to_string()))
            }
            Some(AnswerKind::TimesOut) => Err(LambdaFailure::TimedOut(limit)),
            Some(AnswerKind::Throttled) => Err(LambdaFailure::Throttled),
            Some(AnswerKind::Fails(kind, message)) => Err(LambdaFailure::Function { kind, message }),
            Some(AnswerKind::Real) => {
                return match (self.real, self.find(&self.given.functions, ResourceKind::Lambda, function)) {
                    (Some(real), Some((key, _))) => (real.invoke(key, event, limit).await, begun.elapsed()),
                    _ => {
                        self.lacks(format!("the real function {function}: name an environment with --env"));
                        (Err(LambdaFailure::Refused("no real functions here".to_owned())), Duration::ZERO)
                    }
                };
            }
            None => Err(LambdaFailure::Refused("no answer is given for it".to_owned())),
        };
        (answer, took)
    }

    fn answer_of(&self, function: &str, limit: Duration) -> (Option<AnswerKind>, Duration) {
        let Some((key, answers)) = self.find(&self.given.functions, ResourceKind::Lambda, function) else {
            return (None, Duration::ZERO);
        };
        let answer = self.next_stub(StubKind::Function, key, answers);
        let after = Duration::from_secs(answer.map_or(0, |answer| answer.after));
        let kind = answer.map(|answer| if after > limit { AnswerKind::TimesOut } else { answer.kind.clone() });
        let took = if matches!(kind, Some(AnswerKind::TimesOut)) { limit } else { after };
        self.time_passed(took);
        (kind, took)
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Host for SimulatedInstance<'_> {
    fn before_action(&self, begun: &ActionStart<'_>) -> bool {
        let moments = &mut self.running().timeline;
        if moments.attributes.last().is_none_or(|(_, before)| before != begun.attributes()) {
            moments.attributes.push((begun.heard, begun.attributes().clone()));
        }
        if actions::has(begun.action, Effect::NeedsQueue) {
            moments.transfer.get_or_insert(begun.heard);
        }
        true
    }

    fn flow<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<LoadedFlow>> {
        let kinds = [ResourceKind::Flow, ResourceKind::Module];
        let found = self.flows.iter().find(|(key, _)| kinds.iter().any(|kind| names(id, *kind, key)));
        if found.is_none() && is_resource_reference(id) {
            self.lacks(format!("the flow {id}"));
        }
        let loaded = found.map(|(key, flow)| LoadedFlow {
            arn: id.to_owned(),
            name: key.clone(),
            flow_type: flow.recorded_type().and_then(FlowType::from_name).unwrap_or(FlowType::ContactFlow),
            flow: Arc::clone(flow),
        });
        ready(loaded)
    }

    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: &'a Value,
        limit: Duration,
        asynchronous: bool,
    ) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        Box::pin(async move {
            let (mut left, mut retries) = (limit, 0);
            loop {
                self.asked(ResourceKind::Lambda, function, event["Details"]["Parameters"].clone());
                let (answer, took) = self.try_once(function, event, left).await;
                left = left.saturating_sub(took);
                let failure = match answer {
                    _ if asynchronous => return Ok(Value::Null),
                    Ok(value) => return Ok(value),
                    Err(LambdaFailure::TimedOut(_)) => return Err(LambdaFailure::TimedOut(limit)),
                    Err(failure) => failure,
                };
                if retries == LambdaFailure::RETRIES || left.is_zero() || !failure.is_retryable() {
                    return Err(failure);
                }
                retries += 1;
            }
        })
    }

    fn is_open<'a>(&'a self, hours: Option<&'a str>, queue: Option<&'a Queue>) -> BoxFuture<'a, Option<bool>> {
        let of_queue = || self.given_queue(queue?)?.hours.clone();
        if hours.is_some_and(|id| !is_resource_reference(id)) {
            return ready(None);
        }
        let id = hours.map(str::to_owned).or_else(of_queue);
        let open = id.and_then(|id| self.is_open_by(&id));
        if let Some(open) = open {
            let named = hours.and_then(|id| self.find(&self.given.hours, ResourceKind::Hours, id)).map(|(key, _)| key.clone());
            self.running().timeline.hours.push((named, open));
        }
        ready(open)
    }

    fn queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        ready(self.find(&self.given.queues, ResourceKind::Queue, id).filter(|_| is_resource_reference(id)).map(as_queue))
    }

    /// Returns an agent's own queue, which is identified by the agent.
    fn agent_queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        ready(self.find(&self.given.queues, ResourceKind::Agent, id).map(as_queue))
    }

    /// Returns the name of a prompt. A test's instance has every prompt; one referred to by reference has its key as name.
    fn prompt(&self, id: &str) -> Option<String> {
        is_resource_reference(id).then(|| match segments(id).first() {
            Some(Segment::Symbol(symbol)) => SymbolicName::parse(symbol).map_or_else(|| id.to_owned(), |named| named.key),
            _ => id.to_owned(),
        })
    }

    fn percent(&self) -> u8 {
        self.running().percent_source.draw()
    }

    fn now(&self) -> SystemTime {
        self.at(self.running().elapsed).into()
    }

    fn metric<'a>(&'a self, name: &'a str, queue: Option<&'a Queue>, _agent: Option<&'a str>) -> BoxFuture<'a, Option<u64>> {
        ready(queue.and_then(|queue| self.given_queue(queue)?.metrics.get(name).copied()))
    }

    fn default_flow(&self, _flow_type: FlowType) -> BoxFuture<'_, Option<LoadedFlow>> {
        ready(None)
    }

    fn answer(&self, queue: &Queue) -> Option<AgentAnswer> {
        let given = self.given_queue(queue)?;
        let after = Duration::from_secs(given.answered_after?);
        let user_name = given.agent.clone().unwrap_or_else(|| "agent".to_owned());
        let holds = given.holds.iter().map(|seconds| Duration::from_secs(*seconds)).collect();
        Some(AgentAnswer { after, agent: Agent { user_name, ..Agent::default() }, holds })
    }

    fn uses_dtmf(&self, bot: &str) -> bool {
        self.bot(bot).is_some_and(|(_, answers)| answers.iter().any(|answer| answer.keys.is_some()))
    }

    fn converse<'a>(
        &'a self,
        bot: &'a str,
        attributes: &'a Map<String, Value>,
        keys: Option<&'a str>,
    ) -> BoxFuture<'a, Option<BotTurn>> {
        self.asked(ResourceKind::Bot, bot, attributes.clone().into());
        ready(self.bot(bot).and_then(|(key, answers)| match keys {
            Some(keys) => Some(stubs::to_keys(answers, keys)),
            None => self.next_stub(StubKind::Bot, key, answers).map(|answer| answer.talk.clone()),
        }))
    }

    fn injected_result(&self, _flow: &LoadedFlow, action: Action<'_>) -> Option<ActionResult> {
        let id = action.identifier()?;
        let result = self.next_stub(StubKind::Action, id, self.given.results.get(id)?)?.clone();
        if let Some(why) = actions::stub_refusal_reason(action.kind().unwrap_or_default()) {
            self.does_not_fit(format!("the result of \"{id}\" cannot be given: {why}"));
            return None;
        }
        let compared = action.branches().next().is_some();
        if let Some(value) = result.value.as_ref().filter(|value| !compared && *value != DONE) {
            self.does_not_fit(format!("the action \"{id}\" has no conditions that \"{value}\" could meet; write `{DONE}`"));
        }
        Some(result)
    }

    fn third_party(&self, number: &str) -> ThirdParty {
        self.given.numbers.get(number).copied().unwrap_or_default()
    }

    fn time_passed(&self, time: Duration) {
        let mut running = self.running();
        running.elapsed = running.elapsed.saturating_add(time);
    }

    fn injected_error(&self, _flow: &LoadedFlow, action: Action<'_>) -> Option<String> {
        self.given.fails.get(action.identifier()?).cloned()
    }
}
