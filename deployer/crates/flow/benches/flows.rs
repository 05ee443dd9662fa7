//! Benchmarks on a flow of 250 actions, the maximum that Connect accepts: parsing, checking, and simulating a call from start
//! to end without Lambda functions.
//!
//! Run with `cargo bench -p deployer-flow`. The numbers are those of the shipped binary, because the bench profile optimises
//! as `release` does.

#[path = "../tests/it/support/instance.rs"]
mod instance;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use deployer_flow::build::{IntoAction, Label, NewFlow, ask, attribute, compare, disconnect, equals, say, set_attributes};
use deployer_flow::{Context, Flow, FlowType, check};
use instance::{Instance, dial};
use serde_json::{Value, json};

const ACTIONS: usize = 250;

/// Builds a flow that cycles through several action types, each leading to the next; the last action hangs up. The caller
/// passes through all of them.
fn flow() -> Value {
    let mut actions: Vec<Value> = (0..ACTIONS - 1).map(action).collect();
    let last = name(ACTIONS - 1);
    actions.push(json!({"Identifier": last, "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}));
    let layout: serde_json::Map<String, Value> =
        (0..ACTIONS).map(|number| (name(number), json!({"position": {"x": 100 * number, "y": 20.5}}))).collect();
    json!({
        "Version": "2019-10-30", "StartAction": name(0), "Metadata": {"ActionMetadata": layout}, "Actions": actions
    })
}

fn name(number: usize) -> String {
    format!("{number:08}-0000-4000-8000-000000000000")
}

fn action(number: usize) -> Value {
    let next = name(number + 1);
    let error = |error: &str| json!({"NextAction": name(ACTIONS - 1), "ErrorType": error});
    let when = |operand: &str| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [operand]}});
    let (kind, parameters, conditions, errors) = match number % 6 {
        0 => (
            "MessageParticipant",
            json!({"Text": "Hello $.Attributes.name. Welcome to the bench."}),
            vec![],
            vec!["NoMatchingError"],
        ),
        1 => (
            "UpdateContactAttributes",
            json!({"Attributes": {"name": "Ada", "round": number.to_string()}}),
            vec![],
            vec!["NoMatchingError"],
        ),
        2 => ("Compare", json!({"ComparisonValue": "$.Attributes.name"}), vec![when("Ada")], vec!["NoMatchingCondition"]),
        3 => (
            "GetParticipantInput",
            json!({"SSML": "<speak>Press <say-as interpret-as=\"digits\">1</say-as></speak>", "StoreInput": "False", "InputTimeLimitSeconds": "5"}),
            vec![when("1")],
            vec!["NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"],
        ),
        4 => (
            "DistributeByPercentage",
            json!({}),
            vec![json!({"NextAction": next, "Condition": {"Operator": "NumberLessThan", "Operands": ["101"]}})],
            vec!["NoMatchingCondition"],
        ),
        _ => ("UpdateFlowLoggingBehavior", json!({"FlowLoggingBehavior": "Enabled"}), vec![], vec![]),
    };
    let errors: Vec<Value> = errors.into_iter().map(error).collect();
    json!({
        "Identifier": name(number), "Type": kind, "Parameters": parameters,
        "Transitions": {"NextAction": next, "Conditions": conditions, "Errors": errors}
    })
}

/// Builds a flow of 200 actions with the builder, each with a label.
fn built() -> NewFlow {
    let labels: Vec<Label> = (0..200).map(|_| Label::new("step")).collect();
    let action = |number: usize| {
        let (Some(next), end) = (labels.get(number + 1).copied(), labels[199]) else { return disconnect().into_action() };
        match number % 4 {
            0 => say(format!("Hello {}.", attribute("name"))).then(next).on_error(end).into_action(),
            1 => set_attributes([("name", "Ada")]).then(next).on_error(end).into_action(),
            2 => compare(attribute("name")).when(equals("Ada"), next).no_match(end).into_action(),
            _ => ask("Press 1.").seconds(5).on("1", next).timeout(end).no_match(end).on_error(end).into_action(),
        }
    };
    NewFlow::new(labels.iter().enumerate().map(|(number, label)| (*label, action(number))).collect())
}

fn benches(criterion: &mut Criterion) {
    let content = flow();
    let text = format!("{content:#}");
    let read = Flow::parse(&text).expect("the flow is one");
    let context = Context::project(FlowType::ContactFlow);
    assert_eq!(check(&read, &context), [], "the flow has no faults");
    let keys = "1".repeat(ACTIONS);
    let transcript = dial(&Instance::default(), &content, Some("+12065550123"), &keys);
    assert_eq!((transcript.path.len(), transcript.outcome.as_str()), (ACTIONS, "disconnected"));

    assert_eq!(built().check(), [], "the built flow has no faults");

    criterion.bench_function("200 actions: built, with their layout", |bench| bench.iter(|| Value::from(black_box(built()))));
    criterion.bench_function("250 actions: read", |bench| bench.iter(|| Flow::parse(black_box(&text))));
    criterion.bench_function("250 actions: checked", |bench| bench.iter(|| check(black_box(&read), &context)));
    criterion.bench_function("250 actions: read and checked", |bench| {
        bench.iter(|| check(&Flow::parse(black_box(&text)).expect("the flow is one"), &context));
    });
    criterion.bench_function("250 actions: called", |bench| {
        bench.iter(|| dial(&Instance::default(), black_box(&content), Some("+12065550123"), &keys));
    });
}

criterion_group!(flows, benches);
criterion_main!(flows);
