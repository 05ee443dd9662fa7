//! Tests of the shipped contact flow: it has no findings and behaves as its callers expect.

use std::time::Duration;

use deployer_flow::interpret::{LambdaFailure, Transcript};
use deployer_flow::{Context, Flow, FlowType, check, publish_errors, references};
use serde_json::{Value, json};

use crate::support::instance::{self, Instance};

const VANITY: &str = include_str!("../../../../../flows/vanity.json");
const CONVERT: &str = "arn:aws:lambda:us-east-1:111122223333:function:convert";

fn deployed() -> String {
    VANITY.replace("${functions.convert.arn}", CONVERT)
}

fn dial(answer: Result<Value, LambdaFailure>, from: Option<&str>, keys: &str) -> (Transcript, Instance) {
    let instance = Instance { answer, ..Instance::default() };
    let content = serde_json::from_str(&deployed()).unwrap();
    let transcript = instance::dial(&instance, &content, from, keys);
    (transcript, instance)
}

fn found() -> Value {
    json!({
        "status": "OK",
        "speech": "<speak><p>Option one. <say-as interpret-as=\"digits\">1</say-as><break time=\"250ms\"/>\
                   <say-as interpret-as=\"digits\">800</say-as><break time=\"250ms\"/>flowers.</p></speak>",
        "text": "1 800 flowers"
    })
}

fn ids(transcript: &Transcript) -> Vec<&str> {
    transcript.path.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn shipped_flow_checks_clean() {
    let flow = Flow::parse(VANITY).unwrap();
    let findings = check(&flow, &Context::project(FlowType::ContactFlow));
    assert!(findings.is_empty(), "{findings:#?}");
    let used: Vec<_> = references(&flow).into_iter().map(|found| found.text).collect();
    assert_eq!(used, ["functions.convert.arn"]);
    assert!(publish_errors(&deployed(), FlowType::ContactFlow, &|_, _| true).is_empty());
    assert_eq!(publish_errors(VANITY, FlowType::ContactFlow, &|_, _| true), ["Failed to convert id: ${functions.convert.arn}"]);
}

#[test]
fn every_action_has_a_position_in_the_designer() {
    let flow = Flow::parse(VANITY).unwrap();
    let layout = &flow.metadata().unwrap()["ActionMetadata"];
    let mut places = std::collections::BTreeSet::new();
    for action in flow.actions() {
        let name = action.identifier().unwrap();
        let place = &layout[name]["position"];
        assert!(place["x"].is_number() && place["y"].is_number(), "{name}");
        assert!(places.insert(place.to_string()), "{name} lies on another");
        assert_eq!(layout[name]["isFriendlyName"], json!(true));
    }
}

#[test]
fn callers_hear_the_numbers_and_can_repeat_them() {
    let (once, instance) = dial(Ok(found()), Some("+18003569377"), "");
    assert_eq!(once.outcome, "disconnected");
    assert_eq!(once.from.as_deref(), Some("+18003569377"));
    let spoken = ["Option one.", "1 800 flowers.", "To hear them again, press 1."];
    assert!(once.heard.windows(3).any(|heard| heard == spoken), "{:?}", once.heard);
    let (function, event, limit) = instance.events.lock().unwrap()[0].clone();
    assert_eq!((function.as_str(), limit), (CONVERT, Duration::from_secs(8)));
    assert_eq!(event["Name"], "ContactFlowEvent");
    let data = &event["Details"]["ContactData"];
    assert_eq!(data["CustomerEndpoint"], json!({"Address": "+18003569377", "Type": "TELEPHONE_NUMBER"}));
    assert_eq!(event["Details"]["Parameters"], json!({}));

    let (twice, _) = dial(Ok(found()), Some("+18003569377"), "1 7");
    let speaking = |id: &&&str| **id == "Speak the numbers";
    assert_eq!(ids(&once).iter().filter(speaking).count(), 1);
    assert_eq!(ids(&twice).iter().filter(speaking).count(), 2);
    assert_eq!(twice.lambda.len(), 1);
    assert_eq!(twice.outcome, "disconnected");
}

#[test]
fn each_status_has_a_sentence_of_its_own() {
    let mut heard = Vec::new();
    for status in ["NO_CALLER_ID", "NO_LETTERS", "INVALID_NUMBER", "UNAVAILABLE", "?"] {
        let (transcript, _) = dial(Ok(json!({"status": status})), None, "");
        assert_eq!(transcript.outcome, "disconnected");
        assert_eq!(transcript.from, None);
        heard.push(transcript.heard);
    }
    assert_eq!(heard[3], heard[4], "anything else is an apology");
    heard.pop();
    let all = heard.len();
    heard.sort();
    heard.dedup();
    assert_eq!(heard.len(), all);
}

#[test]
fn withheld_numbers_reach_the_function_as_a_word() {
    let (_, instance) = dial(Ok(json!({"status": "NO_CALLER_ID"})), None, "");
    let events = instance.events.lock().unwrap();
    let endpoint = &events[0].1["Details"]["ContactData"]["CustomerEndpoint"];
    assert_eq!(endpoint["Address"], "anonymous");
}

#[test]
fn function_failures_lead_to_an_apology() {
    let failures = [
        Err(LambdaFailure::TimedOut(Duration::from_secs(8))),
        Err(LambdaFailure::Throttled),
        Err(LambdaFailure::Function { kind: "Panic".to_owned(), message: "no".to_owned() }),
        Ok(json!({"status": "OK", "count": 5})),
        Ok(json!(["OK"])),
        Ok(json!({"status": "OK", "speech": "x".repeat(32 * 1024)})),
    ];
    for failure in failures {
        let refused = failure.is_err();
        let (transcript, _) = dial(failure, Some("+15555550100"), "");
        assert!(ids(&transcript).contains(&"Apologise"), "{transcript:?}");
        assert_eq!(transcript.outcome, "disconnected");
        assert_eq!(transcript.lambda[0].response.get("error").is_some(), refused);
        let invoked = &transcript.path[4];
        assert!(invoked.kind == "InvokeLambdaFunction" && invoked.note.is_some());
    }
}

#[test]
fn invalid_ssml_falls_back_to_plain_text() {
    let mut answer = found();
    answer["speech"] = json!("<speak>Rock & roll</speak>");
    let (transcript, _) = dial(Ok(answer), Some("+18003569377"), "");
    assert!(transcript.heard.contains(&"1 800 flowers".to_owned()));
}

#[test]
fn transcript_has_exactly_the_documented_members() {
    let (transcript, _) = dial(Ok(found()), Some("+18003569377"), "");
    let document = serde_json::to_value(&transcript).unwrap();
    let members = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(members(&document), ["from", "heard", "path", "lambda", "outcome"]);
    assert_eq!(members(&document["path"][0]), ["id", "type", "next"]);
    assert_eq!(members(&document["lambda"][0]), ["function", "response"]);
    assert_eq!(document["path"][0]["next"], "Choose the voice");
    let last = document["path"].as_array().unwrap().last().unwrap();
    assert_eq!(last["next"], Value::Null);
}

#[test]
fn flow_log_says_nothing_of_the_answer() {
    // Two placeholders for the number in the spoken text.
    for found in [found(), json!({"status": "NO_LETTERS", "vanity1": "flowers"})] {
        let (transcript, _) = dial(Ok(found), Some("+18003569377"), "1");
        let log = serde_json::to_string(&transcript.log).unwrap();
        assert!(!log.contains("flowers") && !log.contains("8003569377"), "{log}");
        let types: Vec<_> = transcript.log.iter().map(|entry| entry["ContactFlowModuleType"].as_str().unwrap()).collect();
        let expected = [
            "SetLoggingBehavior",
            "SetVoice",
            "PlayPrompt",
            "SetLoggingBehavior",
            "SetLoggingBehavior",
            "PlayPrompt",
            "Disconnect",
        ];
        assert_eq!(types, expected);
    }
}

#[test]
fn flow_log_matches_the_format_of_connect() {
    let instance = Instance { answer: Ok(found()), ..Instance::default() };
    let content = serde_json::from_str(&deployed().replace("\"Disabled\"", "\"Enabled\"")).unwrap();
    let transcript = instance::dial(&instance, &content, Some("+18003569377"), "");
    let types: Vec<_> = transcript.log.iter().map(|entry| entry["ContactFlowModuleType"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "SetLoggingBehavior",
            "SetVoice",
            "PlayPrompt",
            "SetLoggingBehavior",
            "InvokeExternalResource",
            "CheckAttribute",
            "PlayPrompt",
            "GetUserInput",
            "SetLoggingBehavior",
            "PlayPrompt",
            "Disconnect"
        ]
    );
    let entry = &transcript.log[4];
    assert_eq!(entry["Timestamp"], "2001-09-09T01:46:40.123Z");
    assert_eq!(entry["Parameters"]["LambdaFunctionARN"], CONVERT);
    assert_eq!(entry["ExternalResults"]["status"], "OK");
    assert_eq!(transcript.log[5]["Results"], "OK");
}
