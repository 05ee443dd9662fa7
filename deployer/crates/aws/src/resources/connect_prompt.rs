//! A prompt of an Amazon Connect instance: a recording that flows play.
//!
//! Connect copies the recording and never reports which one it has (API reference, DescribePrompt), so a tag records it: the tag is set
//! with the prompt, matches no recording during a change, and names the new one only afterwards.

use std::sync::Arc;

use aws_sdk_connect::types::Prompt;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectPromptOutputs, ConnectPromptProperties};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, action_permissions, named};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type PromptLive = Live<ConnectPromptProperties, ConnectPromptOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribePrompt");
const CREATE: Operation = Operation::create("connect", "CreatePrompt");
const UPDATE: Operation = Operation::idempotent("connect", "UpdatePrompt");
const DELETE: Operation = Operation::idempotent("connect", "DeletePrompt");

/// The tag that identifies the recording of a prompt.
const RECORDING: &str = "deployer:recording";
/// Value of that tag during a change of the recording: it matches none, so that an interrupted change is completed.
const MOVING: &str = "moving";
/// Source shown for a recording that is not the one of the given properties.
const ANOTHER: &str = "another recording";

/// The resource type `connect.prompt`.
pub struct ConnectPrompt(pub(crate) Arc<Provider>);

/// Returns the tag value that identifies a recording: a digest, as a tag cannot hold every key.
fn recording_tag_value(prompt: &ConnectPromptProperties) -> String {
    let mut digest = Sha256::new();
    digest.update(prompt.s3_uri.as_bytes());
    digest.update([0]);
    digest.update(prompt.sha256.as_deref().unwrap_or_default());
    hex::encode(digest.finalize())
}

/// Returns the tags together with the one that identifies the recording.
fn with_recording_tag(prompt: &ConnectPromptProperties) -> Tags {
    let mut tags = prompt.tags.clone();
    tags.insert(RECORDING.to_owned(), recording_tag_value(prompt));
    tags
}

fn live(instance: &str, prompt: Prompt, hint: &ConnectPromptProperties) -> Result<PromptLive> {
    let id = required_field("the prompt's id", prompt.prompt_id)?;
    let mut tags = tags::readable(prompt.tags);
    let same = tags.remove(RECORDING) == Some(recording_tag_value(hint));
    let properties = ConnectPromptProperties {
        instance_id: instance.to_owned(),
        name: prompt.name.unwrap_or_default(),
        description: prompt.description.unwrap_or_default(),
        s3_uri: if same { hint.s3_uri.clone() } else { ANOTHER.to_owned() },
        sha256: hint.sha256.clone().filter(|_| same),
        tags,
    };
    let outputs = ConnectPromptOutputs { id: id.clone(), arn: required_field("the prompt's ARN", prompt.prompt_arn)? };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

impl ConnectPrompt {
    async fn look(&self, cx: &Context, instance: &str, id: &str, hint: &ConnectPromptProperties) -> Result<Option<PromptLive>> {
        let describe = || self.0.connect.describe_prompt().instance_id(instance).prompt_id(id).send();
        let prompt = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.prompt);
        prompt.map(|prompt| live(instance, prompt, hint)).transpose()
    }
}

impl Permissions for ConnectPrompt {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["s3:GetObject", "s3:GetObjectAcl"];

    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let own = [DESCRIBE, CREATE, UPDATE, DELETE, Kind::Prompt.list()];
        let object =
            named(wanted, "s3_uri").strip_prefix("s3://").map_or_else(|| "*".to_owned(), |place| provider.bucket_arn(place));
        // Connect reads the recording with the caller's permissions (service authorization reference, dependent actions). A user who
        // encrypts recordings with a customer managed key also needs kms:Decrypt on it; the spec does not tell which key that is.
        let reading = action_permissions(&["s3:GetObject", "s3:GetObjectAcl"], &object);
        [child_permissions(provider, &own), reading].concat()
    }
}

impl Resource for ConnectPrompt {
    type Definition = deployer_resources::ConnectPrompt;

    found_by_name!(ConnectPromptProperties, PromptLive, Kind::Prompt, name, delete_prompt(prompt_id));

    async fn create(&self, cx: &Context, wanted: &ConnectPromptProperties) -> Result<PromptLive> {
        let tags = tags::to_sdk(&with_recording_tag(wanted));
        let create = || {
            let request = self.0.connect.create_prompt().instance_id(&wanted.instance_id).name(&wanted.name);
            request.description(&wanted.description).s3_uri(&wanted.s3_uri).set_tags(Some(tags.clone())).send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the prompt's id", made.prompt_id)?;
        let outputs = ConnectPromptOutputs { id: id.clone(), arn: required_field("the prompt's ARN", made.prompt_arn)? };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &PromptLive,
        wanted: &ConnectPromptProperties,
        _changed: &[PropertyPath],
    ) -> Result<PromptLive> {
        let was = &live.properties;
        let moved = (&was.s3_uri, &was.sha256) != (&wanted.s3_uri, &wanted.sha256);
        if moved {
            let moving = Tags::from([(RECORDING.to_owned(), MOVING.to_owned())]);
            retag_connect(&self.0, cx, &live.outputs.arn, &Tags::new(), &moving).await?;
        }
        if moved || (&was.name, &was.description) != (&wanted.name, &wanted.description) {
            // Only a changed recording is read again: the object of an unchanged one may be gone.
            let uri = moved.then(|| wanted.s3_uri.clone());
            let update = || {
                let request = self.0.connect.update_prompt().instance_id(&wanted.instance_id).prompt_id(&live.outputs.id);
                request.name(&wanted.name).description(&wanted.description).set_s3_uri(uri.clone()).send()
            };
            self.0.call(cx, UPDATE, update).await?;
        }
        let before = if moved { was.tags.clone() } else { with_recording_tag(was) };
        retag_connect(&self.0, cx, &live.outputs.arn, &before, &with_recording_tag(wanted)).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }
}
