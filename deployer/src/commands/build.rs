//! `deployer build`: builds and packs the functions of the spec.

use std::path::PathBuf;

use serde_json::json;

use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::functions::{check_out, write_prebuilt};
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Copy the executables and zips to this directory, for `plan` and `apply` with --functions on another machine.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let project = Project::load(&args.target.env)?;
    if let Some(directory) = &args.out {
        check_out(&project.root, &project.wanted_functions(), directory)?;
    }
    let built = project.build(args.target.json)?;
    if let Some(directory) = &args.out {
        write_prebuilt(&built, directory)?;
        if let Some(program) = &project.program {
            program.write_prebuilt(&project.spec, directory)?;
        }
    }
    let functions = project.digests(&built);
    if args.target.json {
        print(&format!("{}\n", json!({"functions": functions})))?;
    } else {
        if functions.is_empty() {
            print("Nothing to build: the spec names no functions.\n")?;
        }
        let width = functions.keys().map(|name| name.len()).max().unwrap_or_default();
        let lines = functions.iter().map(|(name, digest)| format!("  {name:width$}  {digest}\n"));
        print(&lines.collect::<String>())?;
    }
    Ok(Exit::Success)
}
