//! The definition of a table, its status transitions, and its description.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::index::Index;
use super::items::Items;
use super::number::Number;
use super::value::{Attribute, item_size};
use super::{Location, State, invalid, number, table_name};
use crate::error::AwsError;
use crate::request::string;
use crate::response::Response;
use crate::shared::Shared;
use crate::stored::{Changes, Stored, stored};

/// A table: its definition and its items.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "StoredTable")]
pub(super) struct Table {
    #[serde(flatten)]
    pub(super) definition: Shared<Definition>,
    pub(super) items: Items,
}

impl Stored for Table {
    fn changes(&self, before: Option<&Self>, changes: &mut Changes) -> Result<(), String> {
        self.definition.changes(before.map(|before| &before.definition), changes)?;
        changes.within("items", |changes| self.items.changes(before.map(|before| &before.items), changes))
    }
}

/// The stored form of a table, without the order of its indexes.
#[derive(Deserialize)]
struct StoredTable {
    #[serde(flatten)]
    definition: Shared<Definition>,
    #[serde(default)]
    items: Items,
}

impl From<StoredTable> for Table {
    fn from(StoredTable { definition, items }: StoredTable) -> Self {
        let mut table = Self { definition, items };
        table.items.index(&table.definition.indexes);
        table
    }
}

/// The definition of a table without its items.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) created: f64,
    pub(super) way: TableStatus,
    pub(super) key: KeySchema,
    /// Types of key attributes, by name.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) indexes: BTreeMap<String, Index>,
    pub(super) protected: bool,
    /// ARN of the KMS key, if it is encrypted with one.
    pub(super) encrypted: Option<String>,
    pub(super) class: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) ttl: super::settings::TimeToLive,
    pub(super) backups: super::settings::Backups,
}

stored!(Definition);

impl Deref for Table {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.definition
    }
}

impl DerefMut for Table {
    fn deref_mut(&mut self) -> &mut Definition {
        &mut self.definition
    }
}

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

impl Table {
    pub(super) fn is_deleted(&self, now: OffsetDateTime) -> bool {
        self.way.is_deleted(now)
    }

    /// Whether a transition of the table or its indexes has ended but is not completed yet.
    pub(super) fn unsettled(&self, now: OffsetDateTime) -> bool {
        std::iter::once(&self.way).chain(self.indexes.values().map(|index| &index.way)).any(|way| way.ends(now))
    }

    pub(super) fn advance(&mut self, now: OffsetDateTime) {
        let table: &mut Definition = self;
        table.way.advance(now);
        table.indexes.retain(|_, index| !index.way.is_deleted(now));
        table.indexes.values_mut().for_each(|index| index.way.advance(now));
        let used = |name: &String| {
            table.key.names().any(|key| key == name)
                || table.indexes.values().any(|index| index.key.names().any(|key| key == name))
        };
        table.attributes.retain(|name, _| used(name));
        self.items.index(&self.definition.indexes);
    }

    /// Returns `created`, `updated` or `deleted` if the table is in transition.
    pub(super) fn transition_name(&self) -> Option<&'static str> {
        match self.way {
            TableStatus::Active => None,
            TableStatus::Creating(_) => Some("created"),
            TableStatus::Updating(_) => Some("updated"),
            TableStatus::Deleting(_) => Some("deleted"),
        }
    }

    pub(super) fn serves(&self) -> bool {
        !matches!(self.way, TableStatus::Creating(_))
    }

    pub(super) fn to_json(&self, place: &Location) -> Value {
        let arn = place.arn(&self.name);
        let bytes: usize = self.items.values().map(|item| item_size(item)).sum();
        let attributes: Vec<Value> =
            self.attributes.iter().map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind})).collect();
        let mut table = json!({
            "TableName": self.name, "TableArn": arn, "TableId": self.id, "TableStatus": self.way.status(),
            "CreationDateTime": self.created, "AttributeDefinitions": attributes, "KeySchema": self.key.to_json(),
            "ProvisionedThroughput": no_throughput(),
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": self.created},
            "TableSizeBytes": bytes, "ItemCount": self.items.len(),
            "DeletionProtectionEnabled": self.protected, "WarmThroughput": warm_throughput(),
        });
        if !self.indexes.is_empty() {
            let indexes = self.indexes.iter().map(|(name, index)| index.to_json(name, &arn, self.items.of_index(name)));
            table["GlobalSecondaryIndexes"] = indexes.collect();
        }
        if let Some(key) = &self.encrypted {
            table["SSEDescription"] = json!({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key});
        }
        if let Some(class) = &self.class {
            table["TableClassSummary"] = json!({ "TableClass": class });
        }
        table
    }
}

/// Returns the throughput description of on-demand tables and indexes (section 5.3).
pub(super) fn no_throughput() -> Value {
    json!({"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
}

pub(super) fn warm_throughput() -> Value {
    json!({"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"})
}

pub(super) fn describe(tables: &State, place: &Location, input: &Value) -> Result<Response, AwsError> {
    let table = tables.described(table_name(place, input)?)?;
    Ok(Response::json(json!({ "Table": table.to_json(place) })))
}

pub(super) fn list(tables: &State, input: &Value) -> Result<Response, AwsError> {
    // Half of AWS's largest page.
    let size = number(input, "Limit", 1..=100)?.unwrap_or(50).min(50);
    let size = usize::try_from(size).map_err(|_| invalid("Limit"))?;
    let after = string(input, "ExclusiveStartTableName")?;
    let mut rest = tables.tables.keys().filter(|name| after.is_none_or(|after| name.as_str() > after)).peekable();
    let names: Vec<&String> = rest.by_ref().take(size).collect();
    let mut answer = json!({ "TableNames": names });
    if rest.peek().is_some() {
        answer["LastEvaluatedTableName"] = names.last().map(|name| name.as_str()).into();
    }
    Ok(Response::json(answer))
}
