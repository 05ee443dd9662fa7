//! `deployer doctor`: checks what commands need on this machine and in AWS, and says what to do.

mod aws;
mod storage;
mod tools;

use deployer_spec::Provider;
use serde::Serialize;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::Style;
use crate::runtime::Cloud;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The environment whose needs are checked; without it only what every environment needs.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: Option<String>,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    level: Level,
    message: String,
    /// What to do.
    help: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, message: message.into(), help: None }
    }

    fn warn(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { check, level: Level::Warn, message: message.into(), help: Some(help.into()) }
    }

    fn fail(check: &'static str, failure: Failure) -> Self {
        Self { check, level: Level::Fail, message: failure.message, help: failure.help }
    }

    /// Returns the same finding as a warning, for what is needed by some environments only.
    fn into_warning(mut self) -> Self {
        if self.level == Level::Fail {
            self.level = Level::Warn;
        }
        self
    }

    fn text(&self) -> String {
        let level = match self.level {
            Level::Ok => "ok  ".to_owned(),
            Level::Warn => Style::warning("warn"),
            Level::Fail => Style::error("fail"),
        };
        let mut lines = self.message.lines();
        let mut text = format!("{level}  {}  {}\n", Style::bold(&format!("{:13}", self.check)), lines.next().unwrap_or_default());
        lines.for_each(|line| text += &format!("      {line}\n"));
        if let Some(help) = &self.help {
            text += &format!("      {}: {help}\n", Style::bold("help"));
        }
        text
    }
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let mut findings = vec![Finding::ok("version", format!("deployer {}", env!("CARGO_PKG_VERSION")))];
    match &args.env {
        Some(env) => of_environment(env, &mut findings).await,
        None => of_machine(&mut findings).await,
    }
    let failed = findings.iter().filter(|finding| finding.level == Level::Fail).count();
    if args.json {
        print(&format!("{:#}\n", serde_json::json!({"ok": failed == 0, "checks": findings})))?;
    } else {
        findings.iter().try_for_each(|finding| print(&finding.text()))?;
    }
    Ok(if failed == 0 { Exit::Success } else { Exit::Failed })
}

/// Checks what every environment needs; what only some need is a warning.
async fn of_machine(findings: &mut Vec<Finding>) {
    findings.extend(aws::network());
    findings.extend(aws::any_credentials().await.into_iter().map(Finding::into_warning));
    findings.extend(tools::any());
    findings.extend(storage::ports(None));
}

/// Checks what one environment needs.
async fn of_environment(env: &str, findings: &mut Vec<Finding>) {
    let project = match Project::load(env) {
        Ok(project) => project,
        Err(failure) => {
            findings.push(Finding::fail("spec", failure));
            return of_machine(findings).await;
        }
    };
    findings.push(Finding::ok("spec", project.spec_path.display().to_string()));
    findings.extend(tools::of(&project));
    let is_reachable = match &project.spec.provider {
        Provider::Aws(aws) => {
            findings.extend(aws::network());
            let found = aws::credentials(aws).await;
            let passed = found.iter().all(|finding| finding.level != Level::Fail);
            findings.extend(found);
            passed
        }
        Provider::Embedded(_) => {
            findings.extend(storage::ports(Some(&project)));
            findings.push(storage::embedded(&project));
            findings.last().is_some_and(|finding| finding.level == Level::Ok)
        }
    };
    if crate::runtime::directory(&project).is_some() {
        findings.push(storage::directory(&project).await);
    } else if is_reachable {
        match Cloud::open(&project).await {
            Ok(cloud) => findings.extend(storage::bucket(&project, &cloud).await),
            Err(failure) => findings.push(Finding::fail("state", failure)),
        }
    } else {
        findings.push(Finding::warn("state", "not checked: its account cannot be reached", "mend what failed above"));
    }
}
