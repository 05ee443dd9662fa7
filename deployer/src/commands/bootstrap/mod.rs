//! `deployer bootstrap`: creates the prerequisites of a pipeline's first run.

mod memory;

use std::sync::Arc;

use deployer_aws::{MAX_ATTACHED_POLICIES, MAX_MANAGED_POLICY_CHARS, Purpose, split_policy};
use deployer_engine::{Action, Backend, CancellationToken, Clock, Engine, EventSink, Graph, Options, Plan, RunStatus};
use deployer_spec::{Provider, S3State, State};
use deployer_stack::Settings;
use deployer_stack::bootstrap::{Bootstrap, Pipeline, PipelineRole, StateFolder, bucket_address, provider_address};
use serde_json::{Value, json};

use super::args::stopped;
use super::confirm::{Approvals, Confirmation, ReviewedApproval, approval};
use super::run_end::run_exit;
use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Heading, Style};
use crate::runtime::{self, Cloud, RealClock, interrupt_on_signals};
use memory::Memory;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Also create the roles that workflows of this GitHub repository assume: one that plans (it only reads) and one that applies, with the
    /// policies that `deployer policy` prints, under a permissions boundary; and GitHub's identity provider, if the account has none.
    #[arg(long, value_name = "OWNER/REPO", value_parser = repository)]
    github: Option<String>,
    /// Adopt existing resources with matching names that deployer did not create and that have other settings; the plan shows the changes.
    #[arg(long, conflicts_with = "remove")]
    adopt: bool,
    /// Delete everything that bootstrap created for this environment: its roles and policies, every version of its state and, unless others
    /// use them, the bucket and the identity provider. Refused while the state records resources.
    #[arg(long, conflicts_with = "github")]
    remove: bool,
    /// Print the ARNs of the two roles as `plan_role=ARN` and `apply_role=ARN`, for a workflow; needs no AWS.
    #[arg(long, conflicts_with_all = ["github", "remove", "adopt", "approve_security"])]
    show_roles: bool,
    /// Approve broader permissions of existing roles and policies, with --yes, for example after the spec has grown. The plan lists them.
    #[arg(long, conflicts_with = "remove")]
    approve_security: bool,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
}

/// Validates the full name of a GitHub repository; wildcards would open the roles to others.
fn repository(text: &str) -> Result<String, String> {
    let plain = |part: &str, more: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c)) && part != "." && part != ".."
    };
    match text.split_once('/') {
        Some((owner, name)) if plain(owner, "-") && plain(name, "-._") => Ok(text.to_owned()),
        _ => Err("a repository is OWNER/REPO, for example octo-org/voice".to_owned()),
    }
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    if args.show_roles {
        // Their names follow from the spec's file alone: in a pipeline nothing is compiled or run for it.
        let settings = settings(&Project::load_essentials(&args.target.env)?);
        print(&format!("plan_role={}\napply_role={}\n", PipelineRole::Plan.arn(&settings), PipelineRole::Apply.arn(&settings)))?;
        return Ok(Exit::Success);
    }
    let project = Project::load(&args.target.env)?;
    let settings = settings(&project);
    let State::S3(state) = &project.spec.state else { return Err(needs_no_bucket(&project)) };
    let bootstrap = wanted(&args, &project, state, settings)?;
    let cloud = Cloud::open(&project).await?;
    let run = Run { args: &args, project: &project, bootstrap: &bootstrap, cloud: &cloud };
    match args.remove {
        true => run.remove().await,
        false => run.create().await,
    }
}

fn settings(project: &Project) -> Settings {
    let spec = &project.spec;
    let (account, region) = (spec.provider.account().as_str(), spec.provider.region().as_str());
    let mut settings = Settings::new(spec.project.as_str(), spec.environment.as_str(), account, region);
    settings.tags.clone_from(&spec.tags);
    settings
}

fn needs_no_bucket(project: &Project) -> Failure {
    let (path, environment) = (project.spec_path.display(), &project.spec.environment);
    match &project.spec.provider {
        Provider::Embedded(_) => Failure::input(format!("the environment {environment} needs no bootstrap: its AWS is embedded in deployer, and its state is in a directory"))
            .help(format!("run `deployer apply --env {environment}`")),
        Provider::Aws(_) => Failure::input(format!("the environment {environment} keeps its state in a directory, which needs no bucket; a pipeline would not find it there"))
            .help(format!("write `state: {{ s3: {{}} }}` in {path}")),
    }
}

/// Returns the desired resources without making a call.
fn wanted(args: &Args, project: &Project, state: &S3State, settings: Settings) -> Result<Bootstrap, Failure> {
    let own = state.account.as_ref().is_none_or(|account| account == project.spec.provider.account());
    let parts = [state.prefix.as_str(), &settings.project, &settings.environment];
    let prefix: String = parts.iter().filter(|part| !part.is_empty()).map(|part| format!("{part}/")).collect();
    let bucket = own.then(|| StateFolder { bucket: state.bucket.clone(), prefix });
    if bucket.is_none() && args.github.is_none() && !args.remove {
        let account = state.account.as_ref().map_or("another account", |account| account.as_str());
        return Err(Failure::input(format!(
            "the bucket {} belongs to account {account}, not to the environment's",
            state.bucket
        ))
        .help("create it with that account's credentials: private, versioned and encrypted"));
    }
    let pipeline = args.github.as_ref().map(|repository| pipeline(project, state, &settings, repository)).transpose()?;
    let bootstrap = Bootstrap { settings, bucket, pipeline };
    match bootstrap.overlong_name() {
        Some(name) => Err(Failure::input(format!("the role {name} would have {} characters; IAM allows 64", name.len()))
            .help("choose a shorter name for the project or the environment")),
        None => Ok(bootstrap),
    }
}

fn pipeline(project: &Project, state: &S3State, settings: &Settings, repository: &str) -> Result<Pipeline, Failure> {
    let graph = project.graph_in(&settings.account, &settings.region)?;
    let provider = || runtime::offline_provider(settings.account.clone(), settings.region.clone());
    let bucket = Some(state.bucket.as_str());
    let policy = |purpose| deployer_aws::policy(provider(), [&graph], bucket, purpose);
    let everything = policy(Purpose::Everything)?;
    let split = |policy: &Value| -> Result<Vec<Value>, Failure> {
        let parts = split_policy(policy, MAX_MANAGED_POLICY_CHARS)?;
        match parts.len() <= MAX_ATTACHED_POLICIES {
            true => Ok(parts),
            false => Err(Failure::input(format!(
                "the rights of this spec fill {} managed policies; a role may have {MAX_ATTACHED_POLICIES} attached",
                parts.len()
            ))
            .help("create the role yourself, from the policies that `deployer policy --out DIRECTORY` writes")),
        }
    };
    Ok(Pipeline {
        repository: repository.to_owned(),
        plan: split(&policy(Purpose::Planning)?)?,
        apply: split(&everything)?,
        boundary: deployer_aws::boundary(&provider(), &everything, &settings.base_name(), bucket),
    })
}

struct Run<'a> {
    args: &'a Args,
    project: &'a Project,
    bootstrap: &'a Bootstrap,
    cloud: &'a Cloud,
}

impl Run<'_> {
    /// Returns the engine with a state in memory.
    fn engine(&self, memory: Memory, events: EventSink) -> Result<Engine, Failure> {
        let region = match &self.project.spec.state {
            State::S3(S3State { region: Some(region), .. }) => region.as_str(),
            _ => &self.cloud.region,
        };
        Ok(Engine { backend: Arc::new(memory), ..self.cloud.engine_in(self.project, region, events)? })
    }

    async fn create(&self) -> Result<Exit, Failure> {
        let heading = Heading { guarded: false, ..self.cloud.heading(self.project) };
        let reporter = report::reporter(self.args.target.format(), heading, self.args.target.verbose);
        let mut graph = self.bootstrap.graph();
        let looked_for = if self.bootstrap.pipeline.is_some() { self.bootstrap.full_graph() } else { graph.clone() };
        let (existing, _) = self.engine(Memory::default(), EventSink::ignore())?.rebuild(&looked_for, None).await?;
        let engine = self.engine(Memory::with(existing.to_bytes()?), report::events(&reporter))?;
        if !self.args.adopt {
            self.use_what_is_right(&engine, &mut graph).await?;
        }
        let interrupt = CancellationToken::new();
        interrupt_on_signals(&interrupt)?;
        let confirmation = Confirmation::new(self.args.yes, self.args.target.json, "Create this?");
        let options = Options { adopt: self.args.adopt, ..Options::default() };
        let approvals = Approvals::of_permissions(self.args.approve_security);
        let reviewed = ReviewedApproval::new(approvals, confirmation, &self.args.target.env, &options);
        let approve = reviewed.ask(reporter.clone(), interrupt.clone());
        let outcome = engine.apply(&graph, &options, approve, &interrupt).await;
        reviewed.check()?;
        let outcome = outcome.map_err(|error| stopped(error, &interrupt))?;
        match outcome.status {
            RunStatus::NothingToDo if !self.args.target.json => print("No changes: everything that bootstrap creates exists.\n")?,
            _ => reporter.outcome(&outcome),
        }
        if matches!(outcome.status, RunStatus::NothingToDo | RunStatus::Applied) {
            print(&self.summary())?;
        }
        run_exit(&outcome)
    }

    /// Removes the bucket and the identity provider from the graph if they are not owned and have the desired settings: then they are used
    /// unchanged.
    async fn use_what_is_right(&self, engine: &Engine, graph: &mut Graph) -> Result<(), Failure> {
        let quiet = Engine { events: EventSink::ignore(), ..engine.clone() };
        let planned = quiet.plan(graph, &Options { adopt: true, ..Options::default() }).await?;
        for change in planned.plan.changes.iter().filter(|change| change.action == Action::Adopt) {
            let shared = change.address == bucket_address() || change.address == provider_address();
            if shared && change.properties.iter().all(|property| property.path.first() == "tags") {
                let id = change.id.as_ref().map(|id| id.as_str()).unwrap_or_default();
                eprintln!("note: {id} was not created by deployer and has the right settings: it is used as it is");
                graph.nodes.remove(&change.address);
                for other in graph.nodes.values_mut() {
                    other.depends_on.remove(&change.address);
                }
            }
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let settings = &self.bootstrap.settings;
        let bucket = self.bootstrap.bucket.as_ref().map(|folder| folder.bucket.as_str());
        let roles = self.bootstrap.pipeline.as_ref().map(|pipeline| {
            let arns = [PipelineRole::Plan, PipelineRole::Apply].map(|role| role.arn(settings));
            (arns, &pipeline.repository)
        });
        if self.args.target.json {
            let roles = roles.as_ref().map(|([plan, apply], _)| json!({"plan": plan, "apply": apply}));
            return format!("{}\n", json!({"bootstrap": {"bucket": bucket, "roles": roles}}));
        }
        let mut text = String::from("\n");
        if let Some(bucket) = bucket {
            text += &format!("  state bucket   {bucket}\n");
        }
        if let Some(([plan, apply], repository)) = roles {
            let environment = &settings.environment;
            text += &format!("  role to plan   {plan}\n  role to apply  {apply}\n");
            text += &format!(
                "\n{}: on GitHub, in the settings of {repository}, create the environment `{environment}` and allow it only for your \
                 main branch:\n  whoever can run a job in that environment can apply.\n",
                Style::bold("help")
            );
        }
        text
    }

    async fn remove(&self) -> Result<Exit, Failure> {
        self.refuse_while_in_use().await?;
        let heading = Heading { guarded: false, ..self.cloud.heading(self.project) };
        let reporter = report::reporter(self.args.target.format(), heading, self.args.target.verbose);
        let removal = self.bootstrap.removal_graph();
        let (existing, foreign) = self.engine(Memory::default(), EventSink::ignore())?.rebuild(&removal, None).await?;
        for what in foreign.values() {
            eprintln!("note: {what}, so it was not created by deployer, and stays");
        }
        let bytes = existing.to_bytes()?;
        let looking = self.engine(Memory::with(bytes.clone()), EventSink::ignore())?;
        let planned = looking.plan_destroy(None, &Options::default()).await?;
        if planned.plan.is_record_only() {
            return self.nothing_to_remove(&planned.plan);
        }
        let engine = self.engine(Memory::with(bytes), report::events(&reporter))?;
        let interrupt = CancellationToken::new();
        interrupt_on_signals(&interrupt)?;
        let confirmation = Confirmation::new(self.args.yes, self.args.target.json, "Remove all of this?");
        let approve = approval(reporter.clone(), confirmation, interrupt.clone());
        let outcome = engine.destroy(None, &Options::default(), approve, &interrupt).await;
        let outcome = outcome.map_err(|error| stopped(error, &interrupt))?;
        reporter.outcome(&outcome);
        run_exit(&outcome)
    }

    fn nothing_to_remove(&self, plan: &Plan) -> Result<Exit, Failure> {
        for kept in &plan.changes {
            eprintln!("note: {}: {}", kept.address, kept.reasons.join("; "));
        }
        match self.args.target.json {
            true => print(&format!("{}\n", json!({"removed": 0})))?,
            false => print(&format!("Nothing to remove: nothing that bootstrap created for {} exists.\n", self.args.target.env))?,
        }
        Ok(Exit::Success)
    }

    /// Fails while resources are recorded, or another run holds the lease.
    async fn refuse_while_in_use(&self) -> Result<(), Failure> {
        let environment = &self.args.target.env;
        let backend: Arc<dyn Backend> = self.cloud.backend(self.project, &EventSink::ignore());
        let now = RealClock.now();
        if let Some(held) = backend.current_lease().await?.filter(|held| held.expires.is_none_or(|expires| expires > now)) {
            let message =
                format!("the environment {environment} is in use by {}; nothing was removed", held.holder.describe(now));
            return Err(Failure::refused(message).help("wait until that run ends"));
        }
        let state = match self.cloud.engine(self.project, Arc::default(), EventSink::ignore())?.state().await {
            Ok(state) => state,
            Err(error) if error.class == deployer_engine::ErrorClass::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        match state.filter(|state| !state.is_empty()) {
            None => Ok(()),
            Some(state) => {
                let count = state.resources.len();
                let what = if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") };
                let message = format!("the state of {environment} in {} records {what}; nothing was removed", backend.location());
                Err(Failure::refused(message).help(format!("run `deployer destroy --env {environment}` first")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn repositories_are_named_in_full() {
        for good in ["octo-org/voice", "A/b.c_d-e"] {
            assert_eq!(repository(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "voice",
            "octo-org/",
            "/voice",
            "octo-org/*",
            "*/voice",
            "a/b/c",
            "a/b:c",
            "a b/c",
            "https://github.com/a/b",
            "a/..",
        ] {
            assert!(repository(bad).is_err(), "{bad}");
        }
    }
}
