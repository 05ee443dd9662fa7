//! STS: caller identity and role sessions. It has no state of its own; sessions are IAM's.

use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use super::{Assumable, State};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, need, text};
use crate::kernel::service::{AwsService, Protocol, ServiceInfo};
use crate::model::Model;
use crate::request::{Principal, Request, Service};
use crate::response::{Response, xml_escape};

/// Operations of this service.
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    write("AssumeRole", assume_role),
    write("AssumeRoleWithWebIdentity", assume_with_web_identity),
    read("GetCallerIdentity", |state, call| Ok(identity(state, call))),
];

/// STS.
pub(crate) struct Sts;

impl AwsService for Sts {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("sts", include_str!("../../../model/sts.json"));
        static INFO: ServiceInfo = ServiceInfo {
            id: Service::Sts,
            protocol: Protocol::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
            model: Some(&MODEL),
            validation_code: |_| "ValidationError",
            denied: (403, "AccessDenied"),
            throttled: || AwsError::new(400, "Throttling", "Rate exceeded"),
            shared_rate: None,
            default_rate: None,
            is_global: true,
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn required_actions(iam: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        let role = text(&request.input, "RoleArn");
        match (request.operation(), &request.principal) {
            // "No permissions are required", BC sts.GetCallerIdentity; the second is authorized by the role's trust policy alone.
            ("GetCallerIdentity" | "AssumeRoleWithWebIdentity", _) => Vec::new(),
            (_, Principal::Role { role: by, .. }) if iam.names(role, by) => Vec::new(),
            (operation, _) => vec![need("sts", operation, role)],
        }
    }
}

fn identity(iam: &State, call: &Request) -> Response {
    let account = &call.context.account;
    let user = match &call.principal {
        Principal::Account => account.clone(),
        Principal::Role { role, session } => format!("{}:{session}", iam.role_id(role).unwrap_or_default()),
        Principal::TestRole => format!("AROAJUDGED:{}", super::TEST_ROLE_SESSION.1),
    };
    let arn = caller(call);
    let (arn, user) = (xml_escape(&arn), xml_escape(&user));
    Response::query(format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account>"))
}

/// Returns the caller's ARN. The account's own keys represent an administrator.
fn caller(call: &Request) -> String {
    let account = &call.context.account;
    match &call.principal {
        Principal::Account => format!("arn:aws:iam::{account}:root"),
        Principal::Role { role, session } => format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
        Principal::TestRole => {
            let (role, session) = super::TEST_ROLE_SESSION;
            format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
        }
    }
}

/// Default duration of a session, and maximum duration of one that was started by another session (API reference, AssumeRole).
const SESSION: i64 = 3600;

/// Starts a session of a role of this account. Roles of other accounts cannot be assumed here. Unlike on AWS, the account's own keys may do
/// it, because they are not treated as those of the root user.
fn assume_role(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let text = |member: &str| call.input.get(member).and_then(serde_json::Value::as_str);
    let (arn, session) = (text("RoleArn").unwrap_or_default(), text("RoleSessionName").unwrap_or_default());
    let duration = text("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(SESSION);
    let by = match &call.principal {
        Principal::Role { role, .. } => Some(role.as_str()),
        Principal::Account | Principal::TestRole => None,
    };
    // The same error for a role that does not exist, is not visible yet, or does not trust the caller.
    let Some(role) = state.assumable(arn, by, call.context.now) else {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", caller(call));
        return Err(AwsError::new(403, "AccessDenied", message));
    };
    let invalid = |message: &str| Err(AwsError::new(400, "ValidationError", message));
    if duration > role.longest {
        return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if by.is_some() && duration > SESSION {
        return invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
    }
    Ok(Response::query(start_session(state, call, &role, SessionParameters { arn, session, duration })?))
}

/// Starts a role session for the bearer of an identity provider's token. The request is not signed, so the role's trust policy alone
/// decides.
fn assume_with_web_identity(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let text = |member: &str| call.input.get(member).and_then(serde_json::Value::as_str);
    let (arn, session) = (text("RoleArn").unwrap_or_default(), text("RoleSessionName").unwrap_or_default());
    let duration = text("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(SESSION);
    let claims = super::Claims::read(text("WebIdentityToken").unwrap_or_default(), call.context.now)?;
    let (role, provider) = state.assumable_with(arn, &claims, call.context.now)?;
    if duration > role.longest {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(AwsError::new(400, "ValidationError", message));
    }
    let inner = start_session(state, call, &role, SessionParameters { arn, session, duration })?;
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
fn start_session(state: &State, call: &Request, role: &Assumable, asked: SessionParameters<'_>) -> Result<String, AwsError> {
    let SessionParameters { arn, session, duration } = asked;
    let user = format!("arn:aws:sts::{}:assumed-role/{}/{session}", call.context.account, role.name);
    let lasts = Duration::from_secs(duration.unsigned_abs());
    let keys = state.start_session(arn, session, lasts, &call.context)?;
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
