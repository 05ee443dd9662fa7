//! The quota usage that a state records.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{QuotaEntry, State};
use crate::quota::{CREATED_PREFIX, Quota};

impl State {
    /// Returns the recorded usage of `meter` for the type at `now`.
    pub fn quota_used(&self, type_name: &str, meter: Quota, now: OffsetDateTime) -> usize {
        self.moments(type_name, meter, now).len()
    }

    /// Returns the times of that usage, in order.
    pub(crate) fn moments(&self, type_name: &str, meter: Quota, now: OffsetDateTime) -> Vec<OffsetDateTime> {
        let since = now - meter.window();
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
        let since = now - meter.window();
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
}
