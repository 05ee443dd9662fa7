//! Sessions of roles: temporary credentials, and who a request with them is made by.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{State, document};
use crate::call::{Principal, Service, Surroundings};
use crate::refusal::Refusal;

/// How every access key starts that this double hands out, so that a forgotten session is never taken for the account.
const OURS: &str = "ASIAEMBEDDED";

/// A session under a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    role: String,
    role_id: String,
    name: String,
    token: String,
    #[serde(with = "time::serde::rfc3339")]
    expires: OffsetDateTime,
}

/// Temporary credentials of a session.
#[derive(Clone)]
pub struct Credentials {
    /// The access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The session token.
    pub token: String,
    /// Until when they are good.
    pub expires: OffsetDateTime,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "credentials {} until {}", self.access_key, self.expires)
    }
}

impl State {
    /// Whether `service` (`lambda.amazonaws.com`) can assume the role with this ARN now: the role exists, its trust
    /// policy lets the service, and the word has spread since its creation (section 2.8).
    pub(crate) fn role_usable(&self, role_arn: &str, service: &str, now: OffsetDateTime) -> bool {
        self.by_arn(role_arn).is_some_and(|role| role.known_from <= now && document::trusts(&role.trust, service))
    }

    /// Starts a session under a role and forgets those that have ended. Judges nothing: ask
    /// [`role_usable`](Self::role_usable) first.
    pub(crate) fn start_session(
        &mut self,
        role_arn: &str,
        session: &str,
        lasts: Duration,
        surroundings: &Surroundings<'_>,
    ) -> Result<Credentials, Refusal> {
        let role = self.by_arn(role_arn).ok_or_else(|| super::no_role(role_arn))?;
        let credentials = Credentials {
            access_key: format!("{OURS}{}", surroundings.id(8).to_uppercase()),
            secret_key: surroundings.id(40),
            token: surroundings.id(120),
            expires: surroundings.now + lasts,
        };
        let started = Session {
            role: role.name.clone(),
            role_id: role.id.clone(),
            name: session.to_owned(),
            token: credentials.token.clone(),
            expires: credentials.expires,
        };
        self.sessions.retain(|_, session| session.expires > surroundings.now);
        self.sessions.insert(credentials.access_key.clone(), started);
        Ok(credentials)
    }

    /// Who calls with this access key: a session that was started here, or else the account. Refuses a session that
    /// has ended, whose token is another, or whose role is gone.
    pub(crate) fn principal(
        &self,
        service: Service,
        access_key: &str,
        token: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Principal, Refusal> {
        if !access_key.starts_with(OURS) {
            return Ok(Principal::Account);
        }
        let session = self.sessions.get(access_key).filter(|session| token == Some(session.token.as_str()));
        let session = session.ok_or_else(|| invalid(service))?;
        if session.expires <= now {
            return Err(expired(service));
        }
        let role = self.role(&session.role).map_err(|_| invalid(service))?;
        if role.id != session.role_id {
            return Err(invalid(service));
        }
        Ok(Principal::Role { role: role.name.clone(), session: session.name.clone() })
    }

    /// The unique id of a role, if there is one of this name.
    pub(crate) fn role_id(&self, name: &str) -> Option<&str> {
        self.role(name).ok().map(|role| role.id.as_str())
    }

    fn by_arn(&self, arn: &str) -> Option<&super::Role> {
        self.roles.values().find(|role| role.arn == arn)
    }
}

fn invalid(service: Service) -> Refusal {
    let message = "The security token included in the request is invalid.";
    match service {
        Service::Iam | Service::Sts | Service::S3 => Refusal::new(403, "InvalidClientTokenId", message),
        Service::DynamoDb | Service::Logs | Service::Acm => Refusal::new(400, "UnrecognizedClientException", message),
        _ => Refusal::new(403, "UnrecognizedClientException", message),
    }
}

fn expired(service: Service) -> Refusal {
    let message = "The security token included in the request is expired";
    match service {
        Service::Iam | Service::Sts | Service::S3 => Refusal::new(403, "ExpiredToken", message),
        Service::DynamoDb | Service::Logs | Service::Acm => Refusal::new(400, "ExpiredTokenException", message),
        _ => Refusal::new(403, "ExpiredTokenException", message),
    }
}
