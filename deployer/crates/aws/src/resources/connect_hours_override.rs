//! An override of the hours of operation of an Amazon Connect instance: other times on some dates.

use std::sync::Arc;

use aws_sdk_connect::types::{
    HoursOfOperationOverride, HoursOfOperationOverrideConfig, OverrideDays, OverrideTimeSlice, OverrideType,
};
use deployer_engine::{Context, Error, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectHoursOverrideOutputs, ConnectHoursOverrideProperties};
use serde_json::Value;

use super::connect_hours::{TimeOfDay, time_range};
use super::connect_instance::owner_permissions;
use super::{join_id, required_field, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type OverrideLive = Live<ConnectHoursOverrideProperties, ConnectHoursOverrideOutputs>;

const LIST: Operation = Operation::read("connect", "ListHoursOfOperationOverrides");
const DESCRIBE: Operation = Operation::read("connect", "DescribeHoursOfOperationOverride");
const DESCRIBE_HOURS: Operation = Operation::read("connect", "DescribeHoursOfOperation");
const CREATE: Operation = Operation::create("connect", "CreateHoursOfOperationOverride");
const UPDATE: Operation = Operation::idempotent("connect", "UpdateHoursOfOperationOverride");
const DELETE: Operation = Operation::idempotent("connect", "DeleteHoursOfOperationOverride");

/// The resource type `connect.hours_override`.
pub struct ConnectHoursOverride(pub(crate) Arc<Provider>);

fn slice(time: TimeOfDay) -> Result<OverrideTimeSlice> {
    super::built(OverrideTimeSlice::builder().hours(time.hours).minutes(time.minutes).build())
}

fn config(wanted: &ConnectHoursOverrideProperties) -> Result<Vec<HoursOfOperationOverrideConfig>> {
    let each = wanted.open.iter().flat_map(|(day, times)| times.iter().map(move |time| (day, time)));
    each.map(|(day, time)| {
        let (start, end) = time_range(time)?;
        let day = OverrideDays::from(day.as_str());
        Ok(HoursOfOperationOverrideConfig::builder().day(day).start_time(slice(start)?).end_time(slice(end)?).build())
    })
    .collect()
}

fn live(instance: &str, hours: &str, seen: HoursOfOperationOverride) -> Result<OverrideLive> {
    let id = required_field("the id of the override", seen.hours_of_operation_override_id)?;
    let mut open = std::collections::BTreeMap::<String, Vec<String>>::new();
    for times in seen.config.unwrap_or_default() {
        let of = |slice: Option<OverrideTimeSlice>| {
            slice.map_or(TimeOfDay::default(), |slice| TimeOfDay { hours: slice.hours, minutes: slice.minutes })
        };
        let range = format!("{}-{}", of(times.start_time).written(false), of(times.end_time).written(true));
        open.entry(times.day.map(|day| day.as_str().to_owned()).unwrap_or_default()).or_default().push(range);
    }
    open.values_mut().for_each(|times| times.sort());
    let properties = ConnectHoursOverrideProperties {
        instance_id: instance.to_owned(),
        hours_id: hours.to_owned(),
        name: seen.name.unwrap_or_default(),
        description: seen.description.unwrap_or_default(),
        from: seen.effective_from.unwrap_or_default(),
        until: seen.effective_till.unwrap_or_default(),
        kind: seen.override_type.unwrap_or(OverrideType::Standard).as_str().to_owned(),
        open,
    };
    Ok(Live { id: join_id(instance, &format!("{hours}/{id}")), properties, outputs: ConnectHoursOverrideOutputs { id } })
}

/// Splits an ID into instance, hours and override.
fn parts(id: &PhysicalId) -> Result<(&str, &str, &str)> {
    let (instance, rest) = split_id(id)?;
    let (hours, own) = rest.split_once('/').ok_or_else(|| Error::local(format!("{id} names no override of hours")))?;
    Ok((instance, hours, own))
}

impl ConnectHoursOverride {
    /// Returns the tags of the hours; `None` if there are none.
    async fn hours_tags(&self, cx: &Context, instance: &str, hours: &str) -> Result<Option<Tags>> {
        let describe = || self.0.connect.describe_hours_of_operation().instance_id(instance).hours_of_operation_id(hours).send();
        let seen = self.0.call(cx, DESCRIBE_HOURS, describe).await.optional()?;
        Ok(seen.and_then(|answer| answer.hours_of_operation).map(|hours| tags::readable(hours.tags)))
    }
}

impl Permissions for ConnectHoursOverride {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [LIST, DESCRIBE, DESCRIBE_HOURS, CREATE, UPDATE, DELETE];
        // Those for overrides are checked on the instance as well as on the hours (service authorization reference).
        [operation_permissions(&own, &provider.arn("connect", "instance/*")), owner_permissions(provider)].concat()
    }
}

impl Resource for ConnectHoursOverride {
    type Definition = deployer_resources::ConnectHoursOverride;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ConnectHoursOverrideProperties) -> Result<Option<OverrideLive>> {
        let (instance, hours, own) = parts(id)?;
        let describe = || {
            let request = self.0.connect.describe_hours_of_operation_override().instance_id(instance);
            request.hours_of_operation_id(hours).hours_of_operation_override_id(own).send()
        };
        let seen = self.0.call(cx, DESCRIBE, describe).await.optional()?;
        seen.and_then(|answer| answer.hours_of_operation_override).map(|seen| live(instance, hours, seen)).transpose()
    }

    /// Returns the owner of the hours: an override has no tags.
    async fn owner(&self, cx: &Context, live: &OverrideLive) -> Result<TagOwner> {
        let (instance, hours, _) = parts(&live.id)?;
        let seen = self.hours_tags(cx, instance, hours).await?;
        Ok(tags::parent_owner(seen, &format!("the hours of operation {hours}"), cx))
    }

    async fn find(&self, cx: &Context, wanted: &ConnectHoursOverrideProperties) -> Result<Lookup<OverrideLive>> {
        let (instance, hours) = (wanted.instance_id.as_str(), wanted.hours_id.as_str());
        let all = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_hours_of_operation_overrides().instance_id(instance);
                request.hours_of_operation_id(hours).max_results(100).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.hours_of_operation_override_list.unwrap_or_default(), page.next_token))
        });
        let all = all.await.optional()?.unwrap_or_default();
        let Some(seen) = all.into_iter().find(|seen| seen.name.as_deref() == Some(&wanted.name)) else {
            return Ok(Lookup::NotFound);
        };
        let live = live(instance, hours, seen)?;
        let owner = self.hours_tags(cx, instance, hours).await?.unwrap_or_default();
        Ok(match tags::check_environment(&owner, cx) {
            Ok(()) => Lookup::Owned(live),
            Err(why) => Lookup::Unowned { live, why: format!("the hours of operation {hours}: {why}") },
        })
    }

    async fn create(&self, cx: &Context, wanted: &ConnectHoursOverrideProperties) -> Result<OverrideLive> {
        let config = config(wanted)?;
        let create = || {
            let request = self.0.connect.create_hours_of_operation_override().instance_id(&wanted.instance_id);
            request
                .hours_of_operation_id(&wanted.hours_id)
                .name(&wanted.name)
                .description(&wanted.description)
                .set_config(Some(config.clone()))
                .effective_from(&wanted.from)
                .effective_till(&wanted.until)
                .override_type(OverrideType::from(wanted.kind.as_str()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the id of the override", made.hours_of_operation_override_id)?;
        let place = join_id(&wanted.instance_id, &format!("{}/{id}", wanted.hours_id));
        Ok(Live { id: place, properties: wanted.clone(), outputs: ConnectHoursOverrideOutputs { id } })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &OverrideLive,
        wanted: &ConnectHoursOverrideProperties,
        _changed: &[PropertyPath],
    ) -> Result<OverrideLive> {
        let config = config(wanted)?;
        let update = || {
            let request = self.0.connect.update_hours_of_operation_override().instance_id(&wanted.instance_id);
            request
                .hours_of_operation_id(&wanted.hours_id)
                .hours_of_operation_override_id(&live.outputs.id)
                .name(&wanted.name)
                .description(&wanted.description)
                .set_config(Some(config.clone()))
                .effective_from(&wanted.from)
                .effective_till(&wanted.until)
                .override_type(OverrideType::from(wanted.kind.as_str()))
                .send()
        };
        self.0.call(cx, UPDATE, update).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectHoursOverrideProperties) -> Result<()> {
        let (instance, hours, own) = parts(id)?;
        let delete = || {
            let request = self.0.connect.delete_hours_of_operation_override().instance_id(instance);
            request.hours_of_operation_id(hours).hours_of_operation_override_id(own).send()
        };
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
