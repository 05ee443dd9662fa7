//! `deployer plan`: what `apply` would do.

use deployer_engine::Options;

use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report;
use crate::wiring::Cloud;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Exit with 4 when there are changes.
    #[arg(long)]
    exit_code: bool,
    /// Plan the removal of everything instead.
    #[arg(long)]
    destroy: bool,
    /// Plan as `apply --adopt` would do it.
    #[arg(long)]
    adopt: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load(&args.target.env)?;
    let cloud = Cloud::open(&project).await?;
    let reporter = report::reporter(args.target.format(), cloud.heading(&project), args.target.verbose);
    let options = Options { adopt: args.adopt, ..Options::default() };
    let planned = if args.destroy {
        let graph = project.graph_for_removal(&cloud)?;
        let engine = cloud.engine(&project, Default::default(), report::events(&reporter))?;
        engine.plan_destroy(Some(&graph), &options).await?
    } else {
        let (graph, built) = project.graph(&cloud, args.target.json)?;
        let engine = cloud.engine(&project, built.zips, report::events(&reporter))?;
        engine.plan(&graph, &options).await?
    };
    reporter.plan(&planned.plan);
    if planned.plan.is_empty() && !args.target.json {
        print("No changes: everything is as the spec says.\n")?;
    }
    Ok(match planned.plan.problems.is_empty() {
        false => Exit::Refused,
        true if args.exit_code && !planned.plan.is_empty() => Exit::Changes,
        true => Exit::Success,
    })
}
