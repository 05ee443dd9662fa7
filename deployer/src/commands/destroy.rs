//! `deployer destroy`: deletes everything that `apply` created.

use std::sync::Arc;

use deployer_engine::{CancellationToken, Options, PlanCheck, RunRecord, RunStatus};

use super::args::{DestroyGuards, LockArgs, Prebuilt, SelectArgs, stopped};
use super::confirm::{Confirmation, approval};
use super::print;
use super::run_end::run_exit;
use super::saved::{SavedTarget, report_stale};
use super::saved_plan::{Inputs, Request, Subject};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Heading};
use crate::runtime::{Cloud, interrupt_on_signals, origin};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: SavedTarget,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    prebuilt: Prebuilt,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    destroy_guards: DestroyGuards,
    #[command(flatten)]
    select: SelectArgs,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let mut flags = args.destroy_guards.flags();
    flags.extend(args.select.flags());
    let request = Request { destroy: true, flags };
    let (target, saved) = args.target.read(&request)?;
    // What is to be deleted is also looked up by the spec: with a part of it, something would be left behind.
    let project =
        Project::load_for_removal(&target.env, args.prebuilt.functions.as_deref()).map_err(|failure| match failure.exit {
            Exit::BadInput if Project::has_spec(&target.env) => {
                let why = "destroy also deletes what the spec has and the state does not, so the whole spec must be valid";
                let help = failure.help.clone().map_or_else(|| why.to_owned(), |help| format!("{help}; {why}"));
                failure.help(help)
            }
            _ => failure,
        })?;
    let cloud = Cloud::open_with_timeout(&project, args.lock.lock_timeout).await?;
    // Also looks up the resources of the spec, so that nothing is left behind even if the state is lost.
    let graph = project.graph_for_removal(&cloud)?;
    if let Some(saved) = &saved {
        report_stale(saved.check_inputs(&Subject::of(&project, &cloud), &Inputs::of(&project, None)), target.json)?;
    }
    let reporter = report::reporter(target.format(), Heading { guarded: false, ..cloud.heading(&project) }, target.verbose);
    let engine = cloud.engine(&project, Default::default(), report::events(&reporter))?;
    args.select.check(&graph, &engine).await?;
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let question = if args.select.selection().is_everything() { "Delete all of this?" } else { "Delete these resources?" };
    let confirmation = Confirmation::new(args.yes, target.json, question).or_saved_plan(saved.is_some());
    let approve = approval(reporter.clone(), confirmation, interrupt.clone());
    let (unlocked, over_quota) = (args.destroy_guards.types(), args.destroy_guards.over_quota);
    let options = Options {
        lock_timeout: args.lock.lock_timeout,
        allow_delete: unlocked,
        selection: args.select.selection(),
        exceed_quota: over_quota,
        record: RunRecord { origin: origin(&project.root, cloud.principal.as_deref()), ..RunRecord::default() },
        check: saved.clone().map(|saved| Arc::new(saved) as Arc<dyn PlanCheck>),
        ..Options::default()
    };
    let outcome = engine.destroy(Some(&graph), &options, approve, &interrupt).await;
    if let Some(stale) = saved.and_then(|saved| saved.failure()) {
        return report_stale(Err(stale), target.json);
    }
    let outcome = outcome.map_err(|error| stopped(error, &interrupt))?;
    if outcome.status == RunStatus::NothingToDo && args.select.selection().is_everything() && !target.json {
        print(&format!("Nothing to destroy: nothing of the environment {} exists.\n", target.env))?;
    } else {
        reporter.outcome(&outcome);
    }
    run_exit(&outcome)
}
