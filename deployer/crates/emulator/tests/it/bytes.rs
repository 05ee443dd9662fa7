//! The size of a change on disk: as large as the change, not as the state.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use deployer_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::function;
use crate::support::wire::{ACCOUNT, Request, open, send, stored_state};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;

fn iam<'a>(action: &str, parameters: &[(&str, &str)]) -> Request<'a> {
    query("iam", "2010-05-08", action, parameters)
}

fn query<'a>(service: &'a str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Request<'a> {
    let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
    (service, "POST", "/", "", format!("Action={action}&Version={version}{}", parameters.collect::<String>()))
}

async fn asked(emulator: &Arc<Emulator>, request: Request<'_>) -> Value {
    let answer = send(emulator, request).await;
    serde_json::from_str(&answer).unwrap_or(Value::String(answer))
}

/// Returns the size of the file that changes are appended to.
fn written(directory: &Path) -> u64 {
    std::fs::metadata(directory.join("state.log")).expect("it is there").len()
}

/// Opens a copy of `world` with a change, in a directory.
async fn stored(world: &Emulator, change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, Arc<Emulator>) {
    let mut state = serde_json::to_value(world.account_state()).expect("its form");
    change(&mut state);
    let directory = stored_state(&state).await;
    let emulator = open(directory.path()).expect("opens");
    (directory, emulator)
}

/// Returns the number of bytes that a request writes.
async fn cost(directory: &Path, emulator: &Arc<Emulator>, request: Request<'_>) -> u64 {
    let before = written(directory);
    send(emulator, request).await;
    written(directory) - before
}

fn many(object: &mut Value, name: &str, times: usize) {
    let object = object.as_object_mut().expect("an object");
    let one = object.get(name).expect("it is there").to_string();
    for n in 0..times {
        let copy = serde_json::from_str(&one.replace(name, &format!("{name}{n}"))).expect("JSON");
        object.insert(format!("{name}{n}"), copy);
    }
}

#[tokio::test]
async fn renaming_one_large_flow_writes_little() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    let made = json!({"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": "voice-example",
        "InboundCallsEnabled": true, "OutboundCallsEnabled": true});
    let made = asked(&emulator, ("connect", "PUT", "/instance", "", made.to_string())).await;
    let instance = made["Id"].as_str().expect("an id");
    let list = format!("/contact-flows-summary/{instance}");
    let listed = asked(&emulator, ("connect", "GET", &list, "", String::new())).await;
    let flow = listed["ContactFlowSummaryList"][0]["Id"].as_str().expect("an id");
    let (directory, emulator) = stored(&emulator, |world| {
        let flows = &mut world["connect"]["instances"][instance]["flows"];
        flows[flow]["published"]["text"] = "x".repeat(100_000).into();
        many(flows, flow, 300);
    })
    .await;
    let rename = format!("/contact-flows/{instance}/{flow}/name");
    for name in ["one", "two"] {
        let cost = cost(directory.path(), &emulator, ("connect", "POST", &rename, "", json!({"Name": name}).to_string())).await;
        assert!((1..1000).contains(&cost), "{cost} bytes");
    }
    let publish = format!("/contact-flows/{instance}/{flow}/version");
    let cost = cost(directory.path(), &emulator, ("connect", "PUT", &publish, "", "{}".to_owned())).await;
    assert!((1..102_000).contains(&cost), "a version is as large as its content: {cost} bytes");
}

#[tokio::test]
async fn deleting_the_oldest_of_many_versions_writes_little() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    fn s3<'a>(method: &'a str, path: &'a str, body: String) -> Request<'a> {
        ("s3", method, path, "", body)
    }
    send(&emulator, s3("PUT", "/states", String::new())).await;
    let enabled = r#"<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>"#;
    send(&emulator, s3("PUT", "/states?versioning", enabled.to_owned())).await;
    for n in 0..20 {
        send(&emulator, s3("PUT", "/states/state.json", format!("{n}").repeat(20_000))).await;
    }
    let listed = send(&emulator, s3("GET", "/states?versions", String::new())).await;
    let ids: Vec<&str> = listed.split("<VersionId>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(ids.len(), 20, "{listed}");
    for id in [ids[19], ids[10], ids[0]] {
        let path = format!("/states/state.json?versionId={id}");
        let cost = cost(directory.path(), &emulator, s3("DELETE", &path, String::new())).await;
        assert!((1..1000).contains(&cost), "{cost} bytes");
    }
    drop(emulator);
    let emulator = open(directory.path()).expect("opens again");
    let listed = send(&emulator, s3("GET", "/states?versions", String::new())).await;
    let left: Vec<&str> = listed.split("<VersionId>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let kept: Vec<&str> = ids.iter().enumerate().filter(|(n, _)| ![0, 10, 19].contains(n)).map(|(_, id)| *id).collect();
    assert_eq!(left, kept, "in their order");
}

#[tokio::test]
async fn policy_of_one_role_writes_little() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}"#;
    for n in 0..500 {
        send(&emulator, iam("CreateRole", &[("RoleName", &format!("role-{n}")), ("AssumeRolePolicyDocument", TRUST)])).await;
    }
    let put = iam("PutRolePolicy", &[("RoleName", "role-7"), ("PolicyName", "own"), ("PolicyDocument", policy)]);
    let cost = cost(directory.path(), &emulator, put).await;
    assert!((1..1000).contains(&cost), "{cost} bytes");
}

#[tokio::test]
async fn to_assume_a_role_writes_nothing_however_often() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    send(&emulator, iam("CreateRole", &[("RoleName", "reader"), ("AssumeRolePolicyDocument", TRUST)])).await;
    let before = (written(directory.path()), serde_json::to_string(&emulator.account_state()).expect("its form").len());
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/reader");
    for n in 0..200 {
        let session = format!("session-{n}");
        let assume = query("sts", "2011-06-15", "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", &session)]);
        send(&emulator, assume).await;
    }
    let after = (written(directory.path()), serde_json::to_string(&emulator.account_state()).expect("its form").len());
    assert_eq!(after, before);
}

#[tokio::test]
async fn tag_of_one_function_writes_little() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    send(&emulator, iam("CreateRole", &[("RoleName", "convert"), ("AssumeRolePolicyDocument", TRUST)])).await;
    let zip = BASE64_STANDARD.encode(function::zip(&[("bootstrap", "x")]));
    let variables = json!({"TEXT": "x".repeat(3000)});
    let function = json!({"FunctionName": "convert", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/convert"), "Code": {"ZipFile": zip},
        "Environment": {"Variables": variables}});
    send(&emulator, ("lambda", "POST", "/2015-03-31/functions", "", function.to_string())).await;
    let (directory, emulator) = stored(&emulator, |world| many(&mut world["lambda"]["functions"], "convert", 200)).await;
    let put = ("lambda", "PUT", "/2017-10-31/functions/convert/concurrency", "", json!({"ReservedConcurrentExecutions": 3}));
    let put = (put.0, put.1, put.2, put.3, put.4.to_string());
    let reserve = cost(directory.path(), &emulator, put).await;
    assert!((1..1000).contains(&reserve), "{reserve} bytes");
    let tag = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Aconvert";
    let tag = cost(directory.path(), &emulator, ("lambda", "POST", tag, "", json!({"Tags": {"a": "b"}}).to_string())).await;
    assert!((1..1000).contains(&tag), "{tag} bytes, with the index of tags");
}

#[tokio::test]
async fn stage_of_one_api_writes_little() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    let api = asked(&emulator, ("apigateway", "POST", "/restapis", "", json!({"name": "numbers"}).to_string())).await;
    let (id, root) = (api["id"].as_str().expect("an id"), api["rootResourceId"].as_str().expect("an id"));
    let method = format!("/restapis/{id}/resources/{root}/methods/GET");
    send(&emulator, ("apigateway", "PUT", &method, "", json!({"authorizationType": "NONE"}).to_string())).await;
    let integration = json!({"type": "MOCK", "requestTemplates": {"application/json": "x".repeat(20_000)}}).to_string();
    send(&emulator, ("apigateway", "PUT", &format!("{method}/integration"), "", integration)).await;
    let deploy = format!("/restapis/{id}/deployments");
    let deployed = asked(&emulator, ("apigateway", "POST", &deploy, "", "{}".to_owned())).await;
    let (directory, emulator) = stored(&emulator, |world| many(&mut world["apigateway"]["apis"], id, 100)).await;
    let stage = json!({"stageName": "live", "deploymentId": deployed["id"]}).to_string();
    let cost = cost(directory.path(), &emulator, ("apigateway", "POST", &format!("/restapis/{id}/stages"), "", stage)).await;
    assert!((1..1000).contains(&cost), "{cost} bytes");
}
