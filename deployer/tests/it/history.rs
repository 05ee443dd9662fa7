//! `history`, `rollback` and `apply --on-failure rollback`: what was applied comes back, and nothing secret is kept.

use std::path::Path;

use serde_json::Value;

use crate::support::program::{command, text, wav, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000000 } }
state: STATE
functions:
  greet:
    code: { directory: functions/greet }
    runtime: python3.13
    handler: app.handler
    memory_mb: 128
    environment: { API_KEY: { secret: SHOP_API_KEY } }
connect:
  alias: shop-dev
  deletion_protection: false
  functions: [greet]
  prompts:
    welcome: { file: welcome.wav }
  flows:
    main: { file: flows/main.json }
";

const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "hello", "Metadata": {}, "Actions": [
  {"Identifier": "hello", "Type": "MessageParticipant", "Parameters": {"Text": "Welcome to the shop."},
   "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

const CODE: &str = "def handler(event, context):\n    return {}\n";
const FAILING: &str = concat!(
    "  other:\n    code: { s3: { bucket: nowhere-bucket, key: code.zip } }\n",
    "    runtime: python3.13\n    handler: app.handler\n"
);
const OLD_SECRET: &str = "correct-horse-battery";
const NEW_SECRET: &str = "staple-battery-horse";

/// Returns the exit code of a command, and all that it prints.
fn run(root: &Path, secret: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = command(root, &[arguments, &["--env", "dev"]].concat());
    let output = command.env("SHOP_API_KEY", secret).env("USER", "octocat").output().expect("the program runs");
    (output.status.code().expect("it exits"), text(&output.stdout) + &text(&output.stderr))
}

fn succeeds(root: &Path, secret: &str, arguments: &[&str]) -> String {
    let (code, said) = run(root, secret, arguments);
    assert_eq!(code, 0, "{arguments:?}: {said}");
    said
}

fn spec(state: &str) -> String {
    SPEC.replace("STATE", state)
}

/// Writes the project as it is first.
fn first(root: &Path, state: &str) {
    write(root, "config/dev.yaml", spec(state));
    write(root, "flows/main.json", FLOW);
    write(root, "functions/greet/app.py", CODE);
    write(root, "welcome.wav", wav(&[0; 800]));
}

/// Writes the project as it is later: every kind of content differs.
fn second(root: &Path, state: &str) {
    write(root, "config/dev.yaml", spec(state).replace("128", "256"));
    write(root, "flows/main.json", FLOW.replace("Welcome", "Hello"));
    write(root, "functions/greet/app.py", CODE.replace("{}", "{\"v\": 2}"));
    write(root, "welcome.wav", wav(&[1; 800]));
}

fn history(root: &Path) -> Vec<Value> {
    serde_json::from_str(&succeeds(root, OLD_SECRET, &["history", "--json"])).expect("JSON")
}

/// Whether a file below the directory contains the text.
fn contains(directory: &Path, text: &str) -> bool {
    std::fs::read_dir(directory).expect("a directory").flatten().any(|entry| match entry.path() {
        path if path.is_dir() => contains(&path, text),
        path => std::fs::read(path).expect("a file").windows(text.len()).any(|part| part == text.as_bytes()),
    })
}

/// A rollback leads to exactly what an apply of the earlier project would, whatever backend keeps the contents; a secret that was changed
/// since keeps its present value.
#[test]
fn rollback_restores_spec_flows_code_and_recordings() {
    for state in ["{ directory: state }", "{ s3: {} }"] {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let root = directory.path();
        first(root, state);
        if state.contains("s3") {
            succeeds(root, OLD_SECRET, &["bootstrap", "--yes"]);
        }
        succeeds(root, OLD_SECRET, &["apply", "--yes"]);
        second(root, state);
        succeeds(root, NEW_SECRET, &["apply", "--yes"]);
        // The spec of the working tree makes no difference.
        write(root, "config/dev.yaml", spec(state).replace("128", "512"));
        std::fs::remove_file(root.join("flows/main.json")).expect("it is there");
        let (code, said) = run(root, "", &["rollback", "--yes"]);
        assert!(code == 2 && said.contains("is empty"), "{said}");
        let shown = succeeds(root, NEW_SECRET, &["rollback", "--plan"]);
        assert!(shown.contains("memory_mb: 256 → 128") && shown.contains("Back to run 1"), "{shown}");
        let said = succeeds(root, NEW_SECRET, &["rollback", "--yes"]);
        assert!(said.contains("3 updated") || said.contains("4 updated"), "{said}");
        first(root, state);
        let said = succeeds(root, NEW_SECRET, &["plan", "--exit-code"]);
        assert!(said.contains("No changes"), "{said}");
        let runs = history(root);
        let of = |at: usize| (runs[at]["number"].clone(), runs[at]["result"].clone(), runs[at]["restores"].clone());
        assert_eq!(of(0), (3.into(), "applied".into(), 1.into()));
        assert_eq!(of(2), (1.into(), "applied".into(), Value::Null));
        assert_eq!(
            runs[1]["changes"]["function.greet"]["properties"],
            serde_json::json!(["code_sha256", "environment", "memory_mb"])
        );
        assert_eq!((&runs[0]["origin"]["user"], &runs[0]["contents_kept"]), (&"octocat".into(), &true.into()));
        // Back again, to what the second run applied.
        succeeds(root, NEW_SECRET, &["rollback", "--to", "2", "--yes"]);
        second(root, state);
        assert!(succeeds(root, NEW_SECRET, &["plan"]).contains("No changes"));
        if state.contains("directory") {
            assert!(contains(&root.join("state"), "Hello to the shop"), "the contents are there");
            assert!(![OLD_SECRET, NEW_SECRET].iter().any(|secret| contains(&root.join("state"), secret)));
        }
    }
}

#[test]
fn failed_apply_is_rolled_back_on_request() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (root, state) = (directory.path(), "{ directory: state }");
    first(root, state);
    succeeds(root, OLD_SECRET, &["apply", "--yes"]);
    write(root, "config/dev.yaml", spec(state).replace("128", "256").replace("connect:", &format!("{FAILING}connect:")));
    let (code, said) = run(root, OLD_SECRET, &["apply", "--yes", "--on-failure", "rollback"]);
    assert!(code == 1 && said.contains("NoSuchBucket") && said.contains("Back to run 1"), "{said}");
    first(root, state);
    assert!(succeeds(root, OLD_SECRET, &["plan"]).contains("No changes"));
    let runs = history(root);
    let results: Vec<&str> = runs.iter().filter_map(|run| run["result"].as_str()).collect();
    assert_eq!(results, ["applied", "failed", "applied"]);
    assert_eq!(runs[1]["failed"], serde_json::json!(["function.other"]));
}

/// Contents that are lost or damaged are not used, and say so before anything is touched.
#[test]
fn damaged_contents_are_refused() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (root, state) = (directory.path(), "{ directory: state }");
    first(root, state);
    succeeds(root, OLD_SECRET, &["apply", "--yes"]);
    second(root, state);
    succeeds(root, OLD_SECRET, &["apply", "--yes"]);
    let before = std::fs::read(root.join("state/state.json")).expect("it is there");
    for file in std::fs::read_dir(root.join("state/history")).expect("it is there").flatten() {
        let mut bytes = std::fs::read(file.path()).expect("a file");
        bytes[0] ^= 1;
        std::fs::write(file.path(), bytes).expect("written");
    }
    let (code, said) = run(root, OLD_SECRET, &["rollback", "--yes"]);
    assert!(code == 2 && said.contains("are not kept") && said.contains("revision"), "{said}");
    assert_eq!(std::fs::read(root.join("state/state.json")).expect("it is there"), before);
}
