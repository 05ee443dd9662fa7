//! Attribute values and items.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::invalid;
use super::number::Number;
use crate::error::AwsError;

/// An item: attributes by name.
pub(super) type Item = BTreeMap<String, Attribute>;

/// Maximum nesting depth of lists and maps (Developer guide, "Quotas").
const MAX_DEPTH: usize = 32;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attribute {
    S(String),
    N(Number),
    B(Vec<u8>),
    Bool(bool),
    Null,
    List(Vec<Attribute>),
    Map(Item),
    /// Sets are sorted, so that equal sets are equal values.
    Strings(Vec<String>),
    Numbers(Vec<Number>),
    Binaries(Vec<Vec<u8>>),
}

impl Attribute {
    /// Parses `{"S": "…"}` and rejects what DynamoDB rejects.
    pub(super) fn read(value: &Value) -> Result<Self, AwsError> {
        Self::read_at(value, 0)
    }

    fn read_at(value: &Value, depth: usize) -> Result<Self, AwsError> {
        let object = value.as_object().ok_or_else(|| AwsError::serialization("AttributeValue", "an object"))?;
        let mut members = object.iter().filter(|(_, value)| !value.is_null());
        let (kind, value) = match (members.next(), members.next()) {
            (Some(member), None) => member,
            (None, _) => {
                return Err(invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"));
            }
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
                ));
            }
        };
        if depth >= MAX_DEPTH && matches!(kind.as_str(), "L" | "M") {
            return Err(invalid("Nesting Levels have exceeded supported limits"));
        }
        Ok(match kind.as_str() {
            "S" => Self::S(text(kind, value)?.to_owned()),
            "N" => Self::N(Number::parse(text(kind, value)?)?),
            "B" => Self::B(bytes(kind, value)?),
            "BOOL" => Self::Bool(value.as_bool().ok_or_else(|| AwsError::serialization("BOOL", "true or false"))?),
            "NULL" if value == &Value::Bool(true) => Self::Null,
            "NULL" => {
                return Err(invalid(
                    "One or more parameter values were invalid: Null attribute value types must have the value of true",
                ));
            }
            "L" => Self::List(list(kind, value)?.iter().map(|value| Self::read_at(value, depth + 1)).collect::<Result<_, _>>()?),
            "M" => Self::Map(read_map(value, depth + 1)?),
            "SS" => Self::Strings(set(kind, value, |value| Ok(text("SS", value)?.to_owned()))?),
            "NS" => Self::Numbers(set(kind, value, |value| Number::parse(text("NS", value)?))?),
            "BS" => Self::Binaries(set(kind, value, |value| bytes("BS", value))?),
            other => return Err(AwsError::serialization(other, "one of S, N, B, BOOL, NULL, L, M, SS, NS, BS")),
        })
    }

    /// Returns the value as DynamoDB writes it.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::S(text) => json!({ "S": text }),
            Self::N(number) => json!({ "N": number.to_string() }),
            Self::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
            Self::Bool(value) => json!({ "BOOL": value }),
            Self::Null => json!({ "NULL": true }),
            Self::List(values) => json!({ "L": values.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Map(values) => json!({ "M": item_json(values) }),
            Self::Strings(values) => json!({ "SS": values }),
            Self::Numbers(values) => json!({ "NS": values.iter().map(Number::to_string).collect::<Vec<_>>() }),
            Self::Binaries(values) => json!({ "BS": values.iter().map(|value| STANDARD.encode(value)).collect::<Vec<_>>() }),
        }
    }

    /// Returns the name of the value's type, as used in expressions.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::List(_) => "L",
            Self::Map(_) => "M",
            Self::Strings(_) => "SS",
            Self::Numbers(_) => "NS",
            Self::Binaries(_) => "BS",
        }
    }

    /// Compares two strings, two numbers or two binaries; nothing else has an order.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(a), Self::S(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::N(a), Self::N(b)) => Some(a.cmp(b)),
            (Self::B(a), Self::B(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Returns the value's size in bytes (Developer guide, "DynamoDB item sizes and formats").
    pub(super) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::List(values) => 3 + values.iter().map(|value| 1 + value.size()).sum::<usize>(),
            Self::Map(values) => 3 + values.iter().map(|(name, value)| 1 + name.len() + value.size()).sum::<usize>(),
            Self::Strings(values) => values.iter().map(String::len).sum(),
            Self::Numbers(values) => values.iter().map(Number::size).sum(),
            Self::Binaries(values) => values.iter().map(Vec::len).sum(),
        }
    }
}

fn text<'a>(kind: &str, value: &'a Value) -> Result<&'a str, AwsError> {
    value.as_str().ok_or_else(|| AwsError::serialization(kind, "a string"))
}

fn bytes(kind: &str, value: &Value) -> Result<Vec<u8>, AwsError> {
    STANDARD.decode(text(kind, value)?).map_err(|_| AwsError::serialization(kind, "base64"))
}

fn list<'a>(kind: &str, value: &'a Value) -> Result<&'a Vec<Value>, AwsError> {
    value.as_array().ok_or_else(|| AwsError::serialization(kind, "a list"))
}

fn set<T: Ord>(kind: &str, value: &Value, read: impl Fn(&Value) -> Result<T, AwsError>) -> Result<Vec<T>, AwsError> {
    let given = list(kind, value)?;
    if given.is_empty() {
        let name = match kind {
            "SS" => "string",
            "NS" => "number",
            _ => "binary",
        };
        return Err(invalid(format!("One or more parameter values were invalid: An {name} set  may not be empty")));
    }
    let mut values: Vec<T> = given.iter().map(read).collect::<Result<_, _>>()?;
    values.sort();
    values.dedup();
    if values.len() < given.len() {
        return Err(invalid(format!("One or more parameter values were invalid: Input collection {value} contains duplicates.")));
    }
    Ok(values)
}

fn read_map(value: &Value, depth: usize) -> Result<Item, AwsError> {
    let object = value.as_object().ok_or_else(|| AwsError::serialization("M", "a map"))?;
    object.iter().map(|(name, value)| Ok((name.clone(), Attribute::read_at(value, depth)?))).collect()
}

/// Parses a whole item or key.
pub(super) fn read_item(value: &Value) -> Result<Item, AwsError> {
    read_map(value, 0)
}

/// Returns an item as DynamoDB writes it.
pub(super) fn item_json(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>())
}

/// Returns an item's size in bytes: names and values.
pub(super) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

/// Writes the same form as [`Attribute::to_json`] without an intermediate value, because every change writes every item.
impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        let texts = |values: &[Vec<u8>]| values.iter().map(|value| STANDARD.encode(value)).collect::<Vec<_>>();
        match self {
            Self::S(text) => map.serialize_entry("S", text),
            Self::N(number) => map.serialize_entry("N", &number.to_string()),
            Self::B(bytes) => map.serialize_entry("B", &STANDARD.encode(bytes)),
            Self::Bool(value) => map.serialize_entry("BOOL", value),
            Self::Null => map.serialize_entry("NULL", &true),
            Self::List(values) => map.serialize_entry("L", values),
            Self::Map(values) => map.serialize_entry("M", values),
            Self::Strings(values) => map.serialize_entry("SS", values),
            Self::Numbers(values) => map.serialize_entry("NS", &values.iter().map(Number::to_string).collect::<Vec<_>>()),
            Self::Binaries(values) => map.serialize_entry("BS", &texts(values)),
        }?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::read(&value).map_err(|refusal| serde::de::Error::custom(refusal.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_form_equals_response_form_and_round_trips() {
        let given = json!({"M": {
            "s": {"S": "x\u{1F33C}"}, "n": {"N": "-1.5"}, "b": {"B": "AP8="}, "t": {"BOOL": false}, "z": {"NULL": true},
            "l": {"L": [{"N": "1"}, {"M": {}}]}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "20"]}, "bs": {"BS": ["eA=="]},
        }});
        let value = Attribute::read(&given).expect("a value");
        assert_eq!(value.to_json(), given);
        let stored = serde_json::to_value(&value).expect("stored");
        assert_eq!(stored, given);
        assert_eq!(serde_json::from_value::<Attribute>(stored).expect("read back"), value);
    }
}
