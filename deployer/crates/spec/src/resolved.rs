//! The resolved form of a spec: one tree without `extends` and without values from the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Span};
use crate::sources::Sources;
use crate::substitution::is_secret;
use crate::yaml::{Node, Value, json};

/// A spec as one tree, in which everything that it is composed of is merged and put in.
#[derive(Debug)]
pub struct Resolved {
    pub(crate) root: Node,
    /// Variables whose values a text contains, by the position of the text.
    pub(crate) substituted: BTreeMap<Span, BTreeSet<String>>,
    /// Positions of texts with an error.
    pub(crate) invalid: BTreeSet<Span>,
}

impl Resolved {
    /// Adds to a diagnostic of a value from the environment which variables it is from, and the value that does not fit. A value is shown
    /// unless the name of one of its variables is that of a secret.
    pub(crate) fn name_variables(&self, fault: &mut Diagnostic) {
        let Some(variables) = self.substituted.get(&fault.span) else { return };
        let names: Vec<String> = variables.iter().map(|name| format!("`{name}`")).collect();
        let what = if names.len() == 1 { "the variable" } else { "the variables" };
        let shown = match text_at(&self.root, fault.span) {
            Some(text) if !variables.iter().any(|name| is_secret(name)) => format!(", `{}`", shortened(&text)),
            _ => String::new(),
        };
        fault.message.push_str(&format!(" (from {what} {}{shown})", names.join(", ")));
    }

    /// Returns the position of the value at this path, such as `functions.convert`.
    #[must_use]
    pub fn span_of(&self, path: &str) -> Option<Span> {
        self.root.find(&path.split('.').collect::<Vec<_>>()).map(|node| node.span)
    }

    /// Returns the tree as JSON. Values of secrets are not part of it, only the names of the variables that hold them.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = json(&self.root);
        if let Some(members) = json.as_object_mut() {
            members.remove("extends");
        }
        json
    }

    /// Returns the tree as YAML, with comments that say where it comes from: `# base.yaml:12` at what is not in the first file, and at
    /// values from the environment.
    #[must_use]
    pub fn to_yaml(&self, sources: &Sources) -> String {
        let names: Vec<String> = sources.paths().map(|path| path.display().to_string()).collect();
        let mut text = match names.as_slice() {
            [first, rest @ ..] if !rest.is_empty() => format!("# {first}, which extends {}\n", rest.join(", which extends ")),
            _ => String::new(),
        };
        let mut writer = Writer { resolved: self, sources, text: &mut text };
        writer.map(&self.root, 0, names.first().map(String::as_str).unwrap_or_default());
        text
    }
}

/// Returns the value at a position as text.
fn text_at(node: &Node, span: Span) -> Option<String> {
    match &node.value {
        Value::Map(entries) => entries.iter().find_map(|(_, value)| text_at(value, span)),
        Value::List(elements) => elements.iter().find_map(|element| text_at(element, span)),
        Value::Text(text) if node.span == span => Some(text.clone()),
        Value::Integer(number) if node.span == span => Some(number.to_string()),
        Value::Decimal(number) if node.span == span => Some(number.to_string()),
        Value::Bool(value) if node.span == span => Some(value.to_string()),
        _ => None,
    }
}

/// Returns the beginning of a text, with control characters escaped.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String =
        text.chars().take(MOST).flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    if text.chars().count() > MOST {
        shown.push('…');
    }
    shown
}

struct Writer<'w> {
    resolved: &'w Resolved,
    sources: &'w Sources,
    text: &'w mut String,
}

impl Writer<'_> {
    /// Writes the entries of a map, indented by so many spaces. `file` is the file that the reader assumes.
    fn map(&mut self, map: &Node, indent: usize, file: &str) {
        for (name, key, value) in map.members().filter(|(name, ..)| indent > 0 || *name != "extends") {
            let origin = self.origin(key, value, file);
            let inside = origin.as_ref().map_or(file.to_owned(), |(file, _)| file.clone());
            let mut comments: Vec<String> = origin.into_iter().map(|(file, line)| format!("{file}:{line}")).collect();
            let variables = self.resolved.substituted.get(&value.span).filter(|_| !matches!(value.value, Value::Map(_)));
            comments.extend(variables.into_iter().flatten().map(|name| format!("from the variable {name}")));
            let comment = if comments.is_empty() { String::new() } else { format!("  # {}", comments.join(", ")) };
            let _ = write!(self.text, "{:indent$}{}:", "", scalar_text(name, true));
            match &value.value {
                Value::Map(entries) if !entries.is_empty() && !self.fits_on_one_line(value) => {
                    let _ = writeln!(self.text, "{comment}");
                    self.map(value, indent + 2, &inside);
                }
                _ => {
                    let text = value.text().map_or_else(|| inline(value), |text| scalar_text(text, true));
                    let _ = writeln!(self.text, " {text}{comment}");
                }
            }
        }
    }

    /// Returns file and line of an entry, if it is as a whole in another file than the reader assumes.
    fn origin(&self, key: &Node, value: &Node, assumed: &str) -> Option<(String, u32)> {
        let mut files = BTreeSet::new();
        self.files(value, &mut files);
        let (file, at) = self.sources.locate(key.span);
        let file = file.display().to_string();
        files.insert(file.clone());
        (files.len() == 1 && file != assumed).then_some((file, at.line))
    }

    /// Whether a map is short and needs no comment inside.
    fn fits_on_one_line(&self, map: &Node) -> bool {
        let plain = |value: &Node| {
            !matches!(value.value, Value::Map(_) | Value::List(_)) && !self.resolved.substituted.contains_key(&value.span)
        };
        let mut files = BTreeSet::new();
        self.files(map, &mut files);
        files.len() == 1 && map.entries().iter().all(|(_, value)| plain(value)) && inline(map).len() <= 60
    }

    fn files(&self, node: &Node, found: &mut BTreeSet<String>) {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => entries.iter().for_each(|(key, value)| {
                self.files(key, found);
                self.files(value, found);
            }),
            Value::List(elements) if !elements.is_empty() => elements.iter().for_each(|element| self.files(element, found)),
            _ => drop(found.insert(self.sources.locate(node.span).0.display().to_string())),
        }
    }
}

/// Returns a value as YAML on one line.
fn inline(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => scalar_text(text, false),
        Value::List(elements) => format!("[{}]", elements.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Map(_) => {
            let entries = node.members().map(|(name, _, value)| format!("{}: {}", scalar_text(name, false), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns a text as a YAML scalar, in quotes unless it is certainly plain text without them. In a block, braces are plain.
fn scalar_text(text: &str, in_block: bool) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@+ '".contains(c) || in_block && "${},;".contains(c);
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null" | "nan" | "inf"
    );
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/' || c == '$');
    if starts && !word && !text.ends_with(' ') && text.chars().all(plain) {
        text.to_owned()
    } else {
        Json::from(text).to_string()
    }
}
