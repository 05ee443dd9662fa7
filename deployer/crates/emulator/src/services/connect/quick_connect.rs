//! Quick connects, and which queues offer them.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, REQUEST, duplicate, epoch, not_found, parsed, refused, text};
use super::types::{Destination, Instance, Kind, Queue, QuickConnect};
use super::{flow_reference, resource, search};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Types of quick connects (botocore model, QuickConnectType).
const TYPES: [&str; 4] = ["USER", "QUEUE", "PHONE_NUMBER", "FLOW"];
/// Fields that a search accepts (botocore model, QuickConnectSearchCriteria).
const FIELDS: [&str; 3] = ["name", "description", "resourceID"];

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateQuickConnect", create).at("PUT /quick-connects/{InstanceId}"),
    read("DescribeQuickConnect", describe).at("GET /quick-connects/{InstanceId}/{QuickConnectId}"),
    read("ListQuickConnects", list).at("GET /quick-connects/{InstanceId}"),
    read("SearchQuickConnects", search).at("POST /search-quick-connects"),
    write("UpdateQuickConnectName", rename).at("POST /quick-connects/{InstanceId}/{QuickConnectId}/name"),
    write("UpdateQuickConnectConfig", update).at("POST /quick-connects/{InstanceId}/{QuickConnectId}/config"),
    write("DeleteQuickConnect", delete).at("DELETE /quick-connects/{InstanceId}/{QuickConnectId}"),
    read("ListQueueQuickConnects", list_of_queue).at("GET /queues/{InstanceId}/{QueueId}/quick-connects"),
    write("AssociateQueueQuickConnects", |state, call| {
        change_queue(state, call, |queue, ids| queue.quick_connects.extend(ids))
    }).at("POST /queues/{InstanceId}/{QueueId}/associate-quick-connects"),
    // Quick connects that the queue does not offer are ignored (unverified).
    write("DisassociateQueueQuickConnects", |state, call| {
        change_queue(state, call, |queue, ids| queue.quick_connects.retain(|id| !ids.contains(id)))
    }).at("POST /queues/{InstanceId}/{QueueId}/disassociate-quick-connects"),
];

/// Reads the configuration: the member of its type is required (botocore model, QuickConnectConfig), and what it names must
/// exist. That members of other types are refused, and all message texts, are unverified.
fn destination(instance: &Instance, input: &Value) -> Result<Destination, AwsError> {
    let config = input.get("QuickConnectConfig").unwrap_or(&Value::Null);
    let kind = text(config, "QuickConnectType").unwrap_or_default();
    let members = [("PHONE_NUMBER", "PhoneConfig"), ("QUEUE", "QueueConfig"), ("USER", "UserConfig"), ("FLOW", "FlowConfig")];
    let given = |member: &str| config.get(member).filter(|value| !value.is_null());
    if let Some((_, other)) = members.iter().find(|(of, member)| *of != kind && given(member).is_some()) {
        return Err(refused(PARAMETER, format!("{other} is not allowed for the quick connect type {kind}")));
    }
    let member = members.iter().find(|(of, _)| *of == kind).map_or("QuickConnectType", |(_, member)| member);
    let Some(wanted) = given(member) else {
        return Err(refused(PARAMETER, format!("{member} is required for the quick connect type {kind}")));
    };
    let id = |kind: Kind, member: &str| resource::id_of(instance, kind, text(wanted, member).unwrap_or_default());
    let flow = |kind: Option<&str>| flow(instance, text(wanted, "ContactFlowId").unwrap_or_default(), kind);
    Ok(match kind {
        "QUEUE" => Destination::Queue { queue: id(Kind::Queue, "QueueId")?, flow: flow(Some("QUEUE_TRANSFER"))? },
        "USER" => Destination::User { user: id(Kind::User, "UserId")?, flow: flow(Some("AGENT_TRANSFER"))? },
        "FLOW" => Destination::Flow(flow(None)?),
        _ => Destination::Phone(text(wanted, "PhoneNumber").unwrap_or_default().to_owned()),
    })
}

/// Returns the id of a flow, of the type that such a transfer runs: transfer to agent or to queue (administrator guide, "Choose
/// a flow type"; that others are refused is unverified).
fn flow(instance: &Instance, given: &str, kind: Option<&str>) -> Result<String, AwsError> {
    let found = flow_reference::find(instance, given).ok_or_else(|| not_found("Contact flow", given))?;
    match kind.filter(|kind| *kind != found.kind) {
        Some(kind) => Err(refused(PARAMETER, format!("The flow {} is of type {}, not {kind}", found.name, found.kind))),
        None => Ok(found.id.clone()),
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let details = QuickConnect { destination: destination(instance, &call.input)? };
    let name = text(&call.input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, &call.input, details, &call.context)?;
    Ok(Response::json(json!({"QuickConnectId": id, "QuickConnectARN": arn})))
}

fn described(found: &resource::Found<'_, QuickConnect>, region: &str) -> Value {
    let mut described = json!({
        "QuickConnectId": found.id,
        "QuickConnectARN": found.resource.arn,
        "Name": found.resource.name,
        "QuickConnectConfig": found.details.destination.config(),
    });
    found.resource.describe(&mut described, region);
    described
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<QuickConnect>(instance, call.path("QuickConnectId"))?;
    Ok(Response::json(json!({"QuickConnect": described(&found, &call.context.region)})))
}

fn summary(found: &resource::Found<'_, QuickConnect>, region: &str) -> Value {
    let mut summary = found.resource.summary(found.id, region);
    summary["QuickConnectType"] = found.details.destination.kind().into();
    summary
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let given = call.query.iter().filter(|(name, _)| name == "QuickConnectTypes");
    let types: Vec<&str> = given.map(|(_, value)| value.as_str()).collect();
    let mut faults = ValidationErrors::default();
    for one in &types {
        faults.one_of("quickConnectTypes", Some(one), &TYPES);
    }
    faults.refuse(PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::all::<QuickConnect>(instance)
        .filter(|found| types.is_empty() || types.contains(&found.details.destination.kind()));
    paging.response("QuickConnectSummaryList", found.map(|found| (found.id, summary(&found, &call.context.region))))
}

fn search(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 100, PARAMETER)?;
    let criteria = call.input.get("SearchCriteria").cloned().unwrap_or_else(|| json!({}));
    search::check(&criteria, &FIELDS)?;
    let filter = call.input.get("SearchFilter");
    let instance = state.ready(text(&call.input, "InstanceId").unwrap_or_default(), call.context.now)?;
    let fits = |found: &resource::Found<'_, QuickConnect>| {
        let of = |field: &str| match field {
            "name" => vec![found.resource.name.clone()],
            "description" => found.resource.description.iter().cloned().collect(),
            _ => vec![found.id.to_owned()],
        };
        search::fits(&criteria, &|one| search::text_fits(one, &of)) && search::tags_fit(filter, &found.resource.tags)
    };
    let found: Vec<(String, Value)> = resource::all::<QuickConnect>(instance)
        .filter(|found| fits(found))
        .map(|found| (found.id.to_owned(), described(&found, &call.context.region)))
        .collect();
    let total = found.len();
    let mut body = paging.body("QuickConnects", found.into_iter())?;
    body["ApproximateTotalCount"] = total.into();
    Ok(Response::json(body))
}

/// Changes name, description or both; a request with neither is refused (botocore model, UpdateQuickConnectName). The operation
/// declares no DuplicateResourceException, so that a name in use is a bad parameter (unverified).
fn rename(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::QuickConnect, call.path("QuickConnectId"))?;
    if text(&call.input, "Name").is_none() && text(&call.input, "Description").is_none() {
        // The message text is unverified.
        return Err(refused(REQUEST, "At least Name or Description must be provided"));
    }
    resource::rename::<QuickConnect>(instance, &id, call, call.context.now).map_err(|refusal| {
        match refusal.code == duplicate("", "").code {
            true => refused(PARAMETER, refusal.message),
            false => refusal,
        }
    })
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    resource::id_of(instance, Kind::QuickConnect, call.path("QuickConnectId"))?;
    let destination = destination(instance, &call.input)?;
    let edited = resource::edit::<QuickConnect>(instance, call.path("QuickConnectId"), call.context.now)?;
    edited.details.destination = destination;
    Ok(Response::empty(200))
}

/// Deletes a quick connect even if queues offer it: the operation declares no ResourceInUseException (botocore model). That the
/// queues then no longer list it is unverified.
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::QuickConnect, call.path("QuickConnectId"))?;
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}

fn list_of_queue(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let queue = resource::find::<Queue>(instance, call.path("QueueId"))?;
    let offered = resource::all::<QuickConnect>(instance).filter(|found| queue.details.quick_connects.contains(found.id));
    let offered = offered.map(|found| (found.id, summary(&found, &call.context.region)));
    let mut body = paging.body("QuickConnectSummaryList", offered)?;
    body["LastModifiedTime"] = epoch(queue.resource.modified).into();
    body["LastModifiedRegion"] = call.context.region.as_str().into();
    Ok(Response::json(body))
}

/// Returns the ids of the quick connects in an input, all of which must exist.
pub(super) fn given(instance: &Instance, input: &Value) -> Result<Vec<String>, AwsError> {
    let given: Vec<String> = parsed(input, "QuickConnectIds")?.unwrap_or_default();
    given.iter().map(|id| resource::id_of(instance, Kind::QuickConnect, id)).collect()
}

fn change_queue(state: &mut State, call: &Request, change: impl FnOnce(&mut Queue, Vec<String>)) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    resource::id_of(instance, Kind::Queue, call.path("QueueId"))?;
    let ids = given(instance, &call.input)?;
    change(resource::edit::<Queue>(instance, call.path("QueueId"), call.context.now)?.details, ids);
    Ok(Response::empty(200))
}
