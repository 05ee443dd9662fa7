//! How a run looks. Engine events come in, text goes out; nothing else in the program prints a run.

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

/// The forms that a run can be shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people; with live progress where standard error is a terminal.
    Human,
    /// One JSON object a line on standard output: every event, then the outcome.
    Json,
}

/// What a run is, for headings.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) environment: String,
    pub(crate) location: String,
    /// Whether `apply` asks for broader permissions and lost data of what is planned.
    pub(crate) guarded: bool,
}

/// Whether everything printed stands in a log that others can read.
pub(crate) fn is_logged() -> bool {
    annotations::wanted()
}

/// Shows a run.
pub(crate) trait Reporter: Send + Sync {
    /// One event, from any task.
    fn event(&self, event: Event);
    /// The plan, before approval is asked or the command ends.
    fn plan(&self, plan: &Plan);
    /// The end.
    fn outcome(&self, outcome: &Outcome);
}

/// The reporter of this format; on GitHub's runners errors are annotations too.
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

/// The engine's sink for this reporter.
pub(crate) fn events(reporter: &Arc<dyn Reporter>) -> EventSink {
    let reporter = Arc::clone(reporter);
    EventSink::to(move |event| reporter.event(event))
}
