//! Validation of an input against its shape.

use serde_json::Value;

use super::bind::unknown;
use super::table::{Kind, Shape, Table};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{Request, Service};

/// Returns all validation errors of the input.
///
/// A value of the wrong type, an unknown member and an unimplemented member are rejected immediately; violated constraints are collected.
pub(super) fn input(table: &Table, shape: &Shape, input: &Value, call: &Request) -> Result<ValidationErrors, AwsError> {
    let mut walk = Walk { table, call, faults: ValidationErrors::default(), own_words: None };
    let name = table.operations[call.operation()].input.as_deref().unwrap_or_default();
    walk.structure(name, shape, input, "")?;
    match walk.own_words {
        Some(refusal) if walk.faults.is_empty() => Err(refusal),
        _ => Ok(walk.faults),
    }
}

struct Walk<'a> {
    table: &'a Table,
    call: &'a Request,
    faults: ValidationErrors,
    /// An error that the service words differently from the others; it is returned if there is no other.
    own_words: Option<AwsError>,
}

/// IAM's messages for texts that do not match, where it does not mention patterns (seen in its responses).
const IN_IAM_S_WORDS: [(&str, &str); 2] = [
    (r"[\w+=,.@-]+", "contain only alphanumeric characters and/or the following: +=,.@_-"),
    (
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
        "begin and end with / and contain only alphanumeric characters and/or / characters.",
    ),
];

impl Walk<'_> {
    fn structure(&mut self, name: &str, shape: &Shape, value: &Value, at: &str) -> Result<(), AwsError> {
        let Value::Object(given) = value else { return Err(wrong_type(at, "a structure")) };
        for member in &shape.required {
            if given.get(member).is_none_or(Value::is_null) {
                self.faults.required::<()>(&join(at, member), None);
            }
        }
        for (member, value) in given {
            let Some(of) = shape.members.get(member) else { return Err(unknown(&path(at, member), self.call.operation())) };
            if value.is_null() {
                continue;
            }
            if self.table.unsupported.contains(&format!("{name}.{member}")) {
                match asks(value) {
                    true => return Err(not_carried_out(&path(at, member), self.call.operation())),
                    false => continue,
                }
            }
            self.value(&of.shape, value, &join(at, member))?;
        }
        Ok(())
    }

    fn value(&mut self, name: &str, value: &Value, at: &str) -> Result<(), AwsError> {
        let table = self.table;
        let Some(shape) = table.shapes.get(name) else { return Ok(()) };
        match (shape.kind, value) {
            (Kind::Structure, _) => self.structure(name, shape, value, at)?,
            (Kind::List, Value::Array(items)) => {
                self.size(shape, items.len(), "[...]", at);
                let inner = shape.member.as_deref().unwrap_or_default();
                for (n, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
                    self.value(inner, item, &format!("{at}.{}.member", n + 1))?;
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                self.size(shape, entries.len(), "{...}", at);
                let (key_shape, value_shape) = (shape.key.as_deref(), shape.value.as_deref());
                for (key, entry) in entries {
                    self.text_of(key_shape.unwrap_or_default(), key, &format!("{at}.key"));
                    if !entry.is_null() {
                        self.value(value_shape.unwrap_or_default(), entry, &format!("{at}.{key}.member"))?;
                    }
                }
            }
            (Kind::String | Kind::Character, Value::String(text)) => self.text(shape, text, at),
            (Kind::Blob, Value::String(text)) => self.blob(shape, text, at)?,
            (Kind::Boolean, Value::Bool(_)) | (Kind::Timestamp, Value::Number(_) | Value::String(_)) => {}
            (Kind::Integer | Kind::Long, Value::Number(number)) if is_whole(number) => {
                self.range(shape, number.as_f64().unwrap_or_default(), at);
            }
            (Kind::Float | Kind::Double, Value::Number(number)) => {
                self.range(shape, number.as_f64().unwrap_or_default(), at);
            }
            (kind, _) => return Err(wrong_type(at, kind.wanted())),
        }
        Ok(())
    }

    fn text_of(&mut self, shape: &str, text: &str, at: &str) {
        let table = self.table;
        if let Some(shape) = table.shapes.get(shape) {
            self.text(shape, text, at);
        }
    }

    fn text(&mut self, shape: &Shape, text: &str, at: &str) {
        let shown = if shape.sensitive { "***" } else { text };
        self.size(shape, text.chars().count(), shown, at);
        if let Some(pattern) = &shape.pattern
            && !pattern.fits(text)
        {
            let own = IN_IAM_S_WORDS.iter().find(|(text, _)| self.call.service.id == Service::Iam && *text == pattern.text);
            if let Some((_, must)) = own {
                let message = format!("The specified value for {at} is invalid. It must {must}");
                self.own_words.get_or_insert(AwsError::new(400, "ValidationError", message));
                return;
            }
            self.faults.add(shown, at, format!("Member must satisfy regular expression pattern: {}", pattern.text));
        }
        if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
            self.faults.add(shown, at, format!("Member must satisfy enum value set: [{}]", shape.values.join(", ")));
        }
    }

    /// Checks a blob by the length of its decoded bytes.
    fn blob(&mut self, shape: &Shape, text: &str, at: &str) -> Result<(), AwsError> {
        if shape.min.is_none() && shape.max.is_none() {
            return Ok(());
        }
        let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
        if !text.len().is_multiple_of(4) || padding > 2 {
            return Err(wrong_type(at, "base64"));
        }
        self.size(shape, text.len() / 4 * 3 - padding, "***", at);
        Ok(())
    }

    fn size(&mut self, shape: &Shape, size: usize, shown: &str, at: &str) {
        self.bounds(shape, size as f64, shown, at, "length");
    }

    fn range(&mut self, shape: &Shape, value: f64, at: &str) {
        self.bounds(shape, value, &value.to_string(), at, "value");
    }

    fn bounds(&mut self, shape: &Shape, measure: f64, shown: &str, at: &str, what: &str) {
        if let Some(min) = shape.min.filter(|min| measure < *min) {
            self.faults.add(shown, at, format!("Member must have {what} greater than or equal to {min}"));
        }
        if let Some(max) = shape.max.filter(|max| measure > *max) {
            self.faults.add(shown, at, format!("Member must have {what} less than or equal to {max}"));
        }
    }
}

impl Kind {
    fn wanted(self) -> &'static str {
        match self {
            Kind::Structure => "a structure",
            Kind::List => "a list",
            Kind::Map => "a map",
            Kind::String | Kind::Character => "a string",
            Kind::Blob => "base64",
            Kind::Boolean => "a boolean",
            Kind::Integer | Kind::Long => "a whole number",
            Kind::Float | Kind::Double => "a number",
            Kind::Timestamp => "a moment",
        }
    }
}

/// Whether a number has no fraction; some clients write `3.0`.
fn is_whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|value| value.fract() == 0.0)
}

/// Whether a member's value requests anything: null, false and empty values do not.
fn asks(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && !matches!(text.as_str(), "None" | "NONE"),
        Value::Array(items) => items.iter().any(asks),
        Value::Object(members) => members.values().any(asks),
        _ => true,
    }
}

fn not_carried_out(member: &str, operation: &str) -> AwsError {
    AwsError::new(501, "NotImplemented", format!("the embedded AWS does not carry out {member} of {operation}"))
}

fn wrong_type(at: &str, wanted: &str) -> AwsError {
    AwsError::serialization(if at.is_empty() { "the input" } else { at }, wanted)
}

/// Joins a path as validation messages spell it: `tags.1.member.key`.
fn join(at: &str, member: &str) -> String {
    let mut chars = member.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    let dot = if at.is_empty() { "" } else { "." };
    at.chars().chain(dot.chars()).chain(first).chain(chars).collect()
}

/// Formats a path for people: the member's own name, and its location.
fn path(at: &str, member: &str) -> String {
    if at.is_empty() { member.to_owned() } else { format!("{member} (in {at})") }
}
