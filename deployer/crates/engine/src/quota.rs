//! Provider quotas on creations and deletions: the recorded usage, the usage of a plan, and when capacity is available again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Serialize;
use time::{Date, OffsetDateTime, UtcOffset};

use crate::address::PhysicalId;
use crate::error::{Error, ErrorClass};
use crate::event::Action;
use crate::plan::{Change, Inputs, Plan, Problem};
use crate::resource::Quota;
use crate::state::{QuotaEntry, State};

/// Maximum number of days for which usage is listed in a message.
const DAYS: usize = 10;

/// The usage of a provider quota by a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaUsage {
    /// The resource type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The quota.
    #[serde(flatten)]
    pub quota: Quota,
    /// The recorded usage by this environment; the usage by other environments of the account is unknown here.
    pub used: usize,
    /// The usage by this plan.
    pub planned: usize,
    /// Time at which the first used unit becomes available again.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub next_free_at: Option<OffsetDateTime>,
    /// Time at which enough of the quota is available for this plan, if it is not now. `None` also for a plan that needs more than the
    /// whole quota.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub sufficient_at: Option<OffsetDateTime>,
}

impl QuotaUsage {
    /// Whether the plan exceeds the quota, as far as the usage is known here.
    pub fn exceeds(&self) -> bool {
        self.used + self.planned > self.quota.limit as usize
    }
}

/// Prefix of the marks of creations.
const CREATED_PREFIX: &str = "made ";

/// Returns the mark of a creation, by which a second report of it is recognized.
pub(crate) fn created_key(id: &PhysicalId) -> String {
    format!("{CREATED_PREFIX}{id}")
}

/// Returns the mark of a deletion.
pub(crate) fn removed_key(id: &PhysicalId) -> String {
    format!("removed {id}")
}

fn window(meter: Quota) -> time::Duration {
    time::Duration::days(i64::from(meter.days))
}

impl State {
    /// Returns the recorded usage of `meter` for the type at `now`.
    pub fn quota_used(&self, type_name: &str, meter: Quota, now: OffsetDateTime) -> usize {
        self.moments(type_name, meter, now).len()
    }

    /// Returns the times of that usage, in order.
    fn moments(&self, type_name: &str, meter: Quota, now: OffsetDateTime) -> Vec<OffsetDateTime> {
        let since = now - window(meter);
        let spent = self.quota_entries.iter().filter(|spent| spent.type_name == type_name && spent.at > since);
        let mut moments: Vec<OffsetDateTime> = spent.map(|spent| spent.at).collect();
        moments.sort();
        moments
    }

    /// Records one creation or deletion that counts against a quota, identified by `marks`, and removes entries that have left the quota's
    /// window.
    ///
    /// An entry with any of the marks is not counted again. Two resources are nevertheless two creations, even if one token was reported
    /// for both (a claim that a token stands for, and a resource that an earlier token has created).
    pub(crate) fn record_quota_use(&mut self, type_name: &str, meter: Quota, now: OffsetDateTime, marks: &[String]) {
        let since = now - window(meter);
        self.quota_entries.retain(|spent| spent.type_name != type_name || spent.at > since);
        let reported = QuotaEntry { type_name: type_name.to_owned(), at: now, dedup_keys: marks.iter().cloned().collect() };
        match self.quota_entries.iter_mut().find(|spent| spent.is_same(&reported)) {
            Some(spent) => spent.dedup_keys.extend(reported.dedup_keys),
            None => self.quota_entries.push(reported),
        }
    }

    /// Merges the recorded usage of `other` into this state. Entries in both count from the earlier of their times.
    pub(crate) fn merge_quota_entries(&mut self, other: &Self) {
        let mut here: Vec<usize> = (0..self.quota_entries.len()).collect();
        for spent in &other.quota_entries {
            // Entries of earlier formats have no marks; each of them stands for one use.
            match here.iter().position(|at| self.quota_entries[*at] == *spent || self.quota_entries[*at].is_same(spent)) {
                Some(found) => {
                    let known = &mut self.quota_entries[here[found]];
                    known.at = known.at.min(spent.at);
                    known.dedup_keys.extend(spent.dedup_keys.iter().cloned());
                    if spent.dedup_keys.is_empty() {
                        here.swap_remove(found);
                    }
                }
                None => self.quota_entries.push(spent.clone()),
            }
        }
    }
}

impl QuotaEntry {
    /// Whether both entries report the same creation or deletion: they share a mark, and do not name different created resources.
    fn is_same(&self, other: &Self) -> bool {
        let things = |spent: &Self| {
            spent.dedup_keys.iter().filter(|mark| mark.starts_with(CREATED_PREFIX)).cloned().collect::<BTreeSet<_>>()
        };
        let (ours, theirs) = (things(self), things(other));
        let one_thing = ours.is_empty() || theirs.is_empty() || !ours.is_disjoint(&theirs);
        self.type_name == other.type_name && one_thing && !self.dedup_keys.is_disjoint(&other.dedup_keys)
    }
}

fn cost_of(change: &Change) -> usize {
    match change.action {
        Action::Create | Action::Delete => 1,
        Action::Replace => 2,
        Action::Update | Action::Adopt | Action::Forget | Action::NoOp => 0,
    }
}

/// Returns the usage by a plan for each quota that it counts against.
pub(crate) fn quota_usage(plan: &Plan, inputs: &Inputs<'_>) -> Vec<QuotaUsage> {
    let mut costs: BTreeMap<&str, usize> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| cost_of(change) > 0) {
        *costs.entry(&change.type_name).or_default() += cost_of(change);
    }
    let cost = |(type_name, costs): (&str, usize)| {
        let meter = inputs.registry.get(type_name).ok()?.quota()?;
        let moments = inputs.state.moments(type_name, meter, inputs.now);
        let free = |at: &OffsetDateTime| *at + window(meter);
        let missing = (moments.len() + costs).saturating_sub(meter.limit as usize);
        Some(QuotaUsage {
            type_name: type_name.to_owned(),
            quota: meter,
            used: moments.len(),
            planned: costs,
            next_free_at: moments.first().map(free),
            sufficient_at: missing.checked_sub(1).and_then(|last| moments.get(last)).map(free),
        })
    };
    costs.into_iter().filter_map(cost).collect()
}

/// Returns the problems that prevent a plan from being applied because it exceeds a quota: beyond the quota the provider refuses calls, or
/// locks the account.
pub(crate) fn problems(plan: &Plan, inputs: &Inputs<'_>) -> Vec<Problem> {
    let problem = |cost: &QuotaUsage| {
        let first = plan.changes.iter().find(|change| change.type_name == cost.type_name && cost_of(change) > 0)?;
        let moments = inputs.state.moments(&cost.type_name, cost.quota, inputs.now);
        let error = Error::new(ErrorClass::Refused, describe(cost, &moments))
            .with_help("wait until then; or, if AWS has raised the quota, pass --over-quota");
        Some(Problem { address: first.address.clone(), error })
    };
    plan.quota_usage.iter().filter(|cost| cost.exceeds()).filter_map(problem).collect()
}

fn describe(cost: &QuotaUsage, moments: &[OffsetDateTime]) -> String {
    let Quota { what, limit, days } = cost.quota;
    let mut text = format!("AWS allows {limit} {what} in {days} days; {} are recorded here", cost.used);
    let mut by_day: BTreeMap<Date, usize> = BTreeMap::new();
    for at in moments {
        *by_day.entry(at.to_offset(UtcOffset::UTC).date()).or_default() += 1;
    }
    let mut listed: Vec<String> = by_day.iter().take(DAYS).map(|(day, many)| format!("{many} on {day}")).collect();
    if by_day.len() > DAYS {
        listed.push("…".to_owned());
    }
    if !listed.is_empty() {
        let _ = write!(text, " ({})", listed.join(", "));
    }
    let _ = write!(text, ", and this plan needs {}; ", cost.planned);
    if let Some(next) = cost.next_free_at {
        let _ = write!(text, "the next becomes free on {}, ", moment(next));
    }
    match cost.sufficient_at {
        Some(enough) => _ = write!(text, "enough for this plan on {}", moment(enough)),
        None => text.push_str("there is never enough for this plan as a whole"),
    }
    text
}

fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::state::EnvironmentId;

    const METER: Quota = Quota { what: "things", limit: 3, days: 30 };
    const NOW: OffsetDateTime = datetime!(2026-11-25 10:00 UTC);

    fn empty() -> State {
        let text = |text: &str| text.to_owned();
        let site = EnvironmentId { project: text("p"), environment: text("e"), account: text("1"), region: text("r") };
        State::new(&site, Uuid::from_u128(1))
    }

    fn marks(marks: &[&str]) -> Vec<String> {
        marks.iter().map(|mark| (*mark).to_owned()).collect()
    }

    #[test]
    fn repeated_reports_are_counted_once() {
        let mut state = empty();
        state.record_quota_use("thing", METER, NOW, &marks(&["token 1"]));
        state.record_quota_use("thing", METER, NOW, &marks(&["token 1", "made a"]));
        state.record_quota_use("thing", METER, NOW, &marks(&["made a"]));
        assert_eq!(state.quota_used("thing", METER, NOW), 1);
        state.record_quota_use("thing", METER, NOW, &marks(&["removed a"]));
        state.record_quota_use("other", METER, NOW, &marks(&["made a"]));
        assert_eq!((state.quota_used("thing", METER, NOW), state.quota_used("other", METER, NOW)), (2, 1));
    }

    #[test]
    fn two_resources_of_one_token_are_counted_twice() {
        let mut state = empty();
        state.record_quota_use("thing", METER, NOW, &marks(&["token 0", "made a"]));
        // A run that finds its token used learns which resource the earlier request has created: of the second token.
        state.record_quota_use("thing", METER, NOW, &marks(&["token 0", "made b"]));
        assert_eq!(state.quota_used("thing", METER, NOW), 2);
        for again in [["token 0", "made a"], ["token 0", "made b"]] {
            state.record_quota_use("thing", METER, NOW, &marks(&again));
        }
        state.record_quota_use("thing", METER, NOW, &marks(&["made b"]));
        state.record_quota_use("thing", METER, NOW, &marks(&["token 0"]));
        assert_eq!(state.quota_used("thing", METER, NOW), 2);
    }

    #[test]
    fn merged_records_count_shared_entries_once() {
        let (mut one, mut other) = (empty(), empty());
        let earlier = NOW - time::Duration::days(2);
        one.record_quota_use("thing", METER, NOW, &marks(&["made a"]));
        other.record_quota_use("thing", METER, earlier, &marks(&["token 1", "made a"]));
        other.record_quota_use("thing", METER, NOW, &marks(&["removed a"]));
        let unmarked = QuotaEntry { type_name: "thing".to_owned(), at: earlier, dedup_keys: BTreeSet::new() };
        one.quota_entries.push(unmarked.clone());
        other.quota_entries.extend([unmarked.clone(), unmarked]);
        for _ in 0..2 {
            one.merge_quota_entries(&other);
            assert_eq!(one.moments("thing", METER, NOW), [earlier, earlier, earlier, NOW]);
        }
    }

    #[test]
    fn entries_older_than_the_window_are_removed() {
        let mut state = empty();
        state.record_quota_use("thing", METER, NOW - time::Duration::days(30), &marks(&["made a"]));
        state.record_quota_use("thing", METER, NOW - time::Duration::days(29), &marks(&["made b"]));
        assert_eq!(state.quota_used("thing", METER, NOW), 1);
        state.record_quota_use("thing", METER, NOW, &marks(&["made c"]));
        assert_eq!(state.quota_entries.len(), 2, "{:?}", state.quota_entries);
    }

    #[test]
    fn what_was_spent_is_told_by_day() {
        let day = |day: i64| NOW - time::Duration::days(day);
        let moments = [day(20), day(20), day(3)];
        let cost = QuotaUsage {
            type_name: "thing".to_owned(),
            quota: METER,
            used: 3,
            planned: 2,
            next_free_at: Some(day(20) + window(METER)),
            sufficient_at: Some(day(20) + window(METER)),
        };
        assert_eq!(
            describe(&cost, &moments),
            "AWS allows 3 things in 30 days; 3 are recorded here (2 on 2026-11-05, 1 on 2026-11-22), and this plan needs 2; the \
             next becomes free on 2026-12-05 10:00 UTC, enough for this plan on 2026-12-05 10:00 UTC"
        );
        let never = QuotaUsage { planned: 4, sufficient_at: None, ..cost };
        assert!(describe(&never, &moments).ends_with("there is never enough for this plan as a whole"));
    }
}
