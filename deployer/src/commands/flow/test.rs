//! `deployer flow test`: runs tests of flows, calls with expected outcomes described in files.

use std::path::Path;

use deployer_flow::scenario::{Coverage, Functions, Report, junit};
use serde_json::{Value, json};

use super::real::Deployed;
use super::suites::{find, load_all};
pub(crate) use super::test_args::Args;
use super::{count, instance, print};
use crate::failure::{Exit, Failure};
use crate::report::Style;

pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let files = if args.files.is_empty() { find()? } else { args.files.clone() };
    let loaded = load_all(&files)?;
    if let (true, Some(environment)) = (args.on_instance, &args.env) {
        return instance::run(&args, environment, loaded).await;
    }
    let real = match &args.env {
        Some(environment) => Some(Deployed::open(environment).await?),
        None => None,
    };
    let real = real.as_ref().map(|real| real as &dyn Functions);
    let mut reports = Vec::new();
    for one in loaded {
        reports.push((one.name, one.suite.run(&one.flows, real).await));
    }
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(&reports)).map_err(|error| Failure::io(path, error))?;
    }
    match args.json {
        true => print(&format!("{:#}\n", data(&reports)))?,
        false => reports.iter().try_for_each(|(name, report)| print(&describe(name, report, args.coverage)))?,
    }
    if let Some(path) = &args.export {
        export(path, &reports)?;
    }
    let failures: usize = reports.iter().map(|(_, report)| report.failures()).sum();
    let tests: usize = reports.iter().map(|(_, report)| report.outcomes.len()).sum();
    match failures {
        0 => Ok(Exit::Success),
        failures => Err(Failure::new(format!("{failures} of {} failed", count(tests, "test", "tests")))),
    }
}

fn describe(name: &str, report: &Report, coverage: bool) -> String {
    let mut text = format!("{}\n", Style::bold(name));
    for outcome in &report.outcomes {
        if outcome.failures.is_empty() {
            text.push_str(&format!("  ok      {}\n", outcome.name));
            continue;
        }
        text.push_str(&format!("  {}  {}\n", Style::error("failed"), outcome.name));
        outcome.failures.iter().for_each(|unmet| text.push_str(&format!("            {unmet}\n")));
        let heard = outcome.transcript.heard.iter().map(|sentence| format!("“{sentence}”")).collect::<Vec<_>>();
        text.push_str(&Style::dim(&format!("            heard: {}\n", heard.join(" "))));
        let path: Vec<&str> = outcome.transcript.path.iter().map(|step| step.id.as_str()).collect();
        text.push_str(&Style::dim(&format!("            path: {}\n", path.join(" > "))));
    }
    for (flow, covered) in &report.coverage {
        text.push_str(&summary(flow, covered));
        if coverage {
            text.push_str(&branches(covered));
        }
    }
    text
}

fn summary(flow: &str, covered: &Coverage) -> String {
    let ((ran, actions), (taken, branches)) = (covered.ran(), covered.branches());
    let percent = 100 * taken / branches.max(1);
    format!("  {flow}: {ran} of {actions} actions, {taken} of {branches} branches ({percent} %)\n")
}

fn branches(covered: &Coverage) -> String {
    let mut text = String::new();
    for action in &covered.actions {
        let line = format!("    {} ({}x)", action.id, action.runs);
        text.push_str(&if action.runs > 0 { line } else { Style::warning(&line) });
        text.push('\n');
        for branch in &action.branches {
            let target = branch.target.as_ref().map(|target| format!(" -> {target}")).unwrap_or_default();
            let line = format!("      {} {}{target}", if branch.taken { "taken " } else { "missed" }, branch.label);
            text.push_str(&if branch.taken { line } else { Style::warning(&line) });
            text.push('\n');
        }
    }
    text
}

fn data(reports: &[(String, Report)]) -> Value {
    let suites = reports.iter().map(|(name, report)| {
        let tests: Vec<Value> = report
            .outcomes
            .iter()
            .map(|outcome| json!({"name": outcome.name, "unmet": outcome.failures, "transcript": outcome.transcript}))
            .collect();
        let coverage: serde_json::Map<String, Value> =
            report.coverage.iter().map(|(flow, covered)| (flow.clone(), json!(covered))).collect();
        json!({"file": name, "tests": tests, "coverage": coverage})
    });
    json!({"suites": suites.collect::<Vec<_>>(), "failures": reports.iter().map(|(_, report)| report.failures()).sum::<usize>()})
}

/// Writes the tests that can be exported, and reports the others on standard error.
fn export(path: &Path, reports: &[(String, Report)]) -> Result<(), Failure> {
    let mut cases = Vec::new();
    for outcome in reports.iter().flat_map(|(_, report)| &report.outcomes) {
        match &outcome.test_case {
            Ok(case) => {
                if !case.left_out.is_empty() {
                    anstream::eprintln!("{}: not in the test case: {}", outcome.name, case.left_out.join(", "));
                }
                cases.push(case);
            }
            Err(why) => anstream::eprintln!("{}: {}", outcome.name, Style::warning(&format!("not exported: {why}"))),
        }
    }
    let text = format!("{:#}\n", json!(cases));
    std::fs::write(path, text).map_err(|error| Failure::io(path, error))
}
