//! Compilation of functions: once, again if an input has changed, and never because the deployer was started differently. Build scripts see
//! no credentials.

use std::path::Path;
use std::process::Command;

use crate::support::program::{text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000000 } }
state: { directory: state }
functions:
  hello:
    package: hello
    environment: { API_KEY: { secret: SHOP_API_KEY } }
";

/// A build script that appends its environment to a file at each run. Like ring's, it is rerun when cargo's variables change.
const BUILD_SCRIPT: &str = r#"
fn main() {
    use std::io::Write;
    println!("cargo:rerun-if-env-changed=CARGO_MANIFEST_DIR");
    println!("cargo:rerun-if-env-changed=CARGO_PKG_NAME");
    println!("cargo:rerun-if-changed=build.rs");
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../runs.txt")).unwrap();
    writeln!(file, "RUN").unwrap();
    for (name, value) in std::env::vars() {
        writeln!(file, "{name}={value}").unwrap();
    }
}
"#;

/// Creates a project with one function, whose dependency has the build script.
fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    let files = [
        ("config/dev.yaml", SPEC),
        ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n"),
        (
            "crates/hello/Cargo.toml",
            "[package]\nname = \"hello\"\nedition = \"2024\"\n\n[dependencies]\nwatching = { path = \"../watching\" }\n",
        ),
        ("crates/hello/src/main.rs", "fn main() { println!(\"{}\", watching::WORD); }\n"),
        ("crates/watching/Cargo.toml", "[package]\nname = \"watching\"\nedition = \"2024\"\nbuild = \"build.rs\"\n"),
        ("crates/watching/src/lib.rs", "pub const WORD: &str = \"one\";\n"),
        ("crates/watching/build.rs", BUILD_SCRIPT),
    ];
    files.iter().for_each(|(path, content)| write(root, path, content.as_bytes()));
    directory
}

/// Returns a command of the deployer in the project, as a shell starts it.
fn deployer(project: &Path, command: &str) -> Command {
    let mut deployer = Command::new(env!("CARGO_BIN_EXE_deployer"));
    deployer.args([command, "--env", "dev"]).current_dir(project);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO")) {
        deployer.env_remove(name);
    }
    deployer.env("SHOP_API_KEY", "key-of-the-shop");
    deployer
}

/// Returns its standard error.
fn stderr(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stderr)
}

fn runs_of_the_build_script(project: &Path) -> String {
    std::fs::read_to_string(project.join("runs.txt")).expect("the build script has run")
}

#[test]
fn unchanged_functions_are_compiled_once() {
    let directory = project();
    let project = directory.path();
    let apply = |command: &mut Command| stderr(command.arg("--yes"));
    assert!(apply(&mut deployer(project, "apply")).contains("compiling hello\ncompiled hello in "), "it says what it compiles");
    // As `cargo run` starts it: with the variables of the deployer's own package.
    let mut by_cargo = deployer(project, "apply");
    by_cargo
        .env("CARGO_MANIFEST_DIR", "/elsewhere/deployer")
        .env("CARGO_PKG_NAME", "deployer")
        .env("LD_LIBRARY_PATH", "/usr/lib");
    assert!(!apply(&mut by_cargo).contains("compil"));
    assert!(!apply(&mut deployer(project, "apply")).contains("compil"));
    assert_eq!(runs_of_the_build_script(project).matches("RUN").count(), 1);

    write(project, "crates/watching/src/lib.rs", b"pub const WORD: &str = \"two\";\n");
    assert!(apply(&mut deployer(project, "apply")).contains("compiled hello in "), "a dependency has changed");
    assert_eq!(runs_of_the_build_script(project).matches("RUN").count(), 1, "only what changed is compiled");
}

#[test]
fn unchanged_functions_need_no_cargo() {
    let directory = project();
    let project = directory.path();
    stderr(&mut deployer(project, "plan"));
    let without_cargo = |command: &mut Command| command.env("CARGO", "/no/such/cargo").output().expect("the program starts");
    let output = without_cargo(&mut deployer(project, "plan"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    write(project, "crates/hello/src/main.rs", b"fn main() {}\n");
    let output = without_cargo(&mut deployer(project, "plan"));
    assert!(text(&output.stderr).contains("cannot start cargo"), "{}", text(&output.stderr));
}

#[test]
fn build_scripts_see_no_credentials() {
    let directory = project();
    let project = directory.path();
    let mut plan = deployer(project, "plan");
    plan.env("AWS_SECRET_ACCESS_KEY", "key-of-aws").env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "token-of-the-workflow");
    stderr(&mut plan);
    let seen = runs_of_the_build_script(project);
    for secret in ["key-of-aws", "token-of-the-workflow", "key-of-the-shop"] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

#[test]
fn compile_errors_are_shown_whole() {
    let directory = project();
    let project = directory.path();
    write(project, "crates/hello/src/main.rs", b"fn main() { missing(); }\n");
    let output = deployer(project, "plan").output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stderr);
    assert!(shown.contains("error[E0425]") && shown.contains("src/main.rs:1:13"), "{shown}");
    assert!(shown.contains("cannot compile the functions hello"), "{shown}");
}
