//! Patch operations as a table: operation, path, type (API Gateway guide, patch-operations).

use serde_json::Value;

use super::bad;
use crate::error::AwsError;

/// Type of a value; every value is given as a string.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Flag,
    Whole,
    Number,
    OneOf(&'static [&'static str]),
    /// The operation has no value.
    Nothing,
}

/// One patchable path; parts in braces match any text.
pub(crate) struct Row(pub(crate) &'static str, pub(crate) &'static str, pub(crate) Kind);

/// An operation found in the table.
pub(crate) struct Patch<'a> {
    pub(crate) op: &'static str,
    /// Path of the row.
    pub(crate) path: &'static str,
    /// Values of the parts in braces, unescaped.
    pub(crate) parts: Vec<String>,
    pub(crate) value: &'a str,
}

impl Patch<'_> {
    /// Returns the nth part in braces.
    pub(crate) fn part(&self, n: usize) -> &str {
        self.parts.get(n).map_or("", String::as_str)
    }

    pub(crate) fn flag(&self) -> bool {
        self.value == "true"
    }
}

/// Reads the operations of a request. All are validated before any is applied.
pub(crate) fn read<'a>(input: &'a Value, table: &'static [Row]) -> Result<Vec<Patch<'a>>, AwsError> {
    let operations = match input.get("patchOperations") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(operations)) => operations,
        Some(_) => return Err(AwsError::serialization("patchOperations", "a list")),
    };
    operations.iter().map(|operation| read_one(operation, table)).collect()
}

fn read_one<'a>(operation: &'a Value, table: &'static [Row]) -> Result<Patch<'a>, AwsError> {
    let text = |member: &str| operation.get(member).and_then(Value::as_str);
    let op = text("op").unwrap_or_default();
    let path = text("path").unwrap_or_default();
    if !["add", "remove", "replace", "move", "copy", "test"].contains(&op) {
        return Err(bad(format!(
            "Invalid patch operation specified. Must be one of: [add, remove, replace, move, copy, test], was '{op}'"
        )));
    }
    let found = table.iter().filter(|row| row.0 == op).find_map(|row| Some((row, bind(row.1, path)?)));
    let Some((row, parts)) = found else {
        let known: Vec<&str> = table.iter().filter(|row| row.0 == op).map(|row| row.1).collect();
        return Err(bad(format!("Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{}]", known.join(", "))));
    };
    let value = match (row.2, text("value")) {
        (Kind::Nothing, value) => value.unwrap_or_default(),
        (_, Some(value)) => value,
        (Kind::Text, None) => "",
        (_, None) => return Err(bad(format!("Invalid null or empty value in {path}"))),
    };
    check(row.2, path, value)?;
    Ok(Patch { op: row.0, path: row.1, parts, value })
}

fn check(kind: Kind, path: &str, value: &str) -> Result<(), AwsError> {
    let fits = match kind {
        Kind::Text | Kind::Nothing => true,
        Kind::Flag => matches!(value, "true" | "false"),
        Kind::Whole => value.parse::<i64>().is_ok(),
        Kind::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
        Kind::OneOf(allowed) => allowed.contains(&value),
    };
    // The message texts are unverified.
    match kind {
        _ if fits => Ok(()),
        Kind::OneOf(allowed) => {
            Err(bad(format!("Invalid value '{value}' for path {path}. Must be one of: [{}]", allowed.join(", "))))
        }
        _ => Err(bad(format!("Invalid value '{value}' for path {path}"))),
    }
}

fn bind(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut parts = Vec::new();
    for (wanted, given) in wanted.iter().zip(given) {
        match wanted.starts_with('{') {
            true if given.is_empty() => return None,
            true => parts.push(given.replace("~1", "/").replace("~0", "~")),
            false if *wanted == given => {}
            false => return None,
        }
    }
    Some(parts)
}
