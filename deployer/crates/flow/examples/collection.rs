//! Runs the checks, the conversion and simulated calls over a collection of published flows.
//!
//! `cargo run -p deployer-flow --example collection -- DIRECTORY` reads every `.json` file below the directory and prints one
//! line per file and a summary. Every flow is called with several key sequences on an instance without resources. The exit
//! code is 1 if a flow is serialized differently from its source, if its meaning changes after an import with the ARNs put
//! back, if a flow of the Flow language without placeholders has an error, if a conversion does not report what it leaves
//! out, or if a call of a flow without errors fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use deployer_flow::interpret::Script;
use deployer_flow::legacy;
use deployer_flow::scenario::DryRun;
use deployer_flow::{Context, Finding, Flow, ImportedFlow, Segment, Severity, check, import_flow, normalized_content, segments};
use futures::executor::block_on;
use serde_json::Value;

/// Files by result.
#[derive(Default)]
struct Counts {
    by_kind: BTreeMap<&'static str, usize>,
    failures: usize,
}

impl Counts {
    fn add(&mut self, kind: &'static str) {
        *self.by_kind.entry(kind).or_default() += 1;
    }
}

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: collection DIRECTORY");
        return ExitCode::from(2);
    };
    let mut counts = Counts::default();
    for path in files(Path::new(&directory)) {
        match std::fs::read_to_string(&path) {
            Ok(text) => one(&mut counts, &path, &text),
            Err(error) => println!("{}: {error}", path.display()),
        }
    }
    for (kind, count) in &counts.by_kind {
        println!("{count:>5} {kind}");
    }
    println!("{:>5} failures", counts.failures);
    ExitCode::from(u8::from(counts.failures > 0))
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|extension| extension == "json") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

fn one(counts: &mut Counts, path: &Path, text: &str) {
    let shown = path.file_name().unwrap_or_default().to_string_lossy();
    match (Flow::parse(text), legacy::convert(text)) {
        (_, Ok(conversion)) => converted(counts, &shown, &conversion),
        (Ok(flow), _) => current(counts, &shown, text, &flow),
        (Err(error), _) => {
            counts.add("no flow");
            println!("{shown}: no flow: {error}");
        }
    }
}

/// Key scripts of the simulated callers.
const KEYS: [&str; 8] = ["", "1", "2", "*", "123456789#", ",,1", "1!", "2125550100#1"];

fn calls(counts: &mut Counts, shown: &str, flow: &Flow, clean: bool) {
    let flow = Arc::new(flow.clone());
    for keys in KEYS {
        let mut caller = Script::parse(keys).unwrap_or_default();
        let rehearsal = DryRun::default();
        let rehearsed = block_on(rehearsal.run((shown, Arc::clone(&flow)), &BTreeMap::new(), None, &mut caller));
        let outcome = rehearsed.transcript.outcome;
        let lost = outcome.is_empty() || outcome.starts_with("flow ");
        counts.add(match outcome.split(':').next().unwrap_or_default() {
            "disconnected" => "calls: disconnected",
            "ended" => "calls: ended",
            "caller hung up" => "calls: the caller hung up",
            "waiting" => "calls: waiting for ever",
            "transferred" => "calls: transferred",
            _ if lost => "calls: lost",
            _ => "calls: going round for ever",
        });
        if lost && clean {
            counts.failures += 1;
            println!("{shown}: the call with keys \"{keys}\" is lost: {outcome}");
        }
    }
}

fn errors(flow: &Flow, symbolic: bool) -> Vec<Finding> {
    let found = check(flow, &Context { symbolic, ..Context::default() });
    found.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}

/// Checks that a second import changes nothing, and that the flow has its original meaning after the ARNs are put back.
fn imports(counts: &mut Counts, shown: &str, flow: &Flow) {
    let made = import_flow(flow);
    if import_flow(&made.flow).flow != made.flow {
        counts.failures += 1;
        println!("{shown}: importing twice makes a difference");
    }
    let back = restored(made.flow.as_value(), &made);
    if !flow.to_json().contains("$${") && normalized_content(&back) != normalized_content(flow.as_value()) {
        counts.failures += 1;
        println!("{shown}: with the ARNs put back it means something else");
    }
    for left in made.unresolved.iter().filter(|left| left.why.starts_with("nothing in the export")) {
        counts.add("names that no export has");
        println!("{shown}: {}: {}", left.path, left.why);
    }
}

fn restored(value: &Value, made: &ImportedFlow) -> Value {
    match value {
        Value::String(text) => {
            let arn = |symbol: &str| {
                let reference = format!("${{{symbol}}}");
                let known = made.resources.iter().find(|one| one.reference == reference);
                known.map_or_else(|| reference.replace("${region}", "us-east-1"), |one| one.arn.clone())
            };
            let parts = segments(text).into_iter().map(|piece| match piece {
                Segment::Text(text) => text.into_owned(),
                Segment::Symbol(symbol) => arn(symbol),
            });
            parts.collect::<String>().into()
        }
        Value::Array(list) => list.iter().map(|one| restored(one, made)).collect(),
        Value::Object(members) => members.iter().map(|(name, one)| (name.clone(), restored(one, made))).collect(),
        other => other.clone(),
    }
}

fn current(counts: &mut Counts, shown: &str, text: &str, flow: &Flow) {
    let read: Option<Value> = serde_json::from_str(text).ok();
    let written: Option<Value> = serde_json::from_str(&flow.to_json()).ok();
    if read.is_none() || read.as_ref().map(Value::to_string) != written.as_ref().map(Value::to_string) {
        counts.failures += 1;
        println!("{shown}: written otherwise than it was read");
    }
    let errors = errors(flow, false);
    calls(counts, shown, flow, errors.iter().all(|finding| finding.code == "id"));
    let placeholders = errors.iter().filter(|finding| finding.code == "id").count();
    imports(counts, shown, flow);
    match (errors.len(), placeholders) {
        (0, _) => counts.add("in the Flow language, clean"),
        (all, same) if all == same => {
            counts.add("in the Flow language, placeholders for ARNs and nothing else");
            println!("{shown}: {same} placeholders for ARNs");
        }
        _ => {
            counts.failures += 1;
            counts.add("in the Flow language, with errors");
            let others = errors.iter().filter(|finding| finding.code != "id");
            others.for_each(|finding| println!("{shown}: {finding}"));
        }
    }
}

fn converted(counts: &mut Counts, shown: &str, conversion: &legacy::Conversion) {
    let (blocks, failed) = (conversion.blocks.len(), conversion.failures());
    let errors = errors(&conversion.flow, true);
    calls(counts, shown, &conversion.flow, errors.is_empty());
    imports(counts, shown, &conversion.flow);
    println!("{shown}: {blocks} blocks, {failed} not converted, {} errors", errors.len());
    for note in conversion.losses() {
        println!("{shown}:{}:{}: {}: {}", note.at.line, note.at.column, note.path, note.text);
    }
    errors.iter().for_each(|finding| println!("  {finding}"));
    counts.failures += usize::from(!errors.is_empty());
    counts.add(match (failed, errors.is_empty()) {
        (0, true) => "of the old designer, converted, clean",
        (_, true) => "of the old designer, converted except for what is said, clean",
        (_, false) => "of the old designer, converted with errors",
    });
}
