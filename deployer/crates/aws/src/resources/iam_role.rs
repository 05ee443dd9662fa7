//! An IAM role with its inline policies; a pipeline's role also has managed policies and a permissions boundary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_iam::types::{Role, Tag};
use deployer_engine::{Context, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{IamRoleOutputs, IamRoleProperties};
use serde_json::{Map, Value};

use super::{difference, outputs, required_field, text};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::policy_json;
use crate::provider::Provider;
use crate::tags::{self, Tags};

type RoleLive = Live<IamRoleProperties, IamRoleOutputs>;

const GET: Operation = Operation::read("iam", "GetRole");
const LIST_POLICIES: Operation = Operation::read("iam", "ListRolePolicies");
const GET_POLICY: Operation = Operation::read("iam", "GetRolePolicy");
const LIST_ATTACHED: Operation = Operation::read("iam", "ListAttachedRolePolicies");
const LIST_PROFILES: Operation = Operation::read("iam", "ListInstanceProfilesForRole");
const CREATE: Operation = Operation::create("iam", "CreateRole");
const PUT_POLICY: Operation = Operation::idempotent("iam", "PutRolePolicy");
const DELETE_POLICY: Operation = Operation::idempotent("iam", "DeleteRolePolicy");
const ATTACH: Operation = Operation::idempotent("iam", "AttachRolePolicy");
const PUT_BOUNDARY: Operation = Operation::idempotent("iam", "PutRolePermissionsBoundary");
const DETACH: Operation = Operation::idempotent("iam", "DetachRolePolicy");
const LEAVE_PROFILE: Operation = Operation::idempotent("iam", "RemoveRoleFromInstanceProfile");
const UPDATE: Operation = Operation::idempotent("iam", "UpdateRole");
const UPDATE_TRUST: Operation = Operation::idempotent("iam", "UpdateAssumeRolePolicy");
const TAG: Operation = Operation::idempotent("iam", "TagRole");
const UNTAG: Operation = Operation::idempotent("iam", "UntagRole");
const DELETE: Operation = Operation::idempotent("iam", "DeleteRole").resolving_conflicts();
/// The same deletion, after the remaining policies and profiles were removed: their removal may not be visible yet, so conflicts are
/// retried.
const DELETE_EMPTIED: Operation = Operation::idempotent("iam", "DeleteRole");

/// The resource type `iam.role`.
pub struct IamRole(pub(crate) Arc<Provider>);

/// Converts tags to the SDK's type.
pub(super) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    // The builder requires only key and value.
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

impl IamRole {
    async fn policy_names(&self, cx: &Context, role: &str) -> Result<Vec<String>> {
        collect_pages(|marker| async move {
            let list = || self.0.iam.list_role_policies().role_name(role).set_marker(marker.clone()).send();
            let page = self.0.call(cx, LIST_POLICIES, list).await?;
            Ok((page.policy_names, page.marker.filter(|_| page.is_truncated)))
        })
        .await
    }

    /// Reads the inline policies: requests the expected ones while the names of all are listed.
    async fn policies(&self, cx: &Context, role: &str, hint: &IamRoleProperties) -> Result<BTreeMap<String, Value>> {
        let expected = futures::future::try_join_all(hint.policies.keys().map(|name| self.policy(cx, role, name, hint)));
        let (names, expected) = futures::try_join!(self.policy_names(cx, role), expected)?;
        let others = names.iter().filter(|name| !hint.policies.contains_key(*name));
        let others = futures::future::try_join_all(others.map(|name| self.policy(cx, role, name, hint))).await?;
        Ok(expected.into_iter().chain(others).flatten().collect())
    }

    async fn policy(&self, cx: &Context, role: &str, name: &str, hint: &IamRoleProperties) -> Result<Option<(String, Value)>> {
        let get = || self.0.iam.get_role_policy().role_name(role).policy_name(name).send();
        let Some(policy) = self.0.call(cx, GET_POLICY, get).await.optional()? else { return Ok(None) };
        let document = policy_json::decoded(&policy.policy_document).unwrap_or_default();
        Ok(Some((name.to_owned(), policy_json::keep_equivalent_spelling(document, hint.policies.get(name)))))
    }

    /// Reads the managed policies, if the role is to have any.
    async fn managed(&self, cx: &Context, role: &str, hint: &IamRoleProperties) -> Result<Option<BTreeSet<String>>> {
        match hint.managed {
            Some(_) => Ok(self.attached(cx, role).await.optional()?),
            None => Ok(None),
        }
    }

    async fn get(&self, cx: &Context, name: &str) -> Result<Option<Role>> {
        let get = || self.0.iam.get_role().role_name(name).send();
        self.0.call(cx, GET, get).await.optional()?.map(|answer| required_field("the role", answer.role)).transpose()
    }

    fn live(
        role: Role,
        policies: BTreeMap<String, Value>,
        managed: Option<BTreeSet<String>>,
        hint: &IamRoleProperties,
    ) -> RoleLive {
        let trust = role.assume_role_policy_document.as_deref().and_then(policy_json::decoded).unwrap_or_default();
        let properties = IamRoleProperties {
            name: role.role_name.clone(),
            description: role.description.unwrap_or_default(),
            trust: policy_json::keep_equivalent_spelling(trust, Some(&hint.trust)),
            policies,
            managed,
            boundary: role
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn)
                .filter(|_| hint.boundary.is_some()),
            tags: tags::own(role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value))),
        };
        let outputs = IamRoleOutputs { arn: role.arn, name: role.role_name.clone() };
        Live { id: PhysicalId(role.role_name), properties, outputs }
    }

    async fn put_policy(&self, cx: &Context, role: &str, name: &str, document: &Value) -> Result<()> {
        let document = document.to_string();
        let put = || self.0.iam.put_role_policy().role_name(role).policy_name(name).policy_document(&document).send();
        self.0.call(cx, PUT_POLICY, put).await.map(drop)
    }

    async fn delete_policy(&self, cx: &Context, role: &str, name: &str) -> Result<()> {
        let delete = || self.0.iam.delete_role_policy().role_name(role).policy_name(name).send();
        self.0.call(cx, DELETE_POLICY, delete).await.optional().map(drop)
    }

    async fn retag(&self, cx: &Context, role: &str, live: &Tags, wanted: &Tags) -> Result<()> {
        let change = tags::change(live, wanted);
        if !change.set.is_empty() {
            let set = sdk_tags(&change.set);
            self.0.call(cx, TAG, || self.0.iam.tag_role().role_name(role).set_tags(Some(set.clone())).send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove;
            self.0.call(cx, UNTAG, || self.0.iam.untag_role().role_name(role).set_tag_keys(Some(keys.clone())).send()).await?;
        }
        Ok(())
    }

    /// Returns the ARNs of the attached managed policies.
    async fn attached(&self, cx: &Context, role: &str) -> Result<BTreeSet<String>> {
        let all = collect_pages(|marker| async move {
            let list = || self.0.iam.list_attached_role_policies().role_name(role).set_marker(marker.clone()).send();
            let page = self.0.call(cx, LIST_ATTACHED, list).await?;
            Ok((page.attached_policies.unwrap_or_default(), page.marker.filter(|_| page.is_truncated)))
        });
        let all = all.await.optional()?.unwrap_or_default();
        Ok(all.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    /// Attaches the desired policies before detaching others, so that nothing that stays allowed is denied meanwhile.
    async fn attach(&self, cx: &Context, role: &str, live: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Result<()> {
        for arn in wanted.difference(live) {
            let attach = || self.0.iam.attach_role_policy().role_name(role).policy_arn(arn).send();
            self.0.call(cx, ATTACH, attach).await?;
        }
        for arn in live.difference(wanted) {
            let detach = || self.0.iam.detach_role_policy().role_name(role).policy_arn(arn).send();
            self.0.call(cx, DETACH, detach).await.optional()?;
        }
        Ok(())
    }

    /// Detaches managed policies and removes the role from instance profiles: it cannot be deleted before (API reference, DeleteRole).
    async fn detach(&self, cx: &Context, role: &str) -> Result<()> {
        self.attach(cx, role, &self.attached(cx, role).await?, &BTreeSet::new()).await?;
        let list = || self.0.iam.list_instance_profiles_for_role().role_name(role).send();
        let profiles = self.0.call(cx, LIST_PROFILES, list).await.optional()?.map(|answer| answer.instance_profiles);
        for profile in profiles.unwrap_or_default() {
            let name = profile.instance_profile_name;
            let leave = || self.0.iam.remove_role_from_instance_profile().role_name(role).instance_profile_name(&name).send();
            self.0.call(cx, LEAVE_PROFILE, leave).await.optional()?;
        }
        Ok(())
    }
}

impl Permissions for IamRole {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let role = format!("arn:{}:iam::{}:role/{}", provider.partition(), provider.account, named(wanted, "name"));
        // Detaching policies that somebody else attached takes more permissions than deployer needs for its own roles.
        let own = [GET, LIST_POLICIES, GET_POLICY, CREATE, PUT_POLICY, DELETE_POLICY, TAG, UNTAG, DELETE];
        let managed = if wanted["managed"].is_array() { [LIST_ATTACHED, ATTACH, DETACH].as_slice() } else { &[] };
        let boundary = if wanted["boundary"].is_string() { [PUT_BOUNDARY].as_slice() } else { &[] };
        [operation_permissions(&own, &role), operation_permissions(managed, &role), operation_permissions(boundary, &role)]
            .concat()
    }
}

impl Resource for IamRole {
    type Definition = deployer_resources::IamRole;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let Some(name) = text(wanted, "name") else { return Map::new() };
        let arn = format!("arn:{}:iam::{}:role/{name}", self.0.partition(), self.0.account);
        outputs([("arn", arn), ("name", name.to_owned())])
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &IamRoleProperties) -> Result<Option<RoleLive>> {
        let name = id.as_str();
        let policies = async {
            if cx.presence_only {
                return Ok(hint.policies.clone());
            }
            Result::Ok(self.policies(cx, name, hint).await.optional()?.unwrap_or_default())
        };
        let (role, policies, managed) = futures::try_join!(self.get(cx, name), policies, self.managed(cx, name, hint))?;
        let live = role.map(|role| Self::live(role, policies, managed, hint));
        // Another role may have taken the name by now; it is not the recorded one.
        Ok(live)
    }

    async fn owner(&self, cx: &Context, live: &RoleLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &IamRoleProperties) -> Result<Lookup<RoleLive>> {
        let Some(role) = self.get(cx, &wanted.name).await? else { return Ok(Lookup::NotFound) };
        let Some(policies) = self.policies(cx, &wanted.name, wanted).await.optional()? else { return Ok(Lookup::NotFound) };
        let managed = self.managed(cx, &wanted.name, wanted).await?;
        let live = Self::live(role, policies, managed, wanted);
        Ok(tags::found(cx, &live.properties.tags.clone(), live))
    }

    async fn create(&self, cx: &Context, wanted: &IamRoleProperties) -> Result<RoleLive> {
        let trust = wanted.trust.to_string();
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let tags = sdk_tags(&wanted.tags);
        let create = || {
            let request = self.0.iam.create_role().role_name(&wanted.name).assume_role_policy_document(&trust);
            let request = request.set_description(description.clone()).set_tags(Some(tags.clone()));
            request.set_permissions_boundary(wanted.boundary.clone()).send()
        };
        let made = required_field("the role", self.0.call(cx, CREATE, create).await?.role)?;
        for (name, document) in &wanted.policies {
            self.put_policy(cx, &wanted.name, name, document).await?;
        }
        if let Some(managed) = &wanted.managed {
            self.attach(cx, &wanted.name, &BTreeSet::new(), managed).await?;
        }
        // Resources that use the role wait until it is known to their services.
        let outputs = IamRoleOutputs { arn: made.arn, name: made.role_name };
        Ok(Live { id: PhysicalId(wanted.name.clone()), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &RoleLive,
        wanted: &IamRoleProperties,
        _changed: &[PropertyPath],
    ) -> Result<RoleLive> {
        let (role, was) = (live.id.as_str(), &live.properties);
        if was.description != wanted.description {
            let update = || self.0.iam.update_role().role_name(role).description(&wanted.description).send();
            self.0.call(cx, UPDATE, update).await?;
        }
        if was.trust != wanted.trust {
            let document = wanted.trust.to_string();
            let update = || self.0.iam.update_assume_role_policy().role_name(role).policy_document(&document).send();
            self.0.call(cx, UPDATE_TRUST, update).await?;
        }
        if let Some(boundary) = wanted.boundary.as_ref().filter(|_| was.boundary != wanted.boundary) {
            let put = || self.0.iam.put_role_permissions_boundary().role_name(role).permissions_boundary(boundary).send();
            self.0.call(cx, PUT_BOUNDARY, put).await?;
        }
        if let Some(managed) = &wanted.managed {
            self.attach(cx, role, was.managed.as_ref().unwrap_or(&BTreeSet::new()), managed).await?;
        }
        let (put, remove) = difference(&was.policies, &wanted.policies);
        for (name, document) in put {
            self.put_policy(cx, role, name, document).await?;
        }
        for name in remove {
            self.delete_policy(cx, role, name).await?;
        }
        self.retag(cx, role, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &IamRoleProperties) -> Result<()> {
        let role = id.as_str();
        let policies = recorded.policies.keys().map(|name| self.delete_policy(cx, role, name));
        futures::future::try_join_all(policies).await?;
        let delete = || self.0.iam.delete_role().role_name(role).send();
        match self.0.call(cx, DELETE, delete).await.optional() {
            // The role has more policies than are recorded.
            Err(error) if error.class == ErrorClass::Conflict => {}
            deleted => return deleted.map(drop),
        }
        for name in self.policy_names(cx, role).await.optional()?.unwrap_or_default() {
            self.delete_policy(cx, role, &name).await?;
        }
        self.detach(cx, role).await?;
        self.0.call(cx, DELETE_EMPTIED, delete).await.optional().map(drop)
    }
}
