//! Saved plans on the command line: `plan --out FILE`, and FILE of `apply` and `destroy`.

use std::path::{Path, PathBuf};

use deployer_engine::Plan;

use super::saved_plan::{Guard, PlanFile, Request};
use super::{Target, print};
use crate::failure::Failure;
use crate::report::Format;

/// The environment and the output options of a command that can be given a saved plan, which names its environment.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SavedTarget {
    /// A plan that `plan --out FILE` saved, to carry out exactly that.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it. A saved plan names its own.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV", required_unless_present = "file")]
    env: Option<String>,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    pub(super) json: bool,
    /// Show all properties of created resources, and all retries.
    #[arg(long, short)]
    pub(super) verbose: bool,
}

impl SavedTarget {
    /// Returns an environment without a saved plan.
    pub(super) fn of(environment: &str) -> Self {
        Self { file: None, env: Some(environment.to_owned()), json: false, verbose: false }
    }

    /// Whether a saved plan is given.
    pub(super) fn is_saved(&self) -> bool {
        self.file.is_some()
    }

    /// Reads the saved plan, if there is one, and checks that it is for this command; returns its guard and the environment.
    ///
    /// # Errors
    /// The file cannot be used, or is of another environment or for another command.
    pub(super) fn read(self, request: &Request) -> Result<(Target, Option<Guard>), Failure> {
        let target = |env: String| Target { env, json: self.json, verbose: self.verbose };
        let Some(path) = &self.file else { return Ok((target(self.env.unwrap_or_default()), None)) };
        let file = PlanFile::read(path)?;
        file.check_request(path, request)?;
        let environment = file.subject.environment.clone();
        let guard = Guard::new(path, file);
        if let Some(named) = &self.env {
            report_stale(guard.check_environment(named), self.json)?;
        }
        Ok((target(environment), Some(guard)))
    }
}

/// Prints the details of a plan that is out of date on standard output, for programs, and returns the failure.
pub(super) fn report_stale<T>(result: Result<T, Failure>, json: bool) -> Result<T, Failure> {
    if let Err(Failure { details: Some(details), .. }) = &result
        && json
    {
        print(&format!("{details}\n"))?;
    }
    result
}

/// Writes a plan to its file and says how to carry it out; a plan with problems is not written. `make` creates the content.
pub(super) fn save(
    path: &Path,
    plan: &Plan,
    format: Format,
    needs: &[String],
    make: impl FnOnce() -> Result<PlanFile, Failure>,
) -> Result<(), Failure> {
    if !plan.problems.is_empty() {
        eprintln!("Not saved to {}: the plan has problems and cannot be applied.", path.display());
        return Ok(());
    }
    let file = make()?;
    file.write(path)?;
    match format {
        Format::Json => print(&format!("{}\n", serde_json::json!({"event": "saved", "file": path, "needs": needs}))),
        Format::Human => {
            print(&format!("Saved to {}. To carry out exactly this: {}\n", path.display(), file.command(path, needs)))
        }
    }
}
