//! `deployer flow graph`: draws a flow.

use std::path::PathBuf;

use super::{load, print};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file in the Flow language.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Draw the flow as SVG; without it the output is a Mermaid flowchart.
    #[arg(long)]
    svg: bool,
    /// Write the drawing to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let flow = load(&args.file)?;
    let picture = if args.svg { deployer_flow::svg(&flow) } else { deployer_flow::mermaid(&flow) };
    match &args.out {
        Some(path) => std::fs::write(path, picture).map_err(|error| Failure::io(path, error))?,
        None => print(&picture)?,
    }
    Ok(Exit::Success)
}
