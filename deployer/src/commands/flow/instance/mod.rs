//! `deployer flow test --on-instance`: executes the tests as test cases of Connect itself, on the environment's instance.

mod cases;
mod execute;
mod report;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use deployer_engine::{CancellationToken, EventSink};
use deployer_flow::scenario::{Functions, Outcome};
use futures::StreamExt;
use serde_json::Value;

use self::cases::TestCases;
use self::execute::{PollRate, Verdict, execute};
use self::resolve::Resolver;
use super::real::Deployed;
use super::suites::LoadedSuite;
use super::test_args::Args;
use crate::commands::args::stopped;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::runtime::{Cloud, Endpoint, ServedEndpoint, interrupt_on_signals};

/// Maximum number of concurrent executions of an instance (administrator guide, "Execute test cases").
const AT_ONCE: usize = 5;

/// A test as a test case of the instance.
struct TestCaseSpec {
    /// Name of the test case.
    name: String,
    /// Content with all references resolved.
    content: Value,
    flow_id: String,
    caller: Option<String>,
    data: Option<String>,
}

/// A test with its results.
struct TestResult {
    name: String,
    verdict: Verdict,
    /// Parts that the test case does not contain.
    left_out: Vec<String>,
    /// Failed expectations in the simulator.
    locally: Vec<String>,
}

pub(super) async fn run(args: &Args, environment: &str, loaded: Vec<LoadedSuite>) -> Result<Exit, Failure> {
    let simulated = simulate(environment, &loaded).await?;
    let project = Project::load(environment)?;
    let cloud = Cloud::open(&project).await?;
    let resolver = Resolver::open(&project, &cloud, environment).await?;
    let prefix = format!("{} {}: ", project.spec.project, project.spec.environment);
    let mut suites: Vec<(String, Vec<TestResult>)> = Vec::new();
    let mut wanted: Vec<((usize, usize), TestCaseSpec)> = Vec::new();
    for (suite, (one, outcomes)) in loaded.iter().zip(simulated).enumerate() {
        let mut tests = Vec::new();
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let name = cases::name(&prefix, &one.name, &outcome.name);
            let (tested, compiled) = compile(&resolver, one, outcome, name);
            wanted.extend(compiled.map(|compiled| ((suite, index), compiled)));
            tests.push(tested);
        }
        suites.push((one.name.clone(), tests));
    }
    each_once(&wanted)?;
    let cases = TestCases::new(cloud.connect(), resolver.instance().to_owned(), &project, prefix);
    let verdicts = with_lease(&project, &cloud, &cases, &wanted, args.keep).await?;
    for ((suite, index), verdict) in verdicts {
        suites[suite].1[index].verdict = verdict;
    }
    report::show(args, resolver.instance(), &suites)
}

/// Simulates the calls, from which the test cases are made.
async fn simulate(environment: &str, loaded: &[LoadedSuite]) -> Result<Vec<Vec<Outcome>>, Failure> {
    // The embedded AWS can be open only once, so it is closed before the instance is used.
    let real = match loaded.iter().any(|one| one.suite.needs_real_functions()) {
        true => Some(Deployed::open(environment).await?),
        false => None,
    };
    let real = real.as_ref().map(|real| real as &dyn Functions);
    let mut all = Vec::new();
    for one in loaded {
        all.push(one.suite.run(&one.flows, real).await.outcomes);
    }
    Ok(all)
}

/// Returns the test case of a test, or the reason why there is none, which is its verdict.
fn compile(resolver: &Resolver<'_>, loaded: &LoadedSuite, outcome: Outcome, name: String) -> (TestResult, Option<TestCaseSpec>) {
    let mut tested =
        TestResult { name: outcome.name, verdict: Verdict::Interrupted, left_out: Vec::new(), locally: outcome.failures };
    let compiled = outcome.test_case.and_then(|case| {
        tested.left_out = case.left_out;
        Ok(TestCaseSpec {
            name,
            content: resolver.resolved(&case.content)?,
            flow_id: resolver.flow(loaded)?,
            caller: case.entry_point["VoiceCallEntryPointParameters"]["SourcePhoneNumber"].as_str().map(str::to_owned),
            data: (!case.initialization_data.is_null()).then(|| case.initialization_data.to_string()),
        })
    });
    match compiled {
        Ok(wanted) => (tested, Some(wanted)),
        Err(why) => (TestResult { verdict: Verdict::NotExported(why), ..tested }, None),
    }
}

/// Checks that every name belongs to one test case.
///
/// # Errors
/// Fails if two tests have the same name, as those of a file that is given twice.
fn each_once(wanted: &[(TestIndex, TestCaseSpec)]) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    let twice: Vec<&str> = wanted.iter().map(|(_, one)| one.name.as_str()).filter(|name| !names.insert(*name)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    let twice = twice.join("\n  ");
    Err(Failure::refused(format!("these test cases would have the same name:\n  {twice}"))
        .help("give each test file once, and each test of a file a name of its own"))
}

/// The index of a suite, and of a test in it.
type TestIndex = (usize, usize);

/// Executes the test cases while the environment is locked, and deletes them all afterwards.
async fn with_lease(
    project: &Project,
    cloud: &Cloud,
    cases: &TestCases,
    wanted: &[(TestIndex, TestCaseSpec)],
    keep: bool,
) -> Result<BTreeMap<TestIndex, Verdict>, Failure> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let engine = cloud.engine(project, Arc::default(), EventSink::ignore())?;
    let pace = match cloud.endpoint {
        Endpoint::Aws | Endpoint::Remote(ServedEndpoint { quotas: true, .. }) => PollRate::Aws,
        Endpoint::InProcess(_) | Endpoint::Remote(_) => PollRate::Embedded,
    };
    let work = async {
        let names: Vec<&str> = wanted.iter().map(|(_, one)| one.name.as_str()).collect();
        let known = cases.take_over(&names).await?;
        let verdicts = futures::stream::iter(wanted)
            .map(|(place, one)| {
                let known = known.get(&one.name).map(String::as_str);
                let interrupt = &interrupt;
                async move { (*place, execute(cases, one, known, pace, interrupt).await) }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<BTreeMap<_, _>>()
            .await;
        if !keep && let Err(failure) = cases.remove(cases.own()).await {
            anstream::eprintln!("test cases are left on the instance, and the next run removes them: {failure}");
        }
        Ok(verdicts)
    };
    // The lease is renewed concurrently.
    match engine.with_lease(Duration::ZERO, &interrupt, work).await {
        Ok(verdicts) => verdicts,
        Err(error) => Err(stopped(error, &interrupt)),
    }
}
