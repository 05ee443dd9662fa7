//! Human-readable report of a run: the plan, a line for every finished change, and on a terminal a progress bar below with the changes in
//! flight.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use deployer_engine::{Action, Address, Counts, Error, ErrorClass, Event, Outcome, Plan, RunStatus, Warning};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::page::{Page, Span, columns, plain, styled};
use super::progress::Progress;
use super::style::{Style, past, sign};
use super::{Heading, Layout, Reporter, plan};

/// Interval at which the changes in flight are checked.
const TICK: Duration = Duration::from_secs(1);

pub(crate) struct HumanReporter {
    heading: Heading,
    verbose: bool,
    display: Arc<Display>,
    /// Addresses whose failures have been shown already.
    shown: Mutex<BTreeSet<Address>>,
    /// The changes that are held back, if nothing else is to be done.
    held_back: Mutex<Option<String>>,
}

/// Standard error, with a progress bar below the lines if it is a terminal.
struct Display {
    bar: ProgressBar,
    progress: Mutex<Progress>,
}

impl Display {
    fn new() -> Arc<Self> {
        // The bar hides itself where standard error is not a terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // `wide_msg` is cut at the width of the terminal.
        let style = ProgressStyle::with_template("  {spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        // The bar appears only while changes are in flight, never beside a prompt.
        bar.finish_and_clear();
        let display = Arc::new(Self { bar, progress: Mutex::default() });
        let watched = Arc::downgrade(&display);
        std::thread::spawn(move || tick(&watched));
        display
    }

    fn write(&self, text: &str) {
        // Lines are written above the bar; standard error is unbuffered, so they stay in order. A failed write to standard error (full
        // disk, closed terminal) must not stop a run half-way.
        self.bar.suspend(|| {
            use std::io::Write as _;
            let _ = writeln!(anstream::stderr(), "{}", text.trim_end_matches('\n'));
        });
    }

    fn line(&self, indent: usize, spans: &[Span]) {
        let mut page = Page::new(columns());
        page.line(indent, 4, spans);
        self.write(&page.finish());
    }

    fn progress<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> T {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut progress);
        match progress.line(Instant::now()) {
            None => self.bar.finish_and_clear(),
            Some(line) => {
                if self.bar.is_finished() {
                    self.bar.reset();
                }
                self.bar.enable_steady_tick(Duration::from_millis(120));
                self.bar.set_message(line);
            }
        }
        result
    }
}

/// Updates the bar periodically; without a bar, writes reminders of slow changes.
fn tick(display: &Weak<Display>) {
    loop {
        std::thread::sleep(TICK);
        let Some(display) = display.upgrade() else { break };
        let lines = display.progress(|progress| progress.reminders(Instant::now()));
        if display.bar.is_hidden() {
            lines.into_iter().for_each(|line| display.line(4, &[styled(Style::DIM, line)]));
        }
    }
}

impl HumanReporter {
    pub(crate) fn new(heading: Heading, verbose: bool) -> Self {
        Self { heading, verbose, display: Display::new(), shown: Mutex::default(), held_back: Mutex::default() }
    }

    fn line(&self, text: &str) {
        self.display.line(0, &[plain(text)]);
    }

    fn warn(&self, text: impl Into<String>) {
        self.display.line(0, &[styled(Style::WARNING, text)]);
    }

    /// Shows what a change waits for: in the bar, or as a line if there is no bar or before the first change.
    fn waits(&self, address: &Address, message: &str, worth_a_line: bool) {
        let shown = self.display.progress(|progress| progress.waits(address, message));
        if worth_a_line && (!shown || self.display.bar.is_hidden()) {
            self.display.line(4, &[styled(Style::DIM, format!("{address}: {message}"))]);
        }
    }

    fn ended(&self, address: &Address, action: Action, text: Vec<Span>) {
        let place = self.display.progress(|progress| progress.ended(address));
        let begin = [styled(Style::DIM, format!("{place} ")), styled(Style::of(action), format!("{} ", sign(action)))];
        let spans: Vec<Span> = begin.into_iter().chain(text).collect();
        self.display.line(2, &spans);
    }
}

/// Formats an error with all its details, one per line.
fn failure(error: &Error, width: Option<usize>) -> String {
    let mut page = Page::new(width);
    let mut row = |name: &str, text: &str| page.paragraph(6, 12, styled(Style::BOLD, format!("{name:<12}")), text);
    let call: Vec<&str> = [&error.operation, &error.code].into_iter().flatten().map(String::as_str).collect();
    if !call.is_empty() {
        row("call", &call.join(": "));
    }
    row("message", &error.message);
    error.problems.iter().for_each(|problem| row("", &format!("- {problem}")));
    error.request_id.iter().for_each(|id| row("request id", id));
    row("help", error.help.as_deref().unwrap_or_else(|| advice(error.class)));
    page.finish()
}

/// Returns the advice for an error that has none of its own.
fn advice(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotVisibleYet
        | ErrorClass::Conflict
        | ErrorClass::UnknownOutcome => "rerun to continue",
        ErrorClass::Denied => {
            "grant the permission that the message names (`deployer policy` prints all that are needed), then rerun"
        }
        ErrorClass::Quota => "request an increase of the quota (Service Quotas in the AWS console), then rerun",
        ErrorClass::AlreadyExists => "choose another name, or pass --adopt to take over what exists",
        ErrorClass::Invalid => "correct the spec, then rerun",
        ErrorClass::NotFound => "rerun to create a new plan",
        ErrorClass::Interrupted | ErrorClass::State | ErrorClass::Refused | ErrorClass::Local => {
            "remove the cause, then rerun to continue"
        }
    }
}

impl Reporter for HumanReporter {
    fn event(&self, event: Event) {
        match event {
            Event::Resuming { open, holder: None } => {
                let changes = crate::output::count(open, "change", "changes");
                self.line(&format!("An earlier run did not complete {changes}; looking for what it has done."));
            }
            Event::Resuming { open, holder: Some(holder) } => {
                let who = holder.describe(time::OffsetDateTime::now_utc());
                self.warn(format!(
                    "Another run is changing this environment: {who}; {open} of its changes not done yet. The plan is of this moment."
                ));
            }
            Event::Applying { changes } => self.display.progress(|progress| progress.begin(changes)),
            Event::Started { address, action } => {
                self.display.progress(|progress| progress.started(address, action, Instant::now()));
            }
            Event::Progress { address, message } => self.waits(&address, &message, true),
            Event::Retrying { address, error, attempt, wait } => {
                let message = format!("retrying in {:.1} s: {}", wait.as_secs_f64(), error.message);
                if self.verbose {
                    self.display.line(4, &[styled(Style::DIM, format!("{address}: attempt {attempt} failed, {message}"))]);
                }
                self.waits(&address, &message, !self.verbose && wait >= Duration::from_secs(5));
            }
            Event::Done { address, action, elapsed } => {
                let took = format!(" in {:.1} s", elapsed.as_secs_f64());
                self.display.progress(|progress| progress.done.push(address.clone()));
                self.ended(&address, action, vec![plain(format!("{address}: {}", past(action))), styled(Style::DIM, took)]);
            }
            Event::Failed { address, action, error } => {
                self.shown.lock().unwrap_or_else(PoisonError::into_inner).insert(address.clone());
                let text = vec![plain(format!("{address}: ")), styled(Style::ERROR, format!("failed, not {}", past(action)))];
                self.ended(&address, action, text);
                self.display.write(&failure(&error, columns()));
            }
            Event::Skipped { address, action, because } => {
                let why = because.map_or_else(|| "interrupted".to_owned(), |other| format!("because of {other}"));
                self.ended(&address, action, vec![styled(Style::DIM, format!("{address}: not started, {why}"))]);
            }
            Event::Interrupted { running } => {
                let changes = if running == 1 { "change" } else { "changes" };
                self.warn(format!("Interrupted: waiting for {running} {changes} in flight; press Ctrl-C again to quit now"));
            }
            Event::WaitingForLease { message, .. } => self.warn(format!("Waiting: {message}")),
            Event::ContentsNotKept { error } => {
                self.warn(format!("The spec and the code of this run cannot be kept for `rollback`: {error}"));
            }
            Event::LeaseLost { error } => self.warn(format!("The lease is lost: {error}")),
            Event::StateSaveFailed { error } => self.warn(format!("The state could not be saved yet: {error}")),
            // Warnings are shown even if there is nothing to do and so no plan is shown.
            Event::Planned { plan } => {
                *self.held_back.lock().unwrap_or_else(PoisonError::into_inner) =
                    plan.is_empty().then(|| plan::held_back(&plan)).flatten();
                for Warning { address, message, help } in &plan.warnings {
                    self.warn(format!("Warning: {address}: {message}; {help}"));
                }
            }
            Event::Finished { .. } => self.display.bar.finish_and_clear(),
            Event::Reading { .. } | Event::LeaseAcquired { .. } | Event::StateSaved { .. } => {}
        }
    }

    fn plan(&self, plan: &Plan) {
        if plan.is_empty() {
            plan::notes(plan).iter().for_each(|line| self.line(line));
            plan::held_back(plan).iter().for_each(|line| self.warn(line.as_str()));
            return;
        }
        let heading = Style::bold(&format!("{} on {}", self.heading.environment, self.heading.location));
        let layout = Layout { verbose: self.verbose, width: columns(), guarded: self.heading.guarded };
        self.display.write(&format!("{heading}\n{}", plan::render(plan, layout)));
    }

    fn outcome(&self, outcome: &Outcome) {
        self.display.bar.finish_and_clear();
        match outcome.status {
            RunStatus::NothingToDo => match &*self.held_back.lock().unwrap_or_else(PoisonError::into_inner) {
                None => self.line("No changes: all resources match the spec."),
                Some(held) => {
                    self.line("No changes to the selected resources.");
                    self.warn(held.as_str());
                }
            },
            RunStatus::Declined => self.line("Nothing was changed."),
            RunStatus::Applied => self.line(&format!("Done: {}.", done(outcome.counts))),
            RunStatus::Failed | RunStatus::Interrupted => self.incomplete(outcome),
        }
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        for failure in
            outcome.errors.iter().filter(|failure| failure.address.as_ref().is_none_or(|address| !shown.contains(address)))
        {
            let about = failure.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
            let mut page = Page::new(columns());
            page.paragraph(2, 4, styled(Style::ERROR, "! "), &format!("{about}{}", failure.error));
            failure.error.help.iter().for_each(|help| page.paragraph(4, 4, styled(Style::BOLD, "help: "), help));
            self.display.write(&page.finish());
        }
    }
}

impl HumanReporter {
    /// Shows the finished and the unfinished changes of an incomplete run.
    fn incomplete(&self, outcome: &Outcome) {
        let (word, style) = match outcome.status {
            RunStatus::Failed => ("Failed", Style::ERROR),
            _ => ("Interrupted", Style::WARNING),
        };
        let failed = match outcome.errors.len() {
            0 => String::new(),
            failed => format!("{failed} failed, "),
        };
        let (unfinished, counts) = (outcome.unfinished.len(), done(outcome.counts));
        let again = if outcome.counts.changes() > 0 { " Rerun to continue." } else { "" };
        let text = format!(": {failed}{unfinished} not done, {counts}.{again}");
        self.display.line(0, &[styled(style, word), plain(text)]);
        let list = |addresses: &[Address]| addresses.iter().map(Address::as_str).collect::<Vec<_>>().join(", ");
        let finished = self.display.progress(|progress| std::mem::take(&mut progress.done));
        for (name, addresses) in [("done", &finished), ("not done", &outcome.unfinished)] {
            if !addresses.is_empty() {
                self.display.line(2, &[styled(Style::BOLD, format!("{name:<10}")), plain(list(addresses))]);
            }
        }
    }
}

fn done(counts: Counts) -> String {
    let parts: Vec<String> = [
        (counts.create, "created"),
        (counts.update, "updated"),
        (counts.replace, "replaced"),
        (counts.delete, "deleted"),
        (counts.adopt, "adopted"),
        (counts.forget, "forgotten"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if parts.is_empty() { "nothing changed".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_shows_call_message_request_and_help() {
        let mut error = Error::new(
            ErrorClass::Denied,
            "User: arn:aws:sts::111122223333:assumed-role/ci/run is not authorized to perform: iam:PutRolePolicy",
        );
        error.operation = Some("iam:PutRolePolicy".to_owned());
        error.code = Some("AccessDenied".to_owned());
        error.request_id = Some("c6104cbe-af31-11e0-8154-cbc7ccf896c7".to_owned());
        error.problems = vec!["one finding".to_owned()];
        let text = anstream::adapter::strip_str(&failure(&error, Some(80))).to_string();
        let expected = "      call        iam:PutRolePolicy: AccessDenied
      message     User: arn:aws:sts::111122223333:assumed-role/ci/run is not
                  authorized to perform: iam:PutRolePolicy
                  - one finding
      request id  c6104cbe-af31-11e0-8154-cbc7ccf896c7
      help        grant the permission that the message names (`deployer policy`
                  prints all that are needed), then rerun
";
        assert_eq!(text, expected);
    }
}
