//! Phone numbers, which belong to the account and Region and point to one of its instances.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::arguments::{PARAMETER, Paging, not_found, refused, text};
use super::number_inventory;
use super::types::{Instance, Number, instance};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    read("SearchAvailablePhoneNumbers", search).at("POST /phone-number/search-available"),
    read("DescribePhoneNumber", describe).at("GET /phone-number/{PhoneNumberId}"),
    read("ListPhoneNumbersV2", list).at("POST /phone-number/list"),
    write("UpdatePhoneNumberMetadata", update_metadata).at("PUT /phone-number/{PhoneNumberId}/metadata"),
];

/// Returns the number of an id or ARN.
pub(super) fn find<'a>(state: &'a State, given: &str) -> Result<&'a Number, AwsError> {
    let missing = || not_found("Phone number", given);
    let id = given.rsplit_once(":phone-number/").map_or(given, |(_, id)| id);
    state.numbers.get(id).filter(|found| id == given || found.arn == given).ok_or_else(missing)
}

pub(super) fn find_mut<'a>(state: &'a mut State, given: &str) -> Result<&'a mut Number, AwsError> {
    let id = find(state, given)?.id.clone();
    state.numbers.get_mut(&id).ok_or_else(|| not_found("Phone number", given))
}

/// Returns the number of an id or ARN if it points to this instance.
pub(super) fn of_instance<'a>(state: &'a State, instance: &Instance, given: &str) -> Result<&'a Number, AwsError> {
    let found = find(state, given)?;
    match found.instance == instance.id {
        true => Ok(found),
        false => Err(not_found("Phone number of the instance", given)),
    }
}

/// Returns the instance of an input's `InstanceId` or `TargetArn`: "You must enter InstanceId or TargetArn" (botocore model).
/// Two different values are refused (unverified); traffic distribution groups are not emulated.
pub(super) fn target<'a>(state: &'a State, input: &Value, now: OffsetDateTime) -> Result<&'a Instance, AwsError> {
    match (text(input, "InstanceId"), text(input, "TargetArn")) {
        (None, None) => Err(refused(PARAMETER, "You must enter InstanceId or TargetArn")),
        (Some(id), None) => state.ready(id, now),
        (None, Some(arn)) => by_arn(state, arn, now),
        (Some(id), Some(arn)) => {
            let (one, other) = (state.ready(id, now)?, by_arn(state, arn, now)?);
            match one.id == other.id {
                true => Ok(one),
                false => Err(refused(PARAMETER, "InstanceId and TargetArn name different targets")),
            }
        }
    }
}

fn by_arn<'a>(state: &'a State, arn: &str, now: OffsetDateTime) -> Result<&'a Instance, AwsError> {
    if arn.contains(":traffic-distribution-group/") {
        return Err(AwsError::new(501, "NotImplemented", "the embedded AWS has no traffic distribution groups"));
    }
    if !arn.starts_with("arn:") {
        // The message text is unverified.
        return Err(refused(PARAMETER, format!("{arn} is not an ARN")));
    }
    state.ready(arn, now)
}

/// Returns the number prefix: "It must contain + as part of the country code" (botocore model). The message text is unverified.
fn prefix(input: &Value) -> Result<&str, AwsError> {
    match text(input, "PhoneNumberPrefix") {
        Some(prefix) if !prefix.starts_with('+') => {
            Err(refused(PARAMETER, format!("The prefix {prefix} must begin with + and the country code")))
        }
        prefix => Ok(prefix.unwrap_or_default()),
    }
}

/// Returns numbers that are neither claimed nor in cooldown; a result reserves nothing.
fn search(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 10, PARAMETER)?;
    target(state, &call.input, call.context.now)?;
    let prefix = prefix(&call.input)?;
    let member = |name: &str| text(&call.input, name).unwrap_or_default();
    let (country, kind) = (member("PhoneNumberCountryCode"), member("PhoneNumberType"));
    let free = |number: &String| number.starts_with(prefix) && is_free(state, number);
    let shown = |number: String| {
        let shown = json!({"PhoneNumber": number, "PhoneNumberCountryCode": country, "PhoneNumberType": kind});
        (number, shown)
    };
    paging.response("AvailableNumbersList", number_inventory::of(country, kind).filter(free).map(shown))
}

/// Whether the number is neither claimed nor in cooldown.
pub(super) fn is_free(state: &State, number: &str) -> bool {
    !number_inventory::is_taken(state.numbers.values(), number) && !state.cooling.contains_key(number)
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let found = find(state, call.path("PhoneNumberId"))?;
    let mut described = found.summary(&call.context.account, &call.context.region);
    described["Tags"] = json!(found.tags);
    described["PhoneNumberStatus"] = found.status(call.context.now);
    Ok(Response::json(json!({"ClaimedPhoneNumberSummary": described})))
}

/// Lists numbers whose claim has completed: a number that a claim promised was missing in a list (boto3 issue 4622; whether a
/// number is listed during its claim is unverified).
fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 1000, PARAMETER)?;
    let input = &call.input;
    let prefix = prefix(input)?;
    // The instance may be in any state.
    let wanted = match (text(input, "InstanceId"), text(input, "TargetArn")) {
        (None, None) => None,
        (Some(id), _) | (_, Some(id)) => Some(state.instance(id).ok_or_else(instance::not_found)?.id.as_str()),
    };
    let among = |name: &str, value: &str| {
        let given = input.get(name).and_then(Value::as_array).filter(|given| !given.is_empty());
        given.is_none_or(|given| given.iter().any(|one| one == value))
    };
    let fits = |one: &Number| {
        one.is_claimed(call.context.now)
            && wanted.is_none_or(|id| id == one.instance)
            && one.number.starts_with(prefix)
            && among("PhoneNumberCountryCodes", &one.country)
            && among("PhoneNumberTypes", &one.kind)
    };
    let found = state.numbers.iter().filter(|(_, one)| fits(one));
    paging.response(
        "ListPhoneNumbersSummaryList",
        found.map(|(id, one)| (id, one.summary(&call.context.account, &call.context.region))),
    )
}

/// Duration of a description change (unverified).
const METADATA: Duration = Duration::from_secs(5);

fn update_metadata(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let number = find_mut(state, call.path("PhoneNumberId"))?;
    if is_repeated(number, call)? {
        return Ok(Response::empty(200));
    }
    check_idle(number, call.context.now)?;
    if let Some(description) = text(input, "PhoneNumberDescription") {
        number.description = (!description.is_empty()).then(|| description.to_owned());
    }
    number.busy_until = call.context.after(METADATA);
    remember(number, call);
    Ok(Response::empty(200))
}

/// Returns an error if an operation on the number is in progress. The message text is unverified.
pub(super) fn check_idle(number: &Number, now: OffsetDateTime) -> Result<(), AwsError> {
    match number.is_busy(now) {
        true => {
            let message = format!("Another operation on the phone number {} is in progress", number.id);
            Err(AwsError::new(409, "ResourceInUseException", message))
        }
        false => Ok(()),
    }
}

/// Whether the client token was used for the same request before. The message text for a different request is unverified.
pub(super) fn is_repeated(number: &Number, call: &Request) -> Result<bool, AwsError> {
    match text(&call.input, "ClientToken").and_then(|token| number.tokens.get(token)) {
        None => Ok(false),
        Some(earlier) if *earlier == asked(call) => Ok(true),
        Some(_) => {
            Err(AwsError::new(409, "IdempotencyException", "The client token was used for a request with other parameters"))
        }
    }
}

pub(super) fn asked(call: &Request) -> Value {
    json!([call.operation(), call.input])
}

pub(super) fn remember(number: &mut Number, call: &Request) {
    if let Some(token) = text(&call.input, "ClientToken") {
        number.tokens.insert(token.to_owned(), asked(call));
    }
}
