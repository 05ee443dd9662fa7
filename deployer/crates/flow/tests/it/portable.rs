//! Tests of the import that makes an export independent of its instance.

use std::collections::BTreeMap;

use deployer_flow::{Context, Flow, ResourceKind, Segment, Severity, arns, check, import_flow, import_flow_with_names, segments};
use proptest::prelude::*;
use serde_json::{Value, json};

const INSTANCE: &str = "arn:aws:connect:us-east-1:111122223333:instance/0a1b2c3d-0000-4000-8000-000000000001";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:GetUserData";
const BOT: &str = "arn:aws:lex:us-east-1:111122223333:bot-alias/AAAAAAAAAA/TSTALIASID";

fn of(kind: &str, id: &str) -> String {
    format!("{INSTANCE}/{kind}/{id}")
}

/// Returns an export as the console writes it, with every kind of reference and every place that contains a name.
fn export() -> Value {
    let next = |next: &str, errors: Value| json!({"NextAction": next, "Errors": errors, "Conditions": []});
    let error = json!([{"NextAction": "bye", "ErrorType": "NoMatchingError"}]);
    let queue = of("queue", "q1");
    let (flow, module) = (of("contact-flow", "f1"), of("flow-module", "m1"));
    let (prompt, hours) = (of("prompt", "p1"), of("operating-hours", "h1"));
    json!({
        "Version": "2019-10-30", "StartAction": "queue",
        "Metadata": {
            "name": "Main", "type": "contactFlow",
            "ActionMetadata": {
                "queue": {"parameters": {"QueueId": {"displayName": "BasicQueue"}}, "queue": {"text": "BasicQueue"}},
                "function": {"parameters": {"LambdaFunctionARN": {"displayName": "GetUserData"}}, "dynamicMetadata": {}},
                "hooks": {
                    "parameters": {"EventHooks": {"CustomerQueue": {"displayName": "001 Hold the line"}}},
                    "contactFlow": {"text": "001 Hold the line", "id": flow}
                },
                "module": {"parameters": {"FlowModuleId": {"displayName": "Greeting"}}},
                "prompt": {"audio": [{"id": prompt, "text": "Beep.wav", "type": "Prompt"}]},
                "hours": {"parameters": {"HoursOfOperationId": {"displayName": "Office hours"}}},
                "bot": {"parameters": {"LexV2Bot": {"AliasArn": {"displayName": "live", "lexV2BotName": "OrderBot"}}}},
                "out": {"ContactFlow": {"text": "001 Hold the line", "id": flow}}
            }
        },
        "Actions": [
            {"Identifier": "queue", "Type": "UpdateContactTargetQueue", "Parameters": {"QueueId": queue}, "Transitions": next("function", error.clone())},
            {
                "Identifier": "function", "Type": "InvokeLambdaFunction",
                "Parameters": {"LambdaFunctionARN": format!("{FUNCTION}:live"), "InvocationTimeLimitSeconds": "3"},
                "Transitions": next("hooks", error.clone())
            },
            {"Identifier": "hooks", "Type": "UpdateContactEventHooks", "Parameters": {"EventHooks": {"CustomerQueue": flow}}, "Transitions": next("module", error.clone())},
            {"Identifier": "module", "Type": "InvokeFlowModule", "Parameters": {"FlowModuleId": module}, "Transitions": next("prompt", error.clone())},
            {"Identifier": "prompt", "Type": "MessageParticipant", "Parameters": {"PromptId": prompt}, "Transitions": next("hours", error.clone())},
            {
                "Identifier": "hours", "Type": "CheckHoursOfOperation", "Parameters": {"HoursOfOperationId": hours},
                "Transitions": {"NextAction": "bye", "Errors": error, "Conditions": [
                    {"NextAction": "bot", "Condition": {"Operator": "Equals", "Operands": ["True"]}},
                    {"NextAction": "bye", "Condition": {"Operator": "Equals", "Operands": ["False"]}}
                ]}
            },
            {
                "Identifier": "bot", "Type": "ConnectParticipantWithLexBot",
                "Parameters": {"Text": "Talk to me", "LexV2Bot": {"AliasArn": BOT}},
                "Transitions": next("out", json!([
                    {"NextAction": "bye", "ErrorType": "NoMatchingError"}, {"NextAction": "bye", "ErrorType": "NoMatchingCondition"}
                ]))
            },
            {"Identifier": "out", "Type": "TransferToFlow", "Parameters": {"ContactFlowId": flow}, "Transitions": next("bye", error)},
            {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
        ]
    })
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|one| texts(one, found)),
        Value::Object(members) => members.values().for_each(|one| texts(one, found)),
        _ => {}
    }
}

/// Replaces every reference by an ARN, as a deployment does.
fn resolved(value: &Value, arn_of: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => {
            let parts = segments(text).into_iter().map(|piece| match piece {
                Segment::Text(text) => text.into_owned(),
                Segment::Symbol(symbol) => arn_of(symbol),
            });
            Value::String(parts.collect())
        }
        Value::Array(list) => list.iter().map(|one| resolved(one, arn_of)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, one)| (name.clone(), resolved(one, arn_of))).collect())
        }
        other => other.clone(),
    }
}

fn back(made: &deployer_flow::ImportedFlow) -> Value {
    resolved(made.flow.as_value(), &|symbol| {
        let reference = format!("${{{symbol}}}");
        made.resources.iter().find(|one| one.reference == reference).unwrap().arn.clone()
    })
}

#[test]
fn every_kind_of_arn_becomes_a_reference() {
    let flow = Flow::from_value(export()).unwrap();
    let made = import_flow(&flow);
    let mut found: Vec<_> = made.resources.iter().map(|one| (one.reference.as_str(), one.name.as_str(), one.places)).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("${connect.bots.order-bot.arn}", "OrderBot", 1),
            ("${connect.flows.flow-001-hold-the-line.arn}", "001 Hold the line", 4),
            ("${connect.hours.office-hours.arn}", "Office hours", 1),
            ("${connect.modules.greeting.arn}", "Greeting", 1),
            ("${connect.prompts.beep-wav.arn}", "Beep.wav", 2),
            ("${connect.queues.basic-queue.arn}", "BasicQueue", 1),
            ("${functions.get-user-data.arn}", "GetUserData", 1),
        ]
    );
    assert!(made.unresolved.is_empty(), "{:?}", made.unresolved);
    assert_eq!(made.flow.as_value()["Actions"][1]["Parameters"]["LambdaFunctionARN"], "${functions.get-user-data.arn}:live");
    let mut all = Vec::new();
    texts(made.flow.as_value(), &mut all);
    assert!(all.iter().all(|text| !text.contains("arn:")), "{all:?}");
    let findings = check(&made.flow, &Context { symbolic: true, ..Context::default() });
    let errors: Vec<_> = findings.iter().filter(|one| one.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn imports_are_reversible_and_idempotent() {
    let flow = Flow::from_value(export()).unwrap();
    let made = import_flow(&flow);
    assert_eq!(back(&made).to_string(), export().to_string());
    let again = import_flow(&made.flow);
    assert_eq!(again.flow, made.flow);
    assert!(again.unresolved.is_empty(), "references by name are no texts that look like them: {:?}", again.unresolved);
    assert!(again.resources.is_empty());
}

#[test]
fn unnamed_arns_are_left_and_listed() {
    let mut document = export();
    document["Metadata"]["ActionMetadata"]["queue"] = json!({});
    let made = import_flow(&Flow::from_value(document).unwrap());
    let left: Vec<_> = made.unresolved.iter().map(|left| (left.path.to_string(), left.text.clone())).collect();
    assert_eq!(left, [("Actions[0].Parameters.QueueId".to_owned(), of("queue", "q1"))]);
}

/// Imports an export with one action and its metadata, and checks that putting the ARNs back restores the export.
fn only(parameters: Value, kind: &str, about: Value) -> deployer_flow::ImportedFlow {
    let document = json!({
        "Version": "2019-10-30", "StartAction": "a", "Metadata": {"ActionMetadata": {"a": about}},
        "Actions": [{"Identifier": "a", "Type": kind, "Parameters": parameters, "Transitions": {}}]
    });
    let made = import_flow(&Flow::from_value(document.clone()).unwrap());
    assert_eq!(back(&made), document, "putting the ARNs back gives the export again");
    made
}

const ID: &str = "7d0c1f2e-1111-4222-8333-944455556666";

#[test]
fn every_form_of_metadata_names_its_resource() {
    let module = format!("{INSTANCE}/flow-module/{ID}:$LATEST");
    let rows = [
        (
            "MessageParticipant",
            json!({"PromptId": of("prompt", "p")}),
            json!({"promptName": "Bell.wav"}),
            "${connect.prompts.bell-wav.arn}",
        ),
        (
            "GetParticipantInput",
            json!({"PromptId": of("prompt", "p")}),
            json!({"promptName": "Bell.wav"}),
            "${connect.prompts.bell-wav.arn}",
        ),
        (
            "UpdateContactTargetQueue",
            json!({"QueueId": of("queue", "q")}),
            json!({"queue": {"text": "Sales"}}),
            "${connect.queues.sales.arn}",
        ),
        (
            "UpdateContactTargetQueue",
            json!({"QueueId": of("queue", "q")}),
            json!({"queue": {"id": "{{x}}", "text": "Sales"}}),
            "${connect.queues.sales.arn}",
        ),
        (
            "UpdateContactTargetQueue",
            json!({"AgentId": of("agent", "a")}),
            json!({"queue": {"text": "Ann"}}),
            "${connect.users.ann.arn}",
        ),
        (
            "UpdateContactEventHooks",
            json!({"EventHooks": {"AgentWhisper": of("contact-flow", "f")}}),
            json!({"contactFlow": {"text": "Whisper"}}),
            "${connect.flows.whisper.arn}",
        ),
        (
            "TransferToFlow",
            json!({"ContactFlowId": of("contact-flow", "f")}),
            json!({"ContactFlow": {"text": "Next"}}),
            "${connect.flows.next.arn}",
        ),
        (
            "CheckHoursOfOperation",
            json!({"HoursOfOperationId": of("operating-hours", "h")}),
            json!({"Hours": {"text": "Office"}}),
            "${connect.hours.office.arn}",
        ),
        (
            "InvokeFlowModule",
            json!({"FlowModuleId": module}),
            json!({"contactFlowModuleName": "Ask"}),
            "${connect.modules.ask.arn}:$LATEST",
        ),
        (
            "InvokeFlowModule",
            json!({"FlowModuleId": format!("{ID}:$LATEST")}),
            json!({"parameters": {"FlowModuleId": {"displayName": "Ask"}}}),
            "${connect.modules.ask.arn}:$LATEST",
        ),
        ("InvokeFlowModule", json!({"FlowModuleId": ID}), json!({"contactFlowModuleName": "Ask"}), "${connect.modules.ask.arn}"),
        (
            "MessageParticipantIteratively",
            json!({"Messages": [{"PromptId": of("prompt", "p")}]}),
            json!({"audio": [{"text": "Bell.wav"}]}),
            "${connect.prompts.bell-wav.arn}",
        ),
        (
            "ConnectParticipantWithLexBot",
            json!({"LexV2Bot": {"AliasArn": BOT}}),
            json!({"lexV2BotName": "Ask me", "lexV2BotAliasName": "live"}),
            "${connect.bots.ask-me.arn}",
        ),
    ];
    for (kind, parameters, about, reference) in rows {
        let made = only(parameters, kind, about.clone());
        let mut all = Vec::new();
        texts(&made.flow.as_value()["Actions"][0]["Parameters"], &mut all);
        assert_eq!(all, [reference], "{kind} {about}");
        let unnamed = made.unresolved.iter().filter(|left| left.why.starts_with("nothing in the export"));
        assert_eq!(unnamed.count(), 0, "{kind} {about}: {:?}", made.unresolved);
    }
}

#[test]
fn one_name_beside_two_resources_names_neither() {
    let prompts = json!({"Messages": [{"PromptId": of("prompt", "p")}, {"PromptId": of("prompt", "q")}]});
    let made = only(prompts.clone(), "MessageParticipantIteratively", json!({"promptName": "Bell.wav"}));
    assert!(made.resources.is_empty(), "{:?}", made.resources);
    assert_eq!(made.unresolved.len(), 2);
    let made = only(prompts, "MessageParticipantIteratively", json!({"audio": [{"text": "One"}, {"text": "Two"}]}));
    assert_eq!(made.unresolved, []);
}

#[test]
fn unnamed_ids_are_left_and_listed() {
    let made = only(json!({"FlowModuleId": ID}), "InvokeFlowModule", json!({}));
    let left: Vec<_> = made.unresolved.iter().map(|left| (left.path.to_string(), left.why.clone())).collect();
    let why = "nothing in the export names the module with this id".to_owned();
    assert_eq!(left, [("Actions[0].Parameters.FlowModuleId".to_owned(), why)]);
}

#[test]
fn colliding_names_get_distinct_keys() {
    let mut document = export();
    document["Metadata"]["ActionMetadata"]["out"]["ContactFlow"] =
        json!({"text": "001 hold the LINE", "id": of("contact-flow", "f2")});
    document["Actions"][7]["Parameters"]["ContactFlowId"] = json!(of("contact-flow", "f2"));
    let made = import_flow(&Flow::from_value(document.clone()).unwrap());
    let flows: Vec<_> = made.resources.iter().filter(|one| one.kind == "flow").map(|one| one.reference.as_str()).collect();
    assert_eq!(flows, ["${connect.flows.flow-001-hold-the-line.arn}", "${connect.flows.flow-001-hold-the-line-2.arn}"]);
    assert_eq!(back(&made), document);
}

#[test]
fn texts_like_references_are_reported() {
    let mut document = export();
    document["Actions"][6]["Parameters"]["Text"] = json!("You owe ${amount}");
    let made = import_flow(&Flow::from_value(document).unwrap());
    assert_eq!(made.unresolved.len(), 1);
    assert_eq!(made.unresolved[0].path.to_string(), "Actions[6].Parameters.Text");
}

#[test]
fn names_of_the_instance_take_precedence() {
    let mut document = export();
    document["Metadata"] = json!({});
    let flow = Flow::from_value(document.clone()).unwrap();
    let all = arns(&flow);
    assert_eq!(all.get(&of("queue", "q1")), Some(&ResourceKind::Queue));
    assert_eq!(all.get(FUNCTION), Some(&ResourceKind::Lambda), "without the alias");
    let known: BTreeMap<String, String> = all.keys().enumerate().map(|(n, arn)| (arn.clone(), format!("Name {n}"))).collect();
    let made = import_flow_with_names(&flow, &known);
    assert!(made.unresolved.is_empty(), "{:?}", made.unresolved);
    assert_eq!(made.resources.len(), known.len());
    assert!(made.resources.iter().all(|one| known[&one.arn] == one.name));
    assert_eq!(back(&made), document);
    let renamed = BTreeMap::from([(of("queue", "q1"), "Renamed since".to_owned())]);
    let made = import_flow_with_names(&Flow::from_value(export()).unwrap(), &renamed);
    assert_eq!(made.flow.as_value()["Actions"][0]["Parameters"]["QueueId"], "${connect.queues.renamed-since.arn}");
}

#[test]
fn thousands_of_resources_get_distinct_names_quickly() {
    let one = |number: usize| json!({"id": of("queue", &number.to_string()), "text": "One name"});
    let document = json!({"Metadata": {"all": (0..9_000).map(one).collect::<Vec<_>>()}});
    let made = import_flow(&Flow::from_value(document.clone()).unwrap());
    assert_eq!(made.resources.len(), 9_000);
    assert_eq!(back(&made), document);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_around_the_arns_comes_back(
        around in prop::collection::vec("[a-zA-Z0-9 :/._\\-\"$]{0,12}", 4),
        names in prop::collection::vec("[a-zA-Z0-9 _-]{0,12}", 2),
    ) {
        let (queue, flow) = (of("queue", "q1"), of("contact-flow", "f1"));
        let text = format!("{}{queue}{}{flow}{}{queue}2{}", around[0], around[1], around[2], around[3]);
        prop_assume!(!text.contains("${"));
        let document = json!({
            "Actions": [{"Identifier": "a", "Parameters": {"Text": text, "QueueId": queue}}],
            "Metadata": {"a": [{"id": queue, "text": names[0]}, {"id": flow, "text": names[1]}]}
        });
        let made = import_flow(&Flow::from_value(document.clone()).unwrap());
        prop_assert_eq!(back(&made), document);
    }
}
