//! Keys of tables and items, and the statuses of tables and indexes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::number::Number;
use super::value::Attribute;

/// The status of a table or index: active, or in transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TableStatus {
    Active,
    Creating(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    Updating(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    Deleting(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
}

impl TableStatus {
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Creating(_) => "CREATING",
            Self::Updating(_) => "UPDATING",
            Self::Deleting(_) => "DELETING",
        }
    }

    /// Completes the transition, if its time has passed.
    pub(super) fn advance(&mut self, now: OffsetDateTime) {
        if matches!(self, Self::Creating(until) | Self::Updating(until) if *until <= now) {
            *self = Self::Active;
        }
    }

    /// Whether the time of a transition or deletion has passed.
    pub(super) fn ends(&self, now: OffsetDateTime) -> bool {
        matches!(self, Self::Creating(until) | Self::Updating(until) | Self::Deleting(until) if *until <= now)
    }

    /// Whether the deletion is complete.
    pub(super) fn is_deleted(&self, now: OffsetDateTime) -> bool {
        matches!(self, Self::Deleting(until) if *until <= now)
    }
}

/// The names of the key's attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeySchema {
    pub(super) hash: String,
    pub(super) range: Option<String>,
}

impl KeySchema {
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.hash).chain(&self.range)
    }

    pub(super) fn to_json(&self) -> Value {
        let mut schema = vec![json!({"AttributeName": self.hash, "KeyType": "HASH"})];
        schema.extend(self.range.iter().map(|range| json!({"AttributeName": range, "KeyType": "RANGE"})));
        Value::Array(schema)
    }
}

/// One value of a key, in DynamoDB's order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyValue {
    S(String),
    N(Number),
    B(Vec<u8>),
}

impl KeyValue {
    /// Returns the attribute as a key's value, if its type allows it.
    pub(super) fn of(value: &Attribute) -> Option<Self> {
        match value {
            Attribute::S(text) => Some(Self::S(text.clone())),
            Attribute::N(number) => Some(Self::N(number.clone())),
            Attribute::B(bytes) => Some(Self::B(bytes.clone())),
            _ => None,
        }
    }

    pub(super) fn to_attribute(&self) -> Attribute {
        match self {
            Self::S(text) => Attribute::S(text.clone()),
            Self::N(number) => Attribute::N(number.clone()),
            Self::B(bytes) => Attribute::B(bytes.clone()),
        }
    }
}

/// Returns the throughput description of on-demand tables and indexes (section 5.3).
pub(super) fn no_throughput() -> Value {
    json!({"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
}

pub(super) fn warm_throughput() -> Value {
    json!({"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"})
}

/// A bound of a key: before all values, at one value, or after all values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyBound<T> {
    Low,
    At(T),
    High,
}

/// The key of an item in its table or index: partitions are ordered by a digest, because a scan on AWS has no dependable order, and items
/// of a partition by the range key. A key without a range key has `Low`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    digest: u64,
    pub(super) hash: KeyValue,
    pub(super) range: KeyBound<KeyValue>,
}

impl Key {
    pub(super) fn new(hash: KeyValue, range: Option<KeyValue>) -> Self {
        let digest = Sha256::digest(format!("{hash:?}"));
        let digest = digest.iter().take(8).fold(0, |digest, byte| digest << 8 | u64::from(*byte));
        Self { digest, hash, range: range.map_or(KeyBound::Low, KeyBound::At) }
    }

    /// Returns a key in the same partition with another range key.
    pub(super) fn with_range(&self, range: KeyBound<KeyValue>) -> Self {
        Self { range, ..self.clone() }
    }

    /// Returns the segment of the partition in a parallel scan with `total` segments.
    pub(super) fn segment(&self, total: u64) -> u64 {
        (self.digest >> 40) % total
    }
}

/// The stored form of a key: its parts as attributes, which make it readable in any order of keys.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = match &self.range {
            KeyBound::At(range) => Some(range.to_attribute()),
            KeyBound::Low | KeyBound::High => None,
        };
        f.write_str(&serde_json::to_string(&(self.hash.to_attribute(), range)).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (hash, range): (Attribute, Option<Attribute>) = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let value = |attribute| KeyValue::of(&attribute).ok_or("an item's key is no string, number or binary");
        Ok(Self::new(value(hash)?, range.map(value).transpose()?))
    }
}
