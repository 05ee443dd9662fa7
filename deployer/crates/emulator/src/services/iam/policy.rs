//! Role policies: inline policies and attached managed policies.

use super::document::{self, Kind};
use super::{Input, Role, State, element, encoded, role};
use crate::error::AwsError;
use crate::response::Response;

/// Maximum total size of a role's inline policies, without white space (IAM and STS quotas page).
const INLINE_QUOTA: usize = 10_240;

/// Maximum number of managed policies attached to a role (IAM and STS quotas page).
const ATTACHED_QUOTA: usize = 10;

pub(super) fn put(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let role_name = input.given("RoleName");
    let policy_name = input.given("PolicyName");
    let text = input.given("PolicyDocument");
    let role = iam.role_mut(role_name)?;
    document::check(text, Kind::Identity)?;
    let others = role.policies.iter().filter(|(name, _)| *name != policy_name).map(|(_, text)| size(text));
    if others.sum::<usize>() + size(text) > INLINE_QUOTA {
        // The message text is unverified.
        let message = format!("Maximum policy size of {INLINE_QUOTA} bytes exceeded for role {}", role.name);
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    role.policies.insert(policy_name.to_owned(), text.to_owned());
    Ok(role::empty())
}

/// Returns the size of a policy as IAM counts it.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

pub(super) fn get(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role(input.given("RoleName"))?;
    let name = input.given("PolicyName");
    let text = role.policies.get(name).ok_or_else(|| no_policy(name))?;
    Ok(Response::query(
        element("RoleName", &role.name) + &element("PolicyName", name) + &element("PolicyDocument", &encoded(text)),
    ))
}

pub(super) fn list(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role(input.given("RoleName"))?;
    input.page(role.policies.keys().map(|name| (name.clone(), name.clone())), "PolicyNames")
}

pub(super) fn delete(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role_mut(input.given("RoleName"))?;
    let name = input.given("PolicyName");
    role.policies.remove(name).map(|_| role::empty()).ok_or_else(|| no_policy(name))
}

pub(super) fn attach(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let known = iam.managed(input.given("PolicyArn")).is_some();
    let (role, arn) = role_and_arn(iam, input)?;
    if !known {
        let message = format!("Policy {arn} does not exist or is not attachable.");
        return Err(AwsError::new(404, "NoSuchEntity", message));
    }
    if role.attached.len() >= ATTACHED_QUOTA && !role.attached.contains(&arn) {
        let message = format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_QUOTA}");
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    role.attached.insert(arn);
    Ok(role::empty())
}

pub(super) fn detach(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let (role, arn) = role_and_arn(iam, input)?;
    if role.attached.remove(&arn) {
        Ok(role::empty())
    } else {
        Err(AwsError::new(404, "NoSuchEntity", format!("Policy {arn} was not found.")))
    }
}

fn role_and_arn<'a>(iam: &'a mut State, input: Input<'_>) -> Result<(&'a mut Role, String), AwsError> {
    Ok((iam.role_mut(input.given("RoleName"))?, input.given("PolicyArn").to_owned()))
}

pub(super) fn list_attached(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let role = iam.role(input.given("RoleName"))?;
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let path = |arn: &str| arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix));
    let attached = role.attached.iter().filter(|arn| path(arn)).map(|arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        (arn.clone(), element("PolicyName", name) + &element("PolicyArn", arn))
    });
    input.page(attached, "AttachedPolicies")
}

fn no_policy(name: &str) -> AwsError {
    AwsError::new(404, "NoSuchEntity", format!("The role policy with name {name} cannot be found."))
}
