//! Policy documents: grammar checks, and the principals of trust policies.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pattern::matches;
use crate::error::AwsError;

/// Kind of a document, which determines its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Permissions of a role.
    Identity,
    /// Principals that may assume a role.
    Trust,
}

const SYNTAX: &str = "Syntax errors in policy.";

fn malformed(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "MalformedPolicyDocument", message)
}

/// Returns an error for a document that IAM refuses. IAM checks grammar only: unknown actions and resources are accepted (IAM
/// user guide, "Grammar of the IAM JSON policy language").
pub(crate) fn check(text: &str, kind: Kind) -> Result<(), AwsError> {
    let document: Value = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let document = document.as_object().ok_or_else(|| malformed(SYNTAX))?;
    if document.keys().any(|key| !["Version", "Id", "Statement"].contains(&key.as_str())) {
        return Err(malformed(SYNTAX));
    }
    match document.get("Version") {
        None => {}
        Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        Some(_) => return Err(malformed("The policy must contain a valid version string")),
    }
    let statements = statements(document);
    if statements.is_empty() {
        return Err(malformed(SYNTAX));
    }
    let mut sids = BTreeSet::new();
    for statement in statements {
        let statement = statement.as_object().ok_or_else(|| malformed(SYNTAX))?;
        check_statement(statement, kind)?;
        if let Some(sid) = statement.get("Sid").and_then(Value::as_str)
            && !sid.is_empty()
            && !sids.insert(sid)
        {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
    }
    Ok(())
}

pub(super) fn statements(document: &Map<String, Value>) -> Vec<&Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    }
}

fn check_statement(statement: &Map<String, Value>, kind: Kind) -> Result<(), AwsError> {
    const KNOWN: [&str; 9] =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    if statement.keys().any(|key| !KNOWN.contains(&key.as_str())) {
        return Err(malformed(SYNTAX));
    }
    match statement.get("Sid") {
        None => {}
        Some(Value::String(sid)) if kind == Kind::Trust || sid.chars().all(|c| c.is_ascii_alphanumeric()) => {}
        Some(_) => {
            return Err(malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            ));
        }
    }
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(_) => return Err(malformed(SYNTAX)),
        None => return Err(malformed("Missing required field Effect cannot be empty!")),
    }
    check_actions(strings(one_of(statement, "Action", "NotAction")?)?, kind)?;
    if let Some(condition) = statement.get("Condition") {
        check_condition(condition)?;
    }
    match kind {
        Kind::Identity => {
            if statement.contains_key("Principal") || statement.contains_key("NotPrincipal") {
                return Err(malformed("Policy document should not specify a principal."));
            }
            check_resources(strings(one_of(statement, "Resource", "NotResource")?)?)
        }
        Kind::Trust => {
            if statement.contains_key("Resource") || statement.contains_key("NotResource") {
                return Err(malformed("Has prohibited field Resource"));
            }
            check_principal(one_of(statement, "Principal", "NotPrincipal")?)
        }
    }
}

fn one_of<'a>(statement: &'a Map<String, Value>, name: &str, negated: &str) -> Result<&'a Value, AwsError> {
    match (statement.get(name), statement.get(negated)) {
        (Some(value), None) | (None, Some(value)) => Ok(value),
        (None, None) if name == "Resource" => Err(malformed("Policy statement must contain resources.")),
        (None, None) if name == "Action" => Err(malformed("Policy statement must contain actions.")),
        (None, None) => Err(malformed(format!("Missing required field {name}"))),
        (Some(_), Some(_)) => Err(malformed(SYNTAX)),
    }
}

pub(super) fn strings(value: &Value) -> Result<Vec<&str>, AwsError> {
    match value {
        Value::String(text) => Ok(vec![text]),
        Value::Array(values) => values.iter().map(|value| value.as_str().ok_or_else(|| malformed(SYNTAX))).collect(),
        _ => Err(malformed(SYNTAX)),
    }
}

fn check_actions(actions: Vec<&str>, kind: Kind) -> Result<(), AwsError> {
    if actions.is_empty() {
        return Err(malformed("Policy statement must contain actions."));
    }
    for action in actions {
        let vendor = action.split_once(':').map(|(vendor, _)| vendor);
        match (kind, vendor) {
            (Kind::Trust, Some("sts")) => {}
            (Kind::Trust, _) if action == "*" => {}
            (Kind::Trust, _) => return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions.")),
            (Kind::Identity, None) if action == "*" => {}
            (Kind::Identity, Some(vendor)) if !vendor.is_empty() && crate::check::word(vendor, "-") => {}
            (Kind::Identity, Some(vendor)) => return Err(malformed(format!("Vendor {vendor} is not valid"))),
            (Kind::Identity, None) => {
                return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
            }
        }
    }
    Ok(())
}

fn check_resources(resources: Vec<&str>) -> Result<(), AwsError> {
    if resources.is_empty() {
        return Err(malformed("Policy statement must contain resources."));
    }
    for resource in resources {
        if resource == "*" {
            continue;
        }
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        if parts.first() != Some(&"arn") || parts.len() < 6 {
            // For some resources, AWS also names the invalid field (text unverified for those).
            return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
        }
        if !["aws", "aws-cn", "aws-us-gov", "*"].contains(&parts[1]) {
            return Err(malformed(format!("Partition \"{}\" is not valid for resource \"{resource}\".", parts[1])));
        }
    }
    Ok(())
}

fn check_principal(principal: &Value) -> Result<(), AwsError> {
    if principal.as_str() == Some("*") {
        return Ok(());
    }
    let kinds = principal.as_object().ok_or_else(|| malformed(SYNTAX))?;
    if kinds.is_empty() {
        return Err(malformed("Missing required field Principal cannot be empty!"));
    }
    for (kind, names) in kinds {
        let names = strings(names)?;
        let fits: fn(&str) -> bool = match kind.as_str() {
            "Service" => |name| name.contains('.') && name.ends_with(".amazonaws.com") && crate::check::word(name, ".-"),
            "AWS" => |name| {
                name == "*"
                    || (name.len() == 12 && name.chars().all(|c| c.is_ascii_digit()))
                    || name.starts_with("arn:aws:iam::")
                    || name.starts_with("arn:aws:sts::")
                    || name.starts_with("AROA")
                    || name.starts_with("AIDA")
            },
            "Federated" | "CanonicalUser" => |name| !name.is_empty(),
            _ => return Err(malformed(SYNTAX)),
        };
        if let Some(name) = names.iter().find(|name| !fits(name)) {
            return Err(malformed(format!("Invalid principal in policy: \"{}\":\"{name}\"", kind.to_uppercase())));
        }
    }
    Ok(())
}

/// IAM reference, "Condition operators".
const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

fn check_condition(condition: &Value) -> Result<(), AwsError> {
    let operators = condition.as_object().ok_or_else(|| malformed(SYNTAX))?;
    for (operator, keys) in operators {
        let base = operator.rsplit(':').next().unwrap_or_default();
        let base = base.strip_suffix("IfExists").unwrap_or(base);
        if !OPERATORS.contains(&base) {
            return Err(malformed(format!("Invalid Condition type : {operator}.")));
        }
        if !keys.is_object() {
            return Err(malformed(SYNTAX));
        }
    }
    Ok(())
}

/// Whether a trust policy allows this service to assume the role.
pub(crate) fn trusts(text: &str, service: &str) -> bool {
    trusts_one(text, |principal| named(principal, "Service").contains(&service))
}

/// Whether a trust policy allows the account with this root to assume the role, and thereby to delegate that permission.
pub(crate) fn trusts_account(text: &str, root: &str) -> bool {
    let account = root.split(':').nth(4).unwrap_or_default();
    trusts_one(text, |principal| {
        let names = named(principal, "AWS");
        principal == "*" || names.iter().any(|name| *name == "*" || *name == root || *name == account)
    })
}

/// Whether a trust policy allows a role, by its ARN, to assume the role.
pub(crate) fn names(text: &str, role_arn: &str) -> bool {
    trusts_one(text, |principal| named(principal, "AWS").contains(&role_arn))
}

fn named<'a>(principal: &'a Value, kind: &str) -> Vec<&'a str> {
    principal.get(kind).map(|names| strings(names).unwrap_or_default()).unwrap_or_default()
}

/// Whether a trust policy allows the principals that match `fits` to assume the role.
fn trusts_one(text: &str, fits: impl Fn(&Value) -> bool) -> bool {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let mut trusted = false;
    for statement in document.as_object().map(statements).unwrap_or_default() {
        let denies = statement["Effect"] == "Deny";
        // Statements that cannot be evaluated here deny.
        if denies && (statement.get("NotPrincipal").is_some() || statement.get("NotAction").is_some()) {
            return false;
        }
        let everybody = |principal: &Value| principal == "*" || named(principal, "AWS").contains(&"*");
        let actions = statement.get("Action").map(|actions| strings(actions).unwrap_or_default()).unwrap_or_default();
        if !statement.get("Principal").is_some_and(|principal| fits(principal) || (denies && everybody(principal)))
            || !actions.iter().any(|action| matches(&action.to_ascii_lowercase(), "sts:assumerole"))
        {
            continue;
        }
        match statement["Effect"].as_str() {
            Some("Deny") => return false,
            Some("Allow") if statement.get("Condition").is_none() => trusted = true,
            _ => {}
        }
    }
    trusted
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["dynamodb:Put*","dynamodb:getitem"],"Resource":"arn:aws:dynamodb:*:*:table/numbers"},
        {"Effect":"Deny","Action":"dynamodb:PutItem","Resource":"arn:aws:dynamodb:*:*:table/num*-locked"}]}"#;

    #[test]
    fn trust_policy_denying_everybody_trusts_nobody() {
        let allow = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}"#;
        let with = |deny: &str| format!(r#"{{"Statement":[{allow},{{"Effect":"Deny","Action":"sts:AssumeRole",{deny}}}]}}"#);
        assert!(trusts(&format!(r#"{{"Statement":{allow}}}"#), "lambda.amazonaws.com"));
        for deny in [r#""Principal":"*""#, r#""Principal":{"AWS":"*"}"#, r#""NotPrincipal":{"AWS":"111122223333"}"#] {
            assert!(!trusts(&with(deny), "lambda.amazonaws.com"), "{deny}");
        }
        assert!(trusts(&with(r#""Principal":{"Service":"connect.amazonaws.com"}"#), "lambda.amazonaws.com"));
    }

    #[test]
    fn invalid_grammar_is_refused_with_a_reason() {
        let message = |text: &str, kind| check(text, kind).err().map(|refusal| refusal.message);
        assert_eq!(check(ALLOW, Kind::Identity), Ok(()));
        assert_eq!(message("{", Kind::Identity).as_deref(), Some("This policy contains invalid Json"));
        let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda"}}]}"#;
        assert_eq!(message(trust, Kind::Trust).as_deref(), Some(r#"Invalid principal in policy: "SERVICE":"lambda""#));
        let bare = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}]}"#;
        assert!(message(bare, Kind::Identity).is_some_and(|text| text.contains("must be in ARN format")));
        let unknown =
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringSame":{"aws:username":"x"}}}}"#;
        assert_eq!(message(unknown, Kind::Identity).as_deref(), Some("Invalid Condition type : StringSame."));
        let both = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}]}"#;
        assert_eq!(message(both, Kind::Identity).as_deref(), Some(SYNTAX));
    }
}
