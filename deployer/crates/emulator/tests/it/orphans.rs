//! Processes of running functions after the embedded AWS is killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use crate::support::fresh::fresh;
use crate::support::function;

/// Environment variable with the path at which the child writes its process ID.
const SAYS: &str = "DEPLOYER_TEST_SAYS_PROCESS";

/// Helper that the next test starts and kills; not a test by itself.
#[tokio::test]
#[ignore = "runs a function that never ends; another test starts it"]
async fn run_until_killed() {
    let Some(says) = std::env::var_os(SAYS) else { return };
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 900, &[]).await;
    let invoke = |event: Value| lambda.invoke().function_name("f").payload(Blob::new(event.to_string())).send();
    let said = invoke(json!({})).await.expect("an invocation");
    let said: Value = serde_json::from_slice(said.payload().expect("a payload").as_ref()).expect("JSON");
    let says = Path::new(&says);
    let sleeps = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        std::fs::write(says.with_extension("new"), said["pid"].to_string()).expect("written");
        std::fs::rename(says.with_extension("new"), says).expect("renamed");
    };
    // The same warm process: it does not poll its Runtime API while it sleeps.
    let (slept, ()) = tokio::join!(invoke(json!({"sleep": 3600})), sleeps);
    panic!("it ended: {slept:?}");
}

/// Whether a process is running; a zombie is not.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

#[test]
fn no_function_process_survives_a_killed_emulator() {
    let directory = tempfile::tempdir().expect("a directory");
    let says = directory.path().join("process");
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "orphans::run_until_killed", "--ignored"]).env(SAYS, &says).stdout(Stdio::null());
    let mut child = command.spawn().expect("started");
    let pid: u32 = loop {
        if let Ok(text) = std::fs::read_to_string(&says) {
            break text.parse().expect("a process");
        }
        assert!(child.try_wait().expect("asked").is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(runs(pid));
    child.kill().expect("killed");
    child.wait().expect("ended");
    // Otherwise it would sleep for an hour.
    let ended = (0..6000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !runs(pid)
    });
    assert!(ended, "it still runs a minute later");
}
