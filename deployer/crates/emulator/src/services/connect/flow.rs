//! Contact flows: published content, drafts and names.

use serde_json::json;

use super::arguments::{self, PARAMETER, REQUEST, refused};
use super::flow_content;
use super::flow_reference::{Named, find, find_mut, not_found};
use super::types::{Content, Flow, Instance, Queue, STATES, STATUSES, TYPES};
use super::{State, resource};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::persistent_map::PersistentMap;
use crate::request::{Request, string};
use crate::response::Response;

/// Maximum number of flows per instance, including those that come with it (administrator guide, quotas).
const QUOTA: usize = 100;

fn check_name(instance: &Instance, name: &str, own: Option<&str>) -> Result<(), AwsError> {
    if instance.flows.values().any(|flow| flow.name == name && own != Some(flow.id.as_str())) {
        // The message text is unverified.
        return Err(AwsError::new(
            409,
            "DuplicateResourceException",
            format!("A contact flow with the name {name} already exists"),
        ));
    }
    Ok(())
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateContactFlow", create).at("PUT /contact-flows/{InstanceId}"),
    read("DescribeContactFlow", describe).at("GET /contact-flows/{InstanceId}/{ContactFlowId}"),
    write("DeleteContactFlow", delete).at("DELETE /contact-flows/{InstanceId}/{ContactFlowId}"),
    write("UpdateContactFlowContent", update_content).at("POST /contact-flows/{InstanceId}/{ContactFlowId}/content"),
    write("UpdateContactFlowMetadata", update_metadata).at("POST /contact-flows/{InstanceId}/{ContactFlowId}/metadata"),
    write("UpdateContactFlowName", update_metadata).at("POST /contact-flows/{InstanceId}/{ContactFlowId}/name"),
];

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let mut faults = ValidationErrors::default();
    let name = faults.required("name", string(input, "Name")?).unwrap_or_default();
    faults.length("name", Some(name), 1..=127);
    let kind = faults.required("type", string(input, "Type")?).unwrap_or_default();
    faults.one_of("type", Some(kind), &TYPES);
    let text = faults.required("content", string(input, "Content")?).unwrap_or_default();
    let description = string(input, "Description")?;
    faults.length("description", description, 0..=500);
    let status = string(input, "Status")?;
    faults.one_of("status", status, &STATUSES);
    let tags = arguments::tags(input, "Tags", &mut faults)?;
    faults.refuse(PARAMETER)?;
    let (now, id) = (call.context.now, call.context.uuid());
    let instance = state.active(call.path("InstanceId"), now)?;
    check_name(instance, name, None)?;
    if instance.flows.len() >= QUOTA {
        // The message text is unverified.
        return Err(AwsError::new(
            429,
            "LimitExceededException",
            format!("The instance has reached its quota of {QUOTA} contact flows"),
        ));
    }
    let saved = status == Some("SAVED");
    if !saved {
        flow_content::check(instance, text)?;
    }
    let content = Content::new(text)?;
    let sha256 = content.sha256.clone();
    let arn = format!("{}/contact-flow/{id}", instance.arn);
    let (published, draft) = if saved { (None, Some(content)) } else { (Some(content), None) };
    let flow = Flow {
        id: id.clone(),
        arn: arn.clone(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: description.map(str::to_owned),
        state: "ACTIVE".to_owned(),
        published,
        draft,
        default: false,
        modified: now,
        tags,
        versions: PersistentMap::default(),
        newest: 0,
    };
    instance.flows.insert(id.clone(), flow);
    Ok(Response::json(json!({"ContactFlowId": id, "ContactFlowArn": arn, "FlowContentSha256": sha256})))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let given = call.path("ContactFlowId");
    let flow = find(instance, given).ok_or_else(not_found)?;
    let qualifier = Named::parse(instance, given).qualifier;
    // The message text is unverified.
    let unpublished = || AwsError::new(404, "ContactFlowNotPublishedException", "The contact flow has not been published");
    Ok(Response::json(json!({"ContactFlow": flow.described(&call.context.region, qualifier).ok_or_else(unpublished)?})))
}

fn update_content(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    let text = faults.required("content", string(&call.input, "Content")?).unwrap_or_default();
    faults.refuse(PARAMETER)?;
    let given = call.path("ContactFlowId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    find(instance, given).ok_or_else(not_found)?;
    let named = Named::parse(instance, given);
    if named.qualifier.is_some() && !named.is_draft() {
        // The message text is unverified.
        return Err(refused(REQUEST, "A version of a contact flow cannot be changed"));
    }
    if !named.is_draft() {
        flow_content::check(instance, text)?;
    }
    let content = Content::new(text)?;
    let (flow, draft) = find_mut(instance, given)?;
    flow.modified = call.context.now;
    if draft {
        flow.draft = Some(content);
    } else {
        flow.published = Some(content);
        flow.draft = None;
    }
    Ok(Response::json(json!({})))
}

/// Changes name, description and state. `UpdateContactFlowName` is the older operation and has no state.
fn update_metadata(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let mut faults = ValidationErrors::default();
    let (name, description) = (string(input, "Name")?, string(input, "Description")?);
    faults.length("name", name, 1..=127);
    faults.length("description", description, 0..=500);
    let status = if call.operation() == "UpdateContactFlowMetadata" { string(input, "ContactFlowState")? } else { None };
    faults.one_of("contactFlowState", status, &STATES);
    faults.refuse(PARAMETER)?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let given = call.path("ContactFlowId");
    let id = find(instance, given).ok_or_else(not_found)?.id.clone();
    if let Some(name) = name {
        check_name(instance, name, Some(&id))?;
    }
    let (flow, _) = find_mut(instance, given)?;
    flow.name = name.map_or_else(|| flow.name.clone(), str::to_owned);
    flow.state = status.map_or_else(|| flow.state.clone(), str::to_owned);
    if let Some(description) = description {
        flow.description = Some(description.to_owned());
    }
    flow.modified = call.context.now;
    Ok(Response::json(json!({})))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let flow = find(instance, call.path("ContactFlowId")).ok_or_else(not_found)?;
    if flow.default {
        // The message text is unverified.
        return Err(AwsError::new(
            403,
            "AccessDeniedException",
            format!("The default contact flow {} cannot be deleted", flow.name),
        ));
    }
    let id = flow.id.clone();
    check_use(state, instance, flow)?;
    state.active(call.path("InstanceId"), call.context.now)?.flows.remove(&id);
    Ok(Response::json(json!({})))
}

/// Refuses to delete a flow that a phone number or the outbound calls of a queue use. The refusal, the code (the fitting one of
/// those declared) and the message text are unverified.
fn check_use(state: &State, instance: &Instance, flow: &Flow) -> Result<(), AwsError> {
    let number = state.numbers.values().find(|number| number.flow.as_ref() == Some(&flow.id));
    let calls = |queue: &Queue| queue.outbound.as_ref().and_then(|outbound| outbound.flow.as_ref()) == Some(&flow.id);
    let queue = resource::all::<Queue>(instance).find(|queue| calls(queue.details));
    let by = match (number, queue) {
        (Some(number), _) => format!("the phone number {}", number.number),
        (None, Some(queue)) => format!("the queue {}", queue.resource.name),
        (None, None) => return Ok(()),
    };
    Err(refused(REQUEST, format!("The contact flow {} is in use by {by}", flow.name)))
}
