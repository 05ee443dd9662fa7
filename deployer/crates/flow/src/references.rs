//! Symbolic references `${functions.convert.arn}` in flow files.
//!
//! A flow file of a project refers to resources by name; the names become ARNs when the flow is deployed. This module only
//! finds references and never replaces them.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::Flow;
use crate::path::Path;
use crate::source_map::Position;

/// A `${…}` in a string of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Text between the braces, without surrounding blanks.
    pub text: String,
    /// Place of the string that contains it.
    pub path: Path,
    /// Line of that string, from 1; absent if the flow was not parsed from text.
    pub line: Option<usize>,
    /// Column of that string, from 1.
    pub column: Option<usize>,
}

/// Returns every symbolic reference of a flow, Metadata and object keys included, in document order.
#[must_use]
pub fn references(flow: &Flow) -> Vec<Reference> {
    let mut found = references_in(flow.as_value());
    for reference in &mut found {
        let at = flow.locate(&reference.path);
        reference.line = at.map(|Position { line, .. }| line);
        reference.column = at.map(|Position { column, .. }| column);
    }
    found
}

/// Returns every symbolic reference in a JSON value, without lines and columns.
#[must_use]
pub fn references_in(value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(value, &Path::root(), &mut found);
    found
}

/// Whether a text contains at least one symbolic reference.
#[must_use]
pub fn is_symbolic(text: &str) -> bool {
    !symbols(text).is_empty()
}

fn walk(value: &Value, path: &Path, found: &mut Vec<Reference>) {
    match value {
        Value::String(text) => add(text, path, found),
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                walk(element, &path.index(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let place = path.key(name);
                add(name, &place, found);
                walk(member, &place, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add(text: &str, path: &Path, found: &mut Vec<Reference>) {
    found.extend(symbols(text).into_iter().map(|symbol| Reference {
        text: symbol.to_owned(),
        path: path.clone(),
        line: None,
        column: None,
    }));
}

fn symbols(text: &str) -> Vec<&str> {
    let symbol = |piece| match piece {
        Segment::Symbol(symbol) => Some(symbol),
        Segment::Text(_) => None,
    };
    segments(text).into_iter().filter_map(symbol).collect()
}

/// A segment of a text that may contain references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Literal text.
    Text(Cow<'a, str>),
    /// Text between `${` and `}`, without surrounding blanks.
    Symbol(&'a str),
}

/// Splits a text at its references. `$${` is a literal `${`, and so is a `${` that is not closed or is empty.
#[must_use]
pub fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut found = Vec::new();
    let mut plain = Cow::Borrowed("");
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            plain += before;
            plain += "${";
            rest = after;
            continue;
        }
        let Some((symbol, beyond)) = after.split_once('}') else {
            // No closing brace is left, and searching again after each `${` would take quadratic time in a text full of them.
            plain.to_mut().push_str(&rest.replace("$${", "${"));
            rest = "";
            break;
        };
        plain += before;
        let symbol = symbol.trim();
        if symbol.is_empty() {
            plain += "${";
            rest = after;
            continue;
        }
        if !plain.is_empty() {
            found.push(Segment::Text(std::mem::take(&mut plain)));
        }
        found.push(Segment::Symbol(symbol));
        rest = beyond;
    }
    plain += rest;
    if !plain.is_empty() {
        found.push(Segment::Text(plain));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_everywhere_with_their_places() {
        let text = "{\"Metadata\":{\"name\":\"${project.name} x\"},\n\"Actions\":[{\"Parameters\":{\"A\":\"${a.b}${ c.d }\",\"B\":\"$.External.x ${\"}}]}";
        let flow = Flow::parse(text).unwrap();
        let found: Vec<_> = references(&flow)
            .into_iter()
            .map(|reference| {
                let path = reference.path.to_string();
                (reference.text, path, reference.line.unwrap(), reference.column.unwrap())
            })
            .collect();
        let parameter = "Actions[0].Parameters.A".to_owned();
        assert_eq!(
            found,
            [
                ("project.name".to_owned(), "Metadata.name".to_owned(), 1, 21),
                ("a.b".to_owned(), parameter.clone(), 2, 31),
                ("c.d".to_owned(), parameter, 2, 31),
            ]
        );
    }

    #[test]
    fn an_escaped_or_unfinished_reference_is_plain_text() {
        let text = |text: &'static str| Segment::Text(text.into());
        assert_eq!(segments("a$${b}c"), [text("a${b}c")]);
        assert_eq!(segments("a ${ b } c"), [text("a "), Segment::Symbol("b"), text(" c")]);
        assert_eq!(segments("${}"), [text("${}")]);
        assert_eq!(segments("${a"), [text("${a")]);
        assert_eq!(segments("${a} ${b $${c $$${d"), [Segment::Symbol("a"), text(" ${b ${c $${d")]);
        assert_eq!(segments(""), []);
        assert!(!is_symbolic("$${functions.convert.arn}"));
    }
}
