//! Calls that read and write the content of flows, published or only saved.

use aws_sdk_connect::types::ContactFlow;
use deployer_engine::{Context, PropertyPath, Result};
use deployer_flow::normalized_content;
use serde_json::Value;

use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::provider::Provider;

/// All calls that concern a flow's content.
pub(super) const CALLS: [Operation; 2] = [DESCRIBE, UPDATE_CONTENT];
const DESCRIBE: Operation = Operation::read("connect", "DescribeContactFlow");
const UPDATE_CONTENT: Operation = Operation::idempotent("connect", "UpdateContactFlowContent");

/// The status of a flow that callers reach.
pub(super) const PUBLISHED: &str = "PUBLISHED";
/// The status of a draft.
pub(super) const SAVED: &str = "SAVED";

/// A flow that only disconnects, valid for any flow type, until the content is set (DisconnectParticipant is allowed in every type of flow:
/// administrator guide, "Flow block definitions").
pub(super) const STUB: &str = r#"{"Version":"2019-10-30","StartAction":"end","Metadata":{},"Actions":[{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}"#;

/// Returns the live content, in the desired spelling if it is the same flow: Connect rewrites it, and the console adds positions.
pub(super) fn keep_equivalent_flow(live: Option<&str>, hint: &Value) -> Value {
    let live: Value = live.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    if normalized_content(&live) == normalized_content(hint) { hint.clone() } else { live }
}

/// Returns a content in a canonical form in which equivalent contents are equal; `None` for other properties.
pub(super) fn canonical_content(path: &PropertyPath, value: &Value) -> Option<Value> {
    let whole = path.0.len() == 1 && path.first() == "content";
    (whole && value.is_object()).then(|| normalized_content(value))
}

impl Provider {
    async fn describe_connect_flow(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<ContactFlow>> {
        // A flow and what is its content in a circle of flows are read at the same time.
        let seen = cx.cached(format!("connect:DescribeContactFlow {instance} {id}"), || async {
            let describe = || self.connect.describe_contact_flow().instance_id(instance).contact_flow_id(id).send();
            Ok(self.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.contact_flow))
        });
        Ok((*seen.await?).clone())
    }

    /// Returns the flow and its status, with the published content or, if `SAVED` is desired or it was never published, with its draft.
    pub(super) async fn connect_flow(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        wanted: &str,
    ) -> Result<Option<(ContactFlow, String)>> {
        if wanted != SAVED
            && let Some(flow) = self.describe_connect_flow(cx, instance, id).await?
        {
            // A published flow without a draft is described as published, too.
            let status = flow.status.as_ref().map_or(PUBLISHED, |status| status.as_str()).to_owned();
            return Ok(Some((flow, status)));
        }
        // A flow that was never published is visible only as its draft (API reference, DescribeContactFlow).
        let draft = self.describe_connect_flow(cx, instance, &format!("{id}:$SAVED")).await?;
        Ok(draft.map(|flow| (flow, SAVED.to_owned())))
    }

    /// Publishes the content, or saves it as the draft and leaves the published content unchanged.
    pub(super) async fn set_connect_flow(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        content: &Value,
        status: &str,
    ) -> Result<()> {
        let content = content.to_string();
        let id = if status == SAVED { format!("{id}:$SAVED") } else { id.to_owned() };
        let update =
            || self.connect.update_contact_flow_content().instance_id(instance).contact_flow_id(&id).content(&content).send();
        self.call(cx, UPDATE_CONTENT, update).await.map(drop)
    }
}
