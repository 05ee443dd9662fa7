//! Authorization of requests by identity policies and permissions boundaries.

use super::context::AuthorizationRequest;
use super::key::Unevaluated;
use super::policy_evaluation::{Decision, evaluate_policy};
use crate::error::AwsError;
use crate::kernel::info::ServiceInfo;
use crate::kernel::permission::RequiredAction;
use crate::request::Principal;

/// Returns AWS's access denied error for a request that its caller's policies do not allow.
pub(crate) fn authorize(
    request: &AuthorizationRequest<'_>,
    service: &ServiceInfo,
    needs: Vec<RequiredAction>,
) -> Result<(), AwsError> {
    let (role, session) = request.session();
    for need in needs {
        let (verdict, kind) = evaluate(request, &need);
        let (why, unevaluated) = match verdict {
            Decision::Allowed => continue,
            // IAM user guide, "Troubleshoot access denied error messages".
            Decision::ImplicitDeny(why) => {
                (format!("because no {kind} allows the {} action", need.action), why.map(|why| (why, "false")))
            }
            Decision::ExplicitDeny(why) => {
                (format!("with an explicit deny in {} {kind}", article(kind)), why.map(|why| (why, "true")))
            }
        };
        let user = format!("arn:aws:sts::{}:assumed-role/{role}/{session}", request.context.account);
        let RequiredAction { action, resource, .. } = &need;
        let mut message = format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        if let Some((Unevaluated(key), taken)) = unevaluated {
            // This text is not AWS's: it tells the reader that AWS may decide otherwise.
            message +=
                &format!(" (the embedded AWS does not know {key} of this request, and takes a condition on it for {taken})");
        }
        let (status, code) = service.denied;
        return Err(AwsError::new(status, code, message));
    }
    Ok(())
}

/// Whether the caller's policies allow an action on a resource.
pub(crate) fn is_allowed(request: &AuthorizationRequest<'_>, action: &str, resource: &str) -> bool {
    let need = RequiredAction::own(action, resource);
    match request.principal {
        Principal::Account => true,
        Principal::TestRole if request.policy.is_none() => true,
        _ => evaluate(request, &need).0 == Decision::Allowed,
    }
}

const IDENTITY: &str = "identity-based policy";
const BOUNDARY: &str = "permissions boundary";

fn article(kind: &str) -> &'static str {
    if kind == IDENTITY { "an" } else { "a" }
}

/// Returns the verdict of the caller's policies, and the kind of the deciding policy. The role's policies cannot allow anything
/// beyond its permissions boundary (IAM user guide, "Permissions boundaries for IAM entities").
fn evaluate(request: &AuthorizationRequest<'_>, need: &RequiredAction) -> (Decision, &'static str) {
    let one = |text: &str| evaluate_policy(text, &need.action, &need.resource, &|name| request.key(need, name));
    let role = match (request.principal, request.policy) {
        (Principal::Role { role, .. }, _) => role,
        (Principal::TestRole, Some(policy)) => return (one(policy), IDENTITY),
        _ => return (Decision::Allowed, IDENTITY),
    };
    let iam = request.iam;
    let Ok(role) = iam.role(role) else { return (Decision::ImplicitDeny(None), IDENTITY) };
    let managed = role.attached.iter().filter_map(|arn| iam.managed(arn));
    let policies = role.policies.values().map(String::as_str).chain(managed);
    let own = policies.map(one).fold(Decision::ImplicitDeny(None), Decision::and);
    match role.boundary.as_deref().filter(|_| own == Decision::Allowed) {
        // A deleted boundary allows nothing; IAM refuses its deletion.
        Some(boundary) => (iam.managed(boundary).map_or(Decision::ImplicitDeny(None), one), BOUNDARY),
        None => (own, IDENTITY),
    }
}
