//! The lifecycle of a prompt through the command line, from its file to the call and its deletion, without any function to compile.

use std::path::Path;

use serde_json::Value;

use crate::support::program::{run, text, wav, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000000 } }
state: { directory: state }
connect:
  alias: shop-dev
  prompts:
    greeting: { file: prompts/greeting.wav, description: Says hello }
    music: { file: prompts/music.wav }
  flows:
    main: { file: flows/main.json }
";

const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "hello", "Metadata": {}, "Actions": [
  {"Identifier": "hello", "Type": "MessageParticipant", "Parameters": {"PromptId": "${connect.prompts.greeting.arn}"},
   "Transitions": {"NextAction": "music", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "music", "Type": "MessageParticipant", "Parameters": {"PromptId": "${connect.prompts.music.id}"},
   "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    write(root, "config/dev.yaml", SPEC.as_bytes());
    write(root, "flows/main.json", FLOW.as_bytes());
    write(root, "prompts/greeting.wav", wav(&[0x7f; 80]));
    write(root, "prompts/music.wav", wav(&[0xff; 800]));
    directory
}

/// Returns the standard output of a command that must end with this code.
fn said(project: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(project, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Returns the text output for people.
fn shown(project: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(project, arguments);
    let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {all}");
    all
}

fn heard(project: &Path) -> Value {
    let transcript = said(project, &["call", "--env", "dev", "--withheld", "--json"], 0);
    serde_json::from_str::<Value>(&transcript).expect("JSON")["heard"].clone()
}

#[test]
fn recording_is_deployed_heard_replaced_and_deleted() {
    let project = project();
    let root = project.path();
    assert!(said(root, &["check", "--env", "dev"], 0).contains("2 prompts"));
    said(root, &["apply", "--env", "dev", "--yes"], 0);
    assert_eq!(heard(root), serde_json::json!(["[prompt greeting]", "[prompt music]"]));
    said(root, &["plan", "--env", "dev", "--exit-code"], 0);
    assert!(said(root, &["outputs", "--env", "dev"], 0).contains("prompt greeting"));

    write(root, "prompts/greeting.wav", wav(&[0x3f; 80]));
    let plan = shown(root, &["plan", "--env", "dev", "--exit-code"], 4);
    assert!(plan.contains("prompt.greeting") && plan.contains("recording.greeting"), "{plan}");
    assert!(!plan.contains("music") && !plan.contains("flow.main"), "{plan}");
    said(root, &["apply", "--env", "dev", "--yes"], 0);
    said(root, &["plan", "--env", "dev", "--exit-code"], 0);

    // Without recorded state everything is found again, including recordings.
    std::fs::remove_dir_all(root.join("state")).expect("gone");
    let rebuilt = shown(root, &["apply", "--env", "dev", "--yes"], 0);
    assert!(!rebuilt.contains("update in place"), "{rebuilt}");

    said(root, &["destroy", "--env", "dev", "--yes"], 0);
    let left = shown(root, &["state", "list", "--env", "dev"], 0);
    assert!(!left.contains("prompt") && !left.contains("recording"), "{left}");
}

#[test]
fn invalid_prompt_files_are_reported_offline() {
    let project = project();
    let root = project.path();
    let mut stereo = wav(&[0xff; 800]);
    stereo[22] = 2;
    write(root, "prompts/greeting.wav", &stereo);
    std::fs::remove_file(root.join("prompts/music.wav")).expect("gone");
    let output = run(root, &["check", "--env", "dev"]);
    let faults = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{faults}");
    assert!(faults.contains("prompt greeting: prompts/greeting.wav: it has 2 channels"), "{faults}");
    assert!(faults.contains("prompt music: prompts/music.wav: No such file"), "{faults}");
    assert!(!root.join(".deployer").exists(), "nothing was changed");
}
