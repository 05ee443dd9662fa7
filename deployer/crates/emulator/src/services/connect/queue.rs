//! Standard queues and agent queues.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, in_use, not_found, parsed, refused, text};
use super::instance::Instance;
use super::resource::{self, Kind};
use super::routing_profile::RoutingProfile;
use super::{State, flow, number};
use crate::account_state::AccountState;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{Request, RequestContext};
use crate::response::Response;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Queue {
    /// Id of the hours of operation.
    pub(super) hours: String,
    enabled: bool,
    /// Maximum number of contacts; `None` is the instance's limit.
    most: Option<i64>,
    pub(super) outbound: Option<Outbound>,
}

/// Caller configuration of a queue's outbound calls. An empty string is equivalent to none (unverified).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Outbound {
    #[serde(rename = "OutboundCallerIdName", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Id of a claimed number.
    #[serde(rename = "OutboundCallerIdNumberId", skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<String>,
    /// Id of a flow.
    #[serde(rename = "OutboundFlowId", skip_serializing_if = "Option::is_none")]
    pub(super) flow: Option<String>,
}

impl Queue {
    /// Returns a new queue with these hours of operation.
    pub(super) fn new(hours: String) -> Self {
        Self { hours, enabled: true, most: None, outbound: None }
    }

    /// Whether the queue accepts no contacts (that a disabled queue behaves like a full one is unverified).
    pub(super) fn is_closed(&self) -> bool {
        !self.enabled || self.most == Some(0)
    }
}

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    let now = context.now;
    Some(match call.operation {
        "CreateQueue" => create(world, call, context),
        "DescribeQueue" => describe(world, call, now),
        "ListQueues" => list(world, call, now),
        "DeleteQueue" => delete(world, call, now),
        "UpdateQueueName" => rename(world, call, now),
        "UpdateQueueHoursOfOperation" => update(world, call, now, |queue, instance, _, input| {
            queue.hours = resource::id_of(instance, Kind::Hours, text(input, "HoursOfOperationId").unwrap_or_default())?;
            Ok(())
        }),
        // A request without a maximum removes the limit (unverified).
        "UpdateQueueMaxContacts" => update(world, call, now, |queue, _, _, input| {
            queue.most = input.get("MaxContacts").and_then(Value::as_i64);
            Ok(())
        }),
        "UpdateQueueOutboundCallerConfig" => update(world, call, now, |queue, instance, state, input| {
            queue.outbound = outbound(instance, state, input)?;
            Ok(())
        }),
        "UpdateQueueStatus" => update(world, call, now, |queue, _, _, input| {
            queue.enabled = text(input, "Status") == Some("ENABLED");
            Ok(())
        }),
        _ => return None,
    })
}

/// Returns the outbound caller configuration of an input; its number and flow must exist.
fn outbound(instance: &Instance, state: &State, input: &Value) -> Result<Option<Outbound>, AwsError> {
    let Some(given) = parsed::<Outbound>(input, "OutboundCallerConfig")? else { return Ok(None) };
    let given_text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let number = given_text(&given.number);
    let number = number.map(|number| number::of_instance(state, instance, &number).map(|found| found.id.clone())).transpose()?;
    let flow = given_text(&given.flow).map(|id| outbound_flow(instance, &id)).transpose()?;
    Ok(Some(Outbound { name: given_text(&given.name), number, flow }))
}

/// Returns the id of an outbound whisper flow; other types are refused (administrator guide, "Choose a flow type"; code and
/// message text unverified).
fn outbound_flow(instance: &Instance, given: &str) -> Result<String, AwsError> {
    let found = flow::find(instance, given).ok_or_else(|| not_found("Contact flow", given))?;
    match found.kind == "OUTBOUND_WHISPER" {
        true => Ok(found.id.clone()),
        false => Err(refused(PARAMETER, format!("The flow {} is of type {}, not OUTBOUND_WHISPER", found.name, found.kind))),
    }
}

fn create(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let input = &call.input;
    let instance = world.connect.ready(call.path("InstanceId"), context.now)?;
    let hours = resource::id_of(instance, Kind::Hours, text(input, "HoursOfOperationId").unwrap_or_default())?;
    let mut queue = Queue::new(hours);
    queue.most = input.get("MaxContacts").and_then(Value::as_i64);
    queue.outbound = outbound(instance, &world.connect, input)?;
    let instance = world.connect.active(call.path("InstanceId"), context.now)?;
    let (id, arn) = resource::add(instance, text(input, "Name").unwrap_or_default(), input, queue, context)?;
    Ok(Response::json(json!({"QueueId": id, "QueueArn": arn})))
}

fn describe(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let region = world.region.clone();
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
    let found = resource::find::<Queue>(instance, call.path("QueueId"))?;
    let queue = found.details;
    let mut described = json!({
        "QueueId": found.id,
        "QueueArn": found.resource.arn,
        "Name": found.resource.name,
        "HoursOfOperationId": queue.hours,
        "Status": if queue.enabled { "ENABLED" } else { "DISABLED" },
    });
    if let Some(outbound) = &queue.outbound {
        described["OutboundCallerConfig"] = json!(outbound);
    }
    if let Some(most) = queue.most {
        described["MaxContacts"] = most.into();
    }
    found.resource.describe(&mut described, &region);
    Ok(Response::json(json!({"Queue": described})))
}

/// Lists queues; an agent queue has no name.
fn list(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let types: Vec<&str> = call.query.iter().filter(|(name, _)| name == "queueTypes").map(|(_, value)| value.as_str()).collect();
    let mut faults = ValidationErrors::default();
    for one in &types {
        faults.one_of("queueTypes", Some(one), &["STANDARD", "AGENT"]);
    }
    faults.refuse(PARAMETER)?;
    let region = world.region.clone();
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let wanted = |kind: &str| types.is_empty() || types.contains(&kind);
    let found = instance.resources.iter().filter_map(|(id, one)| {
        let mut summary = one.summary(id, &region);
        match one.kind {
            Kind::Queue if wanted("STANDARD") => summary["QueueType"] = "STANDARD".into(),
            Kind::User if wanted("AGENT") => {
                let members = summary.as_object_mut()?;
                members.remove("Username");
                members.insert("Arn".to_owned(), format!("{}/queue/agent/{id}", instance.arn).into());
                members.insert("QueueType".to_owned(), "AGENT".into());
            }
            _ => return None,
        }
        Some((id, summary))
    });
    paging.response("QueueSummaryList", found)
}

fn rename(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    resource::rename::<Queue>(instance, call.path("QueueId"), call, now)
}

fn update(
    world: &mut AccountState,
    call: &Request,
    now: OffsetDateTime,
    change: impl FnOnce(&mut Queue, &Instance, &State, &Value) -> Result<(), AwsError>,
) -> Result<Response, AwsError> {
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
    let mut queue = resource::find::<Queue>(instance, call.path("QueueId"))?.details.clone();
    change(&mut queue, instance, &world.connect, &call.input)?;
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    *resource::edit::<Queue>(instance, call.path("QueueId"), now)?.details = queue;
    Ok(Response::empty(200))
}

fn delete(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let id = resource::id_of(instance, Kind::Queue, call.path("QueueId"))?;
    if let Some(profile) = resource::all::<RoutingProfile>(instance).find(|profile| profile.details.uses(&id)) {
        return Err(in_use(Kind::Queue.noun(), &id, &format!("the routing profile {}", profile.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
