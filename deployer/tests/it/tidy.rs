//! Checks the code against `deployer/docs/architecture.md`: allowed imports, maximum file sizes, and forbidden names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Maximum number of lines of a file.
const MOST_LINES: usize = 800;

/// Targets of integration tests besides `tests/it`: the crate, the target, why its tests cannot share a process with others.
const OTHER_TARGETS: &[(&str, &str, &str)] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// Returns the crates that each crate may import, including for tests.
fn arrows() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("deployer/crates/engine", &[] as &[&str]),
        ("deployer/crates/flow", &[]),
        ("lambdas/vanity", &[]),
        ("deployer/crates/spec", &["deployer-flow"]),
        ("deployer/crates/resources", &["deployer-engine"]),
        ("deployer/crates/stack", &["deployer-engine", "deployer-spec", "deployer-resources", "deployer-flow"]),
        // What users write their stacks with.
        ("deployer/crates/app", &["deployer-engine", "deployer-flow", "deployer-resources", "deployer-spec", "deployer-stack"]),
        ("examples/vanity", &["deployer-app", "dev:deployer-spec", "dev:deployer-stack"]),
        // The resource types are tested with the embedded AWS, which is not part of them.
        ("deployer/crates/aws", &["deployer-engine", "deployer-resources", "deployer-flow", "dev:deployer-emulator"]),
        ("deployer/crates/emulator", &["deployer-flow"]),
        (
            "deployer",
            &[
                "deployer-aws",
                "deployer-emulator",
                "deployer-engine",
                "deployer-flow",
                "deployer-spec",
                "deployer-stack",
                "vanity",
            ],
        ),
        // Combines everything, as the command line does, and observes it from outside.
        ("deployer/crates/sim", &["deployer-aws", "deployer-emulator", "deployer-engine", "deployer-spec", "deployer-stack"]),
        ("lambdas/table", &["vanity"]),
        ("lambdas/convert", &["table", "vanity"]),
        ("lambdas/get", &["table", "vanity"]),
    ])
}

/// Returns the project's own crates in a manifest; those for tests only are prefixed with `dev:`.
fn imports(manifest: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        if name.starts_with("deployer-") || ["vanity", "table", "convert", "get"].contains(&name) {
            match section {
                "[dependencies]" => drop(found.insert(name.to_owned())),
                "[dev-dependencies]" => drop(found.insert(format!("dev:{name}"))),
                _ => {}
            }
        }
    }
    found
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn rooms_import_only_what_the_architecture_allows() {
    let arrows = arrows();
    let mut wrong = Vec::new();
    for (room, allowed) in &arrows {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).expect("every room has a manifest");
        for import in imports(&manifest) {
            let plain = import.trim_start_matches("dev:");
            if !allowed.contains(&import.as_str()) && !allowed.contains(&plain) {
                wrong.push(format!("{room} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_workspace_crate_is_listed_with_its_imports() {
    let arrows = arrows();
    for directory in ["deployer/crates", "lambdas", "examples"] {
        for entry in std::fs::read_dir(root().join(directory)).expect("the directory exists").flatten() {
            let room = format!("{directory}/{}", entry.file_name().to_string_lossy());
            let is_crate = entry.path().join("Cargo.toml").is_file();
            assert!(!is_crate || arrows.contains_key(room.as_str()), "{room} is not in the table of who may import whom");
        }
    }
}

#[test]
fn files_are_short_and_module_names_specific() {
    let mut files = Vec::new();
    for directory in ["deployer", "lambdas", "examples"] {
        sources(&root().join(directory), &mut files);
    }
    assert!(files.len() > 50, "the sources were not found");
    for path in files {
        let lines = std::fs::read_to_string(&path).expect("sources are text").lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines; split it by concept", path.display());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let says_nothing = ["utils", "util", "helpers", "helper", "common", "manager", "misc"].contains(&stem.as_str());
        assert!(!says_nothing, "{}: a module is called by what it holds", path.display());
    }
}

#[test]
fn main_is_an_entrance_and_nothing_else() {
    let text = std::fs::read_to_string(root().join("deployer/src/main.rs")).expect("there is a main");
    assert!(text.lines().count() <= 20);
}

/// Returns the integration test targets that Cargo discovers in a crate.
fn test_targets(room: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(root().join(room).join("tests")).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.join("main.rs").is_file() || path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn every_crate_has_one_target_of_integration_tests() {
    let mut with_tests = 0;
    for room in arrows().keys() {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).expect("every room has a manifest");
        assert!(!manifest.contains("[[test]]"), "{room} declares a test target; name it in OTHER_TARGETS and let Cargo find it");
        let mut targets = test_targets(room);
        for (_, target, reason) in OTHER_TARGETS.iter().filter(|(of, ..)| of == room) {
            assert!(targets.remove(*target), "{room} has no target {target} any more");
            assert!(!reason.is_empty(), "{room}: say why {target} is a target of its own");
        }
        with_tests += usize::from(targets.remove("it"));
        assert!(targets.is_empty(), "{room}: make {targets:?} modules of tests/it/main.rs");
    }
    assert!(with_tests > 5, "the tests were not found");
}

/// Finds files in a module directory that neither `main.rs` nor `mod.rs` declares, so that they are never compiled.
fn forgotten(directory: &Path, found: &mut Vec<PathBuf>) {
    let text = ["main.rs", "mod.rs"].map(|name| std::fs::read_to_string(directory.join(name)).unwrap_or_default()).concat();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_named = text.lines().any(|line| line.trim_end().ends_with(&format!("mod {stem};")));
        let is_module = path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").is_file();
        if is_module && !is_named && !["main", "mod"].contains(&stem.as_str()) {
            found.push(path.clone());
        }
        if path.is_dir() {
            forgotten(&path, found);
        }
    }
}

#[test]
fn every_file_of_integration_tests_is_compiled() {
    let mut found = Vec::new();
    for room in arrows().keys() {
        forgotten(&root().join(room).join("tests/it"), &mut found);
    }
    assert!(found.is_empty(), "no `mod` line names these: {found:#?}");
}

#[test]
fn manifests_switch_off_only_tests_that_are_absent() {
    for room in arrows().keys() {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).expect("every room has a manifest");
        let says = |section: &str, line: &str| {
            let text = manifest.split(&format!("{section}\n")).nth(1).and_then(|rest| rest.split("\n[").next());
            text.is_some_and(|text| text.lines().any(|one| one == line))
        };
        let main = std::fs::read_to_string(root().join(room).join("src/main.rs")).unwrap_or_default();
        let mut files = Vec::new();
        sources(&root().join(room).join("src"), &mut files);
        for path in files {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let of_program = stem == "main" || main.contains(&format!("mod {stem};"));
            let section = if of_program { "[[bin]]" } else { "[lib]" };
            let text = std::fs::read_to_string(&path).expect("sources are text");
            let has_tests = text.contains("#[test]") || text.contains("#[tokio::test");
            assert!(!has_tests || !says(section, "test = false"), "{}: the manifest has `test = false`", path.display());
            let has_example = text.lines().any(|line| line.trim_start().starts_with("//") && line.contains("```"));
            assert!(!has_example || !says("[lib]", "doctest = false"), "{}: the manifest has `doctest = false`", path.display());
        }
    }
}
