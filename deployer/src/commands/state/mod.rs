//! `deployer state`: the record of what was made.

mod edit;
mod look;
mod push;
mod rebuild;

use std::path::PathBuf;
use std::sync::Arc;

use deployer_engine::{Address, Difference, Engine, Events};
use serde_json::Value;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::Style;
use crate::runtime::Cloud;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List what is recorded: address, type, id.
    List(Target),
    /// Show one record.
    Show {
        #[command(flatten)]
        target: Target,
        /// The address, for example `function.convert`.
        #[arg(value_parser = address)]
        address: Address,
    },
    /// Forget a record. The thing itself stays in the cloud.
    Rm {
        #[command(flatten)]
        target: Target,
        /// The address, for example `function.convert`.
        #[arg(value_parser = address)]
        address: Address,
    },
    /// Give a record another address, after the same was renamed in the spec.
    Mv {
        #[command(flatten)]
        target: Target,
        /// The address it has.
        #[arg(value_parser = address)]
        from: Address,
        /// The address it gets; of the same kind.
        #[arg(value_parser = address)]
        to: Address,
    },
    /// Forget everything recorded, and record what exists of the spec by names and tags.
    Rebuild {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        force: Force,
    },
    /// Print the stored state, byte for byte.
    Pull(Target),
    /// Replace the stored state by a file, such as an older copy.
    Push {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        force: Force,
        /// The file.
        file: PathBuf,
    },
}

/// Which environment, and how to show it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
}

/// How to replace the whole state.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Force {
    /// Do not ask before replacing the stored state.
    #[arg(long, short)]
    yes: bool,
    /// Also replace a stored state that cannot be used, and with `push` take a file that is older or was edited.
    #[arg(long)]
    force: bool,
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| format!("`{text}` is not an address; it is kind.name, for example function.convert"))
}

pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(target) => look::list(&target).await,
        Command::Show { target, address } => look::show(&target, &address).await,
        Command::Pull(target) => look::pull(&target).await,
        Command::Rm { target, address } => edit::forget(&target, &address).await,
        Command::Mv { target, from, to } => edit::rename(&target, &from, &to).await,
        Command::Rebuild { target, force } => rebuild::run(&target, force).await,
        Command::Push { target, force, file } => push::run(&target, force, &file).await,
    }
}

/// What every one of these commands works with.
struct Opened {
    project: Project,
    cloud: Cloud,
    engine: Engine,
}

impl Opened {
    async fn of(target: &Target) -> Result<Self, Failure> {
        let project = Project::load(&target.env)?;
        let cloud = Cloud::open(&project).await?;
        let engine = cloud.engine(&project, Arc::default(), Events::ignore())?;
        Ok(Self { project, cloud, engine })
    }
}

/// Prints `value` with `--json` and `text` otherwise.
fn tell(target: &Target, value: &Value, text: &str) -> Result<(), Failure> {
    match target.json {
        true => print(&format!("{value:#}\n")),
        false => print(&format!("{text}\n")),
    }
}

/// What would be recorded otherwise, a line each.
fn lines(difference: &Difference) -> String {
    let mut text = String::new();
    let groups = [
        ("+", "recorded", &difference.added),
        ("~", "recorded otherwise", &difference.changed),
        ("x", "forgotten", &difference.removed),
    ];
    for (sign, what, entries) in groups {
        for (address, id) in entries {
            text.push_str(&format!("  {sign} {address}  {what}: {}\n", Style::dim(id.as_str())));
        }
    }
    text
}
