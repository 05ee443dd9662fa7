//! A test file as a tree with the scalars of JSON.

use serde_json::Value as Json;

use super::fault::TestFileError;
use crate::source_map::Position;
use crate::yaml::{self, MAX_BYTES, Reason, Span, YamlError};

/// Maximum nesting depth of a test file.
const MAX_DEPTH: usize = 32;

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

    /// Returns the type of the value in words.
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

    /// Returns the node as JSON; keys that are not text are formatted.
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

/// Parses a test file's text.
pub(super) fn parse(text: &str) -> Result<Node, TestFileError> {
    yaml::parse(text, MAX_DEPTH, MAX_BYTES).map(Node::from).map_err(|YamlError { span, reason }| {
        let message = match reason {
            Reason::TooLong(bytes) => format!("the file has {bytes} bytes; a test file has at most {MAX_BYTES}"),
            Reason::TooDeep => "what begins or stands here nests deeper or repeats more than any test does".to_owned(),
            Reason::Syntax(message) => format!("this is not YAML: {message}"),
        };
        TestFileError::new(position(span), message)
    })
}

fn position(span: Span) -> Position {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Position { line: number(span.line), column: number(span.column) }
}

impl From<yaml::Node> for Node {
    fn from(node: yaml::Node) -> Self {
        let content = match node.value {
            yaml::Value::Null => Content::Scalar(Json::Null),
            yaml::Value::Bool(truth) => Content::Scalar(truth.into()),
            yaml::Value::Integer(number) => Content::Scalar(whole(number)),
            yaml::Value::Decimal(number) => Content::Scalar(number.into()),
            yaml::Value::Text(text) => Content::Scalar(text.into()),
            yaml::Value::List(elements) => Content::List(elements.into_iter().map(Self::from).collect()),
            yaml::Value::Map(entries) => {
                Content::Map(entries.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
            }
        };
        Self { at: position(node.span), content }
    }
}

/// Returns a number as JSON; one that is too large becomes text, as if it were quoted.
fn whole(number: i128) -> Json {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => number.into(),
        (_, Ok(number)) => number.into(),
        _ => number.to_string().into(),
    }
}
