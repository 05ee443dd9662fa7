//! Document paths: `address.lines[0]`.

use crate::services::dynamodb::value::{Attribute, Item};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::services::dynamodb) enum Step {
    /// A member of a map.
    Name(String),
    /// An element of a list.
    Index(usize),
}

/// A document path: an attribute, and steps into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::services::dynamodb) struct Path {
    /// Name of the attribute.
    pub(in crate::services::dynamodb) attribute: String,
    /// Steps into the attribute; empty for the whole attribute.
    pub(in crate::services::dynamodb) steps: Vec<Step>,
}

impl Path {
    /// Returns the value at the path.
    pub(in crate::services::dynamodb) fn get<'a>(&self, item: &'a Item) -> Option<&'a Attribute> {
        self.steps.iter().try_fold(item.get(&self.attribute)?, |value, step| match (value, step) {
            (Attribute::Map(values), Step::Name(name)) => values.get(name),
            (Attribute::List(values), Step::Index(index)) => values.get(*index),
            _ => None,
        })
    }

    /// Whether one of the two paths contains the other, or both are equal.
    pub(in crate::services::dynamodb) fn overlaps(&self, other: &Self) -> bool {
        self.attribute == other.attribute && self.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
    }

    /// Whether one of the two paths treats a value as a map and the other treats it as a list.
    pub(in crate::services::dynamodb) fn conflicts(&self, other: &Self) -> bool {
        self.attribute == other.attribute
            && self
                .steps
                .iter()
                .zip(&other.steps)
                .find(|(a, b)| a != b)
                .is_some_and(|(a, b)| matches!((a, b), (Step::Name(_), Step::Index(_)) | (Step::Index(_), Step::Name(_))))
    }
}

impl std::fmt::Display for Path {
    /// Formats the path as DynamoDB does in its messages: `[address, lines, [0]]`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}", self.attribute)?;
        for step in &self.steps {
            match step {
                Step::Name(name) => write!(f, ", {name}")?,
                Step::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}
