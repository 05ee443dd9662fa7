//! Tests that for any input at most 64 MB are allocated at any time, and that everything terminates.

use allocation_counter::measure;
use deployer_flow::{
    Context, FlowType, MAX_DOCUMENT_BYTES, check, diff, import_flow, legacy, mermaid, publish_errors, references, scenario, svg,
};
use serde_json::{Value, json};

use crate::support::instance::{Instance, dial};

const MOST: u64 = 64 * 1024 * 1024;

/// Returns a text with as many repetitions of a part as the maximum size allows, between a beginning and an end.
fn filled(before: &str, part: impl Fn(usize) -> String, after: &str) -> String {
    let mut text = before.to_owned();
    for number in 0.. {
        let next = part(number);
        if text.len() + next.len() + after.len() + 1 > MAX_DOCUMENT_BYTES {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        text.push_str(&next);
    }
    text + after
}

/// Does the same with at most `most` repetitions.
fn some(before: &str, most: usize, part: impl Fn(usize) -> String, after: &str) -> String {
    let parts: Vec<String> = (0..most).map(part).collect();
    let mut text = format!("{before}{}{after}", parts.join(","));
    text.truncate(MAX_DOCUMENT_BYTES);
    text
}

fn same(part: &'static str) -> impl Fn(usize) -> String {
    move |_| part.to_owned()
}

const START: &str = r#"{"Version":"2019-10-30","StartAction":"a","Actions":["#;
const SAY: &str = r#"{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"MessageParticipant","Parameters":{"Text":""#;
const SAID: &str = r#""},"Transitions":{"NextAction":"a"}}]}"#;

/// Returns documents with as many values as possible.
fn crowded() -> Vec<(&'static str, String)> {
    let named = |number: usize| format!(r#"{{"Identifier":"{number}","Type":"Loop"}}"#);
    let chained = |number: usize| {
        let next = number + 1;
        format!(
            r#"{{"Identifier":"{number}","Type":"Compare","Transitions":{{"NextAction":"{next}","Errors":[{{"NextAction":"0","ErrorType":"NoMatchingCondition"}}]}}}}"#
        )
    };
    vec![
        ("empty lists", filled(START, same("[]"), "]}")),
        ("as many empty lists as are read", some(START, 24_000, same("[]"), "]}")),
        ("as many objects as are read", some(START, 24_900, same(r#"{"":0}"#), "]}")),
        ("as many members as are read", some("{", 49_000, |number| format!(r#""{number}":0"#), "}")),
        ("one member again and again", some("{", 49_000, same(r#""a":0"#), "}")),
        ("a number again and again", some(START, 49_000, same("0"), "]}")),
        ("lists in lists", some(START, 380, |_| format!("{}{}", "[".repeat(120), "]".repeat(120)), "]}")),
        ("actions without anything", some(START, 12_000, named, "]}")),
        ("a chain of actions", some(START, 4_500, chained, "]}")),
        ("empty lines", format!("{}{{}}", "\n".repeat(MAX_DOCUMENT_BYTES - 10))),
        ("blocks of the old designer", some(r#"{"start":"","modules":["#, 16_000, same(r#"{"type":"Transfer"}"#), "]}")),
        (
            "parameters of the old designer",
            some(
                r#"{"start":"","modules":[{"id":"a","type":"PlayPrompt","branches":[],"parameters":["#,
                9_000,
                |number| format!(r#"{{"name":"Text{number}","value":"x"}}"#),
                "]}]}",
            ),
        ),
    ]
}

/// Returns documents with few values but long strings.
fn long() -> Vec<(&'static str, String)> {
    let most = MAX_DOCUMENT_BYTES - SAY.len() - SAID.len() - 10;
    let said = |part: &str| format!("{SAY}{}{SAID}", part.repeat(most / part.len()));
    let name = "x".repeat(MAX_DOCUMENT_BYTES / 2);
    let faults = some("", 12_000, |number| format!(r#""p{number}":null"#), "");
    let queue = |number: usize| format!(r#"{{"id":"arn:aws:connect:r:1:instance/i/queue/{number}","text":"same name"}}"#);
    vec![
        ("a long text", said("x")),
        ("open references", said("${")),
        ("references", said("${a}")),
        ("escaped references", said("$${")),
        ("JSONPath", said("$.Bad")),
        ("JSONPath with brackets", said("$['a'][0]")),
        ("known JSONPath", said("$.Attributes.a")),
        ("ARNs", said("arn:aws:connect:r:1:instance/i/queue/q ")),
        ("hardly ARNs", said("arn:")),
        ("markup", said("<p>").replacen("\"Text\"", "\"SSML\"", 1)),
        ("open markup", said("<a '").replacen("\"Text\"", "\"SSML\"", 1)),
        ("pauses", said("<break/>").replacen("\"Text\"", "\"SSML\"", 1)),
        (
            "many faults of an action with a long name",
            format!(r#"{{"Actions":[{{"Identifier":"{name}","Type":"MessageParticipant","Parameters":{{{faults}}}}}]}}"#),
        ),
        ("branches of a block with a long name", branches(&name[..MAX_DOCUMENT_BYTES / 8])),
        ("resources of one name", some(r#"{"Metadata":{"a":["#, 13_000, queue, "]}}")),
    ]
}

/// Returns a block of the old designer whose branches all lead to a block with a long name.
fn branches(name: &str) -> String {
    let branch = |condition| format!(r#"{{"condition":"{condition}","transition":"{name}"}}"#);
    let branches = ["Success", "Error", "Timeout", "NoMatch"].map(branch).join(",");
    let input = r#"[{"name":"Text","value":"x"},{"name":"Timeout","value":"5"}]"#;
    format!(
        r#"{{"start":"{name}","modules":[{{"id":"{name}","type":"GetUserInput","branches":[{branches}],"parameters":{input}}}]}}"#
    )
}

/// Calls everything that processes a text as a flow.
fn use_everything(text: &str) {
    let _ = publish_errors(text, FlowType::ContactFlow, &|_, _| false);
    if let Ok(conversion) = legacy::convert(text) {
        let _ = check(&conversion.flow, &Context::default());
    }
    let Ok(flow) = deployer_flow::Flow::parse(text) else { return };
    let findings = check(&flow, &Context { symbolic: true, ..Context::default() });
    let _ = serde_json::to_string(&findings).unwrap();
    drop(findings);
    let _ = references(&flow);
    let made = import_flow(&flow);
    let _ = diff(&flow, &made.flow);
    drop(made);
    let _ = (mermaid(&flow).len(), svg(&flow, 1340.0).len());
}

#[test]
fn no_document_takes_more_than_64_mb() {
    for (name, text) in crowded().into_iter().chain(long()) {
        assert!(text.len() <= MAX_DOCUMENT_BYTES, "{name}");
        let used = measure(|| use_everything(&text));
        println!("{name:<45} {:>6.1} MB", used.bytes_max as f64 / 1e6);
        assert!(used.bytes_max <= MOST, "{name}: {} bytes", used.bytes_max);
    }
}

/// Returns a flow that repeats the same action indefinitely.
fn round(kind: &str, parameters: Value) -> Value {
    let action = json!({
        "Identifier": "a", "Type": kind, "Parameters": parameters,
        "Transitions": {"NextAction": "a", "Errors": [{"NextAction": "a", "ErrorType": "NoMatchingError"}]}
    });
    let log = json!({
        "Identifier": "log", "Type": "UpdateFlowLoggingBehavior", "Parameters": {"FlowLoggingBehavior": "Enabled"},
        "Transitions": {"NextAction": "a"}
    });
    json!({"Version": "2019-10-30", "StartAction": "log", "Actions": [log, action]})
}

#[test]
fn no_call_takes_more_than_64_mb() {
    let twice = |root: &str| format!("xx${root}${root}").replace('$', "$.");
    let messages: Vec<Value> = (0..2000).map(|_| json!({"Text": "word. ".repeat(50)})).collect();
    let parameters: serde_json::Map<String, Value> =
        (0..2000).map(|number| (number.to_string(), json!("$.Attributes.a"))).collect();
    let calls = [
        ("attributes", round("UpdateContactAttributes", json!({"Attributes": {"a": twice("Attributes.a")}}))),
        (
            "flow attributes",
            round("UpdateFlowAttributes", json!({"FlowAttributes": {"a": {"Value": twice("FlowAttributes.a")}}})),
        ),
        ("keys of flow attributes", round("UpdateFlowAttributes", json!({"FlowAttributes": {twice("Name"): {"Value": "x"}}}))),
        ("tags", round("TagContact", json!({"Tags": {"a": twice("Tags.a")}}))),
        ("name", round("UpdateContactData", json!({"Name": twice("Name"), "Description": twice("Description")}))),
        ("references", round("UpdateContactData", json!({"References": {"a": twice("References.a")}}))),
        ("voice", round("UpdateContactTextToSpeechVoice", json!({"TextToSpeechVoice": twice("TextToSpeechVoiceId")}))),
        ("speech", round("MessageParticipant", json!({"Text": "word. ".repeat(900)}))),
        ("messages", round("MessageParticipantIteratively", json!({"Messages": messages}))),
        ("parameters", round("InvokeLambdaFunction", json!({"LambdaInvocationAttributes": parameters}))),
        ("nothing that is simulated", round(&"x".repeat(100_000), json!({}))),
        ("a queue", round("UpdateContactTargetQueue", json!({"QueueId": "x".repeat(100_000)}))),
    ];
    for (name, flow) in calls {
        let instance = Instance { answer: Ok(json!({"a": "x".repeat(30_000)})), ..Instance::default() };
        let used = measure(|| drop(dial(&instance, &flow, None, "")));
        println!("{name:<45} {:>6.1} MB", used.bytes_max as f64 / 1e6);
        assert!(used.bytes_max <= MOST, "{name}: {} bytes", used.bytes_max);
    }
}

#[test]
fn no_test_file_takes_more_than_64_mb() {
    let long = |part: &str| part.repeat(512 * 1024 / part.len());
    let texts = [
        ("a list of nothing", format!("a: [{}]", long("[],"))),
        ("members", (0..40_000).map(|number| format!("{number}: 0\n")).collect()),
        ("aliases", format!("a: &a [{}]\nb: &b [{}]\nc: [{}]", "x,".repeat(100), "*a,".repeat(100), "*b,".repeat(100))),
        ("depth", long("[")),
        ("minus signs", long("- ")),
        ("one long text", format!("flow: {}", long("x"))),
        ("open quotes", format!("flow: \"{}", long("x"))),
        ("anchors", (0..30_000).map(|number| format!("- &a{number} 1\n")).collect::<String>()),
    ];
    for (name, text) in texts {
        let used = measure(|| drop(scenario::suite(&text)));
        println!("{name:<45} {:>6.1} MB", used.bytes_max as f64 / 1e6);
        assert!(used.bytes_max <= MOST, "{name}: {} bytes", used.bytes_max);
    }
}
