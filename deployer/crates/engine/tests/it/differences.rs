//! Properties of the comparison that hold for any input.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::diff::{Rules, diff};
use deployer_engine::{
    Address, ChangeEffect, ChangeOrigin, ErrorClass, Expr, Graph, NewValue, PropertyChange, PropertyPath, Reference, Resolved,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        "[ab]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn known(value: &Value) -> Resolved {
    Resolved { value: value.clone(), unknown: BTreeMap::new() }
}

fn compare(wanted: &Value, recorded: Option<&Value>, live: &Value) -> Vec<PropertyChange> {
    diff(&known(wanted), recorded, live, &|_: &PropertyPath| ChangeEffect::Update)
}

/// Returns `live` with the changes applied.
fn applied(live: &Value, changes: &[PropertyChange]) -> Value {
    let mut result = live.clone();
    for change in changes {
        let after = match &change.after {
            NewValue::Known(value) => value.clone(),
            NewValue::Absent | NewValue::Unknown(_) => Value::Null,
        };
        put(&mut result, &change.path.0, after);
    }
    result
}

fn put(into: &mut Value, path: &[String], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *into = value;
        return;
    };
    match into {
        Value::Object(map) => put(map.entry(step.clone()).or_insert(Value::Null), rest, value),
        Value::Array(items) => put(&mut items[step.parse::<usize>().expect("a list's step is an index")], rest, value),
        _ => panic!("a path leads into a leaf"),
    }
}

/// Returns the value without keys that are `null`.
fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), stripped(value))).collect(),
        ),
        Value::Array(items) => items.iter().map(stripped).collect(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(value in json_value()) {
        prop_assert_eq!(compare(&value, Some(&value), &value), []);
    }

    #[test]
    fn absent_and_null_are_equal(value in json_value()) {
        prop_assert_eq!(compare(&stripped(&value), None, &value), []);
    }

    #[test]
    fn applying_the_changes_yields_the_wanted_value(wanted in json_value(), live in json_value()) {
        let result = applied(&live, &compare(&wanted, None, &live));
        prop_assert_eq!(stripped(&result), stripped(&wanted));
    }

    #[test]
    fn differences_with_unchanged_spec_are_drift(wanted in json_value(), live in json_value()) {
        prop_assert!(compare(&wanted, Some(&wanted), &live).iter().all(|change| change.origin == ChangeOrigin::Drift));
    }

    #[test]
    fn differences_with_unchanged_resource_come_from_spec(wanted in json_value(), live in json_value()) {
        prop_assert!(compare(&wanted, Some(&live), &live).iter().all(|change| change.origin == ChangeOrigin::Spec));
    }

    #[test]
    fn what_is_ignored_is_no_change(wanted in json_value(), live in json_value()) {
        prop_assert_eq!(diff(&known(&wanted), None, &live, &|_: &PropertyPath| ChangeEffect::Ignore), []);
    }
}

#[test]
fn unknown_leaf_is_a_change_at_its_path() {
    let api = Address::new("api", "public");
    let wanted = Expr::map([("id", Expr::output(&api, "id")), ("name", Expr::from("n"))]).resolve(&|_| None);
    let changes = diff(&wanted, None, &json!({ "id": "a-1", "name": "n" }), &|_: &PropertyPath| ChangeEffect::Update);
    let reference = Reference { address: api, output: "id".to_owned() };
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].path, PropertyPath(vec!["id".to_owned()]));
    assert_eq!(changes[0].after, NewValue::Unknown(BTreeSet::from([reference])));
    assert_eq!(changes[0].before, Some(json!("a-1")));
}

#[test]
fn change_on_both_sides_is_reported_as_such() {
    let changes = compare(&json!({ "a": 1 }), Some(&json!({ "a": 2 })), &json!({ "a": 3 }));
    assert_eq!(changes.iter().map(|change| change.origin).collect::<Vec<_>>(), [ChangeOrigin::Both]);
    let added = compare(&json!({}), Some(&json!({})), &json!({ "a": 3 }));
    assert_eq!(added.iter().map(|change| change.origin).collect::<Vec<_>>(), [ChangeOrigin::Drift]);
}

#[test]
fn cycles_and_undefined_references_are_named() {
    let (a, b) = (Address::new("t", "a"), Address::new("t", "b"));
    let mut graph = Graph::default();
    graph.insert(a.clone(), "t", Expr::output(&b, "id"), []);
    let error = graph.order().expect_err("b is not there");
    assert!(error.message.contains("t.a refers to t.b"), "{error}");
    graph.insert(b, "t", Expr::Value(Value::Object(Map::new())), [a]);
    let error = graph.order().expect_err("they wait for each other");
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("t.a -> t.b -> t.a"), "{error}");
}

/// A resource type whose lists of texts are unordered and are compared as a whole.
struct Bags;

impl Rules for Bags {
    fn change_effect(&self, _: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Update
    }

    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        let mut list = value.as_array().filter(|_| path.first() == "bag")?.clone();
        list.sort_by_key(Value::to_string);
        Some(list.into())
    }
}

#[test]
fn unordered_values_are_compared_and_reported_whole() {
    let of = |bag: Value| json!({ "bag": bag, "list": ["a", "b"] });
    assert_eq!(diff(&known(&of(json!(["b", "a"]))), None, &of(json!(["a", "b"])), &Bags), []);
    let (wanted, recorded, live) = (of(json!(["b", "c"])), of(json!(["c", "b"])), of(json!(["a", "b"])));
    let changes = diff(&known(&wanted), Some(&recorded), &live, &Bags);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].path.to_string().as_str(), changes[0].origin), ("bag", ChangeOrigin::Drift));
    assert_eq!(changes[0].before, Some(json!(["a", "b"])));
    assert_eq!(changes[0].after, NewValue::Known(json!(["b", "c"])));
}

#[test]
fn unknown_value_is_named_by_its_output() {
    let bag = Expr::List(vec![Expr::from("a"), Expr::output(&Address::new("function", "pay"), "arn")]);
    let wanted = Expr::map([("bag", bag)]).resolve(&|_| None);
    let changes = diff(&wanted, None, &json!({ "bag": ["a"] }), &Bags);
    assert_eq!(changes.len(), 1);
    assert!(matches!(changes[0].after, NewValue::Unknown(_)));
    assert_eq!(changes[0].display_value, Some(json!(["a", "${function.pay.arn}"])));
}
