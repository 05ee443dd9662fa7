//! `deployer state`: inspects and repairs recorded state.

mod edit;
mod inspect;
mod push;
mod rebuild;

use std::path::PathBuf;
use std::sync::Arc;

use deployer_engine::{Address, Difference, Engine, EventSink};
use serde_json::Value;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::Style;
use crate::runtime::Cloud;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the recorded resources: address, type, ID.
    List(Target),
    /// Show one recorded resource.
    Show {
        #[command(flatten)]
        target: Target,
        /// The address, for example `function.convert`.
        #[arg(value_parser = address)]
        address: Address,
    },
    /// Remove a record from the state. The resource itself remains in AWS.
    Rm {
        #[command(flatten)]
        target: Target,
        /// The address, for example `function.convert`.
        #[arg(value_parser = address)]
        address: Address,
    },
    /// Move a record to another address, after the resource was renamed in the spec.
    Mv {
        #[command(flatten)]
        target: Target,
        /// Current address.
        #[arg(value_parser = address)]
        from: Address,
        /// New address, of the same kind.
        #[arg(value_parser = address)]
        to: Address,
    },
    /// Discard the recorded state, and rebuild it from the existing resources of the spec by names and tags.
    Rebuild {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        force: Force,
    },
    /// Print the stored state, byte for byte.
    Pull(Target),
    /// Replace the stored state with a file, such as an older copy.
    Push {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        force: Force,
        /// The file.
        file: PathBuf,
    },
}

/// The environment and the output options.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
}

/// Options for replacing the whole state.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Force {
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
    /// Also replace an unusable stored state, and with `push` accept a file that is older or was edited.
    #[arg(long)]
    force: bool,
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| format!("`{text}` is not an address; it is kind.name, for example function.convert"))
}

pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(target) => inspect::list(&target).await,
        Command::Show { target, address } => inspect::show(&target, &address).await,
        Command::Pull(target) => inspect::pull(&target).await,
        Command::Rm { target, address } => edit::forget(&target, &address).await,
        Command::Mv { target, from, to } => edit::rename(&target, &from, &to).await,
        Command::Rebuild { target, force } => rebuild::run(&target, force).await,
        Command::Push { target, force, file } => push::run(&target, force, &file).await,
    }
}

/// The context that all these commands share.
struct StateContext {
    project: Project,
    cloud: Cloud,
    engine: Engine,
}

impl StateContext {
    /// Opens the state. Mistakes in parts of the spec that it is not found with are warnings.
    async fn of(target: &Target) -> Result<Self, Failure> {
        Self::with(Project::load_for_state(&target.env)?).await
    }

    /// Opens the state of an environment whose spec and flows are valid.
    async fn of_valid(target: &Target) -> Result<Self, Failure> {
        Self::with(Project::load(&target.env)?).await
    }

    async fn with(project: Project) -> Result<Self, Failure> {
        let cloud = Cloud::open(&project).await?;
        let engine = cloud.engine(&project, Arc::default(), EventSink::ignore())?;
        Ok(Self { project, cloud, engine })
    }
}

/// Prints `value` with `--json` and `text` otherwise.
fn print_result(target: &Target, value: &Value, text: &str) -> Result<(), Failure> {
    match target.json {
        true => print(&format!("{value:#}\n")),
        false => print(&format!("{text}\n")),
    }
}

/// Formats the differences of the recorded state, one per line.
fn lines(difference: &Difference) -> String {
    let mut text = String::new();
    let groups = [
        ("+", "recorded", &difference.added),
        ("~", "record changed", &difference.changed),
        ("x", "forgotten", &difference.removed),
    ];
    for (sign, what, entries) in groups {
        for (address, id) in entries {
            text.push_str(&format!("  {sign} {address}  {what}: {}\n", Style::dim(id.as_str())));
        }
    }
    text
}
