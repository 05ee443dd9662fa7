//! CloudWatch Logs: groups, streams, events.

mod events;
mod group;
mod overview;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, log_stream_arn, need, regional, tagged, text};
use crate::kernel::service::{AwsService, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service, string};
use crate::shared::Shared;
use crate::stored::stored;

pub(crate) use events::{append, append_as_service};

/// CloudWatch Logs state: log groups by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    groups: BTreeMap<String, Shared<Group>>,
}

stored!(State: groups);

impl State {
    /// Returns the tags of every log group, by ARN.
    fn tagged(&self, place: &RequestContext) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        self.groups.iter().map(|(name, group)| (arn_of(place, name), group.tags.clone()))
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

/// Returns the ARN of a group without `:*`, which tagging requires (BC logs.LogGroup).
fn arn_of(place: &RequestContext, group: &str) -> String {
    regional(place, "logs", &format!("log-group:{group}"))
}

/// Operations of this service. Their rates are unpublished (unverified).
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    write("CreateLogGroup", |logs, call| group::create(logs, &call.input, milliseconds(call.context.now))).rate(per_second(10, 10)),
    read("DescribeLogGroups", |logs, call| group::describe(logs, &call.context, &call.input)).rate(per_second(10, 10)),
    write("PutRetentionPolicy", |logs, call| group::put_retention(logs, &call.input)).rate(per_second(10, 10)),
    write("DeleteRetentionPolicy", |logs, call| group::delete_retention(logs, &call.input)),
    write("PutLogGroupDeletionProtection", |logs, call| group::protect(logs, &call.context, &call.input)),
    write("DeleteLogGroup", |logs, call| group::delete(logs, &call.input)).rate(per_second(10, 10)),
    write("TagResource", |logs, call| group::tag(logs, &call.context, &call.input)),
    write("UntagResource", |logs, call| group::untag(logs, &call.context, &call.input)),
    read("ListTagsForResource", |logs, call| group::list_tags(logs, &call.context, &call.input)),
    write("CreateLogStream", |logs, call| events::create_stream(logs, &call.input, milliseconds(call.context.now))).moves_data(),
    write("DeleteLogStream", |logs, call| events::delete_stream(logs, &call.input)),
    read("DescribeLogStreams", |logs, call| events::describe_streams(logs, &call.context, &call.input)),
    write("PutLogEvents", |logs, call| events::put(logs, &call.input, milliseconds(call.context.now))).moves_data(),
    read("GetLogEvents", |logs, call| events::get(logs, &call.context, &call.input)),
    read("FilterLogEvents", |logs, call| events::filter(logs, &call.context, &call.input)),
];

/// CloudWatch Logs.
pub(crate) struct Logs;

impl AwsService for Logs {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("logs", include_str!("../../../model/logs.json"));
        static INFO: ServiceInfo =
            ServiceInfo { validation_code: |_| "InvalidParameterException", ..ServiceInfo::json(Service::Logs, "1.1", &MODEL) };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn tags(state: &State, context: &RequestContext) -> TagsByArn {
        state.tagged(context).collect()
    }

    /// A group is authorized as `…:log-stream:`.
    fn taggable(arn: &str) -> Option<&str> {
        arn.split(":log-stream:").next()
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        let text = |member: &str| text(&request.input, member);
        let arn = text("resourceArn");
        if !arn.is_empty() {
            return vec![need("logs", request.operation(), arn)];
        }
        let group = [text("logGroupName"), text("logGroupIdentifier")].into_iter().find(|name| !name.is_empty());
        let resource = group.map_or("*".to_owned(), |group| log_stream_arn(&request.context, group, text("logStreamName")));
        // "To attach tags during creation you also need logs:TagResource" (BC logs.CreateLogGroup).
        let tags = request.operation() == "CreateLogGroup" && tagged(&request.input, "tags");
        let tags = tags.then(|| need("logs", "TagResource", &resource));
        std::iter::once(need("logs", request.operation(), &resource)).chain(tags).collect()
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
fn identified<'a>(place: &RequestContext, input: &'a Value) -> Result<&'a str, AwsError> {
    let Some(identifier) = string(input, "logGroupIdentifier")? else { return group_name(input) };
    if input.get("logGroupName").is_some() {
        return Err(invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters."));
    }
    Ok(strip_arn(place, identifier).unwrap_or(identifier))
}

/// Returns the name in the ARN of a group in this account and Region, with or without `:*`.
fn strip_arn<'a>(place: &RequestContext, arn: &'a str) -> Option<&'a str> {
    let name = arn.strip_prefix(&arn_of(place, ""))?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

fn number(input: &Value, name: &str) -> Option<i64> {
    input.get(name).and_then(Value::as_i64)
}
