//! CloudWatch Logs: groups, streams, events.

mod events;
mod group;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;
use crate::shared::Shared;
use crate::stored::stored;

pub(crate) use events::{append, append_as_service};

pub(crate) const OPERATIONS: &[&str] = &[
    "CreateLogGroup",
    "CreateLogStream",
    "DeleteLogGroup",
    "DeleteLogStream",
    "DeleteRetentionPolicy",
    "DescribeLogGroups",
    "DescribeLogStreams",
    "FilterLogEvents",
    "GetLogEvents",
    "ListTagsForResource",
    "PutLogEvents",
    "PutLogGroupDeletionProtection",
    "PutRetentionPolicy",
    "TagResource",
    "UntagResource",
];

/// CloudWatch Logs state: log groups by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    groups: BTreeMap<String, Shared<Group>>,
}

stored!(State: groups);

impl State {
    /// Returns the tags of every log group, by ARN.
    pub(crate) fn tagged(&self, account: &str, region: &str) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        let place = Place { account: account.to_owned(), region: region.to_owned() };
        self.groups.iter().map(move |(name, group)| (place.arn(name), group.tags.clone()))
    }

    /// Creates a missing log group as a service does: without expiry and tags.
    pub(crate) fn ensure(&mut self, name: &str, now: OffsetDateTime) {
        let group = || Shared::new(Group::new(milliseconds(now), "STANDARD"));
        self.groups.entry(name.to_owned()).or_insert_with(group);
    }
}

/// A log group. Times are in milliseconds since 1970, as everywhere in this service's API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Group {
    created: i64,
    retention: Option<i64>,
    class: String,
    protected: bool,
    tags: BTreeMap<String, String>,
    #[serde(default)]
    streams: PersistentMap<String, Stream>,
}

stored!(Group: streams);

/// A log stream; its events are ordered by time.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stream {
    created: i64,
    #[serde(default)]
    events: PersistentMap<Position, Event>,
}

stored!(Stream: events);

/// The position of an event in its stream: its time, and its number among those of the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Position(i64, u64);

/// A log event.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Event {
    at: i64,
    taken: i64,
    message: String,
}

stored!(whole Event);

/// Account and Region, for ARNs.
struct Place {
    account: String,
    region: String,
}

impl Place {
    /// Returns the ARN without `:*`, which tagging requires (BC logs.LogGroup).
    fn arn(&self, group: &str) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{group}", self.region, self.account)
    }
}

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let place = Place { account: world.account.clone(), region: world.region.clone() };
    let (logs, input, now) = (&mut world.logs, &call.input, milliseconds(context.now));
    match call.operation {
        "CreateLogGroup" => group::create(logs, input, now),
        "DescribeLogGroups" => group::describe(logs, &place, input),
        "PutRetentionPolicy" => group::put_retention(logs, input),
        "DeleteRetentionPolicy" => group::delete_retention(logs, input),
        "PutLogGroupDeletionProtection" => group::protect(logs, &place, input),
        "DeleteLogGroup" => group::delete(logs, input),
        "TagResource" => group::tag(logs, &place, input),
        "UntagResource" => group::untag(logs, &place, input),
        "ListTagsForResource" => group::list_tags(logs, &place, input),
        "CreateLogStream" => events::create_stream(logs, input, now),
        "DeleteLogStream" => events::delete_stream(logs, input),
        "DescribeLogStreams" => events::describe_streams(logs, &place, input),
        "PutLogEvents" => events::put(logs, input, now),
        "GetLogEvents" => events::get(logs, &place, input),
        "FilterLogEvents" => events::filter(logs, &place, input),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}

fn milliseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

fn no_group() -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", "The specified log group does not exist.")
}

/// Returns the required member `logGroupName`.
fn group_name(input: &Value) -> Result<&str, AwsError> {
    Ok(string(input, "logGroupName")?.unwrap_or_default())
}

/// Returns the group named by `logGroupName`, or by `logGroupIdentifier` as a name or an ARN in either form; only one of them may be given.
fn identified<'a>(place: &Place, input: &'a Value) -> Result<&'a str, AwsError> {
    let Some(identifier) = string(input, "logGroupIdentifier")? else { return group_name(input) };
    if input.get("logGroupName").is_some() {
        return Err(invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters."));
    }
    Ok(strip_arn(place, identifier).unwrap_or(identifier))
}

/// Returns the name in the ARN of a group in this account and Region, with or without `:*`.
fn strip_arn<'a>(place: &Place, arn: &'a str) -> Option<&'a str> {
    let name = arn.strip_prefix(&place.arn(""))?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

fn number(input: &Value, name: &str) -> Option<i64> {
    input.get(name).and_then(Value::as_i64)
}
