//! An agent status of an Amazon Connect instance.
//!
//! The API has no operation that deletes one (API reference, "Agent status actions"). A status that is no longer wanted is disabled and
//! loses its tags except one, which says that the deployer gave it up; one of the same name is then enabled again in place of a new one.

use std::sync::Arc;

use aws_sdk_connect::types::{AgentStatus, AgentStatusState};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectAgentStatusOutputs, ConnectAgentStatusProperties};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::Kind;
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type StatusLive = Live<ConnectAgentStatusProperties, ConnectAgentStatusOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeAgentStatus");
const CREATE: Operation = Operation::create("connect", "CreateAgentStatus");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateAgentStatus");

/// The tag of a status that was given up; its value is the project.
const GIVEN_UP: &str = "deployer:given-up";

/// The resource type `connect.agent_status`.
pub struct ConnectAgentStatus(pub(crate) Arc<Provider>);

fn state(enabled: bool) -> AgentStatusState {
    if enabled { AgentStatusState::Enabled } else { AgentStatusState::Disabled }
}

fn live(instance: &str, status: AgentStatus) -> Result<StatusLive> {
    let id = required_field("the id of the agent status", status.agent_status_id)?;
    let properties = ConnectAgentStatusProperties {
        instance_id: instance.to_owned(),
        name: status.name.unwrap_or_default(),
        description: status.description.unwrap_or_default(),
        enabled: status.state != Some(AgentStatusState::Disabled),
        display_order: status.display_order.and_then(|order| u32::try_from(order).ok()),
        tags: tags::readable(status.tags),
    };
    let outputs = ConnectAgentStatusOutputs {
        id: id.clone(),
        arn: required_field("the ARN of the agent status", status.agent_status_arn)?,
    };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

fn is_given_up(live: &StatusLive) -> bool {
    live.properties.tags.contains_key(GIVEN_UP)
}

impl ConnectAgentStatus {
    async fn look(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<StatusLive>> {
        let describe = || self.0.connect.describe_agent_status().instance_id(instance).agent_status_id(id).send();
        let status = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.agent_status);
        status.map(|status| live(instance, status)).transpose()
    }

    async fn named(&self, cx: &Context, wanted: &ConnectAgentStatusProperties) -> Result<Option<StatusLive>> {
        let names = self.0.connect_names(cx, &wanted.instance_id, Kind::AgentStatus).await?;
        match names.id(&wanted.name) {
            Some(id) => self.look(cx, &wanted.instance_id, id).await,
            None => Ok(None),
        }
    }

    async fn set(&self, cx: &Context, id: &str, wanted: &ConnectAgentStatusProperties) -> Result<()> {
        let order = wanted.display_order.and_then(|order| i32::try_from(order).ok());
        let update = || {
            let request = self.0.connect.update_agent_status().instance_id(&wanted.instance_id).agent_status_id(id);
            request
                .name(&wanted.name)
                .description(&wanted.description)
                .state(state(wanted.enabled))
                .set_display_order(order)
                .set_reset_order_number(order.is_none().then_some(true))
                .send()
        };
        self.0.call(cx, UPDATE, update).await.map(drop)
    }
}

impl Permissions for ConnectAgentStatus {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        child_permissions(provider, &[DESCRIBE, CREATE, UPDATE, Kind::AgentStatus.list()])
    }
}

impl Resource for ConnectAgentStatus {
    type Definition = deployer_resources::ConnectAgentStatus;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ConnectAgentStatusProperties) -> Result<Option<StatusLive>> {
        let (instance, id) = split_id(id)?;
        Ok(self.look(cx, instance, id).await?.filter(|live| !is_given_up(live)))
    }

    async fn owner(&self, cx: &Context, live: &StatusLive) -> Result<TagOwner> {
        self.0
            .owner_in_instance(
                cx,
                Some(&live.properties.tags),
                (<Self::Definition as deployer_engine::ResourceDefinition>::TYPE, &live.id),
                split_id(&live.id)?.0,
            )
            .await
    }

    async fn find(&self, cx: &Context, wanted: &ConnectAgentStatusProperties) -> Result<Lookup<StatusLive>> {
        let found = self.named(cx, wanted).await?.filter(|live| !is_given_up(live));
        Ok(found.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &ConnectAgentStatusProperties) -> Result<StatusLive> {
        if let Some(live) = self.named(cx, wanted).await?.filter(is_given_up) {
            self.set(cx, &live.outputs.id, wanted).await?;
            retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &wanted.tags).await?;
            return Ok(Live { properties: wanted.clone(), ..live });
        }
        let (tags, order) = (tags::to_sdk(&wanted.tags), wanted.display_order.and_then(|order| i32::try_from(order).ok()));
        let create = || {
            let request = self.0.connect.create_agent_status().instance_id(&wanted.instance_id).name(&wanted.name);
            let request = request.description(&wanted.description).state(state(wanted.enabled));
            request.set_display_order(order).set_tags(Some(tags.clone())).send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the id of the agent status", made.agent_status_id)?;
        let arn = required_field("the ARN of the agent status", made.agent_status_arn)?;
        let outputs = ConnectAgentStatusOutputs { id: id.clone(), arn };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &StatusLive,
        wanted: &ConnectAgentStatusProperties,
        _changed: &[PropertyPath],
    ) -> Result<StatusLive> {
        let was = &live.properties;
        if (ConnectAgentStatusProperties { tags: was.tags.clone(), ..wanted.clone() }) != *was {
            self.set(cx, &live.outputs.id, wanted).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &ConnectAgentStatusProperties) -> Result<()> {
        let (instance, id) = split_id(id)?;
        let Some(live) = self.look(cx, instance, id).await?.filter(|live| !is_given_up(live)) else { return Ok(()) };
        let disabled = ConnectAgentStatusProperties { enabled: false, ..live.properties.clone() };
        self.set(cx, id, &disabled).await?;
        let project = recorded.tags.get("deployer:project").cloned().unwrap_or_default();
        let given_up = Tags::from([(GIVEN_UP.to_owned(), project)]);
        retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &given_up).await
    }
}
