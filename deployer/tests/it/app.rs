//! Specs that a program declares. The program is a shell command here: what compiles is tested in `tests/app.py`.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::program::{command, run, text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 100000 } }
state: { directory: state }
app:
  command: cat > request.json; cat assembly.json
  context: { keep_days: 30 }
";

fn at(line: u32) -> Value {
    json!({"file": "src/main.rs", "line": line, "column": 5})
}

/// Returns an assembly with a table, a function and a flow.
fn assembly() -> Value {
    let flow = json!({"Version": "2019-10-30", "StartAction": "bye", "Actions": [
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    json!({
        "deployer_assembly": 1,
        "sections": {
            "tables": {"calls": {"key": {"partition": {"id": "S"}}}},
            "functions": {"get": {"existing": "legacy-get", "memory_mb": 128}},
            "connect": {"alias": "shop-dev", "flows": {"main": {"file": ".deployer/app/dev/flows/main.json"}}},
        },
        "contents": {"flows/main": flow},
        "constructs": [],
        "positions": {"tables.calls": at(1), "functions.get": at(2), "functions.get.memory_mb": at(3), "connect.flows.main": at(4)},
        "resources": {},
        "overrides": [],
        "findings": [],
    })
}

fn project(spec: &str, assembly: &Value) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    write(directory.path(), "config/dev.yaml", spec);
    write(directory.path(), "src/main.rs", "    table()\n    get()\n    memory_mb(128)\n    flow()\n    more()\n");
    write(directory.path(), "assembly.json", format!("{assembly}\n"));
    directory
}

fn check(spec: &str, assembly: &Value) -> (Option<i32>, String) {
    let project = project(spec, assembly);
    let output = run(project.path(), &["check", "--env", "dev"]);
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// Returns a sound assembly after this change.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut assembly = assembly();
    assembly["sections"]["functions"]["get"] = json!({"existing": "legacy-get"});
    change(&mut assembly);
    assembly
}

#[test]
fn error_points_into_the_program() {
    let (code, said) = check(SPEC, &assembly());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--> src/main.rs:3:5\n  |\n3 |     memory_mb(128)\n  |     ^^^^^^^^^\n"), "{said}");
}

#[test]
fn every_command_works_on_what_the_program_declares() {
    let assembly = changed(|assembly| {
        assembly["resources"]["log_group.audit"] = json!({
            "type": "logs.group",
            "properties": {"value": {"name": "audit", "retention_days": 30, "tags": {"deployer:project": "shop",
                "deployer:environment": "dev", "deployer:address": "log_group.audit"}}},
            "location": at(5),
        });
        let value = json!({"value": true});
        let change = json!({"address": "table.calls", "path": "point_in_time_recovery", "value": value, "location": at(5)});
        assembly["overrides"] = json!([change]);
        assembly["sections"].as_object_mut().expect("sections").remove("functions");
    });
    let project = project(SPEC, &assembly);
    let root = project.path();
    let done = |arguments: &[&str]| {
        let output = run(root, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout) + &text(&output.stderr)
    };
    let synthesized: Value = serde_json::from_str(&done(&["synth", "--env", "dev"])).expect("JSON");
    assert_eq!(synthesized["resources"]["table.calls"]["properties"]["point_in_time_recovery"], true);
    assert_eq!(synthesized["spec"]["app"]["context"]["keep_days"], 30);
    let request: Value =
        serde_json::from_str(&std::fs::read_to_string(root.join("request.json")).expect("written")).expect("JSON");
    assert_eq!((&request["embedded"], &request["context"]["keep_days"]), (&json!(true), &json!(30)));
    done(&["plan", "--env", "dev", "--out", "saved.plan"]);
    done(&["apply", "saved.plan"]);
    assert!(done(&["plan", "--env", "dev"]).contains("No changes"));
    assert!(done(&["policy", "--env", "dev"]).contains("logs:PutRetentionPolicy"));
    assert!(done(&["state", "list", "--env", "dev"]).contains("log_group.audit"));
    done(&["drift", "--env", "dev"]);
    // A program that fails now does not keep anybody from looking at the state.
    write(root, "assembly.json", "no assembly");
    assert!(done(&["outputs", "--env", "dev"]).contains("the spec of dev is not valid"));
    write(root, "assembly.json", format!("{assembly}\n"));
    done(&["destroy", "--env", "dev", "--yes"]);
}

#[test]
fn what_does_not_fit_is_reported_at_its_line() {
    let properties = json!({"value": {"name": "audit", "retention_days": "never", "tags": {}}});
    let resource = |type_name: &str| json!({"type": type_name, "properties": properties, "location": at(5)});
    let change = |address: &str, path: &str, value: Value| json!([{"address": address, "path": path, "value": {"value": value}, "location": at(5)}]);
    let cases: [(&str, Value, &str); 7] = [
        ("resources", json!({"log_group.audit": resource("logs.grup")}), "no resource type `logs.grup`"),
        ("resources", json!({"table.calls": resource("logs.group")}), "table.calls is declared already"),
        ("resources", json!({"log_group.audit": resource("logs.group")}), "expected u32"),
        ("overrides", change("table.cals", "ttl", json!(1)), "did you mean table.calls?"),
        ("overrides", change("table.calls", "ttl_atribute", json!("x")), "did you mean `ttl_attribute`?"),
        ("overrides", change("table.calls", "point_in_time_recovery", json!("yes")), "expected a boolean"),
        ("overrides", change("table.calls", "tags.deployer:project", json!("other")), "to whom table.calls belongs"),
    ];
    for (key, value, expected) in cases {
        let (code, said) = check(SPEC, &changed(|assembly| assembly[key] = value));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("--> src/main.rs:5:5") && said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn findings_are_errors_or_warnings() {
    let finding = |severity: &str| {
        json!({"severity": severity, "rule": "backups", "subject": "table.calls",
        "message": "it has no backups", "help": "add them", "location": at(1)})
    };
    let (code, said) = check(SPEC, &changed(|assembly| assembly["findings"] = json!([finding("warning")])));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("src/main.rs:1: warning[backups]: table.calls: it has no backups; add them\n"), "{said}");
    let (code, said) = check(SPEC, &changed(|assembly| assembly["findings"] = json!([finding("error")])));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("error[program]: table.calls: it has no backups (rule backups)\n --> src/main.rs:1:5"), "{said}");
}

#[test]
fn flow_of_program_is_checked_with_its_line() {
    let (code, said) = check(SPEC, &changed(|assembly| assembly["contents"]["flows/main"]["StartAction"] = json!("nowhere")));
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("= note: main is declared at src/main.rs:4") && said.contains("--> .deployer/app/dev/flows/main.json:"),
        "{said}"
    );
    let (code, said) = check(SPEC, &changed(|assembly| assembly["contents"] = json!({"../x": 1})));
    assert!(code == Some(2) && said.contains("no name of one"), "{said}");
}

#[test]
fn sections_beside_the_program_are_refused() {
    let (code, said) = check(&format!("{SPEC}tables: {{}}\nlifecycle: {{}}\n"), &changed(|_| ()));
    assert_eq!(code, Some(2));
    for section in ["tables", "lifecycle"] {
        assert!(said.contains(&format!("`{section}` cannot stand beside `app`")), "{said}");
    }
    let both = SPEC.replace("  context", "  package: shop\n  context");
    assert!(check(&both, &changed(|_| ())).1.contains("both `package` and `command`"));
}

#[test]
fn assembly_of_another_version_is_refused() {
    let (code, said) = check(SPEC, &changed(|assembly| assembly["deployer_assembly"] = json!(2)));
    assert!(code == Some(2) && said.contains("it is of version 2, and this deployer reads version 1"), "{said}");
}

#[test]
fn missing_package_is_named_with_what_there_is() {
    let spec = SPEC.replace("command: cat > request.json; cat assembly.json", "package: shopp");
    let project = project(&spec, &assembly());
    write(project.path(), "Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n");
    let output = run(project.path(), &["check", "--env", "dev"]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("did you mean shop?"), "{said}");
}

#[test]
fn prebuilt_assembly_is_taken_in_place_of_the_program() {
    let project = project(SPEC, &changed(|assembly| drop(assembly["sections"].as_object_mut().unwrap().remove("functions"))));
    let root = project.path();
    let code = |arguments: &[&str]| run(root, arguments).status.code();
    assert_eq!(code(&["build", "--env", "dev", "--out", "built"]), Some(0));
    write(root, "assembly.json", "no assembly");
    let plan = ["plan", "--env", "dev", "--functions", "built"];
    assert_eq!(code(&plan), Some(0));
    write(root, "config/dev.yaml", SPEC.replace("keep_days: 30", "keep_days: 31"));
    let output = run(root, &plan);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("other context values"), "{}", text(&output.stderr));
}

#[test]
fn program_gets_no_credentials() {
    let spec = SPEC.replace("cat > request.json", "env > variables");
    let project = project(&spec, &changed(|_| ()));
    let mut checked = command(project.path(), &["check", "--env", "dev"]);
    checked.env("AWS_SECRET_ACCESS_KEY", "x").env("SHOP_TOKEN", "y").env("EDITOR", "vi");
    assert!(checked.output().expect("it runs").status.success());
    let variables = std::fs::read_to_string(Path::new(project.path()).join("variables")).expect("written");
    assert!(
        variables.contains("PATH=") && !["AWS_", "SHOP_", "EDITOR"].iter().any(|name| variables.contains(name)),
        "{variables}"
    );
}

#[test]
fn package_is_compiled_once_and_its_errors_are_shown() {
    let spec = SPEC.replace("command: cat > request.json; cat assembly.json", "package: shop");
    let project = project(&spec, &changed(|assembly| drop(assembly["sections"].as_object_mut().unwrap().remove("functions"))));
    let root = project.path();
    write(root, "Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n");
    write(
        root,
        "src/main.rs",
        "fn main() {\n    println!(\"hello\");\n    print!(\"{}\", include_str!(\"../assembly.json\"));\n}\n",
    );
    let said = || {
        let mut check = command(root, &["check", "--env", "dev"]);
        let output = check.env("CARGO_TARGET_DIR", root.join("target")).output().expect("it runs");
        (output.status.code(), text(&output.stderr))
    };
    let (code, first) = said();
    assert!(code == Some(0) && first.contains("compiling shop") && first.contains("hello"), "{first}");
    let (code, second) = said();
    assert!(code == Some(0) && !second.contains("compil"), "{second}");
    write(root, "src/main.rs", "fn main() {\n    let days: u32 = \"thirty\";\n}\n");
    let (code, third) = said();
    assert!(
        code == Some(2) && third.contains("src/main.rs:2:21") && third.contains("cannot compile the program shop"),
        "{third}"
    );
}
