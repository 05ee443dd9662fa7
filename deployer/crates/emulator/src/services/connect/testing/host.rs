//! The host of a call that a test case observes, and the caller that the test case scripts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use deployer_flow::interpret::{ActionStart, BoxFuture, Caller, Host, Key, LambdaFailure, LoadedFlow, Queue};
use deployer_flow::{Action, FlowType};
use serde_json::Value;

use super::language::{Override, Target};
use super::watch::TestObserver;
use crate::services::connect::call::CallHost;

#[derive(Clone)]
pub(super) struct SharedObserver(Arc<Mutex<TestObserver>>);

impl SharedObserver {
    pub(super) fn new(watch: TestObserver) -> Self {
        Self(Arc::new(Mutex::new(watch)))
    }

    pub(super) fn watch(&self) -> MutexGuard<'_, TestObserver> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller for SharedObserver {
    fn hear(&mut self, sentence: &str) {
        self.watch().hear(sentence);
    }

    fn key(&mut self, _limit: Duration) -> BoxFuture<'_, Key> {
        let key = self.watch().key();
        Box::pin(std::future::ready(key))
    }
}

/// An instance with the overrides of a test.
pub(super) struct OverriddenHost<'a> {
    line: &'a CallHost,
    watched: SharedObserver,
    /// Error or queue that replaces the current transfer.
    transfer: Mutex<Option<Override>>,
}

impl<'a> OverriddenHost<'a> {
    pub(super) fn new(line: &'a CallHost, watched: SharedObserver) -> Self {
        Self { line, watched, transfer: Mutex::new(None) }
    }

    fn transfer(&self) -> MutexGuard<'_, Option<Override>> {
        self.transfer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the action as the Testing language names it, with the resource that it currently uses.
    fn target(&self, begun: &ActionStart<'_>) -> Option<Target> {
        let queue = || begun.parameter("QueueId").or_else(|| begun.parameter("AgentId")).or_else(|| begun.value("$.Queue.ARN"));
        Some(match begun.action.kind()? {
            "InvokeLambdaFunction" => Target::Function(begun.parameter("LambdaFunctionARN")?),
            "CheckHoursOfOperation" => {
                Target::Hours(begun.parameter("HoursOfOperationId").or_else(|| self.line.hours_of(&begun.value("$.Queue.ARN")?))?)
            }
            "TransferContactToQueue" => Target::Queue(queue()?),
            "DequeueContactAndTransferToQueue" => Target::OtherQueue(queue()?),
            _ => return None,
        })
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Host for OverriddenHost<'_> {
    fn before_action(&self, begun: &ActionStart<'_>) -> bool {
        let target = self.target(begun);
        let mut watch = self.watched.watch();
        watch.begin(begun, target.as_ref());
        if let Some(target @ (Target::Queue(_) | Target::OtherQueue(_))) = &target {
            *self.transfer() = watch.take(target);
        }
        !watch.is_over()
    }

    fn injected_error(&self, _flow: &LoadedFlow, action: Action<'_>) -> Option<String> {
        let transfers = ["TransferContactToQueue", "DequeueContactAndTransferToQueue"];
        let mut transfer = self.transfer();
        match transfer.take_if(|_| transfers.contains(&action.kind().unwrap_or_default())) {
            Some(Override::Error { name, .. }) => Some(name),
            other => {
                *transfer = other;
                None
            }
        }
    }

    fn transfer_queue(&self, queue: Queue) -> Queue {
        match self.transfer().take() {
            Some(Override::Substitute(arn)) => self.line.queue_now(&arn).unwrap_or(queue),
            _ => queue,
        }
    }

    fn flow<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<LoadedFlow>> {
        self.line.flow(id)
    }

    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: &'a Value,
        limit: Duration,
        asynchronous: bool,
    ) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        let taken = self.watched.watch().take(&Target::Function(function.to_owned()));
        let after = match &taken {
            Some(Override::Answer { after, .. } | Override::Error { after, .. }) => *after,
            _ => Duration::ZERO,
        };
        self.watched.watch().pass(after.min(limit));
        match taken {
            None => self.line.invoke(function, event, limit, asynchronous),
            Some(Override::Substitute(arn)) => Box::pin(async move { self.line.invoke(&arn, event, limit, asynchronous).await }),
            // An asynchronous invocation ignores the result.
            Some(_) if asynchronous => ready(Ok(Value::Null)),
            Some(Override::Answer { .. }) if after > limit => ready(Err(LambdaFailure::TimedOut(limit))),
            Some(Override::Answer { value, .. }) => ready(Ok(value)),
            Some(Override::Error { name, .. }) if name == "TimeLimitExceeded" => ready(Err(LambdaFailure::TimedOut(limit))),
            Some(_) => ready(Err(LambdaFailure::Service("the test case makes it fail".to_owned()))),
        }
    }

    fn is_open<'a>(&'a self, hours: Option<&'a str>, queue: Option<&'a Queue>) -> BoxFuture<'a, Option<bool>> {
        let id = hours.map(str::to_owned).or_else(|| self.line.hours_of(&queue?.arn));
        let taken = id.and_then(|id| self.watched.watch().take(&Target::Hours(id)));
        match taken {
            None => self.line.is_open(hours, queue),
            Some(Override::Open(open)) => ready(Some(open)),
            Some(Override::Substitute(arn)) => Box::pin(async move { self.line.is_open(Some(&arn), None).await }),
            Some(_) => ready(None),
        }
    }

    fn queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        self.line.queue(id)
    }

    /// Returns the prompt's id: a test matches a prompt by its id.
    fn prompt(&self, id: &str) -> Option<String> {
        self.line.prompt_id(id)
    }

    fn metric<'a>(&'a self, name: &'a str, queue: Option<&'a Queue>, agent: Option<&'a str>) -> BoxFuture<'a, Option<u64>> {
        self.line.metric(name, queue, agent)
    }

    fn default_flow(&self, flow_type: FlowType) -> BoxFuture<'_, Option<LoadedFlow>> {
        self.line.default_flow(flow_type)
    }

    fn percent(&self) -> u8 {
        self.line.percent()
    }

    fn now(&self) -> SystemTime {
        self.line.now()
    }

    fn time_passed(&self, time: Duration) {
        self.watched.watch().pass(time);
        self.line.time_passed(time);
    }
}
