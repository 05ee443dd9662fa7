//! `deployer apply`: plan, ask, do, show the outputs.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use deployer_aws::{Secrets, Zeroizing};
use deployer_engine::{Address, End, Interrupt, Options, Outcome, Plan, State};
use deployer_spec::Password;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::patience::{Patience, Unlocked, stopped};
use super::{Target, outputs, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Reporter};
use crate::wiring::{Cloud, Place, interrupt_on_signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Do not ask before changing anything.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    patience: Patience,
    /// Take over what exists under a wanted name and is not ours; the plan shows what that would change.
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    unlocked: Unlocked,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load(&args.target.env)?;
    let mut cloud = Cloud::open_within(&project, args.patience.lock_timeout).await?;
    let lineage = cloud.take_secrets(&project, true).await?;
    let (graph, built) = project.graph(&cloud, args.target.json)?;
    let reporter = report::reporter(args.target.format(), cloud.heading(&project), args.target.verbose);
    let engine = cloud.engine(&project, built.zips, report::events(&reporter))?;
    if matches!(cloud.place, Place::Aws) && report::is_logged() {
        refuse_generated(&project, engine.state().await?.as_ref())?;
    }
    let interrupt = Interrupt::new();
    interrupt_on_signals(&interrupt)?;
    let options = Options {
        adopt: args.adopt,
        wait: args.patience.lock_timeout,
        lineage,
        unlocked: args.unlocked.types(),
        ..Options::default()
    };
    let confirmation = Confirmation { yes: args.yes, json: args.target.json, question: "Apply these changes?" };
    let approve = approval(reporter.clone(), confirmation, interrupt.clone());
    let outcome = engine.apply(&graph, &options, approve, &interrupt).await;
    // Whatever came of the run: nobody can read these again.
    show_passwords(&cloud.secrets().values, outcome.as_ref().ok(), args.target.json)?;
    let outcome = outcome.map_err(|error| stopped(error, &interrupt))?;
    reporter.outcome(&outcome);
    if matches!(outcome.end, End::Applied | End::NothingToDo) && !args.target.json {
        let state = engine.state().await?;
        print(&format!("\n{}", outputs::collect(&project, &cloud, state.as_ref()).text()))?;
    }
    exit_of(&outcome)
}

/// A generated password would stand in the log of the workflow.
fn refuse_generated(project: &Project, state: Option<&State>) -> Result<(), Failure> {
    let recorded = |name: &str| state.is_some_and(|state| state.resources.contains_key(&Address::new("user", name)));
    let mut users = project.spec.connect.iter().flat_map(|connect| &connect.users);
    match users.find(|(name, user)| user.password == Password::Generate && !recorded(name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::input(format!(
            "the password of the user {name} would be shown in the log of this workflow"
        ))
        .help(format!("write `password: {{ env: VARIABLE }}` at connect.users.{name}, and give the variable from a secret"))),
    }
}

/// Prints every password that this run has generated, on standard output and nowhere else.
fn show_passwords(secrets: &Secrets, outcome: Option<&Outcome>, json: bool) -> Result<(), Failure> {
    for (address, password) in secrets.take_generated() {
        let made = outcome.and_then(|outcome| outcome.outputs.get(&address));
        // Of a user that was not made there is no password.
        let Some(username) = made.and_then(|outputs| outputs["username"].as_str()) else { continue };
        let text = Zeroizing::new(match json {
            true => format!("{}\n", serde_json::json!({"shown_once": {"username": username, "password": password.as_str()}})),
            false => format!("\nThe password of {username}, shown this once: {}\n", password.as_str()),
        });
        print(&text)?;
    }
    Ok(())
}

/// Whether to go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Confirmation {
    pub(crate) yes: bool,
    pub(crate) json: bool,
    pub(crate) question: &'static str,
}

/// Shows the plan, then asks. A plan with problems is shown and never goes on.
pub(crate) fn approval(
    reporter: Arc<dyn Reporter>,
    confirmation: Confirmation,
    interrupt: Interrupt,
) -> impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send {
    move |plan: &Plan| {
        reporter.plan(plan);
        let sound = plan.problems.is_empty();
        async move { sound && confirmation.given(&interrupt).await }.boxed()
    }
}

impl Confirmation {
    /// `--yes`, or the word `yes` typed at a terminal. Without a terminal nobody can be asked, and the answer is no; so it is
    /// when Ctrl-C comes instead of an answer.
    pub(crate) async fn given(self, interrupt: &Interrupt) -> bool {
        if self.yes {
            return true;
        }
        if self.json || !std::io::stdin().is_terminal() {
            eprintln!("Nobody can be asked without a terminal: run it with --yes to go on.");
            return false;
        }
        let answer = tokio::task::spawn_blocking(move || {
            eprint!("{} Only `yes` goes on: ", self.question);
            let _ = std::io::stderr().flush();
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer).is_ok_and(|_| answer.trim() == "yes")
        });
        tokio::select! {
            answer = answer => answer.unwrap_or(false),
            () = interrupt.requested() => {
                eprintln!();
                false
            }
        }
    }
}

/// The exit code of a run.
pub(crate) fn exit_of(outcome: &Outcome) -> Result<Exit, Failure> {
    let taken = |failure: &deployer_engine::Failure| {
        matches!(failure.error.class, deployer_engine::Class::AlreadyExists | deployer_engine::Class::Refused)
    };
    Ok(match outcome.end {
        End::NothingToDo | End::Applied => Exit::Success,
        End::Declined => Exit::Refused,
        End::Interrupted => Exit::Interrupted,
        // Once something was changed it is a failed run, whatever stopped it.
        End::Failed if outcome.counts.changes() == 0 && outcome.errors.iter().all(taken) => Exit::Refused,
        End::Failed => Exit::Failed,
    })
}
