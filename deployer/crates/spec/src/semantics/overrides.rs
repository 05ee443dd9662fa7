//! Checks of the overrides of hours: dates that exist and are in order, and times on days that are among them.

use std::collections::HashMap;

use jiff::civil::{Date, Weekday};

use super::day_times::day_times;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::OverrideType;
use crate::yaml::Node;

/// Maximum number of times of an override (service model, HoursOfOperationOverrideConfigList).
const MAX_TIMES: usize = 100;

pub(super) fn check(hours: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    let mut names: HashMap<&str, &str> = HashMap::new();
    for (key, at, one) in hours.get("overrides").into_iter().flat_map(Node::members) {
        let path = format!("{path}.overrides.{key}");
        let name = one.get("name").and_then(Node::text).unwrap_or(key);
        if let Some(other) = names.insert(name, key) {
            let message = format!("the overrides `{other}` and `{key}` have the same name `{name}` in Connect");
            faults.push(Diagnostic::new(Code::Conflict, at.span, message).with_path(&path));
        }
        let any = day_times(one.get("times"), &format!("{path}.times"), faults);
        let kind = one.get("type").and_then(Node::text).unwrap_or(OverrideType::Standard.as_str());
        if !any && kind != OverrideType::Standard.as_str() {
            let message = format!("without times, an override of the type {kind} does nothing");
            let fault = Diagnostic::new(Code::MissingKey, at.span, message).with_path(&path);
            faults.push(fault.help("write `times`, such as `times: { MONDAY: [08:00-18:00] }`"));
        }
        let times =
            one.get("times").into_iter().flat_map(Node::members).map(|(_, _, times)| times.elements().len()).sum::<usize>();
        if times > MAX_TIMES {
            let message = format!("an override has at most {MAX_TIMES} times; here are {times}");
            faults.push(Diagnostic::new(Code::OutOfRange, at.span, message).with_path(&path));
        }
        dates(one, at.span, &path, faults);
    }
}

fn dates(one: &Node, at: Span, path: &str, faults: &mut Vec<Diagnostic>) {
    let mut date = |key: &str| -> Option<Date> {
        let node = one.get(key)?;
        let text = node.text().filter(|text| text.len() == 10)?;
        let date = text.parse().ok();
        if date.is_none() {
            let fault = Diagnostic::new(Code::OutOfRange, node.span, format!("there is no date `{text}`"));
            faults.push(fault.with_path(format!("{path}.{key}")));
        }
        date
    };
    let (from, until) = (date("from"), date("until"));
    let Some(from) = from else { return };
    let until = until.or(one.get("until").is_none().then_some(from));
    let Some(until) = until else { return };
    if until < from {
        let span = one.get("until").map_or(at, |node| node.span);
        let message = format!("`{until}` is before `{from}`");
        faults.push(Diagnostic::new(Code::Conflict, span, message).with_path(format!("{path}.until")));
        return;
    }
    let mut days: Vec<Weekday> = Vec::new();
    let mut day = from;
    while day <= until && days.len() < 7 {
        days.push(day.weekday());
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    for (word, at, _) in one.get("times").into_iter().flat_map(Node::members) {
        if !days.iter().any(|day| name(*day) == word) && ALL.iter().any(|day| name(*day) == word) {
            let message = format!("no {word} is among the dates from `{from}` to `{until}`");
            let there = days.iter().map(|day| name(*day)).collect::<Vec<_>>().join(", ");
            let fault = Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("{path}.times.{word}"));
            faults.push(fault.help(format!("they are {there}")));
        }
    }
}

const ALL: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MONDAY",
        Weekday::Tuesday => "TUESDAY",
        Weekday::Wednesday => "WEDNESDAY",
        Weekday::Thursday => "THURSDAY",
        Weekday::Friday => "FRIDAY",
        Weekday::Saturday => "SATURDAY",
        Weekday::Sunday => "SUNDAY",
    }
}
