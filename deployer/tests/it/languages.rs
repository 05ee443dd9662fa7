//! Functions in Python and JavaScript, from a directory of the project: applied, called by a flow and through the API, changed and
//! destroyed. Without the interpreters the test says so and tests nothing.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::program::{text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000000 } }
state: { directory: state }
functions:
  greet:
    code: { directory: functions/greet }
    runtime: python3.13
    handler: app.handler
    environment: { GREETING: hello }
  lookup:
    code:
      directory: functions/lookup
      build: mkdir built && cp *.mjs built && echo built >> \"$RUNS\"
      output: built
    runtime: nodejs22.x
    handler: index.handler
    allow: [{ actions: [sns:Publish], resources: [\"arn:aws:sns:${region}:${account}:alarms\"] }]
connect:
  alias: shop-dev
  functions: [greet, lookup]
  flows:
    main: { file: main.json, type: CONTACT_FLOW }
api:
  stage: live
  routes: { GET /greet: greet, GET /lookup: lookup }
";

const PYTHON: &str = "\
import json, os
def handler(event, context):
    if 'httpMethod' in event:
        return {'statusCode': 200, 'body': json.dumps({'from': context.function_name})}
    return {'words': os.environ['GREETING'] + ' from Python, ' + event['Details']['Parameters']['name']}
";

const NODE: &str = "\
export const handler = async (event) =>
  event.httpMethod ? { statusCode: 200, body: 'from JavaScript' } : { words: `JavaScript heard ${event.Details.Parameters.name}` };
";

/// Returns a flow that calls both functions and speaks what they answer.
fn flow() -> String {
    let call = |id: &str, function: &str, next: &str| {
        serde_json::json!({"Identifier": id, "Type": "InvokeLambdaFunction",
            "Parameters": {"LambdaFunctionARN": format!("${{functions.{function}.arn}}"), "InvocationTimeLimitSeconds": "8",
                           "LambdaInvocationAttributes": {"name": "Ada"}, "ResponseValidation": {"ResponseType": "STRING_MAP"}},
            "Transitions": {"NextAction": next, "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}})
    };
    let speak = |id: &str, next: &str| {
        serde_json::json!({"Identifier": id, "Type": "MessageParticipant", "Parameters": {"Text": "$.External.words"},
            "Transitions": {"NextAction": next, "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}})
    };
    let end = serde_json::json!({"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}});
    let actions =
        [call("one", "greet", "two"), speak("two", "three"), call("three", "lookup", "four"), speak("four", "end"), end];
    serde_json::json!({"Version": "2019-10-30", "StartAction": "one", "Metadata": {}, "Actions": actions}).to_string()
}

fn deployer(project: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deployer"));
    command.args(arguments).args(["--env", "dev"]).current_dir(project).env("RUNS", project.join("runs"));
    command.output().expect("the program starts")
}

fn succeeds(project: &Path, arguments: &[&str]) -> String {
    let output = deployer(project, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
#[cfg(unix)]
fn python_and_node_functions_answer_a_call() {
    let missing: Vec<String> =
        ["python3.13", "nodejs22.x"].into_iter().filter_map(deployer_emulator::missing_interpreter).collect();
    if !missing.is_empty() {
        eprintln!("not tried: {}", missing.join("; "));
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let project = directory.path();
    for (path, content) in [
        ("config/dev.yaml", SPEC),
        ("main.json", &flow()),
        ("functions/greet/app.py", PYTHON),
        ("functions/lookup/index.mjs", NODE),
    ] {
        write(project, path, content.as_bytes());
    }
    succeeds(project, &["check"]);
    succeeds(project, &["apply", "--yes"]);
    assert!(succeeds(project, &["plan"]).contains("no changes") || deployer(project, &["plan"]).status.success());
    let heard = succeeds(project, &["call", "--from", "+14155550100", "--digits", ""]);
    assert!(heard.contains("hello from Python, Ada") && heard.contains("JavaScript heard Ada"), "{heard}");

    write(project, "functions/greet/app.py", PYTHON.replace("from Python", "again from Python").as_bytes());
    let changed = succeeds(project, &["apply", "--yes", "--json"]);
    assert!(changed.contains("function.greet") && !changed.contains("\"function.lookup\",\"action\""), "{changed}");
    let heard = succeeds(project, &["call", "--from", "+14155550100", "--digits", ""]);
    assert!(heard.contains("hello again from Python"), "{heard}");
    assert_eq!(std::fs::read_to_string(project.join("runs")).expect("it was built").lines().count(), 1, "the command ran once");
    succeeds(project, &["destroy", "--yes"]);
}
