//! What a value may be: the one description from which the checker and the JSON schema are made.

use serde_json::Value as Json;

use crate::rule::StringPattern;

/// What a value may be.
pub(crate) enum Shape {
    /// Text by a rule.
    Text(&'static StringPattern),
    /// Text that may hold references, or a map of this shape.
    TemplateOr(Box<Shape>),
    /// Text by a rule, or a map of this shape.
    TextOr(&'static StringPattern, Box<Shape>),
    /// A whole number in a range.
    Integer { min: i64, max: i64 },
    /// One of these whole numbers.
    Numbers(&'static [i64]),
    /// A number above zero and at most this.
    Positive { max: f64 },
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list without repetitions.
    List(Box<Shape>),
    /// A map from keys that people choose.
    Map { key: &'static StringPattern, value: Box<Shape>, min: usize, max: usize },
    /// A map from keys that the format names.
    Section(Vec<Field>),
    /// A section with exactly one of its fields.
    Choice(Vec<Field>),
}

/// A key that the format names.
pub(crate) struct Field {
    /// The key.
    pub(crate) name: &'static str,
    /// What it says, for the schema.
    pub(crate) doc: &'static str,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What holds when it is absent.
    pub(crate) default: Option<Json>,
    /// What its value may be.
    pub(crate) shape: Shape,
}

impl Field {
    /// A field that must be there.
    pub(crate) fn required(name: &'static str, doc: &'static str, shape: Shape) -> Self {
        Self { name, doc, required: true, default: None, shape }
    }

    /// A field that may be absent.
    pub(crate) fn optional(name: &'static str, doc: &'static str, shape: Shape) -> Self {
        Self { name, doc, required: false, default: None, shape }
    }

    /// The same field, meaning this when absent.
    pub(crate) fn or(mut self, default: impl Into<Json>) -> Self {
        self.default = Some(default.into());
        self
    }
}

impl Shape {
    /// Whether it may be written with nothing behind the colon.
    pub(crate) fn may_be_nothing(&self) -> bool {
        match self {
            Self::Map { min, .. } => *min == 0,
            Self::Section(fields) => fields.iter().all(|field| !field.required),
            _ => false,
        }
    }

    /// What is wanted, for people.
    pub(crate) fn wanted(&self) -> String {
        match self {
            Self::Text(rule) => format!("{} (text)", rule.what),
            Self::TemplateOr(_) => "text, or a map such as `{ secret: VARIABLE }`".to_owned(),
            Self::TextOr(rule, _) => format!("{} (text), or a map with it and more", rule.what),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Numbers(_) => "a whole number".to_owned(),
            Self::Positive { max } => format!("a number above 0, at most {max}"),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Words(words) => format!("one of {}", words.join(", ")),
            Self::List(_) => "a list".to_owned(),
            Self::Map { .. } | Self::Section(_) | Self::Choice(_) => "a map".to_owned(),
        }
    }
}
