//! Security profiles: the permissions of users in the instance.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, epoch, in_use, parsed, text};
use super::resource::{self, Kind};
use super::user::User;
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::request::{Request, RequestContext};
use crate::response::Response;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecurityProfile {
    /// Permission names, which are not validated: the list is in AWS's pages only.
    permissions: Vec<String>,
    default: bool,
}

impl SecurityProfile {
    /// Returns a profile that comes with an instance. The names are AWS's (administrator guide, "List of security profile
    /// permissions"), which gives the permissions of agents only, so that the other profiles have only some of theirs here.
    pub(super) fn default(name: &str) -> Self {
        let permissions: &[&str] = match name {
            "Agent" => &["BasicAgentAccess", "OutboundCallAccess"],
            "CallCenterManager" => &["AccessMetrics", "BasicAgentAccess", "OutboundCallAccess", "Queues.View", "Users.View"],
            "QualityAnalyst" => &["AccessMetrics", "ContactSearch.View"],
            _ => {
                &["AccessMetrics", "BasicAgentAccess", "ContactFlows.View", "Queues.View", "SecurityProfiles.View", "Users.View"]
            }
        };
        Self { permissions: permissions.iter().map(|name| (*name).to_owned()).collect(), default: true }
    }
}

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    let now = context.now;
    Some(match call.operation {
        "CreateSecurityProfile" => create(world, call, context),
        "DescribeSecurityProfile" => describe(world, call, now),
        "UpdateSecurityProfile" => update(world, call, now),
        "DeleteSecurityProfile" => delete(world, call, now),
        "ListSecurityProfilePermissions" => list_permissions(world, call, now),
        _ => return None,
    })
}

fn create(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let input = &call.input;
    let profile = SecurityProfile { permissions: parsed(input, "Permissions")?.unwrap_or_default(), default: false };
    let instance = world.connect.active(call.path("InstanceId"), context.now)?;
    let name = text(input, "SecurityProfileName").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, profile, context)?;
    Ok(Response::json(json!({"SecurityProfileId": id, "SecurityProfileArn": arn})))
}

fn describe(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let region = world.region.clone();
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
    let found = resource::find::<SecurityProfile>(instance, call.path("SecurityProfileId"))?;
    let mut described = json!({
        "Id": found.id,
        "Arn": found.resource.arn,
        "OrganizationResourceId": instance.id,
        "SecurityProfileName": found.resource.name,
    });
    found.resource.describe(&mut described, &region);
    Ok(Response::json(json!({"SecurityProfile": described})))
}

fn list_permissions(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let region = world.region.clone();
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
    let found = resource::find::<SecurityProfile>(instance, call.path("SecurityProfileId"))?;
    let mut names = found.details.permissions.clone();
    names.sort();
    names.dedup();
    let mut body = paging.body("Permissions", names.iter().map(|name| (name, Value::from(name.as_str()))))?;
    body["LastModifiedTime"] = epoch(found.resource.modified).into();
    body["LastModifiedRegion"] = region.into();
    Ok(Response::json(body))
}

fn update(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let permissions = parsed(&call.input, "Permissions")?;
    let given = call.path("SecurityProfileId");
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let edited = resource::edit::<SecurityProfile>(instance, given, now)?;
    if let Some(permissions) = permissions {
        edited.details.permissions = permissions;
    }
    if let Some(description) = text(&call.input, "Description") {
        *edited.description = (!description.is_empty()).then(|| description.to_owned());
    }
    Ok(Response::empty(200))
}

fn delete(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let instance = world.connect.active(call.path("InstanceId"), now)?;
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
