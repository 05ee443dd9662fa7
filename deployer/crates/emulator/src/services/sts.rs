//! STS: caller identity and role sessions. It has no state of its own; sessions are IAM's.

use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use super::iam::Assumable;
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::request::{Principal, Request, RequestContext};
use crate::response::{Response, xml_escape};

pub(crate) const OPERATIONS: &[&str] = &["AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"];

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    match call.operation {
        "AssumeRole" => assume_role(world, call, context),
        "AssumeRoleWithWebIdentity" => assume_with_web_identity(world, call, context),
        "GetCallerIdentity" => Ok(identity(world, call)),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}

fn identity(world: &AccountState, call: &Request) -> Response {
    let account = &world.account;
    let user = match &call.principal {
        Principal::Account => account.clone(),
        Principal::Role { role, session } => format!("{}:{session}", world.iam.role_id(role).unwrap_or_default()),
        Principal::TestRole => format!("AROAJUDGED:{}", super::iam::TEST_ROLE_SESSION.1),
    };
    let arn = caller(world, call);
    let (arn, user) = (xml_escape(&arn), xml_escape(&user));
    Response::query(format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account>"))
}

/// Returns the caller's ARN. The account's own keys represent an administrator.
fn caller(world: &AccountState, call: &Request) -> String {
    let account = &world.account;
    match &call.principal {
        Principal::Account => format!("arn:aws:iam::{account}:root"),
        Principal::Role { role, session } => format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
        Principal::TestRole => {
            let (role, session) = super::iam::TEST_ROLE_SESSION;
            format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
        }
    }
}

/// Default duration of a session, and maximum duration of one that was started by another session (API reference, AssumeRole).
const SESSION: i64 = 3600;

/// Starts a session of a role of this account. Roles of other accounts cannot be assumed here. Unlike on AWS, the account's own keys may do
/// it, because they are not treated as those of the root user.
fn assume_role(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let text = |member: &str| call.input.get(member).and_then(serde_json::Value::as_str);
    let (arn, session) = (text("RoleArn").unwrap_or_default(), text("RoleSessionName").unwrap_or_default());
    let duration = text("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(SESSION);
    let by = match &call.principal {
        Principal::Role { role, .. } => Some(role.as_str()),
        Principal::Account | Principal::TestRole => None,
    };
    // The same error for a role that does not exist, is not visible yet, or does not trust the caller.
    let Some(role) = world.iam.assumable(arn, by, context.now) else {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", caller(world, call));
        return Err(AwsError::new(403, "AccessDenied", message));
    };
    let invalid = |message: &str| Err(AwsError::new(400, "ValidationError", message));
    if duration > role.longest {
        return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if by.is_some() && duration > SESSION {
        return invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
    }
    Ok(Response::query(start_session(world, &role, SessionParameters { arn, session, duration }, context)?))
}

/// Starts a role session for the bearer of an identity provider's token. The request is not signed, so the role's trust policy alone
/// decides.
fn assume_with_web_identity(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Result<Response, AwsError> {
    let text = |member: &str| call.input.get(member).and_then(serde_json::Value::as_str);
    let (arn, session) = (text("RoleArn").unwrap_or_default(), text("RoleSessionName").unwrap_or_default());
    let duration = text("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(SESSION);
    let claims = super::iam::Claims::read(text("WebIdentityToken").unwrap_or_default(), context.now)?;
    let (role, provider) = world.iam.assumable_with(arn, &claims, context.now)?;
    if duration > role.longest {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(AwsError::new(400, "ValidationError", message));
    }
    let inner = start_session(world, &role, SessionParameters { arn, session, duration }, context)?;
    let audience = claims.audiences.first().map(String::as_str).unwrap_or_default();
    Ok(Response::query(format!(
        "{inner}<SubjectFromWebIdentityToken>{}</SubjectFromWebIdentityToken><Audience>{}</Audience><Provider>{}</Provider>",
        xml_escape(&claims.subject),
        xml_escape(audience),
        xml_escape(&provider)
    )))
}

/// Parameters of a session.
struct SessionParameters<'a> {
    arn: &'a str,
    session: &'a str,
    duration: i64,
}

/// Starts a session, and returns its part of the response.
fn start_session(
    world: &AccountState,
    role: &Assumable,
    asked: SessionParameters<'_>,
    context: &RequestContext<'_>,
) -> Result<String, AwsError> {
    let SessionParameters { arn, session, duration } = asked;
    let user = format!("arn:aws:sts::{}:assumed-role/{}/{session}", world.account, role.name);
    let lasts = Duration::from_secs(duration.unsigned_abs());
    let keys = world.iam.start_session(arn, session, lasts, context)?;
    let expires = keys.expires.replace_nanosecond(0).unwrap_or(keys.expires).format(&Rfc3339).unwrap_or_default();
    Ok(format!(
        "<AssumedRoleUser><AssumedRoleId>{}:{session}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser><Credentials>\
         <AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials>",
        role.id,
        xml_escape(&user),
        keys.access_key,
        keys.secret_key,
        keys.token
    ))
}
