//! Instances, which are created and deleted asynchronously.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::State;
use super::arguments::{self, Paging, REQUEST, refused};
use super::types::{Instance, bare_id, instance::not_found};
use super::{attribute, default_content};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, one_in, read, write};
use crate::persistent_map::PersistentMap;
use crate::request::{Request, string};
use crate::response::Response;

/// Duration of a creation: "1 to 3 minutes" by the records of Terraform's acceptance runs.
const CREATION: Duration = Duration::from_secs(90);
const DELETION: Duration = Duration::from_secs(60);
/// Time for which an instance with a failed creation is shown (botocore model, InstanceStatusReason).
const FAILED_FOR: Duration = Duration::from_secs(86_400);
/// Maximum number of instances in an account and Region, unless AWS has raised it (administrator guide, quotas).
const INSTANCES: usize = 2;
/// Maximum number of creations and deletions in [`ATTEMPTS_SPAN`] (administrator guide, feature limits).
const ATTEMPTS: usize = 100;
const ATTEMPTS_SPAN: time::Duration = time::Duration::days(30);

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateInstance", create).at("PUT /instance").rate(one_in(10)),
    read("DescribeInstance", describe).at("GET /instance/{InstanceId}"),
    read("ListInstances", list).at("GET /instance"),
    write("DeleteInstance", delete).at("DELETE /instance/{InstanceId}").rate(one_in(10)),
];

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let wanted = CreateInput::read(input)?;
    let now = call.context.now;
    let token = string(input, "ClientToken")?;
    let earlier =
        state.instances.values().find(|one| token.is_some() && one.token.as_ref().map(|(token, _)| token.as_str()) == token);
    if let Some(earlier) = earlier {
        if earlier.token.as_ref().is_none_or(|(_, given)| given != input) {
            // The message text is unverified.
            return Err(refused(REQUEST, "The client token was used for a request with other parameters"));
        }
        return Ok(Response::json(json!({"Id": earlier.id, "Arn": earlier.arn})));
    }
    check_room(state, call, wanted.alias.as_deref())?;
    count_attempt(state, call)?;
    let id = call.context.uuid();
    let arn = format!("arn:aws:connect:{}:{}:instance/{id}", call.context.region, call.context.account);
    let mut attributes = attribute::defaults();
    attributes.insert("INBOUND_CALLS".to_owned(), wanted.inbound);
    attributes.insert("OUTBOUND_CALLS".to_owned(), wanted.outbound);
    let (flows, resources) = default_content::new(&arn, &call.context);
    // The message text is unverified.
    let failure = call.fails_async().then(|| "The instance could not be created".to_owned());
    let instance = Instance {
        id: id.clone(),
        arn: arn.clone(),
        levels: Vec::new(),
        vocabularies: PersistentMap::default(),
        default_vocabularies: BTreeMap::new(),
        alias: wanted.alias,
        identity: wanted.identity,
        created: now,
        active_at: call.context.after(CREATION),
        gone_at: failure.as_ref().map(|_| call.context.after(CREATION + FAILED_FOR)),
        failure,
        token: token.map(|token| (token.to_owned(), input.clone())),
        attributes,
        functions: BTreeSet::new(),
        function_tokens: BTreeMap::new(),
        flows,
        resources,
        tags: wanted.tags,
        modules: PersistentMap::default(),
        storage: BTreeMap::new(),
        bots: BTreeSet::new(),
        bot_tokens: BTreeMap::new(),
        executions: PersistentMap::default(),
        predefined_attributes: BTreeMap::new(),
        test_cases: PersistentMap::default(),
    };
    state.instances.insert(id.clone(), instance);
    Ok(Response::json(json!({"Id": id, "Arn": arn})))
}

fn check_room(state: &State, call: &Request, alias: Option<&str>) -> Result<(), AwsError> {
    let there = || state.instances.values().filter(|one| !one.has_failed(call.context.now));
    let taken = |one: &Instance| {
        alias.is_some() && one.alias.as_deref().map(str::to_ascii_lowercase) == alias.map(str::to_ascii_lowercase)
    };
    if there().any(taken) {
        // As recorded in terraform-provider-aws#38115.
        return Err(refused(REQUEST, "Invalid Input. Instance alias is already used."));
    }
    if call.context.quotas && there().count() >= INSTANCES {
        // The message text is unverified.
        return Err(AwsError::new(
            402,
            "ServiceQuotaExceededException",
            "The number of instances in this account has reached its quota",
        ));
    }
    Ok(())
}

/// Counts a creation or deletion against the account's quota.
fn count_attempt(state: &mut State, call: &Request) -> Result<(), AwsError> {
    let attempts = &mut state.attempts;
    attempts.retain(|at| *at > call.context.now - ATTEMPTS_SPAN);
    if attempts.len() >= ATTEMPTS {
        let message = "Your account has been flagged for an excessive number of creation and deletion attempts";
        return Err(AwsError::new(402, "ServiceQuotaExceededException", message));
    }
    attempts.push(call.context.now);
    Ok(())
}

/// Validated input of `CreateInstance`.
struct CreateInput {
    alias: Option<String>,
    identity: String,
    inbound: bool,
    outbound: bool,
    tags: BTreeMap<String, String>,
}

impl CreateInput {
    fn read(input: &Value) -> Result<Self, AwsError> {
        let mut faults = ValidationErrors::default();
        let identity = faults.required("identityManagementType", string(input, "IdentityManagementType")?);
        faults.one_of("identityManagementType", identity, &["SAML", "CONNECT_MANAGED", "EXISTING_DIRECTORY"]);
        let alias = string(input, "InstanceAlias")?;
        faults.length("instanceAlias", alias, 1..=45);
        faults.pattern("instanceAlias", alias, r"^(?!d-)([\da-zA-Z]+)([-]*[\da-zA-Z])*$", is_alias);
        let directory = string(input, "DirectoryId")?;
        faults.length("directoryId", directory, 12..=12);
        faults.length("clientToken", string(input, "ClientToken")?, 0..=500);
        let inbound = arguments::boolean(input, "InboundCallsEnabled", "inboundCallsEnabled", &mut faults)?;
        let outbound = arguments::boolean(input, "OutboundCallsEnabled", "outboundCallsEnabled", &mut faults)?;
        let tags = arguments::tags(input, "Tags", &mut faults)?;
        faults.refuse(REQUEST)?;
        // API reference, CreateInstance: an alias is required unless a directory is given, which only EXISTING_DIRECTORY
        // accepts. The message texts are unverified.
        match (identity, alias, directory) {
            (Some("EXISTING_DIRECTORY"), _, Some(_)) => return Err(AwsError::new(501, "NotImplemented", "DirectoryId")),
            (Some("EXISTING_DIRECTORY"), _, None) => {
                return Err(refused(REQUEST, "DirectoryId is required for EXISTING_DIRECTORY"));
            }
            (_, _, Some(_)) => return Err(refused(REQUEST, "DirectoryId is allowed for EXISTING_DIRECTORY only")),
            (_, None, None) => return Err(refused(REQUEST, "InstanceAlias is required")),
            _ => {}
        }
        Ok(Self { alias: alias.map(str::to_owned), identity: identity.unwrap_or_default().to_owned(), inbound, outbound, tags })
    }
}

fn is_alias(alias: &str) -> bool {
    !alias.starts_with("d-") && crate::check::word(alias, "-") && !alias.starts_with('-') && !alias.ends_with('-')
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.instance(call.path("InstanceId")).ok_or_else(not_found)?;
    let mut described = instance.summary(&call.context.account, call.context.now);
    described["Tags"] = json!(instance.tags);
    if let Some(failure) = instance.failure.as_ref().filter(|_| instance.has_failed(call.context.now)) {
        described["StatusReason"] = json!({"Message": failure});
    }
    Ok(Response::json(json!({"Instance": described})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 10, REQUEST)?;
    paging.response(
        "InstanceSummaryList",
        state.instances.iter().map(|(id, one)| (id, one.summary(&call.context.account, call.context.now))),
    )
}

/// Begins the deletion, also of an instance with a failed creation; a second request during deletion changes nothing
/// (unverified).
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("InstanceId");
    let instance = state.instance(id).ok_or_else(not_found)?;
    let gone_at = call.context.after(DELETION);
    let has_failed = instance.has_failed(call.context.now);
    if call.context.now < instance.active_at {
        return Err(refused(REQUEST, "Instance is not active"));
    }
    if instance.gone_at.is_some_and(|at| !has_failed || at <= gone_at) {
        return Ok(Response::empty(200));
    }
    if !has_failed {
        instance.check_active(call.context.now)?;
    }
    count_attempt(state, call)?;
    if let Some(instance) = state.instances.get_mut(bare_id(id)) {
        instance.gone_at = Some(gone_at);
    }
    Ok(Response::empty(200))
}
