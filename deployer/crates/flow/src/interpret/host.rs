//! Environment of a simulated call.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::bot::BotTurn;
use super::start::ActionStart;
use super::support::ActionResult;
use crate::flow_type::FlowType;
use crate::model::{Action, Flow};

/// A boxed future, which makes the traits here dyn-compatible.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A flow or module of the instance.
#[derive(Debug, Clone)]
pub struct LoadedFlow {
    /// ARN of the flow or module.
    pub arn: String,
    /// Name of the flow or module.
    pub name: String,
    /// Type of the flow.
    pub flow_type: FlowType,
    /// Content of the flow or module.
    pub flow: Arc<Flow>,
}

/// A queue of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// ARN of the queue.
    pub arn: String,
    /// Name of the queue.
    pub name: String,
    /// Number shown for outbound calls.
    pub outbound_caller_id: Option<String>,
    /// Whether the queue rejects further contacts.
    pub full: bool,
}

/// An agent who takes a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// ARN of the user.
    pub arn: String,
    /// Login name.
    pub user_name: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// An agent's answer to a queued contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAnswer {
    /// Time between the contact's arrival in the queue and the answer.
    pub after: Duration,
    /// Agent who takes the contact.
    pub agent: Agent,
    /// Duration of each hold that the agent puts the caller on afterwards.
    pub holds: Vec<Duration>,
}

/// The reaction of a number that a flow calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThirdParty {
    /// Somebody answers and talks to the caller.
    #[default]
    Answers,
    /// The number cannot be called.
    Fails,
    /// Nobody answers in time.
    DoesNotAnswer,
}

/// The reason why a function returned no response, after all retries.
///
/// Connect retries up to three times and within the time limit if a function is throttled, the service fails or the
/// invocation returns an error (AWS administrator guide, "AWS Lambda function"); a [`Host`] does the same and reports the
/// last failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LambdaFailure {
    /// The function did not respond within the time limit.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The invocation was throttled.
    #[error("throttled")]
    Throttled,
    /// The Lambda service failed.
    #[error("the service failed: {0}")]
    Service(String),
    /// The function returned an error.
    #[error("the function failed with {kind}: {message}")]
    Function {
        /// The `errorType`.
        kind: String,
        /// The `errorMessage`.
        message: String,
    },
    /// Connect may not invoke the function, or it does not exist.
    #[error("not invocable: {0}")]
    Refused(String),
    /// The response is not JSON.
    #[error("the answer is not JSON: {0}")]
    Unparsable(String),
}

impl LambdaFailure {
    /// Maximum number of retries by Connect.
    pub const RETRIES: usize = 3;

    /// Whether Connect retries after this failure.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Throttled | Self::Service(_) | Self::Function { .. })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::TimedOut(_) => "TimedOut",
            Self::Throttled => "Throttled",
            Self::Service(_) => "ServiceException",
            Self::Function { kind, .. } => kind,
            Self::Refused(_) => "AccessDenied",
            Self::Unparsable(_) => "UnparsableResponse",
        }
    }
}

/// The instance that a call is simulated on.
pub trait Host: Send + Sync {
    /// Returns the flow or flow module with this ARN or id; `None` if there is none.
    fn flow<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<LoadedFlow>>;

    /// Invokes a function with Connect's event and returns its response.
    ///
    /// `asynchronous` requests an asynchronous invocation; its response is ignored. See [`LambdaFailure`] for retries.
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: &'a Value,
        limit: Duration,
        asynchronous: bool,
    ) -> BoxFuture<'a, Result<Value, LambdaFailure>>;

    /// Returns whether these hours of operation, or those of the queue if none are given, are open now; `None` if there are
    /// no such hours.
    fn is_open<'a>(&'a self, hours: Option<&'a str>, queue: Option<&'a Queue>) -> BoxFuture<'a, Option<bool>>;

    /// Returns the queue with this ARN or id, or the queue of the agent with this ARN.
    fn queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>>;

    /// Returns the queue of an agent, by the agent's ARN or user name.
    fn agent_queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        self.queue(id)
    }

    /// Returns the name of the prompt with this ARN or id; `None` if there is none.
    fn prompt(&self, id: &str) -> Option<String>;

    /// Returns a random number from 1 to 100.
    fn percent(&self) -> u8;

    /// Returns the current time.
    fn now(&self) -> SystemTime;

    /// Returns a metric of a queue, or of an agent's own queue, by its name in `CheckMetricData`; ages in seconds. `None` if
    /// it is unknown.
    fn metric<'a>(&'a self, name: &'a str, queue: Option<&'a Queue>, agent: Option<&'a str>) -> BoxFuture<'a, Option<u64>>;

    /// Returns the agent who takes a contact from this queue, and when; `None` if nobody does.
    fn answer(&self, _queue: &Queue) -> Option<AgentAnswer> {
        None
    }

    /// Returns the reaction of this number to a call.
    fn third_party(&self, _number: &str) -> ThirdParty {
        ThirdParty::Answers
    }

    /// Returns the flow of this type that runs if a flow has not set one: the instance's default for queues, whispers and
    /// holds; `None` if the instance has none.
    fn default_flow(&self, flow_type: FlowType) -> BoxFuture<'_, Option<LoadedFlow>>;

    /// Whether a bot, by the ARN of its alias or its name in Lex V1, responds to the keys that the caller presses.
    fn uses_dtmf(&self, _bot: &str) -> bool {
        false
    }

    /// Returns the result of the caller's conversation with a bot, with the pressed keys if the bot responds to keys; `None`
    /// if no bot runs.
    fn converse<'a>(
        &'a self,
        _bot: &'a str,
        _attributes: &'a Map<String, Value>,
        _keys: Option<&'a str>,
    ) -> BoxFuture<'a, Option<BotTurn>> {
        Box::pin(std::future::ready(None))
    }

    /// Returns a fixed result that replaces the simulation of an action; `None` unless a test defines one.
    fn injected_result(&self, _flow: &LoadedFlow, _action: Action<'_>) -> Option<ActionResult> {
        None
    }

    /// Notifies the host that the caller waits for this time, for clocks that follow the call.
    fn time_passed(&self, _time: Duration) {}

    /// Notifies the host of every action before it runs; returns whether the call continues.
    fn before_action(&self, _begun: &ActionStart<'_>) -> bool {
        true
    }

    /// Returns the queue that receives a contact transferred to this one.
    fn transfer_queue(&self, queue: Queue) -> Queue {
        queue
    }

    /// Returns the error that an action ends with instead of being performed; `None` unless a test defines one.
    fn injected_error(&self, _flow: &LoadedFlow, _action: Action<'_>) -> Option<String> {
        None
    }
}

/// The reaction of a caller to a request for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Presses one of `0`-`9`, `*`, `#`.
    Press(char),
    /// Presses nothing until the timeout.
    Silence,
    /// Ends the call.
    HangUp,
}

/// The person on the line.
pub trait Caller: Send + Sync {
    /// Hears one sentence.
    fn hear(&mut self, sentence: &str);

    /// Waits up to this time for a key.
    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key>;

    /// Returns the caller's next key, if it is determined before the call; `None` for a person, and after the last key.
    fn next(&self) -> Option<Key> {
        None
    }

    /// Returns the number of remaining keys, if they are determined before the call; `None` for a person.
    fn remaining(&self) -> Option<usize> {
        None
    }
}

/// A caller who presses the keys of a script and then none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    keys: std::collections::VecDeque<Key>,
}

impl Script {
    /// Creates a caller with these keys.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Returns the keys that have not been requested yet.
    pub fn remaining_keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().copied()
    }

    /// Parses a script: `0`-`9`, `*` and `#` are keys, `,` is a timeout of one key, `!` hangs up, whitespace is ignored.
    ///
    /// # Errors
    /// The first character that is none of these.
    pub fn parse(text: &str) -> Result<Self, char> {
        let keys = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '0'..='9' | '*' | '#' => Ok(Key::Press(c)),
                ',' => Ok(Key::Silence),
                '!' => Ok(Key::HangUp),
                other => Err(other),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }
}

impl Caller for Script {
    fn hear(&mut self, _sentence: &str) {}

    fn key(&mut self, _limit: Duration) -> BoxFuture<'_, Key> {
        let key = self.keys.pop_front().unwrap_or(Key::Silence);
        Box::pin(std::future::ready(key))
    }

    fn next(&self) -> Option<Key> {
        self.keys.front().copied()
    }

    fn remaining(&self) -> Option<usize> {
        Some(self.keys.len())
    }
}
