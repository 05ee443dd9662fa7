//! Base path mappings from the paths of a domain to APIs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::State;
use super::patch::{self, Kind, Row};
use super::{bad, compact, conflict, domain, missing, page};
use crate::error::AwsError;
use crate::request::{Request, string};
use crate::response::Response;

/// The service's name for the empty path.
const NONE: &str = "(none)";

/// An API and an optional stage under a path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) api: String,
    /// Without a stage, the caller names it in the path.
    pub(crate) stage: Option<String>,
}

const PATCHES: &[Row] =
    &[Row("replace", "/basePath", Kind::Text), Row("replace", "/stage", Kind::Text), Row("replace", "/restapiId", Kind::Text)];

fn describe(path: &str, mapping: &Mapping) -> Value {
    let path = if path.is_empty() { NONE } else { path };
    compact(json!({"basePath": path, "restApiId": mapping.api, "stage": mapping.stage}))
}

/// Returns the key of a path: the empty path is "".
fn key(path: &str) -> &str {
    if path == NONE { "" } else { path }
}

fn unknown() -> AwsError {
    missing("Invalid base path mapping identifier specified")
}

fn check_path(path: &str) -> Result<(), AwsError> {
    if path.chars().all(|c| c.is_ascii_alphanumeric() || "$-_.+!*'()".contains(c)) {
        return Ok(());
    }
    Err(bad("API Gateway V1 base path names may only contain letters, numbers and one of $-_.+!*'()"))
}

fn check_target(state: &State, mapping: &Mapping, account: &str) -> Result<(), AwsError> {
    let api = state.apis.get(&mapping.api);
    let api = api.ok_or_else(|| bad(format!("Invalid API identifier specified {}:{}", account, mapping.api)))?;
    match &mapping.stage {
        Some(stage) if !api.stages.contains_key(stage) => Err(bad("Invalid stage identifier specified")),
        _ => Ok(()),
    }
}

fn check_free(domain: &domain::Domain, path: &str) -> Result<(), AwsError> {
    if domain.mappings.contains_key(path) {
        return Err(conflict("Base path already exists for this domain name"));
    }
    if path.is_empty() && !domain.mappings.is_empty() || domain.mappings.contains_key("") {
        return Err(conflict("Only one base path mapping is allowed if the base path is empty."));
    }
    Ok(())
}

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    domain::find(state, call)?;
    let path = key(string(input, "basePath")?.unwrap_or_default()).to_owned();
    let api = string(input, "restApiId")?.ok_or_else(|| bad("RestApi id must be specified"))?.to_owned();
    let mapping = Mapping { api, stage: string(input, "stage")?.filter(|stage| !stage.is_empty()).map(str::to_owned) };
    check_path(&path)?;
    check_target(state, &mapping, &call.context.account)?;
    let domain = domain::find_mut(state, call)?;
    check_free(domain, &path)?;
    let shape = describe(&path, &mapping);
    domain.mappings.insert(path, mapping);
    Ok(Response::status(201, shape))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let mappings = &domain::find(state, call)?.mappings;
    page(call, mappings.iter().map(|(path, mapping)| (format!("/{path}"), describe(path, mapping))))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let path = key(call.path("base_path"));
    let mapping = domain::find(state, call)?.mappings.get(path).ok_or_else(unknown)?;
    Ok(Response::json(describe(path, mapping)))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let old = key(call.path("base_path")).to_owned();
    let mut domain = domain::find(state, call)?.clone();
    let mut mapping = domain.mappings.remove(&old).ok_or_else(unknown)?;
    let mut path = old.clone();
    for patch in patch::read(&call.input, PATCHES)? {
        match patch.path {
            "/basePath" => path = key(patch.value).to_owned(),
            "/stage" => mapping.stage = Some(patch.value.to_owned()).filter(|stage| !stage.is_empty()),
            _ => patch.value.clone_into(&mut mapping.api),
        }
    }
    check_path(&path)?;
    check_target(state, &mapping, &call.context.account)?;
    check_free(&domain, &path)?;
    let shape = describe(&path, &mapping);
    domain.mappings.insert(path, mapping);
    *domain::find_mut(state, call)? = domain;
    Ok(Response::json(shape))
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let path = key(call.path("base_path"));
    domain::find_mut(state, call)?.mappings.remove(path).ok_or_else(unknown)?;
    Ok(Response::empty(202))
}
