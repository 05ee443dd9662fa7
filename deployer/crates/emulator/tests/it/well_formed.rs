//! XML responses are well-formed, whatever text a request contains.

use std::sync::Arc;

use bytes::Bytes;
use deployer_emulator::response::xml_escape;
use futures::FutureExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Returns the status and the document of a response; `None` if there is no body.
fn ask(fresh: &TestEmulator, method: &str, service: &str, path: &str, body: String) -> (u16, Option<String>) {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261123/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=x"
    );
    let request = http::Request::builder().method(method).uri(format!("http://localhost{path}")).header("authorization", scope);
    let request = request.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD").body(Bytes::from(body)).expect("a request");
    let response = Arc::clone(&fresh.emulator).handle(request).now_or_never().expect("nothing waits");
    let text = String::from_utf8(response.body().to_vec()).expect("text");
    (response.status().as_u16(), (!text.is_empty()).then_some(text))
}

fn is_document(answer: &(u16, Option<String>)) -> Result<(), TestCaseError> {
    if let Some(text) = &answer.1 {
        prop_assert!(roxmltree::Document::parse(text).is_ok(), "{answer:?}");
    }
    Ok(())
}

/// Generates any text, with control characters as often as others.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>(),
        (0u32..0x20).prop_map(|code| char::from_u32(code).unwrap_or('x')),
        Just('\u{fffe}'),
        Just('\u{ffff}'),
        Just('&'),
        Just('<'),
        Just('>'),
        Just('"'),
        Just('\''),
        Just(']')
    ];
    prop::collection::vec(character, 0..24).prop_map(String::from_iter)
}

#[test]
fn escaped_text_is_read_back() {
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&text(), |text| {
        let document = format!("<a b=\"{0}\">{0}</a>", xml_escape(&text));
        let parsed = roxmltree::Document::parse(&document);
        prop_assert!(parsed.is_ok(), "{document:?}");
        let kept = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        let expected: String = text.chars().map(|c| if kept(c) { c } else { '\u{fffd}' }).collect();
        let parsed = parsed.expect("checked");
        prop_assert_eq!(parsed.root_element().text().unwrap_or_default(), expected);
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_answer_is_a_document() {
    let fresh = fresh();
    let made = ask(&fresh, "PUT", "s3", "/birds-of-passage", String::new());
    assert!(made.0 < 500, "{made:?}");
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&text(), |text| {
        let word = encoded(&text);
        for (method, path, body) in [
            ("PUT", format!("/birds-of-passage/k{word}"), text.clone()),
            ("GET", format!("/birds-of-passage/none{word}"), String::new()),
            ("GET", format!("/birds-of-passage?list-type=2&prefix=k{word}&delimiter={word}&start-after={word}"), String::new()),
            ("GET", format!("/birds-of-passage?list-type=2&continuation-token={word}"), String::new()),
            ("GET", format!("/birds-of-passage?versions&key-marker={word}"), String::new()),
            ("GET", format!("/{word}"), String::new()),
            ("POST", "/birds-of-passage?delete".to_owned(), text.clone()),
            ("PUT", "/birds-of-passage?tagging".to_owned(), text.clone()),
            ("GET", format!("/birds-of-passage?{word}"), String::new()),
        ] {
            is_document(&ask(&fresh, method, "s3", &path, body))?;
        }
        for action in [
            format!("Action={word}"),
            format!("Action=CreateRole&RoleName=r{word}&AssumeRolePolicyDocument=x{word}"),
            format!("Action=GetRole&RoleName={word}"),
            format!("Action=TagRole&RoleName={word}&Tags.member.1.Key={word}&Tags.member.1.Value={word}"),
            format!("Action=ListRoles&PathPrefix={word}&Marker={word}"),
        ] {
            is_document(&ask(&fresh, "POST", "iam", "/", action))?;
        }
        let role = encoded(&format!("arn:aws:iam::{ACCOUNT}:role/{text}"));
        is_document(&ask(&fresh, "POST", "sts", "/", format!("Action=AssumeRole&RoleArn={role}&RoleSessionName={word}")))?;
        is_document(&ask(&fresh, "POST", "sts", "/", format!("Action={word}")))
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}
