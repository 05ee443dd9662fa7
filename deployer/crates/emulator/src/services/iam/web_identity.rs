//! Tokens of identity providers: their claims, and the roles that trust them.
//!
//! The signature of a token is not verified: the keys of its issuer are on a network that the emulator does not access. Anyone
//! with access to the emulator can act as any principal anyway; only the conditions of a trust policy on issuer, audience and
//! subject are enforced.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use time::OffsetDateTime;

use super::State;
use super::condition::holds;
use super::document::{statements, strings};
use super::key::Key;
use super::pattern::matches;
use super::session::Assumable;
use crate::error::AwsError;

/// Claims of a token.
pub(crate) struct Claims {
    /// The issuer's URL without its scheme.
    issuer: String,
    pub(crate) audiences: BTreeSet<String>,
    pub(crate) subject: String,
}

impl Claims {
    /// Parses a token that is valid at `now`.
    pub(crate) fn read(token: &str, now: OffsetDateTime) -> Result<Self, AwsError> {
        let payload = token.split('.').nth(1).filter(|_| token.split('.').count() == 3);
        let said = payload.and_then(|payload| BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok());
        let said: Value = said.and_then(|said| serde_json::from_slice(&said).ok()).ok_or_else(|| {
            invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        })?;
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        let issuer = text("iss").and_then(|iss| iss.strip_prefix("https://").map(|url| url.trim_end_matches('/').to_owned()));
        let missing = |name: &str| invalid(&format!("Missing a required claim: {name}"));
        let expires = said["exp"].as_i64().ok_or_else(|| missing("exp"))?;
        if expires <= now.unix_timestamp() {
            return Err(AwsError::new(400, "ExpiredTokenException", "Token expired"));
        }
        let audiences = match &said["aud"] {
            Value::String(one) => BTreeSet::from([one.clone()]),
            Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return Err(missing("aud")),
        };
        Ok(Self { issuer: issuer.ok_or_else(|| missing("iss"))?, audiences, subject: text("sub").ok_or_else(|| missing("sub"))? })
    }

    /// Returns a condition key of a request with this token. Only the audience, the subject and `amr` are keys for every
    /// provider (IAM reference, "Available keys for AWS OIDC federation"); further keys of certain providers are unknown to the
    /// emulator.
    fn key(&self, name: &str) -> Key {
        match name.strip_prefix(&self.issuer).and_then(|rest| rest.strip_prefix(':')) {
            Some("aud") => Key::Values(self.audiences.iter().cloned().collect()),
            Some("sub") => Key::one(&self.subject),
            Some("amr") => Key::Absent,
            _ => Key::Unknown,
        }
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "InvalidIdentityToken", message)
}

impl State {
    /// Returns the role with this ARN and its provider's ARN, if it trusts the bearer of the token now.
    pub(crate) fn assumable_with(
        &self,
        role_arn: &str,
        claims: &Claims,
        now: OffsetDateTime,
    ) -> Result<(Assumable, String), AwsError> {
        let account = role_arn.split(':').nth(4).unwrap_or_default();
        let provider_arn = format!("arn:aws:iam::{account}:oidc-provider/{}", claims.issuer);
        let provider = self
            .provider(&provider_arn)
            .map_err(|_| invalid(&format!("No OpenIDConnect provider found in your account for https://{}", claims.issuer)))?;
        if provider.audiences.is_disjoint(&claims.audiences) {
            return Err(invalid("Incorrect token audience"));
        }
        let role = self.roles.values().find(|role| role.arn == role_arn && role.known_from <= now);
        let role = role.filter(|role| trusts(&role.trust, &provider_arn, claims));
        let denied = || AwsError::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
        let role = role.ok_or_else(denied)?;
        Ok((Assumable { name: role.name.clone(), id: role.id.clone(), longest: role.max_session }, provider_arn))
    }
}

/// Whether a trust policy allows the bearer of a token of this provider to assume the role. A statement that cannot be
/// evaluated allows nothing and denies what it covers.
fn trusts(text: &str, provider: &str, claims: &Claims) -> bool {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let mut trusted = false;
    for statement in document.as_object().map(statements).unwrap_or_default() {
        let denies = statement["Effect"] == "Deny";
        if denies && (statement.get("NotPrincipal").is_some() || statement.get("NotAction").is_some()) {
            return false;
        }
        let names = |member: &Value| strings(member).unwrap_or_default().contains(&provider);
        let principal = statement.get("Principal");
        let meant = principal.and_then(|one| one.get("Federated")).is_some_and(names)
            || principal.is_some_and(|one| denies && (one == "*" || one["AWS"] == "*"));
        let actions = statement.get("Action").map(|actions| strings(actions).unwrap_or_default()).unwrap_or_default();
        let acts = actions.iter().any(|action| matches(&action.to_ascii_lowercase(), "sts:assumerolewithwebidentity"));
        if !meant || !acts {
            continue;
        }
        let holds = statement.get("Condition").map_or(Ok(true), |condition| holds(condition, &|key| claims.key(key), true));
        match (denies, holds) {
            (true, Ok(true) | Err(_)) => return false,
            (false, Ok(true)) => trusted = true,
            _ => {}
        }
    }
    trusted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn claims(subject: &str) -> Claims {
        let claims = json!({"iss": "https://issuer.example", "aud": "sts.amazonaws.com", "sub": subject, "exp": 2_000});
        Claims::read(&token(&claims), OffsetDateTime::UNIX_EPOCH).unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }

    const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/issuer.example";

    fn trust(condition: Value) -> String {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": PROVIDER}, "Condition": condition}]})
        .to_string()
    }

    #[test]
    fn trust_policies_decide_by_subject_and_audience() {
        let of = |subject: &str, audience: &str| {
            trust(json!({"StringEquals": {"issuer.example:aud": audience}, "StringLike": {"issuer.example:sub": subject}}))
        };
        let main = claims("repo:shop/ivr:ref:refs/heads/main");
        assert!(trusts(&of("repo:shop/ivr:*", "sts.amazonaws.com"), PROVIDER, &main));
        assert!(!trusts(&of("repo:shop/ivr:pull_request", "sts.amazonaws.com"), PROVIDER, &main));
        assert!(!trusts(&of("repo:shop/ivr:*", "another"), PROVIDER, &main));
        assert!(!trusts(&of("*", "sts.amazonaws.com"), &PROVIDER.replace("issuer", "other"), &main));
        // A claim without a condition key allows nothing.
        assert!(!trusts(&trust(json!({"StringEquals": {"issuer.example:actor": "someone"}})), PROVIDER, &main));
    }

    #[test]
    fn damaged_and_expired_tokens_are_refused() {
        let good = json!({"iss": "https://issuer.example", "aud": ["a"], "sub": "s", "exp": 2_000});
        let at = |seconds| OffsetDateTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        assert!(Claims::read(&token(&good), at(0)).is_ok());
        assert_eq!(Claims::read(&token(&good), at(2_000)).err().map(|refusal| refusal.code), Some("ExpiredTokenException"));
        for member in ["iss", "aud", "sub", "exp"] {
            let mut less = good.clone();
            less[member] = Value::Null;
            assert_eq!(
                Claims::read(&token(&less), at(0)).err().map(|refusal| refusal.code),
                Some("InvalidIdentityToken"),
                "{member}"
            );
        }
        for text in ["", "a.b", "a.b.c", "e30.e30", "e30.W10.x.y"] {
            assert!(Claims::read(text, at(0)).is_err(), "{text}");
        }
    }
}
