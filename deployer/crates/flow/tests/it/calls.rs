//! Tests of calls beyond single actions: retries, queues that ask, names, keys pressed ahead, modules with branches.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_flow::Flow;
use deployer_flow::interpret::{Script, Transcript};
use deployer_flow::scenario::dry_run;
use futures::executor::block_on;
use serde_json::{Value, json};

const ERRORS: [&str; 4] = ["NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded", "QueueAtCapacity"];
const ID: &str = "7d0c1f2e-1111-4222-8333-944455556666";

fn action(name: &str, kind: &str, parameters: Value, next: &str, ways: &[(&str, &str)]) -> Value {
    let way = |(operand, target): &(&str, &str)| json!({"NextAction": target, "Condition": {"Operator": "Equals", "Operands": [operand]}});
    let conditions: Vec<_> = ways.iter().filter(|(name, _)| !ERRORS.contains(name)).map(way).collect();
    let given = |error: &str| ways.iter().find(|(name, _)| *name == error).map(|(_, target)| *target);
    let errors: Vec<_> =
        ERRORS.iter().map(|error| json!({"ErrorType": error, "NextAction": given(error).unwrap_or("failed")})).collect();
    json!({
        "Identifier": name, "Type": kind, "Parameters": parameters,
        "Transitions": {"NextAction": next, "Conditions": conditions, "Errors": errors}
    })
}

fn say(name: &str, text: &str, next: &str) -> Value {
    action(name, "MessageParticipant", json!({"Text": text}), next, &[])
}

/// Returns a flow whose first action is the start. All errors without a target lead to a message `Failed.`
fn flow(kind: &str, mut actions: Vec<Value>) -> Value {
    let start = actions[0]["Identifier"].clone();
    actions.push(say("failed", "Failed.", "bye"));
    actions.push(json!({"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}));
    json!({"Version": "2019-10-30", "StartAction": start, "Metadata": {"type": kind}, "Actions": actions})
}

fn call(main: &Value, script: &str, others: &[(&str, Value)]) -> Transcript {
    let load = |content: &Value| Arc::new(Flow::from_value(content.clone()).unwrap());
    let flows: BTreeMap<_, _> = others.iter().map(|(key, content)| ((*key).to_owned(), load(content))).collect();
    let dry_run = dry_run(script).unwrap();
    let mut caller = Script::new(dry_run.keys.iter().copied());
    block_on(dry_run.run(("main", load(main)), &flows, None, &mut caller)).transcript
}

fn heard(transcript: &Transcript) -> Vec<&str> {
    transcript.heard.iter().map(String::as_str).collect()
}

#[test]
fn failed_functions_are_tried_again_in_time() {
    let parameters = json!({"LambdaFunctionARN": "${functions.shop.arn}", "InvocationTimeLimitSeconds": "4"});
    let main = flow(
        "contactFlow",
        vec![action("ask", "InvokeLambdaFunction", parameters, "tell", &[]), say("tell", "Hello $.External.name.", "bye")],
    );
    let ann = "{ answer: { name: Ann } }";
    let fails = "{ error: { type: Broken } }";
    let rows = [
        (format!("[throttled, {ann}]"), "Hello Ann."),
        (format!("[throttled, throttled, throttled, {ann}]"), "Hello Ann."),
        (format!("[throttled, throttled, throttled, throttled, {ann}]"), "Failed."),
        (format!("[{fails}, {ann}]"), "Hello Ann."),
        ("[{ error: { type: Slow }, after_seconds: 3 }, { answer: { name: Ann }, after_seconds: 1 }]".to_owned(), "Hello Ann."),
        ("[{ error: { type: Slow }, after_seconds: 3 }, { answer: { name: Ann }, after_seconds: 2 }]".to_owned(), "Failed."),
        (format!("[{{ error: {{ type: Slow }}, after_seconds: 4 }}, {ann}]"), "Failed."),
        (format!("[timeout, {ann}]"), "Failed."),
        (format!("[{{ text: nothing }}, {ann}]"), "Failed."),
        ("throttled".to_owned(), "Failed."),
    ];
    for (answers, expected) in rows {
        let transcript = call(&main, &format!("given: {{ functions: {{ shop: {answers} }} }}"), &[]);
        assert_eq!(heard(&transcript), [expected], "{answers}");
        assert_eq!(transcript.lambda.len(), 1, "{answers}: one invocation by the flow");
    }
}

/// Returns a flow that queues the caller, with a queue flow that asks periodically.
fn queueing() -> Value {
    let queue = json!({"QueueId": "${connect.queues.sales.arn}"});
    let hooks = json!({"EventHooks": {"CustomerQueue": "${connect.flows.waiting.arn}"}});
    flow(
        "contactFlow",
        vec![
            action("hook", "UpdateContactEventHooks", hooks, "queue", &[]),
            action("queue", "UpdateContactTargetQueue", queue, "transfer", &[]),
            action("transfer", "TransferContactToQueue", json!({}), "bye", &[]),
        ],
    )
}

fn looped(parameters: Value, after: Vec<Value>) -> Value {
    let mut all = json!({"Messages": [{"Text": "Music."}], "InterruptFrequencySeconds": "30"});
    all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
    let first = after[0]["Identifier"].as_str().unwrap().to_owned();
    let looped = action("loop", "MessageParticipantIteratively", all, "bye", &[("MessagesInterrupted", &first)]);
    flow("customerQueue", std::iter::once(looped).chain(after).collect())
}

fn asking() -> Value {
    let menu = json!({"Text": "Press 1 to leave.", "StoreInput": "False", "InputTimeLimitSeconds": "5"});
    let ways = [("1", "left"), ("InputTimeLimitExceeded", "loop"), ("NoMatchingCondition", "loop")];
    looped(json!({}), vec![action("ask", "GetParticipantInput", menu, "loop", &ways), say("left", "You left.", "bye")])
}

#[test]
fn who_presses_nothing_stays_in_the_queue() {
    let sales = "given: { queues: { sales: { name: Sales } } }";
    let transcript = call(&queueing(), sales, &[("waiting", asking())]);
    assert_eq!(transcript.outcome, "queued: Sales");
    assert!(transcript.heard.len() < 12, "{:?}", transcript.heard);
    assert!(transcript.heard.ends_with(&["Music.".to_owned(), "Press 1 to leave.".to_owned()]));
    let note = transcript.path.last().unwrap().note.as_deref().unwrap_or_default();
    assert!(note.contains("stays in its queue"), "{note}");
    for (keys, outcome) in [(",1", "disconnected"), (",,5,1", "disconnected"), (",!", "caller hung up"), ("9", "queued: Sales")] {
        let script = format!("{sales}\nwhen: \"{keys}\"");
        assert_eq!(call(&queueing(), &script, &[("waiting", asking())]).outcome, outcome, "{keys}");
    }
    let answered = "given: { queues: { sales: { answered_after_seconds: 200, agent: ann } } }";
    assert_eq!(call(&queueing(), answered, &[("waiting", asking())]).outcome, "answered: ann");
}

#[test]
fn changing_iterations_continue() {
    let rounds = [("ContinueLooping", "loop"), ("DoneLooping", "over")];
    let count = action("count", "Loop", json!({"LoopCount": "7"}), "over", &rounds);
    let waiting = looped(json!({}), vec![count, say("over", "Seven times.", "bye")]);
    let transcript = call(&queueing(), "given: { queues: { sales: {} } }", &[("waiting", waiting)]);
    assert_eq!(transcript.heard.len(), 9, "eight times music, then the end: {:?}", transcript.heard);
    assert_eq!(transcript.outcome, "disconnected");
}

#[test]
fn prompts_that_continue_are_not_begun_again() {
    let on = |on: &str| json!({"ContinueMessagingDuringInterrupt": on});
    let note = || action("note", "UpdateContactAttributes", json!({"Attributes": {"a": "b"}}), "loop", &[]);
    let sales = "given: { queues: { sales: {} } }";
    let quiet = looped(on("true"), vec![note()]);
    assert_eq!(heard(&call(&queueing(), sales, &[("waiting", quiet)])), ["Music."]);
    let again = looped(on("false"), vec![note()]);
    assert!(heard(&call(&queueing(), sales, &[("waiting", again)])).len() > 1);
    let spoken = looped(on("true"), vec![say("speak", "Soon.", "loop")]);
    let transcript = call(&queueing(), sales, &[("waiting", spoken)]);
    assert_eq!(heard(&transcript)[..3], ["Music.", "Soon.", "Music."]);
}

/// Uses the target that a function returns, and returns whether it was reached.
fn reached(kind: &str, parameter: &str, target: &str, given: &str) -> bool {
    let ask = json!({"LambdaFunctionARN": "${functions.pick.arn}", "InvocationTimeLimitSeconds": "4"});
    let ways: &[_] = if kind == "CheckHoursOfOperation" { &[("True", "there"), ("False", "there")] } else { &[] };
    let main = flow(
        "contactFlow",
        vec![
            action("ask", "InvokeLambdaFunction", ask, "go", &[]),
            action("go", kind, json!({parameter: "$.External.to"}), "there", ways),
            say("there", "There.", "bye"),
        ],
    );
    let module = json!({"Identifier": "end", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}});
    let other = if kind == "InvokeFlowModule" {
        json!({"Version": "2019-10-30", "StartAction": "end", "Actions": [module]})
    } else {
        flow("contactFlow", vec![say("there", "There.", "bye")])
    };
    let script = format!("given: {{ functions: {{ pick: {{ answer: {{ to: \"{target}\" }} }} }}, {given} }}");
    let transcript = call(&main, &script, &[("next", other.clone()), (ID, other)]);
    match heard(&transcript).last() {
        Some(&"Failed.") => {
            let note = transcript.path.iter().find(|step| step.id == "go").and_then(|step| step.note.as_deref());
            assert!(note.is_some_and(|note| note.contains(target)), "{kind}: {note:?}");
            false
        }
        _ => true,
    }
}

#[test]
fn bare_names_do_not_resolve() {
    let rows = [
        ("TransferToFlow", "ContactFlowId", "contact-flow", "connect.flows", "seed: 1"),
        ("InvokeFlowModule", "FlowModuleId", "flow-module", "connect.modules", "seed: 1"),
        ("UpdateContactTargetQueue", "QueueId", "queue", "connect.queues", "queues: { next: {} }"),
        ("CheckHoursOfOperation", "HoursOfOperationId", "operating-hours", "connect.hours", "hours: { next: open }"),
    ];
    for (kind, parameter, part, section, given) in rows {
        let arn = format!("arn:aws:connect:us-east-1:111122223333:instance/i/{part}/next");
        assert!(!reached(kind, parameter, "next", given), "{kind}");
        assert!(reached(kind, parameter, &arn, given), "{kind}");
        assert!(reached(kind, parameter, &format!("${{{section}.next.arn}}"), given), "{kind}");
    }
    assert!(reached("TransferToFlow", "ContactFlowId", ID, "seed: 1"), "an id leads to the flow with it");
    assert!(!reached("MessageParticipant", "PromptId", "next", "seed: 1"));
    assert!(reached("UpdateContactTargetQueue", "AgentId", "next", "queues: { next: {} }"), "agents go by their user names too");
}

/// Returns the stored value of these keys.
fn stored(most: &str, end: &str, cancel_disabled: &str, keys: &str) -> String {
    let parameters = json!({
        "Text": "Type.", "StoreInput": "True", "InputTimeLimitSeconds": "5",
        "InputValidation": {"CustomValidation": {"MaximumLength": most}},
        "DTMFConfiguration": {"InputTerminationSequence": end, "DisableCancelKey": cancel_disabled}
    });
    let ask = action("ask", "GetParticipantInput", parameters, "tell", &[]);
    let main = flow("contactFlow", vec![ask, say("tell", "[$.StoredCustomerInput]", "bye")]);
    let transcript = call(&main, &format!("when: \"{keys}\""), &[]);
    heard(&transcript)[1].trim_matches(['[', ']']).to_owned()
}

#[test]
fn input_ends_with_its_whole_terminating_sequence() {
    let rows = [
        ("20", "##", "True", "1#2#3*4###", "1#2#3*4#"),
        ("20", "##", "True", "12##", "12"),
        ("20", "##", "True", "12##7", "12"),
        ("20", "##", "True", "1#2,", "1#2"),
        ("20", "##", "False", "99*12##", "12"),
        ("20", "*#", "True", "1*2*#", "1*2"),
        ("20", "#", "True", "1*2##", "1*2"),
        ("20", "999", "True", "1299999", "1299"),
        ("4", "##", "True", "123##", "123"),
        ("4", "##", "True", "1234##", "1234"),
        ("4", "##", "True", "12#45", "12#4"),
        ("4", "#", "False", "12345#", "1234"),
        ("4", "#", "False", ",", "Timeout"),
    ];
    for (most, end, cancel, keys, expected) in rows {
        assert_eq!(stored(most, end, cancel, keys), expected, "{end} {cancel} {keys}");
    }
}

#[test]
fn loops_respect_the_maximum_of_connect() {
    let rows =
        [("0", 0, "bye"), ("2", 2, "bye"), ("100", 100, "bye"), ("101", 0, "failed"), ("-1", 0, "failed"), ("two", 0, "failed")];
    for (count, rounds, end) in rows {
        let ways = [("ContinueLooping", "round"), ("DoneLooping", "bye")];
        let main = flow(
            "contactFlow",
            vec![
                action("loop", "Loop", json!({"LoopCount": "$.Attributes.count"}), "bye", &ways),
                say("round", "Round.", "loop"),
            ],
        );
        let transcript = call(&main, &format!("given: {{ attributes: {{ count: \"{count}\" }} }}"), &[]);
        assert_eq!(transcript.heard.iter().filter(|sentence| *sentence == "Round.").count(), rounds, "{count}");
        assert!(transcript.path.iter().any(|step| step.id == end), "{count}");
    }
}

/// Returns a flow with two menus and a prompt between them, after these actions.
fn menus(mut first: Vec<Value>, skips: &str) -> Value {
    let menu = |name: &str, next: &str| {
        let parameters = json!({"Text": format!("Menu {name}."), "StoreInput": "False", "InputTimeLimitSeconds": "5"});
        action(name, "GetParticipantInput", parameters, next, &[("1", next), ("2", next)])
    };
    let prompt = json!({"Text": "Welcome.", "SkipWhenDTMFBufferEnabled": skips});
    first.extend([
        menu("a", "hello"),
        action("hello", "MessageParticipant", prompt, "b", &[]),
        menu("b", "done"),
        say("done", "Done.", "bye"),
    ]);
    flow("contactFlow", first)
}

fn buffer(name: &str, on: &str, next: &str) -> Value {
    action(name, "GetParticipantInput", json!({"EnableDTMFBuffer": on}), next, &[])
}

#[test]
fn keys_pressed_ahead_skip_their_prompts() {
    let on = || buffer("on", "True", "a");
    let rows = [
        (menus(vec![on()], "true"), "12", vec!["Done."]),
        (menus(vec![on()], "false"), "12", vec!["Welcome.", "Done."]),
        (menus(vec![on()], "true"), "1,", vec!["Welcome.", "Menu b.", "Failed."]),
        (menus(vec![on()], "true"), ",", vec!["Menu a.", "Failed."]),
        (menus(vec![], "true"), "12", vec!["Menu a.", "Welcome.", "Menu b.", "Done."]),
        (menus(vec![buffer("on", "True", "off"), buffer("off", "False", "a")], "true"), "12", vec!["Menu a.", "Failed."]),
    ];
    for (main, keys, expected) in rows {
        let transcript = call(&main, &format!("when: \"{keys}\""), &[]);
        assert_eq!(heard(&transcript), expected, "{keys}");
    }
}

#[test]
fn buffer_is_stored_when_switched_off() {
    let off = action("off", "GetParticipantInput", json!({"EnableDTMFBuffer": "False", "StoreInput": "True"}), "tell", &[]);
    let main = flow("contactFlow", vec![buffer("on", "True", "off"), off, say("tell", "[$.StoredCustomerInput]", "bye")]);
    let keys = "1234567890".repeat(4);
    let transcript = call(&main, &format!("when: \"{keys}\""), &[]);
    assert_eq!(heard(&transcript), [format!("[{}]", &keys[..30])], "at most 30 keys are kept");
}

#[test]
fn stored_input_takes_what_was_pressed_ahead() {
    let parameters = json!({
        "Text": "Type.", "StoreInput": "True", "InputTimeLimitSeconds": "5",
        "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}
    });
    let store = action("store", "GetParticipantInput", parameters, "tell", &[]);
    let main = flow("contactFlow", vec![buffer("on", "True", "store"), store, say("tell", "[$.StoredCustomerInput]", "bye")]);
    for (keys, expected) in [("123456", "[1234]"), ("12", "[12]"), ("12,", "[12]"), ("12#9", "[12]")] {
        assert_eq!(heard(&call(&main, &format!("when: \"{keys}\""), &[])), [expected], "{keys}");
    }
}

#[test]
fn module_result_selects_its_branch() {
    let ways = [("Open", "open"), ("Shut", "shut"), ("NoMatchingCondition", "other")];
    let main = |conditions: &[(&str, &str)]| {
        let module = json!({"FlowModuleId": "${connect.modules.hours.arn}"});
        let read = json!({"ComparisonValue": "$.Modules.ResultData.until"});
        flow(
            "contactFlow",
            vec![
                action("module", "InvokeFlowModule", module, "next", conditions),
                action("open", "Compare", read, "bye", &[("five", "until"), ("NoMatchingCondition", "bye")]),
                say("until", "Until five.", "bye"),
                say("shut", "Shut.", "bye"),
                say("other", "Other.", "bye"),
                say("next", "Next.", "bye"),
            ],
        )
    };
    let module = |parameters: Value| {
        let end = json!({"Identifier": "end", "Type": "EndFlowModuleExecution", "Parameters": parameters, "Transitions": {}});
        json!({"Version": "2019-10-30", "StartAction": "end", "Actions": [end]})
    };
    let rows = [
        (&ways[..], json!({"Result": "Open", "ResultData": {"until": "five"}}), "Until five."),
        (&ways[..], json!({"Result": "Shut"}), "Shut."),
        (&ways[..], json!({"Result": "Sunday"}), "Other."),
        (&[][..], json!({}), "Next."),
    ];
    for (conditions, parameters, expected) in rows {
        let transcript = call(&main(conditions), "given: { seed: 1 }", &[("hours", module(parameters.clone()))]);
        assert_eq!(heard(&transcript), [expected], "{parameters}");
    }
}
