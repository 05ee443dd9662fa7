//! Reads and writes of single items.

use serde_json::{Value, json};

use super::expression::{Condition, Path, Placeholders, Projection, Update};
use super::key::Key;
use super::key::{KeySchema, KeyValue};
use super::table::Table;
use super::value::{Attribute, Item, item_json, item_size, read_item};
use super::{State, invalid, not_implemented, table_name};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::response::Response;
use crate::shared::Shared;

/// Maximum size of an item (Developer guide, "Quotas").
const MAX_ITEM_BYTES: usize = 400 * 1024;

/// Legacy parameters that expressions replace.
pub(super) const LEGACY_PARAMETERS: [&str; 7] =
    ["Expected", "ConditionalOperator", "AttributeUpdates", "AttributesToGet", "KeyConditions", "QueryFilter", "ScanFilter"];

/// A write, parsed and checked as far as possible without the item.
pub(super) struct Write {
    pub(super) table: String,
    pub(super) key: Key,
    effect: WriteKind,
    condition: Option<Condition>,
    pub(super) show_on_failure: bool,
}

enum WriteKind {
    Put(Item),
    /// The attributes of the key, for an item that does not exist yet.
    Update(Item, Box<Update>),
    Delete,
    Check,
}

/// The result of a write.
pub(super) struct Written {
    old: Option<Shared<Item>>,
    new: Option<Shared<Item>>,
}

/// A write as requested, before its table is known.
pub(super) struct WriteRequest<'a> {
    pub(super) table: &'a str,
    kind: &'a str,
    attributes: Item,
    condition: Option<Condition>,
    update: Update,
    show_on_failure: bool,
}

impl<'a> WriteRequest<'a> {
    /// Parses the write `kind` (`Put`, `Update`, `Delete`, `ConditionCheck`).
    pub(super) fn read(place: &RequestContext, input: &'a Value, kind: &'a str) -> Result<Self, AwsError> {
        not_implemented(input, &LEGACY_PARAMETERS)?;
        let table = table_name(place, input)?;
        let mut faults = ValidationErrors::default();
        let member = if kind == "Put" { "Item" } else { "Key" };
        let attributes = faults.required(&member.to_lowercase(), input.get(member).filter(|value| !value.is_null()));
        let on_failure = string(input, "ReturnValuesOnConditionCheckFailure")?;
        faults.one_of("returnValuesOnConditionCheckFailure", on_failure, &["ALL_OLD", "NONE"]);
        faults.refuse("ValidationException")?;
        let attributes = read_item(attributes.unwrap_or(&Value::Null))?;
        let placeholders = Placeholders::read(input)?;
        let condition = placeholders.condition(input, "ConditionExpression")?;
        let update = if kind == "Update" { placeholders.update(input)?.unwrap_or_default() } else { Update::default() };
        placeholders.all_used()?;
        if kind == "ConditionCheck" && condition.is_none() {
            return Err(invalid("The expression can not be empty;"));
        }
        Ok(Self { table, kind, attributes, condition, update, show_on_failure: on_failure == Some("ALL_OLD") })
    }

    /// Whether a key of the table, or of an index of a whole item, is an empty text or binary.
    pub(super) fn has_empty_key(&self, table: &Table) -> bool {
        let indexes = table.indexes.values().filter(|_| self.kind == "Put").flat_map(|index| index.key.names());
        let empty = |value: &Attribute| matches!(value, Attribute::S(_) | Attribute::B(_)) && value.size() == 0;
        table.key.names().chain(indexes).any(|name| self.attributes.get(name).is_some_and(empty))
    }

    /// Checks the write against its table.
    pub(super) fn of(self, table: &Table) -> Result<Write, AwsError> {
        let Self { attributes, condition, update, show_on_failure, .. } = self;
        let (key, effect) = match self.kind {
            "Put" => {
                let key = table.key_of(&attributes)?;
                table.check(&attributes, "Item size has exceeded the maximum allowed size")?;
                (key, WriteKind::Put(attributes))
            }
            "Update" => {
                let key = table.exact_key(&attributes)?;
                if let Some(path) = update.paths().find(|path| table.key.names().any(|key| *key == path.attribute)) {
                    return Err(invalid(format!(
                        "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
                        path.attribute
                    )));
                }
                (key, WriteKind::Update(attributes, Box::new(update)))
            }
            "Delete" => (table.exact_key(&attributes)?, WriteKind::Delete),
            _ => (table.exact_key(&attributes)?, WriteKind::Check),
        };
        Ok(Write { table: self.table.to_owned(), key, effect, condition, show_on_failure })
    }
}

impl Write {
    /// Parses the write `kind` and checks it against its table.
    pub(super) fn read(tables: &State, place: &RequestContext, input: &Value, kind: &str) -> Result<Self, AwsError> {
        let asked = WriteRequest::read(place, input, kind)?;
        let table = tables.serving(asked.table)?;
        asked.of(table)
    }

    /// Returns the size in bytes of the item that is written; 0 for writes without a whole item.
    pub(super) fn size(&self) -> usize {
        match &self.effect {
            WriteKind::Put(item) => item_size(item),
            WriteKind::Update(..) | WriteKind::Delete | WriteKind::Check => 0,
        }
    }

    /// Applies the write, or returns an error and changes nothing.
    pub(super) fn apply(&self, tables: &mut State) -> Result<Written, AwsError> {
        let table = tables.serving_mut(&self.table)?;
        let old = table.items.get(&self.key).cloned();
        let none = Item::new();
        let before: &Item = old.as_deref().unwrap_or(&none);
        if self.condition.as_ref().is_some_and(|condition| !condition.holds(before)) {
            let mut refusal = AwsError::new(400, "ConditionalCheckFailedException", "The conditional request failed");
            if let Some(old) = old.as_ref().filter(|_| self.show_on_failure) {
                refusal = refusal.with("Item", item_json(old));
            }
            return Err(refusal);
        }
        let new = match &self.effect {
            WriteKind::Check => return Ok(Written { old: None, new: None }),
            WriteKind::Delete => None,
            WriteKind::Put(item) => Some(item.clone()),
            WriteKind::Update(key, update) => {
                let before = if old.is_some() { before } else { key };
                let after = update.apply(before)?;
                table.check(&after, "Item size to update has exceeded the maximum allowed size")?;
                Some(after)
            }
        };
        let new = new.map(Shared::new);
        table.items.put(&self.key, new.clone());
        Ok(Written { old, new })
    }
}

impl Table {
    /// Returns the key of a whole item.
    pub(super) fn key_of(&self, item: &Item) -> Result<Key, AwsError> {
        let part = |name: &String, largest: usize| -> Result<KeyValue, AwsError> {
            let missing = || invalid(format!("One or more parameter values were invalid: Missing the key {name} in the item"));
            let value = item.get(name).ok_or_else(missing)?;
            let expected = self.attributes.get(name).map(String::as_str).unwrap_or_default();
            if value.kind() != expected {
                return Err(invalid(format!(
                    "One or more parameter values were invalid: Type mismatch for key {name} expected: {expected} actual: {}",
                    value.kind()
                )));
            }
            key_value(name, value, largest)
        };
        let hash = part(&self.key.hash, 2048)?;
        let range = self.key.range.as_ref().map(|range| part(range, 1024)).transpose()?;
        Ok(Key::new(hash, range))
    }

    /// Returns the key from exactly the key's attributes.
    pub(super) fn exact_key(&self, key: &Item) -> Result<Key, AwsError> {
        let fits = |name: &String| {
            key.get(name).is_some_and(|value| Some(value.kind()) == self.attributes.get(name).map(String::as_str))
        };
        if key.len() != self.key.names().count() || !self.key.names().all(fits) {
            return Err(mismatch());
        }
        self.key_of(key)
    }

    /// Checks that an item can be stored: its size, and its values for the indexes' keys.
    pub(super) fn check(&self, item: &Item, too_large: &str) -> Result<(), AwsError> {
        if item_size(item) > MAX_ITEM_BYTES {
            return Err(invalid(too_large));
        }
        for (name, index) in &self.indexes {
            for key in index.key.names() {
                let (Some(value), Some(expected)) = (item.get(key), self.attributes.get(key)) else { continue };
                if value.kind() != expected {
                    return Err(invalid(format!(
                        "One or more parameter values were invalid: Type mismatch for Index Key {key} Expected: {expected} Actual: {} IndexName: {name}",
                        value.kind()
                    )));
                }
                if value.size() == 0 {
                    return Err(invalid(format!(
                        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: {name}, IndexKey: {key}"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn key_value(name: &str, value: &Attribute, largest: usize) -> Result<KeyValue, AwsError> {
    let what = if matches!(value, Attribute::B(_)) { "binary" } else { "string" };
    if value.size() == 0 {
        return Err(invalid(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
        )));
    }
    if value.size() > largest {
        return Err(invalid(match largest {
            2048 => "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
            _ => {
                "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
            }
        }));
    }
    KeyValue::of(value).ok_or_else(mismatch)
}

impl KeySchema {
    /// Returns the key's attributes of an item.
    pub(super) fn part(&self, item: &Item) -> Item {
        self.names().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect()
    }
}

fn mismatch() -> AwsError {
    invalid("The provided key element does not match the schema")
}

pub(super) fn get(tables: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    not_implemented(input, &LEGACY_PARAMETERS)?;
    let name = table_name(place, input)?;
    let mut faults = ValidationErrors::default();
    let key = faults.required("key", input.get("Key").filter(|value| !value.is_null()));
    faults.refuse("ValidationException")?;
    let key = read_item(key.unwrap_or(&Value::Null))?;
    let placeholders = Placeholders::read(input)?;
    let projection = placeholders.projection(input)?;
    placeholders.all_used()?;
    let table = tables.serving(name)?;
    let key = table.exact_key(&key)?;
    Ok(Response::json(match table.items.get(&key) {
        Some(item) => json!({ "Item": projected(item, projection.as_ref()) }),
        None => json!({}),
    }))
}

/// Returns the item, or the requested parts of it.
pub(super) fn projected(item: &Item, projection: Option<&Projection>) -> Value {
    match projection {
        Some(projection) => item_json(&projection.of(item)),
        None => item_json(item),
    }
}

pub(super) fn put(tables: &mut State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    write(tables, place, input, "Put")
}

pub(super) fn delete(tables: &mut State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    write(tables, place, input, "Delete")
}

pub(super) fn update(tables: &mut State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    write(tables, place, input, "Update")
}

fn write(tables: &mut State, place: &RequestContext, input: &Value, kind: &str) -> Result<Response, AwsError> {
    let returned = string(input, "ReturnValues")?;
    let mut faults = ValidationErrors::default();
    faults.one_of("returnValues", returned, &["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]);
    faults.refuse("ValidationException")?;
    let returned = returned.unwrap_or("NONE");
    if kind != "Update" && !matches!(returned, "NONE" | "ALL_OLD") {
        return Err(invalid("ReturnValues can only be ALL_OLD or NONE"));
    }
    let write = Write::read(tables, place, input, kind)?;
    let written = write.apply(tables)?;
    let attributes = match (returned, &write.effect) {
        ("ALL_OLD", _) => written.old.map(|old| item_json(&old)),
        ("ALL_NEW", _) => written.new.map(|new| item_json(&new)),
        ("UPDATED_OLD", WriteKind::Update(_, update)) => written.old.and_then(|old| updated(update, &old)),
        ("UPDATED_NEW", WriteKind::Update(_, update)) => written.new.and_then(|new| updated(update, &new)),
        _ => None,
    };
    Ok(Response::json(attributes.map_or(json!({}), |attributes| json!({ "Attributes": attributes }))))
}

/// Returns the parts of the item that the update names, or `None` if there are none.
fn updated(update: &Update, item: &Item) -> Option<Value> {
    let paths: Vec<Path> = update.paths().cloned().collect();
    let part = Projection::new(paths).of(item);
    (!part.is_empty()).then(|| item_json(&part))
}
