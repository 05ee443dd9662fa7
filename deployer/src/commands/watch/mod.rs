//! `deployer watch`: applies saved changes of flows and code, in seconds.

mod files;

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use deployer_engine::{Action, CancellationToken, Change, ChangeOrigin, Options, Plan, RunRecord, RunStatus};
use futures::FutureExt;
use futures::future::BoxFuture;

use self::files::WatchedFiles;
use super::args::{LockArgs, stopped};
use super::{apply, existing_functions, show};
use crate::assets::kept::KeptArtifacts;
use crate::failure::{Exit, Failure};
use crate::functions::BuildOutput;
use crate::project::Project;
use crate::report::{self, Format, Reporter};
use crate::review::Review;
use crate::runtime::{Cloud, interrupt_on_signals, origin};
use crate::secrets::{SecretValues, UsersToCreate};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Apply other changes without asking, too, as `apply --yes` does: broader permissions and lost data are never confirmed by this.
    #[arg(long, short)]
    yes: bool,
    /// Watch an environment although its spec protects resources.
    #[arg(long)]
    allow_protected: bool,
    #[command(flatten)]
    lock: LockArgs,
}

/// The properties that a saved change may replace without a question: code and content, which a later save can put back.
const SWAPPED: [(&str, &str); 5] = [
    ("lambda.function", "code_sha256"),
    ("connect.contact_flow", "content"),
    ("connect.flow_content", "content"),
    ("connect.module", "content"),
    ("connect.view", "content"),
];

/// The end of one round: what followed from a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing that the spec names has changed since the last round.
    Irrelevant,
    /// Everything is as the spec describes it.
    Current,
    /// Code or content was replaced.
    Swapped,
    /// The plan has other changes, and nothing was applied.
    Other,
    /// Another end of the run, which was reported.
    Ended,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let project = Project::load_spec(&args.env)?;
    if let (Some(protected), false) = (protected(&project), args.allow_protected) {
        return Err(Failure::refused(format!(
            "{} protects {protected}, and `watch` deploys what is saved without asking",
            project.spec_path.display()
        ))
        .help("watch another environment, or pass --allow-protected"));
    }
    let mut files = WatchedFiles::new(project.root.clone());
    drop(project);
    let mut last = None;
    loop {
        let begun = Instant::now();
        let mut round = round(&args, &interrupt, &mut last).await;
        if let Ok(Round::Other) = round {
            round = apply_others(&args, &mut last).await;
        }
        if interrupt.is_cancelled() {
            return Ok(Exit::Interrupted);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let said = match round {
            Ok(Round::Irrelevant) => None,
            Ok(Round::Current) => Some("Everything is deployed.".to_owned()),
            Ok(Round::Swapped) => Some(format!("Deployed in {seconds:.1} s.")),
            Ok(Round::Other) => Some(format!("Not applied: run `deployer apply --env {}`.", args.env)),
            Ok(Round::Ended) => Some(String::new()),
            Err(failure) => {
                // What was not deployed is tried again at the next save, whatever that changes.
                last = None;
                show(&failure);
                Some(String::new())
            }
        };
        if let Some(said) = said {
            let space = if said.is_empty() { "" } else { " " };
            eprintln!("{said}{space}Watching {} for changes; Ctrl-C ends it.", files.root().display());
        }
        tokio::select! {
            () = interrupt.cancelled() => return Ok(Exit::Interrupted),
            () = files.changed() => {}
        }
    }
}

/// Returns what the spec protects from mistakes, if anything.
fn protected(project: &Project) -> Option<String> {
    let spec = &project.spec;
    let instance =
        spec.connect.as_ref().is_some_and(|connect| connect.deletion_protection).then(|| "the Connect instance".to_owned());
    let table = spec.tables.iter().find(|(_, table)| table.deletion_protection).map(|(name, _)| format!("the table {name}"));
    let entry = spec.lifecycle.iter().find(|(_, lifecycle)| lifecycle.protect).map(|(entry, _)| entry.clone());
    instance.or(table).or(entry)
}

/// Plans what is saved now, and applies it if it only replaces code and content. `last` is what the last round has seen.
async fn round(args: &Args, interrupt: &CancellationToken, last: &mut Option<String>) -> Result<Round, Failure> {
    let mut project = Project::load(&args.env)?;
    let built = project.build(false)?;
    let current = fingerprint(&project, &built)?;
    if last.as_ref() == Some(&current) {
        return Ok(Round::Irrelevant);
    }
    project.read_outputs_of_others().await?;
    project.certificate.require(&project.spec_path)?;
    let mut cloud = Cloud::open_with_timeout(&project, args.lock.lock_timeout).await?;
    let lineage = cloud.take_secrets(&project, UsersToCreate::None).await?;
    existing_functions::require(&cloud, &project).await?;
    let (graph, built) = project.graph(&cloud, false)?;
    let reporter = report::reporter(Format::Human, cloud.heading(&project), false);
    let engine = cloud.engine(&project, Arc::clone(&built.zips), report::events(&reporter))?;
    let options = Options {
        lock_timeout: args.lock.lock_timeout,
        lineage,
        record: RunRecord {
            origin: origin(&project.root, cloud.principal.as_deref()),
            artifacts: Some(KeptArtifacts::of(built.zips, project.recordings.clone())),
            restores: None,
        },
        ..Options::default()
    };
    let other = Arc::new(AtomicBool::new(false));
    let approve = approve_swaps(Arc::clone(&reporter), can_apply_others(args), Arc::clone(&other));
    let outcome = engine.apply(&graph, &options, approve, interrupt).await.map_err(|error| stopped(error, interrupt))?;
    if outcome.status == RunStatus::NothingToDo {
        *last = Some(current);
        return Ok(Round::Current);
    }
    if other.load(Ordering::Relaxed) {
        *last = Some(current);
        return Ok(Round::Other);
    }
    reporter.outcome(&outcome);
    let applied = outcome.status == RunStatus::Applied;
    *last = applied.then_some(current);
    Ok(if applied { Round::Swapped } else { Round::Ended })
}

/// Approves a plan that only replaces code and content, and sets `other` for any other one. That is shown unless it `is_asked` about, since
/// then `apply` shows it.
fn approve_swaps(
    reporter: Arc<dyn Reporter>,
    is_asked: bool,
    other: Arc<AtomicBool>,
) -> impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send {
    move |plan: &Plan| {
        let swaps = is_swap(plan);
        other.store(!swaps, Ordering::Relaxed);
        if !swaps && !is_asked {
            reporter.plan(plan);
        }
        std::future::ready(swaps).boxed()
    }
}

/// Whether a plan with other changes can be confirmed.
fn can_apply_others(args: &Args) -> bool {
    args.yes || std::io::stdin().is_terminal()
}

/// Applies what is saved as `apply` does, which shows the plan and asks; without a terminal and without `--yes` it does nothing. A run that
/// did not succeed forgets what the `last` round has seen, so that the next save tries again.
async fn apply_others(args: &Args, last: &mut Option<String>) -> Result<Round, Failure> {
    if !can_apply_others(args) {
        return Ok(Round::Other);
    }
    if apply::run(apply::Args::of(&args.env, args.yes, args.lock)).await? != Exit::Success {
        *last = None;
    }
    Ok(Round::Ended)
}

/// Returns a text that differs if the spec, a flow, another file that the spec names, or built code does. It contains no secrets.
fn fingerprint(project: &Project, built: &BuildOutput) -> Result<String, Failure> {
    let provider = &project.spec.provider;
    let (account, region) = (provider.account(), provider.region());
    let digests = project.digests(built);
    let graph = project.synthesize(account.as_str(), region.as_str(), digests, &SecretValues::default(), None)?;
    Ok(format!("{graph:?}"))
}

/// Whether a plan does nothing but replace code and content that nobody else has changed.
fn is_swap(plan: &Plan) -> bool {
    plan.problems.is_empty() && plan.moves.is_empty() && plan.effective().all(swaps) && Review::of(plan) == Review::default()
}

fn swaps(change: &Change) -> bool {
    let is_content = |first: &str| SWAPPED.contains(&(change.type_name.as_str(), first));
    let of_the_spec = |origin: ChangeOrigin| origin == ChangeOrigin::Spec;
    change.action == Action::Update
        && !change.superseded
        && change.properties.iter().all(|property| is_content(property.path.first()) && of_the_spec(property.origin))
}

#[cfg(test)]
mod tests;
