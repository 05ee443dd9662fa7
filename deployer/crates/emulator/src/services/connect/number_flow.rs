//! Associations of phone numbers with flows.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, not_found, parsed, refused, text};
use super::types::{Instance, Number};
use super::{State, flow_reference, number};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("AssociatePhoneNumberContactFlow", associate).at("PUT /phone-number/{PhoneNumberId}/contact-flow"),
    write("DisassociatePhoneNumberContactFlow", disassociate).at("DELETE /phone-number/{PhoneNumberId}/contact-flow"),
    read("ListFlowAssociations", list).at("GET /flow-associations-summary/{InstanceId}"),
    read("BatchGetFlowAssociation", batch).at("POST /flow-associations-batch/{InstanceId}"),
];

/// Returns the id of a number of an instance if no operation on it is in progress. Code and message text for that error are
/// unverified.
fn ready(state: &State, instance: &str, given: &str, now: OffsetDateTime) -> Result<String, AwsError> {
    let found = number::of_instance(state, state.ready(instance, now)?, given)?;
    match found.is_claimed(now) {
        true => Ok(found.id.clone()),
        false => Err(refused(PARAMETER, format!("The phone number {} is not claimed yet", found.id))),
    }
}

/// Associates a number with a flow and replaces an earlier association. The flow must be an inbound flow (code and message text
/// unverified).
fn associate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let member = |name: &str| text(&call.input, name).unwrap_or_default();
    let instance = state.ready(member("InstanceId"), call.context.now)?;
    let id = ready(state, member("InstanceId"), call.path("PhoneNumberId"), call.context.now)?;
    let given = member("ContactFlowId");
    let found = flow_reference::find(instance, given).ok_or_else(|| not_found("Contact flow", given))?;
    if found.kind != "CONTACT_FLOW" {
        let message = format!("The flow {} is of type {}, not CONTACT_FLOW", found.name, found.kind);
        return Err(refused(PARAMETER, message));
    }
    let found = found.id.clone();
    number::find_mut(state, &id)?.flow = Some(found);
    Ok(Response::empty(200))
}

/// Removes the association; a number without a flow is left unchanged (unverified).
fn disassociate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = call.query("instanceId").unwrap_or_default();
    let id = ready(state, instance, call.path("PhoneNumberId"), call.context.now)?;
    number::find_mut(state, &id)?.flow = None;
    Ok(Response::empty(200))
}

/// Returns the associations with numbers and flows as ARNs, as Terraform's provider compares them.
fn associations<'a>(state: &'a State, instance: &'a Instance) -> impl Iterator<Item = (&'a Number, Value)> {
    let own = state.numbers.values().filter(|number| number.instance == instance.id);
    own.filter_map(|number| {
        let flow = instance.flows.get(number.flow.as_ref()?)?;
        Some((number, json!({"ResourceId": number.arn, "FlowId": flow.arn, "ResourceType": VOICE})))
    })
}

/// The only supported resource type.
const VOICE: &str = "VOICE_PHONE_NUMBER";

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let wanted = call.query("ResourceType").is_none_or(|kind| kind == VOICE);
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = associations(state, instance).filter(|_| wanted);
    paging.response("FlowAssociationSummaryList", found.map(|(number, shown)| (&number.id, shown)))
}

/// Returns the requested associations; numbers without a flow are omitted.
fn batch(state: &State, call: &Request) -> Result<Response, AwsError> {
    let wanted: BTreeSet<String> = parsed(&call.input, "ResourceIds")?.unwrap_or_default();
    let kind = text(&call.input, "ResourceType").is_none_or(|kind| kind == VOICE);
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let fits = |number: &Number| kind && (wanted.contains(&number.arn) || wanted.contains(&number.id));
    let found: Vec<Value> = associations(state, instance).filter(|(number, _)| fits(number)).map(|(_, shown)| shown).collect();
    Ok(Response::json(json!({"FlowAssociationSummaryList": found})))
}
