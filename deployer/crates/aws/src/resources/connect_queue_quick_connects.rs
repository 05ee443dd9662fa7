//! The quick connects that a queue of an Amazon Connect instance offers to agents.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_connect::types::Queue;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{ConnectQueueQuickConnectsOutputs, ConnectQueueQuickConnectsProperties};
use serde_json::Value;

use super::connect_instance::owner_permissions;
use super::{join_id, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type AssociationLive = Live<ConnectQueueQuickConnectsProperties, ConnectQueueQuickConnectsOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeQueue");
const LIST: Operation = Operation::read("connect", "ListQueueQuickConnects");
const ASSOCIATE: Operation = Operation::idempotent("connect", "AssociateQueueQuickConnects");
const DISASSOCIATE: Operation = Operation::idempotent("connect", "DisassociateQueueQuickConnects");
/// Maximum number of quick connects in one call (API reference, QuickConnectIds).
const AT_A_TIME: usize = 50;

/// The resource type `connect.queue_quick_connects`.
pub struct ConnectQueueQuickConnects(pub(crate) Arc<Provider>);

fn live(properties: ConnectQueueQuickConnectsProperties) -> AssociationLive {
    let outputs = ConnectQueueQuickConnectsOutputs { queue_id: properties.queue_id.clone() };
    Live { id: join_id(&properties.instance_id, &properties.queue_id), properties, outputs }
}

impl ConnectQueueQuickConnects {
    /// Returns the offered quick connects, ID by name; `None` if the queue does not exist or offers none.
    async fn offered(&self, cx: &Context, instance: &str, queue: &str) -> Result<Option<BTreeMap<String, String>>> {
        let offered = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_queue_quick_connects().instance_id(instance).queue_id(queue);
                request.max_results(100).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.quick_connect_summary_list.unwrap_or_default(), page.next_token))
        });
        let offered = offered.await.optional()?.unwrap_or_default();
        let pairs: BTreeMap<String, String> = offered.into_iter().filter_map(|one| Some((one.name?, one.id?))).collect();
        Ok(Some(pairs).filter(|pairs| !pairs.is_empty()))
    }

    async fn queue(&self, cx: &Context, instance: &str, queue: &str) -> Result<Option<Queue>> {
        let describe = || self.0.connect.describe_queue().instance_id(instance).queue_id(queue).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.queue))
    }

    async fn add(&self, cx: &Context, instance: &str, queue: &str, ids: &[String]) -> Result<()> {
        for ids in ids.chunks(AT_A_TIME) {
            let associate = || {
                let request = self.0.connect.associate_queue_quick_connects().instance_id(instance).queue_id(queue);
                request.set_quick_connect_ids(Some(ids.to_vec())).send()
            };
            self.0.call(cx, ASSOCIATE, associate).await?;
        }
        Ok(())
    }

    async fn remove(&self, cx: &Context, instance: &str, queue: &str, ids: &[String]) -> Result<()> {
        for ids in ids.chunks(AT_A_TIME) {
            let disassociate = || {
                let request = self.0.connect.disassociate_queue_quick_connects().instance_id(instance).queue_id(queue);
                request.set_quick_connect_ids(Some(ids.to_vec())).send()
            };
            self.0.call(cx, DISASSOCIATE, disassociate).await.optional()?;
        }
        Ok(())
    }
}

impl Permissions for ConnectQueueQuickConnects {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [LIST, DESCRIBE, ASSOCIATE, DISASSOCIATE];
        [operation_permissions(&own, &provider.arn("connect", "instance/*")), owner_permissions(provider)].concat()
    }
}

impl Resource for ConnectQueueQuickConnects {
    type Definition = deployer_resources::ConnectQueueQuickConnects;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        _hint: &ConnectQueueQuickConnectsProperties,
    ) -> Result<Option<AssociationLive>> {
        let (instance, queue) = split_id(id)?;
        let offered = self.offered(cx, instance, queue).await?;
        Ok(offered.map(|quick_connects| {
            let (instance_id, queue_id) = (instance.to_owned(), queue.to_owned());
            live(ConnectQueueQuickConnectsProperties { instance_id, queue_id, quick_connects })
        }))
    }

    async fn owner(&self, cx: &Context, live: &AssociationLive) -> Result<TagOwner> {
        let (instance, queue) = split_id(&live.id)?;
        let seen = self.queue(cx, instance, queue).await?;
        let own = seen.map(|seen| tags::owner_of(&format!("the queue {queue}"), &tags::readable(seen.tags), cx));
        self.0.owner_of_part(cx, own, (Self::Definition::TYPE, &live.id), instance).await
    }

    /// Finds the association. It has no tags: it is owned if the queue is.
    async fn find(&self, cx: &Context, wanted: &ConnectQueueQuickConnectsProperties) -> Result<Lookup<AssociationLive>> {
        let (instance, queue) = (wanted.instance_id.as_str(), wanted.queue_id.as_str());
        let Some(quick_connects) = self.offered(cx, instance, queue).await? else { return Ok(Lookup::NotFound) };
        let tags = self.queue(cx, instance, queue).await?.and_then(|queue| queue.tags);
        let live = live(ConnectQueueQuickConnectsProperties { quick_connects, ..wanted.clone() });
        Ok(match tags::check_environment(&tags::readable(tags), cx) {
            Ok(()) => Lookup::Owned(live),
            Err(why) => Lookup::Unowned { live, why: format!("the queue {queue}: {why}") },
        })
    }

    async fn create(&self, cx: &Context, wanted: &ConnectQueueQuickConnectsProperties) -> Result<AssociationLive> {
        let ids: Vec<String> = wanted.quick_connects.values().cloned().collect();
        self.add(cx, &wanted.instance_id, &wanted.queue_id, &ids).await?;
        Ok(live(wanted.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        found: &AssociationLive,
        wanted: &ConnectQueueQuickConnectsProperties,
        _changed: &[PropertyPath],
    ) -> Result<AssociationLive> {
        let (instance, queue) = (wanted.instance_id.as_str(), wanted.queue_id.as_str());
        let only = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
            one.values().filter(|id| !other.values().any(|known| known == *id)).cloned().collect()
        };
        let was = &found.properties.quick_connects;
        self.add(cx, instance, queue, &only(&wanted.quick_connects, was)).await?;
        self.remove(cx, instance, queue, &only(was, &wanted.quick_connects)).await?;
        Ok(live(wanted.clone()))
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &ConnectQueueQuickConnectsProperties) -> Result<()> {
        let (instance, queue) = split_id(id)?;
        // What others have added to the queue stays.
        let is_recorded = |id: &String| recorded.quick_connects.values().any(|recorded| recorded == id);
        let offered = self.offered(cx, instance, queue).await?.unwrap_or_default();
        let ids: Vec<String> = offered.into_values().filter(is_recorded).collect();
        self.remove(cx, instance, queue, &ids).await
    }
}
