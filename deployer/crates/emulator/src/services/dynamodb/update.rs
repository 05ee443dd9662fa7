//! Updates and deletion of tables: UpdateTable and DeleteTable.

use std::time::Duration;

use serde_json::{Value, json};

use super::create::{MAX_INDEXES, class, encryption, on_demand, read_attributes};
use super::index;
use super::key::TableStatus;
use super::table::Table;
use super::{State, flag, invalid, not_found, not_implemented, table_name};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::response::Response;

/// Durations of changes (section 2.8): of a table's settings, of an index, and of the deletion of a table.
const SETTINGS: Duration = Duration::from_secs(4);
const INDEX: Duration = Duration::from_secs(120);
const DELETION: Duration = Duration::from_secs(8);

pub(super) fn update(tables: &mut State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let name = table_name(context, input)?;
    on_demand(input)?;
    not_implemented(
        input,
        &[
            "StreamSpecification",
            "ReplicaUpdates",
            "MultiRegionConsistency",
            "GlobalTableWitnessUpdates",
            "OnDemandThroughput",
            "WarmThroughput",
            "GlobalTableSettingsReplicationMode",
        ],
    )?;
    let protected = flag(input, "DeletionProtectionEnabled")?;
    let encrypted = encryption(context, input)?;
    let class = class(input)?;
    let indexes = input.get("GlobalSecondaryIndexUpdates").filter(|value| !value.is_null());
    let others = [protected.is_some(), class.is_some(), indexes.is_some(), input.get("BillingMode").is_some()];
    if encrypted.is_some() && others.contains(&true) {
        return Err(invalid(
            "One or more parameter values were invalid: Server-Side Encryption modification must be the only operation in the request",
        ));
    }
    if encrypted.is_none() && !others.contains(&true) {
        return Err(invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
        ));
    }
    let table = tables.changeable(name)?;
    let mut lasts = SETTINGS;
    if let Some(indexes) = indexes {
        lasts = INDEX;
        change_index(table, input, indexes, context)?;
    }
    if let Some(protected) = protected {
        table.protected = protected;
    }
    if let Some(encrypted) = encrypted {
        table.encrypted = encrypted;
    }
    if class.is_some() {
        table.class = class;
    }
    table.way = TableStatus::Updating(context.after(lasts));
    Ok(Response::json(json!({ "TableDescription": table.to_json(context) })))
}

/// Creates or deletes one index per request (section 5.2).
fn change_index(table: &mut Table, input: &Value, updates: &Value, context: &RequestContext) -> Result<(), AwsError> {
    let updates = updates.as_array().ok_or_else(|| AwsError::serialization("GlobalSecondaryIndexUpdates", "a list"))?;
    let update = match updates.as_slice() {
        [update] => update,
        [] => return Err(invalid("One or more parameter values were invalid: List of GlobalSecondaryIndexUpdates is empty")),
        _ => {
            return Err(AwsError::new(
                400,
                "LimitExceededException",
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
            ));
        }
    };
    let given = |member: &str| update.get(member).filter(|value| !value.is_null());
    match (given("Create"), given("Update"), given("Delete")) {
        (Some(create), None, None) => create_index(table, input, create, context),
        (None, Some(_), None) => not_implemented(update, &["Update"]),
        (None, None, Some(delete)) => delete_index(table, delete, context),
        _ => Err(invalid(
            "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate's members must be specified: Create, Update, Delete",
        )),
    }
}

fn create_index(table: &mut Table, input: &Value, create: &Value, context: &RequestContext) -> Result<(), AwsError> {
    let way = TableStatus::Creating(context.after(INDEX));
    let (name, index) = index::read("globalSecondaryIndexUpdates.1.member.create", create, way)?;
    if table.indexes.contains_key(&name) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Attempting to create an index which already exists: {name}"
        )));
    }
    if table.indexes.len() >= MAX_INDEXES {
        return Err(AwsError::new(400, "LimitExceededException", "Subscriber limit exceeded: too many indexes"));
    }
    let given = read_attributes(input)?;
    for (attribute, kind) in &given {
        if table.attributes.get(attribute).is_some_and(|known| known != kind) {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Attribute {attribute} is defined with another type"
            )));
        }
    }
    // Existing definitions of the table do not count: the request must define them (nubo-db/dynoxide#151, seen on AWS).
    if let Some(missing) = index.key.names().find(|key| !given.contains_key(*key)) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [{missing}], AttributeDefinitions: [{}]",
            given.keys().cloned().collect::<Vec<_>>().join(", ")
        )));
    }
    for key in index.key.names() {
        if let Some(kind) = given.get(key) {
            table.attributes.insert(key.clone(), kind.clone());
        }
    }
    table.indexes.insert(name, index);
    table.items.index(&table.definition.indexes);
    Ok(())
}

fn delete_index(table: &mut Table, delete: &Value, context: &RequestContext) -> Result<(), AwsError> {
    let mut faults = ValidationErrors::default();
    let name = faults.required("globalSecondaryIndexUpdates.1.member.delete.indexName", string(delete, "IndexName")?);
    faults.refuse("ValidationException")?;
    let name = name.unwrap_or_default();
    let missing = || not_found(format!("Requested resource not found: Index: {name} not found"));
    let index = table.indexes.get_mut(name).ok_or_else(missing)?;
    index.way = TableStatus::Deleting(context.after(INDEX));
    Ok(())
}

pub(super) fn delete(tables: &mut State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let name = table_name(context, input)?;
    // A second DeleteTable of a table that is being deleted is no error (BC dynamodb.DeleteTable).
    if let TableStatus::Deleting(_) = tables.described(name)?.way {
        let description = tables.described(name)?.to_json(context);
        return Ok(Response::json(json!({ "TableDescription": description })));
    }
    let table = tables.changeable(name)?;
    if table.protected {
        return Err(invalid(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        ));
    }
    table.way = TableStatus::Deleting(context.after(DELETION));
    Ok(Response::json(json!({ "TableDescription": table.to_json(context) })))
}
