//! An Amazon Connect instance.

use std::collections::BTreeMap;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::types::{Attribute, DirectoryType, Instance, InstanceAttributeType, InstanceStatus, InstanceSummary};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner,
};
use deployer_resources::{ConnectInstanceOutputs, ConnectInstanceProperties};
use serde_json::Value;
use uuid::Uuid;

use super::{CONNECT_TAGS, required_field, retag_connect};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{
    Permission, Permissions, action_permissions, connect_linked_role_permissions, directory_permissions, named,
    operation_permissions,
};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

type InstanceLive = Live<ConnectInstanceProperties, ConnectInstanceOutputs>;

pub(crate) const DESCRIBE: Operation = Operation::read("connect", "DescribeInstance");
pub(crate) const LIST: Operation = Operation::read("connect", "ListInstances");
const ATTRIBUTES: Operation = Operation::read("connect", "ListInstanceAttributes");
/// Idempotent by its client token.
const CREATE: Operation = Operation::idempotent("connect", "CreateInstance");
const SET_ATTRIBUTE: Operation = Operation::idempotent("connect", "UpdateInstanceAttribute");
const DELETE: Operation = Operation::idempotent("connect", "DeleteInstance");

/// Attributes with a known default in a new instance, so that every spec has a value for them.
const ALWAYS: [&str; 5] =
    ["CONTACTFLOW_LOGS", "CONTACT_LENS", "AUTO_RESOLVE_BEST_VOICES", "EARLY_MEDIA", "MULTI_PARTY_CONFERENCE"];

const USABLE_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The resource type `connect.instance`.
pub struct ConnectInstance(pub(crate) Arc<Provider>);

fn failed(instance: &Instance) -> bool {
    instance.instance_status() == Some(&InstanceStatus::CreationFailed)
}

fn creation_failure(instance: &Instance) -> Error {
    let reason = instance.status_reason().and_then(|reason| reason.message()).unwrap_or("Connect gives no reason");
    let message = format!("the creation of the instance failed: {reason}");
    Error::new(ErrorClass::Invalid, message)
        .with_help("fix the cause before retrying: creations count against the quota of 100 in 30 days")
}

/// Returns the error for an alias that another account has.
fn alias_taken(alias: &str, error: Error) -> Error {
    let message = format!("the alias {alias} is taken: {}", error.message);
    Error { class: ErrorClass::Invalid, message, ..error }
        .with_help("choose another alias: aliases are unique across all AWS accounts")
}

/// Returns the live form of an instance whose creation has failed. Only its name and tags can be read or set.
fn failed_live(instance: Instance, hint: &ConnectInstanceProperties) -> Result<InstanceLive> {
    let alias = instance.instance_alias.unwrap_or_else(|| hint.alias.clone());
    let id = required_field("the instance's id", instance.id)?;
    let properties = ConnectInstanceProperties {
        alias: alias.clone(),
        creation_failed: true,
        tags: tags::readable(instance.tags),
        ..hint.clone()
    };
    Ok(Live { id: PhysicalId(id), properties, outputs: ConnectInstanceOutputs { id: None, arn: None, alias } })
}

impl Provider {
    /// An instance, described once for all who look at it or at what is in it during one observation.
    pub(super) async fn cached_instance(&self, cx: &Context, id: &str) -> Result<Option<Instance>> {
        let seen = cx.cached(format!("connect:DescribeInstance {id}"), || async {
            let describe = || self.connect.describe_instance().instance_id(id).send();
            Ok(self.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.instance))
        });
        Ok((*seen.await?).clone())
    }

    /// Returns all instances of the account and Region.
    pub(crate) async fn instances(&self, cx: &Context) -> Result<Vec<InstanceSummary>> {
        collect_pages(|token| async move {
            let list = || self.connect.list_instances().max_results(10).set_next_token(token.clone()).send();
            let page = self.call(cx, LIST, list).await?;
            Ok((page.instance_summary_list.unwrap_or_default(), page.next_token))
        })
        .await
    }

    /// Whether the spec names this instance as one that it uses and does not manage.
    pub(super) fn is_existing_instance(&self, instance: &str) -> bool {
        self.existing_instance.as_deref() == Some(instance)
    }

    /// Returns what was found in an instance and has no tags of its own: ours if the tags of the instance name our environment.
    pub(super) async fn found_in_instance<P, O>(
        &self,
        cx: &Context,
        instance: &str,
        live: Live<P, O>,
    ) -> Result<Lookup<Live<P, O>>> {
        let described = self.cached_instance(cx, instance).await?;
        Ok(match tags::check_environment(&tags::readable(described.and_then(|instance| instance.tags)), cx) {
            Ok(()) => Lookup::Owned(live),
            Err(why) => Lookup::Unowned { live, why: format!("the instance {instance}: {why}") },
        })
    }

    /// Whose a thing of this type and id in an instance is: see [`Self::owner_of_part`]. `own` are its own tags, if it has any.
    pub(super) async fn owner_in_instance(
        &self,
        cx: &Context,
        own: Option<&Tags>,
        this: (&str, &PhysicalId),
        instance: &str,
    ) -> Result<TagOwner> {
        self.owner_of_part(cx, own.map(|own| tags::owner(own, cx)), this, instance).await
    }

    /// Whose a thing of this type and id in an instance is, by the owner that its own tags name (`None` if it cannot have any) and by the
    /// tags of the instance.
    ///
    /// In the instance that the spec uses without managing it, its own tags decide alone, and one that cannot have any was recorded or
    /// found as ours. In one that the spec may have named before (the thing is recorded and the instance is not), its own tags decide too,
    /// but one without tags belongs to the owner that the instance names.
    pub(super) async fn owner_of_part(
        &self,
        cx: &Context,
        own: Option<TagOwner>,
        (type_name, id): (&str, &PhysicalId),
        instance: &str,
    ) -> Result<TagOwner> {
        let other = matches!(own, Some(TagOwner::Other(_)));
        if instance.is_empty() || other || self.is_existing_instance(instance) {
            return Ok(own.unwrap_or(TagOwner::Us));
        }
        let whole = self.owner_of_instance(cx, instance).await?;
        let is_managed = cx.is_recorded(deployer_resources::ConnectInstance::TYPE, instance);
        let was_existing = !is_managed && cx.is_recorded(type_name, id.as_str());
        Ok(match (own, whole) {
            (Some(TagOwner::Us), _) if was_existing => TagOwner::Us,
            (None, TagOwner::Nobody(_)) if was_existing => TagOwner::Us,
            (own, whole) => tags::child_owner(own, whole),
        })
    }

    /// Whose a setting of an instance is, which a spec cannot declare for one that it does not manage: the owner of the instance.
    pub(super) async fn owner_of_setting(&self, cx: &Context, instance: &str) -> Result<TagOwner> {
        match self.is_existing_instance(instance) {
            true => Ok(TagOwner::Other("it belongs to the instance, which is only used".to_owned())),
            false => self.owner_of_instance(cx, instance).await,
        }
    }

    async fn owner_of_instance(&self, cx: &Context, instance: &str) -> Result<TagOwner> {
        let seen = self.cached_instance(cx, instance).await?.map(|seen| tags::readable(seen.tags));
        Ok(tags::parent_owner(seen, &format!("the instance {instance}"), cx))
    }
}

/// What looking at an instance needs, for whose the things in it are.
pub(super) fn owner_permissions(provider: &Provider) -> Vec<Permission> {
    [operation_permissions(&[DESCRIBE], &provider.arn("connect", "instance/*")), directory_permissions()].concat()
}

/// Returns the permissions for a resource of an instance with tags of its own: for these operations, for its tags, and for reading the
/// instance, which has an owner as well.
pub(super) fn child_permissions(provider: &Provider, own: &[Operation]) -> Vec<Permission> {
    let instance = provider.arn("connect", "instance/*");
    [operation_permissions(own, &instance), operation_permissions(&CONNECT_TAGS, &instance), owner_permissions(provider)].concat()
}

impl ConnectInstance {
    async fn describe(&self, cx: &Context, id: &str) -> Result<Option<Instance>> {
        let describe = || self.0.connect.describe_instance().instance_id(id).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.instance))
    }

    /// Reads all attributes.
    async fn attributes(&self, cx: &Context, id: &str) -> Result<BTreeMap<String, bool>> {
        let attributes = collect_pages(|token| async move {
            let list =
                || self.0.connect.list_instance_attributes().instance_id(id).max_results(7).set_next_token(token.clone()).send();
            let page = self.0.call(cx, ATTRIBUTES, list).await?;
            Ok((page.attributes.unwrap_or_default(), page.next_token))
        });
        let pair = |attribute: Attribute| {
            Some((attribute.attribute_type?.as_str().to_owned(), attribute.value?.eq_ignore_ascii_case("true")))
        };
        Ok(attributes.await?.into_iter().filter_map(pair).collect())
    }

    /// Returns the live instance; if it is being deleted, waits until it is gone and returns `None`. `InstanceStatus` has no value for that
    /// (SDK model); that reading an attribute then fails is unverified.
    async fn live(&self, cx: &Context, instance: Instance, hint: &ConnectInstanceProperties) -> Result<Option<InstanceLive>> {
        let id = required_field("the instance's id", instance.id)?;
        let mut attributes = match self.attributes(cx, &id).await {
            Ok(attributes) => attributes,
            Err(error) if error.class == ErrorClass::Invalid => {
                // Its alias becomes free only then.
                self.until_gone(cx, &id).await.map_err(|_| error)?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        attributes.retain(|kind, _| ALWAYS.contains(&kind.as_str()) || hint.attributes.contains_key(kind));
        let alias = instance.instance_alias.unwrap_or_default();
        let properties = ConnectInstanceProperties {
            alias: alias.clone(),
            inbound_calls: instance.inbound_calls_enabled.unwrap_or_default(),
            outbound_calls: instance.outbound_calls_enabled.unwrap_or_default(),
            attributes,
            deletion_protection: hint.deletion_protection,
            creation_failed: false,
            tags: tags::readable(instance.tags),
        };
        let arn = required_field("the instance's ARN", instance.arn)?;
        let outputs = ConnectInstanceOutputs { id: Some(id.clone()), arn: Some(arn), alias };
        Ok(Some(Live { id: PhysicalId(id), properties, outputs }))
    }

    async fn until_gone(&self, cx: &Context, id: &str) -> Result<()> {
        wait::poll_until(cx, "the deletion of the instance", USABLE_WITHIN, || async {
            let instance = self.describe(cx, id).await?;
            Ok(instance.map_or(Break(()), |_| Continue("still there".to_owned())))
        })
        .await
    }

    /// Waits until the creation has ended, even with a failure, and returns the instance.
    async fn until_made(&self, cx: &Context, id: &str) -> Result<Instance> {
        wait::poll_until(cx, "the instance", USABLE_WITHIN, || async {
            Ok(match self.describe(cx, id).await? {
                None => Continue("not visible yet".to_owned()),
                Some(instance) if failed(&instance) || instance.instance_status() == Some(&InstanceStatus::Active) => {
                    Break(instance)
                }
                Some(instance) => {
                    Continue(instance.instance_status().map_or("CREATION_IN_PROGRESS", |status| status.as_str()).to_owned())
                }
            })
        })
        .await
    }

    /// Sets the attributes that differ.
    async fn set_all(&self, cx: &Context, id: &str, was: &BTreeMap<String, bool>, wanted: &BTreeMap<String, bool>) -> Result<()> {
        for (kind, on) in wanted.iter().filter(|(kind, on)| was.get(*kind) != Some(*on)) {
            self.set(cx, id, InstanceAttributeType::from(kind.as_str()), *on).await?;
        }
        Ok(())
    }

    async fn set(&self, cx: &Context, id: &str, kind: InstanceAttributeType, on: bool) -> Result<()> {
        let value = if on { "true" } else { "false" };
        // One token per attribute: the change has one token and may make several calls.
        let token = Uuid::new_v5(&cx.token, format!("{}={value}", kind.as_str()).as_bytes()).to_string();
        let set = || {
            let request = self.0.connect.update_instance_attribute().instance_id(id).attribute_type(kind.clone());
            request.value(value).client_token(&token).send()
        };
        self.0.call(cx, SET_ATTRIBUTE, set).await.map(drop)
    }

    /// Returns the instance whose creation failed for this resource, recognized by its tags.
    async fn failed_creation(&self, cx: &Context, instances: &[InstanceSummary]) -> Result<Option<Instance>> {
        for id in instances.iter().filter(|one| has_failed(one)).filter_map(|one| one.id.as_deref()) {
            let instance = self.describe(cx, id).await?.filter(failed);
            let ours = |instance: &Instance| tags::check_owner(&tags::readable(instance.tags.clone()), cx).is_ok();
            if let Some(instance) = instance.filter(ours) {
                return Ok(Some(instance));
            }
        }
        Ok(None)
    }
}

/// Returns the ID of the instance with this alias, unless its creation has failed.
fn with_alias(instances: &[InstanceSummary], alias: &str) -> Option<String> {
    let same = |one: &&InstanceSummary| one.instance_alias.as_deref() == Some(alias) && !has_failed(one);
    instances.iter().find(same).and_then(|one| one.id.clone())
}

fn has_failed(instance: &InstanceSummary) -> bool {
    instance.instance_status == Some(InstanceStatus::CreationFailed)
}

impl Permissions for ConnectInstance {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        // The service authorization reference lists as dependent actions what these calls do with the caller's permissions.
        const ANY: [&str; 4] =
            ["ds:CheckAlias", "ds:CreateDirectory", "ds:CreateIdentityPoolDirectory", "ds:DescribeDirectories"];
        const DIRECTORY: [&str; 4] =
            ["ds:AuthorizeApplication", "ds:CreateAlias", "ds:DeleteDirectory", "ds:UnauthorizeApplication"];
        let instance = provider.arn("connect", "instance/*");
        // An instance has no ARN before it exists, and its creation has no resource type: only `*` allows it.
        let made = [
            operation_permissions(&[LIST, CREATE], "*"),
            operation_permissions(&[DESCRIBE, ATTRIBUTES, SET_ATTRIBUTE, DELETE], &instance),
        ]
        .concat();
        let directory =
            [action_permissions(&ANY, "*"), action_permissions(&DIRECTORY, &provider.arn("ds", "directory/*"))].concat();
        // Connect writes flow logs to a group of this name once they are enabled.
        let group = provider.arn("logs", &format!("log-group:/aws/connect/{}", named(wanted, "alias")));
        let logs = [&group, &format!("{group}:*")].map(|group| action_permissions(&["logs:CreateLogGroup"], group)).concat();
        [made, operation_permissions(&CONNECT_TAGS, &instance), directory, connect_linked_role_permissions(provider), logs]
            .concat()
    }
}

impl Resource for ConnectInstance {
    type Definition = deployer_resources::ConnectInstance;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ConnectInstanceProperties) -> Result<Option<InstanceLive>> {
        match self.0.cached_instance(cx, id.as_str()).await? {
            Some(instance) if failed(&instance) => failed_live(instance, hint).map(Some),
            Some(instance) => self.live(cx, instance, hint).await,
            None => Ok(None),
        }
    }

    async fn owner(&self, cx: &Context, live: &InstanceLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &ConnectInstanceProperties) -> Result<Lookup<InstanceLive>> {
        let instances = self.0.instances(cx).await?;
        let Some(id) = with_alias(&instances, &wanted.alias) else {
            let failed = self.failed_creation(cx, &instances).await?;
            return failed.map_or(Ok(Lookup::NotFound), |instance| failed_live(instance, wanted).map(Lookup::Owned));
        };
        let Some(instance) = self.describe(cx, &id).await? else { return Ok(Lookup::NotFound) };
        let tags = tags::readable(instance.tags.clone());
        let ours = tags::check_owner(&tags, cx).is_ok();
        let instance = if ours { self.until_made(cx, &id).await? } else { instance };
        if failed(&instance) {
            return if ours { failed_live(instance, wanted).map(Lookup::Owned) } else { Ok(Lookup::NotFound) };
        }
        Ok(self.live(cx, instance, wanted).await?.map_or(Lookup::NotFound, |live| tags::found(cx, &tags, live)))
    }

    async fn create(&self, cx: &Context, wanted: &ConnectInstanceProperties) -> Result<InstanceLive> {
        let (token, tags) = (cx.token.to_string(), tags::to_sdk(&wanted.tags));
        let create = || {
            let request = self.0.connect.create_instance().client_token(&token).instance_alias(&wanted.alias);
            request
                .identity_management_type(DirectoryType::ConnectManaged)
                .inbound_calls_enabled(wanted.inbound_calls)
                .outbound_calls_enabled(wanted.outbound_calls)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = match self.0.call(cx, CREATE, create).await {
            // If this account does not have the alias, waiting is pointless, and each further call may count against the quota.
            Err(error)
                if error.class == ErrorClass::AlreadyExists
                    && with_alias(&self.0.instances(cx).await?, &wanted.alias).is_none() =>
            {
                return Err(alias_taken(&wanted.alias, error));
            }
            made => made?,
        };
        let id = required_field("the instance's id", made.id)?;
        // AWS counts attempts, so a failed one counts too (administrator guide, feature limits; that it does is unverified).
        cx.record_attempt(&token, Some(&id));
        let instance = self.until_made(cx, &id).await?;
        if failed(&instance) {
            return Err(creation_failure(&instance));
        }
        let new = self.attributes(cx, &id).await?;
        self.set_all(cx, &id, &new, &wanted.attributes).await?;
        let outputs = ConnectInstanceOutputs {
            id: Some(id.clone()),
            arn: Some(required_field("the instance's ARN", instance.arn)?),
            alias: wanted.alias.clone(),
        };
        Ok(Live { id: PhysicalId(id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &InstanceLive,
        wanted: &ConnectInstanceProperties,
        _changed: &[PropertyPath],
    ) -> Result<InstanceLive> {
        let (id, was) = (live.id.as_str(), &live.properties);
        let settings = [
            (InstanceAttributeType::InboundCalls, was.inbound_calls, wanted.inbound_calls),
            (InstanceAttributeType::OutboundCalls, was.outbound_calls, wanted.outbound_calls),
        ];
        for (kind, _, on) in settings.into_iter().filter(|(_, was, wanted)| was != wanted) {
            self.set(cx, id, kind, on).await?;
        }
        self.set_all(cx, id, &was.attributes, &wanted.attributes).await?;
        let arn = required_field("the instance's ARN", live.outputs.arn.clone())?;
        retag_connect(&self.0, cx, &arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectInstanceProperties) -> Result<()> {
        let token = cx.token.to_string();
        let delete = || self.0.connect.delete_instance().instance_id(id.as_str()).client_token(&token).send();
        self.0.call(cx, DELETE, delete).await.optional()?;
        self.until_gone(cx, id.as_str()).await
    }
}
