//! `deployer flow to-rust`: writes a flow as Rust source.

use std::path::{Path, PathBuf};

use deployer_flow::to_rust::{Options, RustSource, to_rust};
use deployer_flow::{Flow, legacy};

use super::{convert, count, errors, print, read, write};
use crate::failure::{Exit, Failure};
use crate::project::unreadable;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A flow or flow module, as the console exports it or as a project has it; `-` reads standard input. An export of the old designer is
    /// converted first.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the function that returns the flow; without it, that of the file.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Keep identifiers of actions that are UUIDs. Without it such an action is called by what it does, as in `Say 2`.
    #[arg(long)]
    keep_ids: bool,
    /// Convert an export of the old designer even if some of its meaning is lost, with a warning for each part.
    #[arg(long)]
    lossy: bool,
    /// Write the source to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace FILE of --out if it exists and has another content.
    #[arg(long, requires = "out")]
    force: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let is_piped = args.file == Path::new("-");
    let text = if is_piped { read::standard_input()? } else { read(&args.file)? };
    let shown = if is_piped { Path::new("standard input") } else { &args.file };
    let flow = flow(&text, shown, args.lossy)?;
    let stem = args.file.file_stem().filter(|_| !is_piped).unwrap_or_default().to_string_lossy();
    let name = args.name.clone().unwrap_or_else(|| stem.into_owned());
    let written = to_rust(&flow, &Options { name, keep_ids: args.keep_ids }).map_err(|reasons| unsound(shown, &reasons))?;
    anstream::eprint!("{}", report(&flow, &written));
    match &args.out {
        Some(path) => write(path, &written.source, args.force)?,
        None => print(&written.source)?,
    }
    Ok(Exit::Success)
}

/// Parses the flow; an export of the old designer is converted.
fn flow(text: &str, shown: &Path, lossy: bool) -> Result<Flow, Failure> {
    let Ok(conversion) = legacy::convert(text) else {
        return Flow::parse(text).map_err(|error| Failure::input(unreadable(shown, &error)));
    };
    let faults = errors(&conversion.flow, conversion.flow_type);
    anstream::eprint!("{}", convert::report(shown, &conversion, faults, lossy));
    match convert::refusal(&conversion, lossy) {
        Some(refusal) => Err(refusal),
        None => Ok(conversion.flow),
    }
}

fn unsound(shown: &Path, reasons: &[String]) -> Failure {
    let (first, others) = reasons.split_first().map_or(("", &[][..]), |(first, others)| (first, others));
    let more =
        if others.is_empty() { String::new() } else { format!(", and {}", count(others.len(), "other reason", "other reasons")) };
    Failure::input(format!("{}: the flow cannot be written in Rust: {first}{more}", shown.display()))
        .help("`deployer flow check` lists all that is wrong with a flow")
}

fn report(flow: &Flow, written: &RustSource) -> String {
    let actions = count(flow.actions().len(), "action", "actions");
    match &written.raw[..] {
        [] => format!("{actions} written\n"),
        raw => {
            format!(
                "{actions} written, {} with `raw`, because the builder's types do not have it: {}\n",
                raw.len(),
                raw.join(", ")
            )
        }
    }
}
