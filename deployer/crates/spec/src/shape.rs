//! The shape of values: the single description from which the checker and the JSON schema are derived.

use serde_json::Value as Json;

use crate::rule::StringPattern;

/// The shape of a value.
pub(crate) enum Shape {
    /// Text of a certain form.
    Text(&'static StringPattern),
    /// Text that may contain references.
    Template,
    /// Text that may contain references, or a map of this shape.
    TemplateOr(Box<Shape>),
    /// Text of a certain form, or a map of this shape.
    TextOr(&'static StringPattern, Box<Shape>),
    /// An integer in a range.
    Integer { min: i64, max: i64 },
    /// One of these integers.
    Numbers(&'static [i64]),
    /// A number above zero and at most `max`.
    Positive { max: f64 },
    /// `true` or `false`.
    Bool,
    /// Any value.
    Any,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list without duplicates.
    List(Box<Shape>),
    /// A map with user-defined keys.
    Map { key: &'static StringPattern, value: Box<Shape>, min: usize, max: usize },
    /// A map with keys defined by the format.
    Section(Vec<Field>),
    /// A section with exactly one of its fields.
    Choice(Vec<Field>),
}

/// A key defined by the format.
pub(crate) struct Field {
    /// The key.
    pub(crate) name: &'static str,
    /// The description, for the schema.
    pub(crate) doc: &'static str,
    /// Whether the key is required.
    pub(crate) required: bool,
    /// The default value, if there is one.
    pub(crate) default: Option<Json>,
    /// The shape of the value.
    pub(crate) shape: Shape,
}

impl Shape {
    /// Whether the value may be empty after the colon.
    pub(crate) fn allows_empty(&self) -> bool {
        match self {
            Self::Map { min, .. } => *min == 0,
            Self::Section(fields) => fields.iter().all(|field| !field.required),
            _ => false,
        }
    }

    /// Whether text in this place may contain references to entries.
    pub(crate) fn is_template(&self) -> bool {
        matches!(self, Self::Template | Self::TemplateOr(_))
    }

    /// Returns the shape of the value at a key; `None` if there is no such key.
    pub(crate) fn member(&self, name: &str) -> Option<&Shape> {
        match self {
            Self::Section(fields) | Self::Choice(fields) => {
                fields.iter().find(|field| field.name == name).map(|field| &field.shape)
            }
            Self::Map { value, .. } => Some(value),
            Self::TextOr(_, map) | Self::TemplateOr(map) => map.member(name),
            Self::Any => Some(self),
            _ => None,
        }
    }

    /// Describes the expected value for messages.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Text(rule) => format!("{} (text)", rule.what),
            Self::Template => "text, which may hold references".to_owned(),
            Self::TemplateOr(_) => "text, or a map such as `{ secret: VARIABLE }`".to_owned(),
            Self::TextOr(rule, _) => format!("{} (text), or a map with it and more", rule.what),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Numbers(_) => "a whole number".to_owned(),
            Self::Positive { max } => format!("a number above 0, at most {max}"),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Any => "a value".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::List(_) => "a list".to_owned(),
            Self::Map { .. } | Self::Section(_) | Self::Choice(_) => "a map".to_owned(),
        }
    }
}
