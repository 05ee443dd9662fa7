//! An on-demand DynamoDB table with its indexes, encryption, backups and time to live.

mod update;

use std::collections::BTreeMap;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    BillingMode, ContinuousBackupsDescription, IndexStatus, KeySchemaElement, KeyType, PointInTimeRecoveryStatus, SseDescription,
    SseStatus, TableDescription, TableStatus, Tag, TimeToLiveStatus,
};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{DynamodbTableOutputs, DynamodbTableProperties, Index, Key};
use serde_json::{Map, Value};

use super::{outputs, required_field, text};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait::{self, PollResult};

use update::{attribute_definitions, encryption, key_schema, new_index};

pub(super) type TableLive = Live<DynamodbTableProperties, DynamodbTableOutputs>;

const DESCRIBE: Operation = Operation::read("dynamodb", "DescribeTable");
const DESCRIBE_BACKUPS: Operation = Operation::read("dynamodb", "DescribeContinuousBackups");
const DESCRIBE_TTL: Operation = Operation::read("dynamodb", "DescribeTimeToLive");
const LIST_TAGS: Operation = Operation::read("dynamodb", "ListTagsOfResource");
const CREATE: Operation = Operation::create("dynamodb", "CreateTable");
const DELETE: Operation = Operation::idempotent("dynamodb", "DeleteTable");

/// Usual duration of creating a table, and of deleting one: some seconds (unverified; the API reference gives no time).
const CREATION: Duration = deployer_resources::DynamodbTable::CREATION_TIME;
const DELETION: Duration = Duration::from_secs(8);
const USABLE_WITHIN: Duration = Duration::from_secs(30 * 60);
const GONE_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The resource type `dynamodb.table`.
pub struct DynamodbTable(pub(crate) Arc<Provider>);

pub(super) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    // The builder requires only key and value.
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

fn key(schema: &[KeySchemaElement]) -> Key {
    let of = |kind: KeyType| {
        schema.iter().find(|element| *element.key_type() == kind).map(|element| element.attribute_name().to_owned())
    };
    Key { partition: of(KeyType::Hash).unwrap_or_default(), sort: of(KeyType::Range) }
}

pub(super) fn has_point_in_time_recovery(backups: Option<&ContinuousBackupsDescription>) -> bool {
    let recovery = backups.and_then(ContinuousBackupsDescription::point_in_time_recovery_description);
    recovery.and_then(|recovery| recovery.point_in_time_recovery_status()) == Some(&PointInTimeRecoveryStatus::Enabled)
}

/// Returns the encryption. A missing description means a key that AWS owns (API reference, SSESpecification).
fn encryption_of(description: Option<&SseDescription>) -> &'static str {
    match description.and_then(SseDescription::status) {
        None | Some(SseStatus::Disabled | SseStatus::Disabling) => "aws-owned",
        Some(_) => "aws-managed",
    }
}

fn indexes(table: &TableDescription) -> BTreeMap<String, Index> {
    let kept = table.global_secondary_indexes().iter().filter(|index| index.index_status() != Some(&IndexStatus::Deleting));
    let entry = |index: &aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| {
        let key = key(index.key_schema());
        let projection = index.projection().and_then(|projection| projection.projection_type());
        let projection = projection.map_or_else(String::new, |kind| kind.as_str().to_owned());
        (index.index_name().unwrap_or_default().to_owned(), Index { partition: key.partition, sort: key.sort, projection })
    };
    kept.map(entry).collect()
}

impl DynamodbTable {
    pub(super) async fn describe(&self, cx: &Context, name: &str) -> Result<Option<TableDescription>> {
        let describe = || self.0.dynamodb.describe_table().table_name(name).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.table))
    }

    pub(super) async fn recoverable(&self, cx: &Context, name: &str) -> Result<bool> {
        let describe = || self.0.dynamodb.describe_continuous_backups().table_name(name).send();
        let backups = self.0.call(cx, DESCRIBE_BACKUPS, describe).await.optional()?;
        Ok(has_point_in_time_recovery(backups.and_then(|answer| answer.continuous_backups_description).as_ref()))
    }

    /// Reads the attribute and the status, which shows whether a change is in progress.
    pub(super) async fn ttl(&self, cx: &Context, name: &str) -> Result<(Option<String>, Option<TimeToLiveStatus>)> {
        let describe = || self.0.dynamodb.describe_time_to_live().table_name(name).send();
        let answer = self.0.call(cx, DESCRIBE_TTL, describe).await.optional()?;
        let Some(ttl) = answer.and_then(|answer| answer.time_to_live_description) else { return Ok((None, None)) };
        let on = matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
        Ok((ttl.attribute_name.filter(|_| on), ttl.time_to_live_status))
    }

    async fn tags(&self, cx: &Context, arn: &str) -> Result<Tags> {
        let tags = collect_pages(|token| async move {
            let list = || self.0.dynamodb.list_tags_of_resource().resource_arn(arn).set_next_token(token.clone()).send();
            let page = self.0.call(cx, LIST_TAGS, list).await?;
            Ok((page.tags.unwrap_or_default(), page.next_token))
        });
        Ok(tags::own(tags.await?.into_iter().map(|tag| (tag.key, tag.value))))
    }

    /// Reads everything of the table that its description does not include.
    async fn settings(&self, cx: &Context, name: &str) -> Result<(bool, Option<String>, Tags)> {
        let arn = self.0.arn("dynamodb", &format!("table/{name}"));
        let (recoverable, ttl, tags) = futures::try_join!(self.recoverable(cx, name), self.ttl(cx, name), self.tags(cx, &arn))?;
        Ok((recoverable, ttl.0, tags))
    }

    /// Waits until the table, its indexes and its encryption are stable.
    pub(super) async fn wait_until_active(&self, cx: &Context, name: &str) -> Result<TableDescription> {
        wait::poll_until(cx, "the table", USABLE_WITHIN, || self.once_active(cx, name)).await
    }

    /// Waits as [`Self::wait_until_active`] does, for a table as its creating call returned it.
    async fn created(&self, cx: &Context, name: &str, table: TableDescription) -> Result<TableDescription> {
        match active(table) {
            Break(table) => Ok(table),
            Continue(_) => {
                wait::poll_until_with_estimate(cx, "the table", self.0.scaled(CREATION), USABLE_WITHIN, || {
                    self.once_active(cx, name)
                })
                .await
            }
        }
    }

    async fn once_active(&self, cx: &Context, name: &str) -> Result<PollResult<TableDescription>> {
        let table = self.describe(cx, name).await?;
        Ok(table.map_or_else(|| Continue("not visible yet".to_owned()), active))
    }

    async fn until_gone(&self, cx: &Context, name: &str) -> Result<()> {
        wait::poll_until_with_estimate(cx, "the table's end", self.0.scaled(DELETION), GONE_WITHIN, || async {
            let table = self.describe(cx, name).await?;
            Ok(table.map_or(Break(()), |_| Continue("DELETING".to_owned())))
        })
        .await
    }
}

fn live(table: TableDescription, settings: (bool, Option<String>, Tags)) -> Result<TableLive> {
    let name = required_field("the table's name", table.table_name.clone())?;
    let arn = required_field("the table's ARN", table.table_arn.clone())?;
    let (point_in_time_recovery, ttl_attribute, tags) = settings;
    let definitions = table.attribute_definitions().iter();
    let properties = DynamodbTableProperties {
        name: name.clone(),
        attributes: definitions.map(|one| (one.attribute_name.clone(), one.attribute_type.as_str().to_owned())).collect(),
        key: key(table.key_schema()),
        indexes: indexes(&table),
        encryption: encryption_of(table.sse_description()).to_owned(),
        point_in_time_recovery,
        ttl_attribute,
        deletion_protection: table.deletion_protection_enabled.unwrap_or_default(),
        tags,
    };
    let outputs = DynamodbTableOutputs { arn, name: name.clone() };
    Ok(Live { id: PhysicalId(name), properties, outputs })
}

/// Checks whether the table, its indexes and its encryption are stable.
fn active(table: TableDescription) -> PollResult<TableDescription> {
    let busy = table.global_secondary_indexes().iter().find(|index| index.index_status() != Some(&IndexStatus::Active));
    let encrypting = table.sse_description().and_then(SseDescription::status).filter(|status| status.as_str().ends_with("ING"));
    match (table.table_status(), busy, encrypting) {
        (Some(TableStatus::Active) | None, None, None) => Break(table),
        (Some(TableStatus::Active) | None, Some(index), _) => {
            let status = index.index_status().map_or("CREATING", IndexStatus::as_str);
            Continue(format!("index {} is {status}", index.index_name().unwrap_or_default()))
        }
        (Some(TableStatus::Active) | None, None, Some(status)) => Continue(format!("encryption is {status}")),
        (Some(status), _, _) => Continue(status.to_string()),
    }
}

fn is_deleting(table: &TableDescription) -> bool {
    table.table_status() == Some(&TableStatus::Deleting)
}

impl Permissions for DynamodbTable {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let table = provider.arn("dynamodb", &format!("table/{}", named(wanted, "name")));
        let own = [DESCRIBE, DESCRIBE_BACKUPS, DESCRIBE_TTL, LIST_TAGS, CREATE, DELETE];
        [operation_permissions(&own, &table), operation_permissions(&update::CALLS, &table)].concat()
    }
}

impl Resource for DynamodbTable {
    type Definition = deployer_resources::DynamodbTable;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let Some(name) = text(wanted, "name") else { return Map::new() };
        outputs([("arn", self.0.arn("dynamodb", &format!("table/{name}"))), ("name", name.to_owned())])
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &DynamodbTableProperties) -> Result<Option<TableLive>> {
        let name = id.as_str();
        let settings = async {
            if cx.presence_only {
                let tags = self.tags(cx, &self.0.arn("dynamodb", &format!("table/{name}"))).await.optional()?;
                return Ok(tags.map(|tags| (hint.point_in_time_recovery, hint.ttl_attribute.clone(), tags)));
            }
            self.settings(cx, name).await.optional()
        };
        let (table, settings) = futures::try_join!(self.describe(cx, name), settings)?;
        let seen = match (table.filter(|table| !is_deleting(table)), settings) {
            (Some(table), Some(settings)) => Some(live(table, settings)?),
            _ => None,
        };
        // Another table may have taken the name by now; it is not the recorded one.
        Ok(seen)
    }

    async fn owner(&self, cx: &Context, live: &TableLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &DynamodbTableProperties) -> Result<Lookup<TableLive>> {
        let Some(table) = self.describe(cx, &wanted.name).await? else { return Ok(Lookup::NotFound) };
        if is_deleting(&table) {
            self.until_gone(cx, &wanted.name).await?;
            return Ok(Lookup::NotFound);
        }
        let Some(settings) = self.settings(cx, &wanted.name).await.optional()? else { return Ok(Lookup::NotFound) };
        let live = live(table.clone(), settings)?;
        let found = tags::found(cx, &live.properties.tags.clone(), live);
        if matches!(found, Lookup::Owned(_)) && matches!(active(table), Continue(_)) {
            self.wait_until_active(cx, &wanted.name).await?;
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context, wanted: &DynamodbTableProperties) -> Result<TableLive> {
        let indexes = wanted.indexes.iter().map(|(name, index)| new_index(name, index)).collect::<Result<Vec<_>>>()?;
        let indexes = Some(indexes).filter(|indexes| !indexes.is_empty());
        let (attributes, schema) = (attribute_definitions(&wanted.attributes)?, key_schema(&wanted.key)?);
        let tags = sdk_tags(&wanted.tags);
        let encryption = (wanted.encryption == "aws-managed").then(|| encryption(&wanted.encryption));
        let create = || {
            let request = self.0.dynamodb.create_table().table_name(&wanted.name).billing_mode(BillingMode::PayPerRequest);
            request
                .set_attribute_definitions(Some(attributes.clone()))
                .set_key_schema(Some(schema.clone()))
                .set_global_secondary_indexes(indexes.clone())
                .set_sse_specification(encryption.clone())
                .deletion_protection_enabled(wanted.deletion_protection)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = required_field("the table", self.0.call(cx, CREATE, create).await?.table_description)?;
        let arn = required_field("the table's ARN", made.table_arn.clone())?;
        self.created(cx, &wanted.name, made).await?;
        if wanted.point_in_time_recovery {
            self.set_point_in_time_recovery(cx, &wanted.name, true).await?;
        }
        if let Some(attribute) = &wanted.ttl_attribute {
            self.set_ttl(cx, &wanted.name, attribute, true).await?;
        }
        let outputs = DynamodbTableOutputs { arn, name: wanted.name.clone() };
        Ok(Live { id: PhysicalId(wanted.name.clone()), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &TableLive,
        wanted: &DynamodbTableProperties,
        _changed: &[PropertyPath],
    ) -> Result<TableLive> {
        self.apply_changes(cx, live, wanted).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &DynamodbTableProperties) -> Result<()> {
        let name = id.as_str();
        let deleted = self.0.call(cx, DELETE, || self.0.dynamodb.delete_table().table_name(name).send()).await.optional()?;
        if deleted.is_none() {
            return Ok(());
        }
        self.until_gone(cx, name).await
    }
}
