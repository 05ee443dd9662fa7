//! YAML as a tree in which every node knows its place: what test files here and specs elsewhere are read from.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Location, Spanned};

/// The most bytes of a test file; a hundred times what people write.
pub const MAX_BYTES: usize = 512 * 1024;

/// A stretch of one line of a text. Lines and columns count from 1, columns and lengths in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The line.
    pub line: u32,
    /// The column of the first character.
    pub column: u32,
    /// How many characters.
    pub length: u32,
}

impl Span {
    /// The very beginning of a text.
    pub const START: Self = Self { line: 1, column: 1, length: 0 };
}

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It has so many bytes, more than are taken.
    TooLong(usize),
    /// It nests too deep or repeats too much.
    TooDeep,
    /// It is not YAML, or a part of YAML that is not read, for this reason.
    Syntax(String),
}

/// A value in its place.
#[derive(Debug)]
pub struct Node {
    /// What it holds.
    pub value: Value,
    /// Where it is used: for an alias, the alias.
    pub span: Span,
    /// As it is written; for an alias, what it stands for.
    pub written: String,
    /// Whether it stands behind an alias.
    pub aliased: bool,
}

/// What a node holds.
#[derive(Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a point.
    Decimal(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map; keys may repeat.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The entries of the map; none if it is something else.
    pub fn entries(&self) -> &[(Node, Node)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The entries of the map whose keys are text, the first of each key.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Node, &Node)> {
        let mut seen = HashSet::new();
        let texts = self.entries().iter().filter_map(|(key, value)| Some((key.text()?, key, value)));
        texts.filter(move |(text, ..)| seen.insert(*text))
    }

    /// The elements of the list; none if it is something else.
    pub fn elements(&self) -> &[Node] {
        if let Value::List(elements) = &self.value { elements } else { &[] }
    }

    /// The value at this key of the map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(found, _)| found.text() == Some(key)).map(|(_, value)| value)
    }

    /// The value at the end of these keys.
    pub fn find(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) | Value::Decimal(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Returns the tree of a YAML text that nests at most `depth` deep and has at most `max_bytes` bytes.
///
/// # Errors
/// The text is too long, is not YAML, nests or repeats too much, or holds more than one document.
pub fn parse(text: &str, depth: usize, max_bytes: usize) -> Result<Node, Refused> {
    if text.len() > max_bytes {
        return Err(Refused { span: Span::START, reason: Reason::TooLong(text.len()) });
    }
    let read: Raw = serde_yaml::from_str_with_options(text, options(depth, max_bytes)).map_err(|error| refused(&error, text))?;
    Ok(read.into_node(text))
}

fn options(depth: usize, max_bytes: usize) -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: depth,
            flow_nesting_limit: depth,
            max_events: max_bytes / 5,
            max_nodes: max_bytes / 10,
            max_aliases: 200,
            max_anchors: 100,
            max_recorded_anchor_events: 20_000,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
        },
        // Duplicates are found by those who read the tree, and all of them reported.
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_yaml::MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: serde_yaml::options::NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn refused(error: &serde_yaml::Error, text: &str) -> Refused {
    let error = cause(error);
    let span = error.location().map_or(Span::START, |at| span_of(at, text));
    let reason = if is_too_deep(error) { Reason::TooDeep } else { Reason::Syntax(without_place(&error.to_string())) };
    Refused { span, reason }
}

/// The error behind those that only say where it shows.
fn cause(error: &serde_yaml::Error) -> &serde_yaml::Error {
    match error.without_snippet() {
        serde_yaml::Error::AliasError { error, .. } => cause(error),
        error => error,
    }
}

fn is_too_deep(error: &serde_yaml::Error) -> bool {
    use serde_yaml::Error::{AliasExpansionLimitExceeded, AliasReplayLimitExceeded, AliasReplayStackDepthExceeded, Budget};
    match error {
        Budget { .. }
        | AliasExpansionLimitExceeded { .. }
        | AliasReplayLimitExceeded { .. }
        | AliasReplayStackDepthExceeded { .. } => true,
        // The parser's own limit on nesting has no kind of its own.
        error => error.to_string().starts_with("recursion limit exceeded"),
    }
}

/// The message without the place, which stands beside it.
fn without_place(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let cut = first.rfind(" at line ").unwrap_or(first.len());
    first[..cut].trim_end_matches([',', ':', ' ']).to_owned()
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What is written at a place.
fn written(at: Location, text: &str) -> &str {
    let range = || {
        let start = usize::try_from(at.span().byte_offset()?).ok()?;
        let end = start.checked_add(usize::try_from(at.span().byte_len()?).ok()?)?;
        text.get(start..end)
    };
    range().unwrap_or_default()
}

fn span_of(at: Location, text: &str) -> Span {
    let first = written(at, text).lines().next().unwrap_or_default().trim_end();
    let (line, column) = (clamp(at.line()).max(1), clamp(at.column()).max(1));
    Span { line, column, length: clamp(first.chars().count() as u64) }
}

/// A node as the deserializer gives it: places still in its own terms.
struct Raw(Spanned<Content>);

enum Content {
    Scalar(Value),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    fn into_node(self, text: &str) -> Node {
        let Spanned { value, referenced, defined } = self.0;
        let value = match value {
            Content::Scalar(value) => value,
            Content::List(elements) => Value::List(elements.into_iter().map(|element| element.into_node(text)).collect()),
            Content::Map(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| (key.into_node(text), value.into_node(text))).collect())
            }
        };
        Node {
            value,
            span: span_of(referenced, text),
            written: written(defined, text).to_owned(),
            aliased: referenced != defined,
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyContent)
    }
}

struct AnyContent;

impl<'de> Visitor<'de> for AnyContent {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Integer(value.into())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Integer(value)))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Integer(i128::try_from(value).unwrap_or(i128::MAX))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Decimal(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Text(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Text(value)))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Content::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Content::Map(entries))
    }
}
