//! `deployer unlock`: releases a lock left behind by a crashed run.

use std::sync::Arc;

use deployer_engine::{Backend, CancellationToken, Clock, EventSink, LeaseInfo};
use serde_json::json;

use super::confirm::Confirmation;
use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::runtime::{Cloud, RealClock, directory, interrupt_on_signals, is_holder_running};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
    /// Do not ask before releasing the lock.
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.env)?;
    // A directory needs no AWS, and the lock's owner may have the embedded AWS open.
    let backend: Arc<dyn Backend> = match directory(&project) {
        Some(directory) => Arc::new(directory),
        None => Cloud::open(&project).await?.backend(&project, &EventSink::ignore()),
    };
    let Some(held) = backend.current_lease().await? else {
        tell(&args, None, false, &format!("Nothing to unlock: no run holds the environment {}.", args.env))?;
        return Ok(Exit::Success);
    };
    let who = held.holder.describe(RealClock.now());
    if is_holder_running(&held.holder) {
        return Err(Failure::refused(format!("the environment {} is held by {who}, which still runs on this machine", args.env))
            .help(format!("stop it with Ctrl-C or `kill {}`; it releases the environment when it exits", held.holder.pid)));
    }
    eprintln!("The environment {} is held by {who}.{}", args.env, lapse(&held));
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let question = "Two runs at once can make everything twice. Is that run dead, and shall the environment be freed?";
    if !Confirmation::new(args.yes, args.json, question).given(&interrupt).await {
        tell(&args, Some(&held), false, "Nothing was changed.")?;
        return Ok(if interrupt.is_cancelled() { Exit::Interrupted } else { Exit::Refused });
    }
    backend.unlock(&held).await?;
    let text = format!("Released: the next run of environment {} continues where that one stopped.", args.env);
    tell(&args, Some(&held), true, &text)?;
    Ok(Exit::Success)
}

fn lapse(held: &LeaseInfo) -> String {
    let left = held.expires.map(|expires| (expires - RealClock.now()).whole_seconds());
    match left {
        None => String::new(),
        Some(left) if left > 0 => format!(" It expires in {left} s unless renewed."),
        Some(_) => " It has lapsed; the next run takes it over by itself.".to_owned(),
    }
}

fn tell(args: &Args, held: Option<&LeaseInfo>, freed: bool, text: &str) -> Result<(), Failure> {
    match args.json {
        true => print(&format!(
            "{:#}\n",
            json!({ "holder": held.map(|held| &held.holder), "fence": held.map(|held| held.fence), "freed": freed })
        )),
        false => print(&format!("{text}\n")),
    }
}
