//! YAML as a tree whose nodes have positions, used for test files here and for specs elsewhere.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Location, Spanned};

/// Maximum size of a test file in bytes, a hundred times that of typical ones.
pub const MAX_BYTES: usize = 512 * 1024;

/// A range of one line of a text. Lines and columns count from 1, columns and lengths in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Number of characters.
    pub length: u32,
}

impl Span {
    /// The beginning of a text.
    pub const START: Self = Self { line: 1, column: 1, length: 0 };
}

/// The reason why a text cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Position of the error.
    pub span: Span,
    /// Kind of the error.
    pub reason: Reason,
}

/// The kind of a parse error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The text has this many bytes, more than the maximum.
    TooLong(usize),
    /// The text nests too deep or repeats too much.
    TooDeep,
    /// The text is not YAML, or uses an unsupported part of it, for this reason.
    Syntax(String),
}

/// A value with its position.
#[derive(Debug, Clone)]
pub struct Node {
    /// Content of the node.
    pub value: Value,
    /// Position of the use: for an alias, that of the alias.
    pub span: Span,
    /// Source text; for an alias, that of its target.
    pub written: String,
    /// Whether the node was reached through an alias.
    pub aliased: bool,
}

/// The value of a node.
#[derive(Debug, Clone)]
pub enum Value {
    /// A null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i128),
    /// A number with a decimal point.
    Decimal(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map; keys may repeat.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Returns the text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Returns the entries of the map; empty for any other value.
    pub fn entries(&self) -> &[(Node, Node)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// Returns the entries of the map whose keys are text, the first of each key.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Node, &Node)> {
        let mut seen = HashSet::new();
        let texts = self.entries().iter().filter_map(|(key, value)| Some((key.text()?, key, value)));
        texts.filter(move |(text, ..)| seen.insert(*text))
    }

    /// Returns the elements of the list; empty for any other value.
    pub fn elements(&self) -> &[Node] {
        if let Value::List(elements) = &self.value { elements } else { &[] }
    }

    /// Returns the value at this key of the map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(found, _)| found.text() == Some(key)).map(|(_, value)| value)
    }

    /// Returns the value at the end of this sequence of keys.
    pub fn find(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the type of the value in words.
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
/// The text is too long, is not YAML, nests or repeats too much, or contains more than one document.
pub fn parse(text: &str, depth: usize, max_bytes: usize) -> Result<Node, YamlError> {
    if text.len() > max_bytes {
        return Err(YamlError { span: Span::START, reason: Reason::TooLong(text.len()) });
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
        // The readers of the tree find duplicates, so that all of them are reported.
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_yaml::MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: serde_yaml::options::NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn refused(error: &serde_yaml::Error, text: &str) -> YamlError {
    let error = cause(error);
    let span = error.location().map_or(Span::START, |at| span_of(at, text));
    let reason = if is_too_deep(error) { Reason::TooDeep } else { Reason::Syntax(without_place(&error.to_string())) };
    YamlError { span, reason }
}

/// Returns the underlying error of those that only add a position.
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
        // The parser's own limit on nesting has no error variant.
        error => error.to_string().starts_with("recursion limit exceeded"),
    }
}

/// Returns the message without the position, which is a separate field.
fn without_place(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = &first[..first.rfind(" at line ").unwrap_or(first.len())];
    // Advice for callers of the parser.
    let cut = first.find("; use from_str").unwrap_or(first.len());
    first[..cut].trim_end_matches([',', ':', ' ']).to_owned()
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns the source text at a position.
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

/// A node as returned by the deserializer, with positions in its own format.
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
