//! Validation of a tree against its shape.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::refused;
use crate::rule::{PatternViolation, StringPattern};
use crate::shape::{Field, Shape};
use crate::sources::Sources;
use crate::suggest::{closest, listed};
use crate::template;
use crate::yaml::{Node, Value};

/// Returns every deviation of the tree from the shape.
pub(crate) fn check(shape: &Shape, node: &Node, sources: &Sources) -> Vec<Diagnostic> {
    let mut checker = Checker { sources, diagnostics: Vec::new() };
    checker.value(shape, node, Location { path: "", key: Span { length: 1, ..Span::START } });
    checker.diagnostics
}

/// The position of a value: its path, and the key in front of it.
#[derive(Clone, Copy)]
struct Location<'p> {
    path: &'p str,
    key: Span,
}

struct Checker<'s> {
    sources: &'s Sources,
    diagnostics: Vec<Diagnostic>,
}

/// Returns the path of the member `name` of the value at `path`.
pub(crate) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Checker<'_> {
    fn fault(&mut self, fault: Diagnostic, place: Location<'_>) {
        self.diagnostics.push(fault.with_path(place.path));
    }

    fn value(&mut self, shape: &Shape, node: &Node, place: Location<'_>) {
        match (shape, &node.value) {
            (Shape::Text(rule), Value::Text(text)) => self.text(rule, text, node.span, Code::BadValue, place),
            (Shape::Template | Shape::TemplateOr(_), Value::Text(_)) => self.template(node, place),
            (Shape::TemplateOr(map) | Shape::TextOr(_, map), Value::Map(_)) => self.map(map, node, place),
            (Shape::TextOr(rule, _), Value::Text(text)) => self.text(rule, text, node.span, Code::BadName, place),
            (Shape::Integer { min, max }, Value::Integer(number)) => {
                if !(i128::from(*min)..=i128::from(*max)).contains(number) {
                    self.out_of_range(node, shape.expected(), place);
                }
            }
            (Shape::Numbers(numbers), Value::Integer(number)) => self.number(numbers, *number, node, place),
            (Shape::Positive { max }, Value::Integer(number)) => self.positive(*number as f64, *max, node, shape, place),
            (Shape::Positive { max }, Value::Decimal(number)) => self.positive(*number, *max, node, shape, place),
            (Shape::Any, Value::Map(_)) => self.keys(node, place),
            (Shape::Bool, Value::Bool(_)) | (Shape::Any, _) => {}
            (Shape::OneOf(words), Value::Text(text)) => self.word(words, text, node, place),
            (Shape::List(element), Value::List(elements)) => self.list(element, elements, place),
            (Shape::Map { .. } | Shape::Section(_) | Shape::Choice(_), Value::Map(_)) => self.map(shape, node, place),
            (shape, Value::Null) if shape.allows_empty() => {}
            _ => self.wrong_type(shape, node, place),
        }
    }

    fn wrong_type(&mut self, shape: &Shape, node: &Node, place: Location<'_>) {
        let name = if place.path.is_empty() { "the file" } else { place.path };
        let large = matches!(node.value, Value::Null | Value::List(_) | Value::Map(_));
        let span = if large { place.key } else { node.span };
        let message = format!("`{name}` must be {}; here is {}", shape.expected(), node.kind());
        let fault = Diagnostic::new(Code::WrongType, span, message);
        let texts =
            matches!(shape, Shape::Text(_) | Shape::TextOr(..) | Shape::Template | Shape::TemplateOr(_) | Shape::OneOf(_));
        let fault = match (&node.value, shape) {
            (Value::Bool(_) | Value::Integer(_) | Value::Decimal(_), _) if texts => {
                fault.help(format!("put it in quotes, so that it is text: \"{}\"", node.written))
            }
            (Value::Text(text), Shape::Integer { .. } | Shape::Numbers(_) | Shape::Positive { .. })
                if text.parse::<f64>().is_ok() =>
            {
                fault.help(format!("write it without quotes: {text}"))
            }
            (Value::Text(text), Shape::Bool) => fault.with_suggestion(as_bool(text).map(|meant| meant.to_string())),
            _ => fault,
        };
        self.fault(fault, place);
    }

    fn out_of_range(&mut self, node: &Node, wanted: String, place: Location<'_>) {
        let fault = Diagnostic::new(Code::OutOfRange, node.span, format!("`{}` is out of range", place.path));
        self.fault(fault.help(format!("it must be {wanted}")), place);
    }

    fn number(&mut self, numbers: &[i64], number: i128, node: &Node, place: Location<'_>) {
        if numbers.iter().any(|allowed| i128::from(*allowed) == number) {
            return;
        }
        let nearest = numbers.iter().min_by_key(|allowed| i128::from(**allowed).abs_diff(number));
        let all: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let fault = Diagnostic::new(Code::NotAllowed, node.span, format!("`{}` cannot be {number}", place.path));
        self.fault(fault.help(format!("it is one of {}", all.join(", "))).with_suggestion(nearest.map(i64::to_string)), place);
    }

    fn positive(&mut self, number: f64, max: f64, node: &Node, shape: &Shape, place: Location<'_>) {
        if !(number > 0.0 && number <= max) {
            self.out_of_range(node, shape.expected(), place);
        }
    }

    fn word(&mut self, words: &[&str], text: &str, node: &Node, place: Location<'_>) {
        if !words.contains(&text) {
            let fault = Diagnostic::new(Code::NotAllowed, node.span, format!("`{}` cannot be `{text}`", place.path));
            let meant = closest(text, words.iter().copied()).map(str::to_owned);
            self.fault(fault.help(format!("it is one of {}", words.join(", "))).with_suggestion(meant), place);
        }
    }

    fn text(&mut self, rule: &StringPattern, text: &str, span: Span, code: Code, place: Location<'_>) {
        let Some(refusal) = rule.violation(text) else { return };
        let shown: String = text.chars().take(60).collect();
        let explained = rule.explain.filter(|_| !matches!(refusal, PatternViolation::Never(_))).and_then(|explain| explain(text));
        let (message, meant) = match (explained, refusal) {
            (Some(explanation), _) => (explanation.message, explanation.suggestion),
            (None, PatternViolation::Length(length)) => {
                let characters = if length == 1 { "1 character".to_owned() } else { format!("{length} characters") };
                (format!("`{shown}` has {characters}; {} has {} to {}", rule.what, rule.min, rule.max), None)
            }
            (None, PatternViolation::Never(why)) => (format!("`{shown}` cannot be {}: {why}", rule.what), None),
            (None, PatternViolation::Pattern) => (format!("`{shown}` is not {}", rule.what), None),
        };
        let fault = Diagnostic::new(code, span, message).with_suggestion(meant);
        self.fault(fault.help(format!("allowed is: {}", rule.allowed)), place);
    }

    fn template(&mut self, node: &Node, place: Location<'_>) {
        for mut fault in template::from_node(node).1 {
            fault.path = place.path.to_owned();
            self.diagnostics.push(fault);
        }
    }

    fn list(&mut self, shape: &Shape, elements: &[Node], place: Location<'_>) {
        let mut seen = HashSet::new();
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{}[{index}]", place.path);
            let place = Location { path: &path, key: element.span };
            self.value(shape, element, place);
            if element.text().is_some_and(|text| !seen.insert(text)) {
                self.fault(
                    Diagnostic::new(Code::Conflict, element.span, format!("`{}` is in the list twice", element.written)),
                    place,
                );
            }
        }
    }

    fn map(&mut self, shape: &Shape, node: &Node, place: Location<'_>) {
        self.keys(node, place);
        match shape {
            Shape::Map { key, value, min, max } => {
                self.count(node, *min, *max, place);
                for (name, at, child) in node.members() {
                    let path = below(place.path, name);
                    let place = Location { path: &path, key: at.span };
                    self.text(key, name, at.span, Code::BadName, place);
                    self.value(value, child, place);
                }
            }
            Shape::Section(fields) => self.section(fields, node, place),
            Shape::Choice(fields) => {
                let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                let given = node.members().filter(|(name, ..)| names.contains(name)).count();
                if given == 0 {
                    let message = format!("`{}` must have one of {}", place.path, listed(&names));
                    self.fault(Diagnostic::new(Code::MissingKey, place.key, message), place);
                } else if given > 1 {
                    let message = format!("`{}` must have only one of {}", place.path, listed(&names));
                    let fault = Diagnostic::new(Code::Conflict, place.key, message);
                    self.fault(fault.help("leave out the others; `KEY: null` removes a key of a file that is extended"), place);
                }
                self.section(fields, node, place);
            }
            _ => {}
        }
    }

    /// Reports keys that are not text, and duplicate keys.
    fn keys(&mut self, node: &Node, place: Location<'_>) {
        let mut seen: std::collections::HashMap<&str, Span> = std::collections::HashMap::new();
        for (key, _) in node.entries() {
            let Some(text) = key.text() else {
                let span = if key.span.length > 0 { key.span } else { place.key };
                let fault = Diagnostic::new(Code::WrongType, span, format!("a key must be text; here is {}", key.kind()));
                self.fault(fault.help("put it in quotes, so that it is text"), place);
                continue;
            };
            if let Some(first) = seen.insert(text, key.span) {
                seen.insert(text, first);
                let path = below(place.path, text);
                let message =
                    format!("the key `{text}` comes twice; it stands already on line {}", self.sources.locate(first).1.line);
                self.fault(Diagnostic::new(Code::DuplicateKey, key.span, message), Location { path: &path, key: key.span });
            }
        }
    }

    fn count(&mut self, node: &Node, min: usize, max: usize, place: Location<'_>) {
        let count = node.entries().len();
        if !(min..=max).contains(&count) {
            let allowed = if min == max { format!("exactly {min}") } else { format!("{min} to {max}") };
            let message = format!("`{}` has {count} entries; it must have {allowed}", place.path);
            self.fault(Diagnostic::new(Code::OutOfRange, place.key, message), place);
        }
    }

    fn section(&mut self, fields: &[Field], node: &Node, place: Location<'_>) {
        for (name, at, child) in node.members() {
            let path = below(place.path, name);
            let inner = Location { path: &path, key: at.span };
            match fields.iter().find(|field| field.name == name) {
                Some(field) => self.value(&field.shape, child, inner),
                None => self.unknown(name, at.span, fields, node, inner),
            }
        }
        for field in fields.iter().filter(|field| field.required && node.get(field.name).is_none()) {
            let of = if place.path.is_empty() { "the spec".to_owned() } else { format!("`{}`", place.path) };
            let fault = Diagnostic::new(Code::MissingKey, place.key, format!("{of} has no `{}`", field.name));
            let wanted = field.shape.expected();
            self.fault(fault.help(format!("{} It is {wanted}.", field.doc)), place);
        }
    }

    fn unknown(&mut self, name: &str, span: Span, fields: &[Field], node: &Node, place: Location<'_>) {
        if let Some((why, help)) = refused::reason(place.path) {
            return self.fault(Diagnostic::new(Code::NotAllowed, span, why).help(help), place);
        }
        let free = fields.iter().map(|field| field.name).filter(|field| node.get(field).is_none());
        let meant = closest(name, free).map(str::to_owned);
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let help = match name {
            "<<" => "merge keys are not part of the format; an alias `*name` can stand for a whole value".to_owned(),
            _ => format!("known here are {}", names.join(", ")),
        };
        let shown: String = name.chars().take(60).collect();
        self.fault(
            Diagnostic::new(Code::UnknownKey, span, format!("there is no key `{shown}` here")).with_suggestion(meant).help(help),
            place,
        );
    }
}

fn as_bool(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}
