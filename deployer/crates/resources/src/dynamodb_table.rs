//! The resource type `dynamodb.table`.

use std::collections::BTreeMap;
use std::time::Duration;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Name, Tags, named};

/// A primary key: attribute names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The partition key.
    pub partition: String,
    /// The sort key, if there is one.
    pub sort: Option<String>,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The partition key.
    pub partition: String,
    /// The sort key, if there is one.
    pub sort: Option<String>,
    /// `ALL` or `KEYS_ONLY`.
    pub projection: String,
}

impl Index {
    /// Returns the key of the index.
    pub fn key(&self) -> Key {
        Key { partition: self.partition.clone(), sort: self.sort.clone() }
    }
}

/// Desired and live properties of `dynamodb.table`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DynamodbTableProperties {
    /// The name, unique in account and region.
    pub name: String,
    /// Types of the key attributes by name: `S`, `N` or `B`.
    pub attributes: BTreeMap<String, String>,
    /// The primary key.
    pub key: Key,
    /// Global secondary indexes by name.
    pub indexes: BTreeMap<String, Index>,
    /// `aws-owned` or `aws-managed`.
    pub encryption: String,
    /// Whether the table can be restored to any second of the last 35 days.
    pub point_in_time_recovery: bool,
    /// The attribute that holds the expiry time of an item.
    pub ttl_attribute: Option<String>,
    /// Whether deleting the table is rejected.
    pub deletion_protection: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    DynamodbTable, declared as DynamodbTableProperties, with DynamodbTableOutputs {
        /// The ARN.
        arn: String as Arn<DynamodbTable>,
        /// The name.
        name: String as Name<DynamodbTable>,
    }
}

impl ResourceDefinition for DynamodbTable {
    type Properties = DynamodbTableProperties;
    type Outputs = DynamodbTableOutputs;
    const TYPE: &'static str = "dynamodb.table";
    const ID_IS_A_NAME: bool = true;
    const HOLDS_DATA: bool = true;
    const KEY: &'static [&'static str] = &["name"];
    const CREATION_TIME: Duration = Duration::from_secs(8);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a table's name cannot be changed; its items are lost"),
            "key" => ChangeEffect::Replace("a table's primary key cannot be changed; its items are lost"),
            _ => ChangeEffect::Update,
        }
    }

    /// Returns the effect of a change. UpdateTable cannot change the key schema, and can only create an index, delete it or change its
    /// throughput (service model, UpdateTableInput and GlobalSecondaryIndexUpdate).
    fn change_effect_between(path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        let names = path.0.iter().map(String::as_str).collect::<Vec<_>>();
        let changes = |pointer: &str| live.pointer(pointer) != wanted.pointer(pointer);
        match names[..] {
            ["attributes", name] if in_key(&live["key"], name) && in_key(&wanted["key"], name) => {
                ChangeEffect::Replace("the type of an attribute of the primary key cannot be changed; the items are lost")
            }
            ["attributes", name] if changes(&format!("/attributes/{name}")) && in_an_index(live, wanted, name) => {
                ChangeEffect::Rebuild(
                    "the type of an index's key cannot be changed, so the index is removed and made again; queries of it fail meanwhile",
                )
            }
            ["indexes", index, ..] if live["indexes"].get(index).is_some() && wanted["indexes"].get(index).is_some() => {
                ChangeEffect::Rebuild("an index cannot be changed, so it is removed and made again; queries of it fail meanwhile")
            }
            _ => Self::change_effect(path),
        }
    }

    /// Refuses the deletion of a protected table, as AWS does (API reference, CreateTable, DeletionProtectionEnabled). A table is protected
    /// if the spec says so or if somebody has protected it.
    fn retain_policy(properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        let declared = properties["deletion_protection"] == true;
        let protected = live.map_or(declared, |live| declared || live["deletion_protection"] == true);
        protected.then(|| RetainPolicy::Refuse {
            why: format!("the table {} is protected from deletion, which takes its items for good", named(properties)),
            help: "write `deletion_protection: false` for the table, apply that alone, and run this again".to_owned(),
        })
    }
}

/// Whether the attribute is part of the primary key.
fn in_key(key: &Value, name: &str) -> bool {
    ["partition", "sort"].iter().any(|part| key[part] == name)
}

/// Whether an index that is not removed has the attribute in its key.
fn in_an_index(live: &Value, wanted: &Value, name: &str) -> bool {
    let stays = |(index, key): (&String, &Value)| in_key(key, name) && wanted["indexes"].get(index).is_some();
    live["indexes"].as_object().is_some_and(|indexes| indexes.iter().any(stays))
}
