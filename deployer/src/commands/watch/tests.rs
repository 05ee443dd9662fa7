use deployer_engine::{Address, ChangeEffect, NewValue, Problem, PropertyChange, PropertyPath};
use serde_json::json;

use super::*;

fn change(type_name: &str, action: Action, properties: &[(&str, ChangeOrigin)]) -> Change {
    let property = |(path, origin): &(&str, ChangeOrigin)| PropertyChange {
        path: PropertyPath(path.split('.').map(str::to_owned).collect()),
        before: Some(json!("old")),
        after: NewValue::Known(json!("new")),
        effect: ChangeEffect::Update,
        origin: *origin,
        display_value: None,
    };
    Change {
        properties: properties.iter().map(property).collect(),
        ..Change::new(Address::new("thing", "one"), type_name, action)
    }
}

fn plan(changes: Vec<Change>) -> Plan {
    Plan { changes, ..Plan::default() }
}

#[test]
fn only_code_and_content_are_swapped() {
    use Action::{Adopt, Create, Delete, Forget, NoOp, Replace, Update};
    use ChangeOrigin::{Both, Drift, Spec};
    let code = || change("lambda.function", Update, &[("code_sha256", Spec)]);
    let flow = || change("connect.contact_flow", Update, &[("content.Actions.0", Spec)]);
    assert!(is_swap(&plan(vec![code(), flow(), change("dynamodb.table", NoOp, &[])])));
    for other in [
        change("dynamodb.table", Create, &[]),
        change("dynamodb.table", Update, &[("tags.a", Spec)]),
        change("lambda.function", Update, &[("code_sha256", Spec), ("memory_mb", Spec)]),
        change("lambda.function", Replace, &[("code_sha256", Spec)]),
        change("lambda.function", Delete, &[]),
        change("connect.module", Adopt, &[("content", Spec)]),
        change("connect.module", Forget, &[]),
        // What somebody else has changed meanwhile would be lost.
        change("connect.contact_flow", Update, &[("content", Drift)]),
        change("connect.contact_flow", Update, &[("content", Both)]),
        Change { superseded: true, ..code() },
    ] {
        let shown = format!("{other:?}");
        assert!(!is_swap(&plan(vec![code(), other])), "{shown}");
    }
    let problem = Problem { address: Address::new("one", "function"), error: deployer_engine::Error::local("no") };
    assert!(!is_swap(&Plan { problems: vec![problem], ..plan(vec![code()]) }));
}
