//! Numbers in parameters, as JSON numbers or as texts.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::report::Report;
use crate::jsonpath::JsonPath;
use crate::path::Path;

/// Checks that a number, or a text that is one, is in its range; a JSONPath or reference may be any number.
pub(crate) fn check_range(report: &mut Report<'_>, path: Path, value: &Value, range: RangeInclusive<i64>, rule: &str) {
    let text = value.as_str();
    if text.is_some_and(|text| report.is_symbolic(text) || JsonPath::parse(text).is_some()) || value.is_boolean() {
        return;
    }
    let number = text.map_or_else(|| value.as_i64(), |text| text.parse().ok());
    if !number.is_some_and(|number| range.contains(&number)) {
        report
            .bad_value("range", path)
            .explain(format!("{rule}, this is {}", text.map_or_else(|| value.to_string(), str::to_owned)));
    }
}

/// Returns a number that is not negative and has no fraction.
pub(crate) fn whole_number(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

/// Whether a character is a key of a telephone.
pub(crate) fn is_key(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '*' | '#')
}
