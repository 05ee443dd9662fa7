//! A contact flow of an Amazon Connect instance, published or only saved.

use std::sync::Arc;

use aws_sdk_connect::types::{ContactFlow, ContactFlowState, ContactFlowStatus, ContactFlowType};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectContactFlowOutputs, ConnectContactFlowProperties};
use serde_json::Value;

use super::connect_flow_calls::{STUB, canonical_content, keep_equivalent_flow};
use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type FlowLive = Live<ConnectContactFlowProperties, ConnectContactFlowOutputs>;

const CREATE: Operation = Operation::create("connect", "CreateContactFlow");
const UPDATE_METADATA: Operation = Operation::idempotent("connect", "UpdateContactFlowMetadata");
const DELETE: Operation = Operation::idempotent("connect", "DeleteContactFlow");

/// The resource type `connect.contact_flow`.
pub struct ConnectContactFlow(pub(crate) Arc<Provider>);

fn live(instance: &str, flow: ContactFlow, status: String, hint: &ConnectContactFlowProperties) -> Result<FlowLive> {
    let id = required_field("the flow's id", flow.id)?;
    let apart = hint.content.is_null();
    let properties = ConnectContactFlowProperties {
        instance_id: instance.to_owned(),
        name: flow.name.unwrap_or_default(),
        kind: flow.r#type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        description: flow.description.unwrap_or_default(),
        content: if apart { Value::Null } else { keep_equivalent_flow(flow.content.as_deref(), &hint.content) },
        status: if apart { hint.status.clone() } else { status },
        state: flow.state.unwrap_or(ContactFlowState::Active).as_str().to_owned(),
        tags: tags::readable(flow.tags),
    };
    let outputs = ConnectContactFlowOutputs { id: id.clone(), arn: required_field("the flow's ARN", flow.arn)? };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

impl ConnectContactFlow {
    async fn look(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        hint: &ConnectContactFlowProperties,
    ) -> Result<Option<FlowLive>> {
        let seen = self.0.connect_flow(cx, instance, id, &hint.status).await?;
        seen.map(|(flow, status)| live(instance, flow, status, hint)).transpose()
    }

    async fn describe_as(&self, cx: &Context, id: &str, wanted: &ConnectContactFlowProperties) -> Result<()> {
        let update = || {
            let request = self.0.connect.update_contact_flow_metadata().instance_id(&wanted.instance_id).contact_flow_id(id);
            let state = ContactFlowState::from(wanted.state.as_str());
            request.name(&wanted.name).description(&wanted.description).contact_flow_state(state).send()
        };
        self.0.call(cx, UPDATE_METADATA, update).await.map(drop)
    }
}

impl Permissions for ConnectContactFlow {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [CREATE, UPDATE_METADATA, DELETE, Kind::Flow.list()];
        child_permissions(provider, &[&own[..], &super::connect_flow_calls::CALLS].concat())
    }
}

impl Resource for ConnectContactFlow {
    type Definition = deployer_resources::ConnectContactFlow;

    fn normalized(path: &PropertyPath, value: &Value) -> Option<Value> {
        canonical_content(path, value)
    }

    found_by_name!(ConnectContactFlowProperties, FlowLive, Kind::Flow, name, delete_contact_flow(contact_flow_id));

    async fn create(&self, cx: &Context, wanted: &ConnectContactFlowProperties) -> Result<FlowLive> {
        let content = if wanted.content.is_null() { STUB.to_owned() } else { wanted.content.to_string() };
        let tags = tags::to_sdk(&wanted.tags);
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let create = || {
            let request = self.0.connect.create_contact_flow().instance_id(&wanted.instance_id).name(&wanted.name);
            request
                .r#type(ContactFlowType::from(wanted.kind.as_str()))
                .set_description(description.clone())
                .content(&content)
                .status(ContactFlowStatus::from(wanted.status.as_str()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the flow's id", made.contact_flow_id)?;
        // A new flow is active.
        if wanted.state != ContactFlowState::Active.as_str() {
            self.describe_as(cx, &id, wanted).await?;
        }
        let outputs = ConnectContactFlowOutputs { id: id.clone(), arn: required_field("the flow's ARN", made.contact_flow_arn)? };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &FlowLive,
        wanted: &ConnectContactFlowProperties,
        _changed: &[PropertyPath],
    ) -> Result<FlowLive> {
        let (instance, id, was) = (&wanted.instance_id, &live.outputs.id, &live.properties);
        let other = was.status != wanted.status
            || keep_equivalent_flow(Some(&was.content.to_string()), &wanted.content) != wanted.content;
        if other && !wanted.content.is_null() {
            self.0.set_connect_flow(cx, instance, id, &wanted.content, &wanted.status).await?;
        }
        if (&was.name, &was.description, &was.state) != (&wanted.name, &wanted.description, &wanted.state) {
            self.describe_as(cx, id, wanted).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn flow_rewritten_by_connect_is_equal() {
        let wanted = json!({"Version": "2019-10-30", "StartAction": "a", "Actions": [{"Identifier": "a", "Type": "DisconnectParticipant"}]});
        let again = r#"{"Actions":[{"Type":"DisconnectParticipant","Identifier":"a"}],"StartAction":"a","Metadata":{"x":1},"Version":"2019-10-30"}"#;
        assert_eq!(keep_equivalent_flow(Some(again), &wanted), wanted);
        let other = again.replace("Disconnect", "Message");
        assert_ne!(keep_equivalent_flow(Some(&other), &wanted), wanted);
    }

    #[test]
    fn content_is_compared_by_what_it_means() {
        let content = PropertyPath(vec!["content".to_owned()]);
        let action =
            |name: &str| json!({"Identifier": name, "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}});
        let one =
            json!({"Version": "2019-10-30", "StartAction": "a", "Metadata": {"x": 1}, "Actions": [action("a"), action("b")]});
        let other = json!({"Version": "2019-10-30", "StartAction": "a", "Actions": [
            {"Identifier": "b", "Type": "DisconnectParticipant", "Transitions": {"Conditions": []}}, action("a")
        ]});
        let of = |value: &Value| ConnectContactFlow::normalized(&content, value).unwrap();
        assert_eq!(of(&one), of(&other));
        assert_eq!(ConnectContactFlow::normalized(&PropertyPath(vec!["tags".to_owned()]), &one), None);
    }
}
