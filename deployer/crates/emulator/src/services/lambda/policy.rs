//! Operations on the resource policies of functions, versions and aliases.

use serde_json::{Value, json};

use super::State;
use super::{Target, find_mut, precondition, refused};
use crate::error::AwsError;
use crate::request::{Request, string};
use crate::response::Response;

/// Maximum policy size, in bytes (Lambda quotas page: 20 KB).
const MAX_POLICY: usize = 20 * 1024;

pub(crate) fn add(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let text = |member: &str| string(input, member).map(Option::unwrap_or_default);
    let (sid, action, principal) = (text("StatementId")?, text("Action")?, text("Principal")?);
    let statement = statement(state, call, sid, action, principal)?;
    let target = Target::of(call)?;
    let revision = call.context.uuid();
    let function = find_mut(state, &target)?;
    target.configuration(function)?;
    precondition(function, &target, string(input, "RevisionId")?)?;
    if target.qualifier.as_deref() == Some(super::LATEST) {
        return Err(refused("We currently do not support adding policies for $LATEST."));
    }
    let policy = function.policies.entry(target.qualifier.clone().unwrap_or_default()).or_default();
    if policy.statements.iter().any(|old| old["Sid"] == sid) {
        return Err(AwsError::new(
            409,
            "ResourceConflictException",
            format!(
                "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
            ),
        ));
    }
    policy.statements.push(statement.clone());
    if policy.document().len() > MAX_POLICY {
        return Err(AwsError::new(
            400,
            "PolicyLengthExceededException",
            format!("The final policy size ({}) is bigger than the limit ({MAX_POLICY}).", policy.document().len()),
        ));
    }
    function.latest.revision = revision;
    Ok(Response::status(201, json!({"Statement": statement.to_string()})))
}

fn statement(state: &State, call: &Request, sid: &str, action: &str, principal: &str) -> Result<Value, AwsError> {
    let input = &call.input;
    if !action.starts_with("lambda:") && action != "*" {
        return Err(refused(format!("The action {action} is not supported by this service")));
    }
    let known_account = |account: &str| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let principal = match principal {
        "*" => json!("*"),
        service if service.ends_with(".amazonaws.com") => json!({"Service": service}),
        account if known_account(account) => json!({"AWS": format!("arn:aws:iam::{account}:root")}),
        arn if arn.starts_with("arn:aws:iam::") => json!({"AWS": arn}),
        _ => return Err(refused("The provided principal was invalid. Please check the principal and try again.")),
    };
    let target = Target::of(call)?;
    let arn = super::find(state, &target)?.qualified(target.qualifier.as_deref());
    let mut statement = json!({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": arn});
    let mut condition = json!({});
    if let Some(account) = string(input, "SourceAccount")? {
        condition["StringEquals"]["AWS:SourceAccount"] = json!(account);
    }
    if let Some(organisation) = string(input, "PrincipalOrgID")? {
        condition["StringEquals"]["aws:PrincipalOrgID"] = json!(organisation);
    }
    if let Some(source) = string(input, "SourceArn")? {
        condition["ArnLike"]["AWS:SourceArn"] = json!(source);
    }
    if condition != json!({}) {
        statement["Condition"] = condition;
    }
    Ok(statement)
}

pub(crate) fn remove(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let revision = call.context.uuid();
    let function = find_mut(state, &target)?;
    precondition(function, &target, call.query("RevisionId"))?;
    let sid = call.path("StatementId");
    let key = target.qualifier.clone().unwrap_or_default();
    let missing = || AwsError::new(404, "ResourceNotFoundException", format!("Statement {sid} is not found in resource policy."));
    let policy = function.policies.get_mut(&key).ok_or_else(no_policy)?;
    let before = policy.statements.len();
    policy.statements.retain(|statement| statement["Sid"] != sid);
    if policy.statements.len() == before {
        return Err(missing());
    }
    if policy.statements.is_empty() {
        function.policies.remove(&key);
    }
    function.latest.revision = revision;
    Ok(Response::empty(204))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = super::find(state, &target)?;
    target.configuration(function)?;
    let policy = function.policies.get(target.qualifier.as_deref().unwrap_or_default()).ok_or_else(no_policy)?;
    Ok(Response::json(json!({"Policy": policy.document(), "RevisionId": target.configuration(function)?.revision})))
}

fn no_policy() -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.")
}
