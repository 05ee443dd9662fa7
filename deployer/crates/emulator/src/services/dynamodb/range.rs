//! Converts the condition on a range key into the range of matching keys in the partition.

use std::ops::Bound::{self, Excluded, Included};

use super::expression::{Comparator, Condition, Operand};
use super::key::KeyValue;
use super::key::{Key, KeyBound};
use super::value::Attribute;

/// Returns the bounds of the matching keys: every form of a condition on a range key selects one contiguous range.
pub(super) fn of(partition: &Key, condition: Option<&Condition>) -> (Bound<Key>, Bound<Key>) {
    let (from, to) = condition.and_then(stretch).unwrap_or((Included(KeyBound::Low), Included(KeyBound::High)));
    (from.map(|range| partition.with_range(range)), to.map(|range| partition.with_range(range)))
}

type Stretch = (Bound<KeyBound<KeyValue>>, Bound<KeyBound<KeyValue>>);

fn stretch(condition: &Condition) -> Option<Stretch> {
    let at = |value: &Attribute| KeyValue::of(value).map(KeyBound::At);
    let (low, high) = (Included(KeyBound::Low), Included(KeyBound::High));
    Some(match condition {
        Condition::Compare(Operand::Path(_), how, Operand::Value(value)) => {
            let at = at(value)?;
            match how {
                Comparator::Equal => (Included(at.clone()), Included(at)),
                Comparator::Less => (low, Excluded(at)),
                Comparator::LessOrEqual => (low, Included(at)),
                Comparator::Greater => (Excluded(at), high),
                Comparator::GreaterOrEqual => (Included(at), high),
                Comparator::Unequal => return None,
            }
        }
        Condition::Compare(Operand::Value(value), Comparator::Equal, Operand::Path(_)) => {
            let at = at(value)?;
            (Included(at.clone()), Included(at))
        }
        Condition::Between(_, Operand::Value(from), Operand::Value(to)) => (Included(at(from)?), Included(at(to)?)),
        Condition::BeginsWith(_, Operand::Value(prefix)) => {
            (Included(at(prefix)?), after(prefix).map_or(high, |after| Excluded(KeyBound::At(after))))
        }
        _ => return None,
    })
}

/// Returns the first value after all that start with this prefix, if there is one.
fn after(prefix: &Attribute) -> Option<KeyValue> {
    match prefix {
        Attribute::B(bytes) => {
            let last = bytes.iter().rposition(|byte| *byte < u8::MAX)?;
            let mut next = bytes[..=last].to_vec();
            next[last] += 1;
            Some(KeyValue::B(next))
        }
        Attribute::S(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            while let Some(last) = chars.pop() {
                // Code points between these two are surrogates, not characters.
                let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
                if let Some(next) = next {
                    chars.push(next);
                    return Some(KeyValue::S(chars.into_iter().collect()));
                }
            }
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_a_prefix_are_contiguous() {
        let texts = ["a", "a\u{10FFFF}", "a\u{D7FF}", "b", "\u{10FFFF}", "\u{10FFFF}a", "a\u{D7FF}z", "a\u{E000}", "aa"];
        for prefix in texts {
            let next = after(&Attribute::S(prefix.to_owned()));
            for text in texts {
                let value = KeyValue::S(text.to_owned());
                let inside = value >= KeyValue::S(prefix.to_owned()) && next.as_ref().is_none_or(|next| value < *next);
                assert_eq!(inside, text.starts_with(prefix), "{prefix:?} {text:?}");
            }
        }
        let bytes: [&[u8]; 6] = [&[1], &[1, 255], &[1, 255, 0], &[2], &[255], &[255, 255, 7]];
        for prefix in bytes {
            let next = after(&Attribute::B(prefix.to_vec()));
            for value in bytes {
                let at = KeyValue::B(value.to_vec());
                let inside = at >= KeyValue::B(prefix.to_vec()) && next.as_ref().is_none_or(|next| at < *next);
                assert_eq!(inside, value.starts_with(prefix), "{prefix:?} {value:?}");
            }
        }
    }
}
