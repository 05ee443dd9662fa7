//! Log groups: creation, deletion, retention, tags.

use std::collections::BTreeMap;
use std::ops::DerefMut;

use serde_json::{Value, json};

use super::{Group, Place, State, group_name, invalid, no_group, number, strip_arn};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::string;
use crate::response::Response;
use crate::shared::Shared;

/// Allowed retention periods in days (BC logs.Days).
const DAYS: [i64; 22] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn create(logs: &mut State, input: &Value, now: i64) -> Result<Response, AwsError> {
    let name = group_name(input)?;
    let class = string(input, "logGroupClass")?;
    if name.starts_with("aws/") {
        return Err(invalid("Log groups starting with AWS/ are reserved for AWS."));
    }
    let tags = match input.get("tags") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(tags) => read_tags(tags)?,
    };
    if logs.groups.contains_key(name) {
        return Err(AwsError::new(400, "ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let protected = input.get("deletionProtectionEnabled").and_then(Value::as_bool).unwrap_or(false);
    let group = Group { tags, protected, ..Group::new(now, class.unwrap_or("STANDARD")) };
    logs.groups.insert(name.to_owned(), Shared::new(group));
    Ok(done())
}

impl Group {
    pub(super) fn new(now: i64, class: &str) -> Self {
        Self {
            created: now,
            retention: None,
            class: class.to_owned(),
            protected: false,
            tags: BTreeMap::new(),
            streams: PersistentMap::default(),
        }
    }

    fn stored_bytes(&self) -> usize {
        // The size of an event is its UTF-8 bytes and 26 more (BC logs.PutLogEvents).
        self.streams.values().flat_map(|stream| stream.events.values()).map(|event| event.message.len() + 26).sum()
    }
}

pub(super) fn describe(logs: &State, place: &Place, input: &Value) -> Result<Response, AwsError> {
    let prefix = string(input, "logGroupNamePrefix")?;
    let fragment = string(input, "logGroupNamePattern")?;
    let class = string(input, "logGroupClass")?;
    if prefix.is_some() && fragment.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let wanted: Option<Vec<&str>> = match input.get("logGroupIdentifiers") {
        None | Some(Value::Null) => None,
        Some(Value::Array(all)) => {
            let names = all.iter().filter_map(Value::as_str);
            Some(names.map(|name| strip_arn(place, name).unwrap_or(name)).collect())
        }
        Some(_) => return Err(AwsError::serialization("logGroupIdentifiers", "a list")),
    };
    // Half of AWS's largest page.
    let size = number(input, "limit").unwrap_or(25).min(25);
    let fits = |name: &str, group: &Group| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && fragment.is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
            && class.is_none_or(|class| group.class == class)
            && wanted.as_ref().is_none_or(|wanted| wanted.contains(&name))
    };
    let all = logs.groups.iter().filter(|(name, group)| fits(name, group)).map(|(name, group)| {
        let mut entry = json!({
            "logGroupName": name, "creationTime": group.created, "metricFilterCount": 0,
            "arn": format!("{}:*", place.arn(name)), "logGroupArn": place.arn(name),
            "storedBytes": group.stored_bytes(), "logGroupClass": group.class,
            "deletionProtectionEnabled": group.protected,
        });
        if let Some(days) = group.retention {
            entry["retentionInDays"] = days.into();
        }
        (name, entry)
    });
    paged(all, "logGroups", input, size)
}

/// Returns one page in this service's format.
pub(super) fn paged<K: AsRef<str>>(
    all: impl Iterator<Item = (K, Value)>,
    list: &str,
    input: &Value,
    size: i64,
) -> Result<Response, AwsError> {
    let size = usize::try_from(size).unwrap_or(1);
    let (taken, next) = crate::page::page(all, string(input, "nextToken")?, size)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    let mut answer = json!({list: taken});
    if let Some(next) = next {
        answer["nextToken"] = next.into();
    }
    Ok(Response::json(answer))
}

pub(super) fn put_retention(logs: &mut State, input: &Value) -> Result<Response, AwsError> {
    let name = group_name(input)?;
    let days = number(input, "retentionInDays");
    // The allowed values are in the API reference, not in the model.
    if let Some(days) = days.filter(|days| !DAYS.contains(days)) {
        let mut texts: Vec<String> = DAYS.iter().map(i64::to_string).collect();
        texts.sort();
        let mut faults = ValidationErrors::default();
        faults.add(days, "retentionInDays", format!("Member must satisfy enum value set: [{}]", texts.join(", ")));
        faults.refuse("InvalidParameterException")?;
    }
    logs.groups.get_mut(name).ok_or_else(no_group)?.retention = days;
    Ok(done())
}

pub(super) fn delete_retention(logs: &mut State, input: &Value) -> Result<Response, AwsError> {
    logs.groups.get_mut(group_name(input)?).ok_or_else(no_group)?.retention = None;
    Ok(done())
}

pub(super) fn protect(logs: &mut State, place: &Place, input: &Value) -> Result<Response, AwsError> {
    let name = super::identified(place, input)?;
    let enabled = input.get("deletionProtectionEnabled").and_then(Value::as_bool);
    logs.groups.get_mut(name).ok_or_else(no_group)?.protected = enabled.unwrap_or_default();
    Ok(done())
}

pub(super) fn delete(logs: &mut State, input: &Value) -> Result<Response, AwsError> {
    let name = group_name(input)?;
    if logs.groups.get(name).ok_or_else(no_group)?.protected {
        // Text unverified; the code is certain (BC logs.DeleteLogGroup).
        let message = "The log group is protected against deletion. Disable deletion protection first.";
        return Err(AwsError::new(400, "ValidationException", message));
    }
    logs.groups.remove(name);
    Ok(done())
}

pub(super) fn tag(logs: &mut State, place: &Place, input: &Value) -> Result<Response, AwsError> {
    let group = by_arn(logs, place, input)?;
    let added = read_tags(&input["tags"])?;
    let mut all = group.tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(AwsError::new(400, "TooManyTagsException", "The resource has too many tags.").with("resourceName", ""));
    }
    group.tags = all;
    Ok(done())
}

pub(super) fn untag(logs: &mut State, place: &Place, input: &Value) -> Result<Response, AwsError> {
    let group = by_arn(logs, place, input)?;
    for key in input["tagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        group.tags.remove(key);
    }
    Ok(done())
}

pub(super) fn list_tags(logs: &State, place: &Place, input: &Value) -> Result<Response, AwsError> {
    let name = name_in_arn(logs, place, input)?;
    Ok(Response::json(json!({ "tags": logs.groups[name].tags })))
}

/// Returns the name of the group of `resourceArn`, which must be the form without `:*` (section 4, "Two ARNs").
fn name_in_arn<'a>(logs: &State, place: &Place, input: &'a Value) -> Result<&'a str, AwsError> {
    let name = string(input, "resourceArn")?.unwrap_or_default().strip_prefix(&place.arn(""));
    let name = name.ok_or_else(|| invalid("Invalid resource ARN."))?;
    let missing = || AwsError::new(400, "ResourceNotFoundException", "The specified resource does not exist.");
    logs.groups.contains_key(name).then_some(name).ok_or_else(missing)
}

fn by_arn<'a>(logs: &'a mut State, place: &Place, input: &Value) -> Result<&'a mut Group, AwsError> {
    let name = name_in_arn(logs, place, input)?;
    logs.groups.get_mut(name).map(DerefMut::deref_mut).ok_or_else(no_group)
}

fn read_tags(tags: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let read: BTreeMap<String, String> =
        serde_json::from_value(tags.clone()).map_err(|_| AwsError::serialization("tags", "a map of strings"))?;
    if read.keys().any(|key| key.to_lowercase().starts_with("aws:")) {
        return Err(invalid("System tags cannot be added/updated by requester."));
    }
    Ok(read)
}

/// Returns the empty body that most changes of this service respond with.
pub(super) fn done() -> Response {
    Response::empty(200)
}
