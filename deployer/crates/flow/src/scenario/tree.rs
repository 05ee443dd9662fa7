//! YAML as a tree whose nodes know their places.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_yaml::{Location, Spanned};

use super::fault::Fault;
use crate::source::Position;

/// The most bytes of a test file.
const MAX_BYTES: usize = 512 * 1024;

pub(super) struct Node {
    pub(super) at: Position,
    pub(super) content: Content,
}

pub(super) enum Content {
    Scalar(Json),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(value) => value.as_str(),
            _ => None,
        }
    }

    pub(super) fn whole_number(&self) -> Option<u64> {
        match &self.content {
            Content::Scalar(value) => value.as_u64(),
            _ => None,
        }
    }

    pub(super) fn truth(&self) -> Option<bool> {
        match &self.content {
            Content::Scalar(value) => value.as_bool(),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(Json::Null))
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Scalar(Json::Null) => "nothing",
            Content::Scalar(Json::Bool(_)) => "true or false",
            Content::Scalar(Json::Number(_)) => "a number",
            Content::Scalar(_) => "text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// The same as JSON; keys that are no text are written out.
    pub(super) fn json(&self) -> Json {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(elements) => elements.iter().map(Node::json).collect(),
            Content::Map(entries) => {
                let key = |node: &Node| node.text().map_or_else(|| node.json().to_string(), str::to_owned);
                Json::Object(entries.iter().map(|(name, value)| (key(name), value.json())).collect())
            }
        }
    }
}

/// The tree of a YAML text.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let start = Position { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        return Err(Fault::new(start, format!("the file has {} bytes; a test file has at most {MAX_BYTES}", text.len())));
    }
    serde_yaml::from_str_with_options(text, options()).map_err(|error| {
        let at = error.location().map_or(start, position);
        let message = error.without_snippet().to_string();
        let first = message.lines().next().unwrap_or_default();
        let cut = first.rfind(" at line ").unwrap_or(first.len());
        Fault::new(at, format!("this is not YAML: {}", first[..cut].trim_end_matches([',', ':', ' '])))
    })
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: 32,
            flow_nesting_limit: 32,
            max_events: 100_000,
            max_nodes: 50_000,
            max_aliases: 200,
            max_anchors: 100,
            max_recorded_anchor_events: 20_000,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_yaml::MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn position(at: Location) -> Position {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).max(1);
    Position { line: number(at.line()), column: number(at.column()) }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self { at: position(referenced), content: value })
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
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Json::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Json::Null))
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
