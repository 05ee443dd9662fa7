//! Results of the tests on the instance, as text and JSON.

use deployer_flow::scenario::{JunitCase as Case, junit_of};
use serde_json::{Value, json};

use super::super::test_args::Args;
use super::super::{count, print};
use super::TestResult;
use super::execute::Verdict;
use crate::failure::{Exit, Failure};
use crate::report::Style;

type Suites = [(String, Vec<TestResult>)];

/// Prints all results; fails with the failed tests.
pub(super) fn show(args: &Args, instance: &str, suites: &Suites) -> Result<Exit, Failure> {
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(suites)).map_err(|error| Failure::io(path, error))?;
    }
    match args.json {
        true => print(&format!("{:#}\n", data(instance, suites)))?,
        false => print(&described(suites))?,
    }
    let all = || suites.iter().flat_map(|(_, tests)| tests);
    let count_of = |is: fn(&Verdict) -> bool| all().filter(|test| is(&test.verdict)).count();
    let failures = count_of(|verdict| matches!(verdict, Verdict::Failed(_)));
    let interrupted = count_of(|verdict| matches!(verdict, Verdict::Interrupted));
    let not_exported = count_of(|verdict| matches!(verdict, Verdict::NotExported(_)));
    let tests = count(all().count(), "test", "tests");
    if interrupted > 0 {
        let failure = Failure::new(format!("{interrupted} of {tests} were not executed to their end"));
        return Err(Failure { exit: Exit::Interrupted, ..failure });
    }
    match failures {
        0 if not_exported == all().count() => Err(Failure::new(format!(
            "none of {tests} could be executed on the instance: {not_exported} cannot be exported as test cases"
        ))),
        0 => Ok(Exit::Success),
        failures => Err(Failure::new(format!("{failures} of {tests} failed on the instance"))),
    }
}

fn described(suites: &Suites) -> String {
    let mut text = String::new();
    for (name, tests) in suites {
        text.push_str(&format!("{}\n", Style::bold(name)));
        for test in tests {
            text.push_str(&line(test));
        }
        let number = |is: fn(&Verdict) -> bool| tests.iter().filter(|test| is(&test.verdict)).count();
        let passed = number(|verdict| matches!(verdict, Verdict::Passed));
        let left = number(|verdict| matches!(verdict, Verdict::NotExported(_)));
        text.push_str(&format!("  on the instance: {passed} of {} passed, {left} not executed\n", tests.len()));
    }
    text
}

fn line(test: &TestResult) -> String {
    let under = |text: &str| format!("            {text}\n");
    let mut text = match &test.verdict {
        Verdict::Passed => format!("  ok      {}\n", test.name),
        Verdict::Failed(reasons) => {
            let reasons: String = reasons.iter().map(|reason| under(reason)).collect();
            format!("  {}  {}\n{reasons}", Style::error("failed"), test.name)
        }
        Verdict::NotExported(why) => {
            format!("  {}       {}\n{}", Style::warning("-"), test.name, under(&Style::warning(&format!("not executed: {why}"))))
        }
        Verdict::Interrupted => format!("  {}       {}\n{}", Style::warning("-"), test.name, under("interrupted")),
    };
    if !test.left_out.is_empty() {
        text.push_str(&Style::dim(&under(&format!("not looked at: {}", test.left_out.join(", ")))));
    }
    if matches!(test.verdict, Verdict::Failed(_)) && !test.locally.is_empty() {
        text.push_str(&Style::dim(&under(&format!("in the simulator: {}", test.locally.join("; ")))));
    }
    text
}

/// Returns the JSON name of a verdict, with its reasons.
fn word(verdict: &Verdict) -> (&'static str, Vec<String>) {
    match verdict {
        Verdict::Passed => ("passed", Vec::new()),
        Verdict::Failed(reasons) => ("failed", reasons.clone()),
        Verdict::NotExported(why) => ("not executed", vec![why.clone()]),
        Verdict::Interrupted => ("interrupted", Vec::new()),
    }
}

fn data(instance: &str, suites: &Suites) -> Value {
    let number = |wanted: &str| suites.iter().flat_map(|(_, tests)| tests).filter(|test| word(&test.verdict).0 == wanted).count();
    let shown = suites.iter().map(|(name, tests)| {
        let tests: Vec<Value> = tests
            .iter()
            .map(|test| {
                let (status, reasons) = word(&test.verdict);
                json!({"name": test.name, "status": status, "reasons": reasons, "not_looked_at": test.left_out, "unmet_in_simulator": test.locally})
            })
            .collect();
        json!({"file": name, "tests": tests})
    });
    json!({
        "instance": instance, "suites": shown.collect::<Vec<_>>(),
        "passed": number("passed"), "failures": number("failed"), "not_executed": number("not executed"), "interrupted": number("interrupted"),
    })
}

/// Writes JUnit XML. A test that could not be executed is reported as skipped.
fn junit(suites: &Suites) -> String {
    let case = |test: &TestResult| {
        let (failures, skipped) = match &test.verdict {
            Verdict::Passed => (Vec::new(), None),
            Verdict::Failed(reasons) => (reasons.clone(), None),
            Verdict::NotExported(why) => (Vec::new(), Some(why.clone())),
            Verdict::Interrupted => (Vec::new(), Some("interrupted".to_owned())),
        };
        let output = test.left_out.iter().map(|what| format!("not looked at: {what}")).collect();
        Case { name: test.name.clone(), failures, skipped, output }
    };
    let all: Vec<(String, Vec<Case>)> =
        suites.iter().map(|(name, tests)| (name.clone(), tests.iter().map(case).collect())).collect();
    junit_of(&all)
}
