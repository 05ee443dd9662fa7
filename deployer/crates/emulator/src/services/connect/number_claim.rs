//! Claiming, moving and releasing numbers: each operation is asynchronous, and a released number is unavailable for half a
//! year.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;

use super::arguments::{PARAMETER, given_tags, in_use, refused, text};
use super::number;
use super::types::{Number, Queue};
use super::{State, number_inventory, resource};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, write};
use crate::request::{Request, RequestContext};
use crate::response::Response;

/// Duration of a claim or move; Terraform's provider waits up to two minutes for it.
const CLAIM: Duration = Duration::from_secs(30);
/// Time until a failed claim is released: "You have one day to retry claiming the phone number before the number is released
/// back" (botocore model).
const LOST_AFTER: Duration = Duration::from_secs(86_400);
/// Cooldown of a released number: "A cooldown period for up to 180 days" (botocore model, ReleasePhoneNumber).
const COOLDOWN: Duration = Duration::from_secs(180 * 86_400);
const CLAIM_QUOTA_WINDOW: time::Duration = time::Duration::days(180);
/// Maximum number of phone numbers per instance (administrator guide, quotas).
const QUOTA: usize = 5;
/// Maximum number of claims and releases in [`CLAIM_QUOTA_WINDOW`]: 200 % of the quota (botocore model, ClaimPhoneNumber).
const CLAIM_QUOTA: usize = 2 * QUOTA;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("ClaimPhoneNumber", claim).at("POST /phone-number/claim"),
    write("UpdatePhoneNumber", update).at("PUT /phone-number/{PhoneNumberId}"),
    write("ReleasePhoneNumber", release).at("DELETE /phone-number/{PhoneNumberId}"),
];

/// Returns an error for a client token that is not a UUID. The documentation of the member gives the pattern, the model does
/// not.
fn check_token(token: Option<&str>) -> Result<(), AwsError> {
    let is_uuid = |token: &str| token.len() == 36 && uuid::Uuid::parse_str(token).is_ok() && token == token.to_lowercase();
    match token {
        // The message text is unverified.
        Some(token) if !is_uuid(token) => Err(refused(PARAMETER, format!("The client token {token} is not a UUID"))),
        _ => Ok(()),
    }
}

/// Claims a number. A client token identifies the same claim permanently.
fn claim(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, now) = (&call.input, call.context.now);
    let token = text(input, "ClientToken");
    check_token(token)?;
    let target = number::target(state, input, now)?.id.clone();
    if let Some(earlier) = state.numbers.values().find(|one| token.is_some_and(|token| one.tokens.contains_key(token))) {
        number::is_repeated(earlier, call)?;
        return Ok(Response::json(json!({"PhoneNumberId": earlier.id, "PhoneNumberArn": earlier.arn})));
    }
    let wanted = text(input, "PhoneNumber").unwrap_or_default();
    let (country, kind) = number_inventory::place(wanted)
        .filter(|_| number::is_free(state, wanted) || failed(state, wanted).is_some())
        // Code and message text as recorded in terraform-provider-aws issue 45572.
        .ok_or_else(|| refused(PARAMETER, format!("Phone number not available: {wanted}")))?;
    check_claim_quota(state, now, call.context.quotas)?;
    // The message text is unverified.
    let failure = call.fails_async().then(|| "The number could not be claimed".to_owned());
    let failure = failure.or_else(|| over_quota(state, &target, call.context.quotas));
    let retried = failed(state, wanted).map(|earlier| earlier.id.clone());
    let id = call.context.uuid();
    let mut number = Number {
        arn: format!("arn:aws:connect:{}:{}:phone-number/{id}", call.context.region, call.context.account),
        id,
        number: wanted.to_owned(),
        country: country.to_owned(),
        kind: kind.to_owned(),
        description: text(input, "PhoneNumberDescription").filter(|text| !text.is_empty()).map(str::to_owned),
        instance: target,
        flow: None,
        tags: given_tags(input)?,
        claimed_at: call.context.after(CLAIM),
        busy_until: call.context.after(CLAIM),
        lost_at: failure.as_ref().map(|_| call.context.after(CLAIM + LOST_AFTER)),
        failure,
        tokens: BTreeMap::new(),
    };
    number::remember(&mut number, call);
    let reply = json!({"PhoneNumberId": number.id, "PhoneNumberArn": number.arn});
    if let Some(earlier) = retried {
        state.numbers.remove(&earlier);
    }
    state.number_moves.push(now);
    state.numbers.insert(number.id.clone(), number);
    Ok(Response::json(reply))
}

/// Returns the failed claim of a number, which may be retried (that the retry gets another id is unverified).
fn failed<'a>(state: &'a State, number: &str) -> Option<&'a Number> {
    state.numbers.values().find(|one| one.number == number && one.lost_at.is_some())
}

/// Returns an error for a claim beyond [`CLAIM_QUOTA`]. Whether failed claims count is unverified, as is the code, which is the
/// fitting one of those declared.
fn check_claim_quota(state: &State, now: OffsetDateTime, quotas: bool) -> Result<(), AwsError> {
    let lately = state.number_moves.iter().filter(|at| **at > now - CLAIM_QUOTA_WINDOW).count();
    match quotas && lately >= CLAIM_QUOTA {
        true => {
            let message = format!(
                "The account has claimed and released phone numbers {lately} times in 180 days, which is 200 % of its quota of {QUOTA}"
            );
            Err(refused(PARAMETER, message))
        }
        false => Ok(()),
    }
}

/// Returns the failure of a claim beyond the instance's quota: "A common reason for a failure may be that the TargetArn value …
/// has reached its limit of total claimed numbers" (botocore model, ClaimedPhoneNumberSummary). The message text is unverified.
fn over_quota(state: &State, instance: &str, quotas: bool) -> Option<String> {
    let there = state.numbers.values().filter(|one| one.instance == instance && one.lost_at.is_none()).count();
    (quotas && there >= QUOTA).then(|| format!("The instance has reached its limit of {QUOTA} claimed phone numbers"))
}

/// Moves a number to another instance, without its flow (botocore model, UpdatePhoneNumber).
fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("PhoneNumberId");
    let found = number::find(state, given)?;
    let reply = Response::json(json!({"PhoneNumberId": found.id, "PhoneNumberArn": found.arn}));
    let target = number::target(state, &call.input, call.context.now)?.id.clone();
    if number::is_repeated(found, call)? {
        return Ok(reply);
    }
    number::check_idle(found, call.context.now)?;
    check_callers(state, found)?;
    let failure = match found.instance == target {
        true => None,
        false => over_quota(state, &target, call.context.quotas),
    };
    let number = number::find_mut(state, given)?;
    number.busy_until = call.context.after(CLAIM);
    if failure.is_none() && number.instance != target {
        number.instance = target;
        number.flow = None;
    }
    number.failure = failure;
    number::remember(number, call);
    Ok(reply)
}

/// Returns an error if a queue uses the number for outbound calls (unverified).
fn check_callers(state: &State, number: &Number) -> Result<(), AwsError> {
    let Some(instance) = state.instances.get(&number.instance) else { return Ok(()) };
    let shows = |queue: &Queue| queue.outbound.as_ref().and_then(|outbound| outbound.number.as_ref()) == Some(&number.id);
    match resource::all::<Queue>(instance).find(|queue| shows(queue.details)) {
        Some(queue) => Err(in_use("Phone number", &number.id, &format!("the queue {}", queue.resource.name))),
        None => Ok(()),
    }
}

/// Releases a number, even if a flow is associated with it (administrator guide, "Release a phone number").
fn release(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("PhoneNumberId");
    let token = call.query("clientToken");
    let id = given.rsplit_once(":phone-number/").map_or(given, |(_, id)| id);
    if let Some(released) = token.and_then(|token| state.releases.get(token)) {
        // The message text is unverified.
        let other =
            || AwsError::new(409, "IdempotencyException", "The client token was used for a request with other parameters");
        return if released == id { Ok(Response::empty(200)) } else { Err(other()) };
    }
    let found = number::find(state, given)?;
    number::check_idle(found, call.context.now)?;
    check_callers(state, found)?;
    let id = found.id.clone();
    if let Some(token) = token {
        state.releases.insert(token.to_owned(), id.clone());
    }
    let until = call.context.after(COOLDOWN);
    remove_number(state, &id, call.context.now, until);
    Ok(Response::empty(200))
}

/// Removes a number, which is unavailable until the given time.
fn remove_number(state: &mut State, id: &str, now: OffsetDateTime, until: OffsetDateTime) {
    if let Some(number) = state.numbers.remove(id) {
        state.number_moves.push(now);
        state.cooling.insert(number.number, until);
    }
}

impl State {
    /// Whether [`advance_numbers`](Self::advance_numbers) has changes to apply.
    pub(super) fn has_unsettled_numbers(&self, now: OffsetDateTime) -> bool {
        let lost = |number: &Number| number.lost_at.is_some_and(|at| at <= now) || !self.instances.contains_key(&number.instance);
        self.numbers.values().any(lost)
            || self.cooling.values().any(|until| *until <= now)
            || self.number_moves.iter().any(|at| *at <= now - CLAIM_QUOTA_WINDOW)
    }

    /// Applies time-dependent changes: failed claims expire, and a deleted instance releases its numbers (administrator guide,
    /// "Delete your Amazon Connect instance").
    pub(super) fn advance_numbers(&mut self, context: &RequestContext) {
        let now = context.now;
        self.numbers.retain(|_, number| number.lost_at.is_none_or(|at| at > now));
        self.cooling.retain(|_, until| *until > now);
        self.number_moves.retain(|at| *at > now - CLAIM_QUOTA_WINDOW);
        let orphan = |number: &&Number| !self.instances.contains_key(&number.instance);
        let orphans: Vec<String> = self.numbers.values().filter(orphan).map(|number| number.id.clone()).collect();
        for id in orphans {
            remove_number(self, &id, now, context.after(COOLDOWN));
        }
    }
}
