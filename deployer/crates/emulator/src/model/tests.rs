//! Tests of the tables against the sources that use them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::table::{Kind, Location, Model, Table};
use crate::registry;
use crate::request::Service;

/// Services with a model, and its name.
fn modelled() -> impl Iterator<Item = (Service, &'static Model)> {
    registry::ALL.iter().filter_map(|service| Some((*service, registry::info(*service).model?)))
}

#[test]
fn every_operation_is_in_its_table() {
    for (service, model) in modelled() {
        for row in registry::rows(service) {
            let (name, operation) = (model.name, row.name);
            assert!(
                model.table().operations.contains_key(operation),
                "{name}: {operation} is not in model/{name}.json; run model/generate.py"
            );
        }
    }
}

#[test]
fn java_patterns_mean_the_same_here() {
    let fits = |service, shape: &str, text: &str| {
        let table = registry::info(service).model.expect("a model").table();
        table.shapes[shape].pattern.as_ref().expect("a pattern").fits(text)
    };
    for (alias, good) in [("shop", true), ("d-shop", false), ("a--b", true), ("shop-", false), ("", false), ("ä", false)] {
        assert_eq!(fits(Service::Connect, "DirectoryAlias", alias), good, "{alias}");
    }
    for (name, good) in [("a-b_c", true), ("a.b", false), ("a b", false), ("é", false), ("line\nbreak", false)] {
        assert_eq!(fits(Service::Lambda, "FunctionName", name), good, "{name}");
    }
    for (alias, good) in [("live", true), ("123", false), ("1a", true)] {
        assert_eq!(fits(Service::Lambda, "Alias", alias), good, "{alias}");
    }
}

#[test]
fn every_pattern_compiles_and_every_shape_is_there() {
    for (_, model) in modelled() {
        let (name, table) = (model.name, model.table());
        for (shape_name, shape) in &table.shapes {
            if let Some(pattern) = &shape.pattern {
                pattern.fits("");
            }
            let inner =
                shape.members.values().map(|member| &member.shape).chain(&shape.member).chain(&shape.key).chain(&shape.value);
            for inner in inner {
                assert!(table.shapes.contains_key(inner), "{name}: {shape_name} names {inner}, which is not there");
            }
        }
    }
}

#[test]
fn path_parts_have_names_of_the_model() {
    for (service, model) in modelled() {
        let table = model.table();
        for (row, (_, pattern, _)) in registry::rows(service).into_iter().filter_map(|row| Some((row, row.route_parts()?))) {
            let bound: BTreeSet<String> = parts(pattern);
            let input = table.operations[row.name].input.as_ref().map(|input| &table.shapes[input]);
            let wanted: BTreeSet<String> = input
                .into_iter()
                .flat_map(|shape| &shape.members)
                .filter(|(_, member)| member.location == Some(Location::Uri))
                .map(|(name, member)| plain(member.name.as_deref().unwrap_or(name)))
                .collect();
            assert_eq!(bound, wanted, "{}", row.name);
        }
    }
}

fn parts(pattern: &str) -> BTreeSet<String> {
    let named = |part: &str| part.strip_prefix('{')?.strip_suffix('}').map(|part| plain(part.trim_end_matches('+')));
    pattern.split('/').filter_map(named).collect()
}

fn plain(text: &str) -> String {
    text.replace('_', "").to_ascii_lowercase()
}

/// A member that no source of its service names cannot be implemented, so it must be rejected by name.
#[test]
fn members_are_used_or_listed_as_unsupported() {
    let (mut missing, mut stale) = (Vec::new(), Vec::new());
    for (_, model) in modelled() {
        let (name, table) = (model.name, model.table());
        let sources = sources(name);
        let reached = reached(table);
        for listed in table.unsupported.iter().chain(&table.ignored) {
            let (shape, member) = listed.split_once('.').expect("Shape.Member");
            if !table.shapes.get(shape).is_some_and(|shape| shape.members.contains_key(member)) {
                stale.push(format!("{name} {listed}"));
            }
        }
        for shape in reached {
            for (member, of) in &table.shapes[shape].members {
                let wire = of.name.as_deref().unwrap_or(member);
                let read = [member.as_str(), wire].iter().any(|text| names(&sources, text)) || of.location == Some(Location::Uri);
                let place = format!("{shape}.{member}");
                let listed = table.unsupported.contains(&place) || table.ignored.contains(&place);
                if !read && !listed {
                    missing.push(format!("{name} {shape}.{member}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "neither read nor in model/unsupported.txt:\n{}", missing.join("\n"));
    assert!(stale.is_empty(), "in model/unsupported.txt, but in no table:\n{}", stale.join("\n"));
}

fn names(sources: &str, member: &str) -> bool {
    let lower = member.to_ascii_lowercase();
    [format!("\"{member}\""), format!("\"{lower}\""), format!(".{member}\""), format!("/{member}\""), format!("{member} =")]
        .iter()
        .any(|form| sources.contains(form.as_str()))
}

/// Returns the structures that an input can reach without a rejected member.
fn reached(table: &Table) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = table.operations.values().filter_map(|operation| operation.input.as_deref()).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        let shape = &table.shapes[name];
        if shape.kind == Kind::Structure {
            found.insert(name);
        }
        let members = shape.members.iter().filter(|(member, _)| !table.unsupported.contains(&format!("{name}.{member}")));
        open.extend(members.map(|(_, member)| member.shape.as_str()));
        open.extend([&shape.member, &shape.value].into_iter().flatten().map(String::as_str));
    }
    found
}

fn sources(service: &str) -> String {
    let mut files = Vec::new();
    // STS is a part of IAM.
    let folder = if service == "sts" { "iam" } else { service };
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/services").join(folder), &mut files);
    files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path => files.push(path),
        }
    }
}
