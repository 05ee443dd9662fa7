//! `deployer plan`: shows what `apply` would do.

use std::path::PathBuf;

use deployer_engine::Options;

use super::args::{DestroyGuards, Prebuilt, ReplaceArgs, SelectArgs};
use super::confirm::approving_flags;
use super::saved_plan::{Inputs, PlanFile, Request, Subject};
use super::{Target, print, saved};
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
    /// Save the plan to this file, for `apply FILE` or, with --destroy, `destroy FILE`. It contains no secret values; only you can read it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    destroy_guards: DestroyGuards,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    prebuilt: Prebuilt,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let prebuilt = args.prebuilt.functions.as_deref();
    let mut project = match args.destroy {
        true => Project::load_for_removal(&args.target.env, prebuilt)?,
        false => Project::load_with(&args.target.env, prebuilt)?,
    };
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
        selection: args.select.selection(),
        ..Options::default()
    };
    let (planned, inputs) = if args.destroy {
        let graph = project.graph_for_removal(&cloud)?;
        let engine = cloud.engine(&project, Default::default(), report::events(&reporter))?;
        args.select.check(&graph, &engine).await?;
        (engine.plan_destroy(Some(&graph), &options).await?, Inputs::of(&project, None))
    } else {
        super::existing_functions::require(&cloud, &project).await?;
        let (graph, built) = project.graph(&cloud, args.target.json)?;
        args.replace.check(&graph)?;
        let inputs = Inputs::of(&project, Some(&built));
        let engine = cloud.engine(&project, built.zips, report::events(&reporter))?;
        args.select.check(&graph, &engine).await?;
        (engine.plan(&graph, &options).await?, inputs)
    };
    reporter.plan(&planned.plan);
    let nothing = planned.plan.is_record_only();
    if nothing && !args.target.json {
        print(match planned.plan.is_empty() && planned.plan.moves.is_empty() {
            _ if !planned.plan.held_back.is_empty() => "No changes to the selected resources.\n",
            true => "No changes: all resources match the spec.\n",
            false => "No changes in the cloud: the next apply only updates the state.\n",
        })?;
    }
    if let Some(path) = &args.out {
        let (request, subject) = (args.request(), Subject::of(&project, &cloud));
        let needs = if args.destroy { Vec::new() } else { approving_flags(&planned.plan, &request.flags) };
        let make = || PlanFile::new(&planned.plan, planned.stored, request, inputs, subject, needs.clone());
        saved::save(path, &planned.plan, args.target.format(), &needs, make)?;
    }
    Ok(match planned.plan.problems.is_empty() {
        false => Exit::Refused,
        true if args.exit_code && !nothing => Exit::Changes,
        true => Exit::Success,
    })
}

impl Args {
    /// Returns what the plan is for, which a run must be given as well.
    fn request(&self) -> Request {
        let mut flags = self.destroy_guards.flags();
        flags.extend(self.select.flags());
        if !self.destroy {
            flags.extend(self.replace.flags());
            flags.extend(self.adopt.then(|| "--adopt".to_owned()));
        }
        Request { destroy: self.destroy, flags }
    }
}
