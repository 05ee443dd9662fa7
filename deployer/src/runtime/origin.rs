//! Who starts a run, from where, and with which revision of the source, for the history.

use std::path::Path;
use std::process::{Command, Stdio};

use deployer_engine::RunOrigin;

/// Maximum length of a text in characters: whatever the environment has, the history stays small.
const MAX_TEXT: usize = 300;

/// Returns the origin of this process. `root` is the project's directory, `principal` the ARN of the caller.
pub(crate) fn origin(root: &Path, principal: Option<&str>) -> RunOrigin {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let short = |text: String| text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect::<String>();
    RunOrigin {
        user: user(&variable).map(short),
        principal: principal.map(|principal| short(principal.to_owned())),
        url: job_url(&variable).map(short),
        revision: revision(root).or_else(|| variable("GITHUB_SHA")).map(short),
    }
}

/// Returns the user: in CI the one who started the job (GitHub docs, "Variables reference"; GitLab docs, "Predefined CI/CD variables
/// reference").
fn user(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)
}

/// Returns the URL of the CI job: that of the run on GitHub, which has no variable of its own, otherwise the variable of GitLab, Jenkins
/// (handbook, "Using environment variables"), CircleCI or Buildkite.
fn job_url(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let github = || {
        let (server, repository, run) =
            (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    github().or_else(|| ["CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL"].into_iter().find_map(variable))
}

/// Returns the commit of the working tree, with `+` behind it if tracked files differ; `None` without Git. Git runs no program that the
/// repository configures.
fn revision(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "core.fsmonitor=false", "-C"]).arg(root).args(arguments);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--verify", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", "."]).is_some_and(|files| !files.is_empty());
    Some(if changed { format!("{commit}+") } else { commit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_is_named_by_its_service() {
        let of = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let github = of(&[
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "octo-org/voice"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_ACTOR", "octocat"),
            ("USER", "runner"),
        ]);
        assert_eq!(job_url(&github).as_deref(), Some("https://github.com/octo-org/voice/actions/runs/7"));
        assert_eq!(user(&github).as_deref(), Some("octocat"));
        let gitlab = of(&[("CI_JOB_URL", "https://gitlab.example/job/7"), ("GITHUB_RUN_ID", "7")]);
        assert_eq!(job_url(&gitlab).as_deref(), Some("https://gitlab.example/job/7"));
        assert_eq!((job_url(&of(&[])), user(&of(&[]))), (None, None));
    }
}
