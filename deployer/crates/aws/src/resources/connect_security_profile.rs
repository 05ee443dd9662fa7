//! A security profile of an Amazon Connect instance: what its users may do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectSecurityProfileOutputs, ConnectSecurityProfileProperties};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type ProfileLive = Live<ConnectSecurityProfileProperties, ConnectSecurityProfileOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeSecurityProfile");
const LIST_PERMISSIONS: Operation = Operation::read("connect", "ListSecurityProfilePermissions");
const CREATE: Operation = Operation::create("connect", "CreateSecurityProfile");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateSecurityProfile");
const DELETE: Operation = Operation::idempotent("connect", "DeleteSecurityProfile");

/// The resource type `connect.security_profile`.
pub struct ConnectSecurityProfile(pub(crate) Arc<Provider>);

impl ConnectSecurityProfile {
    async fn look(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        _: &ConnectSecurityProfileProperties,
    ) -> Result<Option<ProfileLive>> {
        let describe = || self.0.connect.describe_security_profile().instance_id(instance).security_profile_id(id).send();
        let described = self.0.call(cx, DESCRIBE, describe).await.optional()?;
        let Some(found) = described.and_then(|answer| answer.security_profile) else { return Ok(None) };
        let Some(permissions) = self.granted(cx, instance, id).await? else { return Ok(None) };
        let id = required_field("the security profile's id", found.id)?;
        let name = found.security_profile_name.unwrap_or_default();
        let properties = ConnectSecurityProfileProperties {
            instance_id: instance.to_owned(),
            name: name.clone(),
            description: found.description.unwrap_or_default(),
            permissions,
            visible_tags: found.allowed_access_control_tags.into_iter().flatten().collect(),
            tag_restricted: found.tag_restricted_resources.into_iter().flatten().collect(),
            tags: tags::readable(found.tags),
        };
        let arn = required_field("the security profile's ARN", found.arn)?;
        let outputs = ConnectSecurityProfileOutputs { id: id.clone(), arn, name };
        Ok(Some(Live { id: join_id(instance, &id), properties, outputs }))
    }

    /// Returns the permissions of a profile; `None` if it does not exist.
    async fn granted(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<BTreeSet<String>>> {
        let permissions = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_security_profile_permissions().instance_id(instance);
                request.security_profile_id(id).max_results(1_000).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST_PERMISSIONS, list).await?;
            Ok((page.permissions.unwrap_or_default(), page.next_token))
        });
        Ok(permissions.await.optional()?.map(|all| all.into_iter().collect()))
    }
}

impl Permissions for ConnectSecurityProfile {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [DESCRIBE, LIST_PERMISSIONS, CREATE, UPDATE, DELETE, Kind::SecurityProfile.list()];
        child_permissions(provider, &own)
    }
}

impl Resource for ConnectSecurityProfile {
    type Definition = deployer_resources::ConnectSecurityProfile;

    found_by_name!(
        ConnectSecurityProfileProperties,
        ProfileLive,
        Kind::SecurityProfile,
        name,
        delete_security_profile(security_profile_id)
    );

    async fn create(&self, cx: &Context, wanted: &ConnectSecurityProfileProperties) -> Result<ProfileLive> {
        let tags = tags::to_sdk(&wanted.tags);
        let create = || {
            let request = self.0.connect.create_security_profile().instance_id(&wanted.instance_id);
            request
                .security_profile_name(&wanted.name)
                .description(&wanted.description)
                .set_permissions(Some(wanted.permissions.iter().cloned().collect()))
                .set_allowed_access_control_tags(some_tags(&wanted.visible_tags))
                .set_tag_restricted_resources(some(&wanted.tag_restricted))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the security profile's id", made.security_profile_id)?;
        let arn = required_field("the security profile's ARN", made.security_profile_arn)?;
        let outputs = ConnectSecurityProfileOutputs { id: id.clone(), arn, name: wanted.name.clone() };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &ProfileLive,
        wanted: &ConnectSecurityProfileProperties,
        _changed: &[PropertyPath],
    ) -> Result<ProfileLive> {
        let was = &live.properties;
        let same = ConnectSecurityProfileProperties { tags: was.tags.clone(), ..wanted.clone() } == *was;
        if !same {
            // Members that are not sent are left as they are, so that those which become empty are sent too.
            let tags = Some(&wanted.visible_tags).filter(|tags| **tags != was.visible_tags);
            let kinds = Some(&wanted.tag_restricted).filter(|kinds| **kinds != was.tag_restricted);
            let update = || {
                let request = self.0.connect.update_security_profile().instance_id(&wanted.instance_id);
                request
                    .security_profile_id(&live.outputs.id)
                    .description(&wanted.description)
                    .set_permissions(Some(wanted.permissions.iter().cloned().collect()))
                    .set_allowed_access_control_tags(tags.map(tags::to_sdk))
                    .set_tag_restricted_resources(kinds.map(|kinds| kinds.iter().cloned().collect()))
                    .send()
            };
            self.0.call(cx, UPDATE, update).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }
}

fn some(values: &BTreeSet<String>) -> Option<Vec<String>> {
    (!values.is_empty()).then(|| values.iter().cloned().collect())
}

fn some_tags(tags: &BTreeMap<String, String>) -> Option<std::collections::HashMap<String, String>> {
    (!tags.is_empty()).then(|| tags::to_sdk(tags))
}
