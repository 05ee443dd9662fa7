//! `deployer check` finds cycles in the creation order before anything is compiled or opened.

use std::process::{Command, Stdio};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: {} }
state: { directory: state }
functions:
  lookup: { package: lookup, environment: { FLOW: \"${connect.flows.main.arn}\" } }
connect:
  alias: shop-dev
  functions: [lookup]
  flows:
    main: { file: main.json }
";

const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "end", "Metadata": {}, "Actions": [
  {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

#[test]
fn mutual_function_and_flow_dependencies_are_cyclic() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    std::fs::create_dir(root.join("config")).expect("made");
    std::fs::write(root.join("config/dev.yaml"), SPEC).expect("written");
    std::fs::write(root.join("main.json"), FLOW).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_deployer"))
        .args(["check", "--env", "dev"])
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for thing in ["config/dev.yaml", "circle", "function.lookup", "flow.main"] {
        assert!(said.contains(thing), "{thing} is not in: {said}");
    }
}
