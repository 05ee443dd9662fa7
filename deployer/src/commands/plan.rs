//! `deployer plan`: shows what `apply` would do.

use deployer_engine::Options;

use super::args::{DestroyGuards, Prebuilt, ReplaceArgs};
use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Heading};
use crate::runtime::Cloud;
use crate::secrets::UsersToCreate;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Exit with 4 if the plan changes anything in the cloud.
    #[arg(long)]
    exit_code: bool,
    /// Plan the removal of everything instead.
    #[arg(long)]
    destroy: bool,
    /// Plan as `apply --adopt` would.
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    destroy_guards: DestroyGuards,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    prebuilt: Prebuilt,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let mut project = Project { prebuilt: args.prebuilt.functions.clone(), ..Project::load(&args.target.env)? };
    if !args.destroy {
        project.read_outputs_of_others().await?;
        project.certificate.require(&project.spec_path)?;
        project.certificate.warn();
    }
    let mut cloud = Cloud::open(&project).await?;
    let heading = Heading { guarded: !args.destroy, ..cloud.heading(&project) };
    let reporter = report::reporter(args.target.format(), heading, args.target.verbose);
    let lineage = if args.destroy { None } else { cloud.take_secrets(&project, UsersToCreate::None).await? };
    let (unlocked, over_quota) = (args.destroy_guards.types(), args.destroy_guards.over_quota);
    let options = Options {
        lineage,
        adopt: args.adopt,
        allow_delete: unlocked,
        exceed_quota: over_quota,
        force_replace: args.replace.addresses(),
        ..Options::default()
    };
    let planned = if args.destroy {
        let graph = project.graph_for_removal(&cloud)?;
        let engine = cloud.engine(&project, Default::default(), report::events(&reporter))?;
        engine.plan_destroy(Some(&graph), &options).await?
    } else {
        super::existing_functions::require(&cloud, &project).await?;
        let (graph, built) = project.graph(&cloud, args.target.json)?;
        args.replace.check(&graph)?;
        let engine = cloud.engine(&project, built.zips, report::events(&reporter))?;
        engine.plan(&graph, &options).await?
    };
    reporter.plan(&planned.plan);
    let nothing = planned.plan.is_record_only();
    if nothing && !args.target.json {
        print(match planned.plan.is_empty() && planned.plan.moves.is_empty() {
            true => "No changes: all resources match the spec.\n",
            false => "No changes in the cloud: the next apply only updates the state.\n",
        })?;
    }
    Ok(match planned.plan.problems.is_empty() {
        false => Exit::Refused,
        true if args.exit_code && !nothing => Exit::Changes,
        true => Exit::Success,
    })
}
