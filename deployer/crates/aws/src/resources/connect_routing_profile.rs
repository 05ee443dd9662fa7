//! A routing profile of an Amazon Connect instance: the queues that its agents serve, and their maximum number of concurrent contacts.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_connect::types::{
    Channel, MediaConcurrency, RoutingProfile, RoutingProfileQueueConfig, RoutingProfileQueueConfigSummary,
    RoutingProfileQueueReference,
};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectRoutingProfileOutputs, ConnectRoutingProfileProperties, QueueAssignment};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, NameIndex, found_by_name};
use super::{built, join_id, required_field, retag_connect, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type ProfileLive = Live<ConnectRoutingProfileProperties, ConnectRoutingProfileOutputs>;
/// A queue's ID and a channel. With names, a renamed queue would count as two.
type QueueEntry = (String, String);

const DESCRIBE: Operation = Operation::read("connect", "DescribeRoutingProfile");
const LIST_QUEUES: Operation = Operation::read("connect", "ListRoutingProfileQueues");
const CREATE: Operation = Operation::create("connect", "CreateRoutingProfile");
const RENAME: Operation = Operation::idempotent("connect", "UpdateRoutingProfileName");
const CONCURRENCY: Operation = Operation::idempotent("connect", "UpdateRoutingProfileConcurrency");
const DEFAULT_QUEUE: Operation = Operation::idempotent("connect", "UpdateRoutingProfileDefaultOutboundQueue");
const RETURN: Operation = Operation::idempotent("connect", "UpdateRoutingProfileQueues");
/// Not idempotent: associating a queue that is already associated may fail (unverified), so a lost response is followed by a lookup.
const ASSOCIATE: Operation = Operation::create("connect", "AssociateRoutingProfileQueues");
const DISASSOCIATE: Operation = Operation::create("connect", "DisassociateRoutingProfileQueues");
const DELETE: Operation = Operation::idempotent("connect", "DeleteRoutingProfile");

/// Maximum number of queues per call (SDK model, RoutingProfileQueueConfigList; the same for references, where the model has no limit:
/// terraform-provider-aws, connect/routing_profile.go).
const AT_ONCE: usize = 10;

/// The resource type `connect.routing_profile`.
pub struct ConnectRoutingProfile(pub(crate) Arc<Provider>);

fn concurrencies(wanted: &BTreeMap<String, u32>) -> Result<Vec<MediaConcurrency>> {
    let each = wanted.iter().map(|(channel, concurrency)| {
        built(MediaConcurrency::builder().channel(Channel::from(channel.as_str())).concurrency(signed(*concurrency)).build())
    });
    each.collect()
}

/// Returns every desired pair of queue and channel with its assignment; the names are those of [`ConnectRoutingProfile::names`].
fn desired_entries(
    names: &NameIndex,
    queues: &BTreeMap<String, BTreeMap<String, QueueAssignment>>,
) -> BTreeMap<QueueEntry, QueueAssignment> {
    let each = queues.iter().flat_map(|(queue, channels)| channels.iter().map(move |(channel, turn)| (queue, channel, turn)));
    each.map(|(queue, channel, turn)| ((names.id(queue).unwrap_or(queue).to_owned(), channel.clone()), *turn)).collect()
}

/// Returns every existing pair of queue and channel.
fn present(listed: Vec<RoutingProfileQueueConfigSummary>) -> BTreeMap<QueueEntry, QueueAssignment> {
    let each = listed.into_iter().map(|one| {
        let turn = QueueAssignment { priority: unsigned(one.priority), delay_seconds: unsigned(one.delay) };
        ((one.queue_id, one.channel.as_str().to_owned()), turn)
    });
    each.collect()
}

fn lane((queue, channel): &QueueEntry) -> Result<RoutingProfileQueueReference> {
    built(RoutingProfileQueueReference::builder().queue_id(queue).channel(Channel::from(channel.as_str())).build())
}

fn configs(lanes: &[(QueueEntry, QueueAssignment)]) -> Result<Vec<RoutingProfileQueueConfig>> {
    let each = lanes.iter().map(|(at, turn)| {
        let builder = RoutingProfileQueueConfig::builder().queue_reference(lane(at)?);
        built(builder.priority(signed(turn.priority)).delay(signed(turn.delay_seconds)).build())
    });
    each.collect()
}

/// The changes that turn `was` into `wanted`.
#[derive(Debug, Default, PartialEq, Eq)]
struct QueueDiff {
    removed: Vec<QueueEntry>,
    changed: Vec<(QueueEntry, QueueAssignment)>,
    new: Vec<(QueueEntry, QueueAssignment)>,
}

fn difference(was: &BTreeMap<QueueEntry, QueueAssignment>, wanted: &BTreeMap<QueueEntry, QueueAssignment>) -> QueueDiff {
    let mut lanes =
        QueueDiff { removed: was.keys().filter(|lane| !wanted.contains_key(*lane)).cloned().collect(), ..QueueDiff::default() };
    for (lane, turn) in wanted {
        match was.get(lane) {
            None => lanes.new.push((lane.clone(), *turn)),
            Some(before) if before != turn => lanes.changed.push((lane.clone(), *turn)),
            Some(_) => {}
        }
    }
    lanes
}

fn queues(listed: Vec<RoutingProfileQueueConfigSummary>) -> BTreeMap<String, BTreeMap<String, QueueAssignment>> {
    let mut queues: BTreeMap<String, BTreeMap<String, QueueAssignment>> = BTreeMap::new();
    for queue in listed {
        let turn = QueueAssignment { priority: unsigned(queue.priority), delay_seconds: unsigned(queue.delay) };
        queues.entry(queue.queue_name).or_default().insert(queue.channel.as_str().to_owned(), turn);
    }
    queues
}

impl ConnectRoutingProfile {
    async fn describe(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<RoutingProfile>> {
        let describe = || self.0.connect.describe_routing_profile().instance_id(instance).routing_profile_id(id).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.routing_profile))
    }

    /// Returns the profile's queues, which its description does not include.
    async fn queues(&self, cx: &Context, instance: &str, id: &str) -> Result<Vec<RoutingProfileQueueConfigSummary>> {
        let listed = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_routing_profile_queues().instance_id(instance).routing_profile_id(id);
                request.max_results(100).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST_QUEUES, list).await?;
            Ok((page.routing_profile_queue_config_summary_list.unwrap_or_default(), page.next_token))
        });
        Ok(listed.await.optional()?.unwrap_or_default())
    }

    async fn look(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        _: &ConnectRoutingProfileProperties,
    ) -> Result<Option<ProfileLive>> {
        let Some(profile) = self.describe(cx, instance, id).await? else { return Ok(None) };
        let names = self.0.connect_names(cx, instance, Kind::Queue).await?;
        let id = required_field("the routing profile's id", profile.routing_profile_id)?;
        let name = profile.name.unwrap_or_default();
        let concurrencies = profile.media_concurrencies.unwrap_or_default().into_iter();
        let properties = ConnectRoutingProfileProperties {
            instance_id: instance.to_owned(),
            name: name.clone(),
            description: profile.description.unwrap_or_default(),
            default_outbound_queue: names.name(&profile.default_outbound_queue_id.unwrap_or_default()).to_owned(),
            concurrency: concurrencies.map(|of| (of.channel.as_str().to_owned(), unsigned(of.concurrency))).collect(),
            queues: queues(self.queues(cx, instance, &id).await?),
            tags: tags::readable(profile.tags),
        };
        let arn = required_field("the routing profile's ARN", profile.routing_profile_arn)?;
        let outputs = ConnectRoutingProfileOutputs { id: id.clone(), arn, name };
        Ok(Some(Live { id: join_id(instance, &id), properties, outputs }))
    }

    /// Waits until all desired queues are listed and returns them.
    async fn names(&self, cx: &Context, wanted: &ConnectRoutingProfileProperties) -> Result<NameIndex> {
        let named = wanted.queues.keys().chain([&wanted.default_outbound_queue]);
        let named: Vec<&str> = named.map(String::as_str).collect();
        self.0.wait_for_connect_names(cx, &wanted.instance_id, Kind::Queue, &named).await
    }

    async fn associate(&self, cx: &Context, instance: &str, id: &str, configs: Vec<RoutingProfileQueueConfig>) -> Result<()> {
        for some in configs.chunks(AT_ONCE) {
            let associate = || {
                let request = self.0.connect.associate_routing_profile_queues().instance_id(instance).routing_profile_id(id);
                request.set_queue_configs(Some(some.to_vec())).send()
            };
            self.0.call(cx, ASSOCIATE, associate).await?;
        }
        Ok(())
    }

    /// Applies the changes. A queue can be associated once per channel, so removals come first.
    async fn apply_queue_diff(&self, cx: &Context, instance: &str, id: &str, change: QueueDiff) -> Result<()> {
        let client = &self.0.connect;
        let gone: Vec<_> = change.removed.iter().map(lane).collect::<Result<_>>()?;
        for some in gone.chunks(AT_ONCE) {
            let disassociate = || {
                let request = client.disassociate_routing_profile_queues().instance_id(instance).routing_profile_id(id);
                request.set_queue_references(Some(some.to_vec())).send()
            };
            self.0.call(cx, DISASSOCIATE, disassociate).await?;
        }
        for some in configs(&change.changed)?.chunks(AT_ONCE) {
            let turn = || {
                let request = client.update_routing_profile_queues().instance_id(instance).routing_profile_id(id);
                request.set_queue_configs(Some(some.to_vec())).send()
            };
            self.0.call(cx, RETURN, turn).await?;
        }
        self.associate(cx, instance, id, configs(&change.new)?).await
    }

    async fn change(&self, cx: &Context, live: &ProfileLive, wanted: &ConnectRoutingProfileProperties) -> Result<()> {
        let (client, instance, id, was) = (&self.0.connect, &wanted.instance_id, &live.outputs.id, &live.properties);
        if (&was.name, &was.description) != (&wanted.name, &wanted.description) {
            let rename = || {
                let request = client.update_routing_profile_name().instance_id(instance).routing_profile_id(id);
                request.name(&wanted.name).description(&wanted.description).send()
            };
            self.0.call(cx, RENAME, rename).await?;
        }
        // A channel is added before the queues that are served on it, and removed after them (that it must be is unverified).
        let mut meanwhile = was.concurrency.clone();
        meanwhile.extend(wanted.concurrency.clone());
        self.update_concurrency(cx, live, &was.concurrency, &meanwhile).await?;
        if (&was.default_outbound_queue, &was.queues) != (&wanted.default_outbound_queue, &wanted.queues) {
            self.update_queues(cx, live, wanted).await?;
        }
        self.update_concurrency(cx, live, &meanwhile, &wanted.concurrency).await
    }

    /// Sets the maximum number of concurrent contacts of an agent, if it differs.
    async fn update_concurrency(
        &self,
        cx: &Context,
        live: &ProfileLive,
        was: &BTreeMap<String, u32>,
        wanted: &BTreeMap<String, u32>,
    ) -> Result<()> {
        if was == wanted {
            return Ok(());
        }
        let concurrencies = concurrencies(wanted)?;
        let update = || {
            let request = self.0.connect.update_routing_profile_concurrency().instance_id(&live.properties.instance_id);
            request.routing_profile_id(&live.outputs.id).set_media_concurrencies(Some(concurrencies.clone())).send()
        };
        self.0.call(cx, CONCURRENCY, update).await.map(drop)
    }

    /// Changes the queues that are served. Reads the current ones first: a queue may have had another name in the plan.
    async fn update_queues(&self, cx: &Context, live: &ProfileLive, wanted: &ConnectRoutingProfileProperties) -> Result<()> {
        let (client, instance, id, was) = (&self.0.connect, &wanted.instance_id, &live.outputs.id, &live.properties);
        let names = self.names(cx, wanted).await?;
        let there = present(self.queues(cx, instance, id).await?);
        self.apply_queue_diff(cx, instance, id, difference(&there, &desired_entries(&names, &wanted.queues))).await?;
        if was.default_outbound_queue != wanted.default_outbound_queue {
            let queue = names.id(&wanted.default_outbound_queue).unwrap_or_default();
            let update = || {
                let request = client.update_routing_profile_default_outbound_queue().instance_id(instance);
                request.routing_profile_id(id).default_outbound_queue_id(queue).send()
            };
            self.0.call(cx, DEFAULT_QUEUE, update).await?;
        }
        Ok(())
    }
}

impl Permissions for ConnectRoutingProfile {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let lists = [Kind::RoutingProfile.list(), Kind::Queue.list()];
        let own = [DESCRIBE, LIST_QUEUES, CREATE, RENAME, CONCURRENCY, DEFAULT_QUEUE, RETURN, ASSOCIATE, DISASSOCIATE, DELETE];
        child_permissions(provider, &[&lists[..], &own].concat())
    }
}

impl Resource for ConnectRoutingProfile {
    type Definition = deployer_resources::ConnectRoutingProfile;

    found_by_name!(
        ConnectRoutingProfileProperties,
        ProfileLive,
        Kind::RoutingProfile,
        name,
        delete_routing_profile(routing_profile_id)
    );

    async fn create(&self, cx: &Context, wanted: &ConnectRoutingProfileProperties) -> Result<ProfileLive> {
        let (instance, names) = (&wanted.instance_id, self.names(cx, wanted).await?);
        let (concurrencies, tags) = (concurrencies(&wanted.concurrency)?, tags::to_sdk(&wanted.tags));
        let lanes: Vec<_> = desired_entries(&names, &wanted.queues).into_iter().collect();
        let mut first = configs(&lanes)?;
        let rest = first.split_off(first.len().min(AT_ONCE));
        let create = || {
            let request = self.0.connect.create_routing_profile().instance_id(instance).name(&wanted.name);
            request
                .description(&wanted.description)
                .default_outbound_queue_id(names.id(&wanted.default_outbound_queue).unwrap_or_default())
                .set_media_concurrencies(Some(concurrencies.clone()))
                .set_queue_configs(Some(first.clone()).filter(|queues| !queues.is_empty()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the routing profile's id", made.routing_profile_id)?;
        self.associate(cx, instance, &id, rest).await?;
        let arn = required_field("the routing profile's ARN", made.routing_profile_arn)?;
        let outputs = ConnectRoutingProfileOutputs { id: id.clone(), arn, name: wanted.name.clone() };
        Ok(Live { id: join_id(instance, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &ProfileLive,
        wanted: &ConnectRoutingProfileProperties,
        _changed: &[PropertyPath],
    ) -> Result<ProfileLive> {
        self.change(cx, live, wanted).await?;
        retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &wanted.tags).await?;
        let outputs = ConnectRoutingProfileOutputs { name: wanted.name.clone(), ..live.outputs.clone() };
        Ok(Live { id: live.id.clone(), properties: wanted.clone(), outputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_removed_moved_or_added() {
        let turn = |priority| QueueAssignment { priority, delay_seconds: 0 };
        let lane = |queue: &str, channel: &str| (queue.to_owned(), channel.to_owned());
        let was = BTreeMap::from([(lane("a", "VOICE"), turn(1)), (lane("a", "CHAT"), turn(1)), (lane("b", "VOICE"), turn(2))]);
        let wanted = BTreeMap::from([(lane("a", "VOICE"), turn(1)), (lane("b", "VOICE"), turn(3)), (lane("c", "TASK"), turn(1))]);
        let change = difference(&was, &wanted);
        assert_eq!(change.removed, [lane("a", "CHAT")]);
        assert_eq!(change.changed, [(lane("b", "VOICE"), turn(3))]);
        assert_eq!(change.new, [(lane("c", "TASK"), turn(1))]);
        assert_eq!(difference(&wanted, &wanted), QueueDiff::default());
    }
}
