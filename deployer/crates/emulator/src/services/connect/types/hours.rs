//! Hours of operation.

use std::collections::BTreeMap;

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
    /// Overrides by id.
    #[serde(default)]
    pub(crate) overrides: BTreeMap<String, Override>,
}

/// Other times on some dates, in the time zone of the hours (botocore model, HoursOfOperationOverride).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Override {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) config: Vec<Slot>,
    /// First and last date, such as `2026-12-24`.
    pub(crate) from: String,
    pub(crate) till: String,
    /// `STANDARD`, `OPEN` or `CLOSED`.
    pub(crate) kind: String,
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
        Self { zone: "UTC".to_owned(), config: DAYS.into_iter().map(whole).collect(), overrides: BTreeMap::new() }
    }

    /// Whether the hours are open at this time.
    pub(crate) fn is_open(&self, now: OffsetDateTime) -> bool {
        let (Ok(zone), Ok(moment)) = (TimeZone::get(&self.zone), Timestamp::from_second(now.unix_timestamp())) else {
            return false;
        };
        let local = ZonedDateTime::new(moment, zone);
        let day = usize::try_from(local.weekday().to_sunday_zero_offset()).unwrap_or_default();
        let minute = Moment { hours: local.hour().into(), minutes: local.minute().into() };
        let holds = |config: &[Slot]| config.iter().any(|slot| slot.holds(day, minute));
        let date = local.date().to_string();
        self.overridden(&date, &holds).unwrap_or_else(|| holds(&self.config))
    }

    /// Returns whether an override of this date opens or closes the hours; `None` if none says. One of the type `STANDARD` replaces all
    /// times of its dates, and one without times closes them; `CLOSED` closes and `OPEN` opens during its times only. That a closing one
    /// comes first, and what an override without times means, are unverified.
    fn overridden(&self, date: &str, holds: &dyn Fn(&[Slot]) -> bool) -> Option<bool> {
        let of = |kind: &'static str| {
            let on = move |one: &&Override| one.kind == kind && one.from.as_str() <= date && date <= one.till.as_str();
            self.overrides.values().filter(on)
        };
        if of("CLOSED").any(|one| holds(&one.config)) {
            return Some(false);
        }
        if of("OPEN").any(|one| holds(&one.config)) {
            return Some(true);
        }
        let mut standard = of("STANDARD").peekable();
        standard.peek()?;
        Some(standard.any(|one| holds(&one.config)))
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
        Hours { zone: zone.to_owned(), config: slots.iter().map(slot).collect(), overrides: BTreeMap::new() }
    }

    fn with(mut hours: Hours, kind: &str, dates: [&str; 2], slots: &[Given]) -> Hours {
        let [from, till] = dates.map(str::to_owned);
        let (name, config) = (kind.to_owned(), self::hours("UTC", slots).config);
        let one = Override { name, description: None, config, from, till, kind: kind.to_owned() };
        hours.overrides.insert(format!("{kind} {}", one.from), one);
        hours
    }

    #[test]
    fn overrides_replace_open_and_close_on_local_dates() {
        // 24 December 2026 is a Thursday.
        let office = || hours("Europe/Berlin", &[("THURSDAY", (9, 0), (17, 0)), ("FRIDAY", (9, 0), (17, 0))]);
        let noon = datetime!(2026-12-24 11:00 UTC);
        assert!(office().is_open(noon) && office().is_open(datetime!(2026-12-25 11:00 UTC)));
        let closed = with(office(), "STANDARD", ["2026-12-24", "2026-12-25"], &[]);
        assert!(!closed.is_open(noon) && !closed.is_open(datetime!(2026-12-25 11:00 UTC)));
        assert!(closed.is_open(datetime!(2026-12-31 11:00 UTC)) && closed.is_open(datetime!(2026-12-17 11:00 UTC)));
        let shorter = with(office(), "STANDARD", ["2026-12-24", "2026-12-24"], &[("THURSDAY", (9, 0), (11, 0))]);
        assert!(shorter.is_open(datetime!(2026-12-24 09:59 UTC)) && !shorter.is_open(datetime!(2026-12-24 10:00 UTC)));
        let evening = datetime!(2026-12-24 18:30 UTC);
        let longer = with(office(), "OPEN", ["2026-12-24", "2026-12-24"], &[("THURSDAY", (19, 0), (20, 0))]);
        assert!(longer.is_open(noon) && longer.is_open(evening) && !longer.is_open(datetime!(2026-12-31 18:30 UTC)));
        let lunch = with(longer, "CLOSED", ["2026-12-24", "2026-12-24"], &[("THURSDAY", (12, 0), (13, 0))]);
        assert!(!lunch.is_open(noon) && lunch.is_open(evening) && lunch.is_open(datetime!(2026-12-24 13:00 UTC)));
        // Midnight of the zone, not of UTC.
        let night = with(hours("Asia/Tokyo", &[]), "OPEN", ["2026-12-24", "2026-12-24"], &[("THURSDAY", (0, 0), (1, 0))]);
        assert!(night.is_open(datetime!(2026-12-23 15:30 UTC)) && !night.is_open(datetime!(2026-12-24 00:30 UTC)));
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
