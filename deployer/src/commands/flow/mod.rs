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
mod suites;
mod test;
mod test_args;
mod to_rust;

use std::path::{Path, PathBuf};

use deployer_flow::{Context, Flow, FlowType, Severity};
use serde_json::Value;

use crate::failure::{Exit, Failure};
use crate::output::{count, print};
pub(crate) use read::{load, read};
pub(crate) use real::Deployed;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check flows as Connect does when it publishes them, and beyond. Exit code 0 if there are no errors.
    Check(check::Args),
    /// Convert an export of the old designer to a flow, block by block. Exit code 1 if some of its meaning would be lost.
    Convert(convert::Args),
    /// Make a console export portable: ARNs become references by name.
    Import(import::Args),
    /// Fetch a flow of the environment's instance as a portable file, with names in place of ARNs. The instance is not changed.
    Pull(import::PullArgs),
    /// Write a flow as Rust source that builds a flow of the same meaning.
    ToRust(to_rust::Args),
    /// Show the differences between two flows in meaning: actions, parameters, branches. Exit code 4 if there are any.
    Diff(diff::Args),
    /// Draw a flow.
    Graph(graph::Args),
    /// Run tests of flows: calls and their expected outcomes, described in files. Exit code 1 if one fails.
    Test(test::Args),
}

pub(crate) fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => check::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Import(args) => crate::runtime::block_on(import::run(args)),
        Command::Pull(args) => crate::runtime::block_on(import::run(args.into())),
        Command::ToRust(args) => to_rust::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Test(args) => crate::runtime::block_on(test::run(args)),
    }
}

/// Output options of a command that produces a flow.
#[derive(Debug, clap::Args)]
struct Output {
    /// Write the flow to this file; without it the flow goes to standard output and the report to standard error.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace FILE if it exists and has another content.
    #[arg(long, requires = "out")]
    force: bool,
    /// Print flow and report as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Output {
    /// Prints the report if no flow is produced.
    fn refuse(&self, report: &str, data: &Value) -> Result<(), Failure> {
        match self.json {
            true => print(&format!("{data:#}\n")),
            false => {
                anstream::eprint!("{report}");
                Ok(())
            }
        }
    }

    /// Writes the flow to its destination; text for people goes to the other output.
    fn deliver(&self, flow: &Flow, report: &str, data: Value) -> Result<(), Failure> {
        let content = format!("{}\n", flow.to_json());
        if let Some(path) = &self.out {
            write(path, &content, self.force)?;
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

/// Writes a file, unless it exists with another content.
fn write(path: &Path, content: &str, force: bool) -> Result<(), Failure> {
    match std::fs::read(path) {
        Ok(there) if there == content.as_bytes() => return Ok(()),
        Ok(_) if !force => {
            return Err(Failure::refused(format!("{} exists and has another content; nothing was written", path.display()))
                .help("name another file, or pass --force to replace it"));
        }
        _ => {}
    }
    std::fs::write(path, content).map_err(|error| Failure::io(path, error))
}

/// Returns the number of errors that Connect would find in a flow with references.
fn errors(flow: &Flow, flow_type: Option<FlowType>) -> usize {
    let findings = deployer_flow::check(flow, &Context { flow_type, symbolic: true, ..Context::default() });
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}
