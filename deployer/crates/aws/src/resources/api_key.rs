//! An API key of API Gateway. API Gateway generates its value, which is never requested and appears in no state, plan or log.

use std::sync::Arc;

use aws_sdk_apigateway::types::Op as Patch;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ApiKeyOutputs, ApiKeyProperties};
use serde_json::Value;

use super::{APIGATEWAY_TAGS, patch, required_field, retag_apigateway};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type KeyLive = Live<ApiKeyProperties, ApiKeyOutputs>;

const GET: Operation = Operation::read("apigateway", "GetApiKey");
const LIST: Operation = Operation::read("apigateway", "GetApiKeys");
/// Not idempotent: names are not unique and there is no client token, so a second call creates a second key.
const CREATE: Operation = Operation::create("apigateway", "CreateApiKey");
const UPDATE: Operation = Operation::idempotent("apigateway", "UpdateApiKey");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteApiKey");

const PAGE: i32 = 500;

/// The resource type `apigateway.api_key`.
pub struct ApiKey(pub(crate) Arc<Provider>);

fn live(id: String, properties: ApiKeyProperties) -> KeyLive {
    Live { id: PhysicalId(id.clone()), properties, outputs: ApiKeyOutputs { id } }
}

impl Permissions for ApiKey {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let all = provider.apigateway_arn("/apikeys");
        let own = operation_permissions(&[GET, UPDATE, DELETE], &format!("{all}/*"));
        [
            operation_permissions(&[LIST, CREATE], &all),
            own,
            operation_permissions(&APIGATEWAY_TAGS, &provider.apigateway_arn("/tags/*")),
        ]
        .concat()
    }
}

impl Resource for ApiKey {
    type Definition = deployer_resources::ApiKey;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ApiKeyProperties) -> Result<Option<KeyLive>> {
        let get = || self.0.apigateway.get_api_key().api_key(id.as_str()).include_value(false).send();
        let Some(key) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        let properties = ApiKeyProperties {
            name: key.name.unwrap_or_default(),
            description: key.description.unwrap_or_default(),
            enabled: key.enabled,
            tags: tags::readable(key.tags),
        };
        Ok(Some(live(id.as_str().to_owned(), properties)))
    }

    async fn owner(&self, cx: &Context, live: &KeyLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    /// Finds the key by the tags set at its creation, the only thing that distinguishes it from others.
    async fn find(&self, cx: &Context, _wanted: &ApiKeyProperties) -> Result<Lookup<KeyLive>> {
        let keys = collect_pages(|position| async move {
            let list = || {
                let request = self.0.apigateway.get_api_keys().include_values(false).limit(PAGE);
                request.set_position(position.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.items.unwrap_or_default(), page.position))
        });
        for key in keys.await? {
            let tags = tags::readable(key.tags);
            if let (Some(id), Ok(())) = (key.id, tags::check_owner(&tags, cx)) {
                let (name, description) = (key.name.unwrap_or_default(), key.description.unwrap_or_default());
                return Ok(Lookup::Owned(live(id, ApiKeyProperties { name, description, enabled: key.enabled, tags })));
            }
        }
        Ok(Lookup::NotFound)
    }

    async fn create(&self, cx: &Context, wanted: &ApiKeyProperties) -> Result<KeyLive> {
        let tags = tags::to_sdk(&wanted.tags);
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let create = || {
            let request = self.0.apigateway.create_api_key().name(&wanted.name).set_description(description.clone());
            request.enabled(wanted.enabled).set_tags(Some(tags.clone())).send()
        };
        let id = required_field("the key's id", self.0.call(cx, CREATE, create).await?.id)?;
        Ok(live(id, wanted.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        live: &KeyLive,
        wanted: &ApiKeyProperties,
        _changed: &[PropertyPath],
    ) -> Result<KeyLive> {
        let (id, was) = (live.id.as_str(), &live.properties);
        let enabled = wanted.enabled.to_string();
        let all = [
            (was.name != wanted.name, "/name", wanted.name.as_str()),
            (was.description != wanted.description, "/description", &wanted.description),
            (was.enabled != wanted.enabled, "/enabled", &enabled),
        ];
        let steps: Vec<_> =
            all.iter().filter(|(differs, ..)| *differs).map(|(_, path, value)| patch(Patch::Replace, path, value)).collect();
        if !steps.is_empty() {
            let update = || self.0.apigateway.update_api_key().api_key(id).set_patch_operations(Some(steps.clone())).send();
            self.0.call(cx, UPDATE, update).await?;
        }
        let arn = self.0.apigateway_arn(&format!("/apikeys/{id}"));
        retag_apigateway(&self.0, cx, &arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ApiKeyProperties) -> Result<()> {
        let delete = || self.0.apigateway.delete_api_key().api_key(id.as_str()).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
