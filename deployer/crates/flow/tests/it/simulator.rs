//! Tests of the effect of each action in a call.

use deployer_flow::interpret::{LambdaFailure, Queue, Transcript};
use serde_json::{Value, json};

use crate::support::instance::{Instance, dial};

/// Returns a flow from `(identifier, type, parameters, transitions)`; the first action is the start.
fn flow(actions: &[(&str, &str, Value, Value)]) -> Value {
    let list: Vec<_> = actions
        .iter()
        .map(|(name, kind, parameters, transitions)| {
            json!({"Identifier": name, "Type": kind, "Parameters": parameters, "Transitions": transitions})
        })
        .collect();
    json!({"Version": "2019-10-30", "StartAction": actions[0].0, "Actions": list})
}

fn on(operator: &str, operand: &str, next: &str) -> Value {
    json!({"NextAction": next, "Condition": {"Operator": operator, "Operands": [operand]}})
}

fn to(next: &str) -> Value {
    json!({"NextAction": next, "Errors": [{"NextAction": "error", "ErrorType": "NoMatchingError"}]})
}

fn say(name: &'static str, text: &str, next: &str) -> (&'static str, &'static str, Value, Value) {
    (name, "MessageParticipant", json!({"Text": text}), json!({"NextAction": next}))
}

fn bye() -> (&'static str, &'static str, Value, Value) {
    ("bye", "DisconnectParticipant", json!({}), json!({}))
}

fn error() -> (&'static str, &'static str, Value, Value) {
    say("error", "Error $.StoredCustomerInput", "bye")
}

fn heard(transcript: &Transcript) -> Vec<&str> {
    transcript.heard.iter().map(String::as_str).collect()
}

fn stored(parameters: Value, keys: &str) -> (String, Transcript) {
    let mut all = json!({
        "StoreInput": "True", "InputTimeLimitSeconds": "5",
        "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}
    });
    for (name, value) in parameters.as_object().unwrap() {
        all[name] = value.clone();
    }
    let content = flow(&[
        (
            "ask",
            "GetParticipantInput",
            all,
            json!({"NextAction": "say", "Errors": [
            {"NextAction": "invalid", "ErrorType": "InvalidPhoneNumber"},
            {"NextAction": "error", "ErrorType": "NoMatchingError"}]}),
        ),
        say("say", "Got $.StoredCustomerInput", "bye"),
        say("invalid", "Invalid", "bye"),
        error(),
        bye(),
    ]);
    let transcript = dial(&Instance::default(), &content, None, keys);
    (transcript.heard.join("|"), transcript)
}

#[test]
fn input_ends_at_length_terminator_or_pause() {
    let custom = |keys| stored(json!({}), keys).0;
    assert_eq!(custom("12345"), "Got 1234");
    assert_eq!(custom("12#"), "Got 12");
    assert_eq!(custom("12"), "Got 12");
    assert_eq!(custom("12*34#"), "Got 34", "a star clears what was typed");
    assert_eq!(custom(""), "Got Timeout", "no key at all is no error");
    assert_eq!(custom(",1"), "Got Timeout");
    let kept = json!({"DTMFConfiguration": {"DisableCancelKey": "True"}});
    assert_eq!(stored(kept, "1*2#").0, "Got 1*2");
    let ended = json!({"DTMFConfiguration": {"InputTerminationSequence": "99"}});
    assert_eq!(stored(ended, "1#99").0, "Got 1#");
}

#[test]
fn telephone_numbers_are_stored_as_e164() {
    let phone = |format: Value, keys| stored(json!({"InputValidation": {"PhoneNumberValidation": format}}), keys).0;
    let us = json!({"NumberFormat": "Local", "CountryCode": "US"});
    assert_eq!(phone(us.clone(), "5555550100#"), "Got +15555550100");
    assert_eq!(phone(us, "555#"), "Invalid");
    let e164 = json!({"NumberFormat": "E164"});
    assert_eq!(phone(e164.clone(), "4915555500#"), "Got +4915555500");
    assert_eq!(phone(e164, "123#"), "Invalid");
    assert_eq!(phone(json!({"NumberFormat": "Local", "CountryCode": "XX"}), "123#"), "Invalid");
}

#[test]
fn hanging_up_ends_the_call() {
    let (said, transcript) = stored(json!({"Text": "Your pin?"}), "1!");
    assert_eq!((said.as_str(), transcript.outcome.as_str()), ("Your pin?", "caller hung up"));
}

fn menu(keys: &str) -> Vec<String> {
    let content = flow(&[
        (
            "ask",
            "GetParticipantInput",
            json!({"Text": "Press 1.", "StoreInput": "False", "InputTimeLimitSeconds": "5"}),
            json!({"NextAction": "error", "Conditions": [on("Equals", "1", "one"), on("Equals", "#", "hash")],
                "Errors": [{"NextAction": "late", "ErrorType": "InputTimeLimitExceeded"},
                           {"NextAction": "other", "ErrorType": "NoMatchingCondition"},
                           {"NextAction": "error", "ErrorType": "NoMatchingError"}]}),
        ),
        say("one", "one", "bye"),
        say("hash", "hash", "bye"),
        say("late", "late", "bye"),
        say("other", "other", "bye"),
        error(),
        bye(),
    ]);
    dial(&Instance::default(), &content, None, keys).heard
}

#[test]
fn menus_branch_on_keys_and_silence() {
    for (keys, branch) in [("1", "one"), ("#", "hash"), ("7", "other"), ("", "late")] {
        assert_eq!(menu(keys), ["Press 1.", branch]);
    }
}

fn compared(operator: &str, value: &str, operand: &str) -> bool {
    let content = flow(&[
        ("set", "UpdateContactAttributes", json!({"Attributes": {"my value": value, "other": operand}}), to("check")),
        (
            "check",
            "Compare",
            json!({"ComparisonValue": "$.Attributes.['my value']"}),
            json!({"NextAction": "no", "Conditions": [on(operator, "$.Attributes.other", "yes")],
                "Errors": [{"NextAction": "no", "ErrorType": "NoMatchingCondition"}]}),
        ),
        say("yes", "yes", "bye"),
        say("no", "no", "bye"),
        bye(),
    ]);
    dial(&Instance::default(), &content, None, "").heard == ["yes"]
}

#[test]
fn every_operator_compares_as_documented() {
    let rows = [
        ("Equals", "a", "a", true),
        ("Equals", "a", "A", false),
        ("Equals", "1", "1.0", false),
        ("TextStartsWith", "abc", "ab", true),
        ("TextStartsWith", "abc", "bc", false),
        ("TextEndsWith", "abc", "bc", true),
        ("TextEndsWith", "abc", "ab", false),
        ("TextContains", "abc", "b", true),
        ("TextContains", "abc", "d", false),
        ("NumberGreaterThan", "10", "9", true),
        ("NumberGreaterThan", "9", "9", false),
        ("NumberGreaterOrEqualTo", "9", "9.0", true),
        ("NumberGreaterOrEqualTo", "8", "9", false),
        ("NumberLessThan", "8", "9", true),
        ("NumberLessThan", "9", "9", false),
        ("NumberLessOrEqualTo", "9", "9", true),
        ("NumberLessOrEqualTo", "x", "9", false),
        ("Unheard", "a", "a", false),
    ];
    for (operator, value, operand, expected) in rows {
        assert_eq!(compared(operator, value, operand), expected, "{value} {operator} {operand}");
    }
}

#[test]
fn loops_restart_after_the_last_iteration() {
    let content = |count: &str| {
        flow(&[
            (
                "outer",
                "Loop",
                json!({"LoopCount": "2"}),
                json!({"NextAction": "bye", "Conditions": [on("Equals", "ContinueLooping", "inner"), on("Equals", "DoneLooping", "bye")]}),
            ),
            (
                "inner",
                "Loop",
                json!({"LoopCount": count}),
                json!({"NextAction": "outer", "Conditions": [on("Equals", "ContinueLooping", "say"), on("Equals", "DoneLooping", "outer")]}),
            ),
            say("say", "again", "inner"),
            bye(),
        ])
    };
    for (count, times) in [("3", 6), ("0", 0)] {
        let transcript = dial(&Instance::default(), &content(count), None, "");
        assert_eq!(transcript.heard.len(), times);
        assert_eq!(transcript.outcome, "disconnected");
    }
}

#[test]
fn endless_flows_are_stopped_and_reported() {
    let content = flow(&[say("a", "a", "b"), say("b", "b", "a")]);
    let transcript = dial(&Instance::default(), &content, None, "");
    assert_eq!(transcript.path.len(), 1000);
    assert!(transcript.outcome.starts_with("stopped after 1000 actions"), "{}", transcript.outcome);
}

#[test]
fn shares_and_hours_follow_the_instance() {
    let content = flow(&[
        (
            "share",
            "DistributeByPercentage",
            json!({}),
            json!({"NextAction": "high", "Conditions": [on("NumberLessThan", "31", "open")],
                "Errors": [{"NextAction": "high", "ErrorType": "NoMatchingCondition"}]}),
        ),
        (
            "open",
            "CheckHoursOfOperation",
            json!({}),
            json!({"NextAction": "error", "Conditions": [on("Equals", "True", "yes"), on("Equals", "False", "no")],
                "Errors": [{"NextAction": "error", "ErrorType": "NoMatchingError"}]}),
        ),
        say("yes", "open", "bye"),
        say("no", "closed", "bye"),
        say("high", "high", "bye"),
        error(),
        bye(),
    ]);
    for (percent, open, expected) in
        [(30, Some(true), "open"), (30, Some(false), "closed"), (1, None, "Error"), (31, None, "high")]
    {
        let instance = Instance { percent, open, ..Instance::default() };
        assert_eq!(dial(&instance, &content, None, "").heard, [expected]);
    }
}

fn queueing() -> Value {
    flow(&[
        ("hook", "UpdateContactEventHooks", json!({"EventHooks": {"CustomerQueue": "waiting"}}), to("queue")),
        ("queue", "UpdateContactTargetQueue", json!({"QueueId": "q"}), to("transfer")),
        (
            "transfer",
            "TransferContactToQueue",
            json!({}),
            json!({"NextAction": "bye", "Errors": [
            {"NextAction": "full", "ErrorType": "QueueAtCapacity"}, {"NextAction": "error", "ErrorType": "NoMatchingError"}]}),
        ),
        say("full", "full", "bye"),
        error(),
        bye(),
    ])
}

#[test]
fn queued_contacts_hear_the_queue_flow() {
    let music = flow(&[(
        "music",
        "MessageParticipantIteratively",
        json!({"Messages": [{"Text": "You are in $.Queue.Name."}, {"PromptId": "p"}]}),
        json!({}),
    )]);
    let mut instance = Instance::default();
    assert_eq!(dial(&instance, &queueing(), None, "").heard, ["Error"]);
    instance
        .queues
        .insert("q".to_owned(), Queue { arn: "q".to_owned(), name: "Sales".to_owned(), outbound_caller_id: None, full: false });
    assert_eq!(dial(&instance, &queueing(), None, "").outcome, "queued: Sales");
    instance.flows.insert("waiting".to_owned(), music);
    let transcript = dial(&instance, &queueing(), None, "");
    assert_eq!(heard(&transcript), ["You are in Sales.", "[prompt p]"]);
    assert_eq!(transcript.outcome, "queued: Sales");
    instance.queues.get_mut("q").unwrap().full = true;
    assert_eq!(dial(&instance, &queueing(), None, "").heard, ["full"]);
    let without = flow(&[("transfer", "TransferContactToQueue", json!({}), to("bye")), error(), bye()]);
    let transcript = dial(&instance, &without, None, "");
    assert_eq!(transcript.path[0].note.as_deref(), Some("no working queue is set"));
}

fn asking(parameters: Value) -> Value {
    flow(&[
        ("note", "UpdateFlowAttributes", json!({"FlowAttributes": {"here": {"Value": "outer"}}}), to("ask")),
        ("ask", "InvokeLambdaFunction", parameters, to("keep")),
        ("keep", "UpdateContactAttributes", json!({"Attributes": {"kept": "$.External.a.b"}}), to("module")),
        ("module", "InvokeFlowModule", json!({"FlowModuleId": "module"}), to("back")),
        say("back", "Back with $.External.a.b and $.FlowAttributes.here", "away"),
        ("away", "TransferToFlow", json!({"ContactFlowId": "other"}), to("bye")),
        error(),
        bye(),
    ])
}

#[test]
fn modules_and_other_flows_see_contact_state_only() {
    let mut instance = Instance { answer: Ok(json!({"a": {"b": 5}})), ..Instance::default() };
    let inside = flow(&[
        say("in", "Inside $.External.a.b $.FlowAttributes.here $.Attributes.kept", "end"),
        ("end", "EndFlowModuleExecution", json!({}), json!({})),
    ]);
    let other =
        flow(&[say("other", "Other $.External.a.b $.Attributes.kept", "end"), ("end", "EndFlowExecution", json!({}), json!({}))]);
    instance.flows.insert("module".to_owned(), inside);
    instance.flows.insert("other".to_owned(), other);
    let parameters = json!({"LambdaFunctionARN": "f", "InvocationTimeLimitSeconds": "3",
        "ResponseValidation": {"ResponseType": "JSON"}});
    let transcript = dial(&instance, &asking(parameters), None, "");
    assert_eq!(heard(&transcript), ["Inside 5", "Back with 5 and outer", "Other 5"]);
    assert_eq!(transcript.outcome, "ended");
    let types: Vec<_> = transcript.path.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(types, ["note", "ask", "keep", "module", "in", "end", "back", "away", "other", "end"]);
}

#[test]
fn modules_that_call_themselves_are_refused_beyond_five() {
    let mut instance = Instance::default();
    let module = flow(&[
        ("again", "InvokeFlowModule", json!({"FlowModuleId": "m"}), to("end")),
        say("error", "deep enough", "end"),
        ("end", "EndFlowModuleExecution", json!({}), json!({})),
    ]);
    instance.flows.insert("m".to_owned(), module.clone());
    let transcript = dial(&instance, &module, None, "");
    assert_eq!(heard(&transcript), ["deep enough"]);
    assert_eq!(transcript.outcome, "ended");
}

#[test]
fn functions_receive_the_event_of_connect() {
    let instance = Instance { answer: Ok(json!({"x": "y"})), ..Instance::default() };
    let content = flow(&[
        ("data", "UpdateContactData", json!({"Name": "N", "LanguageCode": "de-DE"}), to("set")),
        ("set", "UpdateContactAttributes", json!({"Attributes": {"k": "$.CustomerEndpoint.Address!"}}), to("ask")),
        (
            "ask",
            "InvokeLambdaFunction",
            json!({"LambdaFunctionARN": "f", "InvocationTimeLimitSeconds": "2",
            "LambdaInvocationAttributes": {"channel": "$.Channel", "none": "$.Attributes.none"}}),
            to("say"),
        ),
        say("say", "$.External.x", "bye"),
        error(),
        bye(),
    ]);
    let transcript = dial(&instance, &content, Some("+15555550100"), "");
    assert_eq!(heard(&transcript), ["y"]);
    let events = instance.events.lock().unwrap();
    let call = deployer_flow::interpret::Call::default();
    let expected = json!({
        "Name": "ContactFlowEvent",
        "Details": {
            "ContactData": {
                "Attributes": {"k": "+15555550100!"}, "Channel": "VOICE",
                "ContactId": call.contact_id, "InitialContactId": call.contact_id, "PreviousContactId": call.contact_id,
                "CustomerEndpoint": {"Address": "+15555550100", "Type": "TELEPHONE_NUMBER"},
                "SystemEndpoint": {"Address": call.to, "Type": "TELEPHONE_NUMBER"},
                "CustomerId": null, "Description": null, "Name": "N", "LanguageCode": "de-DE",
                "InitiationMethod": "INBOUND", "InstanceARN": call.instance_arn,
                "MediaStreams": {"Customer": {"Audio": null}}, "Queue": null, "References": {}
            },
            "Parameters": {"channel": "VOICE", "none": ""}
        }
    });
    assert_eq!(events[0].1, expected);
}

#[test]
fn nobody_waits_for_an_asynchronous_function() {
    let instance = Instance { answer: Ok(json!("whatever")), ..Instance::default() };
    let content = flow(&[
        (
            "ask",
            "InvokeLambdaFunction",
            json!({"LambdaFunctionARN": "f", "InvocationTimeLimitSeconds": "60",
            "InvocationType": "ASYNCHRONOUS"}),
            to("say"),
        ),
        say("say", "Started $.LambdaInvocation.InvocationId$.External.x", "bye"),
        error(),
        bye(),
    ]);
    let transcript = dial(&instance, &content, None, "");
    assert!(transcript.heard[0].ends_with("-1"), "{:?}", transcript.heard);
    let refused = Instance { answer: Err(LambdaFailure::Refused("no".to_owned())), ..Instance::default() };
    assert_eq!(dial(&refused, &content, None, "").heard, ["Error"]);
}

#[test]
fn unsimulated_actions_take_their_error_branch() {
    let rows = [
        ("BrandNew", "Error", "not simulated: BrandNew; a test can give it under `results`"),
        ("CreateCase", "Error", "not simulated: Cases opens a case; a test can give it under `results`"),
        ("ShowView", "Error", "not in a voice call: it works in chats only"),
        ("ConnectParticipantWithLexBot", "Hi|Error", "no bot runs here for b; a test can give its answers under `bots`"),
    ];
    for (kind, expected, note) in rows {
        let content = flow(&[("it", kind, json!({"Text": "Hi", "LexBot": {"Name": "b"}}), to("bye")), error(), bye()]);
        let transcript = dial(&Instance::default(), &content, None, "");
        assert_eq!(transcript.heard.join("|").trim_end(), expected);
        assert_eq!(transcript.path[0].note.as_deref(), Some(note));
        assert_eq!(transcript.path[0].next.as_deref(), Some("error"));
    }
}

#[test]
fn modules_have_the_limits_of_their_caller() {
    let mut instance = Instance::default();
    let module = flow(&[
        ("loop", "MessageParticipantIteratively", json!({"Messages": [{"Text": "Music"}]}), to("end")),
        say("error", "No music", "end"),
        ("end", "EndFlowModuleExecution", json!({}), json!({})),
    ]);
    instance.flows.insert("m".to_owned(), module);
    let content = flow(&[("call", "InvokeFlowModule", json!({"FlowModuleId": "m"}), to("bye")), error(), bye()]);
    let transcript = dial(&instance, &content, None, "");
    assert_eq!(heard(&transcript), ["No music"]);
    let note = transcript.path[1].note.as_deref();
    assert_eq!(note, Some("MessageParticipantIteratively does not work in the flow start, which calls this module"));
}

#[test]
fn looping_queue_flow_keeps_the_contact_queued() {
    let queue = Queue { arn: "q".to_owned(), name: "Sales".to_owned(), outbound_caller_id: None, full: false };
    let mut instance = Instance::default();
    instance.queues.insert("q".to_owned(), queue);
    instance.flows.insert("waiting".to_owned(), flow(&[say("sorry", "Call again", "bye"), bye()]));
    assert_eq!(dial(&instance, &queueing(), None, "").outcome, "disconnected");
    instance.flows.insert("waiting".to_owned(), flow(&[say("a", "a", "b"), say("b", "b", "a")]));
    let transcript = dial(&instance, &queueing(), None, "");
    assert_eq!(transcript.outcome, "queued: Sales");
    assert!(transcript.heard.len() < 20, "{}", transcript.heard.len());
}

#[test]
fn transfers_to_invalid_targets_fail() {
    let out = |number: &str| {
        let out = json!({"ThirdPartyPhoneNumber": number});
        flow(&[("out", "TransferParticipantToThirdParty", out, to("bye")), error(), bye()])
    };
    let call = |content: &Value| dial(&Instance::default(), content, None, "").outcome;
    assert_eq!(call(&out("+12065550150")), "transferred: +12065550150");
    assert_eq!(call(&out("$.Attributes.nobody")), "disconnected");
    let mut instance = Instance::default();
    let mut music = flow(&[say("music", "Music", "bye"), bye()]);
    music["Metadata"] = json!({"type": "customerHold"});
    instance.flows.insert("music".to_owned(), music);
    let away = flow(&[("away", "TransferToFlow", json!({"ContactFlowId": "music"}), to("bye")), error(), bye()]);
    let transcript = dial(&instance, &away, None, "");
    assert_eq!(transcript.heard, ["Error"]);
    let note = transcript.path[0].note.as_deref();
    assert_eq!(note, Some("the flow music is a CUSTOMER_HOLD, to which nothing is transferred"));
}

#[test]
fn flows_are_not_invoked_as_modules() {
    let arn = "arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/other";
    let mut instance = Instance::default();
    instance.flows.insert(arn.to_owned(), flow(&[say("say", "Never", "bye"), bye()]));
    let content = flow(&[("call", "InvokeFlowModule", json!({"FlowModuleId": arn}), to("bye")), error(), bye()]);
    let transcript = dial(&instance, &content, None, "");
    assert_eq!(transcript.heard, ["Error"]);
    assert_eq!(transcript.path[0].note.as_deref(), Some("other is a flow and no module"));
}

#[test]
fn references_without_value_are_reported() {
    let rows = [
        ("UpdateContactTargetQueue", json!({"QueueId": "$.Attributes.none"}), "queue"),
        ("TransferToFlow", json!({"ContactFlowId": "$.Attributes.none"}), "flow"),
        ("InvokeFlowModule", json!({"FlowModuleId": "$.Attributes.none"}), "module"),
        ("GetMetricData", json!({"QueueId": "$.Attributes.none"}), "queue"),
        ("ConnectParticipantWithLexBot", json!({"Text": "?", "LexV2Bot": {"AliasArn": "$.Attributes.none"}}), "bot"),
    ];
    for (kind, parameters, what) in rows {
        let content = flow(&[("it", kind, parameters, to("bye")), error(), bye()]);
        let transcript = dial(&Instance::default(), &content, None, "");
        let note = transcript.path[0].note.as_deref();
        assert_eq!(note, Some(format!("no {what} is named: the reference to it has no value").as_str()), "{kind}");
    }
}

#[test]
fn long_values_are_shortened_in_notes() {
    let long = "é".repeat(8 * 1024);
    let content = flow(&[
        ("set", "UpdateContactAttributes", json!({"Attributes": {"long": long}}), to("bot")),
        ("bot", "ConnectParticipantWithLexBot", json!({"Text": "?", "LexBot": {"Name": "$.Attributes.long"}}), to("bye")),
        error(),
        bye(),
    ]);
    let transcript = dial(&Instance::default(), &content, None, "");
    let note = transcript.path[1].note.as_deref().unwrap();
    assert!(note.starts_with("no bot runs here for éé") && note.ends_with("é…") && note.chars().count() == 1001, "{note}");
}

#[test]
fn attributes_over_32_kb_are_all_refused() {
    let long = "x".repeat(33 * 1024);
    let content = flow(&[
        ("set", "UpdateContactAttributes", json!({"Attributes": {"small": "s", "large": long}}), to("bye")),
        say("error", "Not set$.Attributes.small", "bye"),
        bye(),
    ]);
    assert_eq!(dial(&Instance::default(), &content, None, "").heard, ["Not set"]);
}
