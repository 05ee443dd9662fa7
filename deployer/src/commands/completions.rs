//! `deployer completions`: prints the completion script of a shell.

use clap_complete::Shell;

use super::{declaration, print};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut declaration(), "deployer", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
