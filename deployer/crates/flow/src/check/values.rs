//! What stands in a parameter.

use serde_json::{Map, Value};

use super::{Report, resource, suggest};
use crate::catalogue::{Kind, Parameter};
use crate::jsonpath::{JsonPath, occurrences};
use crate::model::kind_of;
use crate::path::Path;

/// Numbers seen accepted as JSON numbers by the service.
const NUMBERS_AS_NUMBERS: [&str; 2] = ["LoopCount", "InputTimeLimitSeconds"];

/// One parameter against its rule.
pub(super) fn check(report: &mut Report<'_>, path: Path, value: &Value, rule: &Parameter) {
    // Published exports have empty texts and truth values inside a view's data.
    if rule.name == "ViewData" {
        return;
    }
    if booleans(report, &path, value) {
        return;
    }
    match rule.kind {
        Kind::Map => map(report, &path, value, rule),
        Kind::List => list(report, &path, value, rule),
        Kind::Object => object(report, &path, value, rule),
        Kind::Static | Kind::Single | Kind::Dynamic | Kind::Jsonpath => {
            scalar(report, path, value, rule);
        }
    }
}

/// JSON booleans get a misleading answer from the service, seen for
/// `DisableCancelKey`: it complains about the action's type.
fn booleans(report: &mut Report<'_>, path: &Path, value: &Value) -> bool {
    match value {
        Value::Bool(truth) => {
            let written = if *truth { "True" } else { "False" };
            let kind = report.kind_at(path);
            let type_path = path.action_index().map(|index| Path::action(index).key("Type")).unwrap_or_default();
            let message = format!("Invalid Action type. Type: {kind}, Path: {type_path}");
            report
                .error("boolean", path.clone(), message)
                .explain("JSON booleans are refused, and Connect's message does not say so")
                .suggest(|| Some(format!("write the string \"{written}\"")));
            true
        }
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .fold(false, |found, (index, element)| booleans(report, &path.index(index), element) | found),
        Value::Object(members) => {
            members.iter().fold(false, |found, (name, member)| booleans(report, &path.key(name), member) | found)
        }
        _ => false,
    }
}

fn scalar(report: &mut Report<'_>, path: Path, value: &Value, rule: &Parameter) {
    match value {
        Value::String(text) => self::text(report, path, text, rule),
        Value::Number(number) if rule.integer => {
            let range_ok = number.as_u64().is_some_and(|n| in_range(n, rule));
            if !range_ok {
                out_of_range(report, path, &number.to_string(), rule);
            } else if !NUMBERS_AS_NUMBERS.contains(&rule.name.as_str()) {
                let message = format!("Number where the console writes a string. Path: {path}");
                report
                    .warn("number", path, message)
                    .explain("no record shows whether Connect takes a JSON number here")
                    .suggest(|| Some(format!("write the string \"{number}\"")));
            }
        }
        other => {
            let kind = kind_of(other);
            report.bad_value("value-kind", path).explain(format!("{} is a string, this is {kind}", rule.name));
        }
    }
}

fn text(report: &mut Report<'_>, path: Path, text: &str, rule: &Parameter) {
    if text.is_empty() {
        empty(report, path);
        return;
    }
    if report.is_symbolic(text) {
        if let Some(kind) = &rule.reference {
            resource::check_symbol(report, path, text, kind);
        }
        return;
    }
    let whole = JsonPath::parse(text.trim());
    match rule.kind {
        Kind::Jsonpath if whole.is_none() => {
            report
                .bad_value("jsonpath", path)
                .explain(format!("{} is one JSONPath and nothing else, such as $.Attributes.name", rule.name));
            return;
        }
        Kind::Static if starts_reference(text) => {
            report.bad_value("jsonpath", path).explain(format!("{} takes no JSONPath", rule.name));
            return;
        }
        Kind::Single if whole.is_none() && starts_reference(text) => {
            report
                .bad_value("jsonpath", path)
                .explain(format!("{} is a fixed value or one JSONPath that is the whole value", rule.name));
            return;
        }
        Kind::Dynamic => roots(report, &path, text),
        _ => {}
    }
    match whole {
        Some(reference) if rule.kind != Kind::Dynamic => root(report, path, &reference),
        Some(_) => {}
        None => fixed(report, path, text, rule),
    }
}

/// A text without JSONPath against the values the parameter takes.
fn fixed(report: &mut Report<'_>, path: Path, text: &str, rule: &Parameter) {
    if let Some(values) = &rule.values
        && !values.iter().any(|value| value == text)
    {
        report
            .bad_value("enum", path)
            .explain(format!("{} is one of {}", rule.name, values.join(", ")))
            .suggest(|| suggest::did_you_mean(text, values.iter().map(String::as_str)));
    } else if rule.integer {
        if !text.parse().is_ok_and(|number| in_range(number, rule)) {
            out_of_range(report, path, text, rule);
        }
    } else if let Some(kind) = &rule.reference {
        resource::check(report, path, text, kind);
    }
}

fn in_range(number: u64, rule: &Parameter) -> bool {
    rule.min.is_none_or(|min| number >= min) && rule.max.is_none_or(|max| number <= max)
}

fn out_of_range(report: &mut Report<'_>, path: Path, text: &str, rule: &Parameter) {
    let range = match (rule.min, rule.max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("of at least {min}"),
        _ => "without fraction".to_owned(),
    };
    let explanation = format!("{} is a number {range}, this is {text}", rule.name);
    report.bad_value("range", path).explain(explanation);
}

fn empty(report: &mut Report<'_>, path: Path) {
    report.bad_value("empty", path).explain("an empty text is refused; leave the member out");
}

fn starts_reference(text: &str) -> bool {
    occurrences(text).iter().any(|(range, path)| range.start == 0 || path.has_known_root())
}

/// Unknown roots inside text are read out as they stand, so only a warning.
fn roots(report: &mut Report<'_>, path: &Path, text: &str) {
    for (range, reference) in occurrences(text) {
        if !reference.has_known_root() {
            if report.is_full() {
                return;
            }
            let written = text.get(range).unwrap_or_default();
            let message = format!("Unknown JSONPath root in text. Path: {path}");
            report
                .warn("jsonpath-root", path.clone(), message)
                .explain(format!("Connect has no value named {written}"))
                .suggest(|| meant_root(&reference));
        }
    }
}

fn root(report: &mut Report<'_>, path: Path, reference: &JsonPath) {
    if !reference.has_known_root() {
        report
            .bad_value("jsonpath-root", path)
            .explain(format!("Connect has no value named $.{}", reference.root()))
            .suggest(|| meant_root(reference));
    }
}

fn meant_root(reference: &JsonPath) -> Option<String> {
    suggest::nearest(reference.root(), JsonPath::roots().iter().copied()).map(|meant| format!("did you mean $.{meant}?"))
}

fn members<'v>(report: &mut Report<'_>, path: &Path, value: &'v Value, rule: &Parameter) -> Option<&'v Map<String, Value>> {
    if value.as_str().is_some_and(|text| report.is_symbolic(text)) {
        return None;
    }
    let members = value.as_object();
    if members.is_none() {
        let kind = kind_of(value);
        report.bad_value("value-kind", path.clone()).explain(format!("{} is an object, this is {kind}", rule.name));
    }
    members
}

fn map(report: &mut Report<'_>, path: &Path, value: &Value, rule: &Parameter) {
    let Some(members) = members(report, path, value, rule) else {
        return;
    };
    if rule.max_entries.is_some_and(|max| members.len() > max) {
        let message = format!("More than 6 tags in Parameters.{}", rule.name);
        report.error("limit", path.clone(), message).explain(format!("there are {}", members.len()));
    }
    for (name, member) in members {
        let place = path.key(name);
        if let Some(keys) = &rule.keys
            && !keys.contains(name)
        {
            let message = format!("Invalid Action property name. Path: {place}");
            report
                .error("unknown-parameter", place, message)
                .explain(format!("the keys of {} are {}", rule.name, keys.join(", ")))
                .suggest(|| suggest::did_you_mean(name, keys.iter().map(String::as_str)));
            continue;
        }
        entry(report, place, member, rule);
    }
}

fn entry(report: &mut Report<'_>, path: Path, value: &Value, rule: &Parameter) {
    match (&rule.reference, value) {
        (Some(kind), Value::String(text)) if !text.is_empty() => {
            if report.is_symbolic(text) {
                resource::check_symbol(report, path, text, kind);
            } else {
                match JsonPath::parse(text.trim()) {
                    Some(reference) => root(report, path, &reference),
                    None => resource::check(report, path, text, kind),
                }
            }
        }
        _ => nested(report, &path, value),
    }
}

fn list(report: &mut Report<'_>, path: &Path, value: &Value, rule: &Parameter) {
    if value.as_str().is_some_and(|text| report.is_symbolic(text)) {
        return;
    }
    let Some(elements) = value.as_array() else {
        let kind = kind_of(value);
        report.bad_value("value-kind", path.clone()).explain(format!("{} is a list, this is {kind}", rule.name));
        return;
    };
    if rule.min_entries.is_some_and(|min| elements.len() < min) {
        report.bad_value("empty", path.clone()).explain(format!("{} has at least one element", rule.name));
    }
    for (index, element) in elements.iter().enumerate() {
        let place = path.index(index);
        match (&rule.values, element) {
            (Some(values), element) if !values.iter().any(|value| element == value) => {
                report.bad_value("enum", place).explain(format!("the elements of {} are {}", rule.name, values.join(", ")));
            }
            _ => nested(report, &place, element),
        }
    }
}

fn object(report: &mut Report<'_>, path: &Path, value: &Value, rule: &Parameter) {
    let Some(members) = members(report, path, value, rule) else {
        return;
    };
    for (name, member) in members {
        let place = path.key(name);
        if let Some(fields) = &rule.fields
            && !fields.contains(name)
        {
            let message = format!("Unknown member. Path: {place}");
            report
                .warn("unknown-member", place.clone(), message)
                .explain(format!("the members of {} are {}", rule.name, fields.join(", ")))
                .suggest(|| suggest::did_you_mean(name, fields.iter().map(String::as_str)));
        }
        nested(report, &place, member);
    }
}

/// Texts inside maps, lists and objects: not empty, not null, known roots.
fn nested(report: &mut Report<'_>, path: &Path, value: &Value) {
    match value {
        Value::String(text) if text.is_empty() => empty(report, path.clone()),
        Value::String(text) => roots(report, path, text),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                nested(report, &path.index(index), element);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                nested(report, &path.key(name), member);
            }
        }
        Value::Null | Value::Number(_) => {
            let kind = kind_of(value);
            report.bad_value("value-kind", path.clone()).explain(format!("the value is a string, this is {kind}"));
        }
        Value::Bool(_) => {}
    }
}
