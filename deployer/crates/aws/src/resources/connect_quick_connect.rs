//! A quick connect of an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::{
    PhoneNumberQuickConnectConfig, QueueQuickConnectConfig, QuickConnectConfig, QuickConnectType, UserQuickConnectConfig,
};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectQuickConnectOutputs, ConnectQuickConnectProperties, Destination};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{built, join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type QuickConnectLive = Live<ConnectQuickConnectProperties, ConnectQuickConnectOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeQuickConnect");
const CREATE: Operation = Operation::create("connect", "CreateQuickConnect");
const RENAME: Operation = Operation::idempotent("connect", "UpdateQuickConnectName");
const CONFIGURE: Operation = Operation::idempotent("connect", "UpdateQuickConnectConfig");
const DELETE: Operation = Operation::idempotent("connect", "DeleteQuickConnect");

/// The transfer flows that come with every instance (administrator guide, "Default flows in Connect").
const TO_QUEUE: &str = "Default queue transfer";
const TO_AGENT: &str = "Default agent transfer";

/// The resource type `connect.quick_connect`.
pub struct ConnectQuickConnect(pub(crate) Arc<Provider>);

impl ConnectQuickConnect {
    async fn look(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        _: &ConnectQuickConnectProperties,
    ) -> Result<Option<QuickConnectLive>> {
        let describe = || self.0.connect.describe_quick_connect().instance_id(instance).quick_connect_id(id).send();
        let described = self.0.call(cx, DESCRIBE, describe).await.optional()?;
        let Some(found) = described.and_then(|answer| answer.quick_connect) else { return Ok(None) };
        let id = required_field("the quick connect's id", found.quick_connect_id)?;
        let config = required_field("the quick connect's configuration", found.quick_connect_config)?;
        let name = found.name.unwrap_or_default();
        let properties = ConnectQuickConnectProperties {
            instance_id: instance.to_owned(),
            name: name.clone(),
            description: found.description.unwrap_or_default(),
            destination: self.destination(cx, instance, config).await?,
            tags: tags::readable(found.tags),
        };
        let arn = required_field("the quick connect's ARN", found.quick_connect_arn)?;
        let outputs = ConnectQuickConnectOutputs { id: id.clone(), arn, name };
        Ok(Some(Live { id: join_id(instance, &id), properties, outputs }))
    }

    /// Returns the live destination.
    async fn destination(&self, cx: &Context, instance: &str, config: QuickConnectConfig) -> Result<Destination> {
        let QuickConnectConfig { quick_connect_type: kind, user_config, queue_config, phone_config, .. } = config;
        if let Some(phone) = phone_config {
            return Ok(Destination::PhoneNumber(phone.phone_number));
        }
        if let Some(queue) = queue_config {
            let queues = self.0.connect_names(cx, instance, Kind::Queue).await?;
            let flow_id = self.own_flow(cx, instance, queue.contact_flow_id, TO_QUEUE).await?;
            return Ok(Destination::Queue { queue: queues.name(&queue.queue_id).to_owned(), flow_id });
        }
        if let Some(user) = user_config {
            let flow_id = self.own_flow(cx, instance, user.contact_flow_id, TO_AGENT).await?;
            return Ok(Destination::User { user_id: user.user_id, flow_id });
        }
        Ok(Destination::Other(kind.as_str().to_owned()))
    }

    /// Returns the ID of the flow; `None` for the default one.
    async fn own_flow(&self, cx: &Context, instance: &str, id: String, default: &str) -> Result<Option<String>> {
        let flows = self.0.connect_names(cx, instance, Kind::Flow).await?;
        Ok(Some(id).filter(|id| flows.name(id) != default))
    }

    /// Returns the configuration to send.
    async fn config(&self, cx: &Context, wanted: &ConnectQuickConnectProperties) -> Result<QuickConnectConfig> {
        let instance = wanted.instance_id.as_str();
        let builder = QuickConnectConfig::builder();
        let builder = match &wanted.destination {
            Destination::PhoneNumber(number) => {
                let phone = built(PhoneNumberQuickConnectConfig::builder().phone_number(number).build())?;
                builder.quick_connect_type(QuickConnectType::PhoneNumber).phone_config(phone)
            }
            Destination::Queue { queue, flow_id } => {
                let id = self.0.connect_id(cx, instance, Kind::Queue, queue).await?;
                let flow = self.flow(cx, instance, flow_id.as_deref(), TO_QUEUE).await?;
                let queue = built(QueueQuickConnectConfig::builder().queue_id(id).contact_flow_id(flow).build())?;
                builder.quick_connect_type(QuickConnectType::Queue).queue_config(queue)
            }
            Destination::User { user_id, flow_id } => {
                let flow = self.flow(cx, instance, flow_id.as_deref(), TO_AGENT).await?;
                let user = built(UserQuickConnectConfig::builder().user_id(user_id).contact_flow_id(flow).build())?;
                builder.quick_connect_type(QuickConnectType::User).user_config(user)
            }
            Destination::Other(kind) => {
                return Err(Error::new(ErrorClass::Invalid, format!("quick connects of the type {kind} are not supported")));
            }
        };
        built(builder.build())
    }

    async fn flow(&self, cx: &Context, instance: &str, given: Option<&str>, default: &str) -> Result<String> {
        match given {
            Some(id) => Ok(id.to_owned()),
            None => self.0.connect_id(cx, instance, Kind::Flow, default).await,
        }
    }
}

impl Permissions for ConnectQuickConnect {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let own = [DESCRIBE, CREATE, RENAME, CONFIGURE, DELETE, Kind::QuickConnect.list()];
        // Only transfers to queues and users need the names of others.
        let to = |kind: &str| wanted.pointer(&format!("/destination/{kind}")).is_some();
        let queues = to("queue").then(|| Kind::Queue.list());
        let flows = (to("queue") || to("user")).then(|| Kind::Flow.list());
        let all: Vec<Operation> = own.into_iter().chain(queues).chain(flows).collect();
        child_permissions(provider, &all)
    }
}

impl Resource for ConnectQuickConnect {
    type Definition = deployer_resources::ConnectQuickConnect;

    found_by_name!(
        ConnectQuickConnectProperties,
        QuickConnectLive,
        Kind::QuickConnect,
        name,
        delete_quick_connect(quick_connect_id)
    );

    async fn create(&self, cx: &Context, wanted: &ConnectQuickConnectProperties) -> Result<QuickConnectLive> {
        let (config, tags) = (self.config(cx, wanted).await?, tags::to_sdk(&wanted.tags));
        let create = || {
            let request = self.0.connect.create_quick_connect().instance_id(&wanted.instance_id).name(&wanted.name);
            request.description(&wanted.description).quick_connect_config(config.clone()).set_tags(Some(tags.clone())).send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the quick connect's id", made.quick_connect_id)?;
        let arn = required_field("the quick connect's ARN", made.quick_connect_arn)?;
        let outputs = ConnectQuickConnectOutputs { id: id.clone(), arn, name: wanted.name.clone() };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &QuickConnectLive,
        wanted: &ConnectQuickConnectProperties,
        _changed: &[PropertyPath],
    ) -> Result<QuickConnectLive> {
        let (was, id, client) = (&live.properties, &live.outputs.id, &self.0.connect);
        if (&was.name, &was.description) != (&wanted.name, &wanted.description) {
            let rename = || {
                let request = client.update_quick_connect_name().instance_id(&wanted.instance_id).quick_connect_id(id);
                request.name(&wanted.name).description(&wanted.description).send()
            };
            self.0.call(cx, RENAME, rename).await?;
        }
        if was.destination != wanted.destination {
            let config = self.config(cx, wanted).await?;
            let configure = || {
                let request = client.update_quick_connect_config().instance_id(&wanted.instance_id).quick_connect_id(id);
                request.quick_connect_config(config.clone()).send()
            };
            self.0.call(cx, CONFIGURE, configure).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        let outputs = ConnectQuickConnectOutputs { name: wanted.name.clone(), ..live.outputs.clone() };
        Ok(Live { id: live.id.clone(), properties: wanted.clone(), outputs })
    }
}
