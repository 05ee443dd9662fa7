//! `deployer apply`: plans, asks for approval, applies, and shows the outputs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use deployer_engine::{Action, Address, CancellationToken, Options, Plan, PlanCheck, RunRecord, RunStatus};
use deployer_spec::Password;
use futures::FutureExt;
use futures::future::BoxFuture;
use uuid::Uuid;

use super::args::{DestroyGuards, LockArgs, Prebuilt, ReplaceArgs, SelectArgs, stopped};
use super::confirm::{Approvals, Confirmation, ReviewedApproval};
use super::run_end::{run_exit, show_passwords};
use super::saved::{SavedTarget, report_stale};
use super::saved_plan::{Inputs, Request, Subject};
use super::{Target, outputs, print, rollback};
use crate::assets::kept::KeptArtifacts;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report;
use crate::runtime::{Cloud, Endpoint, interrupt_on_signals, origin};
use crate::secrets::UsersToCreate;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: SavedTarget,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock: LockArgs,
    /// Adopt existing resources that deployer does not manage yet; the plan shows what that would change.
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    destroy_guards: DestroyGuards,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    approvals: Approvals,
    #[command(flatten)]
    prebuilt: Prebuilt,
    /// Write the timeline of the run as a picture: a bar for each change, with the chain of changes that decided its duration.
    #[arg(long, value_name = "FILE.svg")]
    timeline: Option<PathBuf>,
    /// After a failure: `stop`, or `rollback` to what the last applied run has applied. The flags that confirm this run confirm that one.
    #[arg(long, value_name = "WHAT", default_value = "stop", hide_default_value = true, conflicts_with_all = ["targets", "excludes"])]
    on_failure: OnFailure,
}

/// What follows a failed run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum OnFailure {
    /// Nothing: a rerun continues.
    Stop,
    /// A rollback.
    Rollback,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let (on_failure, yes, json, verbose) = (args.on_failure, args.yes, args.target.json, args.target.verbose);
    let saved = args.target.is_saved();
    let (lock, destroy_guards, approvals) = (args.lock, args.destroy_guards, args.approvals.clone());
    let Ended { exit, environment, half_applied } = apply(args).await?;
    if let Some(failed) = half_applied.filter(|_| on_failure == OnFailure::Rollback) {
        let target = Target { env: environment, json, verbose };
        let yes = yes || saved;
        let args = rollback::Args { target, to: None, plan: false, yes, lock, destroy_guards, approvals };
        if let Err(failure) = rollback::after_failure(args, failed).await {
            super::show(&failure);
        }
    }
    Ok(exit)
}

/// The end of a run.
struct Ended {
    exit: Exit,
    environment: String,
    /// The run's ID, if it failed after some changes.
    half_applied: Option<Uuid>,
}

async fn apply(args: Args) -> Result<Ended, Failure> {
    let (target, saved) = args.target.clone().read(&args.request())?;
    let mut project = Project::load_with(&target.env, args.prebuilt.functions.as_deref())?;
    project.read_outputs_of_others().await?;
    project.certificate.require(&project.spec_path)?;
    project.certificate.warn();
    let mut cloud = Cloud::open_with_timeout(&project, args.lock.lock_timeout).await?;
    let forced = args.replace.addresses();
    let lineage = cloud.take_secrets(&project, UsersToCreate::With(&forced)).await?;
    super::existing_functions::require(&cloud, &project).await?;
    let (graph, built) = project.graph(&cloud, target.json)?;
    args.replace.check(&graph)?;
    if let Some(saved) = &saved {
        report_stale(saved.check_inputs(&Subject::of(&project, &cloud), &Inputs::of(&project, Some(&built))), target.json)?;
    }
    let reporter = report::reporter(target.format(), cloud.heading(&project), target.verbose);
    let (zips, timeline) = (built.zips, report::Timeline::default());
    let engine = cloud.engine(&project, Arc::clone(&zips), timeline.before(report::events(&reporter)))?;
    args.approvals.check(&graph, &engine).await?;
    args.select.check(&graph, &engine).await?;
    let guard = PasswordLogGuard::new(&project, matches!(cloud.endpoint, Endpoint::Aws) && report::is_logged());
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let options = Options {
        adopt: args.adopt,
        lock_timeout: args.lock.lock_timeout,
        lineage,
        allow_delete: args.destroy_guards.types(),
        exceed_quota: args.destroy_guards.over_quota,
        force_replace: forced,
        selection: args.select.selection(),
        record: RunRecord {
            origin: origin(&project.root, cloud.principal.as_deref()),
            artifacts: Some(KeptArtifacts::of(zips, project.recordings.clone())),
            restores: None,
        },
        check: saved.clone().map(|saved| Arc::new(saved) as Arc<dyn PlanCheck>),
        ..Options::default()
    };
    let confirmation = Confirmation::new(args.yes, target.json, "Apply these changes?").or_saved_plan(saved.is_some());
    let reviewed = ReviewedApproval::new(args.approvals, confirmation, &target.env, &options);
    let approve = guard.before(reviewed.ask(reporter.clone(), interrupt.clone()));
    let outcome = engine.apply(&graph, &options, approve, &interrupt).await;
    if let Some(stale) = saved.and_then(|saved| saved.failure()) {
        return report_stale(Err(stale), target.json);
    }
    guard.refusal()?;
    reviewed.check()?;
    // Shown whatever the outcome of the run: the passwords cannot be read again.
    let shown = show_passwords(&cloud.secrets().values, outcome.as_ref().ok(), target.json)?;
    let outcome = outcome.map_err(|error| stopped(error, &interrupt))?;
    if !shown.is_empty()
        && let Err(error) = engine.mark_secrets_shown(&shown).await
    {
        eprintln!("It could not be recorded that the passwords were shown, and the next run will say so: {error}");
    }
    reporter.outcome(&outcome);
    if let Some(path) = &args.timeline {
        draw(&timeline, path, &cloud.heading(&project).environment);
    }
    if matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo) && !target.json {
        let state = engine.state().await?;
        print(&format!("\n{}", outputs::collect(&project, &cloud, state.as_ref()).text()))?;
    }
    let half_applied = outcome.status == RunStatus::Failed && outcome.counts.changes() > 0;
    let half_applied = half_applied.then_some(engine.holder.id);
    Ok(Ended { exit: run_exit(&outcome)?, environment: target.env, half_applied })
}

/// Writes the timeline; a failure to do so does not change the result of the run.
fn draw(timeline: &report::Timeline, path: &Path, title: &str) {
    match timeline.svg(title).map(|picture| std::fs::write(path, picture)) {
        None => eprintln!("No timeline was written: nothing was changed."),
        Some(Ok(())) => {}
        Some(Err(error)) => eprintln!("The timeline could not be written: {}: {error}", path.display()),
    }
}

impl Args {
    /// Returns the arguments of an apply that asks, or with `yes` that does not.
    pub(super) fn of(environment: &str, yes: bool, lock: LockArgs) -> Self {
        Self {
            target: SavedTarget::of(environment),
            yes,
            lock,
            adopt: false,
            destroy_guards: DestroyGuards::default(),
            replace: ReplaceArgs::default(),
            select: SelectArgs::default(),
            approvals: Approvals::default(),
            prebuilt: Prebuilt { functions: None },
            timeline: None,
            on_failure: OnFailure::Stop,
        }
    }

    /// Returns what the command is for, which a saved plan must have been made for.
    fn request(&self) -> Request {
        let mut flags = self.destroy_guards.flags();
        flags.extend(self.select.flags());
        flags.extend(self.replace.flags());
        flags.extend(self.adopt.then(|| "--adopt".to_owned()));
        Request { destroy: false, flags }
    }
}

/// Rejects plans that would generate a password whose only copy is the log of a workflow.
#[derive(Clone)]
struct PasswordLogGuard {
    /// Users whose passwords are generated; empty if nobody else can read the output.
    users: Vec<Address>,
    stopped: Arc<OnceLock<Address>>,
}

impl PasswordLogGuard {
    fn new(project: &Project, logged: bool) -> Self {
        let users = project.spec.connect.iter().filter(|_| logged).flat_map(|connect| &connect.users);
        let generated = users.filter(|(_, user)| user.password == Password::Generate);
        Self { users: generated.map(|(name, _)| Address::new("user", name.as_str())).collect(), stopped: Arc::default() }
    }

    /// Wraps an approval so that such a plan is rejected without asking.
    fn before(
        &self,
        approve: impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    ) -> impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send {
        let guard = self.clone();
        move |plan: &Plan| match guard.generates(plan) {
            Some(address) => {
                let _ = guard.stopped.set(address);
                std::future::ready(false).boxed()
            }
            None => approve(plan),
        }
    }

    /// Returns the first user that this plan creates with a generated password.
    fn generates(&self, plan: &Plan) -> Option<Address> {
        let makes = |action| matches!(action, Action::Create | Action::Replace);
        let made = plan.changes.iter().find(|change| makes(change.action) && self.users.contains(&change.address));
        made.map(|change| change.address.clone())
    }

    fn refusal(&self) -> Result<(), Failure> {
        let Some(address) = self.stopped.get() else { return Ok(()) };
        Err(Failure::input(format!(
            "{address} would be created, and its password printed in the log of this workflow; nothing was changed"
        ))
        .help("write `password: { env: VARIABLE }` at that user, and give the variable from a secret"))
    }
}
