//! JSON documents that AWS returns in another form than it received them.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Decodes a policy document as IAM returns it: URL-encoded JSON. Returns `None` if it is anything else.
pub(crate) fn decoded(text: &str) -> Option<Value> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    serde_json::from_str(&text).ok()
}

/// Returns `wanted` if the live document is equivalent, else the live one, so that a difference in spelling is no change.
pub(crate) fn keep_equivalent_spelling(live: Value, wanted: Option<&Value>) -> Value {
    match wanted {
        Some(wanted) if canonical(wanted) == canonical(&live) => wanted.clone(),
        _ => live,
    }
}

/// Returns a policy in canonical form: a single value becomes a list of one, lists are sorted and deduplicated, as their order is
/// irrelevant.
fn canonical(document: &Value) -> Value {
    match document {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), member(key, value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn member(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("Version" | "Id" | "Sid" | "Effect", value) => value.clone(),
        ("Principal" | "NotPrincipal", Value::String(text)) if text == "*" => value.clone(),
        (_, Value::Array(items)) => sorted(items.iter().map(canonical).collect()),
        (_, Value::Object(_)) if key == "Statement" => sorted(vec![canonical(value)]),
        (_, Value::Object(_)) => canonical(value),
        (_, scalar) => sorted(vec![text_of(scalar)]),
    }
}

/// Converts a scalar to text: condition values come back as text whatever they were sent as.
fn text_of(scalar: &Value) -> Value {
    match scalar {
        Value::Bool(_) | Value::Number(_) => Value::String(scalar.to_string()),
        other => other.clone(),
    }
}

fn sorted(items: Vec<Value>) -> Value {
    let mut items: Vec<Value> = items.iter().map(text_of).collect();
    items.sort_by_cached_key(in_key_order);
    items.dedup();
    Value::Array(items)
}

fn in_key_order(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(key, value)| format!("{key:?}:{}", in_key_order(value))).collect();
            members.sort();
            members.concat()
        }
        Value::Array(items) => items.iter().map(in_key_order).collect(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn policy_in_another_spelling_is_equal() {
        let wanted = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:GetItem"], "Resource": "arn:x"},
            {"Sid": "B", "Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": ["arn:y"],
             "Condition": {"Bool": {"aws:SecureTransport": true}}},
        ]});
        let live = json!({"Statement": [
            {"Effect": "Allow", "Sid": "B", "Action": ["logs:PutLogEvents"], "Resource": "arn:y",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Resource": ["arn:x"], "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Effect": "Allow", "Sid": "A"},
        ], "Version": "2012-10-17"});
        assert_eq!(keep_equivalent_spelling(live, Some(&wanted)), wanted);
    }

    #[test]
    fn policy_with_another_meaning_is_different() {
        let wanted = json!({"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]});
        for (member, value) in [("Effect", "Deny"), ("Action", "a:C"), ("Resource", "arn:x")] {
            let mut live = wanted.clone();
            live["Statement"][0][member] = value.into();
            assert_eq!(keep_equivalent_spelling(live.clone(), Some(&wanted)), live);
        }
    }

    #[test]
    fn single_statement_equals_list_of_one() {
        let trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}});
        let wanted = json!({"Statement": [trust]});
        assert_eq!(keep_equivalent_spelling(json!({"Statement": trust}), Some(&wanted)), wanted);
    }

    #[test]
    fn an_encoded_document_is_decoded() {
        assert_eq!(decoded("%7B%22Version%22%3A%222012-10-17%22%7D"), Some(json!({"Version": "2012-10-17"})));
        assert_eq!(decoded("%7B"), None);
    }
}
