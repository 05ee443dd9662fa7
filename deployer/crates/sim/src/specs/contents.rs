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

/// Returns the contents of its views, task templates, evaluation forms and rules, by section and name; a file's name is that of a variant.
pub(super) fn documents(spec: &deployer_spec::Spec) -> BTreeMap<String, Value> {
    let Some(connect) = &spec.connect else { return BTreeMap::new() };
    let views = connect.views.iter().map(|(name, view)| (format!("views.{name}"), view_content(&view.file)));
    let templates = connect.task_templates.keys().map(|name| (format!("task_templates.{name}"), template()));
    let forms =
        connect.evaluation_forms.iter().map(|(name, form)| (format!("evaluation_forms.{name}"), form_content(&form.file)));
    let rules = connect.rules.iter().map(|(name, rule)| (format!("rules.{name}"), rule_content(&rule.file)));
    views.chain(templates).chain(forms).chain(rules).collect()
}

fn view_content(title: &str) -> Value {
    json!({"Template": {"Head": {"Title": title}, "Body": []}, "Actions": ["Next"]})
}

fn template() -> Value {
    let field = |name: &str, kind: &str| json!({"Id": {"Name": name}, "Type": kind});
    json!({"Fields": [field("Name", "NAME"), field("Callback", "DATE_TIME")],
           "Constraints": {"RequiredFields": [{"Id": {"Name": "Name"}}]}})
}

fn form_content(question: &str) -> Value {
    let question = json!({"Question": {"Title": question, "RefId": "q1", "QuestionType": "TEXT"}});
    json!({"Items": [{"Section": {"Title": "Greeting", "RefId": "s1", "Items": [question]}}]})
}

/// Returns a rule that refers to a flow and a form.
fn rule_content(event: &str) -> Value {
    let function = json!({"Version": "2022-11-25", "RuleFunction": {"Operator": "AND", "Operands": []}});
    let task = json!({"Name": "Look at it", "ContactFlowId": "${connect.flows.vanity.id}", "References": {}});
    let form = json!({"EvaluationFormId": "${connect.evaluation_forms.quality.id}"});
    json!({"TriggerEventSource": {"EventSourceName": event}, "Function": function,
           "Actions": [{"ActionType": "CREATE_TASK", "TaskAction": task},
                       {"ActionType": "SUBMIT_AUTO_EVALUATION", "SubmitAutoEvaluationAction": form}]})
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
