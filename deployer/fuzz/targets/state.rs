//! Fuzz target: the deployer's state file.

#![no_main]

use deployer_engine::{EnvironmentId, State};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = |text: &str| text.to_owned();
    let site =
        EnvironmentId { project: text("p"), environment: text("e"), account: text("111122223333"), region: text("us-east-1") };
    let _ = State::parse(bytes, &site, "state.json");
    let Ok(state) = State::parse_unverified(bytes, &site, "state.json") else { return };
    let written = state.to_bytes().expect("a state that was read can be written");
    assert_eq!(State::parse(&written, &site, "state.json").expect("what was written is read"), state);
});
