//! API keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::patch::{self, Kind, Row};
use super::{bad, compact, conflict, epoch, flag, missing, not_implemented, page, tags, unsupported};
use crate::error::AwsError;
use crate::request::{Request, string};
use crate::response::Response;
use crate::stored::stored;

/// Maximum number of API keys of one account and Region (API Gateway quotas page).
const MAX_KEYS: usize = 10_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    pub(crate) tags: BTreeMap<String, String>,
}

stored!(ApiKey);

const PATCHES: &[Row] = &[
    Row("replace", "/name", Kind::Text),
    Row("replace", "/description", Kind::Text),
    Row("replace", "/enabled", Kind::Flag),
    Row("replace", "/customerId", Kind::Text),
    Row("add", "/stages", Kind::Text),
    Row("remove", "/stages", Kind::Text),
];

impl ApiKey {
    /// Returns the `ApiKey` shape; the value only if requested.
    fn describe(&self, with_value: bool) -> Value {
        compact(json!({
            "id": self.id, "value": with_value.then_some(&self.value), "name": self.name, "description": self.description,
            "customerId": self.customer, "enabled": self.enabled, "createdDate": epoch(self.created),
            "lastUpdatedDate": epoch(self.updated), "stageKeys": [], "tags": self.tags,
        }))
    }
}

pub(super) fn unknown() -> AwsError {
    missing("Invalid API Key identifier specified")
}

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    unsupported(input, &["stageKeys"])?;
    // Deprecated: ids and values are always distinct.
    flag(input, "generateDistinctId")?;
    let text = |member: &str| Ok::<_, AwsError>(string(input, member)?.filter(|text| !text.is_empty()).map(str::to_owned));
    let keys = &mut state.keys;
    // A value has 20 to 128 characters and is unique in an account and Region (developer guide,
    // api-gateway-api-key-file-format).
    let value = match text("value")? {
        Some(value) if !(20..=128).contains(&value.chars().count()) => {
            return Err(bad("API Key value should be at least 20 characters and at most 128 characters"));
        }
        Some(value) if keys.values().any(|key| key.value == value) => return Err(conflict("API Key already exists")),
        Some(value) => value,
        None => call.context.id(40),
    };
    if keys.len() >= MAX_KEYS {
        return Err(AwsError::new(429, "LimitExceededException", "API Key limit exceeded"));
    }
    let key = ApiKey {
        id: call.context.id(10),
        value,
        name: text("name")?,
        description: text("description")?,
        customer: text("customerId")?,
        enabled: flag(input, "enabled")?,
        created: call.context.now,
        updated: call.context.now,
        tags: tags::read(input)?,
    };
    let shape = key.describe(true);
    keys.insert(key.id.clone(), key);
    Ok(Response::status(201, shape))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let with_values = call.query("includeValues") == Some("true");
    // Matches a name prefix (API reference: "The name of queried API keys").
    let fits = |key: &&ApiKey| {
        call.query("name").is_none_or(|wanted| key.name.as_deref().is_some_and(|name| name.starts_with(wanted)))
            && call.query("customerId").is_none_or(|wanted| key.customer.as_deref() == Some(wanted))
    };
    let found = state.keys.values().filter(fits);
    page(call, found.map(|key| (key.id.clone(), key.describe(with_values))))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let key = state.keys.get(call.path("api_Key")).ok_or_else(unknown)?;
    Ok(Response::json(key.describe(call.query("includeValue") == Some("true"))))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let key = state.keys.get_mut(call.path("api_Key")).ok_or_else(unknown)?;
    let text = |value: &str| Some(value.to_owned()).filter(|text| !text.is_empty());
    for patch in patch::read(&call.input, PATCHES)? {
        match patch.path {
            "/name" => key.name = text(patch.value),
            "/description" => key.description = text(patch.value),
            "/customerId" => key.customer = text(patch.value),
            "/enabled" => key.enabled = patch.flag(),
            path => return Err(not_implemented(&format!("the patch path {path}"))),
        }
    }
    key.updated = call.context.now;
    Ok(Response::json(key.describe(false)))
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("api_Key");
    state.keys.remove(id).ok_or_else(unknown)?;
    // A deleted key is removed from its plans.
    let plans: Vec<String> = state.plans.values().filter(|plan| plan.keys.contains(id)).map(|plan| plan.id.clone()).collect();
    for plan in plans {
        if let Some(plan) = state.plans.get_mut(&plan) {
            plan.keys.remove(id);
        }
    }
    Ok(Response::empty(202))
}
