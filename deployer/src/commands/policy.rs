//! `deployer policy`: prints the permissions that a run needs.

use std::path::{Path, PathBuf};

use deployer_aws::{
    MAX_ATTACHED_POLICIES, MAX_INLINE_POLICY_CHARS, MAX_MANAGED_POLICY_CHARS, Purpose, policy_size, split_policy,
};
use deployer_engine::Graph;
use deployer_spec::{Provider, State};
use serde_json::Value;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::Style;
use crate::runtime;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Assume that the state is in this bucket, whatever the spec says.
    #[arg(long, value_name = "BUCKET")]
    state_bucket: Option<String>,
    /// Print only the permissions that `plan` needs: the read-only half, for a role that plans changes which are not reviewed yet.
    #[arg(long)]
    plan_only: bool,
    /// Write the policy to this directory instead of printing it, as files `deploy-ENV-N.json` that each fit into a managed policy; with
    /// --plan-only `plan-ENV-N.json`.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let policy = policy(args)?;
    let parts = split_policy(&policy, MAX_MANAGED_POLICY_CHARS)?;
    match &args.out {
        None => {
            print(&text(&policy)?)?;
            anstream::eprintln!("{}", advice(policy_size(&policy), parts.len()));
        }
        Some(directory) => {
            let half = if args.plan_only { "plan" } else { "deploy" };
            print(&write(&parts, directory, &format!("{half}-{}", args.env))?)?;
        }
    }
    Ok(Exit::Success)
}

/// Returns the policy without making a call.
fn policy(args: &Args) -> Result<Value, Failure> {
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
    let purpose = if args.plan_only { Purpose::Planning } else { Purpose::Everything };
    Ok(deployer_aws::policy(runtime::offline_provider(account, region), [&graph], bucket, purpose)?)
}

fn text(policy: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(policy).map_err(|error| Failure::new(error.to_string()))?;
    Ok(format!("{text}\n"))
}

/// Formats the size with AWS's limits, and instructions for attaching a policy of this size that fits into that many managed ones.
fn advice(size: usize, parts: usize) -> String {
    let inline = "make it an inline policy of the role";
    let help = match (parts, size <= MAX_INLINE_POLICY_CHARS) {
        (1, _) => format!("attach it as a managed policy, or {inline}"),
        (_, true) => format!("{inline} (if it has no others), or write it as {parts} managed policies with --out DIRECTORY"),
        (parts, false) if parts <= MAX_ATTACHED_POLICIES => {
            format!("write it as {parts} managed policies with --out DIRECTORY, and attach all of them to the role")
        }
        (parts, false) => format!(
            "write it as {parts} managed policies with --out DIRECTORY, and ask AWS for more than {MAX_ATTACHED_POLICIES} attached to a role"
        ),
    };
    let size = format!(
        "size: {} characters without white space; a managed policy has at most {}, the inline policies of a role {} together",
        grouped(size),
        grouped(MAX_MANAGED_POLICY_CHARS),
        grouped(MAX_INLINE_POLICY_CHARS)
    );
    format!("{size}\n{}: {help}", Style::bold("help"))
}

/// Formats a number with commas between the thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let comma = |(place, digit): (usize, char)| {
        let starts = place > 0 && (digits.len() - place).is_multiple_of(3);
        if starts { format!(",{digit}") } else { digit.to_string() }
    };
    digits.chars().enumerate().map(comma).collect()
}

/// Writes the parts, deletes those of an earlier and longer policy, and returns a description of the changes.
fn write(parts: &[Value], directory: &Path, name: &str) -> Result<String, Failure> {
    std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory, error))?;
    let path = |number: usize| directory.join(format!("{name}-{number}.json"));
    let mut done = String::new();
    for (index, part) in parts.iter().enumerate() {
        let path = path(index + 1);
        std::fs::write(&path, text(part)?).map_err(|error| Failure::io(&path, error))?;
        done +=
            &format!("{}: {} of {} characters\n", path.display(), grouped(policy_size(part)), grouped(MAX_MANAGED_POLICY_CHARS));
    }
    for path in (parts.len() + 1..).map(path).take_while(|path| path.exists()) {
        std::fs::remove_file(&path).map_err(|error| Failure::io(&path, error))?;
        done += &format!("{}: removed, no longer needed\n", path.display());
    }
    done += &format!(
        "{}: make a managed policy of each (aws iam create-policy --policy-name NAME --policy-document file://FILE) and attach all of \
         them to the role\n",
        Style::bold("help")
    );
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &str, bucket: Option<&str>) -> Value {
        let args = Args { env: environment.to_owned(), state_bucket: bucket.map(str::to_owned), plan_only: false, out: None };
        policy(&args).expect("a shipped spec")
    }

    #[test]
    fn documented_policy_is_what_the_command_prints() {
        let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deploy-policy.json"));
        assert_eq!(text(&of("dev", Some("vanity-states"))).expect("JSON"), written.expect("it is there"));
    }

    #[test]
    fn policies_without_state_buckets_name_none() {
        assert!(!of("local", None).to_string().contains("s3:"));
        assert!(of("dev", None).to_string().contains("arn:aws:s3:::deployer-state-111122223333-us-east-1/*"));
    }

    #[test]
    fn shipped_policies_fit_when_split() {
        for environment in ["local", "dev", "prod"] {
            let whole = of(environment, Some("vanity-states"));
            let parts = split_policy(&whole, MAX_MANAGED_POLICY_CHARS).expect("no right is that long");
            assert!(parts.iter().all(|part| policy_size(part) <= MAX_MANAGED_POLICY_CHARS), "{environment}");
            assert!(parts.len() <= MAX_ATTACHED_POLICIES, "{environment}");
            assert!(policy_size(&whole) <= MAX_INLINE_POLICY_CHARS, "{environment}: {}", policy_size(&whole));
        }
    }

    #[test]
    fn advice_follows_from_the_size() {
        for (size, parts, expected) in [
            (MAX_MANAGED_POLICY_CHARS, 1, "attach it as a managed policy"),
            (MAX_INLINE_POLICY_CHARS, 2, "make it an inline policy of the role (if it has no others)"),
            (MAX_INLINE_POLICY_CHARS + 1, 2, "write it as 2 managed policies with --out DIRECTORY, and attach all"),
            (70_000, 12, "ask AWS for more than 10"),
        ] {
            assert!(advice(size, parts).contains(expected), "{size}: {}", advice(size, parts));
        }
        assert_eq!([0, 999, 1_000, 10_240, 1_234_567].map(grouped), ["0", "999", "1,000", "10,240", "1,234,567"]);
    }

    #[test]
    fn files_of_longer_policies_are_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let part = serde_json::json!({"Version": "2012-10-17", "Statement": []});
        let there = || {
            let files = std::fs::read_dir(directory.path()).expect("it is there").flatten();
            let mut names: Vec<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        std::fs::write(directory.path().join("deploy-prod-2.json"), "{}").expect("written");
        write(&[part.clone(), part.clone(), part.clone()], directory.path(), "deploy-dev").expect("written");
        assert_eq!(there(), ["deploy-dev-1.json", "deploy-dev-2.json", "deploy-dev-3.json", "deploy-prod-2.json"]);
        write(&[part], directory.path(), "deploy-dev").expect("written");
        assert_eq!(there(), ["deploy-dev-1.json", "deploy-prod-2.json"]);
    }
}
