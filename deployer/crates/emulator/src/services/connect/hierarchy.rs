//! The agent hierarchy: up to five levels, and the groups on them, to which users belong.

use serde_json::{Map, Value, json};

use super::State;
use super::arguments::{PARAMETER, in_use, refused, text};
use super::resource;
use super::types::{HierarchyGroup, Instance, Kind, LEVELS, Level, Resource, User};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Maximum length of a level's name (botocore model, HierarchyLevelUpdate).
const MAX_LEVEL_NAME: usize = 50;
/// Maximum length of a group's name (botocore model, CreateUserHierarchyGroupRequest).
const MAX_GROUP_NAME: usize = 100;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    read("DescribeUserHierarchyStructure", describe_structure).at("GET /user-hierarchy-structure/{InstanceId}"),
    write("UpdateUserHierarchyStructure", update_structure).at("POST /user-hierarchy-structure/{InstanceId}"),
    write("CreateUserHierarchyGroup", create).at("PUT /user-hierarchy-groups/{InstanceId}"),
    read("DescribeUserHierarchyGroup", describe).at("GET /user-hierarchy-groups/{InstanceId}/{HierarchyGroupId}"),
    write("UpdateUserHierarchyGroupName", rename).at("POST /user-hierarchy-groups/{InstanceId}/{HierarchyGroupId}/name"),
    write("DeleteUserHierarchyGroup", delete).at("DELETE /user-hierarchy-groups/{InstanceId}/{HierarchyGroupId}"),
];

fn describe_structure(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let described = |(at, level): (usize, &Level)| level.described(&instance.arn, at + 1, &call.context.region);
    let levels: Map<String, Value> =
        instance.levels.iter().enumerate().map(|(at, level)| (LEVELS[at].to_owned(), described((at, level)))).collect();
    Ok(Response::json(json!({"HierarchyStructure": levels})))
}

/// Replaces the levels: a level that is not given is removed (terraform-provider-aws deletes the structure so). A level with
/// groups cannot be removed (botocore model, ResourceInUseException). That a level needs those above it, and all message texts,
/// are unverified.
fn update_structure(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let wanted = call.input.get("HierarchyStructure").unwrap_or(&Value::Null);
    let names: Vec<Option<&str>> = LEVELS.iter().map(|level| wanted.get(*level).and_then(|level| text(level, "Name"))).collect();
    let count = names.iter().take_while(|name| name.is_some()).count();
    if names[count..].iter().any(Option::is_some) {
        return Err(refused(PARAMETER, format!("{} is missing, but a level below it is given", LEVELS[count])));
    }
    let names: Vec<&str> = names.into_iter().flatten().collect();
    if let Some(bad) = names.iter().find(|name| name.is_empty() || name.chars().count() > MAX_LEVEL_NAME) {
        return Err(refused(PARAMETER, format!("The level name {bad:?} must have 1 to {MAX_LEVEL_NAME} characters")));
    }
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let used = resource::all::<HierarchyGroup>(instance).find(|group| group.details.level > count);
    if let Some(group) = used {
        return Err(in_use("Hierarchy level", LEVELS[group.details.level - 1], &format!("the group {}", group.resource.name)));
    }
    let level = |(at, name): (usize, &str)| {
        let same = instance.levels.get(at).filter(|level| level.name == name).cloned();
        same.unwrap_or_else(|| Level { name: name.to_owned(), modified: call.context.now })
    };
    instance.levels = names.into_iter().enumerate().map(level).collect();
    Ok(Response::empty(200))
}

/// Returns the group's name from the input. The message text is unverified.
fn group_name(input: &Value) -> Result<&str, AwsError> {
    let name = text(input, "Name").unwrap_or_default();
    match name.is_empty() || name.chars().count() > MAX_GROUP_NAME {
        true => Err(refused(PARAMETER, format!("The name of a hierarchy group must have 1 to {MAX_GROUP_NAME} characters"))),
        false => Ok(name),
    }
}

/// Creates a group on the level below its parent's, or on the first (botocore model, CreateUserHierarchyGroupRequest). That
/// names are unique in the whole hierarchy, not only below one parent, and the refusal's code and message are unverified.
fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let name = group_name(&call.input)?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let parent = text(&call.input, "ParentGroupId").filter(|id| !id.is_empty());
    let parent = parent.map(|id| resource::find::<HierarchyGroup>(instance, id)).transpose()?;
    let level = parent.as_ref().map_or(0, |parent| parent.details.level) + 1;
    if level > instance.levels.len() {
        return Err(refused(PARAMETER, format!("The hierarchy structure has no level {level}")));
    }
    let group = HierarchyGroup { parent: parent.map(|parent| parent.id.to_owned()), level };
    let (id, arn) = resource::add(instance, name, &call.input, group, &call.context)?;
    Ok(Response::json(json!({"HierarchyGroupId": id, "HierarchyGroupArn": arn})))
}

/// Returns the group and those above it, from the first level.
fn path(instance: &Instance, group: &HierarchyGroup, region: &str, own: (&str, &Resource)) -> Value {
    let mut above = vec![own.1.summary(own.0, region)];
    let mut parent = group.parent.as_deref();
    while let Some(found) = parent.and_then(|id| resource::find::<HierarchyGroup>(instance, id).ok()) {
        above.push(found.resource.summary(found.id, region));
        parent = found.details.parent.as_deref();
    }
    let named = above.into_iter().rev().zip(LEVELS).map(|(summary, level)| (level.to_owned(), summary));
    Value::Object(named.collect())
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<HierarchyGroup>(instance, call.path("HierarchyGroupId"))?;
    let region = &call.context.region;
    let mut described = json!({
        "Id": found.id,
        "Arn": found.resource.arn,
        "Name": found.resource.name,
        "LevelId": found.details.level.to_string(),
        "HierarchyPath": path(instance, found.details, region, (found.id, found.resource)),
    });
    found.resource.describe(&mut described, region);
    Ok(Response::json(json!({"HierarchyGroup": described})))
}

fn rename(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    group_name(&call.input)?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    resource::rename::<HierarchyGroup>(instance, call.path("HierarchyGroupId"), call, call.context.now)
}

/// Deletes a group that has neither users nor groups below it (botocore model, DeleteUserHierarchyGroup).
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::HierarchyGroup, call.path("HierarchyGroupId"))?;
    let child = resource::all::<HierarchyGroup>(instance).find(|group| group.details.parent.as_deref() == Some(id.as_str()));
    if let Some(child) = child {
        return Err(in_use(Kind::HierarchyGroup.noun(), &id, &format!("the group {}", child.resource.name)));
    }
    let user = resource::all::<User>(instance).find(|user| user.details.hierarchy_group.as_deref() == Some(id.as_str()));
    if let Some(user) = user {
        return Err(in_use(Kind::HierarchyGroup.noun(), &id, &format!("the user {}", user.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
