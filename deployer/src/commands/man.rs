//! `deployer man`: prints or writes manual pages.

use std::path::PathBuf;

use clap_mangen::Man;

use super::{declaration, print};
use crate::failure::{Exit, Failure};
use crate::output::count;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write one page for each command to this directory, such as ~/.local/share/man/man1, which is created if it does not exist; pages
    /// of the same name are replaced.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let Some(directory) = &args.out else {
        let mut page = Vec::new();
        Man::new(declaration()).render(&mut page).map_err(|error| Failure::new(error.to_string()))?;
        print(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Success);
    };
    std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory, error))?;
    clap_mangen::generate_to(declaration(), directory).map_err(|error| Failure::io(directory, error))?;
    let pages = std::fs::read_dir(directory).map_err(|error| Failure::io(directory, error))?;
    let pages = pages.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("deployer")).count();
    print(&format!("Wrote {} to {}.\n", count(pages, "page", "pages"), directory.display()))?;
    Ok(Exit::Success)
}
