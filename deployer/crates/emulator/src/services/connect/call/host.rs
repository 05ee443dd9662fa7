//! The instance as the flow interpreter's host.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use deployer_flow::interpret::{self, BoxFuture, LambdaFailure, LoadedFlow, Queue};
use deployer_flow::scenario::PercentSource;
use deployer_flow::{Flow as Document, FlowType};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::Observer;
use crate::error::AwsError;
use crate::kernel::host::Caller;
use crate::services::connect::host::Host;
use crate::services::connect::types::{Flow, Hours, Instance, Kind};
use crate::services::connect::{flow_reference, module_reference, number, resource, types};

/// Number of retries: Connect retries up to three times when a function is throttled or the service fails (administrator guide,
/// "Grant Amazon Connect access to your Lambda functions").
const RETRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// An instance as seen by one call.
pub(in super::super) struct CallHost {
    host: Arc<dyn Host>,
    id: String,
    arn: String,
    account: String,
    /// Current time of the call, if it does not follow the clock.
    virtual_time: Option<Mutex<OffsetDateTime>>,
    chance: Option<Mutex<PercentSource>>,
    observer: Option<Observer>,
}

/// Returns the flow as calls run it: published and not archived.
pub(in super::super) fn loaded(found: &Flow) -> Option<LoadedFlow> {
    let published = found.published.as_ref().filter(|_| found.state == "ACTIVE")?;
    let document = Document::parse(published.text()).ok()?;
    Some(LoadedFlow {
        arn: found.arn.clone(),
        name: found.name.clone(),
        flow_type: types::flow_type(&found.kind),
        flow: Arc::new(document),
    })
}

/// Returns the module as flows run it, in the requested version; an archived module does not run (unverified).
fn module(instance: &Instance, id: &str) -> Option<LoadedFlow> {
    let found = module_reference::find(instance, id).ok().filter(|found| found.module.active)?;
    let document = Document::parse(found.content.text()).ok()?;
    let (arn, name) = (found.module.arn.clone(), found.module.name.clone());
    Some(LoadedFlow { arn, name, flow_type: FlowType::Module, flow: Arc::new(document) })
}

impl CallHost {
    pub(in super::super) fn new(host: &Arc<dyn Host>, id: String, arn: String, account: String) -> Self {
        Self { host: Arc::clone(host), id, arn, account, virtual_time: None, chance: None, observer: None }
    }

    /// Returns the host for a call that `observer` follows.
    pub(super) fn observed_by(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Returns the host for a call that begins at this time, independent of the clock.
    pub(in super::super) fn starting(self, at: OffsetDateTime, chance: Option<PercentSource>) -> Self {
        Self { virtual_time: Some(Mutex::new(at)), chance: chance.map(Mutex::new), ..self }
    }

    /// Returns the current time of the call.
    fn moment(&self) -> OffsetDateTime {
        match &self.virtual_time {
            Some(moment) => *moment.lock().unwrap_or_else(PoisonError::into_inner),
            None => self.host.context().now,
        }
    }

    /// Returns the id of the hours of operation of a queue.
    pub(in super::super) fn hours_of(&self, queue: &str) -> Option<String> {
        let state = self.host.connect();
        let found = resource::find::<types::Queue>(state.instance(&self.id)?, queue).ok()?;
        Some(found.details.hours.clone())
    }

    /// Returns the queue with this ARN or id, or the queue of the agent with this ARN.
    pub(in super::super) fn queue_now(&self, id: &str) -> Option<Queue> {
        let state = self.host.connect();
        let standard = |instance: &Instance| {
            let found = resource::find::<types::Queue>(instance, id).ok()?;
            let shown = found.details.outbound.as_ref().and_then(|outbound| outbound.number.as_deref());
            let shown = shown.and_then(|number| number::of_instance(&state, instance, number).ok());
            let (arn, name) = (found.resource.arn.clone(), found.resource.name.clone());
            let outbound_caller_id = shown.map(|number| number.number.clone());
            Some(Queue { arn, name, outbound_caller_id, full: found.details.is_closed() })
        };
        let own = |instance: &Instance| {
            let (id, user) = resource::named(instance, Kind::User, id).ok()?;
            let (arn, name) = (format!("{}/queue/agent/{id}", instance.arn), user.name.clone());
            Some(Queue { arn, name, outbound_caller_id: None, full: false })
        };
        state.instance(&self.id).and_then(|instance| standard(instance).or_else(|| own(instance)))
    }

    /// Returns the id of the prompt with this ARN or id.
    pub(in super::super) fn prompt_id(&self, prompt: &str) -> Option<String> {
        let state = self.host.connect();
        let (id, _) = resource::named(state.instance(&self.id)?, Kind::Prompt, prompt).ok()?;
        Some(id.to_owned())
    }

    pub(in super::super) fn instance_arn(&self) -> &str {
        &self.arn
    }

    fn is_associated(&self, function: &str) -> bool {
        self.host.connect().instance(&self.id).is_some_and(|instance| instance.functions.contains(function))
    }

    async fn attempt(&self, function: &str, event: Bytes, limit: Duration) -> Result<Value, LambdaFailure> {
        let caller = Caller { principal: "connect.amazonaws.com", source_arn: &self.arn, source_account: &self.account };
        let outcome = self.host.invoke(function, event, limit, caller).await;
        let outcome = outcome.map_err(|refusal| failure(&refusal, limit))?;
        let answer: Result<Value, _> = serde_json::from_slice(&outcome.payload);
        if let Some(kind) = outcome.function_error {
            let error = answer.unwrap_or_default();
            let member = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
            let kind = member("errorType").unwrap_or(kind);
            return Err(LambdaFailure::Function { kind, message: member("errorMessage").unwrap_or_default() });
        }
        answer.map_err(|error| LambdaFailure::Unparsable(error.to_string()))
    }

    /// Invokes the function until it succeeds, fails in a way that a retry does not fix, or the time limit is reached.
    async fn invoke_with_retry(&self, function: &str, event: Bytes, limit: Duration) -> Result<Value, LambdaFailure> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        for retry in 0.. {
            let left = limit.saturating_sub(begun.elapsed());
            let answer = self.attempt(function, event.clone(), left).await;
            let again = matches!(answer, Err(LambdaFailure::Throttled | LambdaFailure::Service(_)));
            if !again || retry == RETRIES || begun.elapsed() + pause >= limit {
                return match answer {
                    Err(LambdaFailure::TimedOut(_)) => Err(LambdaFailure::TimedOut(limit)),
                    answer => answer,
                };
            }
            self.host.clock().sleep(pause).await;
            pause *= 2;
        }
        Err(LambdaFailure::TimedOut(limit))
    }
}

fn failure(refusal: &AwsError, limit: Duration) -> LambdaFailure {
    match (refusal.code, refusal.status) {
        ("CallerDeadlineExceeded", _) => LambdaFailure::TimedOut(limit),
        (_, 429) => LambdaFailure::Throttled,
        (code, 500..) => LambdaFailure::Service(format!("{code}: {}", refusal.message)),
        (code, _) => LambdaFailure::Refused(format!("{code}: {}", refusal.message)),
    }
}

impl interpret::Host for CallHost {
    fn flow<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<LoadedFlow>> {
        let state = self.host.connect();
        let instance = state.instance(&self.id);
        let found = instance.and_then(|instance| match flow_reference::find(instance, id) {
            Some(flow) => loaded(flow),
            None => module(instance, id),
        });
        Box::pin(std::future::ready(found))
    }

    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: &'a Value,
        limit: Duration,
        asynchronous: bool,
    ) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        Box::pin(async move {
            if !self.is_associated(function) {
                return Err(LambdaFailure::Refused(format!("{function} is not associated with the instance")));
            }
            let event = Bytes::from(event.to_string());
            if !asynchronous {
                return self.invoke_with_retry(function, event, limit).await;
            }
            let line = Self::new(&self.host, self.id.clone(), self.arn.clone(), self.account.clone());
            let function = function.to_owned();
            tokio::spawn(async move { line.invoke_with_retry(&function, event, limit).await });
            Ok(Value::Null)
        })
    }

    fn is_open<'a>(&'a self, hours: Option<&'a str>, queue: Option<&'a Queue>) -> BoxFuture<'a, Option<bool>> {
        let now = self.moment();
        let state = self.host.connect();
        let open = state.instance(&self.id).and_then(|instance| {
            let hours = match hours {
                Some(hours) => hours.to_owned(),
                None => resource::find::<types::Queue>(instance, &queue?.arn).ok()?.details.hours.clone(),
            };
            Some(resource::find::<Hours>(instance, &hours).ok()?.details.is_open(now))
        });
        Box::pin(std::future::ready(open))
    }

    fn queue<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Option<Queue>> {
        Box::pin(std::future::ready(self.queue_now(id)))
    }

    fn prompt(&self, id: &str) -> Option<String> {
        let state = self.host.connect();
        let (_, found) = resource::named(state.instance(&self.id)?, Kind::Prompt, id).ok()?;
        Some(found.name.clone())
    }

    /// Returns 0: there are no other callers, and no agent is logged in.
    fn metric<'a>(&'a self, _name: &'a str, queue: Option<&'a Queue>, agent: Option<&'a str>) -> BoxFuture<'a, Option<u64>> {
        Box::pin(std::future::ready((queue.is_some() || agent.is_some()).then_some(0)))
    }

    fn default_flow(&self, flow_type: FlowType) -> BoxFuture<'_, Option<LoadedFlow>> {
        let state = self.host.connect();
        let is_it = |flow: &&Flow| flow.default && types::flow_type(&flow.kind) == flow_type;
        let found = state.instance(&self.id).and_then(|instance| loaded(instance.flows.values().find(is_it)?));
        Box::pin(std::future::ready(found))
    }

    fn percent(&self) -> u8 {
        if let Some(chance) = &self.chance {
            return chance.lock().unwrap_or_else(PoisonError::into_inner).draw();
        }
        let drawn = uuid::Uuid::parse_str(&self.host.context().uuid()).map_or(0, |id| id.as_u128());
        u8::try_from(drawn % 100).map_or(100, |below| below + 1)
    }

    fn before_action(&self, begun: &interpret::ActionStart<'_>) -> bool {
        self.observer.as_ref().is_none_or(|observer| observer(begun))
    }

    fn now(&self) -> SystemTime {
        self.moment().into()
    }

    fn time_passed(&self, waited: Duration) {
        if let Some(moment) = &self.virtual_time {
            let mut moment = moment.lock().unwrap_or_else(PoisonError::into_inner);
            *moment = moment.saturating_add(waited.try_into().unwrap_or(time::Duration::MAX));
        }
    }
}
