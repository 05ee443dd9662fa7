//! Usage plans: the stages that API keys may use, with rate limits and quotas.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::State;
use super::patch::{self, Kind, Patch, Row};
use super::{bad, compact, conflict, key, missing, not_implemented, page, tags, unsupported};
use crate::error::AwsError;
use crate::request::{Request, string};
use crate::response::Response;
use crate::stored::stored;

/// Maximum number of usage plans of one account and Region, and of plans of one key (API Gateway quotas page).
const MAX_PLANS: usize = 300;
const MAX_PLANS_OF_KEY: usize = 10;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// API id and stage name.
    pub(crate) stages: BTreeSet<(String, String)>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
    pub(crate) keys: BTreeSet<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

stored!(Plan);

/// Requests per second, and burst size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throttle {
    pub(crate) rate: f64,
    pub(crate) burst: i64,
}

/// Requests per period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quota {
    pub(crate) limit: i64,
    pub(crate) offset: i64,
    pub(crate) period: String,
}

const PERIODS: &[&str] = &["DAY", "WEEK", "MONTH"];

const PATCHES: &[Row] = &[
    Row("replace", "/name", Kind::Text),
    Row("replace", "/description", Kind::Text),
    Row("replace", "/throttle/rateLimit", Kind::Number),
    Row("replace", "/throttle/burstLimit", Kind::Whole),
    Row("replace", "/throttle", Kind::Text),
    Row("add", "/throttle", Kind::Text),
    Row("remove", "/throttle", Kind::Nothing),
    Row("replace", "/quota/limit", Kind::Whole),
    Row("replace", "/quota/offset", Kind::Whole),
    Row("replace", "/quota/period", Kind::OneOf(PERIODS)),
    Row("replace", "/quota", Kind::Text),
    Row("add", "/quota", Kind::Text),
    Row("remove", "/quota", Kind::Nothing),
    Row("add", "/apiStages", Kind::Text),
    Row("remove", "/apiStages", Kind::Text),
    Row("replace", "/productCode", Kind::Text),
    Row("remove", "/productCode", Kind::Nothing),
];

impl Plan {
    fn describe(&self) -> Value {
        let stages: Vec<Value> = self.stages.iter().map(|(api, stage)| json!({"apiId": api, "stage": stage})).collect();
        let throttle = self.throttle.map(|limits| json!({"rateLimit": limits.rate, "burstLimit": limits.burst}));
        let quota =
            self.quota.as_ref().map(|quota| json!({"limit": quota.limit, "offset": quota.offset, "period": quota.period}));
        compact(json!({
            "id": self.id, "name": self.name, "description": self.description, "apiStages": stages, "throttle": throttle,
            "quota": quota, "tags": self.tags,
        }))
    }
}

fn unknown() -> AwsError {
    missing("Invalid Usage Plan identifier specified")
}

fn throttle(input: &Value) -> Result<Option<Throttle>, AwsError> {
    let Some(given) = input.get("throttle").filter(|value| !value.is_null()) else { return Ok(None) };
    let rate = given["rateLimit"].as_f64().unwrap_or_default();
    let burst = given["burstLimit"].as_i64().unwrap_or_default();
    if rate < 0.0 || burst < 0 {
        return Err(bad("Usage Plan throttle rate limit and burst limit must not be negative"));
    }
    Ok(Some(Throttle { rate, burst }))
}

fn quota(input: &Value) -> Result<Option<Quota>, AwsError> {
    let Some(given) = input.get("quota").filter(|value| !value.is_null()) else { return Ok(None) };
    let limit = given["limit"].as_i64().unwrap_or_default();
    let period = given["period"].as_str().unwrap_or_default();
    if limit < 1 || !PERIODS.contains(&period) {
        // The message text is unverified.
        return Err(bad("Usage Plan quota must have a positive limit and a period: one of [DAY, WEEK, MONTH]"));
    }
    Ok(Some(Quota { limit, offset: given["offset"].as_i64().unwrap_or_default(), period: period.to_owned() }))
}

/// Returns the stage, if it exists (error text: aws-cdk#6169 and aws-sdk#354, in which AWS leaves the placeholders unfilled).
fn stage(state: &State, api: &str, stage: &str) -> Result<(String, String), AwsError> {
    match state.apis.get(api).is_some_and(|api| api.stages.contains_key(stage)) {
        true => Ok((api.to_owned(), stage.to_owned())),
        false => Err(bad("Invalid API Stage {api: %s, stage: %s} specified for usageplan %s")),
    }
}

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let name = string(input, "name")?.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| bad("Usage Plan name cannot be blank"))?.to_owned();
    let id = call.context.id(6);
    let mut stages = BTreeSet::new();
    for given in input["apiStages"].as_array().into_iter().flatten() {
        unsupported(given, &["throttle"])?;
        let (api, name) = (given["apiId"].as_str().unwrap_or_default(), given["stage"].as_str().unwrap_or_default());
        stages.insert(stage(state, api, name)?);
    }
    if state.plans.len() >= MAX_PLANS {
        return Err(AwsError::new(429, "LimitExceededException", "Usage Plan limit exceeded"));
    }
    let description = string(input, "description")?.filter(|text| !text.is_empty()).map(str::to_owned);
    let plan = Plan {
        id: id.clone(),
        name,
        description,
        stages,
        throttle: throttle(input)?,
        quota: quota(input)?,
        keys: BTreeSet::new(),
        tags: tags::read(input)?,
    };
    let shape = plan.describe();
    state.plans.insert(id, plan);
    Ok(Response::status(201, shape))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let fits = |plan: &&Plan| call.query("keyId").is_none_or(|key| plan.keys.contains(key));
    page(call, state.plans.values().filter(fits).map(|plan| (plan.id.clone(), plan.describe())))
}

fn find<'a>(state: &'a State, call: &Request) -> Result<&'a Plan, AwsError> {
    state.plans.get(call.path("usageplanId")).ok_or_else(unknown)
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    Ok(Response::json(find(state, call)?.describe()))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let mut plan = find(state, call)?.clone();
    for patch in patch::read(&call.input, PATCHES)? {
        change(state, &mut plan, &patch)?;
    }
    let shape = plan.describe();
    state.plans.insert(plan.id.clone(), plan);
    Ok(Response::json(shape))
}

fn change(state: &State, plan: &mut Plan, patch: &Patch<'_>) -> Result<(), AwsError> {
    let value = patch.value;
    match (patch.op, patch.path) {
        (_, "/name") if value.trim().is_empty() => return Err(bad("Usage Plan name cannot be blank")),
        (_, "/name") => plan.name = value.to_owned(),
        (_, "/description") => plan.description = Some(value.to_owned()).filter(|text| !text.is_empty()),
        (_, "/throttle/rateLimit") => plan.throttle.get_or_insert_default().rate = value.parse().unwrap_or_default(),
        (_, "/throttle/burstLimit") => plan.throttle.get_or_insert_default().burst = value.parse().unwrap_or_default(),
        ("remove", "/throttle") => plan.throttle = None,
        (_, "/quota/limit") => plan.quota.get_or_insert_default().limit = value.parse().unwrap_or_default(),
        (_, "/quota/offset") => plan.quota.get_or_insert_default().offset = value.parse().unwrap_or_default(),
        (_, "/quota/period") => plan.quota.get_or_insert_default().period = value.to_owned(),
        ("remove", "/quota") => plan.quota = None,
        (op, "/apiStages") => {
            // Message text from boto3#2629.
            let invalid = || bad("Invalid API Stage specified");
            let (api, name) = value.split_once(':').ok_or_else(invalid)?;
            match op {
                "add" => drop(plan.stages.insert(stage(state, api, name)?)),
                _ if plan.stages.remove(&(api.to_owned(), name.to_owned())) => {}
                _ => return Err(invalid()),
            }
        }
        (_, path) => return Err(not_implemented(&format!("the patch path {path}"))),
    }
    Ok(())
}

/// Deletes a plan; one with stages is refused (aws-sdk-js#3841).
pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let plan = find(state, call)?;
    if let Some((api, stage)) = plan.stages.first() {
        return Err(bad(format!(
            "Cannot delete Usage Plan {} because there are API Stages associated with it, including {api}:{stage}",
            plan.id
        )));
    }
    let id = plan.id.clone();
    state.plans.remove(&id);
    Ok(Response::empty(202))
}

/// Removes a deleted stage, or all stages of an API, from every plan. That AWS does so is unverified.
pub(super) fn forget(state: &mut State, api: &str, stage: Option<&str>) {
    let gone = |one: &(String, String)| one.0 == api && stage.is_none_or(|stage| one.1 == stage);
    let plans: Vec<String> =
        state.plans.values().filter(|plan| plan.stages.iter().any(gone)).map(|plan| plan.id.clone()).collect();
    for id in plans {
        if let Some(plan) = state.plans.get_mut(&id) {
            plan.stages.retain(|one| !gone(one));
        }
    }
}

fn key_shape(state: &State, id: &str) -> Value {
    let key = state.keys.get(id);
    compact(
        json!({"id": id, "type": "API_KEY", "value": key.map(|key| &key.value), "name": key.and_then(|key| key.name.as_ref())}),
    )
}

pub(crate) fn add_key(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let id = string(&call.input, "keyId")?.unwrap_or_default().to_owned();
    if string(&call.input, "keyType")? != Some("API_KEY") {
        return Err(bad("Invalid Usage Plan Key type specified. Must be one of: [API_KEY]"));
    }
    let plan = find(state, call)?;
    if !state.keys.contains_key(&id) {
        return Err(key::unknown());
    }
    if plan.keys.contains(&id) {
        return Err(conflict("Usage Plan Key already exists for this Usage Plan"));
    }
    let others: Vec<&Plan> = state.plans.values().filter(|other| other.keys.contains(&id)).collect();
    if others.len() >= MAX_PLANS_OF_KEY {
        return Err(AwsError::new(429, "LimitExceededException", "Usage Plan limit of the API Key exceeded"));
    }
    // "an API key cannot be associated with more than one usage plan for the same API stage" (developer guide, usage plans).
    if let Some((api, stage)) = others.iter().flat_map(|other| &other.stages).find(|stage| plan.stages.contains(*stage)) {
        return Err(conflict(format!("API Key is already associated with API Stage {api}:{stage} by another Usage Plan")));
    }
    let shape = key_shape(state, &id);
    let plan = plan.id.clone();
    state.plans.get_mut(&plan).ok_or_else(unknown)?.keys.insert(id);
    Ok(Response::status(201, shape))
}

pub(crate) fn list_keys(state: &State, call: &Request) -> Result<Response, AwsError> {
    let name = |id: &str| state.keys.get(id).and_then(|key| key.name.clone()).unwrap_or_default();
    let wanted = call.query("name").unwrap_or_default();
    let keys = find(state, call)?.keys.iter().filter(|id| name(id).starts_with(wanted));
    page(call, keys.map(|id| (id.clone(), key_shape(state, id))))
}

pub(crate) fn get_key(state: &State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("keyId");
    match find(state, call)?.keys.contains(id) {
        true => Ok(Response::json(key_shape(state, id))),
        false => Err(missing("Invalid Usage Plan Key identifier specified")),
    }
}

pub(crate) fn remove_key(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let plan = find(state, call)?.id.clone();
    match state.plans.get_mut(&plan).is_some_and(|plan| plan.keys.remove(call.path("keyId"))) {
        true => Ok(Response::empty(202)),
        false => Err(missing("Invalid Usage Plan Key identifier specified")),
    }
}
