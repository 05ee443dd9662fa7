//! Hours of operation: when a queue is open, in a time zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::arguments::{PARAMETER, in_use, parsed, refused, text};
use super::queue::Queue;
use super::resource::{self, Kind};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::request::Request;
use crate::response::Response;

const DAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hours {
    /// IANA name of the time zone.
    zone: String,
    config: Vec<Slot>,
}

/// A time slot of a day; one that ends at or before its start ends on the next day. So 00:00 to 00:00 is a whole day, as in
/// exported instances; the rest is unverified.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Slot {
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
    pub(super) fn always() -> Self {
        let midnight = Moment { hours: 0, minutes: 0 };
        let whole = |day: &str| Slot { day: day.to_owned(), start: midnight, end: midnight };
        Self { zone: "UTC".to_owned(), config: DAYS.into_iter().map(whole).collect() }
    }

    /// Whether the hours are open at this time.
    pub(super) fn is_open(&self, now: OffsetDateTime) -> bool {
        let (Ok(zone), Ok(moment)) = (TimeZone::get(&self.zone), Timestamp::from_second(now.unix_timestamp())) else {
            return false;
        };
        let local = ZonedDateTime::new(moment, zone);
        let day = usize::try_from(local.weekday().to_sunday_zero_offset()).unwrap_or_default();
        let minute = Moment { hours: local.hour().into(), minutes: local.minute().into() };
        self.config.iter().any(|slot| slot.holds(day, minute))
    }
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateHoursOfOperation", create).at("PUT /hours-of-operations/{InstanceId}"),
    read("DescribeHoursOfOperation", describe)
        .at("GET /hours-of-operations/{InstanceId}/{HoursOfOperationId}").rate(per_second(10, 10)),
    write("UpdateHoursOfOperation", update).at("POST /hours-of-operations/{InstanceId}/{HoursOfOperationId}"),
    write("DeleteHoursOfOperation", delete).at("DELETE /hours-of-operations/{InstanceId}/{HoursOfOperationId}"),
];

/// Returns a time zone that is spelled as in the IANA database (unverified whether AWS accepts other spellings).
fn zone(input: &Value) -> Result<Option<String>, AwsError> {
    let Some(zone) = text(input, "TimeZone") else { return Ok(None) };
    let known = TimeZone::get(zone).ok();
    match known.as_ref().and_then(TimeZone::iana_name) == Some(zone) {
        true => Ok(Some(zone.to_owned())),
        // The message text is unverified.
        false => Err(refused(PARAMETER, format!("Invalid time zone: {zone}"))),
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let hours = Hours { zone: zone(input)?.unwrap_or_default(), config: parsed(input, "Config")?.unwrap_or_default() };
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let name = text(input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, hours, &call.context)?;
    Ok(Response::json(json!({"HoursOfOperationId": id, "HoursOfOperationArn": arn})))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<Hours>(instance, call.path("HoursOfOperationId"))?;
    let mut described = json!({
        "HoursOfOperationId": found.id,
        "HoursOfOperationArn": found.resource.arn,
        "Name": found.resource.name,
        "TimeZone": found.details.zone,
        "Config": found.details.config,
    });
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"HoursOfOperation": described})))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (zone, config) = (zone(&call.input)?, parsed(&call.input, "Config")?);
    let given = call.path("HoursOfOperationId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let reply = resource::rename::<Hours>(instance, given, call, call.context.now)?;
    let hours = resource::edit::<Hours>(instance, given, call.context.now)?.details;
    if let Some(zone) = zone {
        hours.zone = zone;
    }
    if let Some(config) = config {
        hours.config = config;
    }
    Ok(reply)
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::Hours, call.path("HoursOfOperationId"))?;
    // The operation does not declare the exception, but the exception's documentation names the operation (botocore model,
    // ResourceInUseException).
    if let Some(queue) = resource::all::<Queue>(instance).find(|queue| queue.details.hours == id) {
        return Err(in_use(Kind::Hours.noun(), &id, &format!("the queue {}", queue.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
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
