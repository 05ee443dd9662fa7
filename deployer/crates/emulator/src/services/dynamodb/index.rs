//! Global secondary indexes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::key::{Key, KeySchema, KeyValue, TableStatus, no_throughput, warm_throughput};
use super::value::{Item, item_size};
use super::{invalid, name_fits, not_implemented};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::string;
use crate::shared::Shared;

/// A global secondary index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) way: TableStatus,
    pub(super) key: KeySchema,
    pub(super) projection: Projected,
}

/// Attributes that an index contains besides the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Projected {
    All,
    Keys,
    Include(Vec<String>),
}

impl Index {
    /// Returns the item's key in the index, or `None` if it lacks an attribute of the key.
    pub(super) fn place(&self, item: &Item) -> Option<Key> {
        let hash = KeyValue::of(item.get(&self.key.hash)?)?;
        let range = match &self.key.range {
            Some(range) => Some(KeyValue::of(item.get(range)?)?),
            None => None,
        };
        Some(Key::new(hash, range))
    }

    /// Returns the part of the item that the index contains.
    pub(super) fn part(&self, item: &Item, table: &KeySchema) -> Item {
        let kept = |name: &String| match &self.projection {
            Projected::All => true,
            projected => {
                self.key.names().chain(table.names()).any(|key| key == name)
                    || matches!(projected, Projected::Include(names) if names.contains(name))
            }
        };
        item.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    pub(super) fn to_json<'a>(&self, name: &str, table_arn: &str, items: impl Iterator<Item = &'a Shared<Item>>) -> Value {
        let (count, bytes) = items.fold((0_usize, 0), |(count, bytes), item| (count + 1, bytes + item_size(item)));
        let projection = match &self.projection {
            Projected::All => json!({"ProjectionType": "ALL"}),
            Projected::Keys => json!({"ProjectionType": "KEYS_ONLY"}),
            Projected::Include(names) => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names}),
        };
        let mut index = json!({
            "IndexName": name, "IndexArn": format!("{table_arn}/index/{name}"), "IndexStatus": self.way.status(),
            "KeySchema": self.key.to_json(), "Projection": projection, "ProvisionedThroughput": no_throughput(),
            "IndexSizeBytes": bytes, "ItemCount": count,
            "WarmThroughput": warm_throughput(),
        });
        if matches!(self.way, TableStatus::Creating(_)) {
            index["Backfilling"] = true.into();
        }
        index
    }
}

/// Parses an index of a request (`at` is its path, for messages); its status is `way`.
pub(super) fn read(at: &str, value: &Value, way: TableStatus) -> Result<(String, Index), AwsError> {
    not_implemented(value, &["ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"])?;
    let mut faults = ValidationErrors::default();
    let name = faults.required(&format!("{at}.member.indexName"), string(value, "IndexName")?);
    faults.required(&format!("{at}.member.keySchema"), value.get("KeySchema"));
    let projection = faults.required(&format!("{at}.member.projection"), value.get("Projection"));
    faults.refuse("ValidationException")?;
    let name = name.unwrap_or_default();
    name_fits("IndexName", name)?;
    let key = read_key(value)?;
    let projection = projection.map(read_projection).transpose()?.unwrap_or(Projected::Keys);
    Ok((name.to_owned(), Index { way, key, projection }))
}

fn read_projection(value: &Value) -> Result<Projected, AwsError> {
    let kind = string(value, "ProjectionType")?;
    let mut faults = ValidationErrors::default();
    faults.one_of("projection.projectionType", kind, &["ALL", "KEYS_ONLY", "INCLUDE"]);
    faults.refuse("ValidationException")?;
    let names: Option<Vec<String>> = value
        .get("NonKeyAttributes")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    match (kind, names) {
        (None, _) => Err(invalid("One or more parameter values were invalid: Unknown ProjectionType: null")),
        (Some("INCLUDE"), Some(names)) if !names.is_empty() => Ok(Projected::Include(names)),
        (Some("INCLUDE"), _) => Err(invalid(
            "One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        )),
        (Some(kind), Some(_)) => Err(invalid(format!(
            "One or more parameter values were invalid: ProjectionType is {kind}, but NonKeyAttributes is specified"
        ))),
        (Some("ALL"), None) => Ok(Projected::All),
        (Some(_), None) => Ok(Projected::Keys),
    }
}

/// Parses `KeySchema`: one HASH, then at most one RANGE of another name.
pub(super) fn read_key(value: &Value) -> Result<KeySchema, AwsError> {
    let elements = value.get("KeySchema").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut faults = ValidationErrors::default();
    let mut read = Vec::new();
    for (n, element) in (1..).zip(elements) {
        let name = faults.required(&format!("keySchema.{n}.member.attributeName"), string(element, "AttributeName")?);
        let kind = faults.required(&format!("keySchema.{n}.member.keyType"), string(element, "KeyType")?);
        faults.length(&format!("keySchema.{n}.member.attributeName"), name, 1..=255);
        faults.one_of(&format!("keySchema.{n}.member.keyType"), kind, &["HASH", "RANGE"]);
        read.push((name.unwrap_or_default().to_owned(), kind.unwrap_or_default()));
    }
    faults.refuse("ValidationException")?;
    let wrong = |what: &str| Err(invalid(format!("Invalid KeySchema: {what}")));
    match read.as_slice() {
        [] => wrong("KeySchema must have at least one element"),
        [(hash, "HASH")] => Ok(KeySchema { hash: hash.clone(), range: None }),
        [(hash, "HASH"), (range, "RANGE")] if hash != range => Ok(KeySchema { hash: hash.clone(), range: Some(range.clone()) }),
        [(_, "HASH"), (_, "RANGE")] => {
            Err(invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"))
        }
        [(_, first), ..] if *first != "HASH" => wrong("The first KeySchemaElement is not a HASH key type"),
        [_, _] => wrong("The second KeySchemaElement is not a RANGE key type"),
        _ => wrong("Some index key attribute have more than two elements"),
    }
}
