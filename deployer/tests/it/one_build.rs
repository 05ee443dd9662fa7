//! Every external package is compiled once: the usual package selections resolve to the same features.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Returns the features of every external package that this selection builds, including those of build scripts and macros.
fn features(selection: &[&str], edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} {f}", "--edges", edges]);
    let output = cargo.args(selection).current_dir(root).output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.contains(root.to_str().expect("UTF-8"))) {
        let line = line.replace(" (proc-macro)", "").replace(" (*)", "");
        let mut words = line.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        found.entry(format!("{name} {version}")).or_default().insert(words.next().unwrap_or_default().to_owned());
    }
    found
}

#[test]
fn selections_share_compiled_dependencies() {
    let run = features(&["--workspace"], "normal,build");
    assert!(run.len() > 200, "the dependencies were not found: {}", run.len());
    let selections: [&[&str]; 5] = [
        &["--workspace"],
        &["--package", "deployer"],
        &["--package", "deployer-aws"],
        &["--package", "deployer-emulator"],
        &["--package", "sim"],
    ];
    let mut different = Vec::new();
    for selection in selections {
        for (package, tested) in features(selection, "normal,build,dev") {
            if run.get(&package).is_some_and(|features| *features != tested) {
                different.push(format!("{selection:?}: {package} has {tested:?}, and for `cargo run` {:?}", run[&package]));
            }
        }
    }
    assert!(different.is_empty(), "{different:#?}\nask for the missing features in [workspace.dependencies]");
}
