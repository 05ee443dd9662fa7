//! Tables and their items, for a page.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::value::item_json;
use crate::overview::{list, list_within};

/// Maximum number of items that are shown of a table.
const MAX_ITEMS: usize = 100;
/// Maximum size of the items that are shown of a table, in bytes.
const MAX_BYTES: usize = 256 * 1024;

impl State {
    /// Returns the tables: name, status, key, indexes and number of items.
    pub(crate) fn overview(&self, now: OffsetDateTime) -> Value {
        let mut current = self.clone();
        if current.is_unsettled(now) {
            current.advance(now);
        }
        list(current.tables.iter().map(|(name, table)| {
            let key: Vec<&String> = table.key.names().collect();
            let indexes: Vec<&String> = table.indexes.keys().collect();
            json!({"name": name, "status": table.way.status(), "key": key, "indexes": indexes, "items": table.items.len()})
        }))
    }

    /// Returns the first items of a table in DynamoDB's JSON, at most 100 and 256 KiB, with the names of its key; `None` without such a
    /// table.
    pub(crate) fn overview_of_items(&self, name: &str) -> Option<Value> {
        let table = self.tables.get(name)?;
        let items = table.items.values().take(MAX_ITEMS).map(|item| item_json(item));
        let mut shown = list_within(items, MAX_BYTES, table.items.len());
        shown["name"] = name.into();
        shown["key"] = table.key.names().cloned().collect();
        Some(shown)
    }
}
