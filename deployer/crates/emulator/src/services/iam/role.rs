//! Roles and their tags.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use super::document::{self, Kind};
use super::{Input, Role, State, element, encoded};
use crate::error::AwsError;
use crate::request::RequestContext;
use crate::response::Response;

/// Time until other services know a new role (section 2.8).
const PROPAGATION: Duration = Duration::from_secs(8);

pub(super) fn create(iam: &mut State, account: &str, input: Input<'_>, context: &RequestContext) -> Result<Response, AwsError> {
    let name = input.given("RoleName");
    let trust = trust_document(input, "AssumeRolePolicyDocument")?;
    let path = input.text("Path").unwrap_or("/").to_owned();
    let description = input.text("Description").map(str::to_owned);
    let max_session = input.number("MaxSessionDuration").unwrap_or(3600);
    let boundary = input.text("PermissionsBoundary").map(|arn| boundary_of(iam, arn)).transpose()?;
    let tags = tags(input)?;
    if iam.roles.contains_key(&name.to_lowercase()) {
        return Err(AwsError::new(409, "EntityAlreadyExists", format!("Role with name {name} already exists.")));
    }
    if iam.roles.len() >= 1000 {
        return Err(AwsError::new(409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000"));
    }
    let role = Role {
        name: name.to_owned(),
        id: format!("AROA{}", context.id(17).to_uppercase()),
        arn: format!("arn:aws:iam::{account}:role{path}{name}"),
        path,
        trust: trust.to_owned(),
        description,
        max_session,
        tags,
        created: context.now,
        known_from: context.after(PROPAGATION),
        policies: BTreeMap::new(),
        attached: BTreeSet::new(),
        boundary,
        secret: context.id(40),
    };
    let reply = Response::query(format!("<Role>{}</Role>", described(&role, true)));
    iam.roles.insert(name.to_lowercase(), role);
    Ok(reply)
}

pub(super) fn get(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role(input.given("RoleName"))?;
    Ok(Response::query(format!("<Role>{}<RoleLastUsed/></Role>", described(role, true))))
}

pub(super) fn list(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let roles = iam.roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
    // ListRoles omits tags, boundary and last use (BC iam.ListRoles).
    input.page(roles.map(|(key, role)| (key.clone(), described(role, false))), "Roles")
}

pub(super) fn update(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let name = input.given("RoleName");
    let description = input.text("Description").map(str::to_owned);
    let max_session = input.number("MaxSessionDuration");
    let role = iam.role_mut(name)?;
    if let Some(description) = description {
        role.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(max_session) = max_session {
        role.max_session = max_session;
    }
    Ok(Response::query(""))
}

/// Replaces the description, and returns the role (BC iam.UpdateRoleDescription; Terraform's provider uses it beside UpdateRole).
pub(super) fn update_description(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role_mut(input.given("RoleName"))?;
    role.description = Some(input.given("Description").to_owned()).filter(|text| !text.is_empty());
    Ok(Response::query(format!("<Role>{}</Role>", described(role, true))))
}

pub(super) fn update_trust(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let name = input.given("RoleName");
    iam.role(name)?;
    let trust = trust_document(input, "PolicyDocument")?;
    iam.role_mut(name)?.trust = trust.to_owned();
    Ok(empty())
}

pub(super) fn delete(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let name = input.given("RoleName");
    let role = iam.role(name)?;
    let conflict = |message: &str| Err(AwsError::new(409, "DeleteConflict", message));
    if !role.attached.is_empty() {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !role.policies.is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    iam.roles.remove(&name.to_lowercase());
    Ok(empty())
}

pub(super) fn tag(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let name = input.given("RoleName");
    let added = tags(input)?;
    add_tags(&mut iam.role_mut(name)?.tags, added)
}

/// Adds tags to a resource's tags.
pub(super) fn add_tags(tags: &mut BTreeMap<String, String>, added: BTreeMap<String, String>) -> Result<Response, AwsError> {
    let all: BTreeSet<&String> = tags.keys().chain(added.keys()).collect();
    if all.len() > 50 {
        return Err(AwsError::new(409, "LimitExceeded", "The number of tags has reached the maximum limit."));
    }
    tags.extend(added);
    Ok(empty())
}

pub(super) fn untag(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    remove_tags(&mut iam.role_mut(input.given("RoleName"))?.tags, input)
}

/// Removes the tags with the keys in `TagKeys`.
pub(super) fn remove_tags(tags: &mut BTreeMap<String, String>, input: Input<'_>) -> Result<Response, AwsError> {
    for key in input.list("TagKeys", "").into_iter().flatten() {
        tags.remove(key);
    }
    Ok(empty())
}

/// Returns tags as list entries.
pub(super) fn tag_entries(tags: &BTreeMap<String, String>) -> impl Iterator<Item = (String, String)> {
    tags.iter().map(|(key, value)| (key.clone(), tag_xml(key, value)))
}

pub(super) fn list_tags(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role(input.given("RoleName"))?;
    input.page(tag_entries(&role.tags), "Tags")
}

/// Returns the ARN of a managed policy, which must exist to be a boundary.
fn boundary_of(iam: &State, arn: &str) -> Result<String, AwsError> {
    match iam.managed(arn) {
        Some(_) => Ok(arn.to_owned()),
        // terraform-provider-aws retries on this message after creating a policy.
        None => Err(AwsError::new(404, "NoSuchEntity", format!("Scope ARN: {arn} does not exist or is not attachable."))),
    }
}

pub(super) fn put_boundary(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    iam.role(input.given("RoleName"))?;
    let boundary = boundary_of(iam, input.given("PermissionsBoundary"))?;
    iam.role_mut(input.given("RoleName"))?.boundary = Some(boundary);
    Ok(empty())
}

/// Deletes the permissions boundary. That it succeeds for a role without one is unverified.
pub(super) fn delete_boundary(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    iam.role_mut(input.given("RoleName"))?.boundary = None;
    Ok(empty())
}

/// Lists no instance profiles: they are not emulated.
pub(super) fn list_instance_profiles(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    iam.role(input.given("RoleName"))?;
    input.page(std::iter::empty(), "InstanceProfiles")
}

/// Returns a response without a result, which only UpdateRole has (BC iam).
pub(super) fn empty() -> Response {
    Response::query("")
}

fn trust_document<'a>(input: Input<'a>, member: &str) -> Result<&'a str, AwsError> {
    let trust = input.given(member);
    document::check(trust, Kind::Trust)?;
    if trust.chars().filter(|c| !c.is_whitespace()).count() > 2048 {
        return Err(AwsError::new(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    Ok(trust)
}

/// Reads `Tags.member.N.Key` and `.Value`; an invalid tag fails the request (BC iam.CreateRole).
pub(super) fn tags(input: Input<'_>) -> Result<BTreeMap<String, String>, AwsError> {
    let (keys, values) = (input.list("Tags", "Key"), input.list("Tags", "Value"));
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in keys.into_iter().flatten().zip(values.into_iter().flatten()) {
        if key.to_lowercase().starts_with("aws:") {
            let message = "System tags cannot be added/updated by requester.";
            return Err(AwsError::new(400, "InvalidInput", message));
        }
        if tags.keys().any(|other| other.to_lowercase() == key.to_lowercase()) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(AwsError::new(400, "InvalidInput", message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    Ok(tags)
}

fn tag_xml(key: &str, value: &str) -> String {
    element("Key", key) + &element("Value", value)
}

fn described(role: &Role, whole: bool) -> String {
    let created = role.created.replace_nanosecond(0).unwrap_or(role.created).format(&Rfc3339).unwrap_or_default();
    let mut xml = element("Path", &role.path)
        + &element("RoleName", &role.name)
        + &element("RoleId", &role.id)
        + &element("Arn", &role.arn)
        + &element("CreateDate", &created)
        + &element("AssumeRolePolicyDocument", &encoded(&role.trust));
    if let Some(description) = &role.description {
        xml += &element("Description", description);
    }
    xml += &element("MaxSessionDuration", &role.max_session.to_string());
    if let Some(arn) = role.boundary.as_ref().filter(|_| whole) {
        // BC iam.PermissionsBoundaryAttachmentType has one value.
        let inner = element("PermissionsBoundaryType", "PermissionsBoundaryPolicy") + &element("PermissionsBoundaryArn", arn);
        xml += &format!("<PermissionsBoundary>{inner}</PermissionsBoundary>");
    }
    if whole && !role.tags.is_empty() {
        let tags: String = tag_entries(&role.tags).map(|(_, tag)| format!("<member>{tag}</member>")).collect();
        xml += &format!("<Tags>{tags}</Tags>");
    }
    xml
}
