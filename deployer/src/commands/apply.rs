//! `deployer apply`: plan, ask, do, show the outputs.

use deployer_engine::{End, Interrupt, Options, Outcome, Plan};
use futures::FutureExt;

use super::{Target, outputs, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report;
use crate::wiring::{Cloud, interrupt_on_signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Do not ask before changing anything.
    #[arg(long, short)]
    yes: bool,
    /// Take over what exists under a wanted name and is not ours; the plan shows what that would change.
    #[arg(long)]
    adopt: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load(&args.target.env)?;
    let cloud = Cloud::open(&project).await?;
    let (graph, built) = project.graph(&cloud, args.target.json)?;
    let reporter = report::reporter(args.target.format(), cloud.heading(&project), args.target.verbose);
    let engine = cloud.engine(&project, built.zips, report::events(&reporter))?;
    let interrupt = Interrupt::new();
    interrupt_on_signals(&interrupt)?;
    let options = Options { adopt: args.adopt, ..Options::default() };
    let confirmation = Confirmation { yes: args.yes, json: args.target.json, question: "Apply these changes?" };
    let shown = reporter.clone();
    let approve = move |plan: &Plan| {
        shown.plan(plan);
        let answer = plan.problems.is_empty() && confirmation.given();
        async move { answer }.boxed()
    };
    let outcome = engine.apply(&graph, &options, approve, &interrupt).await?;
    reporter.outcome(&outcome);
    if matches!(outcome.end, End::Applied | End::NothingToDo) && !args.target.json {
        let state = engine.state().await?;
        print(&format!("\n{}", outputs::collect(&project, &cloud, state.as_ref()).text()))?;
    }
    exit_of(&outcome)
}

/// Whether to go on.
#[derive(Debug, Clone)]
pub(crate) struct Confirmation {
    pub(crate) yes: bool,
    pub(crate) json: bool,
    pub(crate) question: &'static str,
}

impl Confirmation {
    /// `--yes`, or the word `yes` typed at a terminal. Without a terminal nobody can be asked, and the answer is no.
    pub(crate) fn given(&self) -> bool {
        use std::io::{IsTerminal, Write};
        if self.yes {
            return true;
        }
        if self.json || !std::io::stdin().is_terminal() {
            eprintln!("Nobody can be asked without a terminal: run it with --yes to go on.");
            return false;
        }
        eprint!("{} Only `yes` goes on: ", self.question);
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok_and(|_| answer.trim() == "yes")
    }
}

/// The exit code of a run.
pub(crate) fn exit_of(outcome: &Outcome) -> Result<Exit, Failure> {
    Ok(match outcome.end {
        End::NothingToDo | End::Applied => Exit::Success,
        End::Declined => Exit::Refused,
        End::Interrupted => Exit::Interrupted,
        End::Failed if outcome.errors.iter().all(|failure| failure.error.class == deployer_engine::Class::AlreadyExists) => {
            Exit::Refused
        }
        End::Failed => Exit::Failed,
    })
}
