//! Operations on stages.

use serde_json::json;

use super::mapping::Mapping;
use super::patch;
use super::stage::{MAX_STAGES, PATCHES, Stage, check_variable, escape, no_log_role, unknown};
use super::{State, api, bad, conflict, missing, not_implemented, plan};
use crate::error::AwsError;
use crate::request::{Request, string};
use crate::response::Response;

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let api = api::find_mut(state, call)?;
    let name = string(input, "stageName")?.ok_or_else(|| bad("Stage name must be specified"))?;
    let deployment = string(input, "deploymentId")?.unwrap_or_default();
    let stage = Stage::new(name, deployment, input, &call.context)?;
    if api.stages.contains_key(name) {
        return Err(conflict("Stage already exists"));
    }
    if !api.deployments.contains_key(deployment) {
        return Err(bad("Deployment id does not exist"));
    }
    if api.stages.len() >= MAX_STAGES {
        return Err(AwsError::new(429, "LimitExceededException", "Maximum number of Stages for this API has been reached"));
    }
    let shape = stage.describe();
    api.stages.insert(name.to_owned(), stage);
    Ok(Response::status(201, shape))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let wanted = call.query("deploymentId");
    let stages = api::find(state, call)?.stages.values().filter(|stage| wanted.is_none_or(|wanted| stage.deployment == wanted));
    Ok(Response::json(json!({"item": stages.map(Stage::describe).collect::<Vec<_>>()})))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let stage = api::find(state, call)?.stages.get(call.path("stage_name")).ok_or_else(unknown)?;
    Ok(Response::json(stage.describe()))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let api = api::find_mut(state, call)?;
    let mut stage = api.stages.get(call.path("stage_name")).cloned().ok_or_else(unknown)?;
    for patch in patch::read(&call.input, PATCHES)? {
        match (patch.op, patch.path) {
            (_, "/deploymentId") if !api.deployments.contains_key(patch.value) => {
                return Err(missing("Invalid Deployment identifier specified"));
            }
            (_, "/deploymentId") => stage.deployment = patch.value.to_owned(),
            (_, "/description") => stage.description = Some(patch.value.to_owned()).filter(|text| !text.is_empty()),
            (_, "/tracingEnabled") => stage.tracing = patch.flag(),
            ("remove", "/variables/{name}") => {
                stage.variables.remove(patch.part(0)).ok_or_else(|| bad("Invalid stage variable specified"))?;
            }
            (_, "/variables/{name}") => {
                check_variable(patch.part(0), patch.value)?;
                stage.variables.insert(patch.part(0).to_owned(), patch.value.to_owned());
            }
            (_, "/accessLogSettings/destinationArn" | "/accessLogSettings/format") => return Err(no_log_role()),
            (_, "/accessLogSettings") => {}
            (_, "/cacheClusterEnabled") if !patch.flag() => {}
            (_, "/documentationVersion" | "/clientCertificateId" | "/cacheClusterSize") if patch.value.is_empty() => {}
            (_, "/documentationVersion" | "/clientCertificateId" | "/cacheClusterSize" | "/cacheClusterEnabled") => {
                return Err(not_implemented(&format!("the patch path {}", patch.path)));
            }
            ("remove", _) => {
                let key = format!("{}/{}", key_of(patch.part(0)), patch.part(1));
                stage.settings.remove(&key).ok_or_else(|| {
                    bad(format!("Cannot remove method setting {key} because there is no method setting for this method"))
                })?;
            }
            _ => {
                let key = format!("{}/{}", key_of(patch.part(0)), patch.part(1));
                stage.settings.entry(key).or_default().set(&patch)?;
            }
        }
    }
    stage.updated = call.context.now;
    let shape = stage.describe();
    api.stages.insert(stage.name.clone(), stage);
    Ok(Response::json(shape))
}

/// Returns the settings key of a resource path as spelled in patches: `pets~1{id}` and, for the root, `~1`.
fn key_of(resource: &str) -> String {
    match resource {
        "*" => "*".to_owned(),
        path if path.starts_with('/') => escape(path),
        path => escape(&format!("/{path}")),
    }
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let api = api::find(state, call)?;
    let stage = api.stages.get(call.path("stage_name")).ok_or_else(unknown)?;
    let leads = |mapping: &Mapping| mapping.api == api.id && mapping.stage.as_ref() == Some(&stage.name);
    // hashicorp/terraform-provider-aws#41651. That mappings without a stage do not count is unverified.
    if state.domains.values().any(|domain| domain.mappings.values().any(leads)) {
        return Err(bad(format!(
            "Deleting stage {} failed. Please remove all base path mappings related to the stage in your domains.",
            stage.name
        )));
    }
    api::find_mut(state, call)?.stages.remove(call.path("stage_name"));
    plan::forget(state, call.path("restapi_id"), Some(call.path("stage_name")));
    Ok(Response::empty(202))
}
