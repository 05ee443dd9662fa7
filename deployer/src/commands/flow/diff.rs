//! `deployer flow diff`: compares two flows by meaning.

use std::path::PathBuf;

use super::{load, print};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The old version of the flow.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The new version of the flow.
    #[arg(value_name = "AFTER")]
    after: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let differences = deployer_flow::diff(&load(&args.before)?, &load(&args.after)?);
    differences.iter().try_for_each(|difference| print(&format!("{difference}\n")))?;
    Ok(if differences.is_empty() { Exit::Success } else { Exit::Changes })
}
