//! Deployments: snapshots of the API tree.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::api::{self, Api};
use super::patch::{self, Kind, Row};
use super::stage::Stage;
use super::tree::Tree;
use super::{bad, compact, epoch, missing, page, tree_operations, unsupported};
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;
use crate::shared::Shared;
use crate::stored::stored;

/// A deployment, which stages serve.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created: OffsetDateTime,
    pub(crate) snapshot: Shared<Snapshot>,
}

stored!(Deployment);

/// Snapshot of an API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) tree: Tree,
    pub(crate) binary_media_types: Vec<String>,
}

const PATCHES: &[Row] = &[Row("replace", "/description", Kind::Text)];

impl Deployment {
    fn describe(&self, summary: bool) -> Value {
        let mut shape = compact(json!({"id": self.id, "description": self.description, "createdDate": epoch(self.created)}));
        if summary {
            shape["apiSummary"] = tree_operations::summary(&self.snapshot.tree);
        }
        shape
    }
}

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let api = api::find_mut(state, call)?;
    unsupported(input, &["cacheClusterEnabled", "cacheClusterSize", "canarySettings"])?;
    let methods = || api.tree.resources.values().flat_map(|resource| resource.methods.values());
    if methods().next().is_none() {
        return Err(bad("The REST API doesn't contain any methods"));
    }
    if methods().any(|method| method.integration.is_none()) {
        return Err(bad("No integration defined for method"));
    }
    let deployment = Deployment {
        id: call.context.id(6),
        description: string(input, "description")?.filter(|text| !text.is_empty()).map(str::to_owned),
        created: call.context.now,
        snapshot: Shared::new(Snapshot { tree: api.tree.clone(), binary_media_types: api.binary_media_types.clone() }),
    };
    if let Some(name) = string(input, "stageName")?.filter(|name| !name.is_empty()) {
        point(api, name, input, &deployment.id, &call.context)?;
    }
    let shape = deployment.describe(false);
    api.deployments.insert(deployment.id.clone(), deployment);
    Ok(Response::status(201, shape))
}

/// Creates the stage of a deployment with a stage name, or updates it to serve the deployment.
fn point(api: &mut Api, name: &str, input: &Value, deployment: &str, context: &RequestContext) -> Result<(), AwsError> {
    let description = string(input, "stageDescription")?.map(str::to_owned);
    match api.stages.get_mut(name) {
        Some(stage) => {
            deployment.clone_into(&mut stage.deployment);
            stage.description = description.or(stage.description.take());
            stage.updated = context.now;
        }
        None => {
            let mut stage = Stage::new(name, deployment, input, context)?;
            stage.description = description;
            api.stages.insert(name.to_owned(), stage);
        }
    }
    Ok(())
}

fn unknown() -> AwsError {
    missing("Invalid Deployment identifier specified")
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let deployments = &api::find(state, call)?.deployments;
    page(call, deployments.values().map(|deployment| (deployment.id.clone(), deployment.describe(false))))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let summary = call.query.iter().any(|(name, value)| name == "embed" && value.eq_ignore_ascii_case("apisummary"));
    let deployment = api::find(state, call)?.deployments.get(call.path("deployment_id")).ok_or_else(unknown)?;
    Ok(Response::json(deployment.describe(summary)))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let deployment = api::find_mut(state, call)?.deployments.get_mut(call.path("deployment_id")).ok_or_else(unknown)?;
    for patch in patch::read(&call.input, PATCHES)? {
        deployment.description = Some(patch.value.to_owned()).filter(|text| !text.is_empty());
    }
    Ok(Response::json(deployment.describe(false)))
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let api = api::find_mut(state, call)?;
    let id = call.path("deployment_id");
    if !api.deployments.contains_key(id) {
        return Err(unknown());
    }
    if api.stages.values().any(|stage| stage.deployment == id) {
        return Err(bad("Active stages pointing to this deployment must be moved or deleted"));
    }
    api.deployments.remove(id);
    Ok(Response::empty(202))
}
