//! The content of a contact flow as a resource of its own: flows that name each other are created first and filled afterwards.

use std::sync::Arc;

use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner,
};
use deployer_resources::{ConnectFlowContentOutputs, ConnectFlowContentProperties};
use serde_json::Value;

use super::connect_flow_calls::{canonical_content, keep_equivalent_flow};
use super::connect_instance::owner_permissions;
use super::{join_id, split_id};
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type ContentLive = Live<ConnectFlowContentProperties, ConnectFlowContentOutputs>;

/// The resource type `connect.flow_content`.
pub struct ConnectFlowContent(pub(crate) Arc<Provider>);

impl ConnectFlowContent {
    /// Reads the content, and whether the flow belongs to this environment.
    async fn look(
        &self,
        cx: &Context,
        instance: &str,
        flow: &str,
        hint: &ConnectFlowContentProperties,
    ) -> Result<Option<(ContentLive, Result<(), String>)>> {
        let Some((seen, status)) = self.0.connect_flow(cx, instance, flow, &hint.status).await? else { return Ok(None) };
        let properties = ConnectFlowContentProperties {
            instance_id: instance.to_owned(),
            flow_id: flow.to_owned(),
            content: keep_equivalent_flow(seen.content.as_deref(), &hint.content),
            status,
        };
        let outputs = ConnectFlowContentOutputs { flow_id: flow.to_owned() };
        let ours = tags::check_environment(&tags::readable(seen.tags), cx);
        Ok(Some((Live { id: join_id(instance, flow), properties, outputs }, ours)))
    }

    async fn write(&self, cx: &Context, wanted: &ConnectFlowContentProperties) -> Result<ContentLive> {
        self.0.set_connect_flow(cx, &wanted.instance_id, &wanted.flow_id, &wanted.content, &wanted.status).await?;
        let outputs = ConnectFlowContentOutputs { flow_id: wanted.flow_id.clone() };
        Ok(Live { id: join_id(&wanted.instance_id, &wanted.flow_id), properties: wanted.clone(), outputs })
    }
}

impl Permissions for ConnectFlowContent {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        [
            operation_permissions(&super::connect_flow_calls::CALLS, &provider.arn("connect", "instance/*")),
            owner_permissions(provider),
        ]
        .concat()
    }
}

impl Resource for ConnectFlowContent {
    type Definition = deployer_resources::ConnectFlowContent;

    fn normalized(path: &PropertyPath, value: &Value) -> Option<Value> {
        canonical_content(path, value)
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ConnectFlowContentProperties) -> Result<Option<ContentLive>> {
        let (instance, flow) = split_id(id)?;
        Ok(self.look(cx, instance, flow, hint).await?.map(|(live, _)| live))
    }

    async fn owner(&self, cx: &Context, live: &ContentLive) -> Result<TagOwner> {
        let (instance, flow) = split_id(&live.id)?;
        let flow = self.0.connect_flow(cx, instance, flow, &live.properties.status).await?;
        let tags = flow.map(|(flow, _)| tags::readable(flow.tags));
        self.0.owner_in_instance(cx, tags.as_ref(), (Self::Definition::TYPE, &live.id), instance).await
    }

    /// Finds the content. A flow always has one, so it is found and then filled by an update. It is owned if its flow is.
    async fn find(&self, cx: &Context, wanted: &ConnectFlowContentProperties) -> Result<Lookup<ContentLive>> {
        Ok(match self.look(cx, &wanted.instance_id, &wanted.flow_id, wanted).await? {
            None => Lookup::NotFound,
            Some((live, Ok(()))) => Lookup::Owned(live),
            Some((live, Err(why))) => Lookup::Unowned { why: format!("the flow {}: {why}", wanted.flow_id), live },
        })
    }

    async fn create(&self, cx: &Context, wanted: &ConnectFlowContentProperties) -> Result<ContentLive> {
        if self.look(cx, &wanted.instance_id, &wanted.flow_id, wanted).await?.is_none() {
            let message = format!("the flow {} is not there, so that nothing can be its content", wanted.flow_id);
            return Err(Error::new(ErrorClass::NotFound, message));
        }
        self.write(cx, wanted).await
    }

    async fn update(
        &self,
        cx: &Context,
        _live: &ContentLive,
        wanted: &ConnectFlowContentProperties,
        _changed: &[PropertyPath],
    ) -> Result<ContentLive> {
        self.write(cx, wanted).await
    }

    /// Does nothing: a content is deleted with its flow. One that is no longer a separate resource belongs to the flow from then on.
    async fn delete(&self, _cx: &Context, _id: &PhysicalId, _recorded: &ConnectFlowContentProperties) -> Result<()> {
        Ok(())
    }
}
