//! Security profiles: the permissions of users in the instance.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, epoch, in_use, parsed, text};
use super::resource;
use super::types::{Instance, Kind, SecurityProfile, User};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateSecurityProfile", create).at("PUT /security-profiles/{InstanceId}"),
    read("DescribeSecurityProfile", describe).at("GET /security-profiles/{InstanceId}/{SecurityProfileId}"),
    write("UpdateSecurityProfile", update).at("POST /security-profiles/{InstanceId}/{SecurityProfileId}"),
    write("DeleteSecurityProfile", delete).at("DELETE /security-profiles/{InstanceId}/{SecurityProfileId}"),
    read("ListSecurityProfilePermissions", list_permissions)
        .at("GET /security-profiles-permissions/{InstanceId}/{SecurityProfileId}"),
];

/// Members that restrict which resources the users can see, by tags and by the agent hierarchy.
const ACCESS: [&str; 4] = [
    "AllowedAccessControlTags",
    "TagRestrictedResources",
    "HierarchyRestrictedResources",
    "AllowedAccessControlHierarchyGroupId",
];

/// Returns the access control of an input; its hierarchy group must exist.
fn access(instance: &Instance, input: &Value) -> Result<BTreeMap<String, Value>, AwsError> {
    let given = ACCESS.iter().filter_map(|member| Some(((*member).to_owned(), input.get(*member)?.clone())));
    let mut given: BTreeMap<String, Value> = given.filter(|(_, value)| !value.is_null()).collect();
    if let Some(group) = given.get_mut(ACCESS[3]) {
        *group = resource::id_of(instance, Kind::HierarchyGroup, group.as_str().unwrap_or_default())?.into();
    }
    Ok(given)
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let permissions = parsed(input, "Permissions")?.unwrap_or_default();
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let profile = SecurityProfile { permissions, default: false, access: access(instance, input)? };
    let name = text(input, "SecurityProfileName").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, profile, &call.context)?;
    Ok(Response::json(json!({"SecurityProfileId": id, "SecurityProfileArn": arn})))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<SecurityProfile>(instance, call.path("SecurityProfileId"))?;
    let mut described = json!({
        "Id": found.id,
        "Arn": found.resource.arn,
        "OrganizationResourceId": instance.id,
        "SecurityProfileName": found.resource.name,
    });
    for (member, value) in &found.details.access {
        described[member] = value.clone();
    }
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"SecurityProfile": described})))
}

fn list_permissions(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<SecurityProfile>(instance, call.path("SecurityProfileId"))?;
    let mut names = found.details.permissions.clone();
    names.sort();
    names.dedup();
    let mut body = paging.body("Permissions", names.iter().map(|name| (name, Value::from(name.as_str()))))?;
    body["LastModifiedTime"] = epoch(found.resource.modified).into();
    body["LastModifiedRegion"] = call.context.region.as_str().into();
    Ok(Response::json(body))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let permissions = parsed(&call.input, "Permissions")?;
    let given = call.path("SecurityProfileId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let access = access(instance, &call.input)?;
    let edited = resource::edit::<SecurityProfile>(instance, given, call.context.now)?;
    if let Some(permissions) = permissions {
        edited.details.permissions = permissions;
    }
    edited.details.access.extend(access);
    if let Some(description) = text(&call.input, "Description") {
        *edited.description = (!description.is_empty()).then(|| description.to_owned());
    }
    Ok(Response::empty(200))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<SecurityProfile>(instance, call.path("SecurityProfileId"))?;
    let id = found.id.to_owned();
    if found.details.default {
        // The operation declares the code; that it applies here, and the message text, are unverified.
        let message = format!("The security profile {} came with the instance and cannot be deleted", found.resource.name);
        return Err(AwsError::new(403, "AccessDeniedException", message));
    }
    if let Some(user) = resource::all::<User>(instance).find(|user| user.details.security_profiles.contains(&id)) {
        return Err(in_use(Kind::SecurityProfile.noun(), &id, &format!("the user {}", user.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
