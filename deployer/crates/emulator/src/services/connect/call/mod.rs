//! Phone calls to an instance, which run the published flow and its functions.

mod host;

use std::sync::Arc;

use deployer_flow::interpret::{self, Caller, Transcript};
use deployer_flow::scenario::PercentSource;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

pub(super) use self::host::{CallHost, loaded};
use super::instance::Instance;
use crate::error::AwsError;
use crate::services::logs;
use crate::{Emulator, Failure};

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

/// Runs one inbound call from the start of the flow to its end and returns the transcript. Functions are invoked as Connect
/// invokes them: they must be associated with the instance, and their resource policies must allow `connect.amazonaws.com` with
/// the instance as source; otherwise the flow takes its error branch. Entries of the flow log are written to the log group
/// `/aws/connect/ALIAS` if the instance's attribute `CONTACTFLOW_LOGS` is on and the flow has enabled logging.
///
/// # Errors
/// Returns [`Failure::State`] if the instance or published flow does not exist, the instance takes no inbound calls, or the
/// flow is not an inbound flow. Failures during the call are part of the transcript.
pub async fn call(emulator: &Arc<Emulator>, call: Call, caller: &mut dyn Caller) -> Result<Transcript, Failure> {
    let line = {
        let world = emulator.account_state();
        let now = emulator.request_context().now;
        let instance = ready(world.connect.instance(&call.instance_id), &call.instance_id, now)?;
        let line = CallHost::new(emulator, instance.id.clone(), instance.arn.clone(), world.account.clone());
        match (call.at, call.chance) {
            (None, None) => line,
            (at, chance) => line.starting(at.unwrap_or(now), chance),
        }
    };
    let flow = {
        let world = emulator.account_state();
        let instance = ready(world.connect.instance(&call.instance_id), &call.instance_id, emulator.request_context().now)?;
        inbound(instance, &call.contact_flow_id)?
    };
    let contact = interpret::Call {
        from: call.from,
        to: call.to,
        contact_id: emulator.request_context().uuid(),
        instance_arn: line.instance_arn().to_owned(),
        step_limit: STEP_LIMIT,
        ..interpret::Call::default()
    };
    let transcript = interpret::call(&line, caller, flow, &contact).await;
    write_flow_log(emulator, &call.instance_id, &transcript.log).await?;
    Ok(transcript)
}

/// Returns the ids of the instance and flow of a claimed number. `None` if the number is not claimed here, its claim is still
/// in progress, or it has no flow.
pub fn dialled(emulator: &Emulator, number: &str) -> Option<(String, String)> {
    let now = emulator.request_context().now;
    let world = emulator.account_state();
    let found = world.connect.numbers.values().find(|one| one.number == number && one.is_claimed(now))?;
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
    let flow = super::flow::find(instance, id)
        .ok_or_else(|| Failure::State(format!("the Connect instance {} has no contact flow {id}", instance.id)))?;
    if flow.kind != "CONTACT_FLOW" {
        let (name, kind) = (&flow.name, &flow.kind);
        return Err(Failure::State(format!("the flow {name} is of type {kind}; a number leads to a flow of type CONTACT_FLOW")));
    }
    loaded(flow).ok_or_else(|| Failure::State(format!("the flow {} is archived or has never been published", flow.name)))
}

/// Writes the call's log entries as Connect's service role does (administrator guide, "Enable flow logs").
pub(super) async fn write_flow_log(emulator: &Emulator, instance_id: &str, entries: &[Value]) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let context = emulator.request_context();
    let now = context.now;
    let hour = now.format(format_description!("[year]/[month]/[day]/[hour]")).unwrap_or_default();
    let stream = format!("{hour}/stream-{}", context.id(12));
    let kept = emulator.change(|world| {
        let logged = world.connect.instance(instance_id).filter(|one| one.attributes.get("CONTACTFLOW_LOGS") == Some(&true));
        if let Some(alias) = logged.and_then(|instance| instance.alias.clone()) {
            let lines = entries.iter().map(|entry| (now, entry.to_string()));
            logs::append_as_service(&mut world.logs, (&format!("/aws/connect/{alias}"), &stream), lines, now);
        }
        Ok::<(), AwsError>(())
    });
    kept.await.map_err(|refusal| Failure::State(format!("the flow log could not be written: {}", refusal.message)))
}
