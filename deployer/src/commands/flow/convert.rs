//! `deployer flow convert`: converts exports of the old designer to the Flow language.

use std::path::{Path, PathBuf};

use deployer_flow::legacy::{self, Conversion, NoteKind};
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
    /// Convert even if a part of the export has no equivalent in the Flow language: it is left out with a warning, and a block that cannot
    /// be converted is replaced by an action that takes its error branch.
    #[arg(long)]
    lossy: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let conversion = legacy::convert(&read(&args.file)?).map_err(|error| Failure::input(unreadable(&args.file, &error)))?;
    let faults = errors(&conversion.flow, conversion.flow_type);
    let report = report(&args.file, &conversion, faults, args.lossy);
    let data = |flow| json!({"flow": flow, "blocks": conversion.blocks, "errors": faults});
    if let Some(refusal) = refusal(&conversion, args.lossy) {
        args.output.refuse(&report, &data(serde_json::Value::Null))?;
        return Err(refusal);
    }
    args.output.deliver(&conversion.flow, &report, data(conversion.flow.as_value().clone()))?;
    Ok(Exit::Success)
}

/// Returns the failure if some of the meaning of the export would be lost, so that no flow is written.
pub(super) fn refusal(conversion: &Conversion, lossy: bool) -> Option<Failure> {
    let losses = conversion.losses().count();
    if losses == 0 || lossy {
        return None;
    }
    let parts = count(losses, "part of the export has", "parts of the export have");
    let help = "use --lossy to convert without them; nothing was written";
    Some(Failure::new(format!("{parts} no place in the Flow language")).help(help))
}

/// Formats every block with its conversion. Blocks that lose meaning are shown with their position in the file.
pub(super) fn report(file: &Path, conversion: &Conversion, faults: usize, lossy: bool) -> String {
    let mut text = String::new();
    for block in &conversion.blocks {
        let to = match &block.to {
            Some(to) => to.clone(),
            None => Style::error("not converted"),
        };
        text.push_str(&format!("{} -> {to} {}\n", block.from, Style::dim(&block.id)));
        for note in &block.notes {
            let place = format!("{}:{}:{}", file.display(), note.at.line, note.at.column);
            let line = match (note.kind, lossy) {
                (NoteKind::Assumed, _) => note.text.clone(),
                (_, false) => format!("{place}: {} {}: {}", Style::error("error:"), note.path, note.text),
                (_, true) => format!("{place}: {} {}: {}", Style::warning("warning:"), note.path, note.text),
            };
            text.push_str(&format!("  {line}\n"));
        }
    }
    let blocks = count(conversion.blocks.len(), "block", "blocks");
    let done = conversion.blocks.len() - conversion.failures();
    text.push_str(&format!("{blocks}, {done} converted; the flow has {}\n", count(faults, "error", "errors")));
    text
}
