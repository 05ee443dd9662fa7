//! Checks of parameter values.

use serde_json::{Map, Value};

use crate::actions::ActionType;
use crate::findings::finding::Severity;
use crate::findings::report::Report;
use crate::findings::{resource, suggest};
use crate::jsonpath::{JsonPath, ROOTS, near_misses, occurrences};
use crate::model::{Action, json_type};
use crate::path::Path;
use crate::rules::{Kind, Parameter, Rule as GroupRule};

/// Parameters whose text is spoken, so that it may end with a full stop.
const SPOKEN: [&str; 2] = ["Text", "SSML"];

/// A parameter's rule in the context of its action.
pub(super) struct Rule<'a> {
    parameter: &'a Parameter,
    /// Severity of a violation.
    severity: Severity,
    /// Severity of a violation where no export contradicts the guides.
    of_action: Severity,
    /// Whether the action requires the parameter.
    needed: bool,
}

impl<'a> Rule<'a> {
    pub(super) fn new(parameter: &'a Parameter, action: Action<'_>, rules: &ActionType) -> Self {
        let alone = |keys: &[&str]| keys.iter().filter(|key| action.parameter(key).is_some()).count() == 1;
        let grouped = rules
            .groups
            .iter()
            .any(|group| group.rule != GroupRule::AtMostOne && group.keys.contains(&parameter.name) && alone(group.keys));
        let replaced = parameter.required_unless.is_some_and(|other| action.parameter(other).is_none());
        let needed = parameter.required || grouped || replaced;
        Self { parameter, severity: rules.status_of(parameter).into(), of_action: rules.source.status.into(), needed }
    }
}

/// Checks one parameter against its rule.
pub(super) fn check(report: &mut Report<'_>, path: Path, value: &Value, rule: &Rule<'_>) {
    let parameter = rule.parameter;
    match parameter.kind {
        Kind::Map => map(report, &path, value, rule),
        Kind::List => list(report, &path, value, rule),
        Kind::Object => object(report, &path, value, rule),
        Kind::Static | Kind::Single | Kind::Dynamic | Kind::Jsonpath => scalar(report, path, value, rule),
    }
}

/// Reports a JSON boolean. The service's response to it is misleading, seen for `DisableCancelKey`: it complains about the
/// action's type.
pub(super) fn boolean(report: &mut Report<'_>, path: &Path, truth: bool) {
    let written = if truth { "True" } else { "False" };
    let kind = report.kind_at(path);
    let type_path = path.action_index().map(|index| Path::action(index).key("Type")).unwrap_or_default();
    let message = format!("Invalid Action type. Type: {kind}, Path: {type_path}");
    report
        .error("boolean", path.clone(), message)
        .explain("JSON booleans are refused, and Connect's message does not say so")
        .suggest(|| Some(format!("write the string \"{written}\"")));
}

fn scalar(report: &mut Report<'_>, path: Path, value: &Value, rule: &Rule<'_>) {
    let parameter = rule.parameter;
    match value {
        Value::String(text) => self::text(report, path, text, rule),
        Value::Bool(truth) => boolean(report, &path, *truth),
        Value::Number(number) if parameter.integer => {
            if !number.as_i64().is_some_and(|n| in_range(n, parameter)) {
                out_of_range(report, path, &number.to_string(), rule);
            } else if !parameter.numbers {
                let message = format!("Number where the console writes a string. Path: {path}");
                report
                    .warn("number", path, message)
                    .explain("no record shows whether Connect takes a JSON number here")
                    .suggest(|| Some(format!("write the string \"{number}\"")));
            }
        }
        other => {
            let kind = json_type(other);
            let name = parameter.name;
            report.violation("value-kind", rule.severity, path).explain(format!("{name} is a string, this is {kind}"));
        }
    }
}

fn text(report: &mut Report<'_>, path: Path, text: &str, rule: &Rule<'_>) {
    let parameter = rule.parameter;
    if text.is_empty() {
        empty(report, path, rule.needed);
        return;
    }
    if report.is_symbolic(text) {
        match parameter.reference {
            Some(kind) => resource::check_symbol(report, path, text, kind),
            None => near(report, &path, text, SPOKEN.contains(&parameter.name)),
        }
        return;
    }
    let whole = JsonPath::parse(text.trim());
    match parameter.kind {
        Kind::Jsonpath if whole.is_none() => {
            report
                .violation("jsonpath", rule.severity, path)
                .explain(format!("{} is one JSONPath and nothing else, such as $.Attributes.name", parameter.name))
                .suggest(|| meant_path(text));
            return;
        }
        Kind::Static if starts_reference(text) => {
            let name = parameter.name;
            report.violation("jsonpath", rule.severity, path).explain(format!("{name} takes no JSONPath"));
            return;
        }
        Kind::Single if whole.is_none() && starts_reference(text) => {
            mixed(report, path, text, rule);
            return;
        }
        Kind::Dynamic => roots(report, &path, text),
        _ => {}
    }
    near(report, &path, text, SPOKEN.contains(&parameter.name));
    match whole {
        Some(reference) if parameter.kind != Kind::Dynamic => root(report, path, &reference, rule.severity),
        Some(_) => {}
        None => fixed(report, path, text, rule),
    }
}

/// Reports text around a JSONPath in a parameter that is documented to accept only one or the other. Exports contain it where
/// the parameter does not refer to a resource.
fn mixed(report: &mut Report<'_>, path: Path, text: &str, rule: &Rule<'_>) {
    let parameter = rule.parameter;
    let strict = parameter.reference.is_some() || parameter.integer || !parameter.values.is_empty();
    let severity = if strict { rule.severity } else { Severity::Warning };
    report
        .violation("jsonpath", severity, path)
        .explain(format!("{} is documented as a fixed value or one JSONPath that is the whole value", parameter.name))
        .suggest(|| meant_path(text));
}

/// Returns the JSONPath that a text would be without what follows it.
fn meant_path(text: &str) -> Option<String> {
    let meant = near_misses(text).into_iter().next().and_then(|miss| miss.meant);
    let cut =
        || JsonPath::parse(text.trim().trim_end_matches(['.', ' '])).map(|_| text.trim().trim_end_matches(['.', ' ']).to_owned());
    meant.or_else(cut).map(|meant| format!("did you mean {meant}?"))
}

/// Checks a text without JSONPath against the accepted values of the parameter.
fn fixed(report: &mut Report<'_>, path: Path, text: &str, rule: &Rule<'_>) {
    let parameter = rule.parameter;
    let name = parameter.name;
    let values = parameter.values;
    if !values.is_empty() && !values.contains(&text) {
        let list = values.join(", ");
        let finding = if parameter.open {
            let message = format!("Value is not documented. Path: {path}");
            report.warn("enum", path, message).explain(format!("the documented values of {name} are {list}"))
        } else {
            report.violation("enum", rule.severity, path).explain(format!("{name} is one of {list}"))
        };
        finding.suggest(|| suggest::did_you_mean(text, values.iter().copied()));
    } else if parameter.integer {
        if !text.parse().is_ok_and(|number| in_range(number, parameter)) {
            out_of_range(report, path, text, rule);
        }
    } else if let Some(kind) = parameter.reference {
        resource::check(report, path, text, kind);
    }
}

fn in_range(number: i64, rule: &Parameter) -> bool {
    rule.min.is_none_or(|min| number >= min) && rule.max.is_none_or(|max| number <= max)
}

fn out_of_range(report: &mut Report<'_>, path: Path, text: &str, rule: &Rule<'_>) {
    let parameter = rule.parameter;
    let range = match (parameter.min, parameter.max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("of at least {min}"),
        _ => "without fraction".to_owned(),
    };
    let number = text.trim().parse::<f64>().is_ok();
    let severity = if number { rule.severity } else { rule.of_action };
    let explanation = format!("{} is a number {range}, this is {text}", parameter.name);
    report.violation("range", severity, path).explain(explanation);
}

fn empty(report: &mut Report<'_>, path: Path, needed: bool) {
    let advice = if needed { "give it a value" } else { "leave the member out" };
    report.bad_value("empty", path).explain(format!("an empty text is refused; {advice}"));
}

fn starts_reference(text: &str) -> bool {
    occurrences(text).iter().any(|(range, path)| range.start == 0 || path.has_known_root())
}

/// Reports unknown roots. Connect reads them out literally, so they are only a warning.
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
                .explain(format!("Connect has no documented value named {written}"))
                .suggest(|| meant_root(&reference));
        }
    }
}

/// Reports text that looks like a reference but is not one.
fn near(report: &mut Report<'_>, path: &Path, text: &str, spoken: bool) {
    for miss in near_misses(text) {
        if report.is_full() {
            return;
        }
        let written = text.get(miss.range).unwrap_or_default();
        let message = format!("Text that looks like a JSONPath and is none. Path: {path}");
        let explanation = match &miss.meant {
            Some(_) => format!("{written} is taken as it stands, not as the value of an attribute"),
            None => format!("{written} names no attribute"),
        };
        report
            .warn("near-miss", path.clone(), message)
            .explain(explanation)
            .suggest(|| miss.meant.map(|meant| format!("did you mean {meant}?")));
    }
    let whole = text.strip_suffix('.').and_then(JsonPath::parse);
    if let Some(reference) = whole.filter(|reference| !spoken && reference.has_known_root()) {
        let message = format!("JSONPath with a full stop after it. Path: {path}");
        let meant = text.trim_end_matches('.').to_owned();
        report
            .warn("near-miss", path.clone(), message)
            .explain(format!("the full stop becomes part of the text that follows the value of $.{}", reference.root()))
            .suggest(|| Some(format!("did you mean {meant}?")));
    }
}

fn root(report: &mut Report<'_>, path: Path, reference: &JsonPath, severity: Severity) {
    if !reference.has_known_root() {
        report
            .violation("jsonpath-root", severity, path)
            .explain(format!("Connect has no value named $.{}", reference.root()))
            .suggest(|| meant_root(reference));
    }
}

fn meant_root(reference: &JsonPath) -> Option<String> {
    suggest::nearest(reference.root(), ROOTS.map(|(root, _)| root)).map(|meant| format!("did you mean $.{meant}?"))
}

fn members<'v>(report: &mut Report<'_>, path: &Path, value: &'v Value, rule: &Rule<'_>) -> Option<&'v Map<String, Value>> {
    if value.as_str().is_some_and(|text| report.is_symbolic(text)) {
        return None;
    }
    let members = value.as_object();
    if members.is_none() {
        let kind = json_type(value);
        let name = rule.parameter.name;
        report.violation("value-kind", rule.severity, path.clone()).explain(format!("{name} is an object, this is {kind}"));
    }
    members
}

fn map(report: &mut Report<'_>, path: &Path, value: &Value, rule: &Rule<'_>) {
    let Some(members) = members(report, path, value, rule) else {
        return;
    };
    let parameter = rule.parameter;
    if parameter.max_entries.is_some_and(|max| members.len() > max) {
        let message = format!("More than 6 tags in Parameters.{}", parameter.name);
        report.error("limit", path.clone(), message).explain(format!("there are {}", members.len()));
    }
    for (name, member) in members {
        let place = path.key(name);
        unlisted(report, &place, name, parameter);
        entry(report, place, member, parameter);
    }
}

/// Reports a key or member that the table does not have.
fn unlisted(report: &mut Report<'_>, place: &Path, name: &str, parameter: &Parameter) {
    let known = parameter.members;
    if known.is_empty() || known.contains(&name) {
        return;
    }
    let of = parameter.name;
    let message = format!("Member is not documented. Path: {place}");
    report
        .warn("unknown-member", place.clone(), message)
        .explain(format!("the documented members of {of} are {}", known.join(", ")))
        .suggest(|| suggest::did_you_mean(name, known.iter().copied()));
}

fn entry(report: &mut Report<'_>, path: Path, value: &Value, rule: &Parameter) {
    match (rule.reference, value) {
        (Some(kind), Value::String(text)) if !text.is_empty() => {
            if report.is_symbolic(text) {
                resource::check_symbol(report, path, text, kind);
            } else {
                match JsonPath::parse(text.trim()) {
                    Some(reference) => root(report, path, &reference, Severity::Error),
                    None => resource::check(report, path, text, kind),
                }
            }
        }
        _ => nested(report, &path, value, rule),
    }
}

fn list(report: &mut Report<'_>, path: &Path, value: &Value, rule: &Rule<'_>) {
    if value.as_str().is_some_and(|text| report.is_symbolic(text)) {
        return;
    }
    let parameter = rule.parameter;
    let name = parameter.name;
    let Some(elements) = value.as_array() else {
        let kind = json_type(value);
        report.violation("value-kind", rule.severity, path.clone()).explain(format!("{name} is a list, this is {kind}"));
        return;
    };
    if parameter.min_entries.is_some_and(|min| elements.len() < min) {
        report.violation("empty", rule.severity, path.clone()).explain(format!("{name} has at least one element"));
    }
    for (index, element) in elements.iter().enumerate() {
        let place = path.index(index);
        let values = parameter.values;
        match element {
            element if !values.is_empty() && !values.iter().any(|value| element == value) => {
                let known = values.join(", ");
                if parameter.open && element.is_string() {
                    let message = format!("Value is not documented. Path: {place}");
                    report.warn("enum", place, message).explain(format!("the documented elements of {name} are {known}"));
                } else {
                    report.violation("enum", rule.severity, place).explain(format!("the elements of {name} are {known}"));
                }
            }
            _ => nested(report, &place, element, parameter),
        }
    }
}

fn object(report: &mut Report<'_>, path: &Path, value: &Value, rule: &Rule<'_>) {
    let Some(members) = members(report, path, value, rule) else {
        return;
    };
    for (name, member) in members {
        let place = path.key(name);
        unlisted(report, &place, name, rule.parameter);
        nested(report, &place, member, rule.parameter);
    }
}

/// Checks texts inside maps, lists and objects: they must not be empty and must have known roots; other values are only
/// accepted where any JSON is.
fn nested(report: &mut Report<'_>, path: &Path, value: &Value, parameter: &Parameter) {
    let free = parameter.free;
    match value {
        Value::String(text) if text.is_empty() => {
            if !free {
                empty(report, path.clone(), false);
            }
        }
        Value::String(text) => {
            roots(report, path, text);
            let member = path.last_key().unwrap_or_default();
            near(report, path, text, free || SPOKEN.contains(&member));
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                nested(report, &path.index(index), element, parameter);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                nested(report, &path.key(name), member, parameter);
            }
        }
        Value::Null | Value::Number(_) | Value::Bool(_) if free => {}
        Value::Bool(truth) if parameter.refuses_booleans => boolean(report, path, *truth),
        Value::Null | Value::Number(_) | Value::Bool(_) => {
            let kind = json_type(value);
            let message = format!("Value that is no string is not documented here. Path: {path}");
            report
                .warn("value-kind", path.clone(), message)
                .explain(format!("the console writes strings here, this is {kind}"))
                .suggest(|| (!value.is_null()).then(|| format!("write the string \"{value}\"")));
        }
    }
}
