//! Authorization of a method: an API key of a usage plan, or AWS credentials.

use bytes::Bytes;
use http::{HeaderMap, Request};

use super::host::Host;
use super::target::{Caller, Denied, RouteTarget};
use super::tree::Method;
use crate::request::Principal;

/// Authorizes a request as its method requires.
///
/// # Errors
/// Returns status, kind and message of API Gateway's response (developer guide, "Gateway response types").
pub(crate) fn check(
    gateway: &dyn Host,
    place: &RouteTarget,
    method: &Method,
    arn: &str,
    request: &Request<Bytes>,
) -> Result<Caller, Denied> {
    let mut caller = Caller::default();
    if method.authorization == "AWS_IAM" {
        caller.arn = Some(signer(gateway, arn, request)?);
    }
    if method.api_key_required {
        caller.key = Some(key(gateway, place, request.headers())?);
    }
    Ok(caller)
}

fn key(gateway: &dyn Host, place: &RouteTarget, headers: &HeaderMap) -> Result<(String, String), Denied> {
    let given = headers.get("x-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let state = gateway.apis();
    let key = state.keys.values().find(|key| key.enabled && key.value == given);
    let stage = (place.api.clone(), place.stage.name.clone());
    let plan = key.and_then(|key| state.plans.values().find(|plan| plan.keys.contains(&key.id) && plan.stages.contains(&stage)));
    let (Some(key), Some(plan)) = (key, plan) else { return Err((403, "ForbiddenException", "Forbidden")) };
    gateway.usage().take(plan, &key.id, gateway.context().now)?;
    Ok((key.id.clone(), key.value.clone()))
}

/// Returns the ARN of the signer of a request, if it may call this method.
fn signer(gateway: &dyn Host, arn: &str, request: &Request<Bytes>) -> Result<String, Denied> {
    const MISSING: Denied = (403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let header = text("authorization").filter(|header| header.starts_with("AWS4-HMAC-SHA256")).ok_or(MISSING)?;
    let scope = header.split_once("Credential=").and_then(|(_, rest)| rest.split([',', ' ']).next()).ok_or(MISSING)?;
    let scope: Vec<&str> = scope.split('/').collect();
    let [access_key, _, _, "execute-api", _] = scope[..] else {
        return Err((403, "InvalidSignatureException", "Credential should be scoped to correct service: 'execute-api'."));
    };
    let unknown = (403, "UnrecognizedClientException", "The security token included in the request is invalid.");
    let principal = gateway.principal(access_key, text("x-amz-security-token")).map_err(|_| unknown)?;
    // If no key is required, any key of the account is accepted, as by the services; a session is always verified.
    if gateway.requires_access_key() || principal != Principal::Account {
        let (mut head, ()) = Request::new(()).into_parts();
        head.method = request.method().clone();
        head.uri = request.uri().clone();
        head.headers = request.headers().clone();
        gateway.check_signature(&head, request.body()).map_err(|_| {
            (403, "InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
        })?;
    }
    if !gateway.allows(&principal, "execute-api:Invoke", arn) {
        return Err((403, "AccessDeniedException", "User is not authorized to access this resource"));
    }
    let account = gateway.context().account;
    Ok(match &principal {
        Principal::Role { role, session } => format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
        _ => format!("arn:aws:iam::{account}:root"),
    })
}
