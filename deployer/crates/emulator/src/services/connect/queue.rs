//! Standard queues and agent queues.

use serde_json::{Value, json};

use super::arguments::{PARAMETER, Paging, in_use, not_found, parsed, refused, text};
use super::resource;
use super::types::{Instance, Kind, Outbound, Queue, RoutingProfile};
use super::{State, flow_reference, number, quick_connect};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateQueue", create).at("PUT /queues/{InstanceId}"),
    read("DescribeQueue", describe).at("GET /queues/{InstanceId}/{QueueId}").rate(per_second(10, 10)),
    read("ListQueues", list).at("GET /queues-summary/{InstanceId}").rate(per_second(10, 10)),
    write("DeleteQueue", delete).at("DELETE /queues/{InstanceId}/{QueueId}"),
    write("UpdateQueueName", rename).at("POST /queues/{InstanceId}/{QueueId}/name"),
    write("UpdateQueueHoursOfOperation", |state, call| {
        update(state, call, |queue, instance, _, input| {
            queue.hours = resource::id_of(instance, Kind::Hours, text(input, "HoursOfOperationId").unwrap_or_default())?;
            Ok(())
        })
    }).at("POST /queues/{InstanceId}/{QueueId}/hours-of-operation"),
    // A request without a maximum removes the limit (unverified).
    write("UpdateQueueMaxContacts", |state, call| {
        update(state, call, |queue, _, _, input| {
            queue.most = input.get("MaxContacts").and_then(Value::as_i64);
            Ok(())
        })
    }).at("POST /queues/{InstanceId}/{QueueId}/max-contacts"),
    write("UpdateQueueOutboundCallerConfig", |state, call| {
        update(state, call, |queue, instance, state, input| {
            queue.outbound = outbound(instance, state, input)?;
            Ok(())
        })
    }).at("POST /queues/{InstanceId}/{QueueId}/outbound-caller-config"),
    write("UpdateQueueStatus", |state, call| {
        update(state, call, |queue, _, _, input| {
            queue.enabled = text(input, "Status") == Some("ENABLED");
            Ok(())
        })
    }).at("POST /queues/{InstanceId}/{QueueId}/status"),
];

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
    let found = flow_reference::find(instance, given).ok_or_else(|| not_found("Contact flow", given))?;
    match found.kind == "OUTBOUND_WHISPER" {
        true => Ok(found.id.clone()),
        false => Err(refused(PARAMETER, format!("The flow {} is of type {}, not OUTBOUND_WHISPER", found.name, found.kind))),
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let hours = resource::id_of(instance, Kind::Hours, text(input, "HoursOfOperationId").unwrap_or_default())?;
    let mut queue = Queue::new(hours);
    queue.most = input.get("MaxContacts").and_then(Value::as_i64);
    queue.outbound = outbound(instance, state, input)?;
    queue.quick_connects = quick_connect::given(instance, input)?.into_iter().collect();
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let (id, arn) = resource::add(instance, text(input, "Name").unwrap_or_default(), input, queue, &call.context)?;
    Ok(Response::json(json!({"QueueId": id, "QueueArn": arn})))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
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
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"Queue": described})))
}

/// Lists queues; an agent queue has no name.
fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let types: Vec<&str> = call.query.iter().filter(|(name, _)| name == "queueTypes").map(|(_, value)| value.as_str()).collect();
    let mut faults = ValidationErrors::default();
    for one in &types {
        faults.one_of("queueTypes", Some(one), &["STANDARD", "AGENT"]);
    }
    faults.refuse(PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let wanted = |kind: &str| types.is_empty() || types.contains(&kind);
    let found = instance.resources.iter().filter_map(|(id, one)| {
        let mut summary = one.summary(id, &call.context.region);
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

fn rename(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    resource::rename::<Queue>(instance, call.path("QueueId"), call, call.context.now)
}

fn update(
    state: &mut State,
    call: &Request,
    change: impl FnOnce(&mut Queue, &Instance, &State, &Value) -> Result<(), AwsError>,
) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let mut queue = resource::find::<Queue>(instance, call.path("QueueId"))?.details.clone();
    change(&mut queue, instance, state, &call.input)?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    *resource::edit::<Queue>(instance, call.path("QueueId"), call.context.now)?.details = queue;
    Ok(Response::empty(200))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::Queue, call.path("QueueId"))?;
    if let Some(profile) = resource::all::<RoutingProfile>(instance).find(|profile| profile.details.uses(&id)) {
        return Err(in_use(Kind::Queue.noun(), &id, &format!("the routing profile {}", profile.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
