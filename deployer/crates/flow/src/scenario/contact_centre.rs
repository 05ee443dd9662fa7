//! The instance that a call of a Rust test uses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::given;
use super::model::{AnswerKind, BotAnswer, FunctionAnswer, Functions, Given, GivenQueue, Hours, PercentSource};
use super::reader::Reader;
use super::tree::parse;
use crate::build::NewFlow;
use crate::interpret::{ActionResult, BotOutcome, BotTurn, BoxFuture, Intent, LambdaFailure, ThirdParty};
use crate::model::Flow;

/// A flow that a test can call: a [`Flow`], a flow built in Rust, a JSON value, or JSON text, such as that of `include_str!`.
pub trait AsFlow {
    /// Returns the flow.
    ///
    /// # Panics
    /// If a text or value is no flow.
    fn as_flow(&self) -> Flow;
}

impl AsFlow for Flow {
    fn as_flow(&self) -> Flow {
        self.clone()
    }
}

impl AsFlow for NewFlow {
    fn as_flow(&self) -> Flow {
        self.clone().into()
    }
}

impl AsFlow for Value {
    #[track_caller]
    fn as_flow(&self) -> Flow {
        Flow::from_value(self.clone()).unwrap_or_else(|error| panic!("the value is not a flow: {error}"))
    }
}

impl AsFlow for str {
    #[track_caller]
    fn as_flow(&self) -> Flow {
        Flow::parse(self).unwrap_or_else(|error| panic!("the text is not a flow: {error}"))
    }
}

impl<F: AsFlow + ?Sized> AsFlow for &F {
    #[track_caller]
    fn as_flow(&self) -> Flow {
        (**self).as_flow()
    }
}

type Handler = Arc<dyn Fn(&Value) -> Value + Send + Sync>;

/// An Amazon Connect instance of a test: what its functions return, its queues and hours, its other flows, time and chance.
///
/// What a flow asks for and the instance does not have fails the test.
#[derive(Clone, Default)]
pub struct TestInstance {
    pub(super) given: Given,
    pub(super) flows: BTreeMap<String, Arc<Flow>>,
    pub(super) handlers: Handlers,
}

/// Functions that run in the test, by their keys.
#[derive(Clone, Default)]
pub(super) struct Handlers(BTreeMap<String, Handler>);

impl Handlers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Functions for Handlers {
    fn invoke<'a>(&'a self, key: &'a str, event: &'a Value, _limit: Duration) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        let refused = || LambdaFailure::Refused(format!("the test gives no function {key}"));
        let answer = self.0.get(key).map(|handler| handler(event)).ok_or_else(refused);
        Box::pin(std::future::ready(answer))
    }
}

/// The response of a function: JSON, or a failure.
#[derive(Debug, Clone)]
pub struct FunctionStub(FunctionAnswer);

impl From<Value> for FunctionStub {
    fn from(value: Value) -> Self {
        Self(FunctionAnswer { kind: AnswerKind::Json(value), after: 0 })
    }
}

impl FunctionStub {
    /// The function does not respond within the time limit.
    #[must_use]
    pub fn times_out() -> Self {
        Self(FunctionAnswer { kind: AnswerKind::TimesOut, after: 0 })
    }

    /// The invocation is throttled.
    #[must_use]
    pub fn throttled() -> Self {
        Self(FunctionAnswer { kind: AnswerKind::Throttled, after: 0 })
    }

    /// The function fails with this type and message.
    #[must_use]
    pub fn fails(kind: &str, message: &str) -> Self {
        Self(FunctionAnswer { kind: AnswerKind::Fails(kind.to_owned(), message.to_owned()), after: 0 })
    }

    /// The response comes after this number of seconds.
    #[must_use]
    pub fn after_seconds(mut self, seconds: u64) -> Self {
        self.0.after = seconds;
        self
    }
}

/// What an instance has. Each name is the key of a symbolic reference (`convert` of `${functions.convert.arn}`), or the name or id at
/// the end of an ARN.
impl TestInstance {
    /// Creates an instance that has nothing, on Monday, 5 January 2026, at 10:00 UTC.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function that always returns this.
    #[must_use]
    pub fn function(self, name: &str, response: impl Into<FunctionStub>) -> Self {
        self.responses(name, [response.into()])
    }

    /// Adds a function with a response for each invocation; the last one is repeated.
    #[must_use]
    pub fn responses(mut self, name: &str, responses: impl IntoIterator<Item = impl Into<FunctionStub>>) -> Self {
        let answers = responses.into_iter().map(|response| response.into().0).collect();
        self.given.functions.insert(name.to_owned(), answers);
        self
    }

    /// Adds a function that runs in the test: it receives Connect's event and returns the response.
    #[must_use]
    pub fn handler(mut self, name: &str, handler: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        self.handlers.0.insert(name.to_owned(), Arc::new(handler));
        self
    }

    /// Adds hours of operation that are always open.
    #[must_use]
    pub fn open(mut self, hours: &str) -> Self {
        self.given.hours.insert(hours.to_owned(), Hours::Always(true));
        self
    }

    /// Adds hours of operation that are always closed.
    #[must_use]
    pub fn closed(mut self, hours: &str) -> Self {
        self.given.hours.insert(hours.to_owned(), Hours::Always(false));
        self
    }

    /// Adds a queue without agents.
    #[must_use]
    pub fn queue(self, name: &str) -> Self {
        self.queue_with(name, |_| {})
    }

    /// Adds a queue with other properties than those of an empty one without agents.
    #[must_use]
    pub fn queue_with(mut self, name: &str, change: impl FnOnce(&mut GivenQueue)) -> Self {
        let mut queue = GivenQueue { name: name.to_owned(), ..GivenQueue::default() };
        change(&mut queue);
        self.given.queues.insert(name.to_owned(), queue);
        self
    }

    /// Adds a queue from which this agent takes a call after this number of seconds.
    #[must_use]
    pub fn answered(self, queue: &str, agent: &str, seconds: u64) -> Self {
        self.queue_with(queue, |queue| {
            queue.agent = Some(agent.to_owned());
            queue.answered_after = Some(seconds);
        })
    }

    /// Adds another flow, or a module.
    #[must_use]
    #[track_caller]
    pub fn flow(mut self, name: &str, flow: impl AsFlow) -> Self {
        self.flows.insert(name.to_owned(), Arc::new(flow.as_flow()));
        self
    }

    /// Adds a bot that recognises these intents, one in each conversation; the last one is repeated.
    #[must_use]
    pub fn bot<'i>(mut self, name: &str, intents: impl IntoIterator<Item = &'i str>) -> Self {
        let talk = |intent: &str| {
            let intent = Intent { name: intent.to_owned(), ..Intent::default() };
            let end = BotOutcome::Intent(Box::new(intent));
            BotAnswer { keys: None, talk: BotTurn { says: Vec::new(), duration: Duration::ZERO, end } }
        };
        self.given.bots.insert(name.to_owned(), intents.into_iter().map(talk).collect());
        self
    }

    /// Says what comes of a call to this number; by default, somebody answers.
    #[must_use]
    pub fn number(mut self, number: &str, reaction: ThirdParty) -> Self {
        self.given.numbers.insert(number.to_owned(), reaction);
        self
    }

    /// Says what the conditions of an action compare, where that comes from outside of the call.
    #[must_use]
    pub fn result(mut self, action: &str, result: &str) -> Self {
        let result = ActionResult { value: Some(result.to_owned()), sets: Map::new() };
        self.given.results.entry(action.to_owned()).or_default().push(result);
        self
    }

    /// Makes an action fail with this error.
    #[must_use]
    pub fn fails(mut self, action: &str, error: &str) -> Self {
        self.given.fails.insert(action.to_owned(), error.to_owned());
        self
    }

    /// Sets the number that `DistributeByPercentage` draws, from 1 to 100.
    #[must_use]
    pub fn percent(mut self, percent: u8) -> Self {
        self.given.chance = PercentSource::Percent(percent);
        self
    }

    /// Sets the seed of the random numbers.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.given.chance = PercentSource::Seed(seed);
        self
    }

    /// Sets the time at which the call begins, such as `2026-01-05T10:00:00Z`.
    ///
    /// # Panics
    /// If the text is no time.
    #[must_use]
    #[track_caller]
    pub fn at(self, time: &str) -> Self {
        self.given(&format!("time: {time}"))
    }

    /// Adds what stands in this YAML, as under `given` in a test file: `hours: { office: { monday: 09:00-17:00 } }`.
    ///
    /// # Panics
    /// If there are mistakes in it.
    #[must_use]
    #[track_caller]
    pub fn given(mut self, yaml: &str) -> Self {
        let mut reader = Reader::default();
        match parse(yaml) {
            Ok(root) => given::read(&mut reader, &root, &mut self.given),
            Err(fault) => reader.faults.push(fault),
        }
        let faults: Vec<String> = reader.faults.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "the instance of the test cannot be read:\n{}", faults.join("\n"));
        self
    }
}
