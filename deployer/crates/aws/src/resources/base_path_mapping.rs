//! A base path mapping of a custom domain: the stage of a REST API that is served under a path.

use std::sync::Arc;

use aws_sdk_apigateway::types::Op as Patch;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{BasePathMappingOutputs, BasePathMappingProperties};
use serde_json::Value;

use super::{domain_name, join_id, patch, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type MappingLive = Live<BasePathMappingProperties, BasePathMappingOutputs>;

const GET: Operation = Operation::read("apigateway", "GetBasePathMapping");
const CREATE: Operation = Operation::create("apigateway", "CreateBasePathMapping");
const UPDATE: Operation = Operation::idempotent("apigateway", "UpdateBasePathMapping");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteBasePathMapping");

/// API Gateway's spelling of the empty path (API reference, GetBasePathMapping).
const NONE: &str = "(none)";

/// The resource type `apigateway.base_path_mapping`.
pub struct BasePathMapping(pub(crate) Arc<Provider>);

fn spelled(base_path: &str) -> &str {
    if base_path.is_empty() { NONE } else { base_path }
}

fn live(properties: BasePathMappingProperties) -> MappingLive {
    let id = join_id(&properties.domain, spelled(&properties.base_path));
    let outputs = BasePathMappingOutputs { base_path: properties.base_path.clone() };
    Live { id, properties, outputs }
}

impl BasePathMapping {
    /// Reads the mapping by the path in API Gateway's spelling.
    async fn look(&self, cx: &Context, domain: &str, spelled: &str) -> Result<Option<MappingLive>> {
        let get = || self.0.apigateway.get_base_path_mapping().domain_name(domain).base_path(spelled).send();
        let Some(seen) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        Ok(Some(live(BasePathMappingProperties {
            domain: domain.to_owned(),
            base_path: if spelled == NONE { String::new() } else { spelled.to_owned() },
            rest_api_id: seen.rest_api_id.unwrap_or_default(),
            stage: seen.stage.unwrap_or_default(),
        })))
    }

    /// Checks whether the domain belongs to this project and environment; the error gives the reason if it does not.
    async fn owned(&self, cx: &Context, domain: &str) -> Result<Result<(), String>> {
        let domain = self.0.cached_domain(cx, domain).await?;
        Ok(tags::check_environment(&tags::readable(domain.and_then(|domain| domain.tags)), cx))
    }
}

impl Permissions for BasePathMapping {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let domain = provider.apigateway_arn(&format!("/domainnames/{}", named(wanted, "domain")));
        [
            operation_permissions(&[domain_name::GET], &domain),
            operation_permissions(&[GET, CREATE, UPDATE, DELETE], &format!("{domain}/*")),
        ]
        .concat()
    }
}

impl Resource for BasePathMapping {
    type Definition = deployer_resources::BasePathMapping;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &BasePathMappingProperties) -> Result<Option<MappingLive>> {
        let (domain, spelled) = split_id(id)?;
        self.look(cx, domain, spelled).await
    }

    async fn owner(&self, cx: &Context, live: &MappingLive) -> Result<TagOwner> {
        let (domain, _) = split_id(&live.id)?;
        let seen = self.0.cached_domain(cx, domain).await?;
        Ok(tags::parent_owner(seen.map(|seen| tags::readable(seen.tags)), &format!("the domain {domain}"), cx))
    }

    /// Finds the mapping by domain and path. A mapping has no tags: it is owned if its domain is.
    async fn find(&self, cx: &Context, wanted: &BasePathMappingProperties) -> Result<Lookup<MappingLive>> {
        let Some(live) = self.look(cx, &wanted.domain, spelled(&wanted.base_path)).await? else { return Ok(Lookup::NotFound) };
        Ok(match self.owned(cx, &wanted.domain).await? {
            Ok(()) => Lookup::Owned(live),
            Err(why) => Lookup::Unowned { live, why: format!("the domain {}: {why}", wanted.domain) },
        })
    }

    async fn create(&self, cx: &Context, wanted: &BasePathMappingProperties) -> Result<MappingLive> {
        let path = Some(wanted.base_path.clone()).filter(|path| !path.is_empty());
        let create = || {
            let request = self.0.apigateway.create_base_path_mapping().domain_name(&wanted.domain);
            request.set_base_path(path.clone()).rest_api_id(&wanted.rest_api_id).stage(&wanted.stage).send()
        };
        self.0.call(cx, CREATE, create).await?;
        Ok(live(wanted.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        before: &MappingLive,
        wanted: &BasePathMappingProperties,
        _changed: &[PropertyPath],
    ) -> Result<MappingLive> {
        let was = &before.properties;
        // The path is spelled with a lower-case a (API reference, UpdateBasePathMapping).
        let fields = [("/restapiId", &was.rest_api_id, &wanted.rest_api_id), ("/stage", &was.stage, &wanted.stage)];
        let differing = fields.into_iter().filter(|(_, was, wanted)| was != wanted);
        let steps: Vec<_> = differing.map(|(path, _, value)| patch(Patch::Replace, path, value)).collect();
        if !steps.is_empty() {
            let update = || {
                let request = self.0.apigateway.update_base_path_mapping().domain_name(&wanted.domain);
                request.base_path(spelled(&wanted.base_path)).set_patch_operations(Some(steps.clone())).send()
            };
            self.0.call(cx, UPDATE, update).await?;
        }
        Ok(live(wanted.clone()))
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &BasePathMappingProperties) -> Result<()> {
        let (domain, spelled) = split_id(id)?;
        let delete = || self.0.apigateway.delete_base_path_mapping().domain_name(domain).base_path(spelled).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
