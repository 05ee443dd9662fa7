//! Preconditions of a call.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, Time, UtcOffset, Weekday};

use super::fault::TestFileError;
use super::model::{AnswerKind, FunctionAnswer, Given, GivenQueue, Hours, PercentSource};
use super::reader::Reader;
use super::stubs;
use super::tree::{Content, Node};
use crate::interpret::ThirdParty;

const PARTS: [&str; 14] = [
    "caller",
    "called",
    "time",
    "attributes",
    "functions",
    "bots",
    "flows",
    "queues",
    "hours",
    "percent",
    "seed",
    "fails",
    "results",
    "numbers",
];

impl Default for Given {
    /// Returns the preconditions of a call on a Monday at ten in the morning (UTC) from a number that is not assigned.
    fn default() -> Self {
        Self {
            caller: Some("+12065550123".to_owned()),
            called: "+18005550100".to_owned(),
            time: time::macros::datetime!(2026-01-05 10:00 UTC),
            attributes: Map::new(),
            functions: BTreeMap::new(),
            bots: BTreeMap::new(),
            flows: BTreeMap::new(),
            queues: BTreeMap::new(),
            hours: BTreeMap::new(),
            chance: PercentSource::Seed(0),
            fails: BTreeMap::new(),
            results: BTreeMap::new(),
            numbers: BTreeMap::new(),
        }
    }
}

/// Adds the preconditions in a node to the existing ones.
pub(super) fn read(reader: &mut Reader, node: &Node, given: &mut Given) {
    let Some(parts) = reader.section(node, "what is given", &PARTS) else { return };
    for (name, part) in &parts {
        match name.as_str() {
            "caller" if part.text() == Some("withheld") => given.caller = None,
            "caller" => given.caller = number(reader, part).or(given.caller.take()),
            "called" => given.called = number(reader, part).unwrap_or_else(|| given.called.clone()),
            "time" => given.time = moment(reader, part).unwrap_or(given.time),
            "attributes" => {
                for (name, value) in reader.map(part, "attributes") {
                    given.attributes.extend(reader.scalar(value, "an attribute").map(|value| (name, Value::from(value))));
                }
            }
            "functions" => {
                each(reader, part, name, &mut given.functions, |reader, _, node| stubs::list(reader, node, answer));
            }
            "bots" => each(reader, part, name, &mut given.bots, |reader, _, node| stubs::bot(reader, node)),
            "flows" => each(reader, part, name, &mut given.flows, |reader, _, node| reader.file(node)),
            "queues" => each(reader, part, name, &mut given.queues, queue),
            "hours" => each(reader, part, name, &mut given.hours, |reader, _, node| hours(reader, node)),
            "fails" => each(reader, part, name, &mut given.fails, |reader, _, node| reader.text(node, "an error")),
            "results" => {
                each(reader, part, name, &mut given.results, |reader, _, node| stubs::list(reader, node, stubs::result));
            }
            "numbers" => each(reader, part, name, &mut given.numbers, |reader, _, node| third_party(reader, node)),
            "percent" => given.chance = chance(reader, part, 1, 100, given.chance),
            _ => given.chance = chance(reader, part, 0, u64::MAX, given.chance),
        }
    }
    if let (Some(percent), Some(_)) = (parts.get("percent"), parts.get("seed")) {
        reader.fault(percent.at, "`percent` and `seed` exclude each other");
    }
}

fn each<T>(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    into: &mut BTreeMap<String, T>,
    read: impl Fn(&mut Reader, &str, &Node) -> Option<T>,
) {
    for (name, part) in reader.map(node, what) {
        if let Some(value) = read(reader, &name, part) {
            into.insert(name, value);
        }
    }
}

fn number(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "a number")?;
    let digits = text.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text);
    }
    let fault = TestFileError::new(node.at, format!("\"{text}\" is not a number in E.164 form"));
    reader.faults.push(fault.help("write it as \"+18005550100\", or `withheld` for a caller without one"));
    None
}

fn moment(reader: &mut Reader, node: &Node) -> Option<OffsetDateTime> {
    let text = reader.text(node, "a time")?;
    let moment = OffsetDateTime::parse(&text, &Rfc3339).ok();
    if moment.is_none() {
        reader
            .faults
            .push(TestFileError::new(node.at, format!("\"{text}\" is no moment")).help("write it as 2026-01-05T10:00:00Z"));
    }
    moment
}

fn chance(reader: &mut Reader, node: &Node, least: u64, most: u64, before: PercentSource) -> PercentSource {
    match reader.number(node, "chance", least, most) {
        Some(number) if least == 1 => u8::try_from(number).map_or(before, PercentSource::Percent),
        Some(number) => PercentSource::Seed(number),
        None => before,
    }
}

const ANSWERS: &str = "it is `timeout`, `throttled`, `real`, `{ answer: … }`, `{ text: … }` or `{ error: { type, message } }`";

fn answer(reader: &mut Reader, node: &Node) -> Option<FunctionAnswer> {
    let plain = match node.text() {
        Some("timeout") => Some(AnswerKind::TimesOut),
        Some("throttled") => Some(AnswerKind::Throttled),
        Some("real") => Some(AnswerKind::Real),
        _ => None,
    };
    if let Some(kind) = plain {
        return Some(FunctionAnswer { kind, after: 0 });
    }
    if !matches!(node.content, Content::Map(_)) {
        reader.faults.push(TestFileError::new(node.at, "this is no answer of a function").help(ANSWERS));
        return None;
    }
    let parts = reader.section(node, "an answer", &["answer", "text", "error", "after_seconds"])?;
    let after = parts.get("after_seconds").and_then(|part| reader.number(part, "after_seconds", 0, 900)).unwrap_or(0);
    let mut kinds = Vec::new();
    if let Some(part) = parts.get("answer") {
        kinds.push(Some(AnswerKind::Json(part.json())));
    }
    if let Some(part) = parts.get("text") {
        kinds.push(reader.scalar(part, "a text").map(AnswerKind::Text));
    }
    if let Some(part) = parts.get("error") {
        kinds.push(failure(reader, part));
    }
    match kinds.len() {
        1 => kinds.remove(0).map(|kind| FunctionAnswer { kind, after }),
        _ => {
            reader.faults.push(TestFileError::new(node.at, "an answer says exactly one thing").help(ANSWERS));
            None
        }
    }
}

fn failure(reader: &mut Reader, node: &Node) -> Option<AnswerKind> {
    let parts = reader.section(node, "an error", &["type", "message"])?;
    let mut text = |name: &str, default: &str| match parts.get(name) {
        Some(part) => reader.scalar(part, name),
        None => Some(default.to_owned()),
    };
    let (kind, message) = (text("type", "Error"), text("message", ""));
    Some(AnswerKind::Fails(kind?, message?))
}

/// Names of metrics in a test file, and in `CheckMetricData`.
const METRICS: [(&str, &str); 5] = [
    ("agents_available", "NumberOfAgentsAvailable"),
    ("agents_online", "NumberOfAgentsOnline"),
    ("agents_staffed", "NumberOfAgentsStaffed"),
    ("contacts", "NumberOfContactsInQueue"),
    ("oldest_seconds", "OldestContactInQueueAgeSeconds"),
];

fn queue(reader: &mut Reader, key: &str, node: &Node) -> Option<GivenQueue> {
    let mut queue = GivenQueue { name: key.to_owned(), ..GivenQueue::default() };
    if node.is_null() {
        return Some(queue);
    }
    let mut known = vec!["name", "full", "hours", "answered_after_seconds", "agent", "holds_seconds"];
    known.extend(METRICS.map(|(name, _)| name));
    let parts = reader.section(node, "a queue", &known)?;
    for (name, part) in &parts {
        match name.as_str() {
            "name" => queue.name = reader.text(part, "a name").unwrap_or(queue.name),
            "full" => queue.full = reader.truth(part, "full").unwrap_or_default(),
            "hours" => queue.hours = reader.text(part, "the key of hours"),
            "agent" => queue.agent = reader.text(part, "an agent"),
            "holds_seconds" => queue.holds = stubs::holds(reader, part),
            "answered_after_seconds" => queue.answered_after = reader.number(part, name, 0, 86_400),
            metric => {
                let name = METRICS.iter().find(|(short, _)| *short == metric).map(|(_, name)| *name).unwrap_or_default();
                let number = reader.number(part, metric, 0, u64::from(u32::MAX));
                queue.metrics.extend(number.map(|number| (name.to_owned(), number)));
            }
        }
    }
    if let Some(part) = parts.get("holds_seconds").filter(|_| !parts.contains_key("answered_after_seconds")) {
        let fault = TestFileError::new(part.at, "nobody answers here, so nobody holds the caller");
        reader.faults.push(fault.help("say after how many seconds the agent answers: answered_after_seconds: 20"));
    }
    Some(queue)
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Reads `open`, `closed`, or days with times.
fn hours(reader: &mut Reader, node: &Node) -> Option<Hours> {
    match node.text() {
        Some("open") => return Some(Hours::Always(true)),
        Some("closed") => return Some(Hours::Always(false)),
        Some(_) => {
            reader
                .faults
                .push(TestFileError::new(node.at, "these are no hours").help("write open, closed, or days: monday: 09:00-17:00"));
            return None;
        }
        None => {}
    }
    let mut known = vec!["utc_offset"];
    known.extend(DAYS.map(|(name, _)| name));
    let parts = reader.section(node, "hours", &known)?;
    let mut offset = UtcOffset::UTC;
    let mut days = Vec::new();
    for (name, part) in parts {
        let Some(text) = reader.text(part, "a time") else { continue };
        let day = DAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day);
        let fault =
            TestFileError::new(part.at, format!("\"{text}\" is no {}", if day.is_some() { "span of time" } else { "offset" }));
        match (day, day.and_then(|_| span(&text)), utc_offset(&text)) {
            (Some(day), Some((from, to)), _) => days.push((day, from, to)),
            (Some(_), None, _) => reader.faults.push(fault.help("write it as \"09:00-17:00\"")),
            (None, _, Some(found)) => offset = found,
            (None, _, None) => reader.faults.push(fault.help("write it as \"+01:00\"")),
        }
    }
    Some(Hours::Week { offset, days })
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
}

fn span(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (clock(from)?, clock(to)?);
    (from < to).then_some((from, to))
}

fn utc_offset(text: &str) -> Option<UtcOffset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
    UtcOffset::from_hms(hours.checked_mul(sign)?, minutes.checked_mul(sign)?, 0).ok()
}

fn third_party(reader: &mut Reader, node: &Node) -> Option<ThirdParty> {
    let found = match node.text() {
        Some("answers") => Some(ThirdParty::Answers),
        Some("fails") => Some(ThirdParty::Fails),
        Some("does not answer") => Some(ThirdParty::DoesNotAnswer),
        _ => None,
    };
    if found.is_none() {
        reader.fault(node.at, "a number `answers`, `fails` or `does not answer`");
    }
    found
}
