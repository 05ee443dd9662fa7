//! `deployer flow graph`: draws a flow.

use std::path::PathBuf;

use deployer_flow::PAGE_WIDTH;

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
    /// The maximum width of the SVG in pixels, 300 to 100000. What is wider continues below, as words do in lines of text.
    #[arg(long, value_name = "PIXELS", default_value_t = PAGE_WIDTH, requires = "svg", value_parser = clap::value_parser!(u32).range(300..=100_000))]
    max_width: u32,
    /// Write the drawing to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let flow = load(&args.file)?;
    let picture = if args.svg { deployer_flow::svg(&flow, f64::from(args.max_width)) } else { deployer_flow::mermaid(&flow) };
    match &args.out {
        Some(path) => std::fs::write(path, picture).map_err(|error| Failure::io(path, error))?,
        None => print(&picture)?,
    }
    Ok(Exit::Success)
}
