//! Authorization of a method: an API key of a usage plan, or AWS credentials.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request};
use time::OffsetDateTime;

use super::host::Host;
use super::plan::Plan;
use super::request::{Denied, RouteTarget};
use super::tree::Method;
use crate::request::Principal;

/// Caller of a request, as far as its method requires one.
#[derive(Debug, Default)]
pub(crate) struct Caller {
    /// Id and value of the API key.
    pub(crate) key: Option<(String, String)>,
    /// ARN of the signer.
    pub(crate) arn: Option<String>,
}

/// Usage of each plan by each key; not persisted.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<HashMap<(String, String), Used>>);

#[derive(Debug, Clone, Copy)]
struct Used {
    /// Available burst requests.
    tokens: f64,
    at: OffsetDateTime,
    /// Current quota period and its request count.
    period: i64,
    calls: i64,
}

impl Usage {
    /// Counts one request.
    ///
    /// # Errors
    /// 429: too many requests per second, or in the period.
    fn take(&self, plan: &Plan, key: &str, now: OffsetDateTime) -> Result<(), Denied> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let burst = plan.throttle.map_or(0.0, |limits| limits.burst as f64);
        let days = now.unix_timestamp().div_euclid(24 * 3600);
        // 1 January 1970 was a Thursday.
        let period = plan.quota.as_ref().map_or(0, |quota| match quota.period.as_str() {
            "DAY" => days,
            "WEEK" => (days + 4).div_euclid(7),
            _ => i64::from(now.year()) * 12 + i64::from(u8::from(now.month())),
        });
        let used = all.entry((plan.id.clone(), key.to_owned())).or_insert(Used { tokens: burst, at: now, period, calls: 0 });
        if used.period != period {
            (used.period, used.calls) = (period, 0);
        }
        if plan.quota.as_ref().is_some_and(|quota| used.calls >= quota.limit - quota.offset) {
            return Err((429, "LimitExceededException", "Limit Exceeded"));
        }
        if let Some(limits) = plan.throttle {
            let gained = (now - used.at).as_seconds_f64().max(0.0) * limits.rate;
            used.tokens = (used.tokens + gained).min(burst);
            used.at = now;
            if used.tokens < 1.0 {
                return Err((429, "TooManyRequestsException", "Too Many Requests"));
            }
            used.tokens -= 1.0;
        }
        used.calls += 1;
        Ok(())
    }
}

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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use time::macros::datetime;

    use super::super::plan::{Quota, Throttle};
    use super::*;

    fn plan(throttle: Option<Throttle>, quota: Option<Quota>) -> Plan {
        let (stages, keys, tags) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Plan { id: "p".into(), name: "p".into(), description: None, stages, throttle, quota, keys, tags }
    }

    #[test]
    fn keys_are_limited_by_rate_and_quota() {
        let now = datetime!(2026-11-23 23:59:50 UTC);
        let (usage, limits) = (Usage::default(), plan(Some(Throttle { rate: 2.0, burst: 3 }), None));
        let taken = |usage: &Usage, plan: &Plan, key: &str, now| (0..10).filter(|_| usage.take(plan, key, now).is_ok()).count();
        assert_eq!(taken(&usage, &limits, "one", now), 3);
        assert_eq!(taken(&usage, &limits, "another", now), 3, "each key has its own");
        assert_eq!(taken(&usage, &limits, "one", now + Duration::from_secs(1)), 2);
        let quota = |offset| plan(None, Some(Quota { limit: 5, offset, period: "DAY".into() }));
        let usage = Usage::default();
        assert_eq!(taken(&usage, &quota(0), "one", now), 5);
        assert_eq!(taken(&usage, &quota(0), "one", now + Duration::from_secs(20)), 5, "the next day");
        assert_eq!(taken(&Usage::default(), &quota(2), "one", now), 3);
    }
}
