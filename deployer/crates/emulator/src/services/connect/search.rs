//! Search criteria: nested conditions, strings and tags.

use std::collections::BTreeMap;

use serde_json::Value;

use super::arguments::{PARAMETER, refused, text};
use crate::check::ValidationErrors;
use crate::error::AwsError;

/// Maximum depth of nested criteria.
const DEPTH: usize = 8;

/// Returns an error for criteria that are nested too deeply, or use a field that the search does not accept.
pub(super) fn check(criteria: &Value, fields: &[&str]) -> Result<(), AwsError> {
    check_at(criteria, fields, 0)
}

fn check_at(criteria: &Value, fields: &[&str], depth: usize) -> Result<(), AwsError> {
    if depth > DEPTH {
        // The message text is unverified.
        return Err(refused(PARAMETER, "The search criteria are nested too deeply"));
    }
    if let Some(condition) = criteria.get("StringCondition") {
        let mut faults = ValidationErrors::default();
        faults.one_of("fieldName", text(condition, "FieldName"), fields);
        faults.refuse(PARAMETER)?;
    }
    let mut inner = parts(criteria, "OrConditions").chain(parts(criteria, "AndConditions"));
    inner.try_for_each(|part| check_at(part, fields, depth + 1))
}

fn parts<'a>(criteria: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    criteria.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Whether a resource matches the criteria; `own` evaluates criteria without nested ones.
pub(super) fn fits(criteria: &Value, own: &dyn Fn(&Value) -> bool) -> bool {
    let mut any = parts(criteria, "OrConditions").peekable();
    own(criteria)
        && (any.peek().is_none() || any.any(|part| fits(part, own)))
        && parts(criteria, "AndConditions").all(|part| fits(part, own))
}

/// Whether a string matches the criteria's string condition, if there is one; `of` returns the values of a field. The
/// comparison ignores case (unverified).
pub(super) fn text_fits(criteria: &Value, of: &dyn Fn(&str) -> Vec<String>) -> bool {
    let Some(condition) = criteria.get("StringCondition") else { return true };
    let member = |name: &str| text(condition, name).unwrap_or_default();
    let value = member("Value").to_lowercase();
    of(member("FieldName")).into_iter().map(|text| text.to_lowercase()).any(|text| match member("ComparisonType") {
        "STARTS_WITH" => text.starts_with(&value),
        "CONTAINS" => text.contains(&value),
        _ => text == value,
    })
}

/// Whether tags match a filter's tag conditions, if there are any: each of `AndConditions`, all of one entry of `OrConditions`
/// (botocore model, ControlPlaneTagFilter).
pub(super) fn tags_fit(filter: Option<&Value>, tags: &BTreeMap<String, String>) -> bool {
    let Some(filter) = filter.and_then(|filter| filter.get("TagFilter")) else { return true };
    let has = |condition: &Value| {
        let value = text(condition, "TagKey").and_then(|key| tags.get(key));
        // A condition without a value matches any value (unverified).
        value.is_some_and(|value| text(condition, "TagValue").is_none_or(|wanted| wanted == value))
    };
    let mut any = parts(filter, "OrConditions").peekable();
    filter.get("TagCondition").is_none_or(has)
        && parts(filter, "AndConditions").all(has)
        && (any.peek().is_none() || any.any(|all| all.as_array().is_some_and(|all| all.iter().all(has))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_match_when_all_filter_parts_match() {
        let tags = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        let one = |key: &str, value: &str| json!({"TagKey": key, "TagValue": value});
        let cases = [
            (json!({"TagFilter": {"TagCondition": one("a", "1")}}), true),
            (json!({"TagFilter": {"TagCondition": one("a", "2")}}), false),
            (json!({"TagFilter": {"TagCondition": {"TagKey": "b"}}}), true),
            (json!({"TagFilter": {"AndConditions": [one("a", "1"), one("b", "2")]}}), true),
            (json!({"TagFilter": {"AndConditions": [one("a", "1"), one("b", "3")]}}), false),
            (json!({"TagFilter": {"OrConditions": [[one("a", "1"), one("b", "3")], [one("b", "2")]]}}), true),
            (json!({"TagFilter": {"OrConditions": [[one("a", "1"), one("b", "3")], [one("c", "2")]]}}), false),
            (json!({}), true),
        ];
        for (filter, fits) in cases {
            assert_eq!(tags_fit(Some(&filter), &tags), fits, "{filter}");
        }
    }

    #[test]
    fn criteria_nest_but_not_for_ever() {
        let name = |value: &str| json!({"StringCondition": {"FieldName": "name", "Value": value, "ComparisonType": "EXACT"}});
        let is = |criteria: &Value| fits(criteria, &|one| text_fits(one, &|_| vec!["Sales".to_owned()]));
        assert!(is(&json!({"OrConditions": [name("x"), {"AndConditions": [name("sales"), name("SALES")]}]})));
        assert!(!is(&json!({"AndConditions": [name("sales"), name("x")]})));
        let mut deep = name("x");
        for _ in 0..=DEPTH {
            deep = json!({"OrConditions": [deep]});
        }
        assert!(check(&deep, &["name"]).is_err());
        assert!(check(&name("x"), &["name"]).is_ok());
        assert!(check(&name("x"), &["Username"]).is_err());
    }
}
