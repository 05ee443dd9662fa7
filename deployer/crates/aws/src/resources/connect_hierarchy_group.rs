//! A group of the agent hierarchy of an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::{HierarchyGroup, HierarchyPath};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, RuleInput, TagOwner,
};
use deployer_resources::{ConnectHierarchyGroupOutputs, ConnectHierarchyGroupProperties};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type GroupLive = Live<ConnectHierarchyGroupProperties, ConnectHierarchyGroupOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeUserHierarchyGroup");
const CREATE: Operation = Operation::create("connect", "CreateUserHierarchyGroup");
const RENAME: Operation = Operation::idempotent("connect", "UpdateUserHierarchyGroupName");
const DELETE: Operation = Operation::idempotent("connect", "DeleteUserHierarchyGroup");

/// The resource type `connect.hierarchy_group`.
pub struct ConnectHierarchyGroup(pub(crate) Arc<Provider>);

/// Returns the ID of the group above this one, from the path, whose last entry is the group itself.
fn parent(path: HierarchyPath, own: &str) -> Option<String> {
    let HierarchyPath { level_one, level_two, level_three, level_four, level_five, .. } = path;
    let above = [level_one, level_two, level_three, level_four, level_five].into_iter().filter_map(|group| group?.id);
    above.take_while(|id| id != own).last()
}

fn live(instance: &str, group: HierarchyGroup) -> Result<GroupLive> {
    let id = required_field("the hierarchy group's id", group.id)?;
    let name = group.name.unwrap_or_default();
    let properties = ConnectHierarchyGroupProperties {
        instance_id: instance.to_owned(),
        name: name.clone(),
        parent_id: group.hierarchy_path.and_then(|path| parent(path, &id)),
        tags: tags::readable(group.tags),
    };
    let outputs =
        ConnectHierarchyGroupOutputs { id: id.clone(), arn: required_field("the hierarchy group's ARN", group.arn)?, name };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

impl ConnectHierarchyGroup {
    async fn look(
        &self,
        cx: &Context,
        instance: &str,
        id: &str,
        _: &ConnectHierarchyGroupProperties,
    ) -> Result<Option<GroupLive>> {
        let describe = || self.0.connect.describe_user_hierarchy_group().instance_id(instance).hierarchy_group_id(id).send();
        let group = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.hierarchy_group);
        group.map(|group| live(instance, group)).transpose()
    }
}

impl Permissions for ConnectHierarchyGroup {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        child_permissions(provider, &[DESCRIBE, CREATE, RENAME, DELETE, Kind::HierarchyGroup.list()])
    }
}

impl Resource for ConnectHierarchyGroup {
    type Definition = deployer_resources::ConnectHierarchyGroup;

    /// Refuses a move under the same name: the new group would need the name that the old one has until its users have left it.
    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let (live, wanted) = (proposal.live?, proposal.desired);
        let moved = live["instance_id"] == wanted["instance_id"] && live["parent_id"] != wanted["parent_id"];
        (moved && live["name"] == wanted["name"]).then(|| {
            let name = wanted["name"].as_str().unwrap_or_default();
            Error::new(ErrorClass::Invalid, format!("the hierarchy group {name} cannot be moved below another group")).with_help(
                "no operation of Connect moves a group; give it another `name` too, so that it is created beside the old one",
            )
        })
    }

    found_by_name!(
        ConnectHierarchyGroupProperties,
        GroupLive,
        Kind::HierarchyGroup,
        name,
        delete_user_hierarchy_group(hierarchy_group_id)
    );

    async fn create(&self, cx: &Context, wanted: &ConnectHierarchyGroupProperties) -> Result<GroupLive> {
        let tags = tags::to_sdk(&wanted.tags);
        let create = || {
            let request = self.0.connect.create_user_hierarchy_group().instance_id(&wanted.instance_id).name(&wanted.name);
            request.set_parent_group_id(wanted.parent_id.clone()).set_tags(Some(tags.clone())).send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the hierarchy group's id", made.hierarchy_group_id)?;
        let arn = required_field("the hierarchy group's ARN", made.hierarchy_group_arn)?;
        let outputs = ConnectHierarchyGroupOutputs { id: id.clone(), arn, name: wanted.name.clone() };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &GroupLive,
        wanted: &ConnectHierarchyGroupProperties,
        _changed: &[PropertyPath],
    ) -> Result<GroupLive> {
        if live.properties.name != wanted.name {
            let rename = || {
                let request = self.0.connect.update_user_hierarchy_group_name().instance_id(&wanted.instance_id);
                request.hierarchy_group_id(&live.outputs.id).name(&wanted.name).send()
            };
            self.0.call(cx, RENAME, rename).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &wanted.tags).await?;
        let outputs = ConnectHierarchyGroupOutputs { name: wanted.name.clone(), ..live.outputs.clone() };
        Ok(Live { id: live.id.clone(), properties: wanted.clone(), outputs })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_connect::types::HierarchyGroupSummary;

    use super::*;

    #[test]
    fn parent_is_next_to_last_on_path() {
        let group = |id: &str| HierarchyGroupSummary::builder().id(id).build();
        let path = HierarchyPath::builder().level_one(group("a")).level_two(group("b")).level_three(group("c"));
        assert_eq!(parent(path.build(), "c").as_deref(), Some("b"));
        assert_eq!(parent(HierarchyPath::builder().level_one(group("a")).build(), "a"), None);
    }
}
