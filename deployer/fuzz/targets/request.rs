//! Fuzz target: requests to the embedded AWS. The first line is `SERVICE METHOD PATH TARGET`, the rest is the body.

#![no_main]

mod support;

use deployer_emulator::{AccountState, Emulator};

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
        support::check(&response);
    });
});
