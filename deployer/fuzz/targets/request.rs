//! Fuzz target: requests to the embedded AWS. The first line is `SERVICE METHOD PATH TARGET`, the rest is the body.

#![no_main]

mod support;

use bytes::Bytes;
use deployer_emulator::{AccountState, Emulator};
use http::Response;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, body) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let Ok(line) = std::str::from_utf8(line) else { return };
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let Some(request) = support::request(word(), word(), word(), word(), body) else { return };
    support::runtime().block_on(async {
        let emulator = Emulator::from_account_state(support::options(None), AccountState::empty("111122223333", "us-east-1"));
        let response = emulator.handle(request).await;
        assert_ne!(response.status(), 500, "no request makes the embedded AWS fail");
        check(&response);
    });
});

/// Panics if a response claims a format that its body does not have.
fn check(response: &Response<Bytes>) {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let body = response.body();
    if body.is_empty() {
        return;
    }
    if kind.contains("xml") {
        let text = std::str::from_utf8(body).expect("XML is UTF-8");
        roxmltree::Document::parse(text).expect("the response is well-formed");
    } else if kind.contains("json") {
        serde_json::from_slice::<serde_json::Value>(body).expect("the response is JSON");
    }
}
