//! An IAM role with its inline policies, and for a pipeline's role its managed ones and its permissions boundary.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::types::Tag;
use deployer_engine::{Context, Found, Live, PhysicalId, PropertyPath, Resource, Result, Rule};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{difference, given, outputs, text};
use crate::call::{Op, pages};
use crate::documents;
use crate::errors::OrAbsent;
use crate::provider::Provider;
use crate::rights::{Right, Rights, calls, named};
use crate::tags::{self, Tags};
use crate::wait;

/// Wanted and live properties of `iam.role`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IamRoleProperties {
    /// The name, unique in the account.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Who may take the role.
    pub trust: Value,
    /// Inline policies by name. Others that the role has are removed.
    pub policies: BTreeMap<String, Value>,
    /// The ARNs of the managed policies that are attached; others that the role has are detached. Not looked at where there are none
    /// here: then it takes no call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<BTreeSet<String>>,
    /// The ARN of the managed policy that bounds what the others allow. One that is not wanted is left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// Outputs of `iam.role`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamRoleOutputs {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
}

type RoleLive = Live<IamRoleProperties, IamRoleOutputs>;

const GET: Op = Op::read("iam", "GetRole");
const LIST_POLICIES: Op = Op::read("iam", "ListRolePolicies");
const GET_POLICY: Op = Op::read("iam", "GetRolePolicy");
const LIST_ATTACHED: Op = Op::read("iam", "ListAttachedRolePolicies");
const LIST_PROFILES: Op = Op::read("iam", "ListInstanceProfilesForRole");
const CREATE: Op = Op::create("iam", "CreateRole");
const PUT_POLICY: Op = Op::idempotent("iam", "PutRolePolicy");
const DELETE_POLICY: Op = Op::idempotent("iam", "DeleteRolePolicy");
const ATTACH: Op = Op::idempotent("iam", "AttachRolePolicy");
const PUT_BOUNDARY: Op = Op::idempotent("iam", "PutRolePermissionsBoundary");
const DETACH: Op = Op::idempotent("iam", "DetachRolePolicy");
const LEAVE_PROFILE: Op = Op::idempotent("iam", "RemoveRoleFromInstanceProfile");
const UPDATE: Op = Op::idempotent("iam", "UpdateRole");
const UPDATE_TRUST: Op = Op::idempotent("iam", "UpdateAssumeRolePolicy");
const TAG: Op = Op::idempotent("iam", "TagRole");
const UNTAG: Op = Op::idempotent("iam", "UntagRole");
const DELETE: Op = Op::idempotent("iam", "DeleteRole");

/// The resource type `iam.role`.
pub struct IamRole(pub(crate) Arc<Provider>);

/// Tags in the shape that IAM takes.
pub(super) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    // Key and value are all the builder asks for.
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

impl IamRole {
    async fn policy_names(&self, cx: &Context, role: &str) -> Result<Vec<String>> {
        pages(|marker| async move {
            let list = || self.0.iam.list_role_policies().role_name(role).set_marker(marker.clone()).send();
            let page = self.0.call(cx, LIST_POLICIES, list).await?;
            Ok((page.policy_names, page.marker.filter(|_| page.is_truncated)))
        })
        .await
    }

    async fn policies(&self, cx: &Context, role: &str, hint: &IamRoleProperties) -> Result<BTreeMap<String, Value>> {
        let mut policies = BTreeMap::new();
        for name in self.policy_names(cx, role).await? {
            let get = || self.0.iam.get_role_policy().role_name(role).policy_name(&name).send();
            // Deleted between the two calls: not there.
            let Some(policy) = self.0.call(cx, GET_POLICY, get).await.or_absent()? else { continue };
            let document = documents::decoded(&policy.policy_document).unwrap_or_default();
            let document = documents::as_wanted(document, hint.policies.get(&name));
            policies.insert(name, document);
        }
        Ok(policies)
    }

    async fn look(&self, cx: &Context, name: &str, hint: &IamRoleProperties) -> Result<Option<RoleLive>> {
        let get = || self.0.iam.get_role().role_name(name).send();
        let Some(answer) = self.0.call(cx, GET, get).await.or_absent()? else { return Ok(None) };
        let role = given("the role", answer.role)?;
        let trust = role.assume_role_policy_document.as_deref().and_then(documents::decoded).unwrap_or_default();
        let properties = IamRoleProperties {
            name: role.role_name.clone(),
            description: role.description.unwrap_or_default(),
            trust: documents::as_wanted(trust, Some(&hint.trust)),
            policies: self.policies(cx, name, hint).await?,
            managed: match hint.managed {
                Some(_) => Some(self.attached(cx, name).await?),
                None => None,
            },
            boundary: role
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn)
                .filter(|_| hint.boundary.is_some()),
            tags: tags::own(role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value))),
        };
        let outputs = IamRoleOutputs { arn: role.arn, name: role.role_name.clone() };
        Ok(Some(Live { id: PhysicalId(role.role_name), properties, outputs }))
    }

    async fn put_policy(&self, cx: &Context, role: &str, name: &str, document: &Value) -> Result<()> {
        let document = document.to_string();
        let put = || self.0.iam.put_role_policy().role_name(role).policy_name(name).policy_document(&document).send();
        self.0.call(cx, PUT_POLICY, put).await.map(drop)
    }

    async fn delete_policy(&self, cx: &Context, role: &str, name: &str) -> Result<()> {
        let delete = || self.0.iam.delete_role_policy().role_name(role).policy_name(name).send();
        self.0.call(cx, DELETE_POLICY, delete).await.or_absent().map(drop)
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

    /// The ARNs of the managed policies that are attached.
    async fn attached(&self, cx: &Context, role: &str) -> Result<BTreeSet<String>> {
        let all = pages(|marker| async move {
            let list = || self.0.iam.list_attached_role_policies().role_name(role).set_marker(marker.clone()).send();
            let page = self.0.call(cx, LIST_ATTACHED, list).await?;
            Ok((page.attached_policies.unwrap_or_default(), page.marker.filter(|_| page.is_truncated)))
        });
        let all = all.await.or_absent()?.unwrap_or_default();
        Ok(all.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    /// Attaches what is wanted first and detaches then, so that nothing that stays allowed is denied meanwhile.
    async fn attach(&self, cx: &Context, role: &str, live: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Result<()> {
        for arn in wanted.difference(live) {
            let attach = || self.0.iam.attach_role_policy().role_name(role).policy_arn(arn).send();
            self.0.call(cx, ATTACH, attach).await?;
        }
        for arn in live.difference(wanted) {
            let detach = || self.0.iam.detach_role_policy().role_name(role).policy_arn(arn).send();
            self.0.call(cx, DETACH, detach).await.or_absent()?;
        }
        Ok(())
    }

    /// A role cannot go while managed policies are attached or an instance profile holds it (API reference, DeleteRole).
    async fn detach(&self, cx: &Context, role: &str) -> Result<()> {
        self.attach(cx, role, &self.attached(cx, role).await?, &BTreeSet::new()).await?;
        let list = || self.0.iam.list_instance_profiles_for_role().role_name(role).send();
        let profiles = self.0.call(cx, LIST_PROFILES, list).await.or_absent()?.map(|answer| answer.instance_profiles);
        for profile in profiles.unwrap_or_default() {
            let name = profile.instance_profile_name;
            let leave = || self.0.iam.remove_role_from_instance_profile().role_name(role).instance_profile_name(&name).send();
            self.0.call(cx, LEAVE_PROFILE, leave).await.or_absent()?;
        }
        Ok(())
    }
}

impl Rights for IamRole {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole"];

    fn rights(provider: &Provider, wanted: &Value) -> Vec<Right> {
        let role = format!("arn:{}:iam::{}:role/{}", provider.partition(), provider.account, named(wanted, "name"));
        let own =
            [GET, LIST_POLICIES, GET_POLICY, LIST_ATTACHED, LIST_PROFILES, CREATE, PUT_POLICY, DELETE_POLICY, TAG, UNTAG, DELETE];
        let managed = if wanted["managed"].is_array() { [ATTACH, DETACH].as_slice() } else { &[] };
        let boundary = if wanted["boundary"].is_string() { [PUT_BOUNDARY].as_slice() } else { &[] };
        [calls(&own, &role), calls(managed, &role), calls(boundary, &role)].concat()
    }
}

impl Resource for IamRole {
    type Properties = IamRoleProperties;
    type Outputs = IamRoleOutputs;
    const TYPE: &'static str = "iam.role";

    fn rule(path: &PropertyPath) -> Rule {
        match path.top() {
            "name" => Rule::Replace("a role's name cannot be changed"),
            _ => Rule::Update,
        }
    }

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let Some(name) = text(wanted, "name") else { return Map::new() };
        let arn = format!("arn:{}:iam::{}:role/{name}", self.0.partition(), self.0.account);
        outputs([("arn", arn), ("name", name.to_owned())])
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &IamRoleProperties) -> Result<Option<RoleLive>> {
        // Another role may have taken the name since; it is not the recorded one.
        Ok(self.look(cx, id.as_str(), hint).await?.filter(|live| tags::same_environment(&live.properties.tags, cx).is_ok()))
    }

    async fn find(&self, cx: &Context, wanted: &IamRoleProperties) -> Result<Found<RoleLive>> {
        let live = self.look(cx, &wanted.name, wanted).await?;
        Ok(live.map_or(Found::Absent, |live| tags::found(cx, &live.properties.tags.clone(), live)))
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
        self.0.call(cx, CREATE, create).await?;
        for (name, document) in &wanted.policies {
            self.put_policy(cx, &wanted.name, name, document).await?;
        }
        if let Some(managed) = &wanted.managed {
            self.attach(cx, &wanted.name, &BTreeSet::new(), managed).await?;
        }
        // A new role may be unknown for a moment, or show its unique id instead of its ARN.
        wait::until(cx, "the role", Duration::from_secs(120), || async {
            let live = self.look(cx, &wanted.name, wanted).await?.filter(|live| live.outputs.arn.starts_with("arn:"));
            Ok(live.map_or_else(|| Continue("not visible yet".to_owned()), Break))
        })
        .await
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

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &IamRoleProperties) -> Result<()> {
        let role = id.as_str();
        if self.0.call(cx, GET, || self.0.iam.get_role().role_name(role).send()).await.or_absent()?.is_none() {
            return Ok(());
        }
        for name in self.policy_names(cx, role).await.or_absent()?.unwrap_or_default() {
            self.delete_policy(cx, role, &name).await?;
        }
        self.detach(cx, role).await?;
        self.0.call(cx, DELETE, || self.0.iam.delete_role().role_name(role).send()).await.or_absent().map(drop)
    }
}
