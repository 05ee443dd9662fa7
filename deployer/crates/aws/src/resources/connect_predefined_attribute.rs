//! A predefined attribute of an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::{InputPredefinedAttributeConfiguration, PredefinedAttribute, PredefinedAttributeValues};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectPredefinedAttributeOutputs, ConnectPredefinedAttributeProperties};
use serde_json::Value;

use super::connect_instance::owner_permissions;
use super::{join_id, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;

type AttributeLive = Live<ConnectPredefinedAttributeProperties, ConnectPredefinedAttributeOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribePredefinedAttribute");
const CREATE: Operation = Operation::create("connect", "CreatePredefinedAttribute");
const UPDATE: Operation = Operation::idempotent("connect", "UpdatePredefinedAttribute");
const DELETE: Operation = Operation::idempotent("connect", "DeletePredefinedAttribute");

/// The resource type `connect.predefined_attribute`.
pub struct ConnectPredefinedAttribute(pub(crate) Arc<Provider>);

fn live(instance: &str, name: &str, seen: PredefinedAttribute) -> AttributeLive {
    let mut values = match seen.values {
        Some(PredefinedAttributeValues::StringList(values)) => values,
        _ => Vec::new(),
    };
    values.sort();
    let mut purposes = seen.purposes.unwrap_or_default();
    purposes.sort();
    let properties = ConnectPredefinedAttributeProperties {
        instance_id: instance.to_owned(),
        name: name.to_owned(),
        values,
        purposes,
        only_these_values: seen
            .attribute_configuration
            .is_some_and(|configuration| configuration.enable_value_validation_on_association),
    };
    let outputs = ConnectPredefinedAttributeOutputs { name: name.to_owned() };
    Live { id: join_id(instance, name), properties, outputs }
}

fn values(wanted: &ConnectPredefinedAttributeProperties) -> PredefinedAttributeValues {
    PredefinedAttributeValues::StringList(wanted.values.clone())
}

fn configuration(wanted: &ConnectPredefinedAttributeProperties) -> InputPredefinedAttributeConfiguration {
    InputPredefinedAttributeConfiguration::builder().enable_value_validation_on_association(wanted.only_these_values).build()
}

impl ConnectPredefinedAttribute {
    async fn look(&self, cx: &Context, instance: &str, name: &str) -> Result<Option<AttributeLive>> {
        let describe = || self.0.connect.describe_predefined_attribute().instance_id(instance).name(name).send();
        let seen = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.predefined_attribute);
        Ok(seen.map(|seen| live(instance, name, seen)))
    }
}

impl Permissions for ConnectPredefinedAttribute {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = operation_permissions(&[DESCRIBE, CREATE, UPDATE, DELETE], &provider.arn("connect", "instance/*"));
        [own, owner_permissions(provider)].concat()
    }
}

impl Resource for ConnectPredefinedAttribute {
    type Definition = deployer_resources::ConnectPredefinedAttribute;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        _hint: &ConnectPredefinedAttributeProperties,
    ) -> Result<Option<AttributeLive>> {
        let (instance, name) = split_id(id)?;
        self.look(cx, instance, name).await
    }

    async fn owner(&self, cx: &Context, live: &AttributeLive) -> Result<TagOwner> {
        self.0.owner_of_setting(cx, split_id(&live.id)?.0).await
    }

    /// Finds the attribute. It has no tags: it is owned if its instance is.
    async fn find(&self, cx: &Context, wanted: &ConnectPredefinedAttributeProperties) -> Result<Lookup<AttributeLive>> {
        let instance = wanted.instance_id.as_str();
        let Some(live) = self.look(cx, instance, &wanted.name).await? else { return Ok(Lookup::NotFound) };
        self.0.found_in_instance(cx, instance, live).await
    }

    async fn create(&self, cx: &Context, wanted: &ConnectPredefinedAttributeProperties) -> Result<AttributeLive> {
        let create = || {
            let request = self.0.connect.create_predefined_attribute().instance_id(&wanted.instance_id).name(&wanted.name);
            request
                .values(values(wanted))
                .set_purposes(Some(wanted.purposes.clone()))
                .attribute_configuration(configuration(wanted))
                .send()
        };
        self.0.call(cx, CREATE, create).await?;
        let outputs = ConnectPredefinedAttributeOutputs { name: wanted.name.clone() };
        Ok(Live { id: join_id(&wanted.instance_id, &wanted.name), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &AttributeLive,
        wanted: &ConnectPredefinedAttributeProperties,
        _changed: &[PropertyPath],
    ) -> Result<AttributeLive> {
        let update = || {
            let request = self.0.connect.update_predefined_attribute().instance_id(&wanted.instance_id).name(&wanted.name);
            request
                .values(values(wanted))
                .set_purposes(Some(wanted.purposes.clone()))
                .attribute_configuration(configuration(wanted))
                .send()
        };
        self.0.call(cx, UPDATE, update).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectPredefinedAttributeProperties) -> Result<()> {
        let (instance, name) = split_id(id)?;
        let delete = || self.0.connect.delete_predefined_attribute().instance_id(instance).name(name).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
