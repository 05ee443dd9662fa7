//! The model tables, parsed at the first request of a service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use fancy_regex::Regex;
use serde::{Deserialize, Deserializer};

/// Operations of one service and the shapes of their inputs.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    pub(super) operations: BTreeMap<String, Operation>,
    pub(super) shapes: BTreeMap<String, Shape>,
    /// Members that are not implemented, as `Shape.Member`.
    #[serde(skip)]
    pub(super) unsupported: BTreeSet<String>,
    /// Members that AWS accepts and ignores, and members of documents that are stored as a whole.
    #[cfg(test)]
    #[serde(skip)]
    pub(super) ignored: BTreeSet<String>,
}

/// An operation.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    /// Error codes that it declares.
    pub(super) errors: Vec<String>,
    /// Shape of its input; `None` if it has none.
    pub(super) input: Option<String>,
}

/// A shape of an input.
#[derive(Debug, Deserialize)]
pub(super) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) required: Vec<String>,
    #[serde(default)]
    pub(super) members: BTreeMap<String, Member>,
    /// Minimum length, size or value.
    pub(super) min: Option<f64>,
    /// Maximum length, size or value.
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<Pattern>,
    #[serde(rename = "enum", default)]
    pub(super) values: Vec<String>,
    /// Whether its value must not appear in messages.
    #[serde(default)]
    pub(super) sensitive: bool,
    /// Shape of a list's elements.
    pub(super) member: Option<String>,
    /// Shape of a map's keys.
    pub(super) key: Option<String>,
    /// Shape of a map's values.
    pub(super) value: Option<String>,
}

/// The type of a value, in the models' terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Structure,
    List,
    Map,
    String,
    Character,
    Blob,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp,
}

/// A member of a structure.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) shape: String,
    /// Location in the request; `None` is the body.
    pub(super) location: Option<Location>,
    /// Name at that location.
    #[serde(rename = "locationName")]
    pub(super) name: Option<String>,
}

/// A location in a request other than its JSON body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Location {
    Uri,
    QueryString,
    Header,
    Headers,
}

/// A pattern that a whole text must match, as written in the models.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    whole: LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>,
}

impl Pattern {
    fn new(text: String) -> Self {
        let source = text.clone();
        // A test compiles every pattern of every table.
        let compile = move || whole(&source).unwrap_or_else(|error| unreachable!("{source}: {error}"));
        Self { text, whole: LazyLock::new(Box::new(compile)) }
    }

    /// Whether the whole of `value` matches. A match that takes too many steps counts as a mismatch.
    pub(super) fn fits(&self, value: &str) -> bool {
        self.whole.is_match(value).unwrap_or(false)
    }
}

/// Translates a pattern. The models are written for Java: `\w` and `\d` are ASCII there, a `-` after a range is literal, and the whole text
/// has to match.
fn whole(pattern: &str) -> Result<Regex, Box<fancy_regex::Error>> {
    let mut ours = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, in_class) {
            ('\\', _) => match (chars.next(), in_class) {
                (Some('w'), true) => ours.push_str("a-zA-Z0-9_"),
                (Some('w'), false) => ours.push_str("[a-zA-Z0-9_]"),
                (Some('d'), true) => ours.push_str("0-9"),
                (Some('d'), false) => ours.push_str("[0-9]"),
                (Some(escaped), _) => ours.extend(['\\', escaped]),
                (None, _) => ours.push('\\'),
            },
            ('[', false) => {
                in_class = true;
                ours.push('[');
                if chars.peek() == Some(&'^') {
                    ours.extend(chars.next());
                }
            }
            // Would open a class within the class.
            ('[', true) => ours.push_str("\\["),
            (']', true) => {
                in_class = false;
                ours.push(']');
            }
            ('-', true) if ours.ends_with(|last: char| last.is_ascii_alphanumeric()) && after_range(&ours) => {
                ours.push_str("\\-");
            }
            (c, _) => ours.push(c),
        }
    }
    Regex::new(&format!(r"\A(?:{ours})\z")).map_err(Box::new)
}

/// Whether the text written so far ends in a range such as `0-9`.
fn after_range(written: &str) -> bool {
    let mut last = written.chars().rev();
    last.next();
    last.next() == Some('-') && last.next().is_some_and(|first| first.is_ascii_alphanumeric())
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

const UNSUPPORTED: &str = include_str!("../../model/unsupported.txt");

fn read(service: &str, json: &str) -> Table {
    // A test parses every table.
    let mut table: Table = serde_json::from_str(json).unwrap_or_else(|error| unreachable!("{service}: {error}"));
    let lines = UNSUPPORTED.lines().filter_map(|line| line.strip_prefix(service)?.strip_prefix(' '));
    table.unsupported = lines.clone().filter(|line| !line.contains(' ')).map(str::to_owned).collect();
    #[cfg(test)]
    table.ignored.extend(
        lines
            .filter_map(|line| line.split_once(" ignored: ").or_else(|| line.split_once(" stored: ")))
            .map(|(member, _)| member.to_owned()),
    );
    table
}

/// The published model of a service.
pub(crate) struct Model {
    /// Name of the service in `unsupported.txt`.
    pub(super) name: &'static str,
    json: &'static str,
    parsed: OnceLock<Table>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Model {
    /// Creates a model from the JSON in `model/`, which is parsed at first use.
    pub(crate) const fn new(name: &'static str, json: &'static str) -> Self {
        Self { name, json, parsed: OnceLock::new() }
    }

    pub(super) fn table(&self) -> &Table {
        self.parsed.get_or_init(|| read(self.name, self.json))
    }
}
