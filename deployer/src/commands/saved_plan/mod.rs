//! Saved plans: what `plan --out FILE` writes, and what a run must find unchanged to carry it out.
//!
//! A file is data to compare with, never instructions: `apply FILE` plans again, with the flags of its own command line, and carries out
//! its own plan if that equals the saved one.

mod compare;
mod content;
mod inputs;
mod redact;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployer_engine::{Plan, StateIdentity};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::failure::Failure;
use crate::files;
use crate::project::Project;
use crate::runtime::Cloud;

pub(crate) use compare::Guard;
use content::PlanContent;
pub(crate) use inputs::Inputs;

/// Format of the file that this version writes and reads.
const FORMAT: u64 = 1;
/// Maximum size in bytes of a file: a hundred thousand resources.
const MAX_BYTES: u64 = 256 << 20;
/// Stands for the digest while the digest is computed.
const DIGEST_PLACEHOLDER: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The program that made a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Program {
    pub(crate) version: String,
    /// SHA-256 of the executable.
    sha256: String,
}

impl Program {
    /// Returns the running program.
    fn running() -> Result<Self, Failure> {
        let path = std::env::current_exe().map_err(|error| Failure::new(format!("cannot find this program's file: {error}")))?;
        let bytes = std::fs::read(&path).map_err(|error| Failure::io(&path, error))?;
        Ok(Self { version: env!("CARGO_PKG_VERSION").to_owned(), sha256: sha256(&bytes) })
    }
}

/// The environment of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    pub(crate) project: String,
    pub(crate) environment: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// Description of the account, for headings.
    pub(crate) location: String,
}

/// The purpose of a plan and the flags that shape it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// Whether everything is to be deleted.
    pub(crate) destroy: bool,
    /// The flags, such as `--replace user.admin`. A run must be given the same.
    pub(crate) flags: BTreeSet<String>,
}

/// A saved plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFile {
    format: u64,
    /// SHA-256 of the file with zeros in this place. It detects damage, not intent: whoever changes the file can compute it.
    digest: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    pub(crate) deployer: Program,
    pub(crate) subject: Subject,
    pub(crate) request: Request,
    /// Version of the stored state that the plan was made from; `null` if there was none.
    state: Option<StateIdentity>,
    /// Digests of the resolved spec and of the files that it names.
    inputs: BTreeMap<String, String>,
    /// Flags that approve what the plan does to permissions and data, for a reader. They are not approved by the file.
    needs: Vec<String>,
    plan: PlanContent,
}

impl PlanFile {
    /// Creates the file of a plan without problems. `needs` are the flags that approve it.
    ///
    /// # Errors
    /// The program's own file cannot be read.
    pub(crate) fn new(
        plan: &Plan,
        state: Option<StateIdentity>,
        request: Request,
        inputs: Inputs,
        subject: Subject,
        needs: Vec<String>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            format: FORMAT,
            digest: DIGEST_PLACEHOLDER.to_owned(),
            created_at: OffsetDateTime::now_utc(),
            deployer: Program::running()?,
            subject,
            request,
            plan: PlanContent::of(plan, state.is_some()),
            state,
            inputs: inputs.0,
            needs,
        })
    }

    /// Returns the plan as it was approved, for a report.
    pub(crate) fn plan(&self) -> Plan {
        self.plan.to_plan()
    }

    /// Returns the command line that carries it out, with the flags that it needs.
    pub(crate) fn command(&self, path: &Path, needs: &[String]) -> String {
        let command = if self.request.destroy { "destroy" } else { "apply" };
        let flags = self.request.flags.iter().chain(needs).map(|flag| format!(" {flag}"));
        format!("deployer {command} {}{}", path.display(), flags.collect::<String>())
    }

    /// Writes the file, readable by its owner only, in one step: a file with this name is the old or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::io(path, error))?;
        let text = format!("{text}\n");
        let digest = sha256(text.as_bytes());
        // Only the format precedes the digest, so the first match is its place.
        files::write_privately(path, text.replacen(DIGEST_PLACEHOLDER, &digest, 1).as_bytes())
    }

    /// Reads a file strictly.
    ///
    /// # Errors
    /// Invalid input if it is missing, cut off, damaged, no saved plan, or of another format.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |what: String| {
            let again = "make a new one with `deployer plan --out FILE`";
            Failure::input(format!("{}: {what}; nothing was changed", path.display())).help(again)
        };
        let bytes = match files::read(path, MAX_BYTES) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let failure = Failure::input(format!("{}: there is no such file", path.display()));
                return Err(failure.help("name a file that `deployer plan --out FILE` wrote; an environment is named by --env"));
            }
            other => other.map_err(|error| wrong(error.to_string()))?,
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is no saved plan".to_owned()))?;
        let json: Value = serde_json::from_str(text).map_err(|error| match error.is_eof() {
            true => wrong("it is cut off".to_owned()),
            false => wrong(format!("it is no saved plan: {error}")),
        })?;
        match json["format"].as_u64() {
            Some(FORMAT) if json["plan"].is_object() => {}
            Some(other) if json["plan"].is_object() => {
                let known = format!("it has format {other}, and this version of deployer reads {FORMAT}");
                return Err(wrong(known));
            }
            _ => return Err(wrong("it is no saved plan".to_owned())),
        }
        let claimed = json["digest"].as_str().unwrap_or_default();
        if claimed.len() != DIGEST_PLACEHOLDER.len()
            || sha256(text.replacen(claimed, DIGEST_PLACEHOLDER, 1).as_bytes()) != claimed
        {
            return Err(wrong("it was changed after it was written: its digest is not that of its content".to_owned()));
        }
        serde_json::from_str(text).map_err(|error| wrong(format!("it is damaged: {error}")))
    }

    /// Checks that a command may carry out this plan: one that does the same, with the same flags. What a file says allows nothing that the
    /// command line does not allow.
    ///
    /// # Errors
    /// Invalid input or a refusal that names the difference.
    pub(crate) fn check_request(&self, path: &Path, given: &Request) -> Result<(), Failure> {
        let file = path.display();
        if self.request.destroy != given.destroy {
            let (what, command) =
                if self.request.destroy { ("deletes everything", "destroy") } else { ("applies the spec", "apply") };
            return Err(Failure::input(format!("{file} is a plan that {what}; nothing was changed"))
                .help(format!("deployer {command} {file}")));
        }
        let list = |flags: Vec<&String>| flags.into_iter().cloned().collect::<Vec<_>>().join(" ");
        let missing = list(self.request.flags.difference(&given.flags).collect());
        if !missing.is_empty() {
            return Err(Failure::refused(format!(
                "{file} was made with {missing}, which a file alone does not allow; nothing was changed"
            ))
            .help(format!("if that is what you want, repeat {missing}")));
        }
        let extra = list(given.flags.difference(&self.request.flags).collect());
        if !extra.is_empty() {
            return Err(Failure::input(format!("{file} was made without {extra}; nothing was changed"))
                .help("leave it out, or make the plan with it"));
        }
        Ok(())
    }
}

impl Subject {
    /// Returns the environment of a project in an account.
    pub(crate) fn of(project: &Project, cloud: &Cloud) -> Self {
        Self {
            project: project.spec.project.to_string(),
            environment: project.spec.environment.to_string(),
            account: cloud.account.clone(),
            region: cloud.region.clone(),
            location: cloud.heading(project).location,
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}
