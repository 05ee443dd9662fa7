//! Resources of an instance besides flows, and their common properties: an id, an ARN, a name that is unique among its kind,
//! tags, and a quota.

use serde_json::Value;
use time::OffsetDateTime;

use super::State;
use super::arguments::{PARAMETER, Paging, duplicate, given_tags, limit, not_found, text};
use super::types::{Detail, Instance, Kind, Resource};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read};
use crate::request::{Request, RequestContext};
use crate::response::Response;

/// A resource with its id and details.
pub(super) struct Found<'a, T> {
    pub(super) id: &'a str,
    pub(super) resource: &'a Resource,
    pub(super) details: &'a T,
}

/// Returns the resource of an id or ARN.
pub(super) fn named<'a>(instance: &'a Instance, kind: Kind, given: &str) -> Result<(&'a str, &'a Resource), AwsError> {
    let part = kind.arn_part();
    let own =
        given.strip_prefix(instance.arn.as_str()).and_then(|rest| rest.strip_prefix('/')?.strip_prefix(part)?.strip_prefix('/'));
    let found = instance.resources.get_key_value(own.unwrap_or(given)).filter(|(_, found)| found.kind == kind);
    found.map(|(id, found)| (id.as_str(), found)).ok_or_else(|| not_found(kind.noun(), given))
}

/// Returns the resource of an id or ARN with its details.
pub(super) fn find<'a, T: Detail>(instance: &'a Instance, given: &str) -> Result<Found<'a, T>, AwsError> {
    let (id, resource) = named(instance, T::KIND, given)?;
    let details = T::of(&resource.details).ok_or_else(|| not_found(T::KIND.noun(), given))?;
    Ok(Found { id, resource, details })
}

/// Returns the resource id of an id or ARN.
pub(super) fn id_of(instance: &Instance, kind: Kind, given: &str) -> Result<String, AwsError> {
    named(instance, kind, given).map(|(id, _)| id.to_owned())
}

/// Returns all resources of one kind.
pub(super) fn all<'a, T: Detail + 'a>(instance: &'a Instance) -> impl Iterator<Item = Found<'a, T>> {
    instance
        .resources
        .iter()
        .filter_map(|(id, resource)| Some(Found { id: id.as_str(), resource, details: T::of(&resource.details)? }))
}

/// Mutable parts of a resource.
pub(super) struct ResourceMut<'a, T> {
    pub(super) name: &'a mut String,
    pub(super) description: &'a mut Option<String>,
    pub(super) details: &'a mut T,
}

/// Returns the resource of an id or ARN for changes and sets its modification time.
pub(super) fn edit<'a, T: Detail>(
    instance: &'a mut Instance,
    given: &str,
    now: OffsetDateTime,
) -> Result<ResourceMut<'a, T>, AwsError> {
    let id = id_of(instance, T::KIND, given)?;
    let missing = || not_found(T::KIND.noun(), given);
    let resource = instance.resources.get_mut(&id).ok_or_else(missing)?;
    let details = T::of_mut(&mut resource.details).ok_or_else(missing)?;
    resource.modified = now;
    Ok(ResourceMut { name: &mut resource.name, description: &mut resource.description, details })
}

/// Returns an error if another resource of the kind has this name. Names are case-sensitive (unverified).
pub(super) fn check_name(instance: &Instance, kind: Kind, name: &str, own: Option<&str>) -> Result<(), AwsError> {
    let taken = |id: &str, one: &Resource| one.kind == kind && one.name == name && own != Some(id);
    match instance.resources.iter().any(|(id, one)| taken(id, one)) {
        true => Err(duplicate(kind.noun(), name)),
        false => Ok(()),
    }
}

/// Changes name and description, each if given.
pub(super) fn rename<T: Detail>(
    instance: &mut Instance,
    given: &str,
    call: &Request,
    now: OffsetDateTime,
) -> Result<Response, AwsError> {
    let (name, description) = (text(&call.input, "Name"), text(&call.input, "Description"));
    if let Some(name) = name {
        let id = id_of(instance, T::KIND, given)?;
        check_name(instance, T::KIND, name, Some(&id))?;
    }
    let edited = edit::<T>(instance, given, now)?;
    if let Some(name) = name {
        name.clone_into(edited.name);
    }
    if let Some(description) = description {
        *edited.description = (!description.is_empty()).then(|| description.to_owned());
    }
    Ok(Response::empty(200))
}

/// Adds a resource with this name and the input's description and tags, and returns its id and ARN.
pub(super) fn add<T: Detail>(
    instance: &mut Instance,
    name: &str,
    input: &Value,
    details: T,
    context: &RequestContext,
) -> Result<(String, String), AwsError> {
    let kind = T::KIND;
    check_name(instance, kind, name, None)?;
    if instance.resources.values().filter(|one| one.kind == kind).count() >= kind.quota() {
        return Err(limit(&format!("resources of the kind {}", kind.noun()), kind.quota()));
    }
    let id = context.uuid();
    let arn = format!("{}/{}/{id}", instance.arn, kind.arn_part());
    let resource = Resource {
        kind,
        arn: arn.clone(),
        name: name.to_owned(),
        description: text(input, "Description").map(str::to_owned),
        modified: context.now,
        tags: given_tags(input)?,
        details: details.wrap(),
    };
    instance.resources.insert(id.clone(), resource);
    Ok((id, arn))
}

/// The list operations that have no filter.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    read("ListHoursOfOperations", |state, call| list(state, call, Kind::Hours, "HoursOfOperationSummaryList"))
        .at("GET /hours-of-operations-summary/{InstanceId}").rate(per_second(10, 10)),
    read("ListRoutingProfiles", |state, call| list(state, call, Kind::RoutingProfile, "RoutingProfileSummaryList"))
        .at("GET /routing-profiles-summary/{InstanceId}").rate(per_second(10, 10)),
    read("ListSecurityProfiles", |state, call| list(state, call, Kind::SecurityProfile, "SecurityProfileSummaryList"))
        .at("GET /security-profiles-summary/{InstanceId}"),
    read("ListPrompts", |state, call| list(state, call, Kind::Prompt, "PromptSummaryList"))
        .at("GET /prompts-summary/{InstanceId}").rate(per_second(10, 10)),
    read("ListUserHierarchyGroups", |state, call| list(state, call, Kind::HierarchyGroup, "UserHierarchyGroupSummaryList"))
        .at("GET /user-hierarchy-groups-summary/{InstanceId}").rate(per_second(10, 10)),
    read("ListUsers", |state, call| list(state, call, Kind::User, "UserSummaryList"))
        .at("GET /users-summary/{InstanceId}").rate(per_second(10, 10)),
];

fn list(state: &State, call: &Request, kind: Kind, member: &str) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = instance.resources.iter().filter(|(_, resource)| resource.kind == kind);
    paging.response(member, found.map(|(id, resource)| (id, resource.summary(id, &call.context.region))))
}
