//! Settings of a table: time to live, continuous backups, tags.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::table_settings::{Backups, TimeToLive};
use super::{State, Table, arn_of, flag, invalid, not_found, number, table_name, unknown_table};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::response::Response;

/// Duration of a change of time to live, and minimum interval between two changes (section 5.2: up to an hour, and once an hour).
const TTL_SWITCH: Duration = Duration::from_secs(30);
const TTL_PAUSE: Duration = Duration::from_secs(3600);
/// Time that a change of backups blocks time to live (section 2.2).
const BACKUPS_SWITCH: Duration = Duration::from_secs(4);

impl Backups {
    fn to_json(&self, now: OffsetDateTime) -> Value {
        let mut recovery = json!({"PointInTimeRecoveryStatus": "DISABLED"});
        if let Some((days, since)) = self.recovery {
            recovery = json!({
                "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": days,
                "EarliestRestorableDateTime": since, "LatestRestorableDateTime": seconds(now).max(since),
            });
        }
        json!({"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery})
    }
}

fn seconds(moment: OffsetDateTime) -> f64 {
    moment.unix_timestamp_nanos() as f64 / 1e9
}

pub(super) fn update_ttl(tables: &mut State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let name = table_name(context, input)?;
    let mut faults = ValidationErrors::default();
    let wanted = faults.required("timeToLiveSpecification", input.get("TimeToLiveSpecification"));
    let wanted = wanted.unwrap_or(&Value::Null);
    let enabled = faults.required("timeToLiveSpecification.enabled", flag(wanted, "Enabled")?);
    let attribute = faults.required("timeToLiveSpecification.attributeName", string(wanted, "AttributeName")?);
    faults.length("timeToLiveSpecification.attributeName", attribute, 1..=255);
    faults.refuse("ValidationException")?;
    let (enabled, attribute) = (enabled.unwrap_or_default(), attribute.unwrap_or_default());
    let now = context.now;
    let table = tables.changeable(name)?;
    // Only a change of recovery blocks it (cdkd#696); a new table accepts it immediately.
    if table.backups.switching_until.is_some_and(|until| until > now) {
        return Err(invalid(format!("Backups are being enabled for the table: {name}. Please retry later")));
    }
    match (&table.ttl.attribute, enabled) {
        (Some(_), true) => return Err(invalid("TimeToLive is already enabled")),
        (None, false) => return Err(invalid("TimeToLive is already disabled")),
        (Some(current), false) if current != attribute => {
            return Err(invalid(format!(
                "TimeToLive is active on a different AttributeName: current AttributeName is {current}"
            )));
        }
        _ => {}
    }
    if table.ttl.changeable_from.is_some_and(|from| from > now) {
        return Err(invalid("Time to live has been modified multiple times within a fixed interval"));
    }
    table.ttl = TimeToLive {
        attribute: enabled.then(|| attribute.to_owned()),
        switching_until: Some(context.after(TTL_SWITCH)),
        changeable_from: Some(context.after(TTL_PAUSE)),
    };
    Ok(Response::json(json!({"TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}})))
}

pub(super) fn describe_ttl(tables: &State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let ttl = &tables.described(table_name(context, input)?)?.ttl;
    let switching = ttl.switching_until.is_some_and(|until| until > context.now);
    let description = match (&ttl.attribute, switching) {
        (Some(attribute), true) => json!({"TimeToLiveStatus": "ENABLING", "AttributeName": attribute}),
        (Some(attribute), false) => json!({"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}),
        (None, true) => json!({"TimeToLiveStatus": "DISABLING"}),
        (None, false) => json!({"TimeToLiveStatus": "DISABLED"}),
    };
    Ok(Response::json(json!({ "TimeToLiveDescription": description })))
}

fn table_for_backups<'a>(tables: &'a State, name: &str) -> Result<&'a Table, AwsError> {
    let missing = || AwsError::new(400, "TableNotFoundException", format!("Table not found: {name}"));
    tables.described(name).map_err(|_| missing())
}

pub(super) fn update_backups(tables: &mut State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let name = table_name(context, input)?;
    let mut faults = ValidationErrors::default();
    let wanted = faults.required("pointInTimeRecoverySpecification", input.get("PointInTimeRecoverySpecification"));
    let wanted = wanted.unwrap_or(&Value::Null);
    let at = "pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled";
    let enabled = faults.required(at, flag(wanted, "PointInTimeRecoveryEnabled")?).unwrap_or_default();
    faults.refuse("ValidationException")?;
    let days = number(wanted, "RecoveryPeriodInDays", 1..=35)?;
    if days.is_some() && !enabled {
        return Err(invalid("RecoveryPeriodInDays can only be specified with PointInTimeRecoveryEnabled true"));
    }
    table_for_backups(tables, name)?;
    let now = context.now;
    let table = tables.changeable(name)?;
    if table.backups.available_from > now {
        let message = format!("Backups are being enabled for the table: {name}. Please retry later");
        return Err(AwsError::new(400, "ContinuousBackupsUnavailableException", message));
    }
    let since = table.backups.recovery.map_or(seconds(now), |(_, since)| since);
    let recovery = enabled.then(|| (days.unwrap_or(35), since));
    if recovery.is_some() != table.backups.recovery.is_some() {
        table.backups.switching_until = Some(context.after(BACKUPS_SWITCH));
    }
    table.backups.recovery = recovery;
    Ok(Response::json(json!({ "ContinuousBackupsDescription": table.backups.to_json(now) })))
}

pub(super) fn describe_backups(tables: &State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let table = table_for_backups(tables, table_name(context, input)?)?;
    Ok(Response::json(json!({ "ContinuousBackupsDescription": table.backups.to_json(context.now) })))
}

/// Returns the name of the table of `ResourceArn`.
fn tagged<'a>(tables: &State, place: &RequestContext, input: &'a Value) -> Result<&'a str, AwsError> {
    let mut faults = ValidationErrors::default();
    let arn = faults.required("resourceArn", string(input, "ResourceArn")?);
    faults.length("resourceArn", arn, 1..=1283);
    faults.refuse("ValidationException")?;
    let arn = arn.unwrap_or_default();
    if !arn.starts_with("arn:aws:dynamodb:") {
        return Err(invalid(format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}")));
    }
    let missing = || not_found(format!("Requested resource not found: ResourcArn: {arn} not found"));
    let name = arn.strip_prefix(&arn_of(place, "")).ok_or_else(missing)?;
    tables.tables.contains_key(name).then_some(name).ok_or_else(missing)
}

pub(super) fn tag(tables: &mut State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    let given = faults.required("tags", input.get("Tags"));
    faults.refuse("ValidationException")?;
    let added = read_tags(given.unwrap_or(&Value::Null))?;
    let name = tagged(tables, place, input)?;
    let table = tables.tables.get_mut(name).ok_or_else(unknown_table)?;
    let mut all = table.tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(invalid("One or more parameter values were invalid: Too many tags: The resource can have at most 50 tags"));
    }
    table.tags = all;
    Ok(Response::empty(200))
}

pub(super) fn untag(tables: &mut State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    let keys = faults.required("tagKeys", input.get("TagKeys").and_then(Value::as_array));
    faults.refuse("ValidationException")?;
    let name = tagged(tables, place, input)?;
    let table = tables.tables.get_mut(name).ok_or_else(unknown_table)?;
    for key in keys.into_iter().flatten().filter_map(Value::as_str) {
        table.tags.remove(key);
    }
    Ok(Response::empty(200))
}

/// Lists ten tags a page, as AWS does (API reference, ListTagsOfResource).
pub(super) fn list_tags(tables: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let table = tables.described(tagged(tables, place, input)?)?;
    let all = table.tags.iter().map(|(key, value)| (key, json!({"Key": key, "Value": value})));
    let page = crate::page::page(all, string(input, "NextToken")?, 10);
    let (tags, next) = page.ok_or_else(|| invalid("Invalid NextToken"))?;
    let mut answer = json!({ "Tags": tags });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(Response::json(answer))
}

pub(super) fn read_tags(tags: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let tags = tags.as_array().ok_or_else(|| AwsError::serialization("Tags", "a list"))?;
    let mut faults = ValidationErrors::default();
    let mut read = BTreeMap::new();
    for (n, tag) in (1..).zip(tags) {
        let at = |member: &str| format!("tags.{n}.member.{member}");
        let key = faults.required(&at("key"), string(tag, "Key")?);
        let value = faults.required(&at("value"), string(tag, "Value")?);
        faults.length(&at("key"), key, 1..=128);
        faults.length(&at("value"), value, 0..=256);
        if read.insert(key.unwrap_or_default().to_owned(), value.unwrap_or_default().to_owned()).is_some() {
            return Err(invalid("One or more parameter values were invalid: Duplicate tag keys"));
        }
    }
    faults.refuse("ValidationException")?;
    if read.len() > 50 {
        return Err(invalid("One or more parameter values were invalid: Too many tags: The resource can have at most 50 tags"));
    }
    if read.keys().any(|key| key.starts_with("aws:")) {
        return Err(invalid("One or more parameter values were invalid: Tag keys must not start with aws:"));
    }
    Ok(read)
}
