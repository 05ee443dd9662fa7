//! Differences between the embedded AWS and the flow checker, which validate flows by tables of their own. Every flow that one rejects and
//! the other accepts is listed here; they must agree on all others.

#[path = "../../../flow/tests/it/support/clean.rs"]
mod clean;
#[path = "../../../flow/tests/it/support/systematic.rs"]
#[allow(dead_code, reason = "the flow crate's own tests look at the places of the findings too")]
mod systematic;

use std::collections::{BTreeMap, BTreeSet};

use deployer_emulator::services::connect::publish;
use deployer_flow::{Context, Flow, Severity, check};
use serde_json::{Value, json};
use systematic::mutants;

const VANITY: &str = include_str!("../../../../../flows/vanity.json");
const PUBLISHED: &str = include_str!("../../../flow/tests/facts/published.tsv");

fn embedded(flow: &Value) -> Vec<String> {
    publish::problems(&flow.to_string(), &|_, _| true)
}

fn checker(flow: &Value) -> Vec<String> {
    let flow = Flow::from_value(flow.clone()).expect("a flow");
    let found = check(&flow, &Context::default());
    found.into_iter().filter(|one| one.severity == Severity::Error).map(|one| one.message).collect()
}

/// Returns the project's flow with ARNs for its references.
fn vanity() -> Value {
    let arn = |kind: &str| match kind {
        "functions" => "arn:aws:lambda:us-east-1:111122223333:function:f".to_owned(),
        other => {
            let part = if other == "hours" { "operating-hours" } else { other.trim_end_matches('s') };
            format!("arn:aws:connect:us-east-1:111122223333:instance/i/{part}/x")
        }
    };
    let one = |piece: deployer_flow::Segment<'_>| match piece {
        deployer_flow::Segment::Text(text) => text.into_owned(),
        deployer_flow::Segment::Symbol(symbol) => {
            arn(symbol.trim_start_matches("connect.").split('.').next().unwrap_or_default())
        }
    };
    let text: String = deployer_flow::segments(VANITY).into_iter().map(one).collect();
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn both_judges_take_the_sound_flows() {
    for (name, flow) in [("vanity", vanity()), ("clean", clean::clean())] {
        assert_eq!((checker(&flow), embedded(&flow)), (vec![], vec![]), "{name}");
    }
}

/// Kinds of mutation that only one of the two rejects. The embedded AWS knows what was seen and rejects other names, as the service does;
/// the checker warns, since the service may know more than was seen. The checker in turn knows the guides, which the service was not seen
/// to enforce.
const ONLY_EMBEDDED: [&str; 3] = ["operator misspelt", "unknown error added", "unknown parameter"];
const ONLY_CHECKER: [&str; 3] = ["JSONPath where none may be", "JSONPath with a bad root", "text for an object or a list"];

#[test]
fn judges_disagree_only_where_it_is_written() {
    let mut differ: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut both, mut all) = (0, 0);
    for flow in [vanity(), clean::clean()] {
        for mutant in mutants(&flow) {
            all += 1;
            match (checker(&mutant.flow).is_empty(), embedded(&mutant.flow).is_empty()) {
                (true, false) => drop(differ.entry("embedded").or_default().insert(mutant.kind)),
                (false, true) => drop(differ.entry("checker").or_default().insert(mutant.kind)),
                (false, false) => both += 1,
                (true, true) => {}
            }
        }
    }
    println!("{all} mutants, {both} refused by both: {differ:#?}");
    let found = |who: &str| differ.get(who).cloned().unwrap_or_default();
    assert_eq!(found("embedded"), BTreeSet::from(ONLY_EMBEDDED));
    assert_eq!(found("checker"), BTreeSet::from(ONLY_CHECKER));
    assert!(both > 900, "{both}");
}

/// Returns parameters with which an action can have all of its error branches.
fn situations(kind: &str) -> Vec<Value> {
    match kind {
        "GetParticipantInput" => vec![
            json!({"StoreInput": "False"}),
            json!({"StoreInput": "True", "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "E164"}}}),
        ],
        "TransferParticipantToThirdParty" => vec![json!({"ContinueFlowExecution": "True"})],
        "UpdateContactRoutingBehavior" => vec![json!({"RoutingProficiencies": {}})],
        _ => vec![json!({})],
    }
}

#[test]
fn embedded_aws_takes_every_name_of_published_flows() {
    let mut refused = Vec::new();
    for line in PUBLISHED.lines().filter(|line| !line.starts_with('#')) {
        let [fact, kind, name, _] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let answers = situations(kind).into_iter().map(|mut parameters| {
            let mut errors = json!([]);
            match fact {
                "parameter" => parameters[name] = json!({}),
                "error" => errors = json!([{"NextAction": "b", "ErrorType": name}]),
                _ => {}
            }
            let flow = json!({"Version": "2019-10-30", "StartAction": "a", "Actions": [
                {"Identifier": "a", "Type": kind, "Parameters": parameters, "Transitions": {"NextAction": "b", "Errors": errors}},
                {"Identifier": "b", "Type": "DisconnectParticipant", "Transitions": {}}]});
            let names = ["Invalid Action type", "Invalid Action property name", "Invalid Action error"];
            embedded(&flow).into_iter().filter(|one| names.iter().any(|name| one.starts_with(name))).collect::<Vec<_>>()
        });
        if ["action", "parameter", "error"].contains(&fact) && !answers.clone().any(|answer| answer.is_empty()) {
            refused.push((line, answers.collect::<Vec<_>>()));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn emulator_rejects_what_the_service_rejects() {
    let action = |kind: &str, parameters: Value, transitions: Value| {
        json!({"Version": "2019-10-30", "StartAction": "a", "Actions": [
            {"Identifier": "a", "Type": kind, "Parameters": parameters, "Transitions": transitions},
            {"Identifier": "b", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
    };
    let on = || json!({"NextAction": "b", "Errors": [{"NextAction": "b", "ErrorType": "NoMatchingError"}]});
    let queue = "{{QUEUE_ARN}}";
    // Problems as in published records of `CreateContactFlow` calls.
    let rows = [
        (action("PlayPrompt", json!({}), on()), "Invalid Action type. Type: PlayPrompt, Path: Actions[0].Type"),
        (action("Loop", json!({}), on()), "Action is missing required property. Path: Actions[0].Parameters.LoopCount"),
        (
            action("MessageParticipant", json!({"Text": "Hi"}), json!({})),
            "Action is missing required property. Path: Actions[0].Transitions.NextAction",
        ),
        (
            action("TransferToFlow", json!({"ContactFlowId": "$.Attributes.flow"}), json!({"NextAction": "b"})),
            "Action is missing required error. Error: NoMatchingError, Path: Actions[0]",
        ),
        (
            action("Compare", json!({"ComparisonValue": "$.Channel"}), on()),
            "Invalid Action error. Error: NoMatchingError, Path: Actions[0]",
        ),
        (
            action("MessageParticipant", json!({"Text": "Hi", "TextToSpeechType": "text"}), on()),
            "Invalid Action property name. Path: Actions[0].Parameters.TextToSpeechType",
        ),
        (
            action("Loop", json!({"LoopCount": "101"}), on()),
            "Invalid Action property value. Path: Actions[0].Parameters.LoopCount",
        ),
        (
            action("Compare", json!({"ComparisonValue": "$.BadValue"}), json!({"NextAction": "b"})),
            "Invalid Action property value. Path: Actions[0].Parameters.ComparisonValue",
        ),
        (
            action("MessageParticipant", json!({"Text": "Hi"}), json!({"NextAction": "gone"})),
            "Invalid Action property value. Path: Actions[0].Transitions.NextAction",
        ),
        (
            action("DisconnectParticipant", json!({}), json!({"NextAction": "b"})),
            "Action does not support transitions. Path: Actions[0].Transitions",
        ),
        (
            action("MessageParticipant", json!({"Text": "Hi", "SSML": "<speak/>"}), on()),
            "Only one of these properties may be defined. Properties: [Text, SSML]",
        ),
        (action("UpdateContactTargetQueue", json!({"QueueId": queue}), on()), "Failed to convert id: {{QUEUE_ARN}}"),
        (
            action("GetParticipantInput", json!({"Text": "Hi", "DTMFConfiguration": {"DisableCancelKey": true}}), on()),
            "Invalid Action type. Type: GetParticipantInput, Path: Actions[0].Type",
        ),
    ];
    for (flow, problem) in rows {
        assert!(embedded(&flow).iter().any(|one| one == problem), "{problem}: {:#?}", embedded(&flow));
    }
}
