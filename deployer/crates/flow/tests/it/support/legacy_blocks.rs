//! Blocks of the old designer with the actions that they are converted to.

use deployer_flow::legacy::{Conversion, convert};
use deployer_flow::{Context, Finding, Flow, Severity, check};
use serde_json::{Value, json};

pub(crate) const QUEUE: &str = "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q";

pub(crate) fn block(id: &str, kind: &str, target: Value, parameters: Value, branches: &[(&str, &str)]) -> Value {
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

pub(crate) fn document(kind: &str, mut blocks: Vec<Value>) -> String {
    let start = blocks[0]["id"].clone();
    blocks.push(block("bye", "Disconnect", Value::Null, json!([]), &[]));
    let about = json!({"name": "Old flow", "status": "published", "hash": "x", "entryPointPosition": {"x": 0, "y": 0}});
    json!({"modules": blocks, "version": "1", "type": kind, "start": start, "metadata": about}).to_string()
}

pub(crate) fn one(kind: &str, target: Value, parameters: Value, branches: &[(&str, &str)]) -> Conversion {
    convert(&document("contactFlow", vec![block("it", kind, target, parameters, branches)])).unwrap()
}

pub(crate) fn errors(conversion: &Conversion) -> Vec<Finding> {
    let flow = Flow::parse(&conversion.flow.to_json()).unwrap();
    let mut found = check(&flow, &Context { symbolic: true, ..Context::default() });
    found.retain(|finding| finding.severity == Severity::Error);
    found
}

pub(crate) fn text(name: &str, value: Value) -> Value {
    json!({"name": name, "value": value})
}

pub(crate) fn from(name: &str, value: &str, namespace: &str) -> Value {
    json!({"name": name, "value": value, "namespace": namespace})
}

/// `(type, target, parameters, branches, the action's type, its parameters)`.
pub(crate) type Row = (&'static str, Value, Value, Vec<(&'static str, &'static str)>, &'static str, Value);

pub(crate) fn rows() -> Vec<Row> {
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

/// Returns further blocks of newer and older exports.
pub(crate) fn more_rows() -> Vec<Row> {
    let none = Value::Null;
    let ok = vec![("Success", "bye"), ("Error", "bye")];
    let full = vec![("AtCapacity", "bye"), ("Error", "bye")];
    let option = |on: &str| text("AnalyticsBehaviorOption", json!(on));
    let both = [text("RecordingBehaviorOption", json!("Enable")), text("RecordingParticipantOption", json!("Both"))];
    let analysed = [
        option("Enable"),
        text("AnalyticsLanguageLocaleCode", json!("de-DE")),
        text("AnalyticsCustomVocabulary", json!("None")),
        text("AnalyticsRedactionOption", json!("Enable")),
        text("AnalyticsRedactionPolicy", json!("RedactedOnly")),
        text("AnalyticsMode", json!("PostCall")),
    ];
    let voice = [("GlobalVoice", "Amy"), ("GlobalEngine", "Neural"), ("SpeakingStyle", "Conversational")];
    vec![
        ("Transfer", json!("Agent"), json!([]), vec![], "TransferContactToAgent", json!({})),
        ("CustomerInQueue", none.clone(), json!([]), full, "TransferContactToQueue", json!({})),
        (
            "SetScreenPop",
            none.clone(),
            json!([text("key", json!("Tier")), from("value", "tier", "External")]),
            ok.clone(),
            "UpdateContactAttributes",
            json!({"Attributes": {"Tier": "$.External.tier"}}),
        ),
        ("GetMetricData", none.clone(), json!([]), ok.clone(), "GetMetricData", json!({})),
        (
            "GetMetricData",
            none.clone(),
            json!([text("Queue", json!(QUEUE)), text("Channel", json!("VOICE"))]),
            ok.clone(),
            "GetMetricData",
            json!({"QueueId": QUEUE, "QueueChannel": "Voice"}),
        ),
        (
            "SetVoice",
            none.clone(),
            voice.map(|(name, value)| text(name, json!(value))).into(),
            vec![("Success", "bye")],
            "UpdateContactTextToSpeechVoice",
            json!({"TextToSpeechVoice": "Amy", "TextToSpeechEngine": "Neural", "TextToSpeechStyle": "Conversational"}),
        ),
        (
            "SetRecordingBehavior",
            none.clone(),
            both.iter().cloned().chain(analysed).collect(),
            vec![("Success", "bye")],
            "UpdateContactRecordingBehavior",
            json!({
                "RecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"]},
                "AnalyticsBehavior": {
                    "Enabled": "True", "AnalyticsLanguage": "de-DE", "AnalyticsRedactionBehavior": "Enabled",
                    "AnalyticsRedactionResults": "RedactedOnly",
                    "ChannelConfiguration": {"Chat": {"AnalyticsModes": []}, "Voice": {"AnalyticsModes": ["PostContact"]}}
                }
            }),
        ),
        (
            "LoopPrompts",
            none.clone(),
            json!([{"name": "Text", "value": "Hold", "key": "text"}, text("InterruptSeconds", json!(45))]),
            vec![("Timeout", "bye")],
            "MessageParticipantIteratively",
            json!({"Messages": [{"Text": "Hold"}], "InterruptFrequencySeconds": "45"}),
        ),
        (
            "Wait",
            none.clone(),
            json!([text("TimeoutSeconds", json!(300)), text("Events", json!(["CustomerReturned"]))]),
            vec![("Timeout", "bye"), ("CustomerReturned", "bye"), ("Error", "bye")],
            "Wait",
            json!({"TimeLimitSeconds": "300", "Events": ["CustomerReturned"]}),
        ),
        (
            "StoreCustomerInput",
            none,
            json!([
                text("Text", json!("Your number")),
                text("Timeout", json!("5")),
                text("MaxDigits", json!("4")),
                text("CustomerInputType", json!("Custom")),
                text("CountryCode", json!("US")),
                text("EncryptEntry", json!("false")),
                text("EncryptionKeyId", json!("k"))
            ]),
            ok,
            "GetParticipantInput",
            json!({
                "Text": "Your number", "StoreInput": "True", "InputTimeLimitSeconds": "5",
                "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}
            }),
        ),
    ]
}
