//! `deployer flow convert`: from the old designer to the Flow language.

use std::path::PathBuf;

use deployer_flow::legacy::{self, Conversion, Note};
use serde_json::json;

use super::{Output, count, errors, read};
use crate::failure::{Exit, Failure};
use crate::project::unreadable;
use crate::report::Style;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An export of the old designer (with `modules`).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let conversion = legacy::convert(&read(&args.file)?).map_err(|error| Failure::input(unreadable(&args.file, &error)))?;
    let faults = errors(&conversion.flow, conversion.flow_type);
    let data = json!({"flow": conversion.flow.as_value(), "blocks": conversion.blocks, "errors": faults});
    args.output.deliver(&conversion.flow, &report(&conversion, faults), data)?;
    match conversion.failures() {
        0 => Ok(Exit::Success),
        failures => Err(Failure::new(format!(
            "{} of {} could not be converted",
            count(failures, "block", "blocks"),
            conversion.blocks.len()
        ))
        .help("each stands in the flow as an UpdateFlowAttributes with the attribute notConverted, and takes its error branch")),
    }
}

/// Every block with what it became.
pub(super) fn report(conversion: &Conversion, faults: usize) -> String {
    let mut text = String::new();
    for block in &conversion.blocks {
        let to = match &block.to {
            Some(to) => to.clone(),
            None => Style::error("not converted"),
        };
        text.push_str(&format!("{} -> {to} {}\n", block.from, Style::dim(&block.id)));
        for note in &block.notes {
            let line = match note {
                Note::NotConverted(why) => Style::error(why),
                Note::NotCarriedOver(what) => Style::warning(what),
                Note::Assumed(what) => what.clone(),
            };
            text.push_str(&format!("  {line}\n"));
        }
    }
    let blocks = count(conversion.blocks.len(), "block", "blocks");
    let done = conversion.blocks.len() - conversion.failures();
    text.push_str(&format!("{blocks}, {done} converted; the flow has {}\n", count(faults, "error", "errors")));
    text
}
