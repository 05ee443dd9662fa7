//! Updates of a DynamoDB table: one kind of change per call, with a wait after each (API reference, UpdateTable).

use std::collections::BTreeMap;
use std::ops::ControlFlow::{Break, Continue};
use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, PointInTimeRecoverySpecification, Projection, ProjectionType,
    ScalarAttributeType, SseSpecification, SseType, TimeToLiveSpecification, TimeToLiveStatus,
};
use deployer_engine::{Context, Error, ErrorClass, Result};
use deployer_resources::{DynamodbTableProperties, Index, Key};

use super::{DynamodbTable, TableLive, has_point_in_time_recovery, sdk_tags};
use crate::call::Operation;
use crate::tags;
use crate::wait;

/// All calls that change a table.
pub(super) const CALLS: [Operation; 5] = [UPDATE, UPDATE_BACKUPS, UPDATE_TTL, TAG, UNTAG];
const UPDATE: Operation = Operation::idempotent("dynamodb", "UpdateTable");
/// Not idempotent: a second request for the same index fails, so a lost response requires a lookup.
const ADD_INDEX: Operation = Operation::create("dynamodb", "UpdateTable");
const UPDATE_BACKUPS: Operation = Operation::idempotent("dynamodb", "UpdateContinuousBackups");
const UPDATE_TTL: Operation = Operation::idempotent("dynamodb", "UpdateTimeToLive");
const TAG: Operation = Operation::idempotent("dynamodb", "TagResource");
const UNTAG: Operation = Operation::idempotent("dynamodb", "UntagResource");

/// Usual duration of switching backups: some seconds (unverified; the API reference gives no time).
const BACKUPS_SWITCH: Duration = Duration::from_secs(4);
const RECOVERABLE_WITHIN: Duration = Duration::from_secs(20 * 60);
/// Maximum time for switching off time to live, which takes up to an hour (API reference, UpdateTimeToLive).
const TTL_OFF_WITHIN: Duration = Duration::from_secs(65 * 60);

fn incomplete(error: BuildError) -> Error {
    Error::local(format!("a table's definition is incomplete: {error}"))
}

pub(super) fn attribute_definitions(attributes: &BTreeMap<String, String>) -> Result<Vec<AttributeDefinition>> {
    let define = |(name, kind): (&String, &String)| {
        let kind = ScalarAttributeType::from(kind.as_str());
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().map_err(incomplete)
    };
    attributes.iter().map(define).collect()
}

pub(super) fn key_schema(key: &Key) -> Result<Vec<KeySchemaElement>> {
    let element = |(name, kind): (&String, KeyType)| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(incomplete)
    };
    let sort = key.sort.iter().map(|name| (name, KeyType::Range));
    std::iter::once((&key.partition, KeyType::Hash)).chain(sort).map(element).collect()
}

fn projection(index: &Index) -> Projection {
    Projection::builder().projection_type(ProjectionType::from(index.projection.as_str())).build()
}

pub(super) fn new_index(name: &str, index: &Index) -> Result<GlobalSecondaryIndex> {
    let schema = key_schema(&index.key())?;
    let builder = GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(schema));
    builder.projection(projection(index)).build().map_err(incomplete)
}

pub(super) fn encryption(kind: &str) -> SseSpecification {
    let managed = kind == "aws-managed";
    SseSpecification::builder().enabled(managed).set_sse_type(managed.then_some(SseType::Kms)).build()
}

/// Whether the index is the same in both, including the types of its attributes.
fn same_index(name: &str, a: &DynamodbTableProperties, b: &DynamodbTableProperties) -> bool {
    let of = |table: &DynamodbTableProperties| {
        let index = table.indexes.get(name)?.clone();
        let kinds: Vec<_> =
            std::iter::once(&index.partition).chain(&index.sort).map(|name| table.attributes.get(name).cloned()).collect();
        Some((index, kinds))
    };
    of(a) == of(b)
}

impl DynamodbTable {
    /// Updates the table in this order: flat settings, encryption, index removals, index additions, backups, time to live, tags.
    pub(super) async fn apply_changes(&self, cx: &Context, live: &TableLive, wanted: &DynamodbTableProperties) -> Result<()> {
        let was = &live.properties;
        refuse_new_key_types(was, wanted)?;
        let name = wanted.name.as_str();
        self.wait_until_active(cx, name).await?;
        if was.deletion_protection != wanted.deletion_protection {
            self.set_protection(cx, name, wanted.deletion_protection).await?;
        }
        if was.encryption != wanted.encryption {
            self.set_encryption(cx, name, &wanted.encryption).await?;
        }
        for index in was.indexes.keys().filter(|index| !same_index(index, was, wanted)) {
            self.remove_index(cx, name, index).await?;
        }
        for (index_name, index) in wanted.indexes.iter().filter(|(index, _)| !same_index(index, was, wanted)) {
            self.add_index(cx, wanted, index_name, index).await?;
        }
        if was.point_in_time_recovery != wanted.point_in_time_recovery {
            self.set_point_in_time_recovery(cx, name, wanted.point_in_time_recovery).await?;
        }
        self.change_ttl(cx, name, was.ttl_attribute.as_deref(), wanted.ttl_attribute.as_deref()).await?;
        self.retag(cx, live, wanted).await
    }

    async fn set_protection(&self, cx: &Context, name: &str, on: bool) -> Result<()> {
        let update = || self.0.dynamodb.update_table().table_name(name).deletion_protection_enabled(on).send();
        self.0.call(cx, UPDATE, update).await?;
        self.wait_until_active(cx, name).await.map(drop)
    }

    async fn set_encryption(&self, cx: &Context, name: &str, kind: &str) -> Result<()> {
        let update = || self.0.dynamodb.update_table().table_name(name).sse_specification(encryption(kind)).send();
        self.0.call(cx, UPDATE, update).await?;
        self.wait_until_active(cx, name).await.map(drop)
    }

    async fn remove_index(&self, cx: &Context, table: &str, index: &str) -> Result<()> {
        let action = DeleteGlobalSecondaryIndexAction::builder().index_name(index).build().map_err(incomplete)?;
        let change = GlobalSecondaryIndexUpdate::builder().delete(action).build();
        let update = || self.0.dynamodb.update_table().table_name(table).global_secondary_index_updates(change.clone()).send();
        self.0.call(cx, UPDATE, update).await?;
        self.wait_until_active(cx, table).await.map(drop)
    }

    async fn add_index(&self, cx: &Context, wanted: &DynamodbTableProperties, name: &str, index: &Index) -> Result<()> {
        let schema = Some(key_schema(&index.key())?);
        let action = CreateGlobalSecondaryIndexAction::builder().index_name(name).set_key_schema(schema);
        let action = action.projection(projection(index)).build().map_err(incomplete)?;
        let change = GlobalSecondaryIndexUpdate::builder().create(action).build();
        // Attributes of indexes that are added later must not be named yet.
        let described = self.wait_until_active(cx, &wanted.name).await?;
        let known = described.attribute_definitions().iter().map(|one| one.attribute_name.clone());
        let named: Vec<String> = known.chain([index.partition.clone()]).chain(index.sort.clone()).collect();
        let attributes = wanted.attributes.iter().filter(|(name, _)| named.contains(name));
        let attributes = attribute_definitions(&attributes.map(|(name, kind)| (name.clone(), kind.clone())).collect())?;
        let update = || {
            let request = self.0.dynamodb.update_table().table_name(&wanted.name);
            request.set_attribute_definitions(Some(attributes.clone())).global_secondary_index_updates(change.clone()).send()
        };
        self.0.call(cx, ADD_INDEX, update).await?;
        self.wait_until_active(cx, &wanted.name).await.map(drop)
    }

    /// Switches point-in-time recovery and waits until it has changed: time to live cannot change meanwhile.
    pub(super) async fn set_point_in_time_recovery(&self, cx: &Context, name: &str, on: bool) -> Result<()> {
        let specification =
            PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(on).build().map_err(incomplete)?;
        let update = || {
            let request = self.0.dynamodb.update_continuous_backups().table_name(name);
            request.point_in_time_recovery_specification(specification.clone()).send()
        };
        let backups = self.0.call(cx, UPDATE_BACKUPS, update).await?.continuous_backups_description;
        if has_point_in_time_recovery(backups.as_ref()) == on {
            return Ok(());
        }
        wait::poll_until_with_estimate(
            cx,
            "point-in-time recovery",
            self.0.scaled(BACKUPS_SWITCH),
            RECOVERABLE_WITHIN,
            || async {
                let is_on = self.recoverable(cx, name).await?;
                Ok(if is_on == on { Break(()) } else { Continue("changing".to_owned()) })
            },
        )
        .await
    }

    /// Switches time to live on or off for an attribute; it may take an hour to take effect.
    pub(super) async fn set_ttl(&self, cx: &Context, name: &str, attribute: &str, on: bool) -> Result<()> {
        let specification =
            TimeToLiveSpecification::builder().attribute_name(attribute).enabled(on).build().map_err(incomplete)?;
        let update =
            || self.0.dynamodb.update_time_to_live().table_name(name).time_to_live_specification(specification.clone()).send();
        self.0.call(cx, UPDATE_TTL, update).await.map(drop)
    }

    async fn change_ttl(&self, cx: &Context, name: &str, was: Option<&str>, wanted: Option<&str>) -> Result<()> {
        if was == wanted {
            return Ok(());
        }
        if let Some(attribute) = was {
            self.set_ttl(cx, name, attribute, false).await?;
        }
        let Some(attribute) = wanted else { return Ok(()) };
        // Needed after an interrupted change, too: the old attribute may still be being disabled.
        wait::poll_until(cx, "the end of the old time to live", TTL_OFF_WITHIN, || async {
            let (_, status) = self.ttl(cx, name).await?;
            let going = status == Some(TimeToLiveStatus::Disabling);
            Ok(if going { Continue("DISABLING, which takes up to an hour".to_owned()) } else { Break(()) })
        })
        .await?;
        self.set_ttl(cx, name, attribute, true).await
    }

    async fn retag(&self, cx: &Context, live: &TableLive, wanted: &DynamodbTableProperties) -> Result<()> {
        let change = tags::change(&live.properties.tags, &wanted.tags);
        let (client, arn) = (&self.0.dynamodb, &live.outputs.arn);
        if !change.set.is_empty() {
            let set = sdk_tags(&change.set);
            self.0.call(cx, TAG, || client.tag_resource().resource_arn(arn).set_tags(Some(set.clone())).send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove;
            self.0.call(cx, UNTAG, || client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.clone())).send()).await?;
        }
        Ok(())
    }
}

/// Rejects a changed type of a primary key attribute, which is fixed for the table's life, before anything is changed.
fn refuse_new_key_types(was: &DynamodbTableProperties, wanted: &DynamodbTableProperties) -> Result<()> {
    let names = std::iter::once(&was.key.partition).chain(&was.key.sort);
    let changed: Vec<&String> = names.filter(|name| was.attributes.get(*name) != wanted.attributes.get(*name)).collect();
    let Some(name) = changed.first() else { return Ok(()) };
    let message = format!("the type of {name}, an attribute of the primary key of {}, cannot be changed", wanted.name);
    Err(Error::new(ErrorClass::Invalid, message)
        .with_help("give the table another name, so that a new one is made, and move the items"))
}
