//! A contact flow of an Amazon Connect instance, published.

use std::sync::Arc;

use aws_sdk_connect::types::{ContactFlow, ContactFlowStatus, ContactFlowType};
use deployer_engine::{Context, Found, Live, PhysicalId, PropertyPath, Resource, Result, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{given, nested, parts, retag_connect};
use crate::call::{Op, pages};
use crate::documents::without_metadata;
use crate::errors::OrAbsent;
use crate::provider::Provider;
use crate::tags::{self, Tags};

/// Wanted and live properties of `connect.contact_flow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectContactFlowProperties {
    /// The instance.
    pub instance_id: String,
    /// The name, unique in the instance.
    pub name: String,
    /// The kind of flow, `CONTACT_FLOW` for one that takes calls.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for; may be empty.
    pub description: String,
    /// The flow in the Connect Flow language; `null` is a flow that was never published.
    pub content: Value,
    /// Tags.
    pub tags: Tags,
}

/// Outputs of `connect.contact_flow`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectContactFlowOutputs {
    /// The id in its instance.
    pub id: String,
    /// The ARN.
    pub arn: String,
}

type FlowLive = Live<ConnectContactFlowProperties, ConnectContactFlowOutputs>;

const DESCRIBE: Op = Op::read("connect", "DescribeContactFlow");
const LIST: Op = Op::read("connect", "ListContactFlows");
const CREATE: Op = Op::create("connect", "CreateContactFlow");
const UPDATE_CONTENT: Op = Op::idempotent("connect", "UpdateContactFlowContent");
const UPDATE_METADATA: Op = Op::idempotent("connect", "UpdateContactFlowMetadata");
const DELETE: Op = Op::idempotent("connect", "DeleteContactFlow");

/// The resource type `connect.contact_flow`.
pub struct ConnectContactFlow(pub(crate) Arc<Provider>);

/// The live content, in the wanted spelling if it is the same flow: Connect writes it anew, and the console adds positions.
fn content(live: Option<&str>, hint: &Value) -> Value {
    let live: Value = live.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if without_metadata(&live) == without_metadata(hint) { hint.clone() } else { live }
}

fn live(instance: &str, flow: ContactFlow, published: bool, hint: &Value) -> Result<FlowLive> {
    let id = given("the flow's id", flow.id)?;
    let properties = ConnectContactFlowProperties {
        instance_id: instance.to_owned(),
        name: flow.name.unwrap_or_default(),
        kind: flow.r#type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        description: flow.description.unwrap_or_default(),
        content: if published { content(flow.content.as_deref(), hint) } else { Value::Null },
        tags: tags::readable(flow.tags),
    };
    let outputs = ConnectContactFlowOutputs { id: id.clone(), arn: given("the flow's ARN", flow.arn)? };
    Ok(Live { id: nested(instance, &id), properties, outputs })
}

impl ConnectContactFlow {
    async fn describe(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<ContactFlow>> {
        let describe = || self.0.connect.describe_contact_flow().instance_id(instance).contact_flow_id(id).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.or_absent()?.and_then(|answer| answer.contact_flow))
    }

    async fn look(&self, cx: &Context, instance: &str, id: &str, hint: &Value) -> Result<Option<FlowLive>> {
        if let Some(flow) = self.describe(cx, instance, id).await? {
            let published = flow.status != Some(ContactFlowStatus::Saved);
            return live(instance, flow, published, hint).map(Some);
        }
        // A flow that was never published is only seen as its draft (API reference, DescribeContactFlow).
        match self.describe(cx, instance, &format!("{id}:$SAVED")).await? {
            Some(flow) => live(instance, flow, false, hint).map(Some),
            None => Ok(None),
        }
    }

    async fn named(&self, cx: &Context, instance: &str, name: &str) -> Result<Option<String>> {
        let flows = pages(|token| async move {
            let list = || {
                self.0.connect.list_contact_flows().instance_id(instance).max_results(1_000).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.contact_flow_summary_list.unwrap_or_default(), page.next_token))
        });
        let flows = flows.await.or_absent()?.unwrap_or_default();
        Ok(flows.into_iter().find(|flow| flow.name.as_deref() == Some(name)).and_then(|flow| flow.id))
    }
}

impl Resource for ConnectContactFlow {
    type Properties = ConnectContactFlowProperties;
    type Outputs = ConnectContactFlowOutputs;
    const TYPE: &'static str = "connect.contact_flow";

    fn rule(path: &PropertyPath) -> Rule {
        match path.top() {
            "instance_id" => Rule::Replace("it belongs to another instance"),
            "type" => Rule::Replace("a flow's type cannot be changed"),
            "content" if path.0.get(1).is_some_and(|member| member == "Metadata") => Rule::Ignore,
            _ => Rule::Update,
        }
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ConnectContactFlowProperties) -> Result<Option<FlowLive>> {
        let (instance, flow) = parts(id)?;
        self.look(cx, instance, flow, &hint.content).await
    }

    async fn find(&self, cx: &Context, wanted: &ConnectContactFlowProperties) -> Result<Found<FlowLive>> {
        let Some(id) = self.named(cx, &wanted.instance_id, &wanted.name).await? else { return Ok(Found::Absent) };
        let live = self.look(cx, &wanted.instance_id, &id, &wanted.content).await?;
        Ok(live.map_or(Found::Absent, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &ConnectContactFlowProperties) -> Result<FlowLive> {
        let (content, tags) = (wanted.content.to_string(), tags::sendable(&wanted.tags));
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let create = || {
            let request = self.0.connect.create_contact_flow().instance_id(&wanted.instance_id).name(&wanted.name);
            request
                .r#type(ContactFlowType::from(wanted.kind.as_str()))
                .set_description(description.clone())
                .content(&content)
                .status(ContactFlowStatus::Published)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = given("the flow's id", made.contact_flow_id)?;
        let outputs = ConnectContactFlowOutputs { id: id.clone(), arn: given("the flow's ARN", made.contact_flow_arn)? };
        Ok(Live { id: nested(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &FlowLive,
        wanted: &ConnectContactFlowProperties,
        _changed: &[PropertyPath],
    ) -> Result<FlowLive> {
        let (instance, id, was) = (&wanted.instance_id, &live.outputs.id, &live.properties);
        let client = &self.0.connect;
        if without_metadata(&was.content) != without_metadata(&wanted.content) {
            let content = wanted.content.to_string();
            let update =
                || client.update_contact_flow_content().instance_id(instance).contact_flow_id(id).content(&content).send();
            self.0.call(cx, UPDATE_CONTENT, update).await?;
        }
        if (&was.name, &was.description) != (&wanted.name, &wanted.description) {
            let update = || {
                let request = client.update_contact_flow_metadata().instance_id(instance).contact_flow_id(id);
                request.name(&wanted.name).description(&wanted.description).send()
            };
            self.0.call(cx, UPDATE_METADATA, update).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectContactFlowProperties) -> Result<()> {
        let (instance, flow) = parts(id)?;
        let delete = || self.0.connect.delete_contact_flow().instance_id(instance).contact_flow_id(flow).send();
        self.0.call(cx, DELETE, delete).await.or_absent().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_flow_written_anew_by_connect_is_the_same_flow() {
        let wanted = json!({"Version": "2019-10-30", "StartAction": "a", "Actions": [{"Identifier": "a", "Type": "DisconnectParticipant"}]});
        let again = r#"{"Actions":[{"Type":"DisconnectParticipant","Identifier":"a"}],"StartAction":"a","Metadata":{"x":1},"Version":"2019-10-30"}"#;
        assert_eq!(content(Some(again), &wanted), wanted);
        let other = again.replace("Disconnect", "Message");
        assert_ne!(content(Some(&other), &wanted), wanted);
    }

    #[test]
    fn moving_blocks_in_the_console_is_no_change() {
        let path = |steps: &[&str]| PropertyPath(steps.iter().map(|step| (*step).to_owned()).collect());
        assert_eq!(ConnectContactFlow::rule(&path(&["content", "Metadata", "x"])), Rule::Ignore);
        assert_eq!(ConnectContactFlow::rule(&path(&["content", "Actions", "0"])), Rule::Update);
    }
}
