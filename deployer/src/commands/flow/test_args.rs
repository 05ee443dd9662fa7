//! The arguments of `deployer flow test`.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Test files; without them all `flows/tests/*.yaml` of this directory or the nearest one above that has them.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Write the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Show the executed actions and the branches taken.
    #[arg(long)]
    pub(super) coverage: bool,
    /// The environment whose functions are invoked where a test says `real`; with --on-instance, the one whose instance is tested.
    #[arg(long, value_name = "ENV")]
    pub(super) env: Option<String>,
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
    pub(super) on_instance: bool,
    /// With --on-instance: leave the test cases on the instance; the next run without this flag deletes them.
    #[arg(long, requires = "on_instance")]
    pub(super) keep: bool,
    /// Write the tests as test cases of Connect, a list of inputs of CreateTestCase with references by name.
    #[arg(long, value_name = "FILE")]
    pub(super) export: Option<PathBuf>,
    /// Print the results as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}
