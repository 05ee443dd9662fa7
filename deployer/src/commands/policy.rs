//! `deployer policy`: the rights that a run needs.

use deployer_engine::Graph;
use deployer_spec::{Provider, State};

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::wiring;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Keep the state in this bucket, whatever the spec says of its place.
    #[arg(long, value_name = "BUCKET")]
    state_bucket: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    print(&policy(args)?)?;
    Ok(Exit::Success)
}

/// The policy as text. Makes no call.
fn policy(args: &Args) -> Result<String, Failure> {
    let project = Project::load(&args.env)?;
    let (account, region) = match &project.spec.provider {
        Provider::Aws(aws) => (aws.account.to_string(), aws.region.to_string()),
        Provider::Embedded(embedded) => (embedded.account.to_string(), embedded.region.to_string()),
    };
    let graph: Graph = project.graph_in(&account, &region)?;
    let bucket = args.state_bucket.as_deref().or(match &project.spec.state {
        State::S3(s3) => Some(s3.bucket.as_str()),
        State::Directory(_) => None,
    });
    let policy = deployer_aws::policy(wiring::unconnected(account, region), [&graph], bucket)?;
    let text = serde_json::to_string_pretty(&policy).map_err(|error| Failure::new(error.to_string()))?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_in_the_documentation_is_what_the_command_prints_for_the_development_environment() {
        let args = Args { env: "dev".to_owned(), state_bucket: Some("vanity-states".to_owned()) };
        let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy-policy.json"));
        assert_eq!(policy(&args).expect("a shipped spec"), written.expect("it is there"));
    }

    #[test]
    fn without_a_bucket_the_policy_has_nothing_of_a_bucket() {
        let args = Args { env: "dev".to_owned(), state_bucket: None };
        assert!(!policy(&args).expect("a shipped spec").contains("s3:"));
    }
}
