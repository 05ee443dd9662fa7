//! A deployment: an immutable snapshot of a REST API, identified by the digest in its description.

use std::sync::Arc;

use deployer_engine::{Context, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{DeploymentOutputs, DeploymentProperties};
use serde_json::Value;

use super::rest_api;
use super::{join_id, required_field, split_id, stage};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;

type DeploymentLive = Live<DeploymentProperties, DeploymentOutputs>;

const GET: Operation = Operation::read("apigateway", "GetDeployment");
const LIST: Operation = Operation::read("apigateway", "GetDeployments");
const CREATE: Operation = Operation::create("apigateway", "CreateDeployment");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteDeployment");

const MARKER: &str = "deployer:";

/// The resource type `apigateway.deployment`.
pub struct Deployment(pub(crate) Arc<Provider>);

fn digest(description: Option<&str>) -> Option<&str> {
    description.and_then(|text| text.strip_prefix(MARKER))
}

fn live(api: &str, id: &str, digest: &str) -> DeploymentLive {
    let properties = DeploymentProperties { rest_api_id: api.to_owned(), digest: digest.to_owned() };
    Live { id: join_id(api, id), properties, outputs: DeploymentOutputs { id: id.to_owned() } }
}

impl Permissions for Deployment {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        operation_permissions(&[GET, LIST, stage::LIST, rest_api::GET, CREATE, DELETE], &provider.apigateway_arn("/restapis/*"))
    }
}

impl Resource for Deployment {
    type Definition = deployer_resources::Deployment;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &DeploymentProperties) -> Result<Option<DeploymentLive>> {
        let (api, own) = split_id(id)?;
        // A deployment never changes, and one that a stage serves cannot be deleted (API reference, DeleteDeployment).
        let stages = if cx.cache.is_some() { self.0.cached_stages(cx, api).await? } else { Arc::default() };
        if stages.iter().any(|stage| stage.deployment_id.as_deref() == Some(own)) {
            return Ok(Some(live(api, own, &hint.digest)));
        }
        let get = || self.0.apigateway.get_deployment().rest_api_id(api).deployment_id(own).send();
        let Some(seen) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        let description = seen.description.as_deref();
        Ok(Some(live(api, own, digest(description).or(description).unwrap_or_default())))
    }

    async fn owner(&self, cx: &Context, live: &DeploymentLive) -> Result<TagOwner> {
        self.0.owner_in_api(cx, None, split_id(&live.id)?.0).await
    }

    /// Finds the deployment by the marker in its description, as deployments have no tags.
    async fn find(&self, cx: &Context, wanted: &DeploymentProperties) -> Result<Lookup<DeploymentLive>> {
        let api = wanted.rest_api_id.as_str();
        let deployments = collect_pages(|position| async move {
            let list = || self.0.apigateway.get_deployments().rest_api_id(api).limit(500).set_position(position.clone()).send();
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.items.unwrap_or_default(), page.position))
        });
        let deployments = deployments.await.optional()?.unwrap_or_default();
        let same = deployments.into_iter().filter(|seen| digest(seen.description.as_deref()) == Some(&wanted.digest));
        let latest = same.max_by_key(|seen| seen.created_date.map(|date| date.as_nanos()));
        Ok(latest.and_then(|seen| seen.id).map_or(Lookup::NotFound, |id| Lookup::Owned(live(api, &id, &wanted.digest))))
    }

    async fn create(&self, cx: &Context, wanted: &DeploymentProperties) -> Result<DeploymentLive> {
        let (api, description) = (&wanted.rest_api_id, format!("{MARKER}{}", wanted.digest));
        let create = || self.0.apigateway.create_deployment().rest_api_id(api).description(&description).send();
        let id = required_field("the deployment's id", self.0.call(cx, CREATE, create).await?.id)?;
        Ok(live(api, &id, &wanted.digest))
    }

    async fn update(
        &self,
        _cx: &Context,
        live: &DeploymentLive,
        _wanted: &DeploymentProperties,
        _changed: &[PropertyPath],
    ) -> Result<DeploymentLive> {
        // Every change is a replacement, so there is nothing to update.
        Ok(live.clone())
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &DeploymentProperties) -> Result<()> {
        let (api, own) = split_id(id)?;
        let delete = || self.0.apigateway.delete_deployment().rest_api_id(api).deployment_id(own).send();
        let Err(mut error) = self.0.call(cx, DELETE, delete).await.optional() else { return Ok(()) };
        if error.class == ErrorClass::Conflict {
            let list = || self.0.apigateway.get_stages().rest_api_id(api).deployment_id(own).send();
            let stages = self.0.call(cx, stage::LIST, list).await?.item.unwrap_or_default();
            let names: Vec<String> = stages.into_iter().filter_map(|stage| stage.stage_name).collect();
            error.message = format!("the deployment {own} is still served by {}: {}", names.join(", "), error.message);
            error = error.with_help("point these stages to another deployment or delete them");
        }
        Err(error)
    }
}
