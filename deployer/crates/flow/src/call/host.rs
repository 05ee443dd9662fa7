//! Environment of a simulated call.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::bot::BotTurn;
use super::caller::BoxFuture;
use super::outcome::ActionResult;
use super::resources::{AgentAnswer, LoadedFlow, Queue, ThirdParty};
use super::start::ActionStart;
use crate::flow_type::FlowType;
use crate::model::Action;

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

    pub(crate) fn name(&self) -> &str {
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
