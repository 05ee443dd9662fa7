//! Every operation of Connect rejects invalid requests: missing or malformed members, missing resources, duplicates, and denied actions. An
//! operation without an entry fails the first test.

mod case;
mod fixture;
mod table_contents;
mod table_instance;
mod table_numbers;
mod table_routing;
mod table_transfer;
mod table_workspace;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use case::{Again, Case};
use deployer_emulator::services::connect::operations;
use deployer_emulator::{AccountState, Clock, Emulator, Limits, Options};
use fixture::Fixture;
use serde_json::Value;

use crate::support::fresh::{ACCOUNT, REGION};

/// An ID of no resource.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn table() -> Vec<Case> {
    [
        table_instance::cases(),
        table_routing::cases(),
        table_contents::cases(),
        table_numbers::cases(),
        table_workspace::cases(),
        table_transfer::cases(),
    ]
    .concat()
}

struct Answer {
    status: u16,
    code: String,
    message: String,
}

async fn send(emulator: &Emulator, method: &str, path: &str, body: &str) -> (u16, String, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://aws.example{path}"))
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential=test/20261123/{REGION}/connect/aws4_request"))
        .body(Bytes::from(body.to_owned()))
        .expect("a request");
    let answer = emulator.handle(request).await;
    let code = answer.headers().get("x-amzn-errortype").and_then(|code| code.to_str().ok()).unwrap_or_default().to_owned();
    (answer.status().as_u16(), code, serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// Returns an emulator with a copy of the fixture's state.
fn copy(fixture: &Fixture, limits: Limits) -> Arc<Emulator> {
    let world: AccountState = fixture.fresh.emulator.account_state();
    let clock = Arc::clone(&fixture.fresh.clock) as Arc<dyn Clock>;
    let (account, region) = (ACCOUNT.to_owned(), REGION.to_owned());
    Emulator::from_account_state(Options { directory: None, account, region, clock, speed: 1.0, seed: Some(8), limits }, world)
}

async fn ask(emulator: &Emulator, fixture: &Fixture, case: &Case) -> Answer {
    let (path, body) = case.filled(fixture);
    let (status, code, answer) = send(emulator, case.method, &path, &body).await;
    Answer { status, code, message: answer.to_string() }
}

/// Sends a request, and expects an error without any change of the state.
async fn refused(emulator: &Emulator, fixture: &Fixture, case: &Case, why: &str) -> Answer {
    let before = serde_json::to_value(emulator.account_state()).expect("JSON");
    let answer = ask(emulator, fixture, case).await;
    let what = case.operation;
    assert!((400..500).contains(&answer.status), "{what}, {why}: {} {} {}", answer.status, answer.code, answer.message);
    assert!(serde_json::to_value(emulator.account_state()).expect("JSON") == before, "{what}, {why}: something has changed");
    answer
}

const INVALID: [&str; 2] = ["InvalidParameterException", "InvalidRequestException"];

#[test]
fn every_operation_has_one_entry() {
    let served: BTreeSet<&str> = operations().collect();
    let listed: Vec<&str> = table().iter().map(|case| case.operation).collect();
    let missing: Vec<_> = served.iter().filter(|operation| !listed.contains(operation)).collect();
    assert!(missing.is_empty(), "these have no entry: {missing:?}");
    assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len(), "one of them is listed twice");
    assert_eq!(listed.len(), served.len(), "one of them is not served");
}

#[tokio::test]
async fn every_case_is_valid_and_repeats_as_expected() {
    let fixture = fixture::fixture().await;
    for case in table() {
        let emulator = copy(&fixture, Limits::default());
        let first = ask(&emulator, &fixture, &case).await;
        assert!(first.status < 300, "{}: {} {} {}", case.operation, first.status, first.code, first.message);
        match case.again {
            Again::Good => {
                let again = ask(&emulator, &fixture, &case).await;
                assert!(again.status < 300, "{} again: {} {}", case.operation, again.code, again.message);
            }
            Again::Refused(code) => {
                assert_eq!(refused(&emulator, &fixture, &case, "again").await.code, code, "{} again", case.operation);
            }
        }
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let fixture = fixture::fixture().await;
    let emulator = copy(&fixture, Limits::default());
    for case in table() {
        for member in &case.required {
            let answer = refused(&emulator, &fixture, &case.without(member), member).await;
            let name = member.rsplit('/').next().unwrap_or_default();
            assert!(INVALID.contains(&answer.code.as_str()), "{} without {member}: {}", case.operation, answer.code);
            assert!(
                answer.message.to_lowercase().contains(&name.to_lowercase()),
                "{} without {member}: {}",
                case.operation,
                answer.message
            );
        }
    }
}

#[tokio::test]
async fn what_is_malformed_is_refused() {
    let fixture = fixture::fixture().await;
    let emulator = copy(&fixture, Limits::default());
    for case in table() {
        let long = "x".repeat(251);
        let bad = case.malformed.iter().map(|(member, value)| (format!("{member} = {value}"), case.with(member, value.clone())));
        let bad = bad.chain(case.with_instance(&long).map(|bad| ("an instance's id that is too long".to_owned(), bad)));
        let all: Vec<_> = bad.collect();
        assert!(!all.is_empty() || case.takes_anything, "{}: nothing malformed is tried", case.operation);
        for (why, bad) in all {
            let answer = refused(&emulator, &fixture, &bad, &why).await;
            let code = answer.code.as_str();
            let known = INVALID.contains(&code) || matches!(code, "SerializationException") || Some(code) == case.own_code;
            assert!(known, "{}, {why}: {code} {}", case.operation, answer.message);
        }
    }
}

#[tokio::test]
async fn what_is_absent_is_not_found() {
    let fixture = fixture::fixture().await;
    let emulator = copy(&fixture, Limits::default());
    for case in table() {
        for (why, bad) in case.absent() {
            let answer = refused(&emulator, &fixture, &bad, &why).await;
            let said = (answer.status, answer.code.as_str());
            assert_eq!(said, (404, "ResourceNotFoundException"), "{}, {why}: {}", case.operation, answer.message);
        }
    }
}

#[tokio::test]
async fn denied_requests_name_action_and_resource() {
    let fixture = fixture::fixture().await;
    for case in table() {
        let resource = fixture.fill(case.judged_on);
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},
                {{"Effect":"Deny","Action":"connect:{}","Resource":"{resource}"}}]}}"#,
            case.operation
        );
        let emulator = copy(&fixture, Limits { as_role: Some(policy), ..Limits::default() });
        let answer = refused(&emulator, &fixture, &case, "denied").await;
        assert_eq!((answer.status, answer.code.as_str()), (403, "AccessDeniedException"), "{}", case.operation);
        let wanted = format!("is not authorized to perform: connect:{} on resource: {resource} with", case.operation);
        assert!(answer.message.contains(&wanted), "{}: {} does not say {wanted}", case.operation, answer.message);
    }
}

#[tokio::test]
async fn single_permission_allows_only_its_operation() {
    let fixture = fixture::fixture().await;
    for case in table() {
        let described =
            if case.operation.starts_with("Search") { r#""connect:Describe*","connect:ListUserProficiencies","# } else { "" };
        // Allows all further actions of an operation, but of Connect's only the operation itself, its tags, and the descriptions that a
        // search returns.
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Resource":"*","Action":["connect:{}","connect:TagResource",
                {described}"ds:*","firehose:*","iam:*","kinesis:*","kms:*","lambda:*","lex:*","logs:*","s3:*"]}}]}}"#,
            case.operation
        );
        let emulator = copy(&fixture, Limits { as_role: Some(policy), ..Limits::default() });
        let answer = ask(&emulator, &fixture, &case).await;
        assert!(answer.status < 300, "{}: {} {}", case.operation, answer.code, answer.message);
    }
}
