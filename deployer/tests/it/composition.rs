//! Specs that extend other files, take values from the environment, and name outputs of other environments.

use std::path::Path;

use crate::support::program::{command, run, text, write};

const BASE: &str = "\
project: shop
provider: { embedded: { speed: 100000 } }
";
const SHARED: &str = "\
extends: base.yaml
environment: shared
state: { directory: state/shared }
tables:
  calls: { key: { partition: { id: S } } }
";
const DEV: &str = "\
extends: base.yaml
environment: dev
state: { directory: state/dev }
functions:
  get:
    package: get
    memory_mb: ${env:SHOP_MEMORY:-256}
    environment:
      CALLS: ${output:shared.tables.calls.arn}
      WHERE: in ${output:shared.region}, ${region}
";

fn project(dev: &str, shared: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    write(directory.path(), "config/base.yaml", BASE);
    write(directory.path(), "config/dev.yaml", dev);
    write(directory.path(), "config/shared.yaml", shared);
    directory
}

/// Returns exit code, standard output and standard error of a command.
fn said(root: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(root, arguments);
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn resolved_spec_says_where_its_values_come_from() {
    let project = project(DEV, SHARED);
    let (code, out, _) = said(project.path(), &["check", "--env", "dev", "--resolved"]);
    assert_eq!(code, Some(0));
    for line in ["project: shop  # config/base.yaml:1\n", "    memory_mb: 256  # from the variable SHOP_MEMORY\n"] {
        assert!(out.contains(line), "{out}");
    }
    let mut large = command(project.path(), &["check", "--env", "dev", "--resolved", "--json"]);
    let out = large.env("SHOP_MEMORY", "1024").output().expect("the program runs").stdout;
    let json: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(json["functions"]["get"]["memory_mb"], 1024);
    assert_eq!(json["project"], "shop");
}

#[test]
fn output_of_another_environment_is_read_from_its_state() {
    let project = project(DEV, SHARED);
    let root = project.path();
    std::fs::create_dir_all(root.join("built/host")).expect("created");
    std::fs::copy("/bin/true", root.join("built/host/get")).expect("copied");
    let plan = ["plan", "--env", "dev", "--functions", "built", "--verbose"];
    let (code, _, error) = said(root, &plan);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("config/dev.yaml:9:14") && error.contains("table.calls of the environment `shared` is not deployed"),
        "{error}"
    );
    assert!(error.contains("deployer apply --env shared"), "{error}");
    assert!(!root.join(".deployer").exists() && !root.join("state").exists(), "it created something");
    let (code, _, error) = said(root, &["apply", "--env", "shared", "--yes"]);
    assert_eq!(code, Some(0), "{error}");
    let before = std::fs::read(root.join("state/shared/state.json")).expect("the state");
    let (code, out, error) = said(root, &plan);
    assert_eq!(code, Some(0), "{error}");
    let out = out + &error;
    assert!(out.contains("arn:aws:dynamodb:us-east-1:111122223333:table/shop-shared-calls"), "{out}");
    assert!(out.contains("in us-east-1, us-east-1"), "{out}");
    assert_eq!(std::fs::read(root.join("state/shared/state.json")).expect("the state"), before);
}

#[test]
fn impossible_outputs_are_refused_by_check() {
    let circular =
        SHARED.to_owned() + "functions: { f: { package: f, environment: { GET: \"${output:dev.functions.get.arn}\" } } }\n";
    for (dev, shared, expected) in [
        (
            DEV.replace("calls.arn", "call.arn"),
            SHARED,
            "config/shared.yaml does not declare what `${output:shared.tables.call.arn}`",
        ),
        (DEV.replace("output:shared.tables", "output:none.tables"), SHARED, "the spec of the environment `none` cannot be used"),
        (DEV.replace("calls.arn}", "calls}"), SHARED, "error[bad-reference]"),
        (DEV.replace("output:shared.region", "output:dev.region"), SHARED, "did you mean `${region}`"),
        (DEV.replace("${env:SHOP_MEMORY:-256}", "${output:shared.region}"), SHARED, "which stands only in `environment`"),
        (DEV.to_owned(), circular.as_str(), "in a circle: dev -> shared -> dev"),
    ] {
        let project = project(&dev, shared);
        let (code, _, error) = said(project.path(), &["check", "--env", "dev"]);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(expected) && error.contains("config/dev.yaml:"), "{expected}\n{error}");
    }
}

#[test]
fn many_paths_between_environments_are_checked_once() {
    let project = project(DEV, SHARED);
    let reference = |layer: usize, side: &str| format!("\"${{output:e{layer}{side}.functions.f.arn}}\"");
    let mut function = String::new();
    // Each environment names both of the next layer: 2^30 paths lead to the last one.
    for layer in (0..30).rev() {
        for side in ["a", "b"] {
            let text = format!("extends: base.yaml\nenvironment: e{layer}{side}\nstate: {{ directory: s }}\n{function}");
            let own = if function.is_empty() { "functions: { f: { package: f } }\n" } else { "" };
            write(project.path(), &format!("config/e{layer}{side}.yaml"), &(text + own));
        }
        let (a, b) = (reference(layer, "a"), reference(layer, "b"));
        function = format!("functions: {{ f: {{ package: f, environment: {{ AA: {a}, BB: {b} }} }} }}\n");
    }
    write(
        project.path(),
        "config/dev.yaml",
        format!("extends: base.yaml\nenvironment: dev\nstate: {{ directory: s }}\n{function}"),
    );
    let (_, out, error) = said(project.path(), &["check", "--env", "dev"]);
    assert!(out.contains("ok (") || error.contains("no package `f`") || out.contains("packages of functions"), "{out}{error}");
    let last = "extends: base.yaml\nenvironment: e29b\nstate: { directory: s }\nfunctions: { f: { package: f, environment: { AA: \"${output:dev.functions.f.arn}\" } } }\n";
    write(project.path(), "config/e29b.yaml", last);
    let (code, _, error) = said(project.path(), &["check", "--env", "dev"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("in a circle: dev -> e0") && error.contains("-> e29b -> dev"), "{error}");
}

#[test]
fn base_may_lie_outside_of_the_project() {
    let project = project(&DEV.replace("base.yaml", "../../shared/base.yaml"), SHARED);
    let outer = tempfile::tempdir().expect("a directory");
    write(outer.path(), "shared/base.yaml", BASE);
    std::fs::rename(project.path().join("config"), outer.path().join("config")).expect("moved");
    std::fs::create_dir(outer.path().join("shop")).expect("created");
    std::fs::rename(outer.path().join("config"), outer.path().join("shop/config")).expect("moved");
    let (code, out, error) = said(&outer.path().join("shop"), &["check", "--env", "dev", "--resolved"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("project: shop  # config/../../shared/base.yaml:1") || out.contains("shared/base.yaml:1"), "{out}");
}

#[test]
fn file_that_is_only_extended_is_no_environment() {
    let project = project(DEV, SHARED);
    let (code, _, error) = said(project.path(), &["check", "--env", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("this project has dev, shared"), "{error}");
}
