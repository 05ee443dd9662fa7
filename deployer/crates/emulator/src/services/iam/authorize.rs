//! May this session make this call?

use super::document::{Fact, Verdict, judge};
use super::needs::needs;
use super::policy::MANAGED;
use crate::call::{Call, Principal, Service};
use crate::refusal::Refusal;
use crate::world::World;

/// Refuses a call that its caller's policies do not allow, in AWS's words. `policy` is what the account's own calls are judged
/// by, if they are.
pub(crate) fn authorize(world: &World, call: &Call, policy: Option<&str>) -> Result<(), Refusal> {
    let (role, session) = match (&call.principal, policy) {
        (Principal::Role { role, session }, _) => (role.as_str(), session.as_str()),
        (Principal::Judged, Some(_)) => JUDGED,
        _ => return Ok(()),
    };
    for (action, resource) in needs(world, call) {
        let user = format!("arn:aws:sts::{}:assumed-role/{role}/{session}", world.account);
        let verdict = match policy.filter(|_| call.principal == Principal::Judged) {
            Some(policy) => judge(policy, &action, &resource, &facts(&action, &resource)),
            None => verdict(world, role, &action, &resource),
        };
        let why = match verdict {
            Verdict::Allowed => continue,
            Verdict::Silent => format!("because no identity-based policy allows the {action} action"),
            Verdict::Denied => "with an explicit deny in an identity-based policy".to_owned(),
        };
        let message = format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        return Err(match call.service {
            Service::Iam | Service::Sts | Service::S3 => Refusal::new(403, "AccessDenied", message),
            Service::DynamoDb | Service::Logs | Service::Acm => Refusal::new(400, "AccessDeniedException", message),
            _ => Refusal::new(403, "AccessDeniedException", message),
        });
    }
    Ok(())
}

/// Role and session whose calls the account's own are taken for, when they are judged.
pub(crate) const JUDGED: (&str, &str) = ("deploy", "deployer");

/// Whether the role's policies allow an action on a resource.
pub(crate) fn may(world: &World, role: &str, action: &str, resource: &str) -> bool {
    verdict(world, role, action, resource) == Verdict::Allowed
}

/// Whether a policy by which the account's own calls are judged allows an action on a resource.
pub(crate) fn allows(policy: &str, action: &str, resource: &str) -> bool {
    judge(policy, action, resource, &facts(action, resource)) == Verdict::Allowed
}

fn verdict(world: &World, role: &str, action: &str, resource: &str) -> Verdict {
    let Ok(role) = world.iam.role(role) else { return Verdict::Silent };
    let facts = facts(action, resource);
    let managed = MANAGED.iter().filter(|(arn, _)| role.attached.contains(*arn)).map(|(_, text)| *text);
    let verdicts = role.policies.values().map(String::as_str).chain(managed).map(|text| judge(text, action, resource, &facts));
    verdicts.fold(Verdict::Silent, |all, one| match (all, one) {
        (Verdict::Denied, _) | (_, Verdict::Denied) => Verdict::Denied,
        (Verdict::Allowed, _) | (_, Verdict::Allowed) => Verdict::Allowed,
        _ => Verdict::Silent,
    })
}

/// What is known of a request besides its action and resource: to whom a role is handed, and for whom one is made.
fn facts(action: &str, resource: &str) -> Vec<Fact> {
    match action {
        // Of the services here, only Lambda is handed roles.
        "iam:PassRole" => vec![("iam:PassedToService", "lambda.amazonaws.com".to_owned())],
        "iam:CreateServiceLinkedRole" => {
            let service = resource.split("/aws-service-role/").nth(1).and_then(|rest| rest.split('/').next());
            service.map(|service| ("iam:AWSServiceName", service.to_owned())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
