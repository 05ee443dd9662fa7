//! Hours of operation: when a queue is open, in a time zone.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, in_use, parsed, refused, text};
use super::resource;
use super::types::{Hours, Kind, Queue};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateHoursOfOperation", create).at("PUT /hours-of-operations/{InstanceId}"),
    read("DescribeHoursOfOperation", describe)
        .at("GET /hours-of-operations/{InstanceId}/{HoursOfOperationId}").rate(per_second(10, 10)),
    write("UpdateHoursOfOperation", update).at("POST /hours-of-operations/{InstanceId}/{HoursOfOperationId}"),
    write("DeleteHoursOfOperation", delete).at("DELETE /hours-of-operations/{InstanceId}/{HoursOfOperationId}"),
];

/// Returns a time zone that is spelled as in the IANA database (unverified whether AWS accepts other spellings).
fn zone(input: &Value) -> Result<Option<String>, AwsError> {
    let Some(zone) = text(input, "TimeZone") else { return Ok(None) };
    let known = TimeZone::get(zone).ok();
    match known.as_ref().and_then(TimeZone::iana_name) == Some(zone) {
        true => Ok(Some(zone.to_owned())),
        // The message text is unverified.
        false => Err(refused(PARAMETER, format!("Invalid time zone: {zone}"))),
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let (zone, config) = (zone(input)?.unwrap_or_default(), parsed(input, "Config")?.unwrap_or_default());
    let hours = Hours { zone, config, overrides: BTreeMap::new() };
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let name = text(input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, hours, &call.context)?;
    Ok(Response::json(json!({"HoursOfOperationId": id, "HoursOfOperationArn": arn})))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<Hours>(instance, call.path("HoursOfOperationId"))?;
    let mut described = json!({
        "HoursOfOperationId": found.id,
        "HoursOfOperationArn": found.resource.arn,
        "Name": found.resource.name,
        "TimeZone": found.details.zone,
        "Config": found.details.config,
    });
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"HoursOfOperation": described})))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (zone, config) = (zone(&call.input)?, parsed(&call.input, "Config")?);
    let given = call.path("HoursOfOperationId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let reply = resource::rename::<Hours>(instance, given, call, call.context.now)?;
    let hours = resource::edit::<Hours>(instance, given, call.context.now)?.details;
    if let Some(zone) = zone {
        hours.zone = zone;
    }
    if let Some(config) = config {
        hours.config = config;
    }
    Ok(reply)
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::Hours, call.path("HoursOfOperationId"))?;
    // The operation does not declare the exception, but the exception's documentation names the operation (botocore model,
    // ResourceInUseException).
    if let Some(queue) = resource::all::<Queue>(instance).find(|queue| queue.details.hours == id) {
        return Err(in_use(Kind::Hours.noun(), &id, &format!("the queue {}", queue.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
