//! Hours of operation of an Amazon Connect instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_connect::types::{HoursOfOperation, HoursOfOperationConfig, HoursOfOperationDays, HoursOfOperationTimeSlice};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectHoursOutputs, ConnectHoursProperties};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

type HoursLive = Live<ConnectHoursProperties, ConnectHoursOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeHoursOfOperation");
const CREATE: Operation = Operation::create("connect", "CreateHoursOfOperation");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateHoursOfOperation");
const DELETE: Operation = Operation::idempotent("connect", "DeleteHoursOfOperation");

/// The resource type `connect.hours_of_operation`.
pub struct ConnectHours(pub(crate) Arc<Provider>);

/// A time of day; the end of a day is written 00:00 (exports of round-the-clock hours; Hours is 0 to 23).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TimeOfDay {
    pub(super) hours: i32,
    pub(super) minutes: i32,
}

impl TimeOfDay {
    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        Some(Self { hours: hours % 24, minutes })
    }

    /// Returns the time as specs have it; midnight is 24:00 if it `ends` a range.
    pub(super) fn written(self, ends: bool) -> String {
        let hours = if ends && (self.hours, self.minutes) == (0, 0) { 24 } else { self.hours };
        format!("{hours:02}:{:02}", self.minutes)
    }
}

/// Parses a range such as `08:00-18:00`.
pub(super) fn time_range(time: &str) -> Result<(TimeOfDay, TimeOfDay)> {
    let ends = time.split_once('-').and_then(|(start, end)| Some((TimeOfDay::parse(start)?, TimeOfDay::parse(end)?)));
    ends.ok_or_else(|| Error::new(ErrorClass::Invalid, format!("{time:?} is not a time such as 08:00-18:00")))
}

fn slice(time: TimeOfDay) -> Result<HoursOfOperationTimeSlice> {
    super::built(HoursOfOperationTimeSlice::builder().hours(time.hours).minutes(time.minutes).build())
}

fn written(slice: Option<&HoursOfOperationTimeSlice>, ends: bool) -> String {
    let time = slice.map_or(TimeOfDay::default(), |slice| TimeOfDay { hours: slice.hours, minutes: slice.minutes });
    time.written(ends)
}

fn config(open: &BTreeMap<String, Vec<String>>) -> Result<Vec<HoursOfOperationConfig>> {
    let each = open.iter().flat_map(|(day, times)| times.iter().map(move |time| (day, time)));
    each.map(|(day, time)| {
        let (start, end) = time_range(time)?;
        let day = HoursOfOperationDays::from(day.as_str());
        super::built(HoursOfOperationConfig::builder().day(day).start_time(slice(start)?).end_time(slice(end)?).build())
    })
    .collect()
}

fn open(config: Vec<HoursOfOperationConfig>) -> BTreeMap<String, Vec<String>> {
    let mut open: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for times in config {
        let time = format!("{}-{}", written(times.start_time.as_ref(), false), written(times.end_time.as_ref(), true));
        open.entry(times.day.as_str().to_owned()).or_default().push(time);
    }
    open.values_mut().for_each(|times| times.sort());
    open
}

fn live(instance: &str, hours: HoursOfOperation) -> Result<HoursLive> {
    let id = required_field("the id of the hours", hours.hours_of_operation_id)?;
    let name = hours.name.unwrap_or_default();
    let properties = ConnectHoursProperties {
        instance_id: instance.to_owned(),
        name: name.clone(),
        description: hours.description.unwrap_or_default(),
        time_zone: hours.time_zone.unwrap_or_default(),
        open: open(hours.config.unwrap_or_default()),
        tags: tags::readable(hours.tags),
    };
    let outputs =
        ConnectHoursOutputs { id: id.clone(), arn: required_field("the ARN of the hours", hours.hours_of_operation_arn)?, name };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

impl ConnectHours {
    async fn look(&self, cx: &Context, instance: &str, id: &str, _: &ConnectHoursProperties) -> Result<Option<HoursLive>> {
        let describe = || self.0.connect.describe_hours_of_operation().instance_id(instance).hours_of_operation_id(id).send();
        let hours = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.hours_of_operation);
        hours.map(|hours| live(instance, hours)).transpose()
    }
}

impl Permissions for ConnectHours {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        child_permissions(provider, &[DESCRIBE, CREATE, UPDATE, DELETE, Kind::Hours.list()])
    }
}

impl Resource for ConnectHours {
    type Definition = deployer_resources::ConnectHours;

    found_by_name!(ConnectHoursProperties, HoursLive, Kind::Hours, name, delete_hours_of_operation(hours_of_operation_id));

    async fn create(&self, cx: &Context, wanted: &ConnectHoursProperties) -> Result<HoursLive> {
        let (config, tags) = (config(&wanted.open)?, tags::to_sdk(&wanted.tags));
        let create = || {
            let request = self.0.connect.create_hours_of_operation().instance_id(&wanted.instance_id).name(&wanted.name);
            request
                .description(&wanted.description)
                .time_zone(&wanted.time_zone)
                .set_config(Some(config.clone()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the id of the hours", made.hours_of_operation_id)?;
        let arn = required_field("the ARN of the hours", made.hours_of_operation_arn)?;
        let outputs = ConnectHoursOutputs { id: id.clone(), arn, name: wanted.name.clone() };
        Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &HoursLive,
        wanted: &ConnectHoursProperties,
        _changed: &[PropertyPath],
    ) -> Result<HoursLive> {
        let was = &live.properties;
        let same = ConnectHoursProperties { tags: was.tags.clone(), ..wanted.clone() } == *was;
        if !same {
            let config = config(&wanted.open)?;
            let update = || {
                let request = self.0.connect.update_hours_of_operation().instance_id(&wanted.instance_id);
                request
                    .hours_of_operation_id(&live.outputs.id)
                    .name(&wanted.name)
                    .description(&wanted.description)
                    .time_zone(&wanted.time_zone)
                    .set_config(Some(config.clone()))
                    .send()
            };
            self.0.call(cx, UPDATE, update).await?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        let outputs = ConnectHoursOutputs { name: wanted.name.clone(), ..live.outputs.clone() };
        Ok(Live { id: live.id.clone(), properties: wanted.clone(), outputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_including_end_of_day() {
        let wanted = BTreeMap::from([
            ("MONDAY".to_owned(), vec!["08:00-12:30".to_owned(), "13:00-18:00".to_owned()]),
            ("SUNDAY".to_owned(), vec!["00:00-24:00".to_owned()]),
        ]);
        let mut sent = config(&wanted).expect("good times");
        let sunday = sent.iter().find(|times| times.day == HoursOfOperationDays::Sunday).and_then(|times| times.end_time.clone());
        assert_eq!(sunday.map(|end| (end.hours, end.minutes)), Some((0, 0)));
        sent.reverse();
        assert_eq!(open(sent), wanted);
        assert!(config(&BTreeMap::from([("MONDAY".to_owned(), vec!["early".to_owned()])])).is_err());
    }
}
