//! Hours of operation.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

const DAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hours {
    /// IANA name of the time zone.
    pub(crate) zone: String,
    pub(crate) config: Vec<Slot>,
}

/// A time slot of a day; one that ends at or before its start ends on the next day. So 00:00 to 00:00 is a whole day, as in
/// exported instances; the rest is unverified.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Slot {
    #[serde(rename = "Day")]
    day: String,
    #[serde(rename = "StartTime")]
    start: Moment,
    #[serde(rename = "EndTime")]
    end: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Moment {
    #[serde(rename = "Hours")]
    hours: i64,
    #[serde(rename = "Minutes")]
    minutes: i64,
}

impl Slot {
    /// Whether the slot includes this minute of this day, with Sunday as day 0.
    fn holds(&self, day: usize, minute: Moment) -> bool {
        let begins = DAYS.iter().position(|name| *name == self.day);
        let is = |day: usize| begins == Some(day);
        match self.start < self.end {
            true => is(day) && self.start <= minute && minute < self.end,
            false => is(day) && self.start <= minute || is((day + 6) % 7) && minute < self.end,
        }
    }
}

impl Hours {
    /// Returns hours that are always open, as "Basic Hours" are here (unverified).
    pub(crate) fn always() -> Self {
        let midnight = Moment { hours: 0, minutes: 0 };
        let whole = |day: &str| Slot { day: day.to_owned(), start: midnight, end: midnight };
        Self { zone: "UTC".to_owned(), config: DAYS.into_iter().map(whole).collect() }
    }

    /// Whether the hours are open at this time.
    pub(crate) fn is_open(&self, now: OffsetDateTime) -> bool {
        let (Ok(zone), Ok(moment)) = (TimeZone::get(&self.zone), Timestamp::from_second(now.unix_timestamp())) else {
            return false;
        };
        let local = ZonedDateTime::new(moment, zone);
        let day = usize::try_from(local.weekday().to_sunday_zero_offset()).unwrap_or_default();
        let minute = Moment { hours: local.hour().into(), minutes: local.minute().into() };
        self.config.iter().any(|slot| slot.holds(day, minute))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Day, start and end.
    type Given = (&'static str, (i64, i64), (i64, i64));

    fn hours(zone: &str, slots: &[Given]) -> Hours {
        let moment = |(hours, minutes)| Moment { hours, minutes };
        let slot = |(day, start, end): &(&str, _, _)| Slot { day: (*day).to_owned(), start: moment(*start), end: moment(*end) };
        Hours { zone: zone.to_owned(), config: slots.iter().map(slot).collect() }
    }

    #[test]
    fn hours_follow_local_time_in_summer_and_winter() {
        let office = hours("Europe/Berlin", &[("MONDAY", (9, 0), (17, 30))]);
        assert!(!office.is_open(datetime!(2026-07-06 06:59:59 UTC)));
        assert!(office.is_open(datetime!(2026-07-06 07:00 UTC)));
        assert!(office.is_open(datetime!(2026-07-06 15:29 UTC)));
        assert!(!office.is_open(datetime!(2026-07-06 15:30 UTC)));
        assert!(!office.is_open(datetime!(2026-12-07 07:30 UTC)));
        assert!(office.is_open(datetime!(2026-12-07 08:00 UTC)));
        assert!(!office.is_open(datetime!(2026-12-08 08:00 UTC)));
    }

    #[test]
    fn slots_extend_past_midnight() {
        let night = hours("UTC", &[("SATURDAY", (22, 0), (6, 0))]);
        assert!(night.is_open(datetime!(2026-11-28 22:00 UTC)) && night.is_open(datetime!(2026-11-29 05:59 UTC)));
        assert!(!night.is_open(datetime!(2026-11-28 05:00 UTC)) && !night.is_open(datetime!(2026-11-29 06:00 UTC)));
        let day = hours("UTC", &[("SUNDAY", (0, 0), (0, 0))]);
        assert!(day.is_open(datetime!(2026-11-29 00:00 UTC)) && day.is_open(datetime!(2026-11-29 23:59 UTC)));
        assert!(!day.is_open(datetime!(2026-11-30 00:00 UTC)) && !day.is_open(datetime!(2026-11-28 23:59 UTC)));
        assert!(Hours::always().is_open(datetime!(2026-11-25 03:04 UTC)));
    }
}
