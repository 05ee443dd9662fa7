//! The pictures in the documentation are those that the program draws.

use std::path::Path;

use crate::support::program::{run, text};

/// `UPDATE_DOCS=1` draws it again.
#[test]
fn picture_of_the_stack_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    let output = run(root, &["graph", "--env", "local", "--format", "svg"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (path, drawn) = (root.join("deployer/docs/stack.svg"), text(&output.stdout));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &drawn).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == drawn, "docs/stack.svg is old: run UPDATE_DOCS=1 cargo test -p deployer --test it pictures");
}
