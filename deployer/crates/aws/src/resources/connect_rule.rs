//! The calls of rules.

use deployer_engine::{Context, Result};
use deployer_resources::ConnectDocumentProperties;
use serde_json::json;

use super::connect_documents::{Described, DocumentCalls, DocumentLive, body, tags_json};
use super::connect_names::Kind;
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::raw_json::RawJson;

const DESCRIBE: Operation = Operation::read("connect", "DescribeRule");
/// Idempotent by its client token.
const CREATE: Operation = Operation::idempotent("connect", "CreateRule");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateRule");
const DELETE: Operation = Operation::idempotent("connect", "DeleteRule");

pub(super) struct Calls;

impl DocumentCalls for Calls {
    const KIND: Kind = Kind::Rule;
    const NAME: &'static str = "Name";
    const TEXTS: &'static [&'static str] = &["/Function"];
    const OPERATIONS: &'static [Operation] = &[DESCRIBE, CREATE, UPDATE, DELETE];

    async fn describe(provider: &Provider, cx: &Context, instance: &str, id: &str, _wanted: &str) -> Result<Option<Described>> {
        let raw = RawJson::reading();
        let describe = || {
            let request = provider.connect.describe_rule().instance_id(instance).rule_id(id);
            request.customize().interceptor(raw.clone()).send()
        };
        let found = provider.call(cx, DESCRIBE, describe).await.optional()?;
        let Some(rule) = found.and_then(|answer| answer.rule) else { return Ok(None) };
        let members = raw.answer().map(|answer| answer["Rule"].clone()).unwrap_or_default();
        let status = rule.publish_status.as_str().to_owned();
        Ok(Some(Described { id: rule.rule_id, arn: rule.rule_arn, status, members }))
    }

    async fn create(provider: &Provider, cx: &Context, wanted: &ConnectDocumentProperties) -> Result<(String, String)> {
        let more = json!({"Name": wanted.name, "PublishStatus": wanted.status, "Tags": tags_json(wanted),
            "ClientToken": cx.token.to_string()});
        let raw = RawJson::sending(&body::<Self>(&wanted.content, more));
        let create =
            || provider.connect.create_rule().instance_id(&wanted.instance_id).customize().interceptor(raw.clone()).send();
        let made = provider.call(cx, CREATE, create).await?;
        Ok((made.rule_id, made.rule_arn))
    }

    async fn update(provider: &Provider, cx: &Context, live: &DocumentLive, wanted: &ConnectDocumentProperties) -> Result<()> {
        let more = json!({"Name": wanted.name, "PublishStatus": wanted.status});
        let mut body = body::<Self>(&wanted.content, more);
        // The event of a rule cannot be changed, and a request has none.
        body.as_object_mut().and_then(|members| members.remove("TriggerEventSource"));
        let raw = RawJson::sending(&body);
        let update = || {
            let request = provider.connect.update_rule().instance_id(&wanted.instance_id).rule_id(&live.outputs.id);
            request.customize().interceptor(raw.clone()).send()
        };
        provider.call(cx, UPDATE, update).await.map(drop)
    }

    async fn delete(provider: &Provider, cx: &Context, instance: &str, id: &str) -> Result<()> {
        let delete = || provider.connect.delete_rule().instance_id(instance).rule_id(id).send();
        provider.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
