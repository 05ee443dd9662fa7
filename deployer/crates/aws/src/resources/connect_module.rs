//! A flow module of an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::{ContactFlowModule, ContactFlowModuleState};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectModuleOutputs, ConnectModuleProperties};
use serde_json::Value;

use super::connect_flow_calls::{canonical_content, keep_equivalent_flow};
use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type ModuleLive = Live<ConnectModuleProperties, ConnectModuleOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeContactFlowModule");
/// Idempotent by its client token.
const CREATE: Operation = Operation::idempotent("connect", "CreateContactFlowModule");
const UPDATE_CONTENT: Operation = Operation::idempotent("connect", "UpdateContactFlowModuleContent");
const UPDATE_METADATA: Operation = Operation::idempotent("connect", "UpdateContactFlowModuleMetadata");
const DELETE: Operation = Operation::idempotent("connect", "DeleteContactFlowModule");

/// The resource type `connect.module`.
pub struct ConnectModule(pub(crate) Arc<Provider>);

fn live(instance: &str, module: ContactFlowModule, hint: &ConnectModuleProperties) -> Result<ModuleLive> {
    let id = required_field("the module's id", module.id)?;
    let properties = ConnectModuleProperties {
        instance_id: instance.to_owned(),
        name: module.name.unwrap_or_default(),
        description: module.description.unwrap_or_default(),
        content: keep_equivalent_flow(module.content.as_deref(), &hint.content),
        settings: live_settings(module.settings.as_deref(), hint),
        state: module.state.unwrap_or(ContactFlowModuleState::Active).as_str().to_owned(),
        tags: tags::readable(module.tags),
    };
    let outputs = ConnectModuleOutputs { id: id.clone(), arn: required_field("the module's ARN", module.arn)? };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

/// Returns the settings, a JSON text in the API, if the module is wanted with some: others are left as they are.
fn live_settings(live: Option<&str>, hint: &ConnectModuleProperties) -> Option<Value> {
    hint.settings.as_ref()?;
    live.and_then(|text| serde_json::from_str(text).ok())
}

impl ConnectModule {
    async fn look(&self, cx: &Context, instance: &str, id: &str, hint: &ConnectModuleProperties) -> Result<Option<ModuleLive>> {
        let describe = || self.0.connect.describe_contact_flow_module().instance_id(instance).contact_flow_module_id(id).send();
        let module = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.contact_flow_module);
        module.map(|module| live(instance, module, hint)).transpose()
    }

    async fn describe_as(&self, cx: &Context, id: &str, wanted: &ConnectModuleProperties) -> Result<()> {
        let update = || {
            let request = self.0.connect.update_contact_flow_module_metadata().instance_id(&wanted.instance_id);
            let state = ContactFlowModuleState::from(wanted.state.as_str());
            request.contact_flow_module_id(id).name(&wanted.name).description(&wanted.description).state(state).send()
        };
        self.0.call(cx, UPDATE_METADATA, update).await.map(drop)
    }
}

impl Permissions for ConnectModule {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        child_permissions(provider, &[DESCRIBE, CREATE, UPDATE_CONTENT, UPDATE_METADATA, DELETE, Kind::Module.list()])
    }
}

impl Resource for ConnectModule {
    type Definition = deployer_resources::ConnectModule;

    fn normalized(path: &PropertyPath, value: &Value) -> Option<Value> {
        canonical_content(path, value)
    }

    found_by_name!(ConnectModuleProperties, ModuleLive, Kind::Module, name, delete_contact_flow_module(contact_flow_module_id));

    async fn create(&self, cx: &Context, wanted: &ConnectModuleProperties) -> Result<ModuleLive> {
        let (content, tags, token) = (wanted.content.to_string(), tags::to_sdk(&wanted.tags), cx.token.to_string());
        let settings = wanted.settings.as_ref().map(Value::to_string);
        let create = || {
            let request = self.0.connect.create_contact_flow_module().instance_id(&wanted.instance_id).name(&wanted.name);
            let request = request.description(&wanted.description).content(&content).set_settings(settings.clone());
            request.set_tags(Some(tags.clone())).client_token(&token).send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the module's id", made.id)?;
        // A new module is active.
        if wanted.state != ContactFlowModuleState::Active.as_str() {
            self.describe_as(cx, &id, wanted).await?;
        }
        let outputs = ConnectModuleOutputs { id: id.clone(), arn: required_field("the module's ARN", made.arn)? };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &ModuleLive,
        wanted: &ConnectModuleProperties,
        _changed: &[PropertyPath],
    ) -> Result<ModuleLive> {
        let (instance, id, was) = (&wanted.instance_id, &live.outputs.id, &live.properties);
        let same = keep_equivalent_flow(Some(&was.content.to_string()), &wanted.content) == wanted.content;
        if !same || was.settings != wanted.settings {
            let settings = wanted.settings.as_ref().map(Value::to_string);
            let content = wanted.content.to_string();
            let update = || {
                let request = self.0.connect.update_contact_flow_module_content().instance_id(instance);
                request.contact_flow_module_id(id).content(&content).set_settings(settings.clone()).send()
            };
            self.0.call(cx, UPDATE_CONTENT, update).await?;
        }
        if (&was.name, &was.description, &was.state) != (&wanted.name, &wanted.description, &wanted.state) {
            self.describe_as(cx, id, wanted).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }
}
