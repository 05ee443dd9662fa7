//! `deployer status`: shows on one screen where an environment is, who uses it, and what is deployed.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_engine::{Address, Backend, Clock, EnvironmentId, EventSink, LastRun, LeaseInfo, State};
use deployer_spec::Provider;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{outputs, print, stored};
use crate::failure::{Exit, Failure};
use crate::output::count;
use crate::project::Project;
use crate::report::Style;
use crate::runtime::{Cloud, RealClock, directory, is_holder_running};
use crate::served::served_address;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.env)?;
    let status = Status::read(&project).await?;
    match args.json {
        true => print(&format!("{:#}\n", status.json()))?,
        false => print(&status.text())?,
    }
    Ok(Exit::Success)
}

/// What is known about an environment.
struct Status<'p> {
    project: &'p Project,
    /// Where it is, for people.
    place: String,
    /// Where the state is stored.
    location: String,
    lease: Option<LeaseInfo>,
    state: Option<State>,
    /// Names and values of the most important outputs.
    outputs: Vec<(String, String)>,
    now: OffsetDateTime,
}

impl<'p> Status<'p> {
    /// Reads lease and state. A state in a directory needs no AWS, so that the status of an environment can be read while a run uses it.
    async fn read(project: &'p Project) -> Result<Self, Failure> {
        let id = stored::environment_id(project);
        let backend: Arc<dyn Backend> = match directory(project) {
            Some(directory) => Arc::new(directory),
            None => Cloud::open(project).await?.backend(project, &EventSink::ignore()),
        };
        let state = stored::state(project, &*backend).await?;
        let instance = state.as_ref().and_then(|state| state.outputs().remove(&Address::new("instance", "main")));
        let is_aws = matches!(project.spec.provider, Provider::Aws(_));
        let found = outputs::collect_in(project, (&id.account, &id.region), instance, is_aws, state.as_ref());
        Ok(Self {
            project,
            place: place(project, &id),
            location: backend.location(),
            lease: backend.current_lease().await?,
            state,
            outputs: found.key_values(),
            now: RealClock.now(),
        })
    }

    /// Returns the recorded resources by type, with their numbers.
    fn types(&self) -> BTreeMap<&str, usize> {
        let mut types = BTreeMap::new();
        for record in self.state.iter().flat_map(|state| state.resources.values()) {
            *types.entry(record.type_name.as_str()).or_default() += 1;
        }
        types
    }

    /// Returns the addresses that an unfinished run left pending.
    fn pending(&self) -> Vec<&Address> {
        self.state.iter().filter_map(|state| state.intent.as_ref()).flat_map(|intent| intent.pending.keys()).collect()
    }

    fn last_run(&self) -> Option<&LastRun> {
        self.state.as_ref().and_then(|state| state.last_run.as_ref())
    }

    fn json(&self) -> Value {
        let spec = &self.project.spec;
        let intent = self.state.as_ref().and_then(|state| state.intent.as_ref());
        json!({
            "project": spec.project.to_string(), "environment": spec.environment.to_string(),
            "account": spec.provider.account().to_string(), "region": spec.provider.region().to_string(),
            "provider": if matches!(spec.provider, Provider::Aws(_)) { "aws" } else { "embedded" },
            "served_on": served_address(self.project).map(|served| served.address.to_string()),
            "state": self.location, "serial": self.state.as_ref().map(|state| state.serial),
            "lease": self.lease.as_ref().map(|lease| json!({
                "holder": lease.holder, "expires": lease.expires.map(|at| at.to_string()), "runs_here": is_holder_running(&lease.holder),
            })),
            "last_run": self.last_run(),
            "unfinished_run": intent.map(|intent| json!({
                "command": intent.command, "since": intent.since.to_string(), "pending": self.pending(),
            })),
            "superseded": self.state.as_ref().map_or(0, |state| state.superseded.len()),
            "resources": self.types(),
            "outputs": self.outputs.iter().cloned().collect::<BTreeMap<_, _>>(),
        })
    }

    fn text(&self) -> String {
        let spec = &self.project.spec;
        let mut rows = vec![
            ("environment", format!("{} {}", spec.project, spec.environment)),
            ("in", self.place.clone()),
            ("state", self.location.clone()),
            ("lease", self.lease_text()),
            ("last run", self.last_run_text()),
        ];
        if let Some(unfinished) = self.unfinished_text() {
            rows.push(("unfinished", unfinished));
        }
        let types = self.types();
        let total: usize = types.values().sum();
        rows.push(("resources", if total == 0 { "none".to_owned() } else { total.to_string() }));
        let mut text = String::new();
        for (name, value) in rows {
            text += &format!("{}  {value}\n", Style::bold(&format!("{name:11}")));
        }
        types.iter().for_each(|(name, number)| text += &format!("{number:>13}  {name}\n"));
        for (name, value) in &self.outputs {
            text += &format!("{}  {value}\n", Style::bold(&format!("{name:11}")));
        }
        text
    }

    fn lease_text(&self) -> String {
        match &self.lease {
            None => "free".to_owned(),
            Some(lease) => {
                let who = lease.holder.describe(self.now);
                let has_lapsed = lease.expires.is_some_and(|expires| expires <= self.now);
                let lapsed = if has_lapsed { "; it has lapsed, the next run takes it over" } else { "" };
                format!("held by {who}{lapsed}")
            }
        }
    }

    fn last_run_text(&self) -> String {
        match self.last_run() {
            None if self.state.is_none() => "never applied".to_owned(),
            None => "unknown".to_owned(),
            Some(run) => {
                let age = age(self.now - run.ended_at);
                format!("`{}`, {age} ago, by version {}", without_directory(&run.command), run.version)
            }
        }
    }

    /// Describes what the next run has to complete.
    fn unfinished_text(&self) -> Option<String> {
        let state = self.state.as_ref()?;
        let pending = state.intent.as_ref().map(|intent| {
            let changes = count(intent.pending.len(), "change", "changes");
            let (command, age) = (without_directory(&intent.command), age(self.now - intent.since));
            format!("`{command}` of {age} ago left {changes} pending; rerun to continue")
        });
        let old = (!state.superseded.is_empty())
            .then(|| format!("{} still to be deleted", count(state.superseded.len(), "replaced resource", "replaced resources")));
        let all: Vec<String> = pending.into_iter().chain(old).collect();
        (!all.is_empty()).then(|| Style::warning(&all.join("; ")))
    }
}

fn place(project: &Project, id: &EnvironmentId) -> String {
    let at = format!("account {}, {}", id.account, id.region);
    match (&project.spec.provider, served_address(project)) {
        (Provider::Aws(_), _) => format!("AWS {at}"),
        (Provider::Embedded(_), Some(served)) => format!("the embedded AWS ({at}), served on {}", served.address),
        (Provider::Embedded(_), None) => format!("the embedded AWS ({at}), not served"),
    }
}

/// Returns a command line without the directory of its program.
fn without_directory(command: &str) -> &str {
    let program = command.split(' ').next().unwrap_or_default();
    &command[program.rfind('/').map_or(0, |slash| slash + 1)..]
}

/// Formats an age in its largest unit.
fn age(duration: time::Duration) -> String {
    let seconds = duration.whole_seconds().max(0);
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_shown_without_its_directory() {
        assert_eq!(without_directory("/usr/bin/deployer apply --out a/b"), "deployer apply --out a/b");
        assert_eq!(without_directory("deployer plan --out a/b"), "deployer plan --out a/b");
    }

    #[test]
    fn age_has_one_unit() {
        let ages = [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days")];
        for (seconds, text) in ages {
            assert_eq!(age(time::Duration::seconds(seconds)), text);
        }
    }
}
