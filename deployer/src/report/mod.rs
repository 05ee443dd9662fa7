//! Reporting of runs. Engine events are rendered here; nothing else in the program prints a run.

mod annotations;
mod human;
mod lines;
mod page;
mod plan;
mod progress;
mod style;

use std::sync::Arc;

use deployer_engine::{Event, EventSink, Outcome, Plan};

pub(crate) use plan::{Layout, render as render_plan};
pub(crate) use style::Style;

/// Returns lists with their titles, wrapped at the width of the terminal. Empty lists are left out.
pub(crate) fn lists(all: &[(&str, Vec<String>)]) -> String {
    let mut page = page::Page::new(page::columns());
    for (title, lines) in all.iter().filter(|(_, lines)| !lines.is_empty()) {
        page.line(0, 0, &[page::plain(format!("{title}:"))]);
        lines.iter().for_each(|line| page.line(2, 4, &[page::plain(line.as_str())]));
        page.blank();
    }
    page.finish()
}

/// Output format of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Human-readable, with live progress where standard error is a terminal.
    Human,
    /// One JSON object per line on standard output: every event, then the outcome.
    Json,
}

/// Description of a run, for headings.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) environment: String,
    pub(crate) location: String,
    /// Whether `apply` asks for separate approval of broader permissions and data loss.
    pub(crate) guarded: bool,
}

/// Returns whether all output goes to a log that others can read.
pub(crate) fn is_logged() -> bool {
    annotations::wanted()
}

/// A reporter of a run.
pub(crate) trait Reporter: Send + Sync {
    /// Reports an event; called from any task.
    fn event(&self, event: Event);
    /// Reports the plan, before approval is asked or the command ends.
    fn plan(&self, plan: &Plan);
    /// Reports the outcome at the end.
    fn outcome(&self, outcome: &Outcome);
}

/// Creates the reporter of a format; on GitHub's runners errors become annotations too.
pub(crate) fn reporter(format: Format, heading: Heading, verbose: bool) -> Arc<dyn Reporter> {
    let guarded = heading.guarded;
    let inner: Arc<dyn Reporter> = match format {
        Format::Human => Arc::new(human::HumanReporter::new(heading, verbose)),
        Format::Json => Arc::new(lines::JsonLinesReporter),
    };
    match annotations::wanted() {
        true => Arc::new(annotations::Annotations::around(inner, guarded)),
        false => inner,
    }
}

/// Creates the engine's event sink for a reporter.
pub(crate) fn events(reporter: &Arc<dyn Reporter>) -> EventSink {
    let reporter = Arc::clone(reporter);
    EventSink::to(move |event| reporter.event(event))
}
