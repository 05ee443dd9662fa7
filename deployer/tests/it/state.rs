//! States of other formats: refused by every command, replaced by `state rebuild --force`.

use crate::support::program::{run, text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000 } }
state: { directory: state }
tables:
  numbers: { key: { partition: { id: S } } }
";

#[test]
fn state_is_found_beside_mistakes_in_the_spec() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    write(root, "config/dev.yaml", SPEC);
    let said = |arguments: &[&str]| {
        let output = run(root, &[arguments, &["--env", "dev"]].concat());
        (output.status.code().expect("it exits"), text(&output.stdout), text(&output.stderr))
    };
    for command in [&["outputs"][..], &["state", "rm", "table.numbers"], &["state", "pull"], &["state", "show", "table.numbers"]]
    {
        let (exit, _, error) = said(command);
        assert!(exit == 2 && error.starts_with("error: "), "{command:?}: {exit} {error}");
    }
    assert_eq!(said(&["apply", "--yes"]).0, 0);
    write(root, "config/dev.yaml", SPEC.replace("{ id: S }", "{ id: X }"));
    for (command, shows) in
        [(&["state", "list"][..], "table.numbers"), (&["outputs"], "table numbers"), (&["unlock"], "Nothing to unlock")]
    {
        let (exit, out, error) = said(command);
        assert!(exit == 0 && out.contains(shows), "{command:?}: {out}{error}");
        assert!(error.contains("the spec of dev is not valid") && error.contains("deployer check --env dev"), "{error}");
    }
    let (exit, _, error) = said(&["destroy", "--yes"]);
    assert!(exit == 2 && error.contains("the whole spec must be valid"), "{error}");
    let (exit, _, error) = said(&["state", "rm", "table.others"]);
    assert!(exit == 2 && error.contains("error: table.others is not in the state; nothing was changed"), "{error}");
}

const CALLS: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000 } }
state: { directory: state }
connect:
  alias: shop-dev
  deletion_protection: false
  flows:
    hello: { name: Hello, file: hello.json }
    menu: { name: Menu, file: menu.json }
";

fn hello(kind: &str) -> String {
    format!(
        r#"{{"Version": "2019-10-30", "StartAction": "end",
            "Actions": [{{"Identifier": "end", "Type": "{kind}", "Parameters": {{}}, "Transitions": {{}}}}]}}"#
    )
}

#[test]
fn flows_with_errors_do_not_keep_an_environment_alive() {
    let broken = [Some(hello("HangUp")), Some("{".to_owned()), None];
    for (flow, loses_state) in broken.iter().zip([false, true, false]) {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let root = directory.path();
        let said = |arguments: &[&str]| {
            let output = run(root, &[arguments, &["--env", "dev"]].concat());
            (output.status.code().expect("it exits"), text(&output.stdout), text(&output.stderr))
        };
        write(root, "config/dev.yaml", CALLS);
        write(root, "hello.json", hello("DisconnectParticipant"));
        write(root, "menu.json", hello("DisconnectParticipant"));
        let (exit, _, error) = said(&["apply", "--yes"]);
        assert_eq!(exit, 0, "{error}");
        match flow {
            Some(flow) => write(root, "hello.json", flow),
            None => std::fs::remove_file(root.join("hello.json")).expect("it is there"),
        }
        assert_eq!(said(&["plan"]).0, 2);
        let (exit, out, error) = said(&["status"]);
        assert!(exit == 0 && out.contains("shop-dev") && error.contains("hello.json"), "{out}{error}");
        if loses_state {
            std::fs::remove_dir_all(root.join("state")).expect("there is a state");
        }
        let (exit, out, error) = said(&["destroy", "--yes"]);
        assert!(exit == 0 && error.contains("makes no difference here: ") && error.contains("hello.json"), "{out}{error}");
        assert!(error.contains("- flow hello") && error.contains("- flow menu"), "{out}{error}");
        write(root, "hello.json", hello("DisconnectParticipant"));
        let (exit, out, error) = said(&["destroy", "--yes"]);
        assert!(exit == 0 && out.contains("Nothing to destroy"), "{out}{error}");
    }
}

#[test]
fn selection_by_a_former_address_is_refused() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    write(root, "config/dev.yaml", SPEC);
    assert_eq!(run(root, &["apply", "--env", "dev", "--yes"]).status.code(), Some(0));
    let renamed = SPEC.replace("  numbers:", "  calls:") + "lifecycle: { tables.calls: { renamed_from: [numbers] } }\n";
    write(root, "config/dev.yaml", renamed);
    for flag in ["--exclude", "--target"] {
        let output = run(root, &["plan", "--env", "dev", flag, "table.numbers"]);
        let error = text(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains("the resource is called table.calls now"), "{error}");
        assert_eq!(run(root, &["plan", "--env", "dev", flag, "table.calls"]).status.code(), Some(0));
    }
}

#[test]
fn earlier_format_is_replaced_by_a_forced_rebuild() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    write(root, "config/dev.yaml", SPEC);
    let code = |arguments: &[&str]| {
        let output = run(root, arguments);
        (output.status.code().expect("it exits"), text(&output.stdout) + &text(&output.stderr))
    };
    let file = root.join("state/state.json");
    // With a resource, and with nothing left to record.
    for command in [["apply", "--env", "dev", "--yes"], ["destroy", "--env", "dev", "--yes"]] {
        assert_eq!(code(&command).0, 0);
        let good = std::fs::read_to_string(&file).expect("there is a state");
        let old = good.replace("\"format\": 5", "\"format\": 4");
        assert_ne!(good, old);
        std::fs::write(&file, &old).expect("it can be written");
        let (exit, said) = code(&["plan", "--env", "dev"]);
        assert!(exit == 2 && said.contains("format 4") && said.contains("state rebuild --force"), "{said}");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), old);
        let (exit, said) = code(&["state", "rebuild", "--env", "dev", "--force", "--yes"]);
        assert_eq!(exit, 0, "{said}");
        let (exit, said) = code(&["plan", "--env", "dev", "--exit-code"]);
        assert_eq!(exit, if command[0] == "apply" { 0 } else { 4 }, "{said}");
    }
}
