//! The definition of a table, its status transitions, and its description.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::index::Index;
use super::items::Items;
use super::key::{KeySchema, TableStatus, no_throughput, warm_throughput};
use super::table_settings::{Backups, TimeToLive};
use super::value::item_size;
use super::{State, arn_of, invalid, number, table_name};
use crate::error::AwsError;
use crate::request::{RequestContext, string};
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
    pub(super) ttl: TimeToLive,
    pub(super) backups: Backups,
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

impl Table {
    pub(super) fn is_deleted(&self, now: OffsetDateTime) -> bool {
        self.way.is_deleted(now)
    }

    /// Whether a transition of the table or its indexes has ended but is not completed yet.
    pub(super) fn has_due_transition(&self, now: OffsetDateTime) -> bool {
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

    pub(super) fn to_json(&self, place: &RequestContext) -> Value {
        let arn = arn_of(place, &self.name);
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

pub(super) fn describe(tables: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
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
