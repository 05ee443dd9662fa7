//! The calls of evaluation forms. A form has versions: one that was active is locked, so that a change of it is a new version.

use aws_sdk_connect::types::EvaluationFormVersionStatus;
use deployer_engine::{Context, Result};
use deployer_resources::ConnectDocumentProperties;
use serde_json::{Value, json};

use super::connect_documents::{Described, DocumentCalls, DocumentLive, body, tags_json, unless_empty};
use super::connect_names::Kind;
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::provider::Provider;
use crate::raw_json::RawJson;

const DESCRIBE: Operation = Operation::read("connect", "DescribeEvaluationForm");
const VERSIONS: Operation = Operation::read("connect", "ListEvaluationFormVersions");
/// Idempotent by its client token.
const CREATE: Operation = Operation::idempotent("connect", "CreateEvaluationForm");
/// Idempotent by its client token.
const UPDATE: Operation = Operation::idempotent("connect", "UpdateEvaluationForm");
const ACTIVATE: Operation = Operation::idempotent("connect", "ActivateEvaluationForm");
const DEACTIVATE: Operation = Operation::idempotent("connect", "DeactivateEvaluationForm");
const DELETE: Operation = Operation::idempotent("connect", "DeleteEvaluationForm");

pub(super) struct Calls;

const ACTIVE: &str = "ACTIVE";

fn members(wanted: &ConnectDocumentProperties, more: Value) -> Value {
    let mut body = body::<Calls>(&wanted.content, more);
    body["Title"] = wanted.name.as_str().into();
    if let description @ Value::String(_) = unless_empty(&wanted.description) {
        body["Description"] = description;
    }
    body
}

/// Returns the number of the latest version, and whether it is locked.
async fn latest(provider: &Provider, cx: &Context, instance: &str, id: &str) -> Result<Option<(i32, bool)>> {
    let describe = || provider.connect.describe_evaluation_form().instance_id(instance).evaluation_form_id(id).send();
    let found = provider.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.evaluation_form);
    Ok(found.map(|form| (form.evaluation_form_version, form.locked)))
}

async fn activate(provider: &Provider, cx: &Context, instance: &str, id: &str, version: i32) -> Result<()> {
    let activate = || {
        let request = provider.connect.activate_evaluation_form().instance_id(instance).evaluation_form_id(id);
        request.evaluation_form_version(version).send()
    };
    provider.call(cx, ACTIVATE, activate).await.map(drop)
}

/// Deactivates the active version, if there is one.
async fn deactivate(provider: &Provider, cx: &Context, instance: &str, id: &str) -> Result<()> {
    let versions = collect_pages(|token| async move {
        let list = || {
            let request = provider.connect.list_evaluation_form_versions().instance_id(instance).evaluation_form_id(id);
            request.max_results(100).set_next_token(token.clone()).send()
        };
        let page = provider.call(cx, VERSIONS, list).await?;
        Ok((page.evaluation_form_version_summary_list, page.next_token))
    });
    let versions = versions.await.optional()?.unwrap_or_default();
    for version in versions.iter().filter(|version| version.status == EvaluationFormVersionStatus::Active) {
        let deactivate = || {
            let request = provider.connect.deactivate_evaluation_form().instance_id(instance).evaluation_form_id(id);
            request.evaluation_form_version(version.evaluation_form_version).send()
        };
        provider.call(cx, DEACTIVATE, deactivate).await.optional()?;
    }
    Ok(())
}

impl DocumentCalls for Calls {
    const KIND: Kind = Kind::EvaluationForm;
    const NAME: &'static str = "Title";
    const TEXTS: &'static [&'static str] = &[];
    const READ_WHILE_CHANGING: &'static [&'static str] = &["connect:ListEvaluationFormVersions"];
    const OPERATIONS: &'static [Operation] = &[DESCRIBE, VERSIONS, CREATE, UPDATE, ACTIVATE, DEACTIVATE, DELETE];

    async fn describe(provider: &Provider, cx: &Context, instance: &str, id: &str, _wanted: &str) -> Result<Option<Described>> {
        let raw = RawJson::reading();
        let describe = || {
            let request = provider.connect.describe_evaluation_form().instance_id(instance).evaluation_form_id(id);
            request.customize().interceptor(raw.clone()).send()
        };
        let found = provider.call(cx, DESCRIBE, describe).await.optional()?;
        let Some(form) = found.and_then(|answer| answer.evaluation_form) else { return Ok(None) };
        let members = raw.answer().map(|answer| answer["EvaluationForm"].clone()).unwrap_or_default();
        let status = form.status.as_str().to_owned();
        Ok(Some(Described { id: form.evaluation_form_id, arn: form.evaluation_form_arn, status, members }))
    }

    async fn create(provider: &Provider, cx: &Context, wanted: &ConnectDocumentProperties) -> Result<(String, String)> {
        let more = json!({"Tags": tags_json(wanted), "ClientToken": cx.token.to_string()});
        let raw = RawJson::sending(&members(wanted, more));
        let instance = &wanted.instance_id;
        let create =
            || provider.connect.create_evaluation_form().instance_id(instance).customize().interceptor(raw.clone()).send();
        let made = provider.call(cx, CREATE, create).await?;
        if wanted.status == ACTIVE {
            activate(provider, cx, instance, &made.evaluation_form_id, 1).await?;
        }
        Ok((made.evaluation_form_id, made.evaluation_form_arn))
    }

    async fn update(provider: &Provider, cx: &Context, live: &DocumentLive, wanted: &ConnectDocumentProperties) -> Result<()> {
        let (instance, id, was) = (&wanted.instance_id, &live.outputs.id, &live.properties);
        let active = wanted.status == ACTIVE;
        if !active {
            // First: the status of a form is that of its latest version, which does not show that an older one is still active.
            deactivate(provider, cx, instance, id).await?;
        }
        let Some((mut version, locked)) = latest(provider, cx, instance, id).await? else { return Ok(()) };
        if (&was.name, &was.description, &was.content) != (&wanted.name, &wanted.description, &wanted.content) {
            let more = json!({"EvaluationFormVersion": version, "CreateNewVersion": locked, "ClientToken": cx.token.to_string()});
            let raw = RawJson::sending(&members(wanted, more));
            let update = || {
                let request = provider.connect.update_evaluation_form().instance_id(instance).evaluation_form_id(id);
                request.customize().interceptor(raw.clone()).send()
            };
            version = provider.call(cx, UPDATE, update).await?.evaluation_form_version;
        }
        if active {
            activate(provider, cx, instance, id, version).await?;
        }
        Ok(())
    }

    async fn delete(provider: &Provider, cx: &Context, instance: &str, id: &str) -> Result<()> {
        deactivate(provider, cx, instance, id).await?;
        let delete = || provider.connect.delete_evaluation_form().instance_id(instance).evaluation_form_id(id).send();
        provider.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
