//! `deployer show`: shows a saved plan.

use std::path::PathBuf;

use super::confirm::approving_flags;
use super::print;
use super::saved_plan::PlanFile;
use crate::failure::{Exit, Failure};
use crate::report::{self, Format, Heading};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file that `plan --out FILE` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
    /// Show all properties of created resources.
    #[arg(long, short)]
    verbose: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let saved = PlanFile::read(&args.file)?;
    let subject = &saved.subject;
    let heading = Heading {
        environment: format!("{} {}", subject.project, subject.environment),
        location: subject.location.clone(),
        guarded: !saved.request.destroy,
    };
    let format = if args.json { Format::Json } else { Format::Human };
    let plan = saved.plan();
    report::reporter(format, heading, args.verbose).plan(&plan);
    if args.json {
        return Ok(Exit::Success);
    }
    if plan.is_empty() {
        print("No changes: all resources matched the spec.\n")?;
    }
    // What is said about approvals follows from the changes that were shown, not from what the file says.
    let needs = if saved.request.destroy { Vec::new() } else { approving_flags(&plan, &saved.request.flags) };
    let at = saved.created_at.replace_nanosecond(0).unwrap_or(saved.created_at);
    let at = at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    print(&format!(
        "Planned at {at} by deployer {}. To carry out exactly this: {}\n",
        saved.deployer.version,
        saved.command(&args.file, &needs)
    ))?;
    Ok(Exit::Success)
}
