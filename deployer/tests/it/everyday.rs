//! `invoke`, `logs` and `outputs NAME` on a deployed function in Python, through the command line. Without an interpreter the test says so
//! and tests nothing.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::support::program::{command, text, write};

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
  other:
    code: { directory: functions/greet }
    runtime: python3.13
    handler: app.handler
";

const PYTHON: &str = "\
def handler(event, context):
    print('greeting', event['name'])
    return {'words': 'hello, ' + event['name']}
";

fn run(project: &Path, arguments: &[&str]) -> Output {
    command(project, arguments).env("DEPLOYER_ENV", "dev").output().expect("the program runs")
}

/// Returns standard output and standard error of a command that must end with this code.
fn ends(project: &Path, arguments: &[&str], code: i32) -> (String, String) {
    let output = run(project, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {out}{err}");
    (out, err)
}

fn deployed() -> Option<tempfile::TempDir> {
    if let Some(missing) = deployer_emulator::missing_interpreter("python3.13") {
        eprintln!("not tried: {missing}");
        return None;
    }
    let directory = tempfile::tempdir().expect("a directory");
    write(directory.path(), "config/dev.yaml", SPEC);
    write(directory.path(), "functions/greet/app.py", PYTHON);
    let (_, err) = ends(directory.path(), &["invoke", "greet"], 2);
    assert!(err.contains("the function greet of the environment dev is not deployed"), "{err}");
    ends(directory.path(), &["apply", "--yes"], 0);
    Some(directory)
}

/// A shell's own reader judges the scripts and pages, if it is installed; otherwise they must at least name every command.
#[test]
fn completions_and_pages_name_every_command() {
    let directory = tempfile::tempdir().expect("a directory");
    let project = directory.path();
    let commands = ["apply", "logs", "invoke", "doctor", "status"];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (script, _) = ends(project, &["completions", shell], 0);
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
        write(project, &format!("{shell}.sh"), &script);
        if ["bash", "fish", "zsh"].contains(&shell)
            && let Ok(read) = std::process::Command::new(shell).arg("-n").arg(project.join(format!("{shell}.sh"))).output()
        {
            assert!(read.status.success() && read.stderr.is_empty(), "{shell}: {}", text(&read.stderr));
        }
    }
    ends(project, &["man", "--out", "man"], 0);
    for page in ["deployer.1", "deployer-logs.1", "deployer-state-list.1"] {
        let page = std::fs::read_to_string(project.join("man").join(page)).expect(page);
        assert!(page.contains(".SH OPTIONS"), "{page}");
    }
    assert!(ends(project, &["man"], 0).0.contains(".SH NAME"));
}

#[test]
fn colour_is_as_the_option_says() {
    let directory = tempfile::tempdir().expect("a directory");
    let is_coloured = |(out, err): (String, String)| format!("{out}{err}").contains('\u{1b}');
    assert!(!is_coloured(ends(directory.path(), &["check"], 2)));
    assert!(is_coloured(ends(directory.path(), &["--color", "always", "check"], 2)));
    assert!(!is_coloured(ends(directory.path(), &["--color", "never", "check"], 2)));
    let never = command(directory.path(), &["check", "--env", "dev", "--color", "never"]).env("CLICOLOR_FORCE", "1").output();
    assert!(!text(&never.expect("it runs").stderr).contains('\u{1b}'));
    let forced = command(directory.path(), &["check", "--env", "dev"]).env("CLICOLOR_FORCE", "1").output();
    assert!(text(&forced.expect("it runs").stderr).contains('\u{1b}'));
}

/// The checks of a machine with a spec on the embedded AWS, before and after it is deployed, and with a damaged state.
#[test]
#[cfg(unix)]
fn doctor_names_what_fails_and_what_to_do() {
    let directory = tempfile::tempdir().expect("a directory");
    let project = directory.path();
    let spec = "project: shop\nenvironment: dev\nprovider: { embedded: {} }\nstate: { directory: state }\n\
                tables: { callers: { key: { partition: { number: S } } } }\n";
    write(project, "config/dev.yaml", spec);
    let found = |code: i32| -> Vec<Value> {
        let (out, _) = ends(project, &["doctor", "--json"], code);
        let document: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(document["ok"], code == 0);
        document["checks"].as_array().expect("checks").clone()
    };
    let level = |findings: &[Value], check: &str| {
        findings.iter().find(|finding| finding["check"] == check).map(|finding| finding["level"].clone())
    };
    assert_eq!(level(&found(0), "embedded AWS"), Some("ok".into()));
    ends(project, &["apply", "--yes"], 0);
    let findings = found(0);
    assert_eq!((level(&findings, "embedded AWS"), level(&findings, "state")), (Some("ok".into()), Some("ok".into())));
    write(project, "state/state.json", "{\"format\": 5,");
    assert_eq!(level(&found(1), "state"), Some("fail".into()));
    write(project, ".deployer/dev/aws/state.log", "not a log");
    assert_eq!(level(&found(1), "embedded AWS"), Some("fail".into()));
    write(project, "config/dev.yaml", "project: shop\n");
    let findings = found(1);
    assert_eq!(level(&findings, "spec"), Some("fail".into()));
    assert!(level(&findings, "proxy").is_some(), "what needs no spec is still checked");
}

#[test]
#[cfg(unix)]
fn function_is_invoked_and_its_log_read() {
    let Some(directory) = deployed() else { return };
    let project = directory.path();
    let (out, err) = ends(project, &["invoke", "greet", "--payload", r#"{"name": "Ada"}"#, "--logs"], 0);
    assert_eq!(out, "{\"words\": \"hello, Ada\"}\n");
    assert!(err.contains("greeting Ada"), "{err}");
    write(project, "event.json", r#"{"name": "Grace"}"#);
    assert_eq!(ends(project, &["invoke", "greet", "--payload", "event.json"], 0).0, "{\"words\": \"hello, Grace\"}\n");
    let piped = command(project, &["invoke", "other", "--env", "dev", "--payload", "-", "--json"])
        .stdin(Stdio::from(std::fs::File::open(project.join("event.json")).expect("it is there")))
        .output()
        .expect("the program runs");
    let document: Value = serde_json::from_slice(&piped.stdout).expect("JSON");
    assert_eq!((&document["payload"]["words"], &document["function_error"]), (&"hello, Grace".into(), &Value::Null));

    let (out, err) = ends(project, &["invoke", "greet"], 6);
    assert!(out.is_empty() && err.starts_with("error: the function greet failed: KeyError: 'name'\n"), "{out}{err}");
    let (_, err) = ends(project, &["invoke", "great"], 2);
    assert!(err.contains("did you mean greet?"), "{err}");
    let (_, err) = ends(project, &["invoke", "greet", "--alias", "live"], 1);
    assert!(err.contains("ResourceNotFoundException"), "{err}");

    let (all, _) = ends(project, &["logs"], 0);
    let at = |word: &str| all.find(word).unwrap_or_else(|| panic!("{word} is missing in {all}"));
    assert!(at("greeting Ada") < at("greeting Grace") && all.contains(" other greeting Grace"), "{all}");
    let (filtered, _) = ends(project, &["logs", "--function", "greet", "--filter", "greeting G", "--json"], 0);
    let lines: Vec<Value> = filtered.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 1, "{filtered}");
    assert_eq!((&lines[0]["source"], &lines[0]["message"]), (&"greet".into(), &"greeting Grace".into()));
    let (_, err) = ends(project, &["logs", "--follow"], 2);
    assert!(err.contains("deployer local serve --env dev"), "{err}");
    let (_, err) = ends(project, &["logs", "--flows"], 2);
    assert!(err.contains("a Connect instance of the environment dev is not deployed"), "{err}");
}
