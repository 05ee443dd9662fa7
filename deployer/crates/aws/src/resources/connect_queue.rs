//! A queue of an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::{OutboundCallerConfig, Queue, QueueStatus};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectQueueOutputs, ConnectQueueProperties, OutboundCaller};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type QueueLive = Live<ConnectQueueProperties, ConnectQueueOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeQueue");
const CREATE: Operation = Operation::create("connect", "CreateQueue");
const RENAME: Operation = Operation::idempotent("connect", "UpdateQueueName");
const SWITCH: Operation = Operation::idempotent("connect", "UpdateQueueStatus");
const OPEN: Operation = Operation::idempotent("connect", "UpdateQueueHoursOfOperation");
const LIMIT: Operation = Operation::idempotent("connect", "UpdateQueueMaxContacts");
const CALLER: Operation = Operation::idempotent("connect", "UpdateQueueOutboundCallerConfig");
const DELETE: Operation = Operation::idempotent("connect", "DeleteQueue");

/// The resource type `connect.queue`.
pub struct ConnectQueue(pub(crate) Arc<Provider>);

/// Returns the last segment of an ARN, or the ID itself: Connect accepts and returns either.
fn bare(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty()).map(|id| id.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Returns the configuration of outbound calls. Empty members must not be sent (terraform-provider-aws, connect/queue.go).
fn caller(wanted: &OutboundCaller) -> OutboundCallerConfig {
    let builder = OutboundCallerConfig::builder().set_outbound_caller_id_name(wanted.name.clone());
    builder.set_outbound_caller_id_number_id(wanted.phone_number_id.clone()).set_outbound_flow_id(wanted.flow_id.clone()).build()
}

fn status(enabled: bool) -> QueueStatus {
    if enabled { QueueStatus::Enabled } else { QueueStatus::Disabled }
}

impl ConnectQueue {
    async fn describe(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<Queue>> {
        let describe = || self.0.connect.describe_queue().instance_id(instance).queue_id(id).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.queue))
    }

    /// Reads the queue. If `hint` has no limit, a limit of 0 means none: the description of an unlimited queue is not documented (API
    /// reference, DescribeQueue), and a queue that accepts nobody is disabled.
    async fn look(&self, cx: &Context, instance: &str, id: &str, hint: &ConnectQueueProperties) -> Result<Option<QueueLive>> {
        let Some(queue) = self.describe(cx, instance, id).await? else { return Ok(None) };
        let hours = self.0.connect_names(cx, instance, Kind::Hours).await?;
        let id = required_field("the queue's id", queue.queue_id)?;
        let name = queue.name.unwrap_or_default();
        let shown = queue.outbound_caller_config;
        let properties = ConnectQueueProperties {
            instance_id: instance.to_owned(),
            name: name.clone(),
            description: queue.description.unwrap_or_default(),
            hours_of_operation: hours.name(&queue.hours_of_operation_id.unwrap_or_default()).to_owned(),
            max_contacts: queue.max_contacts.map(unsigned).filter(|limit| *limit != 0 || hint.max_contacts.is_some()),
            enabled: queue.status != Some(QueueStatus::Disabled),
            outbound_caller: shown.map_or_else(OutboundCaller::default, |shown| OutboundCaller {
                name: shown.outbound_caller_id_name.filter(|name| !name.is_empty()),
                phone_number_id: bare(shown.outbound_caller_id_number_id),
                flow_id: bare(shown.outbound_flow_id),
            }),
            tags: tags::readable(queue.tags),
        };
        let outputs = ConnectQueueOutputs { id: id.clone(), arn: required_field("the queue's ARN", queue.queue_arn)?, name };
        Ok(Some(Live { id: join_id(instance, &id), properties, outputs }))
    }

    async fn switch(&self, cx: &Context, instance: &str, id: &str, enabled: bool) -> Result<()> {
        let switch = || self.0.connect.update_queue_status().instance_id(instance).queue_id(id).status(status(enabled)).send();
        self.0.call(cx, SWITCH, switch).await.map(drop)
    }

    /// Updates each part that differs, as each has a call of its own.
    async fn change(&self, cx: &Context, id: &str, was: &ConnectQueueProperties, wanted: &ConnectQueueProperties) -> Result<()> {
        let (client, instance) = (&self.0.connect, &wanted.instance_id);
        if (&was.name, &was.description) != (&wanted.name, &wanted.description) {
            let rename = || {
                let request = client.update_queue_name().instance_id(instance).queue_id(id);
                request.name(&wanted.name).description(&wanted.description).send()
            };
            self.0.call(cx, RENAME, rename).await?;
        }
        if was.hours_of_operation != wanted.hours_of_operation {
            let hours = self.0.connect_id(cx, instance, Kind::Hours, &wanted.hours_of_operation).await?;
            let open = || {
                let request = client.update_queue_hours_of_operation().instance_id(instance).queue_id(id);
                request.hours_of_operation_id(&hours).send()
            };
            self.0.call(cx, OPEN, open).await?;
        }
        if was.max_contacts != wanted.max_contacts {
            // Without a number the limit is removed: the member is optional (SDK model); that absence means this is unverified.
            let limit = || {
                let request = client.update_queue_max_contacts().instance_id(instance).queue_id(id);
                request.set_max_contacts(wanted.max_contacts.map(signed)).send()
            };
            self.0.call(cx, LIMIT, limit).await?;
        }
        if was.outbound_caller != wanted.outbound_caller {
            let show = || {
                let request = client.update_queue_outbound_caller_config().instance_id(instance).queue_id(id);
                request.outbound_caller_config(caller(&wanted.outbound_caller)).send()
            };
            self.0.call(cx, CALLER, show).await?;
        }
        if was.enabled != wanted.enabled {
            self.switch(cx, instance, id, wanted.enabled).await?;
        }
        Ok(())
    }
}

impl Permissions for ConnectQueue {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let instance = provider.arn("connect", "instance/*");
        let own = [Kind::Queue.list(), Kind::Hours.list(), DESCRIBE, CREATE, RENAME, SWITCH, OPEN, LIMIT, DELETE];
        // Only a queue with an outbound caller configuration needs the permission to change it. The number that it shows belongs to the
        // account.
        let shown = |member: &str| wanted.pointer(&format!("/outbound_caller/{member}")).is_some_and(|value| !value.is_null());
        let any = ["name", "phone_number_id", "flow_id"].into_iter().any(shown);
        let mut caller = if any { operation_permissions(&[CALLER], &instance) } else { Vec::new() };
        if shown("phone_number_id") {
            caller.extend(operation_permissions(&[CREATE, CALLER], &provider.arn("connect", "phone-number/*")));
        }
        [child_permissions(provider, &own), caller].concat()
    }
}

impl Resource for ConnectQueue {
    type Definition = deployer_resources::ConnectQueue;

    found_by_name!(ConnectQueueProperties, QueueLive, Kind::Queue, name, delete_queue(queue_id));

    async fn create(&self, cx: &Context, wanted: &ConnectQueueProperties) -> Result<QueueLive> {
        let instance = &wanted.instance_id;
        let hours = self.0.connect_id(cx, instance, Kind::Hours, &wanted.hours_of_operation).await?;
        let tags = tags::to_sdk(&wanted.tags);
        let shown = Some(&wanted.outbound_caller).filter(|shown| **shown != OutboundCaller::default()).map(caller);
        let create = || {
            let request = self.0.connect.create_queue().instance_id(instance).name(&wanted.name);
            request
                .description(&wanted.description)
                .hours_of_operation_id(&hours)
                .set_max_contacts(wanted.max_contacts.map(signed))
                .set_outbound_caller_config(shown.clone())
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the queue's id", made.queue_id)?;
        // A new queue is enabled.
        if !wanted.enabled {
            self.switch(cx, instance, &id, false).await?;
        }
        let arn = required_field("the queue's ARN", made.queue_arn)?;
        let outputs = ConnectQueueOutputs { id: id.clone(), arn, name: wanted.name.clone() };
        Ok(Live { id: join_id(instance, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &QueueLive,
        wanted: &ConnectQueueProperties,
        _changed: &[PropertyPath],
    ) -> Result<QueueLive> {
        self.change(cx, &live.outputs.id, &live.properties, wanted).await?;
        retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &wanted.tags).await?;
        let outputs = ConnectQueueOutputs { name: wanted.name.clone(), ..live.outputs.clone() };
        Ok(Live { id: live.id.clone(), properties: wanted.clone(), outputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arn_equals_id_and_empty_equals_none() {
        let arn = "arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f";
        assert_eq!(bare(Some(arn.to_owned())).as_deref(), Some("f"));
        assert_eq!(bare(Some("f".to_owned())).as_deref(), Some("f"));
        assert_eq!(bare(Some(String::new())), None);
    }
}
