//! `deployer rollback`: applies what an earlier run applied, by an ordinary plan.

mod secrets;

use std::collections::BTreeSet;
use std::sync::Arc;

use deployer_engine::{
    Action, CancellationToken, Engine, Error, ErrorClass, EventSink, Graph, History, Options, Plan, PlanCheck, Result, RunEntry,
    RunOrigin, RunRecord, RunResult, RunStatus, State,
};
use serde_json::Value;
use uuid::Uuid;

use super::args::{DestroyGuards, LockArgs, stopped};
use super::confirm::{Approvals, Confirmation, ReviewedApproval};
use super::history::{entry, started};
use super::run_end::{run_exit, show_passwords};
use super::{Target, print};
use crate::assets::kept::{KeptArtifacts, restored};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Heading};
use crate::runtime::{Cloud, Endpoint, interrupt_on_signals, origin};
use secrets::{MissingValues, renew_secrets};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) target: Target,
    /// The run to go back to, as `deployer history` numbers them. By default the last applied one before the present one; after a failed
    /// run, the last applied one.
    #[arg(long, value_name = "N")]
    pub(super) to: Option<u64>,
    /// Only show the plan.
    #[arg(long)]
    pub(super) plan: bool,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) lock: LockArgs,
    #[command(flatten)]
    pub(super) destroy_guards: DestroyGuards,
    #[command(flatten)]
    pub(super) approvals: Approvals,
}

pub(crate) async fn run(args: Args) -> std::result::Result<Exit, Failure> {
    restore(args, None).await
}

/// Goes back to the last applied run after a failed one. Resources that the failed run has created are deleted with their data.
pub(super) async fn after_failure(args: Args, failed: Uuid) -> std::result::Result<Exit, Failure> {
    restore(args, Some(failed)).await
}

async fn restore(mut args: Args, failed: Option<Uuid>) -> std::result::Result<Exit, Failure> {
    let mut project = Project::load_spec(&args.target.env)?;
    let mut cloud = Cloud::open_with_timeout(&project, args.lock.lock_timeout).await?;
    let reader = cloud.engine(&project, Arc::default(), EventSink::ignore())?;
    let state = reader.state().await?.ok_or_else(|| nothing_kept(&args.target.env))?;
    let last = state.history.entries.last();
    if failed.is_some_and(|failed| last.is_none_or(|last| last.run != failed || last.result != RunResult::Failed)) {
        let message = "another run has changed the environment since this one failed; nothing is rolled back";
        return Err(Failure::refused(message).help(format!("deployer history --env {}", args.target.env)));
    }
    let chosen = choose(&state.history, args.to, &args.target.env)?.clone();
    let found = reader.restore(&state.history, &chosen).await?;
    cloud.take_available_secrets(&project, &state)?;
    let mut graph = found.graph;
    renew_secrets(&mut graph, cloud.secrets(), &state);
    let (zips, recordings) = restored(found.artifacts);
    project.recordings = recordings;
    announce(&chosen, args.target.json)?;
    let reporter = report::reporter(args.target.format(), heading(&cloud, &project), args.target.verbose);
    let engine = cloud.engine(&project, Arc::clone(&zips), report::events(&reporter))?;
    args.approvals.check(&graph, &engine).await?;
    if let Some(failed) = last.filter(|_| failed.is_some()) {
        let created = failed.changes.iter().filter(|(_, change)| change.action == Action::Create);
        args.approvals.allow_data_loss(created.map(|(address, _)| address.clone()));
    }
    let check = Check::new(&graph, &state, &cloud, &project, chosen.number);
    let options = Options {
        lock_timeout: args.lock.lock_timeout,
        lineage: Some(state.lineage),
        allow_delete: args.destroy_guards.types(),
        exceed_quota: args.destroy_guards.over_quota,
        check: Some(Arc::new(check)),
        record: RunRecord {
            // What is applied is not the working tree.
            origin: RunOrigin { revision: chosen.origin.revision.clone(), ..origin(&project.root, cloud.principal.as_deref()) },
            artifacts: Some(KeptArtifacts::of(zips, project.recordings.clone())),
            restores: Some(chosen.number),
        },
        ..Options::default()
    };
    match args.plan {
        true => show(&engine, &graph, &options, &*reporter, args.target.json).await,
        false => apply(args, &cloud, &engine, (&graph, &options), reporter).await,
    }
}

fn heading(cloud: &Cloud, project: &Project) -> Heading {
    Heading { guarded: true, ..cloud.heading(project) }
}

async fn show(
    engine: &Engine,
    graph: &Graph,
    options: &Options,
    reporter: &dyn report::Reporter,
    json: bool,
) -> std::result::Result<Exit, Failure> {
    let planned = engine.plan(graph, options).await?.plan;
    reporter.plan(&planned);
    if planned.is_empty() && !json {
        print("No changes: all resources are as that run applied them.\n")?;
    }
    if let Some(check) = &options.check {
        check.check_plan(&planned)?;
    }
    Ok(if planned.problems.is_empty() { Exit::Success } else { Exit::Refused })
}

async fn apply(
    args: Args,
    cloud: &Cloud,
    engine: &Engine,
    (graph, options): (&Graph, &Options),
    reporter: Arc<dyn report::Reporter>,
) -> std::result::Result<Exit, Failure> {
    let (env, json) = (args.target.env, args.target.json);
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let confirmation = Confirmation::new(args.yes, json, "Apply these changes?");
    let reviewed = ReviewedApproval::new(args.approvals, confirmation, &env, options);
    let approve = reviewed.ask(reporter.clone(), interrupt.clone());
    let outcome = engine.apply(graph, options, approve, &interrupt).await;
    reviewed.check()?;
    let shown = show_passwords(&cloud.secrets().values, outcome.as_ref().ok(), json)?;
    let outcome = outcome.map_err(|error| stopped(error, &interrupt))?;
    if !shown.is_empty() {
        engine.mark_secrets_shown(&shown).await?;
    }
    match outcome.status {
        RunStatus::NothingToDo if !json => print("No changes: all resources are as that run applied them.\n")?,
        _ => reporter.outcome(&outcome),
    }
    let exit = run_exit(&outcome)?;
    if exit == Exit::Success && !json {
        print(&format!("The spec in this directory is unchanged: the next `deployer apply --env {env}` applies it again.\n"))?;
    }
    Ok(exit)
}

/// Says what is restored.
fn announce(chosen: &RunEntry, json: bool) -> std::result::Result<(), Failure> {
    let number = chosen.number;
    match json {
        true => print(&format!("{}\n", serde_json::json!({"event": "restoring", "run": number}))),
        false => {
            let revision = chosen.origin.revision.as_deref().map(|revision| format!(", revision {revision}")).unwrap_or_default();
            print(&format!("Back to run {number}, started {} UTC{revision}.\n", started(chosen)))
        }
    }
}

/// Chooses the run to go back to.
fn choose<'h>(history: &'h History, to: Option<u64>, environment: &str) -> std::result::Result<&'h RunEntry, Failure> {
    let chosen = match to {
        Some(number) => entry(history, number, environment)?,
        None => history.previous().ok_or_else(|| nothing_kept(environment))?,
    };
    if chosen.contents.is_some() {
        return Ok(chosen);
    }
    let kept: Vec<String> =
        history.entries.iter().filter(|entry| entry.contents.is_some()).map(|entry| entry.number.to_string()).collect();
    let revision = chosen.origin.revision.as_deref().map(|revision| revision.trim_end_matches('+'));
    let by_revision = revision.map_or_else(|| "check out its revision".to_owned(), |revision| format!("git checkout {revision}"));
    let help = format!("{by_revision} && deployer apply --env {environment}");
    let help = if kept.is_empty() { help } else { format!("{help}; kept are those of {}", kept.join(", ")) };
    Err(Failure::input(format!("the spec and the code of run {} are not kept", chosen.number)).help(help))
}

fn nothing_kept(environment: &str) -> Failure {
    Failure::input(format!("the environment {environment} has no earlier run to go back to"))
        .help(format!("deployer history --env {environment}"))
}

/// The check of a plan that restores a run: nothing has changed since the run was chosen, and every value that is sent is known.
#[derive(Debug)]
struct Check {
    number: u64,
    last: Option<u64>,
    missing: MissingValues,
    /// Whether a generated password would be readable by others.
    logged: bool,
}

impl Check {
    fn new(graph: &Graph, state: &State, cloud: &Cloud, project: &Project, number: u64) -> Self {
        let logged = matches!(cloud.endpoint, Endpoint::Aws) && report::is_logged();
        let last = state.history.entries.last().map(|entry| entry.number);
        Self { number, last, missing: MissingValues::of(graph, cloud.secrets(), project), logged }
    }
}

impl PlanCheck for Check {
    fn check_state(&self, state: Option<&State>) -> Result<()> {
        let last = state.and_then(|state| state.history.entries.last()).map(|entry| entry.number);
        if last == self.last {
            return Ok(());
        }
        Err(Error::new(ErrorClass::Refused, "another run has changed the environment meanwhile; nothing was changed")
            .with_help("run the command again"))
    }

    fn check_plan(&self, plan: &Plan) -> Result<()> {
        let creates = |action| matches!(action, Action::Create | Action::Replace);
        let password = |change: &&deployer_engine::Change| {
            let generates = change.wanted.as_ref().is_some_and(|wanted| wanted["password"]["generate"] == Value::Bool(true));
            change.address.kind() == "user" && creates(change.action) && generates
        };
        if let Some(user) = plan.changes.iter().find(password).filter(|_| self.logged) {
            let message = format!("{} would be created, and its password printed in the log of this workflow", user.address);
            return Err(Error::new(ErrorClass::Refused, message).with_help("roll back from a terminal"));
        }
        let missing: BTreeSet<String> = plan.effective().flat_map(|change| self.missing.needed_by(change)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let list = missing.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("run {} cannot be restored without {list}; nothing was changed", self.number);
        Err(Error::new(ErrorClass::Refused, message)
            .with_help("the history keeps no secret values: name the secrets in the spec as that run did and set their variables as for `deployer apply`, or check out the run's revision"))
    }
}
