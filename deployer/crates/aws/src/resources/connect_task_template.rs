//! The calls of task templates.
//!
//! The call that creates one takes no tags. So it is created with a description that names its owner, then tagged, and only then gets its
//! description: a run that is killed in between leaves a template that the next one knows as its own.

use deployer_engine::{Context, Result};
use deployer_resources::ConnectDocumentProperties;
use serde_json::{Value, json};

use super::connect_documents::{Described, DocumentCalls, DocumentLive, body, marker, unless_empty};
use super::connect_names::Kind;
use super::{required_field, retag_connect};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::raw_json::RawJson;
use crate::tags::Tags;

const GET: Operation = Operation::read("connect", "GetTaskTemplate");
/// Idempotent by its client token.
const CREATE: Operation = Operation::idempotent("connect", "CreateTaskTemplate");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateTaskTemplate");
const DELETE: Operation = Operation::idempotent("connect", "DeleteTaskTemplate");

pub(super) struct Calls;

fn request(wanted: &ConnectDocumentProperties, description: &str, token: Value) -> Value {
    let more =
        json!({"Name": wanted.name, "Description": unless_empty(description), "Status": wanted.status, "ClientToken": token});
    body::<Calls>(&wanted.content, more)
}

async fn put(provider: &Provider, cx: &Context, id: &str, wanted: &ConnectDocumentProperties) -> Result<()> {
    let raw = RawJson::sending(&request(wanted, &wanted.description, Value::Null));
    let update = || {
        let request = provider.connect.update_task_template().instance_id(&wanted.instance_id).task_template_id(id);
        request.customize().interceptor(raw.clone()).send()
    };
    provider.call(cx, UPDATE, update).await.map(drop)
}

impl DocumentCalls for Calls {
    const KIND: Kind = Kind::TaskTemplate;
    const NAME: &'static str = "Name";
    const TEXTS: &'static [&'static str] = &[];
    const OPERATIONS: &'static [Operation] = &[GET, CREATE, UPDATE, DELETE];

    async fn describe(provider: &Provider, cx: &Context, instance: &str, id: &str, _wanted: &str) -> Result<Option<Described>> {
        let raw = RawJson::reading();
        let get = || {
            let request = provider.connect.get_task_template().instance_id(instance).task_template_id(id);
            request.customize().interceptor(raw.clone()).send()
        };
        let Some(found) = provider.call(cx, GET, get).await.optional()? else { return Ok(None) };
        let members = raw.answer().unwrap_or_default();
        let status = found.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        Ok(Some(Described { id: found.id, arn: found.arn, status, members }))
    }

    async fn create(provider: &Provider, cx: &Context, wanted: &ConnectDocumentProperties) -> Result<(String, String)> {
        let raw = RawJson::sending(&request(wanted, &marker(wanted), cx.token.to_string().into()));
        let create = || {
            let request = provider.connect.create_task_template().instance_id(&wanted.instance_id);
            request.customize().interceptor(raw.clone()).send()
        };
        let made = provider.call(cx, CREATE, create).await?;
        retag_connect(provider, cx, &made.arn, &Tags::new(), &wanted.tags).await?;
        put(provider, cx, &made.id, wanted).await?;
        Ok((required_field("the template's id", Some(made.id))?, made.arn))
    }

    async fn update(provider: &Provider, cx: &Context, live: &DocumentLive, wanted: &ConnectDocumentProperties) -> Result<()> {
        put(provider, cx, &live.outputs.id, wanted).await
    }

    async fn delete(provider: &Provider, cx: &Context, instance: &str, id: &str) -> Result<()> {
        let delete = || provider.connect.delete_task_template().instance_id(instance).task_template_id(id).send();
        provider.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
