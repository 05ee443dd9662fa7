//! What a simulated call needs from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::start::ActionStart;
use super::bot::BotTurn;
use super::support::ActionResult;
use crate::check::FlowType;
use crate::model::{Action, Flow};

/// A boxed future, so that the traits here can be used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A flow or module as the instance holds it.
#[derive(Debug, Clone)]
pub struct LoadedFlow {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub flow_type: FlowType,
    /// Its content.
    pub flow: Arc<Flow>,
}

/// A queue as the instance holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The number shown for calls going out from it.
    pub outbound_caller_id: Option<String>,
    /// Whether it takes no more contacts.
    pub full: bool,
}

/// An agent who takes a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// The user's ARN.
    pub arn: String,
    /// The name the agent logs in with.
    pub user_name: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
}

/// When an agent takes a contact from a queue, and who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How long after the contact has come to the queue.
    pub after: Duration,
    /// Who.
    pub agent: Agent,
    /// How often and how long the agent puts the caller on hold afterwards.
    pub holds: Vec<Duration>,
}

/// What a number does that a flow calls.
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

/// Why a function gave no answer, after all retries.
///
/// Connect tries again, up to three times and within the time limit, when a
/// function is throttled, the service fails or the invocation returns an error
/// (AWS administrator guide, "AWS Lambda function"); a [`Host`] does the same
/// and reports the last failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LambdaFailure {
    /// It did not answer within the time limit.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// It was throttled.
    #[error("throttled")]
    Throttled,
    /// The Lambda service failed.
    #[error("the service failed: {0}")]
    Service(String),
    /// The function failed: type and message of its error.
    #[error("the function failed with {kind}: {message}")]
    Function {
        /// The `errorType`.
        kind: String,
        /// The `errorMessage`.
        message: String,
    },
    /// Connect may not invoke it, or it does not exist.
    #[error("not invocable: {0}")]
    Refused(String),
    /// Its answer is not JSON.
    #[error("the answer is not JSON: {0}")]
    Unparsable(String),
}

impl LambdaFailure {
    /// How often Connect tries again at most.
    pub const RETRIES: usize = 3;

    /// Whether Connect tries again after such a failure.
    #[must_use]
    pub fn is_tried_again(&self) -> bool {
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

/// The instance a call is simulated on.
pub trait Host: Send + Sync {
    /// The flow or flow module with this ARN or id; `None` if there is none.
    fn flow<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<LoadedFlow>>;

    /// Invokes a function with Connect's event and gives its answer.
    ///
    /// `asynchronous` asks for an invocation nobody waits for; the answer is
    /// then not looked at. See [`LambdaFailure`] for retries.
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: &'a Value,
        limit: Duration,
        asynchronous: bool,
    ) -> BoxFuture<'a, Result<Value, LambdaFailure>>;

    /// Whether these hours of operation, or without them those of the queue,
    /// are open now; `None` if there are no such hours.
    fn is_open<'a>(&'a self, hours: Option<&'a str>, queue: Option<&'a Queue>) -> BoxFuture<'a, Option<bool>>;

    /// The queue with this ARN or id, or the queue of the agent with this ARN.
    fn queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>>;

    /// The queue of an agent, by the agent's ARN or user name.
    fn agent_queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        self.queue(id)
    }

    /// What the prompt with this ARN or id is called; `None` if there is none.
    fn prompt(&self, id: &str) -> Option<String>;

    /// A random number from 1 to 100.
    fn percent(&self) -> u8;

    /// The time of day.
    fn now(&self) -> SystemTime;

    /// A metric of a queue, or of an agent's own queue, by its name in `CheckMetricData`; ages in seconds. `None` if it is not
    /// known.
    fn metric<'a>(&'a self, name: &'a str, queue: Option<&'a Queue>, agent: Option<&'a str>) -> BoxFuture<'a, Option<u64>>;

    /// When an agent takes a contact from this queue; `None` if nobody does.
    fn answer(&self, _queue: &Queue) -> Option<Answer> {
        None
    }

    /// What happens when this number is called.
    fn third_party(&self, _number: &str) -> ThirdParty {
        ThirdParty::Answers
    }

    /// The flow of this type that runs where a flow has set none: the instance's own for queues, whispers and holds; `None` if
    /// the instance keeps none.
    fn default_flow(&self, flow_type: FlowType) -> BoxFuture<'_, Option<LoadedFlow>>;

    /// Whether a bot, by the ARN of its alias, or its name in Lex V1, goes by the keys that the caller presses.
    fn goes_by_keys(&self, _bot: &str) -> bool {
        false
    }

    /// What comes of the caller's talk with a bot, who has pressed these keys if the bot goes by keys; `None` where no bot runs.
    fn converse<'a>(
        &'a self,
        _bot: &'a str,
        _attributes: &'a Map<String, Value>,
        _keys: Option<&'a str>,
    ) -> BoxFuture<'a, Option<BotTurn>> {
        Box::pin(std::future::ready(None))
    }

    /// The result an action is to have without doing anything; none unless a test gives it.
    fn result(&self, _flow: &LoadedFlow, _action: Action<'_>) -> Option<ActionResult> {
        None
    }

    /// Is told of time in which the caller only waits, for clocks that go by the call.
    fn pass(&self, _time: Duration) {}

    /// Is told of every action before it runs, and says whether the call goes on.
    fn begins(&self, _begun: &ActionStart<'_>) -> bool {
        true
    }

    /// The queue that a contact comes to when it is transferred to this one.
    fn destination(&self, queue: Queue) -> Queue {
        queue
    }

    /// The error an action is to end with instead of doing anything; none unless a test asks for it.
    fn fault(&self, _flow: &LoadedFlow, _action: Action<'_>) -> Option<String> {
        None
    }
}

/// What a caller does when keys are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Presses one of `0`-`9`, `*`, `#`.
    Press(char),
    /// Presses nothing until the time is up.
    Silence,
    /// Ends the call.
    HangUp,
}

/// The person on the line.
pub trait Caller: Send + Sync {
    /// Hears one sentence.
    fn hear(&mut self, sentence: &str);

    /// Is given this long to press a key.
    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key>;

    /// What the caller does next, where that is settled before the call; `None` for a person, and after the last key.
    fn next(&self) -> Option<Key> {
        None
    }

    /// How many things the caller still does, where that is settled before the call; `None` for a person.
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
    /// The keys in their order.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// The keys that were not asked for yet.
    pub fn left(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().copied()
    }

    /// Reads a script: `0`-`9`, `*` and `#` are keys, `,` lets the time for one
    /// key pass, `!` hangs up, blanks mean nothing.
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
