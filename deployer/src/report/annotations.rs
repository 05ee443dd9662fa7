//! Output for GitHub Actions runners: errors as annotations, the plan in the job summary.
//!
//! Source: GitHub documentation, "Workflow commands for GitHub Actions".

use std::io::Write;
use std::sync::Arc;

use deployer_engine::{Event, Outcome, Plan};

use super::{Layout, Reporter};

/// Returns whether the process runs in a GitHub workflow.
pub(crate) fn wanted() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// A reporter that adds annotations to another reporter.
pub(crate) struct Annotations {
    inner: Arc<dyn Reporter>,
    guarded: bool,
}

impl Annotations {
    pub(crate) fn around(inner: Arc<dyn Reporter>, guarded: bool) -> Self {
        Self { inner, guarded }
    }
}

impl Reporter for Annotations {
    fn event(&self, event: Event) {
        if let Event::Failed { address, error, .. } = &event {
            // As in every reporter, a closed output must not stop a run half-way.
            let _ = writeln!(std::io::stderr(), "{}", line("error", address.as_str(), &error.to_string()));
        }
        if let Event::Planned { plan } = &event {
            for warning in &plan.warnings {
                let message = format!("{}; {}", warning.message, warning.help);
                let _ = writeln!(std::io::stderr(), "{}", line("warning", warning.address.as_str(), &message));
            }
        }
        self.inner.event(event);
    }

    fn plan(&self, plan: &Plan) {
        if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
            let summary = format!("```diff\n{}```\n", summary(plan, self.guarded));
            // The summary is optional: a failed write does not stop the run.
            let _ = std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .and_then(|mut file| file.write_all(summary.as_bytes()));
        }
        self.inner.plan(plan);
    }

    fn outcome(&self, outcome: &Outcome) {
        self.inner.outcome(outcome);
    }
}

/// Returns the workflow command `::error title=…::message` or a warning, escaped so that a message cannot contain another command.
fn line(kind: &str, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{kind} title={}::{}", property(title), data(message))
}

fn summary(plan: &Plan, guarded: bool) -> String {
    if plan.is_empty() {
        return "  no changes\n".to_owned();
    }
    let layout = Layout { verbose: false, width: None, guarded };
    anstream::adapter::strip_str(&super::render_plan(plan, layout)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_cannot_start_another_workflow_command() {
        let line = line("error", "function.convert", "bad\n::add-mask::x\r%0A");
        assert_eq!(line, "::error title=function.convert::bad%0A::add-mask::x%0D%250A");
        assert_eq!(line.lines().count(), 1);
    }
}
