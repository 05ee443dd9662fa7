//! Flows of the old designer become flows that Connect would take, and what has no place in them is said.

use std::path::{Path, PathBuf};

use deployer_flow::legacy::{Conversion, Note, convert};
use deployer_flow::{Context, Finding, Flow, Severity, check};
use serde_json::{Value, json};

const QUEUE: &str = "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q";

fn block(id: &str, kind: &str, target: Value, parameters: Value, branches: &[(&str, &str)]) -> Value {
    let branches: Vec<Value> = branches
        .iter()
        .map(|(condition, transition)| {
            let (condition, rest) = condition.split_once(' ').unwrap_or((condition, ""));
            let mut branch = json!({"condition": condition, "transition": transition});
            if let Some((kind, value)) = rest.split_once(' ') {
                branch["conditionType"] = json!(kind);
                branch["conditionValue"] = json!(value);
            }
            branch
        })
        .collect();
    let mut block = json!({
        "id": id, "type": kind, "parameters": parameters, "branches": branches, "metadata": {"position": {"x": 1, "y": 2}}
    });
    if !target.is_null() {
        block["target"] = target;
    }
    block
}

fn document(kind: &str, mut blocks: Vec<Value>) -> String {
    let start = blocks[0]["id"].clone();
    blocks.push(block("bye", "Disconnect", Value::Null, json!([]), &[]));
    let about = json!({"name": "Old flow", "status": "published", "hash": "x", "entryPointPosition": {"x": 0, "y": 0}});
    json!({"modules": blocks, "version": "1", "type": kind, "start": start, "metadata": about}).to_string()
}

fn one(kind: &str, target: Value, parameters: Value, branches: &[(&str, &str)]) -> Conversion {
    convert(&document("contactFlow", vec![block("it", kind, target, parameters, branches)])).unwrap()
}

fn errors(conversion: &Conversion) -> Vec<Finding> {
    let flow = Flow::parse(&conversion.flow.to_json()).unwrap();
    let mut found = check(&flow, &Context { symbolic: true, ..Context::default() });
    found.retain(|finding| finding.severity == Severity::Error);
    found
}

fn text(name: &str, value: Value) -> Value {
    json!({"name": name, "value": value})
}

fn from(name: &str, value: &str, namespace: &str) -> Value {
    json!({"name": name, "value": value, "namespace": namespace})
}

/// `(type, target, parameters, branches, the action's type, its parameters)`.
type Row = (&'static str, Value, Value, Vec<(&'static str, &'static str)>, &'static str, Value);

fn rows() -> Vec<Row> {
    let none = Value::Null;
    let ok = vec![("Success", "bye"), ("Error", "bye")];
    let flow = "arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f";
    vec![
        (
            "PlayPrompt",
            none.clone(),
            json!([from("Text", "speech", "External"), text("TextToSpeechType", json!("ssml"))]),
            vec![("Success", "bye")],
            "MessageParticipant",
            json!({"SSML": "$.External.speech"}),
        ),
        (
            "GetUserInput",
            json!("Digits"),
            json!([text("Text", json!("1 or 2")), text("Timeout", json!("5")), text("MaxDigits", json!("1"))]),
            vec![("Evaluate Equals 1", "bye"), ("Timeout", "bye"), ("NoMatch", "bye"), ("Error", "bye")],
            "GetParticipantInput",
            json!({"Text": "1 or 2", "StoreInput": "False", "InputTimeLimitSeconds": "5"}),
        ),
        (
            "StoreUserInput",
            none.clone(),
            json!([
                text("Text", json!("Your number")),
                text("CustomerInputType", json!("PhoneNumber")),
                text("Timeout", json!("6")),
                text("PhoneNumberFormat", json!("Local")),
                text("CountryCode", json!("US"))
            ]),
            vec![("Success", "bye"), ("InvalidNumber", "bye"), ("Error", "bye")],
            "GetParticipantInput",
            json!({
                "Text": "Your number", "StoreInput": "True", "InputTimeLimitSeconds": "6",
                "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "Local", "CountryCode": "US"}}
            }),
        ),
        (
            "StoreUserInput",
            none.clone(),
            json!([
                text("Text", json!("Your PIN")),
                text("CustomerInputType", json!("Custom")),
                text("Timeout", json!("6")),
                text("MaxDigits", json!(4)),
                text("EncryptEntry", json!("True")),
                text("TerminatorDigits", json!("#")),
                text("DisableCancel", json!(true)),
                text("EncryptionKeyId", json!("k")),
                text("EncryptionKey", json!("pem"))
            ]),
            ok.clone(),
            "GetParticipantInput",
            json!({
                "Text": "Your PIN", "StoreInput": "True", "InputTimeLimitSeconds": "6",
                "InputValidation": {"CustomValidation": {"MaximumLength": "4"}},
                "DTMFConfiguration": {"InputTerminationSequence": "#", "DisableCancelKey": "True"},
                "InputEncryption": {"EncryptionKeyId": "k", "Key": "pem"}
            }),
        ),
        (
            "InvokeExternalResource",
            json!("Lambda"),
            json!([
                text("FunctionArn", json!("GetUserData")), text("TimeLimit", json!("3")),
                {"name": "Parameter", "key": "who", "value": "Customer Number", "namespace": "System"}
            ]),
            ok.clone(),
            "InvokeLambdaFunction",
            json!({
                "LambdaFunctionARN": "${functions.get-user-data.arn}", "InvocationTimeLimitSeconds": "3",
                "LambdaInvocationAttributes": {"who": "$.CustomerEndpoint.Address"}
            }),
        ),
        (
            "CheckAttribute",
            none.clone(),
            json!([text("Attribute", json!("first name")), text("Namespace", json!("User Defined"))]),
            vec![("Evaluate StartsWith A", "bye"), ("Evaluate GreaterThanOrEqualTo 5", "bye"), ("NoMatch", "bye")],
            "Compare",
            json!({"ComparisonValue": "$.Attributes.['first name']"}),
        ),
        (
            "SetAttributes",
            none.clone(),
            json!([{"name": "Attribute", "key": "a", "value": "1", "namespace": null}]),
            ok.clone(),
            "UpdateContactAttributes",
            json!({"Attributes": {"a": "1"}}),
        ),
        (
            "SetLoggingBehavior",
            none.clone(),
            json!([text("LoggingBehavior", json!("Disable"))]),
            vec![("Success", "bye")],
            "UpdateFlowLoggingBehavior",
            json!({"FlowLoggingBehavior": "Disabled"}),
        ),
        (
            "SetRecordingBehavior",
            none.clone(),
            json!([text("RecordingBehaviorOption", json!("Enable")), text("RecordingParticipantOption", json!("Agent"))]),
            vec![("Success", "bye")],
            "UpdateContactRecordingBehavior",
            json!({"RecordingBehavior": {"RecordedParticipants": ["Agent"]}}),
        ),
        (
            "StartMediaStreaming",
            none.clone(),
            json!([text("Track", json!("FromCustomer")), text("MediaStreamTypes", json!("Audio"))]),
            ok.clone(),
            "UpdateContactMediaStreamingBehavior",
            json!({
                "MediaStreamingState": "Enabled", "MediaStreamType": "Audio",
                "Participants": [{"ParticipantType": "Customer", "MediaDirections": ["From"]}]
            }),
        ),
        (
            "SetVoice",
            none.clone(),
            json!([text("GlobalVoice", json!("Matthew"))]),
            vec![("Success", "bye")],
            "UpdateContactTextToSpeechVoice",
            json!({"TextToSpeechVoice": "Matthew"}),
        ),
        (
            "SetQueue",
            none.clone(),
            json!([{"name": "Queue", "value": QUEUE, "namespace": null, "resourceName": "BasicQueue"}]),
            ok.clone(),
            "UpdateContactTargetQueue",
            json!({"QueueId": QUEUE}),
        ),
        (
            "SetEventHook",
            none.clone(),
            json!([text("Type", json!("CustomerQueue")), text("ContactFlowId", json!(flow))]),
            ok.clone(),
            "UpdateContactEventHooks",
            json!({"EventHooks": {"CustomerQueue": flow}}),
        ),
        (
            "SetCallBackNumber",
            none.clone(),
            json!([from("CallBackNumber", "Stored customer input", "System")]),
            vec![("Success", "bye"), ("InvalidPhoneNumber", "bye"), ("NonDialableNumber", "bye")],
            "UpdateContactCallbackNumber",
            json!({"CallbackNumber": "$.StoredCustomerInput"}),
        ),
        (
            "UpdateRoutingPriority",
            none.clone(),
            json!([text("TimeOffset", json!(600))]),
            vec![("Success", "bye")],
            "UpdateContactRoutingBehavior",
            json!({"QueueTimeAdjustmentSeconds": "600"}),
        ),
        (
            "CreateCallback",
            none.clone(),
            json!([
                text("InitialDelaySeconds", json!(5)),
                text("RetryDelaySeconds", json!(600)),
                text("MaxRetryAttempts", json!(1))
            ]),
            ok.clone(),
            "CreateCallbackContact",
            json!({"InitialCallDelaySeconds": "5", "RetryDelaySeconds": "600", "MaximumConnectionAttempts": "2"}),
        ),
        (
            "Transfer",
            json!("Queue"),
            json!([]),
            vec![("AtCapacity", "bye"), ("Error", "bye")],
            "TransferContactToQueue",
            json!({}),
        ),
        (
            "Transfer",
            json!("Flow"),
            json!([text("ContactFlowId", json!(flow))]),
            vec![("Error", "bye")],
            "TransferToFlow",
            json!({"ContactFlowId": flow}),
        ),
        (
            "Transfer",
            json!("PhoneNumber"),
            json!([from("PhoneNumber", "to", "External"), text("TimeLimit", json!("30")), text("BlindTransfer", json!(false))]),
            vec![("Success", "bye"), ("CallFailure", "bye"), ("Timeout", "bye"), ("Error", "bye")],
            "TransferParticipantToThirdParty",
            json!({
                "ThirdPartyPhoneNumber": "$.External.to", "ThirdPartyConnectionTimeLimitSeconds": "30",
                "ContinueFlowExecution": "True"
            }),
        ),
        (
            "CheckHoursOfOperation",
            none.clone(),
            json!([{"name": "Hours", "value": "", "resourceName": "Office hours"}]),
            vec![("True", "bye"), ("False", "bye"), ("Error", "bye")],
            "CheckHoursOfOperation",
            json!({"HoursOfOperationId": "${connect.hours.office-hours.arn}"}),
        ),
        (
            "CheckStaffing",
            none.clone(),
            json!([text("Status", json!("Online"))]),
            vec![("True", "bye"), ("False", "bye"), ("Error", "bye")],
            "CheckMetricData",
            json!({"MetricType": "NumberOfAgentsOnline"}),
        ),
        (
            "CheckQueueStatus",
            none.clone(),
            json!([]),
            vec![("CheckQueueTime LessThan 300000", "bye"), ("NoMatch", "bye"), ("Error", "bye")],
            "CheckMetricData",
            json!({"MetricType": "OldestContactInQueueAgeSeconds"}),
        ),
        (
            "PercentileBranching",
            none.clone(),
            json!([]),
            vec![("Evaluate Equals 20", "bye"), ("Evaluate Equals 30", "bye"), ("NoMatch", "bye")],
            "DistributeByPercentage",
            json!({}),
        ),
        (
            "Loop",
            none.clone(),
            json!([text("LoopCount", json!("3"))]),
            vec![("Looping", "bye"), ("Complete", "bye")],
            "Loop",
            json!({"LoopCount": "3"}),
        ),
        (
            "Wait",
            none.clone(),
            json!([text("TimeoutSeconds", json!("60"))]),
            vec![("Timeout", "bye"), ("Error", "bye")],
            "Wait",
            json!({"TimeLimitSeconds": "60"}),
        ),
        ("Resume", none.clone(), json!([]), vec![], "EndFlowExecution", json!({})),
        (
            "GetUserInput",
            json!("Lex"),
            json!([
                text("Text", json!("Talk")),
                text("BotName", json!("Order")),
                text("BotRegion", json!("us-east-1")),
                text("BotAlias", json!("live"))
            ]),
            vec![("Evaluate Equals Buy", "bye"), ("NoMatch", "bye"), ("Error", "bye")],
            "ConnectParticipantWithLexBot",
            json!({"Text": "Talk", "LexBot": {"Name": "Order", "Region": "us-east-1", "Alias": "live"}}),
        ),
        (
            "LoopPrompts",
            none,
            json!([{"name": "Text", "value": "Please hold", "key": "text"}, text("AudioPrompt", json!("${connect.prompts.hold.arn}"))]),
            vec![("Error", "bye")],
            "MessageParticipantIteratively",
            json!({"Messages": [{"Text": "Please hold"}, {"PromptId": "${connect.prompts.hold.arn}"}]}),
        ),
    ]
}

#[test]
fn every_block_becomes_its_action_and_the_flow_checks_clean() {
    for (kind, target, parameters, branches, action, expected) in rows() {
        let conversion = one(kind, target, parameters, &branches);
        let made = &conversion.flow.as_value()["Actions"][0];
        assert_eq!(made["Type"], action, "{kind}: {:?}", conversion.blocks[0].notes);
        assert_eq!(made["Parameters"], expected, "{kind}");
        assert_eq!(conversion.blocks[0].to.as_deref(), Some(action));
        let lost = conversion.blocks[0].notes.iter().find(|note| !matches!(note, Note::Assumed(_)));
        assert_eq!(lost, None, "{kind}");
        let found = errors(&conversion);
        assert!(found.is_empty(), "{kind}: {found:#?}");
        let places = &conversion.flow.metadata().unwrap()["ActionMetadata"]["it"]["position"];
        assert_eq!(places, &json!({"x": 1, "y": 2}), "{kind}");
    }
}

#[test]
fn shares_become_rising_bounds() {
    let branches = [("Evaluate Equals 20", "bye"), ("Evaluate Equals 30", "bye"), ("NoMatch", "bye")];
    let conversion = one("PercentileBranching", Value::Null, json!([]), &branches);
    let conditions = &conversion.flow.as_value()["Actions"][0]["Transitions"]["Conditions"];
    let bounds: Vec<_> = conditions.as_array().unwrap().iter().map(|one| one["Condition"]["Operands"][0].clone()).collect();
    assert_eq!(bounds, [json!("21"), json!("51")]);
}

#[test]
fn a_block_that_cannot_be_converted_is_said_kept_and_stands_for_its_error_branch() {
    let conversion = one("SetSunspots", Value::Null, json!([text("Count", json!(7))]), &[("Success", "it"), ("Error", "bye")]);
    assert_eq!(conversion.failures(), 1);
    assert_eq!(conversion.blocks[0].to, None);
    assert!(matches!(&conversion.blocks[0].notes[0], Note::NotConverted(why) if why.contains("SetSunspots")));
    let made = &conversion.flow.as_value()["Actions"][0];
    assert_eq!(made["Transitions"]["NextAction"], "bye");
    let kept = &conversion.flow.metadata().unwrap()["ActionMetadata"]["it"]["legacyBlock"];
    assert_eq!(kept["parameters"][0], text("Count", json!(7)));
    assert!(errors(&conversion).is_empty());
}

#[test]
fn every_parameter_and_branch_without_a_place_is_named_and_kept() {
    for (kind, target, parameters, branches, ..) in rows() {
        let mut parameters = parameters;
        parameters.as_array_mut().unwrap().push(text("Glitter", json!("much")));
        let mut branches = branches;
        branches.push(("Sideways", "bye"));
        let conversion = one(kind, target, parameters, &branches);
        let notes: Vec<&str> = conversion.blocks[0].notes.iter().map(Note::text).collect();
        assert!(notes.iter().any(|note| note.contains("Glitter")), "{kind}: {notes:?}");
        assert!(notes.iter().any(|note| note.contains("Sideways")), "{kind}: {notes:?}");
        let kept = &conversion.flow.metadata().unwrap()["ActionMetadata"]["it"]["legacyBlock"];
        assert!(kept.to_string().contains("Glitter"), "{kind}");
        assert!(errors(&conversion).is_empty(), "{kind}");
    }
}

#[test]
fn branches_that_are_missing_or_lead_nowhere_end_the_call_and_are_said() {
    let voice = json!([text("GlobalVoice", json!("Joanna"))]);
    let conversion = one("SetVoice", Value::Null, voice, &[]);
    assert!(conversion.blocks[0].notes[0].text().contains("led nowhere"));
    let actions = conversion.flow.actions();
    assert_eq!(actions[0].next(), Some("end"));
    assert_eq!(actions.last().unwrap().kind(), Some("DisconnectParticipant"));
    assert!(errors(&conversion).is_empty());
    let hook = json!([text("Type", json!("AgentWhisper")), {"name": "ContactFlowId", "value": "", "resourceName": "Whisper"}]);
    let conversion = one("SetContactFlow", Value::Null, hook, &[("Success", "bye")]);
    assert!(conversion.blocks[0].notes.iter().any(|note| note.text().contains("NoMatchingError")));
    assert!(errors(&conversion).is_empty());
}

#[test]
fn an_arn_that_was_never_filled_in_or_is_of_another_kind_is_not_carried_over() {
    for arn in ["arn:aws:lambda:<REGION>:<ACCOUNT>:function<NAME>", QUEUE] {
        let parameters = json!([text("FunctionArn", json!(arn)), text("TimeLimit", json!("3"))]);
        let conversion = one("InvokeExternalResource", json!("Lambda"), parameters, &[("Success", "bye"), ("Error", "bye")]);
        assert_eq!(conversion.failures(), 1, "{arn}");
        assert!(conversion.blocks[0].notes[0].text().contains(arn), "{:?}", conversion.blocks[0].notes);
    }
}

#[test]
fn what_is_no_legacy_document_is_refused() {
    for text in ["", "[]", "{}", "{\"modules\":5}", "{\"modules\":[],\"Actions\":[]}"] {
        assert!(convert(text).is_err(), "{text}");
    }
    let odd = convert("{\"modules\":[5,{},{\"id\":7,\"type\":\"PlayPrompt\",\"parameters\":5,\"branches\":[1]}]}").unwrap();
    assert_eq!(odd.failures(), 3);
}

/// The JSON files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|extension| extension == "json") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// Over the documents of a directory of the reader's own: `FLOW_COLLECTION=directory cargo test -p deployer-flow`.
#[test]
fn every_legacy_document_of_a_collection_converts_and_checks_clean() {
    let Ok(directory) = std::env::var("FLOW_COLLECTION") else {
        println!("skipped: FLOW_COLLECTION names no directory");
        return;
    };
    let (mut documents, mut blocks) = (0, 0);
    for path in files(Path::new(&directory)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(conversion) = convert(&text) else { continue };
        documents += 1;
        blocks += conversion.blocks.len();
        for block in &conversion.blocks {
            for note in block.notes.iter().filter(|note| !matches!(note, Note::Assumed(_))) {
                println!("{}: {} {}: {note:?}", path.display(), block.id, block.from);
            }
        }
        let found = errors(&conversion);
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
    println!("{documents} documents with {blocks} blocks");
    assert!(documents > 0);
}
