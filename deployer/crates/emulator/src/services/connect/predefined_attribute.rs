//! Predefined attributes: names with values, for routing criteria and contact segments. They have no id, ARN or tags.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, duplicate, epoch, not_found};
use super::types::PredefinedAttribute;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file. An instance comes with attributes of Connect's own, which are not here.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreatePredefinedAttribute", create).at("PUT /predefined-attributes/{InstanceId}"),
    read("ListPredefinedAttributes", list).at("GET /predefined-attributes/{InstanceId}"),
    read("DescribePredefinedAttribute", describe).at("GET /predefined-attributes/{InstanceId}/{Name}"),
    write("UpdatePredefinedAttribute", update).at("POST /predefined-attributes/{InstanceId}/{Name}"),
    write("DeletePredefinedAttribute", delete).at("DELETE /predefined-attributes/{InstanceId}/{Name}"),
];

/// Returns a member that was given: `Values` has a `StringList`, `AttributeConfiguration` a flag `EnableValueValidationOnAssociation`.
fn member(call: &Request, name: &str) -> Option<Value> {
    call.input.get(name).filter(|given| !given.is_null()).cloned()
}

fn missing(name: &str) -> AwsError {
    not_found("Predefined attribute", name)
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let name = super::arguments::text(&call.input, "Name").unwrap_or_default();
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if instance.predefined_attributes.contains_key(name) {
        return Err(duplicate("A predefined attribute", name));
    }
    let attribute = PredefinedAttribute {
        values: member(call, "Values"),
        purposes: member(call, "Purposes"),
        configuration: member(call, "AttributeConfiguration"),
        modified: call.context.now,
    };
    instance.predefined_attributes.insert(name.to_owned(), attribute);
    Ok(Response::empty(200))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let shown = |name: &str, one: &PredefinedAttribute| json!({"Name": name, "LastModifiedTime": epoch(one.modified), "LastModifiedRegion": call.context.region});
    let all = instance.predefined_attributes.iter().map(|(name, one)| (name, shown(name, one)));
    paging.response("PredefinedAttributeSummaryList", all)
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let (instance, name) = (state.ready(call.path("InstanceId"), call.context.now)?, call.path("Name"));
    let one = instance.predefined_attributes.get(name).ok_or_else(|| missing(name))?;
    let mut described = json!({"Name": name, "LastModifiedTime": epoch(one.modified), "LastModifiedRegion": call.context.region});
    let members = [("Values", &one.values), ("Purposes", &one.purposes), ("AttributeConfiguration", &one.configuration)];
    for (member, value) in members {
        if let Some(value) = value {
            described[member] = value.clone();
        }
    }
    Ok(Response::json(json!({"PredefinedAttribute": described})))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let name = call.path("Name");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let one = instance.predefined_attributes.get_mut(name).ok_or_else(|| missing(name))?;
    one.values = member(call, "Values").or(one.values.take());
    one.purposes = member(call, "Purposes").or(one.purposes.take());
    one.configuration = member(call, "AttributeConfiguration").or(one.configuration.take());
    one.modified = call.context.now;
    Ok(Response::empty(200))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let name = call.path("Name");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    instance.predefined_attributes.remove(name).ok_or_else(|| missing(name))?;
    Ok(Response::empty(200))
}
