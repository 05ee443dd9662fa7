//! Evaluation of conditions on items.

use std::cmp::Ordering;

use super::condition::{Comparator, Condition, Operand};
use crate::services::dynamodb::number::Number;
use crate::services::dynamodb::value::{Attribute, Item};

impl Condition {
    /// Whether the condition holds. A comparison with a missing value or another type is false, never an error.
    pub(in crate::services::dynamodb) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Compare(a, how, b) => compare(a.value(item), *how, b.value(item)),
            Self::Between(value, low, high) => {
                let value = value.value(item);
                compare(low.value(item), Comparator::LessOrEqual, value.clone())
                    && compare(value, Comparator::LessOrEqual, high.value(item))
            }
            Self::In(value, all) => {
                let value = value.value(item);
                value.is_some() && all.iter().any(|other| other.value(item) == value)
            }
            Self::Exists(path) => path.get(item).is_some(),
            Self::NotExists(path) => path.get(item).is_none(),
            Self::TypeIs(path, kind) => path.get(item).is_some_and(|value| value.kind() == kind),
            Self::BeginsWith(a, b) => match (a.value(item), b.value(item)) {
                (Some(Attribute::S(text)), Some(Attribute::S(start))) => text.starts_with(&start),
                (Some(Attribute::B(bytes)), Some(Attribute::B(start))) => bytes.starts_with(&start),
                _ => false,
            },
            Self::Contains(a, b) => match (a.value(item), b.value(item)) {
                (Some(whole), Some(part)) => contains(&whole, &part),
                _ => false,
            },
        }
    }
}

impl Operand {
    fn value(&self, item: &Item) -> Option<Attribute> {
        match self {
            Self::Path(path) => path.get(item).cloned(),
            Self::Value(value) => Some(value.clone()),
            Self::Size(path) => path.get(item).and_then(size),
        }
    }
}

/// Returns the result of `size`: UTF-16 code units of a text (nubo-db/dynoxide#31, seen on AWS), bytes or elements; other types have none
/// (Developer guide, "Functions").
fn size(value: &Attribute) -> Option<Attribute> {
    let count = match value {
        Attribute::S(text) => text.encode_utf16().count(),
        Attribute::B(bytes) => bytes.len(),
        Attribute::List(values) => values.len(),
        Attribute::Map(values) => values.len(),
        Attribute::Strings(values) => values.len(),
        Attribute::Numbers(values) => values.len(),
        Attribute::Binaries(values) => values.len(),
        Attribute::N(_) | Attribute::Bool(_) | Attribute::Null => return None,
    };
    Number::parse(&count.to_string()).ok().map(Attribute::N)
}

fn compare(a: Option<Attribute>, how: Comparator, b: Option<Attribute>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => match how {
            Comparator::Equal => a == b,
            Comparator::Unequal => a != b,
            Comparator::Less => a.order(&b) == Some(Ordering::Less),
            Comparator::LessOrEqual => matches!(a.order(&b), Some(Ordering::Less | Ordering::Equal)),
            Comparator::Greater => a.order(&b) == Some(Ordering::Greater),
            Comparator::GreaterOrEqual => matches!(a.order(&b), Some(Ordering::Greater | Ordering::Equal)),
        },
        // A missing attribute is unequal to every value.
        (None, Some(_)) | (Some(_), None) => how == Comparator::Unequal,
        (None, None) => false,
    }
}

fn contains(whole: &Attribute, part: &Attribute) -> bool {
    match (whole, part) {
        (Attribute::S(text), Attribute::S(part)) => text.contains(part.as_str()),
        (Attribute::B(bytes), Attribute::B(part)) => {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == part.as_slice())
        }
        (Attribute::Strings(values), Attribute::S(part)) => values.contains(part),
        (Attribute::Numbers(values), Attribute::N(part)) => values.contains(part),
        (Attribute::Binaries(values), Attribute::B(part)) => values.contains(part),
        (Attribute::List(values), part) => values.contains(part),
        _ => false,
    }
}
