//! An OpenID Connect identity provider, whose tokens roles may trust. An account has one for each issuer.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::types::Role;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{IamOidcProviderOutputs, IamOidcProviderProperties};
use serde_json::{Map, Value};

use super::iam_role::sdk_tags;
use super::{outputs, text};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::policy_json;
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type ProviderLive = Live<IamOidcProviderProperties, IamOidcProviderOutputs>;

const GET: Operation = Operation::read("iam", "GetOpenIDConnectProvider");
const LIST_ROLES: Operation = Operation::read("iam", "ListRoles");
const CREATE: Operation = Operation::create("iam", "CreateOpenIDConnectProvider");
const ADD: Operation = Operation::idempotent("iam", "AddClientIDToOpenIDConnectProvider");
const TAG: Operation = Operation::idempotent("iam", "TagOpenIDConnectProvider");
const DELETE: Operation = Operation::idempotent("iam", "DeleteOpenIDConnectProvider");

/// The resource type `iam.oidc_provider`.
pub struct IamOidcProvider(pub(crate) Arc<Provider>);

impl IamOidcProvider {
    fn arn(&self, host: &str) -> String {
        format!("arn:{}:iam::{}:oidc-provider/{host}", self.0.partition(), self.0.account)
    }

    async fn look(&self, cx: &Context, wanted: &IamOidcProviderProperties) -> Result<Option<ProviderLive>> {
        let arn = self.arn(&wanted.host);
        let get = || self.0.iam.get_open_id_connect_provider().open_id_connect_provider_arn(&arn).send();
        let Some(answer) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        let audiences = answer.client_id_list.unwrap_or_default().into_iter().collect::<BTreeSet<String>>();
        let live = tags::own(answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        let properties = IamOidcProviderProperties {
            host: wanted.host.clone(),
            audiences: audiences.intersection(&wanted.audiences).cloned().collect(),
            used_by: match wanted.used_by {
                Some(_) => Some(self.users(cx, &arn, &wanted.except).await?),
                None => None,
            },
            except: wanted.except.clone(),
            tags: tags::among(live, &wanted.tags),
        };
        Ok(Some(Live { id: PhysicalId(arn.clone()), properties, outputs: IamOidcProviderOutputs { arn } }))
    }
}

impl IamOidcProvider {
    /// Returns the names of the roles, besides `except`, whose trust policies name the provider.
    async fn users(&self, cx: &Context, arn: &str, except: &BTreeSet<String>) -> Result<Vec<String>> {
        let roles = collect_pages(|marker| async move {
            let page = self.0.call(cx, LIST_ROLES, || self.0.iam.list_roles().set_marker(marker.clone()).send()).await?;
            Ok((page.roles, page.marker.filter(|_| page.is_truncated)))
        });
        let trusts = |role: &Role| {
            let document = role.assume_role_policy_document.as_deref().and_then(policy_json::decoded);
            document.is_some_and(|document| document.to_string().contains(&format!("\"{arn}\"")))
        };
        let others = roles.await?.into_iter().filter(|role| !except.contains(&role.role_name) && trusts(role));
        Ok(others.map(|role| role.role_name).collect())
    }
}

impl Permissions for IamOidcProvider {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let host = named(wanted, "host");
        let arn = format!("arn:{}:iam::{}:oidc-provider/{host}", provider.partition(), provider.account);
        [operation_permissions(&[GET, CREATE, ADD, TAG, DELETE], &arn), operation_permissions(&[LIST_ROLES], "*")].concat()
    }
}

impl Resource for IamOidcProvider {
    type Definition = deployer_resources::IamOidcProvider;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        text(wanted, "host").map(|host| outputs([("arn", self.arn(host))])).unwrap_or_default()
    }

    async fn read(&self, cx: &Context, _id: &PhysicalId, hint: &IamOidcProviderProperties) -> Result<Option<ProviderLive>> {
        Ok(self.look(cx, hint).await?.filter(|live| tags::check_all(&live.properties.tags, &hint.tags).is_ok()))
    }

    async fn owner(&self, _cx: &Context, live: &ProviderLive) -> Result<TagOwner> {
        // Environments share it: its marks name none of them.
        Ok(tags::owner_of_shared(&live.properties.tags))
    }

    async fn find(&self, cx: &Context, wanted: &IamOidcProviderProperties) -> Result<Lookup<ProviderLive>> {
        let live = self.look(cx, wanted).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found_shared(&live.properties.tags.clone(), &wanted.tags, live)))
    }

    async fn create(&self, cx: &Context, wanted: &IamOidcProviderProperties) -> Result<ProviderLive> {
        let (url, tags) = (format!("https://{}", wanted.host), sdk_tags(&wanted.tags));
        let audiences: Vec<String> = wanted.audiences.iter().cloned().collect();
        // Without thumbprints: IAM fetches the issuer's itself (API reference, CreateOpenIDConnectProvider).
        let create = || {
            let request = self.0.iam.create_open_id_connect_provider().url(&url);
            request.set_client_id_list(Some(audiences.clone())).set_tags(Some(tags.clone())).send()
        };
        self.0.call(cx, CREATE, create).await?;
        wait::poll_until(cx, "the identity provider", Duration::from_secs(120), || async {
            let live = self.look(cx, wanted).await?;
            Ok(live.map_or_else(|| Continue("not visible yet".to_owned()), Break))
        })
        .await
    }

    async fn update(
        &self,
        cx: &Context,
        live: &ProviderLive,
        wanted: &IamOidcProviderProperties,
        _changed: &[PropertyPath],
    ) -> Result<ProviderLive> {
        let arn = live.id.as_str();
        for audience in wanted.audiences.difference(&live.properties.audiences) {
            let add = || {
                let request = self.0.iam.add_client_id_to_open_id_connect_provider();
                request.open_id_connect_provider_arn(arn).client_id(audience).send()
            };
            self.0.call(cx, ADD, add).await?;
        }
        let change = tags::change(&live.properties.tags, &wanted.tags);
        if !change.set.is_empty() {
            let set = sdk_tags(&change.set);
            let tag = || {
                let request = self.0.iam.tag_open_id_connect_provider();
                request.open_id_connect_provider_arn(arn).set_tags(Some(set.clone())).send()
            };
            self.0.call(cx, TAG, tag).await?;
        }
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &IamOidcProviderProperties) -> Result<()> {
        let delete = || self.0.iam.delete_open_id_connect_provider().open_id_connect_provider_arn(id.as_str()).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
