//! Overrides of hours of operation: other times on some dates, such as holidays.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, duplicate, not_found, parsed, refused, text};
use super::resource;
use super::types::{Hours, Override};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateHoursOfOperationOverride", create).at("PUT /hours-of-operations/{InstanceId}/{HoursOfOperationId}/overrides"),
    read("ListHoursOfOperationOverrides", list).at("GET /hours-of-operations/{InstanceId}/{HoursOfOperationId}/overrides"),
    read("DescribeHoursOfOperationOverride", describe)
        .at("GET /hours-of-operations/{InstanceId}/{HoursOfOperationId}/overrides/{HoursOfOperationOverrideId}"),
    write("UpdateHoursOfOperationOverride", update)
        .at("POST /hours-of-operations/{InstanceId}/{HoursOfOperationId}/overrides/{HoursOfOperationOverrideId}"),
    write("DeleteHoursOfOperationOverride", delete)
        .at("DELETE /hours-of-operations/{InstanceId}/{HoursOfOperationId}/overrides/{HoursOfOperationOverrideId}"),
];

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

/// Returns an error unless the dates exist and are in order. Code and message texts are unverified.
fn check_dates(one: &Override) -> Result<(), AwsError> {
    if let Some(bad) = [&one.from, &one.till].into_iter().find(|date| !is_date(date)) {
        return Err(refused(PARAMETER, format!("{bad} is not a date")));
    }
    match one.from <= one.till {
        true => Ok(()),
        false => Err(refused(PARAMETER, "EffectiveFrom must not be after EffectiveTill")),
    }
}

/// Names are unique among the overrides of the hours (botocore model: DuplicateResourceException is declared).
fn check_name(hours: &Hours, name: &str, own: Option<&str>) -> Result<(), AwsError> {
    match hours.overrides.iter().any(|(id, one)| one.name == name && own != Some(id.as_str())) {
        true => Err(duplicate("An override of the hours of operation", name)),
        false => Ok(()),
    }
}

fn missing(id: &str) -> AwsError {
    not_found("Hours of operation override", id)
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, id) = (&call.input, call.context.uuid());
    let member = |name| text(input, name).unwrap_or_default().to_owned();
    let one = Override {
        name: member("Name"),
        description: text(input, "Description").map(str::to_owned),
        config: parsed(input, "Config")?.unwrap_or_default(),
        from: member("EffectiveFrom"),
        till: member("EffectiveTill"),
        kind: text(input, "OverrideType").unwrap_or("STANDARD").to_owned(),
    };
    check_dates(&one)?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let hours = resource::edit::<Hours>(instance, call.path("HoursOfOperationId"), call.context.now)?.details;
    check_name(hours, &one.name, None)?;
    hours.overrides.insert(id.clone(), one);
    Ok(Response::json(json!({"HoursOfOperationOverrideId": id})))
}

fn shown(found: &resource::Found<'_, Hours>, id: &str, one: &Override) -> Value {
    let mut shown = json!({
        "HoursOfOperationOverrideId": id,
        "HoursOfOperationId": found.id,
        "HoursOfOperationArn": found.resource.arn,
        "Name": one.name,
        "Config": one.config,
        "EffectiveFrom": one.from,
        "EffectiveTill": one.till,
        "OverrideType": one.kind,
    });
    if let Some(description) = &one.description {
        shown["Description"] = description.as_str().into();
    }
    shown
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<Hours>(instance, call.path("HoursOfOperationId"))?;
    let all = found.details.overrides.iter().map(|(id, one)| (id, shown(&found, id, one)));
    paging.response("HoursOfOperationOverrideList", all)
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let (instance, id) = (state.ready(call.path("InstanceId"), call.context.now)?, call.path("HoursOfOperationOverrideId"));
    let found = resource::find::<Hours>(instance, call.path("HoursOfOperationId"))?;
    let one = found.details.overrides.get(id).ok_or_else(|| missing(id))?;
    Ok(Response::json(json!({"HoursOfOperationOverride": shown(&found, id, one)})))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, id) = (&call.input, call.path("HoursOfOperationOverrideId"));
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let hours = resource::edit::<Hours>(instance, call.path("HoursOfOperationId"), call.context.now)?.details;
    let mut one = hours.overrides.get(id).ok_or_else(|| missing(id))?.clone();
    for (member, name) in [
        (&mut one.name, "Name"),
        (&mut one.from, "EffectiveFrom"),
        (&mut one.till, "EffectiveTill"),
        (&mut one.kind, "OverrideType"),
    ] {
        if let Some(given) = text(input, name) {
            given.clone_into(member);
        }
    }
    if let Some(description) = text(input, "Description") {
        one.description = Some(description.to_owned());
    }
    if let Some(config) = parsed(input, "Config")? {
        one.config = config;
    }
    check_dates(&one)?;
    check_name(hours, &one.name, Some(id))?;
    hours.overrides.insert(id.to_owned(), one);
    Ok(Response::empty(200))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("HoursOfOperationOverrideId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let hours = resource::edit::<Hours>(instance, call.path("HoursOfOperationId"), call.context.now)?.details;
    hours.overrides.remove(id).ok_or_else(|| missing(id))?;
    Ok(Response::empty(200))
}
