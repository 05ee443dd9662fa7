//! `deployer flow test`: runs tests of flows, calls with expected outcomes described in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deployer_flow::scenario::{Coverage, Files, Functions, Report, Suite, junit, suite};
use serde_json::{Value, json};

use super::real::Deployed;
use super::{count, instance, load, print, read};
use crate::failure::{Exit, Failure};
use crate::report::Style;

/// Directory of test files.
const TESTS: &str = "flows/tests";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Test files; without them all `flows/tests/*.yaml` of this directory or the nearest one above that has them.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Show the executed actions and the branches taken.
    #[arg(long)]
    coverage: bool,
    /// The environment whose functions are invoked where a test says `real`; with --on-instance, the one whose instance is tested.
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Execute the tests as test cases of Connect itself, on the deployed instance of the environment.
    ///
    /// Each test first runs in the simulator, which determines when keys are pressed. It is then created as a test case of the instance
    /// (`PROJECT ENV: FILE: TEST`, with deployer's ownership tags), executed, five at once and for at most five minutes each, and deleted.
    /// Parts that the Testing language cannot express are listed; a test without any expressible part is not executed, which is no failure.
    /// A run that is killed leaves test cases behind, and the next one reuses or deletes them.
    ///
    /// A contact that a test brings to a queue and does not end can reach an agent: expect the queue as the outcome, so that the test ends
    /// there. On a real instance, what is heard is transcribed speech, in which a digit may be a word.
    ///
    /// Required permissions, besides those for reading the state and acquiring the lease: connect:ListTestCases, CreateTestCase,
    /// DescribeTestCase, UpdateTestCase, DeleteTestCase, TagResource, StartTestCaseExecution, GetTestCaseExecutionSummary,
    /// ListTestCaseExecutionRecords and StopTestCaseExecution, on the instance and its test cases. `deployer/docs/deploy-policy.json` does
    /// not have them.
    #[arg(long, requires = "env", conflicts_with_all = ["export", "coverage"])]
    on_instance: bool,
    /// With --on-instance: leave the test cases on the instance; the next run without this flag deletes them.
    #[arg(long, requires = "on_instance")]
    pub(super) keep: bool,
    /// Write the tests as test cases of Connect, a list of inputs of CreateTestCase with references by name.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Print the results as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}

/// A test file with the flows that it names.
pub(super) struct Loaded {
    pub(super) name: String,
    pub(super) suite: Suite,
    pub(super) flows: Files,
    /// Path of the flow that is called.
    pub(super) called: PathBuf,
}

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

/// Returns the project's own test files.
fn find() -> Result<Vec<PathBuf>, Failure> {
    let here =
        std::env::current_dir().map_err(|error| Failure::input(format!("the current directory cannot be read: {error}")))?;
    let directory = here.ancestors().map(|directory| directory.join(TESTS)).find(|directory| directory.is_dir());
    let directory = directory.ok_or_else(|| {
        Failure::input(format!("there is no {TESTS} in {} or above it", here.display())).help("name test files")
    })?;
    let entries = std::fs::read_dir(&directory).map_err(|error| Failure::io(&directory, error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"));
    files.sort();
    match files.is_empty() {
        true => Err(Failure::input(format!("there are no test files in {}", directory.display()))),
        false => Ok(files),
    }
}

/// Loads all suites with their flows, or returns all errors of all files.
fn load_all(files: &[PathBuf]) -> Result<Vec<Loaded>, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut faults = Vec::new();
    let mut loaded = Vec::new();
    for path in files {
        let shown = path.strip_prefix(&here).unwrap_or(path).display().to_string();
        match suite(&read(path)?) {
            Ok(suite) => match load_flows(path, &shown, &suite) {
                Ok(flows) => {
                    let called = path.parent().unwrap_or(Path::new("")).join(&suite.flow.path);
                    loaded.push(Loaded { name: shown, suite, flows, called });
                }
                Err(found) => faults.extend(found),
            },
            Err(found) => faults.extend(found.iter().map(|fault| format!("{shown}:{fault}"))),
        }
    }
    match faults.is_empty() {
        true => Ok(loaded),
        false => Err(Failure::input(faults.join("\n"))),
    }
}

fn load_flows(path: &Path, shown: &str, suite: &Suite) -> Result<Files, Vec<String>> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let mut flows = Files::new();
    let mut faults = Vec::new();
    for file in suite.files() {
        let place = format!("{shown}:{}:{}", file.at.line, file.at.column);
        let at = directory.join(&file.path);
        match load(&at) {
            Err(failure) => faults.push(format!("{place}: {failure}")),
            Ok(flow) => {
                let errors = super::errors(&flow, None);
                if errors > 0 {
                    let errors = count(errors, "error", "errors");
                    faults.push(format!("{place}: {} has {errors}; see `deployer flow check`", at.display()));
                }
                flows.insert(file.path.clone(), Arc::new(flow));
            }
        }
    }
    if faults.is_empty() { Ok(flows) } else { Err(faults) }
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
