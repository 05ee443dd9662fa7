//! A managed policy of the account.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::types::PolicyVersion;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{IamPolicyOutputs, IamPolicyProperties};
use serde_json::{Map, Value};

use super::iam_role::sdk_tags;
use super::{outputs, required_field, text};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::policy_json;
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type PolicyLive = Live<IamPolicyProperties, IamPolicyOutputs>;

const GET: Operation = Operation::read("iam", "GetPolicy");
const GET_VERSION: Operation = Operation::read("iam", "GetPolicyVersion");
const LIST_VERSIONS: Operation = Operation::read("iam", "ListPolicyVersions");
const CREATE: Operation = Operation::create("iam", "CreatePolicy");
/// A second call creates a second version of the same document, which the next change removes.
const CREATE_VERSION: Operation = Operation::idempotent("iam", "CreatePolicyVersion");
const DELETE_VERSION: Operation = Operation::idempotent("iam", "DeletePolicyVersion");
const TAG: Operation = Operation::idempotent("iam", "TagPolicy");
const UNTAG: Operation = Operation::idempotent("iam", "UntagPolicy");
const DELETE: Operation = Operation::idempotent("iam", "DeletePolicy");

/// The resource type `iam.policy`.
pub struct IamPolicy(pub(crate) Arc<Provider>);

impl IamPolicy {
    fn arn(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:policy/{name}", self.0.partition(), self.0.account)
    }

    async fn look(&self, cx: &Context, arn: &str, hint: &IamPolicyProperties) -> Result<Option<PolicyLive>> {
        let get = || self.0.iam.get_policy().policy_arn(arn).send();
        let Some(answer) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        let policy = required_field("the policy", answer.policy)?;
        let version = required_field("the policy's version", policy.default_version_id)?;
        let get = || self.0.iam.get_policy_version().policy_arn(arn).version_id(&version).send();
        // The policy was deleted or changed between the two calls: the next read sees the result.
        let Some(answer) = self.0.call(cx, GET_VERSION, get).await.optional()? else { return Ok(None) };
        let document = answer.policy_version.and_then(|version| version.document);
        let document = document.as_deref().and_then(policy_json::decoded).unwrap_or_default();
        let properties = IamPolicyProperties {
            name: required_field("the policy's name", policy.policy_name)?,
            description: hint.description.clone(),
            document: policy_json::keep_equivalent_spelling(document, Some(&hint.document)),
            tags: tags::own(policy.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value))),
        };
        Ok(Some(Live { id: PhysicalId(arn.to_owned()), properties, outputs: IamPolicyOutputs { arn: arn.to_owned() } }))
    }

    /// Deletes every version that is not the default: IAM allows five, and does not delete a policy that has others (API reference,
    /// CreatePolicyVersion, DeletePolicy).
    async fn remove_old_versions(&self, cx: &Context, arn: &str) -> Result<()> {
        let versions = collect_pages(|marker| async move {
            let list = || self.0.iam.list_policy_versions().policy_arn(arn).set_marker(marker.clone()).send();
            let page = self.0.call(cx, LIST_VERSIONS, list).await?;
            Ok((page.versions.unwrap_or_default(), page.marker.filter(|_| page.is_truncated)))
        });
        let old = |version: PolicyVersion| version.version_id.filter(|_| !version.is_default_version);
        for id in versions.await.optional()?.unwrap_or_default().into_iter().filter_map(old) {
            let delete = || self.0.iam.delete_policy_version().policy_arn(arn).version_id(&id).send();
            self.0.call(cx, DELETE_VERSION, delete).await.optional()?;
        }
        Ok(())
    }
}

impl Permissions for IamPolicy {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let arn = format!("arn:{}:iam::{}:policy/{}", provider.partition(), provider.account, named(wanted, "name"));
        operation_permissions(
            &[GET, GET_VERSION, LIST_VERSIONS, CREATE, CREATE_VERSION, DELETE_VERSION, TAG, UNTAG, DELETE],
            &arn,
        )
    }
}

impl Resource for IamPolicy {
    type Definition = deployer_resources::IamPolicy;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        text(wanted, "name").map(|name| outputs([("arn", self.arn(name))])).unwrap_or_default()
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &IamPolicyProperties) -> Result<Option<PolicyLive>> {
        // Another policy may have taken the name by now; it is not the recorded one.
        self.look(cx, id.as_str(), hint).await
    }

    async fn owner(&self, cx: &Context, live: &PolicyLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &IamPolicyProperties) -> Result<Lookup<PolicyLive>> {
        let live = self.look(cx, &self.arn(&wanted.name), wanted).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &IamPolicyProperties) -> Result<PolicyLive> {
        let (document, tags) = (wanted.document.to_string(), sdk_tags(&wanted.tags));
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let create = || {
            let request = self.0.iam.create_policy().policy_name(&wanted.name).policy_document(&document);
            request.set_description(description.clone()).set_tags(Some(tags.clone())).send()
        };
        self.0.call(cx, CREATE, create).await?;
        wait::poll_until(cx, "the policy", Duration::from_secs(120), || async {
            let live = self.look(cx, &self.arn(&wanted.name), wanted).await?;
            Ok(live.map_or_else(|| Continue("not visible yet".to_owned()), Break))
        })
        .await
    }

    async fn update(
        &self,
        cx: &Context,
        live: &PolicyLive,
        wanted: &IamPolicyProperties,
        _changed: &[PropertyPath],
    ) -> Result<PolicyLive> {
        let arn = live.id.as_str();
        if live.properties.document != wanted.document {
            self.remove_old_versions(cx, arn).await?;
            let document = wanted.document.to_string();
            let create = || {
                let request = self.0.iam.create_policy_version().policy_arn(arn).policy_document(&document);
                request.set_as_default(true).send()
            };
            self.0.call(cx, CREATE_VERSION, create).await?;
        }
        let change = tags::change(&live.properties.tags, &wanted.tags);
        if !change.set.is_empty() {
            let set = sdk_tags(&change.set);
            self.0.call(cx, TAG, || self.0.iam.tag_policy().policy_arn(arn).set_tags(Some(set.clone())).send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove;
            let untag = || self.0.iam.untag_policy().policy_arn(arn).set_tag_keys(Some(keys.clone())).send();
            self.0.call(cx, UNTAG, untag).await?;
        }
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &IamPolicyProperties) -> Result<()> {
        let arn = id.as_str();
        self.remove_old_versions(cx, arn).await?;
        self.0.call(cx, DELETE, || self.0.iam.delete_policy().policy_arn(arn).send()).await.optional().map(drop)
    }
}
