//! External crates: `deny.toml` explains every duplicate and lists no other, and each crate comes from crates.io with a checksum.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn read(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    std::fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A package of Cargo.lock.
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

fn locked() -> Vec<Locked> {
    let lock = read("Cargo.lock");
    let packages = lock.split("[[package]]").skip(1);
    let all = packages.map(|package| {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")))?;
            Some(line.trim_end_matches('"').to_owned())
        };
        let (name, version) = (value("name").expect("a name"), value("version").expect("a version"));
        Locked { name, version, source: value("source"), checksum: value("checksum") }
    });
    all.collect()
}

#[test]
fn crates_come_from_one_registry_with_checksums() {
    let all = locked();
    assert!(all.len() > 200, "Cargo.lock was not read");
    for Locked { name, version, source, checksum } in all {
        match source {
            // Our own.
            None => assert!(checksum.is_none(), "{name}"),
            Some(source) => {
                assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name} {version}");
                assert!(checksum.is_some_and(|checksum| checksum.len() == 64), "{name} {version}");
            }
        }
    }
}

/// Of a crate with several versions, all but the newest are listed with a reason; nothing else is.
#[test]
fn every_duplicate_crate_is_explained() {
    let mut versions: BTreeMap<String, Vec<Vec<u64>>> = BTreeMap::new();
    for package in locked() {
        let version = package.version.split(['.', '+', '-']).map_while(|part| part.parse().ok()).collect();
        versions.entry(package.name).or_default().push(version);
    }
    // Windows is no target (`graph.targets`).
    versions.retain(|name, _| !name.starts_with("windows"));
    let mut duplicates = BTreeSet::new();
    for (name, mut all) in versions {
        all.sort();
        all.pop();
        let text = |version: Vec<u64>| version.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        duplicates.extend(all.into_iter().map(|version| format!("{name}@{}", text(version))));
    }
    let deny = read("deny.toml");
    let skip = deny.split_once("\nskip = [\n").and_then(|(_, rest)| rest.split_once("\n]")).expect("a list").0;
    let explained: BTreeSet<String> = skip
        .lines()
        .map(|line| {
            let (name, reason) = line.split_once("crate = \"").and_then(|(_, rest)| rest.split_once('"')).expect("a crate");
            assert!(reason.contains("reason = \"") && reason.len() > 16, "{line}");
            name.to_owned()
        })
        .collect();
    assert_eq!(explained, duplicates);
}
