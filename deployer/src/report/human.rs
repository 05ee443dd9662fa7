//! A run for people: the plan, a line for everything that ends, and below, where a terminal shows it, what is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deployer_engine::{Action, Address, Counts, End, Event, Outcome, Plan, Warning};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::{Style, past, present, sign};
use super::{Heading, Layout, Reporter, page, plan};

pub(crate) struct Human {
    heading: Heading,
    verbose: bool,
    bar: ProgressBar,
    running: Mutex<BTreeMap<Address, String>>,
    /// Whose failures have been told already.
    told: Mutex<BTreeSet<Address>>,
}

impl Human {
    pub(crate) fn new(heading: Heading, verbose: bool) -> Self {
        // Hidden by itself where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("  {spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        // It shows itself when something is under way, and never beside a question.
        bar.finish_and_clear();
        Self { heading, verbose, bar, running: Mutex::default(), told: Mutex::default() }
    }

    fn line(&self, text: &str) {
        // Below a bar, lines must go around it; standard error has no buffer, so they stay in order.
        // A standard error that takes no more (full disk, closed terminal) must not stop a run half-way.
        self.bar.suspend(|| {
            use std::io::Write as _;
            let _ = writeln!(anstream::stderr(), "{text}");
        });
    }

    fn running(&self, change: impl FnOnce(&mut BTreeMap<Address, String>)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        let names: Vec<String> = running.iter().map(|(address, what)| format!("{address} {what}")).collect();
        match names.is_empty() {
            true => self.bar.finish_and_clear(),
            false => {
                if self.bar.is_finished() {
                    self.bar.reset();
                }
                self.bar.enable_steady_tick(Duration::from_millis(120));
                self.bar.set_message(names.join(" · "));
            }
        }
    }

    /// What a change waits for: in the bar, or as a line where there is no bar and before the first change.
    fn waits(&self, address: &Address, message: &str, worth_a_line: bool) {
        let mut shown = false;
        self.running(|running| {
            if let Some(what) = running.get_mut(address) {
                message.clone_into(what);
                shown = true;
            }
        });
        if worth_a_line && (!shown || self.bar.is_hidden()) {
            self.line(&Style::dim(&format!("    {address}: {message}")));
        }
    }

    fn ended(&self, address: &Address, action: Action, text: &str) {
        self.running(|running| drop(running.remove(address)));
        self.line(&format!("  {} {text}", Style::action(action, sign(action))));
    }
}

impl Reporter for Human {
    fn event(&self, event: Event) {
        match event {
            Event::Resuming { open } => {
                self.line(&format!("An earlier run was cut short; looking up its {open} open changes."));
            }
            Event::Started { address, action } => {
                self.running(|running| drop(running.insert(address, present(action).to_owned())));
            }
            Event::Progress { address, message } => self.waits(&address, &message, true),
            Event::Retrying { address, error, attempt, wait } => {
                let message = format!("waits {:.1} s: {}", wait.as_secs_f64(), error.message);
                if self.verbose {
                    self.line(&Style::dim(&format!("    {address}: attempt {attempt} failed, {message}")));
                }
                self.waits(&address, &message, !self.verbose && wait >= Duration::from_secs(5));
            }
            Event::Done { address, action, elapsed } => {
                let text = format!("{address} {} {}", past(action), Style::dim(&format!("{:.1} s", elapsed.as_secs_f64())));
                self.ended(&address, action, &text);
            }
            Event::Failed { address, action, error } => {
                let mut text = format!("{address} {}: {error}", Style::error("failed"));
                if let Some(help) = &error.help {
                    let _ = write!(text, "\n      help: {help}");
                }
                self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(address.clone());
                self.ended(&address, action, &text);
            }
            Event::Skipped { address, action, because } => {
                let why = because.map_or_else(|| "interrupted".to_owned(), |other| format!("because of {other}"));
                self.ended(&address, action, &Style::dim(&format!("{address} not started, {why}")));
            }
            Event::Interrupted { running } => {
                self.line(&Style::warning(&format!(
                    "Interrupted: nothing new is started, {running} under way are awaited. Once more ends at once."
                )));
            }
            Event::Waiting { message, .. } => self.line(&Style::warning(&format!("Waiting: {message}"))),
            Event::LeaseLost { error } => self.line(&Style::warning(&format!("The lease is lost: {error}"))),
            Event::NotSaved { error } => self.line(&Style::warning(&format!("The state could not be saved yet: {error}"))),
            // Also where there is nothing to do, and so nothing else to show.
            Event::Planned { plan } => {
                for Warning { address, message, help } in &plan.warnings {
                    self.line(&Style::warning(&format!("Warning: {address}: {message}; {help}")));
                }
            }
            Event::Finished { .. } => self.bar.finish_and_clear(),
            Event::Reading { .. } | Event::Leased { .. } | Event::Applying { .. } | Event::Saved { .. } => {}
        }
    }

    fn plan(&self, plan: &Plan) {
        if plan.is_empty() {
            return;
        }
        let heading = Style::bold(&format!("{} on {}", self.heading.environment, self.heading.place));
        let layout = Layout { verbose: self.verbose, width: page::columns(), guarded: self.heading.guarded };
        self.line(&format!("{heading}\n{}", plan::render(plan, layout).trim_end()));
    }

    fn outcome(&self, outcome: &Outcome) {
        self.bar.finish_and_clear();
        let unfinished = outcome.unfinished.len();
        let text = match outcome.end {
            End::NothingToDo => "No changes: everything is as the spec says.".to_owned(),
            End::Declined => "Nothing was changed.".to_owned(),
            End::Applied => format!("Done: {}.", done(outcome.counts)),
            End::Failed => format!(
                "{}: {} failed, {unfinished} not done, {}. The next run goes on from here.",
                Style::error("Failed"),
                outcome.errors.len(),
                done(outcome.counts)
            ),
            End::Interrupted => {
                format!(
                    "{}: {}, {unfinished} not done. The next run goes on from here.",
                    Style::warning("Interrupted"),
                    done(outcome.counts)
                )
            }
        };
        self.line(&text);
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for failure in
            outcome.errors.iter().filter(|failure| failure.address.as_ref().is_none_or(|address| !told.contains(address)))
        {
            let about = failure.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
            self.line(&format!("  {} {about}{}", Style::error("!"), failure.error));
            failure.error.help.iter().for_each(|help| self.line(&format!("    help: {help}")));
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
