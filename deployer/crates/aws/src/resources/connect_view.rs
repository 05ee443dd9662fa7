//! The calls of views.

use deployer_engine::{Context, Result};
use deployer_resources::ConnectDocumentProperties;
use serde_json::{Value, json};

use super::connect_documents::{Described, DocumentCalls, DocumentLive, body, tags_json, unless_empty};
use super::connect_flow_calls::SAVED;
use super::connect_names::Kind;
use super::required_field;
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::raw_json::RawJson;

const DESCRIBE: Operation = Operation::read("connect", "DescribeView");
/// Idempotent by its client token.
const CREATE: Operation = Operation::idempotent("connect", "CreateView");
const UPDATE_CONTENT: Operation = Operation::idempotent("connect", "UpdateViewContent");
const UPDATE_METADATA: Operation = Operation::idempotent("connect", "UpdateViewMetadata");
const DELETE: Operation = Operation::idempotent("connect", "DeleteView");

pub(super) struct Calls;

/// Returns the content of a view as a request has it: the members of the file are inside `Content`.
fn request(wanted: &ConnectDocumentProperties, more: Value) -> Value {
    body::<Calls>(&json!({"Content": body::<Calls>(&wanted.content, json!({}))}), more)
}

impl DocumentCalls for Calls {
    const KIND: Kind = Kind::View;
    const NAME: &'static str = "Name";
    const TEXTS: &'static [&'static str] = &["/Template"];
    const OPERATIONS: &'static [Operation] = &[DESCRIBE, CREATE, UPDATE_CONTENT, UPDATE_METADATA, DELETE];

    /// Reads a view. One that was never published is visible only as its draft (API reference, DescribeView).
    async fn describe(provider: &Provider, cx: &Context, instance: &str, id: &str, wanted: &str) -> Result<Option<Described>> {
        let mut found = None;
        for name in [id.to_owned(), format!("{id}:$SAVED")].into_iter().skip(usize::from(wanted == SAVED)) {
            let raw = RawJson::reading();
            let describe = || {
                let request = provider.connect.describe_view().instance_id(instance).view_id(&name);
                request.customize().interceptor(raw.clone()).send()
            };
            if provider.call(cx, DESCRIBE, describe).await.optional()?.is_some() {
                found = raw.answer();
                break;
            }
        }
        let Some(view) = found.map(|answer| answer["View"].clone()) else { return Ok(None) };
        let text = |name: &str| view[name].as_str().map(str::to_owned);
        let (id, arn) = (required_field("the view's id", text("Id"))?, required_field("the view's ARN", text("Arn"))?);
        let status = text("Status").unwrap_or_default();
        let mut members = view.clone();
        for name in ["Template", "Actions"] {
            members[name] = view["Content"][name].clone();
        }
        Ok(Some(Described { id, arn, status, members }))
    }

    async fn create(provider: &Provider, cx: &Context, wanted: &ConnectDocumentProperties) -> Result<(String, String)> {
        let more = json!({"Name": wanted.name, "Description": unless_empty(&wanted.description), "Status": wanted.status,
            "Tags": tags_json(wanted), "ClientToken": cx.token.to_string()});
        let raw = RawJson::sending(&request(wanted, more));
        let create =
            || provider.connect.create_view().instance_id(&wanted.instance_id).customize().interceptor(raw.clone()).send();
        let view = required_field("the view", provider.call(cx, CREATE, create).await?.view)?;
        Ok((required_field("the view's id", view.id)?, required_field("the view's ARN", view.arn)?))
    }

    async fn update(provider: &Provider, cx: &Context, live: &DocumentLive, wanted: &ConnectDocumentProperties) -> Result<()> {
        let (instance, id, was) = (&wanted.instance_id, &live.outputs.id, &live.properties);
        if (&was.content, &was.status) != (&wanted.content, &wanted.status) {
            let raw = RawJson::sending(&request(wanted, json!({"Status": wanted.status})));
            let update = || {
                let request = provider.connect.update_view_content().instance_id(instance).view_id(id);
                request.customize().interceptor(raw.clone()).send()
            };
            provider.call(cx, UPDATE_CONTENT, update).await?;
        }
        if (&was.name, &was.description) != (&wanted.name, &wanted.description) {
            let update = || {
                let request = provider.connect.update_view_metadata().instance_id(instance).view_id(id);
                request.name(&wanted.name).description(&wanted.description).send()
            };
            provider.call(cx, UPDATE_METADATA, update).await?;
        }
        Ok(())
    }

    async fn delete(provider: &Provider, cx: &Context, instance: &str, id: &str) -> Result<()> {
        let delete = || provider.connect.delete_view().instance_id(instance).view_id(id).send();
        provider.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
