//! `deployer flow import`: from a console export to a portable file.

use std::path::PathBuf;

use deployer_flow::{Flow, Portable, legacy, portable};
use serde_json::json;

use super::{Output, count, errors, read};
use crate::failure::{Exit, Failure};
use crate::report::Style;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A flow as the console exports it; one of the old designer is converted first.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let text = read(&args.file)?;
    let conversion = legacy::convert(&text).ok();
    let flow = match &conversion {
        Some(conversion) => conversion.flow.clone(),
        None => Flow::parse(&text).map_err(|error| Failure::input(format!("{}:{error}", args.file.display())))?,
    };
    let made = portable(&flow);
    let faults = errors(&made.flow, None);
    let mut report = conversion.as_ref().map(|conversion| super::convert::report(conversion, faults)).unwrap_or_default();
    report.push_str(&describe(&made, faults));
    let blocks = conversion.as_ref().map(|conversion| &conversion.blocks);
    let data = json!({
        "flow": made.flow.as_value(), "resources": made.resources, "left": made.left, "blocks": blocks, "errors": faults
    });
    args.output.deliver(&made.flow, &report, data)?;
    match conversion.map_or(0, |conversion| conversion.failures()) {
        0 => Ok(Exit::Success),
        failures => Err(Failure::new(format!("{} could not be converted", count(failures, "block", "blocks")))),
    }
}

fn describe(made: &Portable, faults: usize) -> String {
    let mut text = String::new();
    for resource in &made.resources {
        let places = count(resource.places, "place", "places");
        text.push_str(&format!(
            "{}  {} \"{}\", {places} {}\n",
            resource.reference,
            resource.kind,
            resource.name,
            Style::dim(&resource.arn)
        ));
    }
    for left in &made.left {
        let line = format!("{}: left as it is: {}", left.path, left.why);
        text.push_str(&format!("{}\n  {}\n", Style::warning(&line), left.text));
    }
    let resources = count(made.resources.len(), "resource", "resources");
    text.push_str(&format!("{resources} by name, {} left; {}\n", made.left.len(), count(faults, "error", "errors")));
    text
}
