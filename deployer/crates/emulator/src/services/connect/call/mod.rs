//! Phone calls to an instance, which run the published flow and its functions.

mod host;

use std::sync::Arc;

use deployer_flow::interpret::{self, Caller, Transcript};
use deployer_flow::scenario::PercentSource;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

pub(super) use self::host::{CallHost, loaded};
use super::host::Host;
use super::types::Instance;
use crate::Failure;
use crate::error::AwsError;

/// Maximum number of actions per call, after which the flow is considered an endless loop.
pub(super) const STEP_LIMIT: usize = 1000;

/// The caller, the dialled number and the flow of a call.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// Id or ARN of the instance.
    pub instance_id: String,
    /// Id or ARN of the flow of the dialled number.
    pub contact_flow_id: String,
    /// The caller's number in E.164 form; `None` if it is withheld.
    pub from: Option<String>,
    /// The dialled number.
    pub to: String,
    /// Start time of the call as the flow sees it; `None` is now. The caller's waiting time passes only within the call.
    pub at: Option<OffsetDateTime>,
    /// Source of the numbers of `DistributeByPercentage`; `None` is random.
    pub chance: Option<PercentSource>,
}

/// Is notified of every action before it runs, with its flow; returns whether the call continues.
pub(crate) type Observer = Arc<dyn Fn(&interpret::ActionStart<'_>) -> bool + Send + Sync>;

/// Runs one inbound call; see [`phone::call`](crate::phone::call).
pub(crate) async fn call(
    host: &Arc<dyn Host>,
    call: Call,
    caller: &mut dyn Caller,
    observer: Observer,
) -> Result<Transcript, Failure> {
    let line = {
        let state = host.connect();
        let now = host.context().now;
        let instance = ready(state.instance(&call.instance_id), &call.instance_id, now)?;
        let line = CallHost::new(host, instance.id.clone(), instance.arn.clone(), host.context().account).observed_by(observer);
        match (call.at, call.chance) {
            (None, None) => line,
            (at, chance) => line.starting(at.unwrap_or(now), chance),
        }
    };
    let flow = {
        let state = host.connect();
        let instance = ready(state.instance(&call.instance_id), &call.instance_id, host.context().now)?;
        inbound(instance, &call.contact_flow_id)?
    };
    let contact = interpret::Call {
        from: call.from,
        to: call.to,
        contact_id: host.context().uuid(),
        instance_arn: line.instance_arn().to_owned(),
        step_limit: STEP_LIMIT,
        ..interpret::Call::default()
    };
    let transcript = interpret::call(&line, caller, flow, &contact).await;
    write_flow_log(&**host, &call.instance_id, &transcript.log).await?;
    Ok(transcript)
}

/// Returns the ids of the instance and flow of a claimed number; see [`phone::dialled`](crate::phone::dialled).
pub(crate) fn dialled(host: &dyn Host, number: &str) -> Option<(String, String)> {
    let now = host.context().now;
    let state = host.connect();
    let found = state.numbers.values().find(|one| one.number == number && one.is_claimed(now))?;
    Some((found.instance.clone(), found.flow.clone()?))
}

fn ready<'a>(instance: Option<&'a Instance>, id: &str, now: OffsetDateTime) -> Result<&'a Instance, Failure> {
    let instance = instance
        .filter(|instance| !instance.is_gone(now))
        .ok_or_else(|| Failure::State(format!("there is no Connect instance {id}; apply the environment first")))?;
    let unfit = |refusal: AwsError| Failure::State(format!("the Connect instance {id} takes no calls now: {}", refusal.message));
    instance.check_active(now).map_err(unfit)?;
    if !instance.attributes.get("INBOUND_CALLS").copied().unwrap_or_default() {
        return Err(Failure::State(format!("the Connect instance {id} takes no inbound calls; enable them in the spec")));
    }
    Ok(instance)
}

fn inbound(instance: &Instance, id: &str) -> Result<interpret::LoadedFlow, Failure> {
    let flow = super::flow_reference::find(instance, id)
        .ok_or_else(|| Failure::State(format!("the Connect instance {} has no contact flow {id}", instance.id)))?;
    if flow.kind != "CONTACT_FLOW" {
        let (name, kind) = (&flow.name, &flow.kind);
        return Err(Failure::State(format!("the flow {name} is of type {kind}; a number leads to a flow of type CONTACT_FLOW")));
    }
    loaded(flow).ok_or_else(|| Failure::State(format!("the flow {} is archived or has never been published", flow.name)))
}

/// Writes the call's log entries as Connect's service role does (administrator guide, "Enable flow logs").
pub(super) async fn write_flow_log(host: &dyn Host, instance_id: &str, entries: &[Value]) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let context = host.context();
    let now = context.now;
    let hour = now.format(format_description!("[year]/[month]/[day]/[hour]")).unwrap_or_default();
    let stream = format!("{hour}/stream-{}", context.id(12));
    let state = host.connect();
    let logged = state.instance(instance_id).filter(|one| one.attributes.get("CONTACTFLOW_LOGS") == Some(&true));
    let Some(alias) = logged.and_then(|instance| instance.alias.clone()) else { return Ok(()) };
    let lines = entries.iter().map(|entry| (now, entry.to_string())).collect();
    let kept = host.write_log((&format!("/aws/connect/{alias}"), &stream), lines).await;
    kept.map_err(|refusal| Failure::State(format!("the flow log could not be written: {}", refusal.message)))
}
