//! An instance made of plain values.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use deployer_flow::interpret::{BoxFuture, Call, Host, LambdaFailure, LoadedFlow, Queue, Script, Transcript, call};
use deployer_flow::{Flow, FlowType};
use futures::executor::block_on;
use serde_json::Value;

pub(crate) struct Instance {
    pub(crate) flows: HashMap<String, Value>,
    pub(crate) queues: HashMap<String, Queue>,
    pub(crate) open: Option<bool>,
    pub(crate) percent: u8,
    pub(crate) answer: Result<Value, LambdaFailure>,
    pub(crate) events: Mutex<Vec<(String, Value, Duration)>>,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            flows: HashMap::new(),
            queues: HashMap::new(),
            open: None,
            percent: 1,
            answer: Ok(serde_json::json!({})),
            events: Mutex::default(),
        }
    }
}

fn loaded(id: &str, content: &Value) -> Option<LoadedFlow> {
    let flow = Arc::new(Flow::from_value(content.clone()).ok()?);
    Some(LoadedFlow {
        arn: id.to_owned(),
        name: id.rsplit('/').next()?.to_owned(),
        flow_type: flow.recorded_type().and_then(FlowType::from_name).unwrap_or(FlowType::ContactFlow),
        flow,
    })
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Host for Instance {
    fn flow<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<LoadedFlow>> {
        ready(self.flows.get(id).and_then(|content| loaded(id, content)))
    }

    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: &'a Value,
        limit: Duration,
        _asynchronous: bool,
    ) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        let mut events = self.events.lock().unwrap();
        events.push((function.to_owned(), event.clone(), limit));
        ready(self.answer.clone())
    }

    fn is_open<'a>(&'a self, _hours: Option<&'a str>, _queue: Option<&'a Queue>) -> BoxFuture<'a, Option<bool>> {
        ready(self.open)
    }

    fn queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        ready(self.queues.get(id).cloned())
    }

    fn prompt(&self, id: &str) -> Option<String> {
        Some(id.to_owned())
    }

    fn metric<'a>(&'a self, _name: &'a str, _queue: Option<&'a Queue>, _agent: Option<&'a str>) -> BoxFuture<'a, Option<u64>> {
        ready(None)
    }

    fn default_flow(&self, _flow_type: FlowType) -> BoxFuture<'_, Option<LoadedFlow>> {
        ready(None)
    }

    fn percent(&self) -> u8 {
        self.percent
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_123)
    }
}

/// Calls a flow with a caller who presses these keys.
pub(crate) fn dial(instance: &Instance, content: &Value, from: Option<&str>, keys: &str) -> Transcript {
    let flow = loaded("arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/start", content);
    let mut caller = Script::parse(keys).unwrap();
    let request = Call { from: from.map(str::to_owned), ..Call::default() };
    block_on(call(instance, &mut caller, flow.unwrap(), &request))
}
