//! Log streams and their events.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::group::{done, paged};
use super::{Event, Group, Position, State, Stream, arn_of, group_name, identified, invalid, milliseconds, no_group, number};
use crate::error::AwsError;
use crate::kernel::permission::log_stream_arn;
use crate::persistent_map::PersistentMap;
use crate::request::{RequestContext, string};
use crate::response::Response;
use crate::shared::Shared;

const DAY: i64 = 24 * 3600 * 1000;

/// Writes the output of a running function under its role: one event per line. Creates a missing group and stream if the role may; without
/// the permissions the lines are dropped, as on AWS. Returns whether the lines were stored.
pub(crate) fn append(
    state: &mut State,
    context: &RequestContext,
    (group, stream): (&str, &str),
    lines: impl IntoIterator<Item = (OffsetDateTime, String)>,
    may: impl Fn(&str, &str) -> bool,
) -> bool {
    let resource = log_stream_arn(context, group, "");
    let named = format!("{resource}{stream}");
    let group_known = state.groups.contains_key(group);
    let stream_known = state.groups.get(group).is_some_and(|group| group.streams.contains_key(stream));
    if !(group_known || may("logs:CreateLogGroup", &resource))
        || !(stream_known || may("logs:CreateLogStream", &resource))
        || !may("logs:PutLogEvents", &named)
    {
        return false;
    }
    append_as_service(state, (group, stream), lines, context.now);
    true
}

/// Writes the output of a service under its own service-linked role: one event per line. Creates a missing group and stream.
pub(crate) fn append_as_service(
    state: &mut State,
    (group, stream): (&str, &str),
    lines: impl IntoIterator<Item = (OffsetDateTime, String)>,
    now: OffsetDateTime,
) {
    let now = milliseconds(now);
    let group = state.groups.entry(group.to_owned()).or_insert_with(|| Shared::new(Group::new(now, "STANDARD")));
    if !group.streams.contains_key(stream) {
        group.streams.insert(stream.to_owned(), Stream::new(now));
    }
    let Some(stream) = group.streams.get_mut(stream) else { return };
    let lines = lines.into_iter();
    stream.take(lines.map(|(at, message)| Event { at: milliseconds(at), taken: now, message }));
}

impl Stream {
    pub(super) fn new(created: i64) -> Self {
        Self { created, events: PersistentMap::default() }
    }

    /// Adds events, each after the existing ones of the same time.
    fn take(&mut self, events: impl Iterator<Item = Event>) {
        for event in events {
            let mut of_its_moment = self.events.range(Position(event.at, 0)..=Position(event.at, u64::MAX));
            let n = of_its_moment.next_back().map_or(0, |(Position(_, n), _)| n + 1);
            drop(of_its_moment);
            self.events.insert(Position(event.at, n), event);
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Position {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (at, n) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self(at.parse()?, n.parse()?))
    }
}

fn stream_name(input: &Value) -> Result<&str, AwsError> {
    Ok(string(input, "logStreamName")?.unwrap_or_default())
}

fn no_stream() -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", "The specified log stream does not exist.")
}

pub(super) fn create_stream(logs: &mut State, input: &Value, now: i64) -> Result<Response, AwsError> {
    let (group, stream) = (group_name(input)?, stream_name(input)?);
    let group = logs.groups.get_mut(group).ok_or_else(no_group)?;
    if group.streams.contains_key(stream) {
        return Err(AwsError::new(400, "ResourceAlreadyExistsException", "The specified log stream already exists"));
    }
    group.streams.insert(stream.to_owned(), Stream::new(now));
    Ok(done())
}

pub(super) fn delete_stream(logs: &mut State, input: &Value) -> Result<Response, AwsError> {
    let (group, stream) = (group_name(input)?, stream_name(input)?);
    let group = logs.groups.get_mut(group).ok_or_else(no_group)?;
    group.streams.remove(stream).map(|_| done()).ok_or_else(no_stream)
}

pub(super) fn describe_streams(logs: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let group_name = identified(place, input)?;
    let prefix = string(input, "logStreamNamePrefix")?;
    let order = string(input, "orderBy")?;
    if prefix.is_some() && order == Some("LastEventTime") {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let size = number(input, "limit").unwrap_or(25).min(25);
    let descending = input.get("descending").and_then(Value::as_bool).unwrap_or(false);
    let group = logs.groups.get(group_name).ok_or_else(no_group)?;
    let named = group.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
    let mut entries: Vec<(String, Value)> = named
        .map(|(name, stream)| {
            let last = stream.events.last().map_or(stream.created, |(_, event)| event.at);
            let key = if order == Some("LastEventTime") { format!("{last:020}/{name}") } else { name.clone() };
            (key, described(place, group_name, name, stream))
        })
        .collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    if descending {
        // Paging needs ascending keys, so the descending order gets numbers that rise.
        entries.reverse();
        entries.iter_mut().enumerate().for_each(|(n, (key, _))| *key = format!("{n:020}"));
    }
    paged(entries.into_iter(), "logStreams", input, size)
}

fn described(place: &RequestContext, group: &str, name: &str, stream: &Stream) -> Value {
    let mut entry = json!({
        "logStreamName": name, "creationTime": stream.created, "storedBytes": 0,
        "arn": format!("{}:log-stream:{name}", arn_of(place, group)), "uploadSequenceToken": "0",
    });
    if let (Some(first), Some(last)) = (stream.events.first(), stream.events.last().map(|(_, event)| event)) {
        entry["firstEventTimestamp"] = first.at.into();
        entry["lastEventTimestamp"] = last.at.into();
        entry["lastIngestionTime"] = last.taken.into();
    }
    entry
}

pub(super) fn put(logs: &mut State, input: &Value, now: i64) -> Result<Response, AwsError> {
    let (group, stream) = (group_name(input)?, stream_name(input)?);
    let mut events = Vec::new();
    let mut bytes = 0;
    for event in input["logEvents"].as_array().into_iter().flatten() {
        let at = number(event, "timestamp").unwrap_or_default();
        let message = string(event, "message")?.unwrap_or_default();
        bytes += message.len() + 26;
        events.push(Event { at, taken: now, message: message.to_owned() });
    }
    // The three limits of a batch (BC logs.PutLogEvents).
    if bytes > 1_048_576 {
        return Err(invalid(format!("Upload too large: {bytes} bytes exceeds limit of 1048576")));
    }
    if events.windows(2).any(|pair| pair[0].at > pair[1].at) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    if events.last().zip(events.first()).is_some_and(|(last, first)| last.at - first.at > DAY) {
        return Err(invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."));
    }
    let group = logs.groups.get_mut(group).ok_or_else(no_group)?;
    let oldest = now - group.retention.map_or(14, |days| days.min(14)) * DAY;
    let stream = group.streams.get_mut(stream).ok_or_else(no_stream)?;
    let too_old = events.iter().take_while(|event| event.at < oldest).count();
    let too_new = events.iter().position(|event| event.at > now + 2 * 3_600_000);
    let total = events.len();
    stream.take(events.into_iter().take(too_new.unwrap_or(total)).skip(too_old));
    let mut answer = json!({"nextSequenceToken": "0"});
    if too_old > 0 {
        answer["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] = too_old.into();
    }
    if let Some(first) = too_new {
        answer["rejectedLogEventsInfo"]["tooNewLogEventStartIndex"] = first.into();
    }
    Ok(Response::json(answer))
}

/// Returns one page of the events between `startTime` (inclusive) and `endTime` (exclusive); tokens are positions: `f/7`, `b/7`.
pub(super) fn get(logs: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let group = identified(place, input)?;
    let stream = stream_name(input)?;
    let size = usize::try_from(number(input, "limit").unwrap_or(5_000)).unwrap_or(1);
    let (start, end) = times(input)?;
    let group = logs.groups.get(group).ok_or_else(no_group)?;
    let stream = group.streams.get(stream).ok_or_else(no_stream)?;
    let all: Vec<&Event> = stream.events.values().filter(|event| event.at >= start && event.at < end).collect();
    let from_head = input.get("startFromHead").and_then(Value::as_bool).unwrap_or(false);
    let position = |text: &str| text.parse::<usize>().ok().filter(|position| *position <= all.len());
    let invalid_token = || invalid("The specified nextToken is invalid.");
    let (first, last) = match string(input, "nextToken")?.map(|token| token.split_once('/')) {
        Some(Some(("f", text))) => {
            let first = position(text).ok_or_else(invalid_token)?;
            (first, first.saturating_add(size).min(all.len()))
        }
        Some(Some(("b", text))) => {
            let last = position(text).ok_or_else(invalid_token)?;
            (last.saturating_sub(size), last)
        }
        Some(_) => return Err(invalid_token()),
        None if from_head => (0, size.min(all.len())),
        None => (all.len().saturating_sub(size), all.len()),
    };
    let events: Vec<Value> = all[first..last]
        .iter()
        .map(|event| json!({"timestamp": event.at, "message": event.message, "ingestionTime": event.taken}))
        .collect();
    Ok(Response::json(json!({
        "events": events, "nextForwardToken": format!("f/{last}"), "nextBackwardToken": format!("b/{first}"),
    })))
}

pub(super) fn filter(logs: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let group = identified(place, input)?;
    let prefix = string(input, "logStreamNamePrefix")?;
    let streams: Option<Vec<&str>> =
        input.get("logStreamNames").and_then(Value::as_array).map(|all| all.iter().filter_map(Value::as_str).collect());
    if prefix.is_some() && streams.is_some() {
        return Err(invalid("logStreamNamePrefix and logStreamNames are mutually exclusive parameters."));
    }
    let terms = terms(string(input, "filterPattern")?.unwrap_or_default())?;
    let size = number(input, "limit").unwrap_or(5_000).min(5_000);
    let (start, end) = times(input)?;
    let group = logs.groups.get(group).ok_or_else(no_group)?;
    let mut found: Vec<(String, Value)> = Vec::new();
    for (name, stream) in group.streams.iter() {
        if prefix.is_some_and(|prefix| !name.starts_with(prefix))
            || streams.as_ref().is_some_and(|wanted| !wanted.contains(&name.as_str()))
        {
            continue;
        }
        for (n, event) in stream.events.values().enumerate().filter(|(_, event)| event.at >= start && event.at < end) {
            if terms.iter().all(|(term, wanted)| event.message.contains(term.as_str()) == *wanted) {
                let key = format!("{:020}/{name}/{n:010}", event.at);
                let entry = json!({
                    "logStreamName": name, "timestamp": event.at, "message": event.message,
                    "ingestionTime": event.taken, "eventId": key,
                });
                found.push((key, entry));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut reply = paged(found.into_iter(), "events", input, size)?;
    if let crate::response::Body::Json(answer) = &mut reply.body {
        answer["searchedLogStreams"] = json!([]);
    }
    Ok(reply)
}

fn times(input: &Value) -> Result<(i64, i64), AwsError> {
    let start = number(input, "startTime").unwrap_or(0);
    let end = number(input, "endTime").unwrap_or(i64::MAX);
    Ok((start, end))
}

/// Parses an unstructured filter pattern into words and whether each must be present. Other patterns are not implemented.
fn terms(pattern: &str) -> Result<Vec<(String, bool)>, AwsError> {
    if pattern.starts_with(['{', '[', '%']) || pattern.contains('?') {
        let message = format!("filterPattern {pattern}: the embedded AWS knows only words, \"phrases\" and -words");
        return Err(AwsError::new(501, "NotImplemented", message));
    }
    let mut terms = Vec::new();
    let mut rest = pattern.trim();
    while !rest.is_empty() {
        let wanted = !rest.starts_with('-');
        rest = rest.strip_prefix('-').unwrap_or(rest);
        let (term, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| invalid("Invalid filter pattern"))?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        terms.push((term.to_owned(), wanted));
        rest = after.trim_start();
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_written() {
        for position in [Position(0, 0), Position(-5, 7), Position(i64::MAX, u64::MAX)] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for text in ["", "5", "5.", ".5", "5.-1", "5.1.2"] {
            text.parse::<Position>().expect_err(text);
        }
    }
}
