//! `deployer flow …`: contact flows as files.

mod check;
mod convert;
mod diff;
mod graph;
mod import;
mod instance;
mod pull;
mod read;
mod real;
mod test;

use std::path::PathBuf;

use deployer_flow::{Context, Flow, FlowType, Severity};
use serde_json::Value;

use super::print;
use crate::failure::{Exit, Failure};
pub(crate) use read::{load, read};
pub(crate) use real::Deployed;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check flows as Connect does when it publishes them, and further. Exit code 0 when there are no errors.
    Check(check::Args),
    /// Make a flow of an export of the old designer, block by block. Exit code 1 when some of its meaning would be lost.
    Convert(convert::Args),
    /// Make a console export portable: ARNs become references by name.
    Import(import::Args),
    /// What differs between two flows in meaning: actions, parameters, branches. Exit code 4 when something does.
    Diff(diff::Args),
    /// Draw a flow.
    Graph(graph::Args),
    /// Run tests of flows: calls that files describe, and what must come of them. Exit code 1 when one fails.
    Test(test::Args),
}

pub(crate) fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => check::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Import(args) => crate::runtime::block_on(import::run(args)),
        Command::Diff(args) => diff::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Test(args) => crate::runtime::block_on(test::run(args)),
    }
}

/// Where a command leaves the flow it has made.
#[derive(Debug, clap::Args)]
struct Output {
    /// Write the flow to this file; without it the flow goes to standard output and the report to standard error.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print flow and report as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Reports without a flow, which is written nowhere.
    fn refuse(&self, report: &str, data: &Value) -> Result<(), Failure> {
        match self.json {
            true => print(&format!("{data:#}\n")),
            false => {
                anstream::eprint!("{report}");
                Ok(())
            }
        }
    }

    /// Writes the flow where it is wanted; text for people goes where the flow does not.
    fn deliver(&self, flow: &Flow, report: &str, data: Value) -> Result<(), Failure> {
        let content = format!("{}\n", flow.to_json());
        if let Some(path) = &self.out {
            std::fs::write(path, &content).map_err(|error| Failure::io(path, error))?;
        }
        match (self.json, &self.out) {
            (true, _) => print(&format!("{data:#}\n")),
            (false, Some(_)) => print(report),
            (false, None) => {
                anstream::eprint!("{report}");
                print(&content)
            }
        }
    }
}

/// How many errors Connect would find in a flow with references.
fn errors(flow: &Flow, flow_type: Option<FlowType>) -> usize {
    let findings = deployer_flow::check(flow, &Context { flow_type, symbolic: true, ..Context::default() });
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
