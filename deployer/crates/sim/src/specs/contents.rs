//! Contents of flows and modules: the project's own, and some that exist in simulations only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::root;

/// Returns the contents of the flows of a spec, by name.
pub(super) fn flows(spec: &deployer_spec::Spec) -> std::io::Result<BTreeMap<String, Value>> {
    let Some(connect) = &spec.connect else { return Ok(BTreeMap::new()) };
    connect.flows.iter().map(|(name, flow)| Ok((name.to_string(), content(&flow.file)?))).collect()
}

/// Returns the contents of its modules, by name.
pub(super) fn modules(spec: &deployer_spec::Spec) -> std::io::Result<BTreeMap<String, Value>> {
    let Some(connect) = &spec.connect else { return Ok(BTreeMap::new()) };
    connect.modules.iter().map(|(name, module)| Ok((name.to_string(), content(&module.file)?))).collect()
}

fn content(file: &str) -> std::io::Result<Value> {
    Ok(match file {
        "short" => short(),
        "menu" => menu(),
        "playing" => document(&[play("greeting", "end"), end("DisconnectParticipant")]),
        "borrowing" => borrowing(),
        "whisper" => document(&[say("Somebody calls you", "end"), end("EndFlowExecution")]),
        "module" => greeting("Welcome"),
        "another module" => greeting("Good day"),
        file if file.starts_with("to ") => passing_on(&file[3..]),
        file => serde_json::from_str(&std::fs::read_to_string(root().join(file))?)?,
    })
}

fn short() -> Value {
    json!({"Version": "2019-10-30", "StartAction": "end", "Metadata": {"entryPointPosition": {"x": 1, "y": 2}},
           "Actions": [{"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

/// Returns a flow that uses a prompt, a queue and a flow of an existing instance.
fn borrowing() -> Value {
    let queue = json!({"QueueId": "${connect.queues.basic-queue.arn}"});
    document(&[
        json!({"Identifier": "play", "Type": "MessageParticipant", "Parameters": {"PromptId": "${connect.prompts.beep-wav.id}"},
               "Transitions": {"NextAction": "queue", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}],
                               "Conditions": []}}),
        step("queue", "UpdateContactTargetQueue", queue, "end", &[], &["NoMatchingError"]),
        end("DisconnectParticipant"),
    ])
}

fn passing_on(to: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "pass", "Metadata": {}, "Actions": [
        {"Identifier": "pass", "Type": "TransferToFlow", "Parameters": {"ContactFlowId": format!("${{connect.flows.{to}.arn}}")},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}], "Conditions": []}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

/// Returns a document that starts with the first of these actions.
fn document(actions: &[Value]) -> Value {
    let start = actions.first().map(|action| action["Identifier"].clone());
    json!({"Version": "2019-10-30", "StartAction": start, "Metadata": {}, "Actions": actions})
}

fn end(kind: &str) -> Value {
    json!({"Identifier": "end", "Type": kind, "Parameters": {}, "Transitions": {}})
}

fn step(name: &str, kind: &str, parameters: Value, next: &str, conditions: &[(&str, &str)], errors: &[&str]) -> Value {
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|(operand, next)| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [operand]}}))
        .collect();
    let errors: Vec<Value> = errors.iter().map(|error| json!({"NextAction": "end", "ErrorType": error})).collect();
    json!({"Identifier": name, "Type": kind, "Parameters": parameters,
           "Transitions": {"NextAction": next, "Conditions": conditions, "Errors": errors}})
}

fn say(text: &str, next: &str) -> Value {
    step("say", "MessageParticipant", json!({"Text": text}), next, &[], &["NoMatchingError"])
}

fn play(prompt: &str, next: &str) -> Value {
    let named = json!({"PromptId": format!("${{connect.prompts.{prompt}.arn}}")});
    step("play", "MessageParticipant", named, next, &[], &["NoMatchingError"])
}

/// Returns a module that uses a function.
fn greeting(text: &str) -> Value {
    let function = json!({"LambdaFunctionARN": "${functions.convert.arn}", "InvocationTimeLimitSeconds": "8",
                          "ResponseValidation": {"ResponseType": "STRING_MAP"}});
    document(&[
        say(text, "look up"),
        step("look up", "InvokeLambdaFunction", function, "end", &[], &["NoMatchingError"]),
        end("EndFlowModuleExecution"),
    ])
}

/// Returns a flow that refers to one resource of every type.
fn menu() -> Value {
    let named = |parameter: &str, what: &str| json!({parameter: format!("${{connect.{what}.arn}}")});
    let bot = json!({"Text": "What do you want?", "LexV2Bot": {"AliasArn": "${connect.bots.helper.arn}"}});
    let both = [("True", "talk"), ("False", "end")];
    document(&[
        play("jingle", "greet"),
        step("greet", "InvokeFlowModule", named("FlowModuleId", "modules.greeting"), "open", &[], &["NoMatchingError"]),
        step("open", "CheckHoursOfOperation", named("HoursOfOperationId", "hours.weekend"), "end", &both, &["NoMatchingError"]),
        step(
            "talk",
            "ConnectParticipantWithLexBot",
            bot,
            "end",
            &[("Buy", "queue")],
            &["NoMatchingError", "NoMatchingCondition"],
        ),
        step("queue", "UpdateContactTargetQueue", named("QueueId", "queues.sales"), "wait", &[], &["NoMatchingError"]),
        step("wait", "TransferContactToQueue", json!({}), "end", &[], &["QueueAtCapacity", "NoMatchingError"]),
        end("DisconnectParticipant"),
    ])
}
