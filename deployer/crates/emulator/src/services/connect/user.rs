//! Users of an instance: agents and administrators.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, parsed, text};
use super::resource;
use super::search;
use super::types::{Identity, Instance, Kind, Phone, Resource, User};
use super::user_check;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateUser", create).at("PUT /users/{InstanceId}"),
    read("DescribeUser", describe).at("GET /users/{InstanceId}/{UserId}").rate(per_second(10, 10)),
    write("DeleteUser", delete).at("DELETE /users/{InstanceId}/{UserId}"),
    read("SearchUsers", search).at("POST /search-users"),
    write("UpdateUserIdentityInfo", |state, call| {
        update(state, call, |user, instance, input| {
            user.identity = identity(instance, input)?;
            Ok(())
        })
    }).at("POST /users/{InstanceId}/{UserId}/identity-info"),
    write("UpdateUserPhoneConfig", |state, call| {
        update(state, call, |user, _, input| {
            user.phone = phone(input)?;
            Ok(())
        })
    }).at("POST /users/{InstanceId}/{UserId}/phone-config"),
    write("UpdateUserRoutingProfile", |state, call| {
        update(state, call, |user, instance, input| {
            user.routing_profile = routing_profile(instance, input)?;
            Ok(())
        })
    }).at("POST /users/{InstanceId}/{UserId}/routing-profile"),
    write("UpdateUserSecurityProfiles", |state, call| {
        update(state, call, |user, instance, input| {
            user.security_profiles = security_profiles(instance, input)?;
            Ok(())
        })
    }).at("POST /users/{InstanceId}/{UserId}/security-profiles"),
    // A request without a group removes the user from the hierarchy (unverified).
    write("UpdateUserHierarchy", |state, call| {
        update(state, call, |user, instance, input| {
            user.hierarchy_group = hierarchy_group(instance, input)?;
            Ok(())
        })
    }).at("POST /users/{InstanceId}/{UserId}/hierarchy"),
];

fn identity(instance: &Instance, input: &Value) -> Result<Identity, AwsError> {
    let identity = parsed(input, "IdentityInfo")?.unwrap_or_default();
    user_check::identity(instance.identity(), &identity)?;
    Ok(identity)
}

fn phone(input: &Value) -> Result<Option<Phone>, AwsError> {
    let phone = parsed(input, "PhoneConfig")?;
    phone.as_ref().map_or(Ok(()), user_check::phone)?;
    Ok(phone)
}

fn routing_profile(instance: &Instance, input: &Value) -> Result<String, AwsError> {
    resource::id_of(instance, Kind::RoutingProfile, text(input, "RoutingProfileId").unwrap_or_default())
}

fn security_profiles(instance: &Instance, input: &Value) -> Result<Vec<String>, AwsError> {
    let given: Vec<String> = parsed(input, "SecurityProfileIds")?.unwrap_or_default();
    given.iter().map(|id| resource::id_of(instance, Kind::SecurityProfile, id)).collect()
}

fn hierarchy_group(instance: &Instance, input: &Value) -> Result<Option<String>, AwsError> {
    let given = text(input, "HierarchyGroupId").filter(|id| !id.is_empty());
    given.map(|id| resource::id_of(instance, Kind::HierarchyGroup, id)).transpose()
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let name = text(input, "Username").unwrap_or_default();
    let (password, directory_id) = (text(input, "Password"), text(input, "DirectoryUserId"));
    user_check::name(instance.identity(), name)?;
    user_check::credentials(instance.identity(), password, directory_id)?;
    let user = User {
        identity: identity(instance, input)?,
        phone: phone(input)?,
        directory_id: directory_id.map(str::to_owned),
        security_profiles: security_profiles(instance, input)?,
        routing_profile: routing_profile(instance, input)?,
        hierarchy_group: hierarchy_group(instance, input)?,
        has_password: password.is_some(),
    };
    let (id, arn) = resource::add(instance, name, input, user, &call.context)?;
    Ok(Response::json(json!({"UserId": id, "UserArn": arn})))
}

fn described(id: &str, resource: &Resource, user: &User) -> Value {
    let mut described = json!({
        "Id": id,
        "Arn": resource.arn,
        "Username": resource.name,
        "IdentityInfo": user.identity,
        "SecurityProfileIds": user.security_profiles,
        "RoutingProfileId": user.routing_profile,
        "Tags": resource.tags,
    });
    if let Some(group) = &user.hierarchy_group {
        described["HierarchyGroupId"] = group.as_str().into();
    }
    if let Some(phone) = &user.phone {
        described["PhoneConfig"] = json!(phone);
    }
    if let Some(directory_id) = &user.directory_id {
        described["DirectoryUserId"] = directory_id.as_str().into();
    }
    described
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<User>(instance, call.path("UserId"))?;
    let mut described = described(found.id, found.resource, found.details);
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"User": described})))
}

fn update(
    state: &mut State,
    call: &Request,
    change: impl FnOnce(&mut User, &Instance, &Value) -> Result<(), AwsError>,
) -> Result<Response, AwsError> {
    let given = call.path("UserId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let mut user = resource::find::<User>(instance, given)?.details.clone();
    change(&mut user, instance, &call.input)?;
    *resource::edit::<User>(instance, given, call.context.now)?.details = user;
    Ok(Response::empty(200))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::User, call.path("UserId"))?;
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}

/// Fields that a search condition accepts (botocore model, UserSearchCriteria).
const FIELDS: [&str; 6] = ["Username", "FirstName", "LastName", "RoutingProfileId", "SecurityProfileId", "resourceId"];

fn search(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 500, PARAMETER)?;
    let criteria = call.input.get("SearchCriteria").cloned().unwrap_or_else(|| json!({}));
    search::check(&criteria, &FIELDS)?;
    let filter = call.input.get("SearchFilter");
    let instance = state.ready(text(&call.input, "InstanceId").unwrap_or_default(), call.context.now)?;
    let fits = |found: &resource::Found<'_, User>| {
        let of = |field: &str| texts(field, found);
        search::fits(&criteria, &|one| search::text_fits(one, &of)) && search::tags_fit(filter, &found.resource.tags)
    };
    let found: Vec<(String, Value)> =
        resource::all::<User>(instance).filter(|found| fits(found)).map(|found| (found.id.to_owned(), summary(&found))).collect();
    let total = found.len();
    let mut body = paging.body("Users", found.into_iter())?;
    body["ApproximateTotalCount"] = total.into();
    Ok(Response::json(body))
}

fn texts(field: &str, found: &resource::Found<'_, User>) -> Vec<String> {
    let user = found.details;
    match field {
        "Username" => vec![found.resource.name.clone()],
        "FirstName" => user.identity.first.iter().cloned().collect(),
        "LastName" => user.identity.last.iter().cloned().collect(),
        "RoutingProfileId" => vec![user.routing_profile.clone()],
        "SecurityProfileId" => user.security_profiles.clone(),
        _ => vec![found.id.to_owned()],
    }
}

/// Returns a search result: it has no addresses, and its after-contact work time is in milliseconds (botocore model,
/// UserIdentityInfoLite and UserSearchSummary).
fn summary(found: &resource::Found<'_, User>) -> Value {
    let mut summary = described(found.id, found.resource, found.details);
    let identity = &found.details.identity;
    summary["IdentityInfo"] = json!({"FirstName": identity.first, "LastName": identity.last});
    if let Some(phone) = &found.details.phone {
        summary["PhoneConfig"]["AfterContactWorkTimeLimit"] = (phone.after_work * 1000).into();
    }
    summary
}
