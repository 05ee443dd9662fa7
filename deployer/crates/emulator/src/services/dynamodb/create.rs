//! Creation of tables: CreateTable.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::index::{self, Index};
use super::items::Items;
use super::key::{KeySchema, TableStatus};
use super::settings;
use super::table::{Definition, Table};
use super::table_settings::{Backups, TimeToLive};
use super::{State, flag, invalid, name_fits, not_implemented};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::response::Response;
use crate::shared::Shared;

/// Duration of the creation of a table (section 2.8: 5 to 30 seconds).
const CREATION: Duration = Duration::from_secs(8);
/// Duration after that during which backups are being enabled (section 2.2).
const BACKUPS: Duration = Duration::from_secs(12);

/// Maximum number of global secondary indexes of a table (section 2.5).
pub(super) const MAX_INDEXES: usize = 20;

pub(super) fn create(tables: &mut State, context: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let name = checked_name(input)?;
    on_demand(input)?;
    not_implemented(
        input,
        &["LocalSecondaryIndexes", "WarmThroughput", "OnDemandThroughput", "ResourcePolicy", "GlobalTableSourceArn"],
    )?;
    if input.pointer("/StreamSpecification/StreamEnabled") == Some(&Value::Bool(true)) {
        not_implemented(input, &["StreamSpecification"])?;
    }
    let until = context.after(CREATION);
    let key = index::read_key(input)?;
    let attributes = read_attributes(input)?;
    let indexes = read_indexes(input, TableStatus::Creating(until))?;
    all_defined(&attributes, &key, &indexes)?;
    let class = class(input)?;
    let protected = flag(input, "DeletionProtectionEnabled")?.unwrap_or(false);
    let encrypted = encryption(context, input)?.flatten();
    let tags = input.get("Tags").map(settings::read_tags).transpose()?.unwrap_or_default();
    if tables.tables.contains_key(name) {
        return Err(AwsError::new(400, "ResourceInUseException", format!("Table already exists: {name}")));
    }
    let definition = Definition {
        name: name.to_owned(),
        id: context.uuid(),
        created: context.now.unix_timestamp_nanos() as f64 / 1e9,
        way: TableStatus::Creating(until),
        key,
        attributes,
        indexes,
        protected,
        encrypted,
        class,
        tags,
        ttl: TimeToLive::default(),
        backups: Backups::fresh(context.after(BACKUPS)),
    };
    let mut table = Table { definition: Shared::new(definition), items: Items::default() };
    table.items.index(&table.definition.indexes);
    let reply = Response::json(json!({ "TableDescription": table.to_json(context) }));
    tables.tables.insert(name.to_owned(), table);
    Ok(reply)
}

/// Returns the name of a table to be created; an ARN is rejected here.
fn checked_name(input: &Value) -> Result<&str, AwsError> {
    let mut faults = ValidationErrors::default();
    let name = faults.required("tableName", string(input, "TableName")?);
    faults.required("keySchema", input.get("KeySchema").filter(|schema| !schema.is_null()));
    faults.refuse("ValidationException")?;
    let name = name.unwrap_or_default();
    name_fits("TableName", name)?;
    Ok(name)
}

/// Rejects billing modes other than on-demand, the only one implemented here.
pub(super) fn on_demand(input: &Value) -> Result<(), AwsError> {
    let mode = string(input, "BillingMode")?;
    let mut faults = ValidationErrors::default();
    faults.one_of("billingMode", mode, &["PROVISIONED", "PAY_PER_REQUEST"]);
    faults.refuse("ValidationException")?;
    let throughput = input.get("ProvisionedThroughput").is_some_and(|value| !value.is_null());
    match mode {
        Some("PAY_PER_REQUEST") if throughput => Err(invalid(
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        Some("PAY_PER_REQUEST") => Ok(()),
        _ if !throughput && input.get("KeySchema").is_some() => Err(invalid(
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
        None if !throughput => Ok(()),
        _ => Err(AwsError::new(501, "NotImplemented", "the embedded DynamoDB has no BillingMode PROVISIONED")),
    }
}

/// Parses `AttributeDefinitions`.
pub(super) fn read_attributes(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let mut faults = ValidationErrors::default();
    let mut read = BTreeMap::new();
    let mut twice = None;
    for (n, definition) in (1..).zip(input.get("AttributeDefinitions").and_then(Value::as_array).into_iter().flatten()) {
        let at = |member: &str| format!("attributeDefinitions.{n}.member.{member}");
        let name = faults.required(&at("attributeName"), string(definition, "AttributeName")?);
        let kind = faults.required(&at("attributeType"), string(definition, "AttributeType")?);
        faults.length(&at("attributeName"), name, 1..=255);
        faults.one_of(&at("attributeType"), kind, &["S", "N", "B"]);
        if read.insert(name.unwrap_or_default().to_owned(), kind.unwrap_or_default().to_owned()).is_some() {
            twice = name;
        }
    }
    faults.refuse("ValidationException")?;
    match twice {
        Some(name) => Err(invalid(format!(
            "One or more parameter values were invalid: Duplicate AttributeName {name} in AttributeDefinitions"
        ))),
        None => Ok(read),
    }
}

fn read_indexes(input: &Value, way: TableStatus) -> Result<BTreeMap<String, Index>, AwsError> {
    let Some(given) = input.get("GlobalSecondaryIndexes").filter(|value| !value.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let given = given.as_array().ok_or_else(|| AwsError::serialization("GlobalSecondaryIndexes", "a list"))?;
    if given.is_empty() {
        return Err(invalid("One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty"));
    }
    if given.len() > MAX_INDEXES {
        return Err(AwsError::new(
            400,
            "LimitExceededException",
            format!(
                "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of {MAX_INDEXES}"
            ),
        ));
    }
    let mut indexes = BTreeMap::new();
    for (n, value) in (1..).zip(given) {
        let (name, index) = index::read(&format!("globalSecondaryIndexes.{n}"), value, way.clone())?;
        if indexes.insert(name.clone(), index).is_some() {
            return Err(invalid(format!("One or more parameter values were invalid: Duplicate index name: {name}")));
        }
    }
    Ok(indexes)
}

/// Requires that every key attribute is defined, and nothing else (section 5.1).
fn all_defined(
    attributes: &BTreeMap<String, String>,
    key: &KeySchema,
    indexes: &BTreeMap<String, Index>,
) -> Result<(), AwsError> {
    let list = |names: &BTreeSet<&String>| {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        format!("[{}]", names.join(", "))
    };
    let defined: BTreeSet<&String> = attributes.keys().collect();
    let own: BTreeSet<&String> = key.names().collect();
    if !own.is_subset(&defined) {
        return Err(invalid(format!(
            "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
            list(&own),
            list(&defined)
        )));
    }
    let mut used = own;
    for index in indexes.values() {
        let keys: BTreeSet<&String> = index.key.names().collect();
        if !keys.is_subset(&defined) {
            return Err(invalid(format!(
                "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
                list(&keys),
                list(&defined)
            )));
        }
        used.extend(keys);
    }
    if used != defined {
        // Text unverified in its details.
        return Err(invalid(format!(
            "One or more parameter values were invalid: Some AttributeDefinitions are not used. AttributeDefinitions: {}, keys used: {}",
            list(&defined),
            list(&used)
        )));
    }
    Ok(())
}

pub(super) fn class(input: &Value) -> Result<Option<String>, AwsError> {
    let class = string(input, "TableClass")?;
    let mut faults = ValidationErrors::default();
    faults.one_of("tableClass", class, &["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
    faults.refuse("ValidationException")?;
    Ok(class.map(str::to_owned))
}

/// Parses `SSESpecification`: absent, an AWS owned key, or a KMS key (given, or the account's `aws/dynamodb`).
pub(super) fn encryption(context: &RequestContext, input: &Value) -> Result<Option<Option<String>>, AwsError> {
    let Some(specification) = input.get("SSESpecification").filter(|value| !value.is_null()) else { return Ok(None) };
    let enabled = flag(specification, "Enabled")?.unwrap_or(false);
    let kind = string(specification, "SSEType")?;
    let mut faults = ValidationErrors::default();
    faults.one_of("sSESpecification.sSEType", kind, &["AES256", "KMS"]);
    faults.refuse("ValidationException")?;
    if kind == Some("AES256") {
        return Err(invalid("One or more parameter values were invalid: SSEType AES256 is not supported"));
    }
    let key = string(specification, "KMSMasterKeyId")?;
    match (enabled, key) {
        (false, Some(_)) => {
            Err(invalid("One or more parameter values were invalid: KMSMasterKeyId can be specified only with SSE enabled"))
        }
        (false, None) => Ok(Some(None)),
        (true, Some(key)) if key.starts_with("arn:") => Ok(Some(Some(key.to_owned()))),
        (true, Some(_)) => Err(AwsError::new(501, "NotImplemented", "KMSMasterKeyId must be an ARN in the embedded AWS")),
        (true, None) => {
            let id = context.uuid();
            Ok(Some(Some(format!("arn:aws:kms:{}:{}:key/{id}", context.region, context.account))))
        }
    }
}
