//! Resource policies of functions, versions and aliases.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::State;
use super::{Target, find_mut, precondition, refused};
use crate::error::AwsError;
use crate::kernel::host::Caller;
use crate::request::{Request, string};
use crate::response::Response;

/// Maximum policy size, in bytes (Lambda quotas page: 20 KB).
const MAX_POLICY: usize = 20 * 1024;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) statements: Vec<Value>,
}

impl Policy {
    fn document(&self) -> String {
        json!({"Version": "2012-10-17", "Id": "default", "Statement": self.statements}).to_string()
    }

    /// Whether a statement allows this service to invoke the function.
    pub(crate) fn allows(&self, caller: Caller<'_>) -> bool {
        self.statements.iter().any(|statement| {
            let condition = |operator: &str, key: &str| statement["Condition"][operator][key].as_str();
            let principal = match &statement["Principal"] {
                Value::String(all) => all == "*",
                principal => principal["Service"].as_str() == Some(caller.principal),
            };
            let action = matches!(statement["Action"].as_str(), Some("lambda:InvokeFunction" | "lambda:*" | "*"));
            principal
                && action
                && statement["Effect"] == "Allow"
                && condition("ArnLike", "AWS:SourceArn").is_none_or(|pattern| arn_like(pattern, caller.source_arn))
                && condition("StringEquals", "AWS:SourceAccount").is_none_or(|account| account == caller.source_account)
                && condition("StringEquals", "aws:PrincipalOrgID").is_none()
        })
    }
}

/// Whether an ARN matches a pattern in which `*` matches any text and `?` one character, colon by colon (IAM reference,
/// condition operators ArnLike).
pub(crate) fn arn_like(pattern: &str, arn: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    wanted.len() == given.len() && wanted.iter().zip(&given).all(|(pattern, text)| like(pattern.as_bytes(), text.as_bytes()))
}

fn like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // Backtracks: the last star takes one more character.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

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

#[cfg(test)]
mod tests {
    use super::arn_like;

    #[test]
    fn star_matches_within_one_arn_part() {
        let arn = "arn:aws:execute-api:eu-central-1:111122223333:abc/live/GET/numbers";
        assert!(arn_like("arn:aws:execute-api:eu-central-1:111122223333:abc/*/GET/*", arn));
        assert!(arn_like("arn:aws:execute-api:*:111122223333:abc/*", arn));
        assert!(!arn_like("arn:aws:execute-api:eu-central-1:111122223333:abc/*/POST/*", arn));
        assert!(!arn_like("arn:aws:*:abc/*", arn));
    }
}
