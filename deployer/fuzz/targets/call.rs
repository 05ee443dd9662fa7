//! Fuzz target: a simulated call to anything that parses as a flow.

#![no_main]

#[path = "../../crates/flow/tests/it/support/instance.rs"]
mod instance;

use instance::{Instance, dial};

// The first line holds the caller's keys.
libfuzzer_sys::fuzz_target!(|input: &str| {
    let Some((keys, text)) = input.split_once('\n') else { return };
    let Ok(document) = serde_json::from_str(text) else { return };
    if deployer_flow::Flow::parse(text).is_err() || deployer_flow::interpret::Script::parse(keys).is_err() {
        return;
    }
    let answer = Ok(serde_json::json!({"status": "OK", "speech": "<speak>a &amp; b</speak>"}));
    let instance = Instance { answer, open: Some(true), ..Instance::default() };
    let transcript = dial(&instance, &document, Some("+12065550123"), keys);
    assert!(transcript.path.len() <= 1000 && !transcript.outcome.is_empty());
});
