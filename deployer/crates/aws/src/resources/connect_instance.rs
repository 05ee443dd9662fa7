//! An Amazon Connect instance.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::types::{DirectoryType, Instance, InstanceAttributeType, InstanceStatus};
use deployer_engine::{Class, Context, Error, Found, Live, PhysicalId, PropertyPath, Resource, Result, Rule};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{given, outputs, retag_connect, text};
use crate::call::{Op, pages};
use crate::errors::OrAbsent;
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

/// Wanted and live properties of `connect.instance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectInstanceProperties {
    /// The alias, unique among all instances; it stands in the instance's address.
    pub alias: String,
    /// Whether it takes calls.
    pub inbound_calls: bool,
    /// Whether it makes calls.
    pub outbound_calls: bool,
    /// Whether contact flows write logs.
    pub flow_logs: bool,
    /// Tags.
    pub tags: Tags,
}

/// Outputs of `connect.instance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectInstanceOutputs {
    /// The id.
    pub id: String,
    /// The ARN.
    pub arn: String,
    /// The alias.
    pub alias: String,
}

type InstanceLive = Live<ConnectInstanceProperties, ConnectInstanceOutputs>;

const DESCRIBE: Op = Op::read("connect", "DescribeInstance");
const LIST: Op = Op::read("connect", "ListInstances");
const DESCRIBE_ATTRIBUTE: Op = Op::read("connect", "DescribeInstanceAttribute");
/// Idempotent by its client token.
const CREATE: Op = Op::idempotent("connect", "CreateInstance");
const SET_ATTRIBUTE: Op = Op::idempotent("connect", "UpdateInstanceAttribute");
const DELETE: Op = Op::idempotent("connect", "DeleteInstance");

const USABLE_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The resource type `connect.instance`.
pub struct ConnectInstance(pub(crate) Arc<Provider>);

fn failed(instance: &Instance) -> bool {
    instance.instance_status() == Some(&InstanceStatus::CreationFailed)
}

fn creation_failure(instance: &Instance) -> Error {
    let reason = instance.status_reason().and_then(|reason| reason.message()).unwrap_or("Connect gives no reason");
    let message = format!("the creation of the instance failed: {reason}");
    Error::new(Class::Invalid, message).with_help("correct the cause before trying again: creations count against 100 in 30 days")
}

impl ConnectInstance {
    async fn describe(&self, cx: &Context, id: &str) -> Result<Option<Instance>> {
        let describe = || self.0.connect.describe_instance().instance_id(id).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.or_absent()?.and_then(|answer| answer.instance))
    }

    async fn flow_logs(&self, cx: &Context, id: &str) -> Result<bool> {
        let kind = InstanceAttributeType::ContactflowLogs;
        let describe = || self.0.connect.describe_instance_attribute().instance_id(id).attribute_type(kind.clone()).send();
        let value = self.0.call(cx, DESCRIBE_ATTRIBUTE, describe).await?.attribute.and_then(|attribute| attribute.value);
        Ok(value.is_some_and(|value| value.eq_ignore_ascii_case("true")))
    }

    /// The instance as it is; `None`, once it is gone, if it is being deleted. `InstanceStatus` has no value for that (SDK model); that
    /// reading an attribute is then refused is unverified.
    async fn live(&self, cx: &Context, instance: Instance) -> Result<Option<InstanceLive>> {
        let id = given("the instance's id", instance.id)?;
        let flow_logs = match self.flow_logs(cx, &id).await {
            Ok(on) => on,
            Err(error) if error.class == Class::Invalid => {
                // Its alias is free only then.
                self.until_gone(cx, &id).await.map_err(|_| error)?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let alias = instance.instance_alias.unwrap_or_default();
        let properties = ConnectInstanceProperties {
            alias: alias.clone(),
            inbound_calls: instance.inbound_calls_enabled.unwrap_or_default(),
            outbound_calls: instance.outbound_calls_enabled.unwrap_or_default(),
            flow_logs,
            tags: tags::readable(instance.tags),
        };
        let outputs = ConnectInstanceOutputs { id: id.clone(), arn: given("the instance's ARN", instance.arn)?, alias };
        Ok(Some(Live { id: PhysicalId(id), properties, outputs }))
    }

    async fn until_gone(&self, cx: &Context, id: &str) -> Result<()> {
        wait::until(cx, "the instance's end", USABLE_WITHIN, || async {
            let instance = self.describe(cx, id).await?;
            Ok(instance.map_or(Break(()), |_| Continue("still there".to_owned())))
        })
        .await
    }

    async fn until_active(&self, cx: &Context, id: &str) -> Result<Instance> {
        wait::until(cx, "the instance", USABLE_WITHIN, || async {
            Ok(match self.describe(cx, id).await? {
                None => Continue("not visible yet".to_owned()),
                Some(instance) if failed(&instance) => return Err(creation_failure(&instance)),
                Some(instance) if instance.instance_status() == Some(&InstanceStatus::Active) => Break(instance),
                Some(instance) => {
                    Continue(instance.instance_status().map_or("CREATION_IN_PROGRESS", |status| status.as_str()).to_owned())
                }
            })
        })
        .await
    }

    async fn set(&self, cx: &Context, id: &str, kind: InstanceAttributeType, on: bool) -> Result<()> {
        let value = if on { "true" } else { "false" };
        // One token per setting: the change has one token and may make several calls.
        let token = Uuid::new_v5(&cx.token, format!("{}={value}", kind.as_str()).as_bytes()).to_string();
        let set = || {
            let request = self.0.connect.update_instance_attribute().instance_id(id).attribute_type(kind.clone());
            request.value(value).client_token(&token).send()
        };
        self.0.call(cx, SET_ATTRIBUTE, set).await.map(drop)
    }

    /// The id of the instance with this alias; one whose creation failed has none.
    async fn with_alias(&self, cx: &Context, alias: &str) -> Result<Option<String>> {
        let instances = pages(|token| async move {
            let list = || self.0.connect.list_instances().max_results(10).set_next_token(token.clone()).send();
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.instance_summary_list.unwrap_or_default(), page.next_token))
        });
        let mut same = instances.await?.into_iter().filter(|instance| {
            instance.instance_alias.as_deref() == Some(alias) && instance.instance_status != Some(InstanceStatus::CreationFailed)
        });
        Ok(same.next().and_then(|instance| instance.id))
    }
}

impl Resource for ConnectInstance {
    type Properties = ConnectInstanceProperties;
    type Outputs = ConnectInstanceOutputs;
    const TYPE: &'static str = "connect.instance";

    fn rule(path: &PropertyPath) -> Rule {
        match path.top() {
            "alias" => {
                Rule::Replace("an instance's alias cannot be changed; phone numbers, users and recordings' settings are lost")
            }
            _ => Rule::Update,
        }
    }

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        text(wanted, "alias").map(|alias| outputs([("alias", alias.to_owned())])).unwrap_or_default()
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ConnectInstanceProperties) -> Result<Option<InstanceLive>> {
        match self.describe(cx, id.as_str()).await?.filter(|instance| !failed(instance)) {
            Some(instance) => self.live(cx, instance).await,
            None => Ok(None),
        }
    }

    async fn find(&self, cx: &Context, wanted: &ConnectInstanceProperties) -> Result<Found<InstanceLive>> {
        let Some(id) = self.with_alias(cx, &wanted.alias).await? else { return Ok(Found::Absent) };
        let Some(instance) = self.describe(cx, &id).await? else { return Ok(Found::Absent) };
        let tags = tags::readable(instance.tags.clone());
        let ours = tags::owned_by(&tags, cx).is_ok();
        let instance = if ours { self.until_active(cx, &id).await? } else { instance };
        Ok(self.live(cx, instance).await?.map_or(Found::Absent, |live| tags::found(cx, &tags, live)))
    }

    async fn create(&self, cx: &Context, wanted: &ConnectInstanceProperties) -> Result<InstanceLive> {
        let (token, tags) = (cx.token.to_string(), tags::sendable(&wanted.tags));
        let create = || {
            let request = self.0.connect.create_instance().client_token(&token).instance_alias(&wanted.alias);
            request
                .identity_management_type(DirectoryType::ConnectManaged)
                .inbound_calls_enabled(wanted.inbound_calls)
                .outbound_calls_enabled(wanted.outbound_calls)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let id = given("the instance's id", self.0.call(cx, CREATE, create).await?.id)?;
        let instance = self.until_active(cx, &id).await?;
        // Off in a new instance.
        if wanted.flow_logs {
            self.set(cx, &id, InstanceAttributeType::ContactflowLogs, true).await?;
        }
        let outputs = ConnectInstanceOutputs {
            id: id.clone(),
            arn: given("the instance's ARN", instance.arn)?,
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
            (InstanceAttributeType::ContactflowLogs, was.flow_logs, wanted.flow_logs),
        ];
        for (kind, _, on) in settings.into_iter().filter(|(_, was, wanted)| was != wanted) {
            self.set(cx, id, kind, on).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectInstanceProperties) -> Result<()> {
        let token = cx.token.to_string();
        let delete = || self.0.connect.delete_instance().instance_id(id.as_str()).client_token(&token).send();
        self.0.call(cx, DELETE, delete).await.or_absent()?;
        self.until_gone(cx, id.as_str()).await
    }
}
