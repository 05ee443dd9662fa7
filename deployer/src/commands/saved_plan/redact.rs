//! Removal of secret values, and of what reveals them, from a plan that is written to a file.
//!
//! The engine sees no secret value, only its digest, whose key is the lineage of the state. The file does not contain the lineage, so these
//! digests cannot be brute-forced with it. Without a state the key differs from run to run, and all digests are replaced by one text.

use std::collections::BTreeSet;

use deployer_engine::{Change, NewValue};
use serde_json::Value;

/// Stands for a digest that no two runs have in common.
const MASKED: &str = "(not compared)";
/// Stands for a text that is a secret now, and may have been the same before.
const HIDDEN: &str = "(text, hidden)";

/// Returns a change without what must not be in a file. `keyed` says whether the digests of secret values are made with a recorded lineage.
pub(super) fn redacted(change: &Change, keyed: bool) -> Change {
    let mut change = change.clone();
    match change.type_name.as_str() {
        "lambda.function" => environment(&mut change, keyed),
        // A plan is made without the password of a new user, and the run is given it.
        "connect.user" => passwords(&mut change),
        _ => {}
    }
    change
}

/// Calls `edit` with every value of a change and the path that it has in the resource.
fn each(change: &mut Change, edit: &dyn Fn(&[String], &mut Value)) {
    for property in &mut change.properties {
        let path = &property.path.0;
        property.before.iter_mut().for_each(|value| edit(path, value));
        property.display_value.iter_mut().for_each(|value| edit(path, value));
        if let NewValue::Known(value) = &mut property.after {
            edit(path, value);
        }
    }
    change.live.iter_mut().chain(&mut change.wanted).for_each(|value| edit(&[], value));
}

fn passwords(change: &mut Change) {
    each(change, &|path, value| match path {
        [] => value.get_mut("password").and_then(|password| password.get_mut("env")).into_iter().for_each(mask),
        [top] if top == "password" => value.get_mut("env").into_iter().for_each(mask),
        [top, key] if top == "password" && key == "env" => mask(value),
        _ => {}
    });
}

fn environment(change: &mut Change, keyed: bool) {
    let all = [&change.live, &change.wanted].into_iter().flatten().filter_map(|all| all["environment"].as_object()).flatten();
    let secret: BTreeSet<String> = all.filter(|(_, value)| is_secret(value)).map(|(name, _)| name.clone()).collect();
    let variable = |name: &str, value: &mut Value| {
        if let Some(digest) = value.get_mut("secret").filter(|_| !keyed) {
            mask(digest);
        }
        if value.is_string() && secret.contains(name) {
            *value = HIDDEN.into();
        }
    };
    let variables = |value: &mut Value| {
        let members = value.as_object_mut().into_iter().flatten();
        members.for_each(|(name, value)| variable(name, value));
    };
    each(change, &|path, value| match path {
        [] => value.get_mut("environment").into_iter().for_each(variables),
        [top] if top == "environment" => variables(value),
        [top, name] if top == "environment" => variable(name, value),
        [top, _, key] if top == "environment" && key == "secret" && !keyed => mask(value),
        _ => {}
    });
}

fn is_secret(value: &Value) -> bool {
    value.get("secret").is_some_and(Value::is_string)
}

fn mask(value: &mut Value) {
    *value = MASKED.into();
}

#[cfg(test)]
mod tests {

    use deployer_engine::{Action, Address, ChangeEffect, ChangeOrigin, PropertyChange, PropertyPath};
    use serde_json::json;

    use super::*;

    fn property(path: &[&str], before: Option<Value>, after: Option<Value>) -> PropertyChange {
        PropertyChange {
            path: PropertyPath(path.iter().map(|step| (*step).to_owned()).collect()),
            before,
            after: after.clone().map_or(NewValue::Absent, NewValue::Known),
            effect: ChangeEffect::Update,
            origin: ChangeOrigin::Spec,
            display_value: after,
        }
    }

    fn change(type_name: &str, properties: Vec<PropertyChange>, live: Value, wanted: Value) -> Change {
        Change {
            properties,
            live: Some(live),
            wanted: Some(wanted),
            ..Change::new(Address::new("thing", "one"), type_name, Action::Update)
        }
    }

    #[test]
    fn text_that_becomes_secret_is_hidden_everywhere() {
        let (live, wanted) =
            (json!({"environment": {"KEY": "plain", "OTHER": "text"}}), json!({"environment": {"KEY": {"secret": "d1"}}}));
        for path in [&["environment", "KEY"][..], &["environment"], &[]] {
            let at = |all: &Value| path.iter().fold(all.clone(), |value, step| value[*step].clone());
            let change =
                change("lambda.function", vec![property(path, Some(at(&live)), Some(at(&wanted)))], live.clone(), wanted.clone());
            for keyed in [true, false] {
                let text = format!("{:?}", redacted(&change, keyed));
                assert!(!text.contains("plain") && text.contains(HIDDEN), "{path:?}: {text}");
                assert_eq!(text.contains("d1"), keyed, "{path:?}: {text}");
                assert_eq!(text.matches("\"text\"").count(), format!("{change:?}").matches("\"text\"").count(), "others stay");
            }
        }
    }

    #[test]
    fn digests_without_a_key_and_passwords_are_not_compared() {
        let function = |digest: &str| {
            let all = json!({"environment": {"KEY": {"secret": digest}}});
            let below = property(&["environment", "KEY", "secret"], None, Some(digest.into()));
            change("lambda.function", vec![below], all.clone(), all)
        };
        assert_eq!(redacted(&function("one"), false), redacted(&function("two"), false));
        assert_ne!(redacted(&function("one"), true), redacted(&function("two"), true));
        let user = |digest: &str| {
            let properties = vec![
                property(&["password"], None, Some(json!({"env": digest}))),
                property(&["password", "env"], None, Some(digest.into())),
            ];
            change("connect.user", properties, Value::Null, json!({"password": {"env": digest}, "username": "ada"}))
        };
        assert_eq!(redacted(&user(""), true), redacted(&user("given later"), true));
    }
}
