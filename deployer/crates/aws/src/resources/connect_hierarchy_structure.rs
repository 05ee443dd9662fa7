//! The levels of the agent hierarchy of an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::{HierarchyLevelUpdate, HierarchyStructure, HierarchyStructureUpdate};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectHierarchyStructureOutputs, ConnectHierarchyStructureProperties};
use serde_json::Value;

use super::built;
use super::connect_instance::owner_permissions;
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;

type StructureLive = Live<ConnectHierarchyStructureProperties, ConnectHierarchyStructureOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeUserHierarchyStructure");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateUserHierarchyStructure");

/// The resource type `connect.hierarchy_structure`.
pub struct ConnectHierarchyStructure(pub(crate) Arc<Provider>);

/// Returns the names of the levels, up to the first one that is missing.
fn levels(structure: HierarchyStructure) -> Vec<String> {
    let HierarchyStructure { level_one, level_two, level_three, level_four, level_five, .. } = structure;
    let levels = [level_one, level_two, level_three, level_four, level_five];
    levels.into_iter().map_while(|level| level?.name).collect()
}

/// Returns the levels to send. A level that is not sent is removed (terraform-provider-aws, connect/user_hierarchy_structure.go).
fn update(levels: &[String]) -> Result<HierarchyStructureUpdate> {
    let mut all = levels.iter().map(|name| built(HierarchyLevelUpdate::builder().name(name).build()));
    let mut next = || all.next().transpose();
    let builder = HierarchyStructureUpdate::builder().set_level_one(next()?).set_level_two(next()?).set_level_three(next()?);
    let structure = builder.set_level_four(next()?).set_level_five(next()?).build();
    match all.next() {
        Some(_) => Err(Error::new(ErrorClass::Invalid, "an agent hierarchy has at most 5 levels")),
        None => Ok(structure),
    }
}

fn live(instance: &str, levels: Vec<String>) -> StructureLive {
    let properties = ConnectHierarchyStructureProperties { instance_id: instance.to_owned(), levels };
    let outputs = ConnectHierarchyStructureOutputs { instance_id: instance.to_owned() };
    Live { id: PhysicalId(instance.to_owned()), properties, outputs }
}

impl ConnectHierarchyStructure {
    /// Returns the levels; `None` if there are none.
    async fn levels(&self, cx: &Context, instance: &str) -> Result<Option<Vec<String>>> {
        let describe = || self.0.connect.describe_user_hierarchy_structure().instance_id(instance).send();
        let described = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.hierarchy_structure);
        Ok(described.map(levels).filter(|levels| !levels.is_empty()))
    }

    async fn set(&self, cx: &Context, instance: &str, levels: &[String]) -> Result<()> {
        let structure = update(levels)?;
        let update = || {
            let request = self.0.connect.update_user_hierarchy_structure().instance_id(instance);
            request.hierarchy_structure(structure.clone()).send()
        };
        self.0.call(cx, UPDATE, update).await.map(drop)
    }
}

impl Permissions for ConnectHierarchyStructure {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = operation_permissions(&[DESCRIBE, UPDATE], &provider.arn("connect", "instance/*"));
        [own, owner_permissions(provider)].concat()
    }
}

impl Resource for ConnectHierarchyStructure {
    type Definition = deployer_resources::ConnectHierarchyStructure;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        _hint: &ConnectHierarchyStructureProperties,
    ) -> Result<Option<StructureLive>> {
        Ok(self.levels(cx, id.as_str()).await?.map(|levels| live(id.as_str(), levels)))
    }

    async fn owner(&self, cx: &Context, live: &StructureLive) -> Result<TagOwner> {
        self.0.owner_of_setting(cx, live.id.as_str()).await
    }

    /// Finds the structure. It has no tags: it is owned if the instance is.
    async fn find(&self, cx: &Context, wanted: &ConnectHierarchyStructureProperties) -> Result<Lookup<StructureLive>> {
        let instance = wanted.instance_id.as_str();
        let Some(levels) = self.levels(cx, instance).await? else { return Ok(Lookup::NotFound) };
        let live = live(instance, levels);
        self.0.found_in_instance(cx, instance, live).await
    }

    async fn create(&self, cx: &Context, wanted: &ConnectHierarchyStructureProperties) -> Result<StructureLive> {
        self.set(cx, &wanted.instance_id, &wanted.levels).await?;
        Ok(live(&wanted.instance_id, wanted.levels.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        _live: &StructureLive,
        wanted: &ConnectHierarchyStructureProperties,
        _changed: &[PropertyPath],
    ) -> Result<StructureLive> {
        self.create(cx, wanted).await
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectHierarchyStructureProperties) -> Result<()> {
        self.set(cx, id.as_str(), &[]).await.optional().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_five_levels_are_sent() {
        let named = |count: usize| (1..=count).map(|level| format!("Level {level}")).collect::<Vec<_>>();
        let sent = update(&named(2)).expect("two levels");
        assert_eq!(sent.level_two.map(|level| level.name).as_deref(), Some("Level 2"));
        assert_eq!(sent.level_three, None);
        assert!(update(&named(5)).is_ok() && update(&named(6)).is_err());
    }
}
