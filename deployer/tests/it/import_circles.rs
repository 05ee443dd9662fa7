//! Checks that the files of a crate form a tree or a ladder of imports, never a circle.

use std::path::{Path, PathBuf};

use crate::imports::{Crate, circles};

/// Returns the root files of all crates.
fn roots() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    let inside = |directory: &str| std::fs::read_dir(root.join(directory)).expect("the directory exists").flatten();
    let crates = inside("deployer/crates")
        .chain(inside("lambdas"))
        .chain(inside("examples"))
        .map(|entry| entry.path())
        .chain([root.join("deployer")]);
    crates.flat_map(|path| ["src/lib.rs", "src/main.rs"].map(|file| path.join(file))).filter(|path| path.is_file()).collect()
}

#[test]
fn files_import_each_other_in_no_circle() {
    let roots = roots();
    assert!(roots.len() > 5, "the crates were not found");
    for root in roots {
        let found = circles(&Crate::read(&root).expect("the sources can be parsed"));
        assert!(found.is_empty(), "move what two files need below both: {}", found.join("\n"));
    }
}

/// Returns the circles of a crate with these files.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory can be made");
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is inside")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    circles(&Crate::read(&directory.path().join(files[0].0)).expect("the sources can be parsed"))
}

#[test]
fn every_kind_of_circle_is_found() {
    for (what, of_a, of_b) in [
        ("use", "use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("path", "pub fn a() { crate::b::b() }", "pub fn b() { super::a::a() }"),
        ("module", "use crate::b; pub fn a() { b::b() }", "use super::a::{self as other}; pub fn b() { other::a() }"),
        ("glob", "use crate::b::*; pub struct A(B);", "pub struct B(Box<crate::a::A>);"),
        ("re-export", "use crate::B; pub struct A;", "use crate::{A}; pub struct B;"),
        ("call of a macro", "pub fn a() -> Vec<u8> { vec![crate::b::b()] }", "pub fn b() -> u8 { crate::a::a()[0] }"),
        ("macro", "macro_rules! a { () => {}; } pub struct A(crate::b::B);", "a!(); pub struct B;"),
        ("attribute", "pub struct A(crate::b::B);", "#[serde(with = \"crate::a\")] pub struct B; use crate::a::A;"),
        ("nested group", "use crate::{b::{B, C}}; pub struct A;", "pub struct B; pub struct C; type D = crate::a::A;"),
    ] {
        let lib = "mod a; mod b; pub use a::A; pub use b::B;";
        let found = circles_of(&[("lib.rs", lib), ("a.rs", of_a), ("b.rs", of_b)]);
        assert!(found.len() == 1 && found[0].contains("/a.rs -> ") && found[0].contains("/b.rs -> "), "{what}: {found:?}");
    }
}

#[test]
fn parent_and_child_are_no_circle() {
    let lib = "mod p; pub struct Top;";
    let parent = "mod a; mod b; pub struct P(a::A, b::B);";
    let found = circles_of(&[
        ("lib.rs", lib),
        ("p/mod.rs", parent),
        ("p/a.rs", "use super::P; use super::b::B; pub struct A;"),
        ("p/b.rs", "use super::P; pub struct B;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn circle_through_a_parent_is_found() {
    let found = circles_of(&[
        ("lib.rs", "mod p; mod x;"),
        ("p.rs", "pub mod a; use crate::x::X; pub struct P;"),
        ("p/a.rs", "use super::P; pub struct A;"),
        ("x.rs", "use crate::p::a::A; pub struct X;"),
    ]);
    assert!(found.len() == 1 && ["p.rs", "p/a.rs", "x.rs"].iter().all(|file| found[0].contains(file)), "{found:?}");
}

#[test]
fn imports_of_tests_are_no_circle() {
    let found = circles_of(&[
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod c;"),
        ("a.rs", "pub struct A; #[cfg(test)] use crate::b::B; #[cfg(test)] mod tests { use crate::b::B; }"),
        ("b.rs", "use crate::a::A; pub struct B;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}
