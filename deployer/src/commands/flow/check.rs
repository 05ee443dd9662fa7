//! `deployer flow check`: reports the errors that Connect would report.

use std::path::PathBuf;

use deployer_flow::{Context, FlowType, Severity, check};
use serde_json::json;

use super::{count, load, print};
use crate::failure::{Exit, Failure};
use crate::project::show;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files in the Flow language.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Type of the flow; without it the type recorded in an export is used.
    #[arg(long = "type", value_name = "TYPE", value_parser = flow_type)]
    flow_type: Option<FlowType>,
    /// Print every finding as one JSON object.
    #[arg(long)]
    json: bool,
}

fn flow_type(text: &str) -> Result<FlowType, String> {
    FlowType::from_name(text)
        .ok_or_else(|| "not a flow type; the first is CONTACT_FLOW, see `flows.<name>.type` in the spec".to_owned())
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let (mut errors, mut warnings) = (0, 0);
    let mut reports = Vec::new();
    for path in &args.files {
        let flow = match load(path) {
            Ok(flow) => flow,
            Err(failure) => {
                errors += 1;
                anstream::eprintln!("{failure}");
                reports.push(json!({"file": path, "error": failure.message}));
                continue;
            }
        };
        let findings = check(&flow, &Context { flow_type: args.flow_type, symbolic: true, ..Context::default() });
        let wrong = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        errors += wrong;
        warnings += findings.len() - wrong;
        if !args.json {
            findings.iter().try_for_each(|finding| print(&format!("{}\n\n", show(path, &flow, finding))))?;
        }
        reports.push(json!({"file": path, "findings": findings}));
    }
    if args.json {
        print(&format!("{}\n", json!({"files": reports, "errors": errors})))?;
    }
    match errors {
        0 if args.json => Ok(Exit::Success),
        0 => {
            let what = match args.files.as_slice() {
                [one] => one.display().to_string(),
                many => format!("{} flows", many.len()),
            };
            let but = if warnings == 0 { String::new() } else { format!(", {}", count(warnings, "warning", "warnings")) };
            print(&format!("{what}: ok{but}\n"))?;
            Ok(Exit::Success)
        }
        1 => Err(Failure::input("1 error")),
        many => Err(Failure::input(format!("{many} errors"))),
    }
}
