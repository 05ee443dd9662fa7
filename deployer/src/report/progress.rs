//! Progress of a run: finished changes, and changes in flight with their elapsed time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use deployer_engine::{Action, Address};

use super::style::present;

/// Interval of the reminders about changes in flight when there is no progress bar.
const REMINDER: Duration = Duration::from_secs(10);

/// A change in flight.
struct InFlight {
    action: Action,
    since: Instant,
    waiting: Option<String>,
    reminded: Duration,
}

/// Progress counters of a run.
#[derive(Default)]
pub(super) struct Progress {
    total: usize,
    ended: usize,
    in_flight: BTreeMap<Address, InFlight>,
    /// Finished changes, in order.
    pub(super) done: Vec<Address>,
}

impl Progress {
    /// Starts counting towards `total` changes.
    pub(super) fn begin(&mut self, total: usize) {
        self.total = total;
    }

    pub(super) fn started(&mut self, address: Address, action: Action, now: Instant) {
        self.in_flight.insert(address, InFlight { action, since: now, waiting: None, reminded: Duration::ZERO });
    }

    /// Records what a change waits for, and returns whether the change is in flight.
    pub(super) fn waits(&mut self, address: &Address, message: &str) -> bool {
        let found = self.in_flight.get_mut(address);
        let any = found.is_some();
        found.into_iter().for_each(|change| change.waiting = Some(message.to_owned()));
        any
    }

    /// Counts a finished change and returns the progress as `[ 7/21]`.
    pub(super) fn ended(&mut self, address: &Address) -> String {
        self.in_flight.remove(address);
        self.ended += 1;
        let total = self.total.max(self.ended).to_string();
        format!("[{:>width$}/{total}]", self.ended, width = total.len())
    }

    /// Returns one line with every change in flight, the oldest first; `None` if there is none.
    pub(super) fn line(&self, now: Instant) -> Option<String> {
        if self.in_flight.is_empty() {
            return None;
        }
        let total = self.total.max(self.ended);
        // Oldest first, since the end of the line may be cut off.
        let mut changes: Vec<_> = self.in_flight.iter().collect();
        changes.sort_by_key(|(_, change)| change.since);
        let changes = changes.into_iter().map(|(address, change)| {
            let elapsed = now.saturating_duration_since(change.since).as_secs();
            let elapsed = if elapsed == 0 { String::new() } else { format!(" {elapsed} s") };
            let waiting = change.waiting.as_ref().map(|what| format!(": {what}")).unwrap_or_default();
            format!("{address} {}{elapsed}{waiting}", present(change.action))
        });
        Some(format!("{}/{total} · {}", self.ended, changes.collect::<Vec<_>>().join(" · ")))
    }

    /// Returns a line for each change that has been in flight for another ten seconds.
    pub(super) fn reminders(&mut self, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        for (address, change) in &mut self.in_flight {
            let elapsed = now.saturating_duration_since(change.since);
            if elapsed < change.reminded + REMINDER {
                continue;
            }
            change.reminded = elapsed;
            let waiting = change.waiting.as_ref().map(|what| format!(": {what}")).unwrap_or_default();
            lines.push(format!("{address}: still {}, {} s{waiting}", present(change.action), elapsed.as_secs()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_changes_get_reminders_every_ten_seconds() {
        let (mut progress, begin) = (Progress::default(), Instant::now());
        let instance = Address::new("instance", "main");
        progress.begin(21);
        progress.started(instance.clone(), Action::Create, begin);
        assert!(progress.waits(&instance, "waiting for the instance (CREATION_IN_PROGRESS)"));
        let reported = |progress: &mut Progress, seconds| progress.reminders(begin + Duration::from_secs(seconds));
        assert!(reported(&mut progress, 9).is_empty());
        assert_eq!(
            reported(&mut progress, 10),
            ["instance.main: still creating, 10 s: waiting for the instance (CREATION_IN_PROGRESS)"]
        );
        assert!(reported(&mut progress, 19).is_empty());
        assert_eq!(reported(&mut progress, 40).len(), 1);
        assert_eq!(progress.ended(&instance), "[ 1/21]");
        assert!(reported(&mut progress, 80).is_empty() && progress.line(begin).is_none());
    }

    #[test]
    fn oldest_change_stands_first() {
        let (mut progress, begin) = (Progress::default(), Instant::now());
        progress.begin(2);
        progress.started(Address::new("table", "numbers"), Action::Create, begin);
        progress.started(Address::new("api", "main"), Action::Update, begin + Duration::from_secs(3));
        let line = progress.line(begin + Duration::from_secs(5));
        assert_eq!(line.as_deref(), Some("0/2 · table.numbers creating 5 s · api.main updating 2 s"));
    }
}
