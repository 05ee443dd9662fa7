//! Tests that apply every mutation of each kind to each flow without errors, and find it at its place.
//!
//! `cargo test -p deployer-flow --test it mutation_table -- --nocapture` prints the table; with `FLOW_COLLECTION=directory`
//! it covers the flows of that directory too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployer_flow::actions;
use deployer_flow::{Context, Finding, Flow, Severity, check};
use serde_json::Value;

use crate::support::systematic::mutants;
use crate::support::{clean, drive};

type Table = BTreeMap<&'static str, (usize, usize)>;

fn findings(flow: &Value) -> Vec<Finding> {
    check(&Flow::from_value(flow.clone()).unwrap(), &Context { symbolic: true, ..Context::default() })
}

/// Adds one flow's mutants to the table and returns those that were missed.
fn add(table: &mut Table, name: &str, flow: &Value) -> Vec<String> {
    let mut missed = Vec::new();
    let places = |found: Vec<Finding>| found.into_iter().map(|one| (one.code, one.path.to_string())).collect::<Vec<_>>();
    let before = places(findings(flow));
    for mutant in mutants(flow) {
        let row = table.entry(mutant.kind).or_default();
        row.0 += 1;
        let found = places(findings(&mutant.flow));
        let right = |(code, path): &(&str, String)| mutant.codes.contains(code) && *path == mutant.path;
        let count = |all: &[(&str, String)]| all.iter().filter(|one| right(one)).count();
        if count(&found) > count(&before) {
            row.1 += 1;
        } else {
            missed.push(format!("{name}: {} at {}: {found:?}", mutant.kind, mutant.path));
        }
    }
    missed
}

fn print(table: &Table) {
    println!("{:<32} {:>7} {:>7}", "kind", "made", "found");
    for (kind, (made, found)) in table {
        println!("{kind:<32} {made:>7} {found:>7}");
    }
    let (made, found) = table.values().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    println!("{:<32} {made:>7} {found:>7}", "all");
}

#[test]
fn mutations_of_project_flows_are_found() {
    let vanity: Value = serde_json::from_str(include_str!("../../../../../flows/vanity.json")).unwrap();
    let mut table = Table::new();
    let mut missed = add(&mut table, "vanity", &vanity);
    missed.extend(add(&mut table, "clean", &clean()));
    print(&table);
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(table.len() >= 30, "every kind is made at least once: {}", table.len());
}

#[test]
fn mutations_of_every_action_type_are_found() {
    let (mut table, mut missed, mut flows) = (Table::new(), Vec::new(), 0);
    for rules in actions::all() {
        let kind = rules.name;
        for (number, subject) in drive::subjects(rules).iter().enumerate() {
            let flow = subject.flow(kind, number % 2 == 0);
            flows += 1;
            missed.extend(add(&mut table, &format!("{kind} {number}"), &flow));
        }
    }
    print(&table);
    println!("{flows} flows");
    assert!(missed.is_empty(), "{} missed: {:#?}", missed.len(), &missed[..missed.len().min(10)]);
    assert!(flows >= 150 && table.len() >= 40, "{flows} flows, {} kinds", table.len());
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

#[test]
fn mutations_of_collection_flows_are_found() {
    let Ok(directory) = std::env::var("FLOW_COLLECTION") else {
        println!("skipped: FLOW_COLLECTION names no directory");
        return;
    };
    let (mut table, mut missed, mut flows) = (Table::new(), Vec::new(), 0);
    for path in files(Path::new(&directory)) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let Ok(flow) = Flow::parse(&text) else { continue };
        if findings(flow.as_value()).iter().any(|finding| finding.severity == Severity::Error) {
            println!("not valid: {}", path.display());
            continue;
        }
        flows += 1;
        missed.extend(add(&mut table, &path.display().to_string(), flow.as_value()));
    }
    print(&table);
    println!("{flows} flows");
    assert!(missed.is_empty(), "{} missed: {:#?}", missed.len(), &missed[..missed.len().min(10)]);
}
