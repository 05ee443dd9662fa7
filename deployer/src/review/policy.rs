//! Policy documents as sets of single permissions, so that two documents can be compared by what they allow.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// One combination of effect, principal, action, resource and condition of a policy document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Permission {
    /// Whether the effect is `Deny`.
    pub(crate) denies: bool,
    /// The action, or `all but …`.
    action: String,
    /// The resource, or `all but …`; empty in a trust policy.
    resource: String,
    /// The principal, or `all but …`; empty in an identity-based policy.
    principal: String,
    /// The condition as JSON; empty if there is none.
    condition: String,
}

/// Returns every permission of a document. An unreadable statement counts as one that allows, so that it is confirmed rather than missed.
pub(crate) fn permissions(document: &Value) -> BTreeSet<Permission> {
    match &document["Statement"] {
        Value::Array(statements) => statements.iter().flat_map(of_statement).collect(),
        Value::Null => BTreeSet::new(),
        one => of_statement(one).collect(),
    }
}

fn of_statement(statement: &Value) -> impl Iterator<Item = Permission> {
    let denies = statement["Effect"] == "Deny";
    let actions = element(statement, "Action", "NotAction", texts);
    let readable = statement.is_object() && !actions.is_empty();
    let actions = if readable { actions } else { vec![statement.to_string()] };
    let resources = or_nothing(element(statement, "Resource", "NotResource", texts));
    let principals = or_nothing(element(statement, "Principal", "NotPrincipal", principals));
    let condition = statement.get("Condition").map(sorted).unwrap_or_default();
    let mut all = Vec::new();
    for action in &actions {
        for resource in &resources {
            for principal in &principals {
                let (action, resource) = (action.clone(), resource.clone());
                let (principal, condition) = (principal.clone(), condition.clone());
                all.push(Permission { denies, action, resource, principal, condition });
            }
        }
    }
    all.into_iter()
}

/// Returns the values of an element, or those of its negation as one value, since a negated element cannot be split.
fn element(statement: &Value, name: &str, negation: &str, values: fn(&Value) -> Vec<String>) -> Vec<String> {
    match (statement.get(name), statement.get(negation)) {
        (Some(value), _) => values(value),
        (None, Some(value)) => vec![format!("{ALL_BUT}{}", values(value).join(", "))],
        (None, None) => Vec::new(),
    }
}

const ALL_BUT: &str = "all but ";

fn or_nothing(values: Vec<String>) -> Vec<String> {
    if values.is_empty() { vec![String::new()] } else { values }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

fn principals(value: &Value) -> Vec<String> {
    match value {
        Value::Object(kinds) => {
            let named = |(kind, value): (&String, &Value)| -> Vec<String> {
                texts(value).into_iter().map(|name| if name == "*" { name } else { format!("{kind} {name}") }).collect()
            };
            kinds.iter().flat_map(named).collect()
        }
        other => texts(other),
    }
}

/// Returns JSON with sorted object members, so that equal conditions are equal texts.
fn sorted(value: &Value) -> String {
    fn in_order(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let sorted: std::collections::BTreeMap<_, _> = members.iter().collect();
                sorted.into_iter().map(|(name, member)| (name.clone(), in_order(member))).collect()
            }
            Value::Array(list) => list.iter().map(in_order).collect(),
            other => other.clone(),
        }
    }
    in_order(value).to_string()
}

impl Permission {
    /// Creates a permission of a resource-based policy.
    pub(crate) fn to(principal: &str, action: &str, resource: &str) -> Self {
        let [principal, action, resource] = [principal, action, resource].map(str::to_owned);
        Self { denies: false, action, resource, principal, condition: String::new() }
    }

    /// Returns whether this permission allows or denies everything that `other` does.
    fn covers(&self, other: &Self) -> bool {
        self.denies == other.denies
            && matches(&self.action.to_lowercase(), &other.action.to_lowercase())
            && matches(&self.resource, &other.resource)
            && (self.principal == other.principal || self.principal == "*")
            && (self.condition == other.condition || self.condition.is_empty())
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(&[&self.action]))
    }
}

impl Permission {
    fn sentence(&self, actions: &[&str]) -> String {
        let mut text = format!("{} {}", if self.denies { "deny" } else { "allow" }, actions.join(", "));
        for (word, value) in [("on", &self.resource), ("to", &self.principal), ("if", &self.condition)] {
            if !value.is_empty() {
                text.push_str(&format!(" {word} {value}"));
            }
        }
        text
    }
}

/// Describes permissions as `allow dynamodb:GetItem, dynamodb:PutItem on arn…`; permissions that differ only in the action are merged.
pub(crate) fn sentences<'p>(permissions: impl Iterator<Item = &'p Permission>) -> Vec<String> {
    let mut together: Vec<(&Permission, Vec<&str>)> = Vec::new();
    for permission in permissions {
        let same = |first: &Permission| Permission { action: permission.action.clone(), ..first.clone() } == *permission;
        match together.iter_mut().find(|(first, _)| same(first)) {
            Some((_, actions)) => actions.push(&permission.action),
            None => together.push((permission, vec![&permission.action])),
        }
    }
    together.iter().map(|(first, actions)| first.sentence(actions)).collect()
}

/// Returns whether a policy pattern (`*`, `?`) matches everything that another pattern matches; false if unknown.
pub(super) fn matches(pattern: &str, other: &str) -> bool {
    if pattern == other {
        return true;
    }
    if pattern.starts_with(ALL_BUT) || other.starts_with(ALL_BUT) {
        return pattern == "*";
    }
    let (pattern, other): (Vec<char>, Vec<char>) = (pattern.chars().collect(), other.chars().collect());
    // The position after the last `*`, and the start of its match.
    let (mut at, mut place, mut star) = (0, 0, None);
    while place < other.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, place));
                at += 1;
            }
            Some(&sign) if sign == other[place] || (sign == '?' && other[place] != '*') => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((behind, began)) => {
                    (at, place) = (behind, began + 1);
                    star = Some((behind, began + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

/// Returns the permissions allowed only after a change, and the denies that it removes.
pub(crate) fn broader<'p>(
    before: &'p BTreeSet<Permission>,
    after: &'p BTreeSet<Permission>,
) -> (Vec<&'p Permission>, Vec<&'p Permission>) {
    let gained = after.iter().filter(|new| !new.denies && !before.iter().any(|old| old.covers(new)));
    let lost = before.iter().filter(|old| old.denies && !after.iter().any(|new| new.covers(old)));
    (gained.collect(), lost.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allow(action: Value, resource: Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
    }

    fn is_broader(before: &Value, after: &Value) -> bool {
        let (before, after) = (permissions(before), permissions(after));
        let (gained, lost) = broader(&before, &after);
        !gained.is_empty() || !lost.is_empty()
    }

    #[test]
    fn only_more_permissions_are_broader() {
        let read = allow(json!("dynamodb:GetItem"), json!("arn:a"));
        let both = allow(json!(["dynamodb:GetItem", "dynamodb:PutItem"]), json!("arn:a"));
        let any = allow(json!("dynamodb:*"), json!("*"));
        let other = allow(json!("dynamodb:GetItem"), json!("arn:b"));
        for (before, after, expected) in [
            (&read, &both, true),
            (&both, &read, false),
            (&read, &read, false),
            (&any, &both, false),
            (&both, &any, true),
            (&read, &other, true),
            (&any, &other, false),
        ] {
            assert_eq!(is_broader(before, after), expected, "{before} to {after}");
        }
    }

    #[test]
    fn lost_deny_and_lost_condition_are_broader() {
        let statement = |effect: &str, condition: Option<Value>| {
            let mut statement = json!({"Effect": effect, "Action": "s3:*", "Resource": "*"});
            condition.into_iter().for_each(|condition| statement["Condition"] = condition);
            json!({"Statement": statement})
        };
        let nothing = json!({"Statement": []});
        let only = Some(json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}));
        assert!(is_broader(&statement("Deny", None), &nothing));
        assert!(!is_broader(&nothing, &statement("Deny", None)));
        assert!(is_broader(&statement("Allow", only.clone()), &statement("Allow", None)));
        assert!(!is_broader(&statement("Allow", None), &statement("Allow", only.clone())));
        assert!(is_broader(&statement("Deny", None), &statement("Deny", only)));
    }

    #[test]
    fn negations_are_broader_whenever_they_change() {
        let all_but = |names: Value| json!({"Statement": [{"Effect": "Allow", "NotAction": names, "Resource": "*"}]});
        assert!(is_broader(&all_but(json!(["iam:*", "s3:*"])), &all_but(json!("iam:*"))));
        assert!(!is_broader(&allow(json!("*"), json!("*")), &all_but(json!("iam:*"))));
    }

    #[test]
    fn principals_are_distinguished() {
        let trust =
            |principal: Value| json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]});
        let lambda = trust(json!({"Service": "lambda.amazonaws.com"}));
        assert!(is_broader(&lambda, &trust(json!({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}))));
        assert!(is_broader(&lambda, &trust(json!("*"))));
        assert!(!is_broader(&trust(json!({"AWS": "*"})), &lambda));
    }

    #[test]
    fn unreadable_statements_count_as_allowed() {
        assert!(is_broader(&json!({"Statement": []}), &json!({"Statement": [7]})));
    }

    #[test]
    fn patterns_match_what_other_patterns_match() {
        for (pattern, other, expected) in [
            ("*", "anything:*", true),
            ("a:*", "a:Get*", true),
            ("a:Get*", "a:*", false),
            ("a:?", "a:*", false),
            ("a:?", "a:b", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, other), expected, "{pattern} {other}");
        }
    }
}
