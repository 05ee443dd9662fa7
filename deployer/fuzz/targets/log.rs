//! Fuzz target: the file in which the embedded AWS keeps its state, damaged. Each three bytes of the input change one byte; an odd last one
//! cuts the end off.

#![no_main]

mod support;

use std::path::Path;
use std::sync::LazyLock;

use deployer_emulator::Emulator;

/// A file with entries, and the state after each of them.
static ORIGINAL: LazyLock<(Vec<u8>, Vec<String>)> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    let mut states = Vec::new();
    support::runtime().block_on(async {
        let emulator = open(directory.path()).expect("opens");
        states.push(state(&emulator));
        for number in 0..12 {
            let body = format!(r#"{{"logGroupName":"/example/{number}","tags":{{"number":"{number}"}}}}"#);
            let request = support::request("logs", "POST", "/", "Logs_20140328.CreateLogGroup", body.as_bytes());
            let response = emulator.handle(request.expect("a request")).await;
            assert!(response.status().is_success());
            states.push(state(&emulator));
        }
    });
    (std::fs::read(directory.path().join("state.log")).expect("the file"), states)
});

fn open(directory: &Path) -> Result<std::sync::Arc<Emulator>, deployer_emulator::Failure> {
    Emulator::open(support::options(Some(directory.to_owned())))
}

fn state(emulator: &Emulator) -> String {
    serde_json::to_string(&emulator.account_state()).expect("a state is JSON")
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (mut file, states) = (ORIGINAL.0.clone(), &ORIGINAL.1);
    let mut edits = bytes.chunks_exact(3);
    for edit in &mut edits {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % file.len();
        file[at] = edit[2];
    }
    if let [first, ..] = edits.remainder() {
        file.truncate(file.len() - usize::from(*first) * file.len() / 512);
    }
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("state.log"), &file).expect("written");
    support::runtime().block_on(async {
        if let Ok(emulator) = open(directory.path()) {
            assert!(states.contains(&state(&emulator)), "a state that never was");
        } else {
            let now = std::fs::read(directory.path().join("state.log")).expect("still there");
            assert!(now == file, "what is refused stays as it is");
        }
    });
});
