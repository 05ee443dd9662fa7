//! Phone calls to a deployed flow.

use std::io::{Cursor, Write};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use deployer_emulator::phone::{Call, call};
use deployer_flow::interpret::{Script, Transcript};
use serde_json::{Value, json};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};

/// Sends a request as the account; a response that is not JSON becomes `null`.
async fn send(fresh: &TestEmulator, service: &str, method: &str, path: &str, target: &str, body: String) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://aws.example{path}"))
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential=test/20261123/{REGION}/{service}/aws4_request"))
        .header("x-amz-target", target)
        .body(Bytes::from(body))
        .expect("a request");
    let answer = fresh.emulator.handle(request).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

async fn connect(fresh: &TestEmulator, method: &str, path: &str, body: Value) -> Value {
    let (status, answer) = send(fresh, "connect", method, path, "", body.to_string()).await;
    assert!(status < 300, "{path}: {answer}");
    answer
}

async fn instance(fresh: &TestEmulator) -> (String, String) {
    let wanted = json!({
        "IdentityManagementType": "CONNECT_MANAGED",
        "InstanceAlias": "vanity",
        "InboundCallsEnabled": true,
        "OutboundCallsEnabled": false,
    });
    let made = connect(fresh, "PUT", "/instance", wanted).await;
    fresh.clock.advance(Duration::from_secs(90));
    (made["Id"].as_str().expect("an id").to_owned(), made["Arn"].as_str().expect("an ARN").to_owned())
}

/// Returns a flow that invokes the function and speaks its response, or an apology.
fn asking(function: &str) -> Value {
    let say = |id: &str, text: &str, next: &str| {
        json!({"Identifier": id, "Type": "MessageParticipant", "Parameters": {"Text": text},
               "Transitions": {"NextAction": next, "Errors": [{"NextAction": next, "ErrorType": "NoMatchingError"}]}})
    };
    json!({
        "Version": "2019-10-30",
        "StartAction": "log",
        "Actions": [
            {"Identifier": "log", "Type": "UpdateFlowLoggingBehavior", "Parameters": {"FlowLoggingBehavior": "Enabled"},
             "Transitions": {"NextAction": "hello"}},
            say("hello", "Welcome.", "ask"),
            {"Identifier": "ask", "Type": "InvokeLambdaFunction",
             "Parameters": {"LambdaFunctionARN": function, "InvocationTimeLimitSeconds": "8"},
             "Transitions": {"NextAction": "answer", "Errors": [{"NextAction": "sorry", "ErrorType": "NoMatchingError"}]}},
            say("answer", "Your number is $.External.word.", "end"),
            say("sorry", "Sorry.", "end"),
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    })
}

async fn published(fresh: &TestEmulator, instance: &str, flow: &Value) -> String {
    let wanted = json!({"Name": "vanity", "Type": "CONTACT_FLOW", "Content": flow.to_string()});
    let made = connect(fresh, "PUT", &format!("/contact-flows/{instance}"), wanted).await;
    made["ContactFlowId"].as_str().expect("an id").to_owned()
}

async fn dial(fresh: &TestEmulator, instance: &str, flow: &str) -> Result<Transcript, String> {
    let what = Call {
        instance_id: instance.to_owned(),
        contact_flow_id: flow.to_owned(),
        from: Some("+18003569377".to_owned()),
        to: "+18005550100".to_owned(),
        ..Call::default()
    };
    call(&fresh.emulator, what, &mut Script::default()).await.map_err(|failure| failure.to_string())
}

/// Creates a function whose bootstrap answers every event with the same JSON, through the Runtime API.
async fn function(fresh: &TestEmulator, answer: &str) -> String {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let encoded = percent_encoding::utf8_percent_encode(trust, percent_encoding::NON_ALPHANUMERIC);
    let body = format!("Action=CreateRole&Version=2010-05-08&RoleName=run&AssumeRolePolicyDocument={encoded}");
    assert_eq!(send(fresh, "iam", "POST", "/", "", body).await.0, 200);
    fresh.clock.advance(Duration::from_secs(60));
    let script = format!(
        "#!/bin/bash\nPATH=/usr/bin:/bin:/usr/local/bin\nA=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation\nwhile true; do\n\
         I=$(curl -s -D - -o /dev/null $A/next | tr -d '\\r' | grep -i aws-request-id | cut -d' ' -f2)\n\
         [ -n \"$I\" ] || exit 1\ncurl -s -o /dev/null -d '{answer}' $A/$I/response\ndone\n"
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file("bootstrap", options).expect("a file");
    zip.write_all(script.as_bytes()).expect("written");
    let code = BASE64_STANDARD.encode(zip.finish().expect("a zip").into_inner());
    let wanted = json!({
        "FunctionName": "convert", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/run"), "Code": {"ZipFile": code},
    });
    let (status, made) = send(fresh, "lambda", "POST", "/2015-03-31/functions", "", wanted.to_string()).await;
    assert_eq!(status, 201, "{made}");
    fresh.clock.advance(Duration::from_secs(60));
    made["FunctionArn"].as_str().expect("an ARN").to_owned()
}

async fn permit(fresh: &TestEmulator, source: &str) {
    let wanted = json!({
        "StatementId": "connect", "Action": "lambda:InvokeFunction", "Principal": "connect.amazonaws.com",
        "SourceArn": source, "SourceAccount": ACCOUNT,
    });
    let (status, answer) = send(fresh, "lambda", "POST", "/2015-03-31/functions/convert/policy", "", wanted.to_string()).await;
    assert_eq!(status, 201, "{answer}");
}

#[tokio::test]
async fn function_needs_association_and_permission() {
    let fresh = fresh();
    let (id, arn) = instance(&fresh).await;
    let function = function(&fresh, r#"{"word":"FLOWERS"}"#).await;
    let flow = published(&fresh, &id, &asking(&function)).await;
    let sorry = ["Welcome.", "Sorry."];
    let transcript = dial(&fresh, &id, &flow).await.expect("a call");
    assert_eq!(transcript.heard, sorry, "not associated");
    connect(&fresh, "PUT", &format!("/instance/{id}/lambda-function"), json!({"FunctionArn": function})).await;
    let transcript = dial(&fresh, &id, &flow).await.expect("a call");
    assert_eq!(transcript.heard, sorry, "no permission");
    permit(&fresh, &arn).await;
    let transcript = dial(&fresh, &id, &flow).await.expect("a call");
    assert_eq!(transcript.heard, ["Welcome.", "Your number is FLOWERS."], "{transcript:?}");
    assert_eq!(transcript.lambda[0].response, json!({"word": "FLOWERS"}));
    assert_eq!(transcript.outcome, "disconnected");
}

#[tokio::test]
async fn flow_log_is_written_only_if_enabled() {
    let fresh = fresh();
    let (id, _) = instance(&fresh).await;
    let absent = format!("arn:aws:lambda:us-west-2:{ACCOUNT}:function:absent");
    let flow = published(&fresh, &id, &asking(&absent)).await;
    let groups = async || {
        let (_, listed) = send(&fresh, "logs", "POST", "/", "Logs_20140328.DescribeLogGroups", "{}".to_owned()).await;
        listed["logGroups"].as_array().map_or(0, Vec::len)
    };
    dial(&fresh, &id, &flow).await.expect("a call");
    assert_eq!(groups().await, 0);
    connect(&fresh, "POST", &format!("/instance/{id}/attribute/CONTACTFLOW_LOGS"), json!({"Value": "true"})).await;
    let transcript = dial(&fresh, &id, &flow).await.expect("a call");
    assert_eq!(groups().await, 1);
    let wanted = json!({"logGroupName": "/aws/connect/vanity"}).to_string();
    let (_, found) = send(&fresh, "logs", "POST", "/", "Logs_20140328.FilterLogEvents", wanted).await;
    let events = found["events"].as_array().expect("events");
    assert_eq!(events.len(), transcript.log.len());
    let first: Value = serde_json::from_str(events[0]["message"].as_str().expect("text")).expect("JSON");
    assert!(first["ContactFlowId"].as_str().is_some_and(|arn| arn.ends_with(&flow)), "{first}");
}

#[tokio::test]
async fn call_that_cannot_start_reports_why() {
    let fresh = fresh();
    let why = |result: Result<Transcript, String>| result.expect_err("no call");
    assert!(why(dial(&fresh, "absent", "x").await).contains("no Connect instance absent"));
    let (id, _) = instance(&fresh).await;
    assert!(why(dial(&fresh, &id, "x").await).contains("no contact flow x"));
    let listed = connect(&fresh, "GET", &format!("/contact-flows-summary/{id}?contactFlowTypes=AGENT_HOLD"), json!({})).await;
    let hold = listed["ContactFlowSummaryList"][0]["Id"].as_str().expect("it comes with the instance");
    assert!(why(dial(&fresh, &id, hold).await).contains("AGENT_HOLD"));
    connect(&fresh, "POST", &format!("/instance/{id}/attribute/INBOUND_CALLS"), json!({"Value": "false"})).await;
    assert!(why(dial(&fresh, &id, hold).await).contains("no inbound calls"));
}
