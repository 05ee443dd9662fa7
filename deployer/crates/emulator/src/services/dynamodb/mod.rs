//! DynamoDB tables and items.

mod batch;
mod create;
mod expression;
mod index;
mod item;
mod items;
mod number;
mod query;
mod range;
mod settings;
mod table;
mod transact;
mod update;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::check::{ValidationErrors, word};
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;
use crate::stored::stored;

use table::Table;

pub(crate) const OPERATIONS: &[&str] = &[
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",
    "DeleteItem",
    "DeleteTable",
    "DescribeContinuousBackups",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "ListTables",
    "ListTagsOfResource",
    "PutItem",
    "Query",
    "Scan",
    "TagResource",
    "TransactGetItems",
    "TransactWriteItems",
    "UntagResource",
    "UpdateContinuousBackups",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
];

/// DynamoDB state: tables by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    tables: BTreeMap<String, Table>,
    /// Recent transactions by client token.
    #[serde(default)]
    transactions: PersistentMap<String, TransactionToken>,
    /// Time at which expired transactions were last removed; not stored, so it is repeated after a restart.
    #[serde(skip)]
    swept: i64,
}

stored!(State: tables, transactions);

/// A digest of the transaction's request, and the time until which it is remembered.
type TransactionToken = (String, i64);

stored!(whole TransactionToken);

/// Account and Region, for ARNs.
struct Location {
    account: String,
    region: String,
}

impl Location {
    fn arn(&self, table: &str) -> String {
        format!("arn:aws:dynamodb:{}:{}:table/{table}", self.region, self.account)
    }
}

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let place = Location { account: world.account.clone(), region: world.region.clone() };
    if world.dynamodb.is_unsettled(context.now) {
        world.dynamodb.advance(context.now);
    }
    let (tables, input) = (&mut world.dynamodb, &call.input);
    match call.operation {
        "CreateTable" => create::create(tables, &place, input, context),
        "DescribeTable" => table::describe(tables, &place, input),
        "ListTables" => table::list(tables, input),
        "UpdateTable" => update::update(tables, &place, input, context),
        "DeleteTable" => update::delete(tables, &place, input, context),
        "UpdateTimeToLive" => settings::update_ttl(tables, &place, input, context),
        "DescribeTimeToLive" => settings::describe_ttl(tables, &place, input, context),
        "UpdateContinuousBackups" => settings::update_backups(tables, &place, input, context),
        "DescribeContinuousBackups" => settings::describe_backups(tables, &place, input, context),
        "TagResource" => settings::tag(tables, &place, input),
        "UntagResource" => settings::untag(tables, &place, input),
        "ListTagsOfResource" => settings::list_tags(tables, &place, input),
        "PutItem" => item::put(tables, &place, input),
        "GetItem" => item::get(tables, &place, input),
        "UpdateItem" => item::update(tables, &place, input),
        "DeleteItem" => item::delete(tables, &place, input),
        "Query" => query::query(tables, &place, input),
        "Scan" => query::scan(tables, &place, input),
        "BatchGetItem" => batch::get(tables, &place, input),
        "BatchWriteItem" => batch::write(tables, &place, input),
        "TransactGetItems" => transact::get(tables, &place, input),
        "TransactWriteItems" => transact::write(tables, &place, input, context),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}

impl State {
    /// Returns the tags of every table, by ARN.
    pub(crate) fn tagged(&self, account: &str, region: &str) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        let place = Location { account: account.to_owned(), region: region.to_owned() };
        self.tables.iter().map(move |(name, table)| (place.arn(name), table.tags.clone()))
    }

    /// Removes tables whose deletion is complete and advances the status of the others.
    fn advance(&mut self, now: OffsetDateTime) {
        self.tables.retain(|_, table| !table.is_deleted(now));
        self.tables.values_mut().filter(|table| table.unsettled(now)).for_each(|table| table.advance(now));
    }

    fn is_unsettled(&self, now: OffsetDateTime) -> bool {
        self.tables.values().any(|table| table.unsettled(now))
    }

    /// Returns the table in any status, for the control plane.
    fn described(&self, name: &str) -> Result<&Table, AwsError> {
        let missing = || not_found(format!("Requested resource not found: Table: {name} not found"));
        self.tables.get(name).ok_or_else(missing)
    }

    /// Returns the table for a change; a table that is being created, updated or deleted is rejected (section 2.2).
    fn changeable(&mut self, name: &str) -> Result<&mut Table, AwsError> {
        self.described(name)?;
        let table = self.tables.get_mut(name).ok_or_else(unknown_table)?;
        if let Some(state) = table.transition_name() {
            let message = format!("Attempt to change a resource which is still in use: Table is being {state}: {name}");
            return Err(AwsError::new(400, "ResourceInUseException", message));
        }
        Ok(table)
    }

    /// Returns the table if the data plane serves it: from when it is active until it is deleted (BC dynamodb.DeleteTable).
    fn serving(&self, name: &str) -> Result<&Table, AwsError> {
        self.tables.get(name).filter(|table| table.serves()).ok_or_else(unknown_table)
    }

    fn serving_mut(&mut self, name: &str) -> Result<&mut Table, AwsError> {
        self.tables.get_mut(name).filter(|table| table.serves()).ok_or_else(unknown_table)
    }
}

fn unknown_table() -> AwsError {
    not_found("Requested resource not found")
}

fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", message)
}

/// Returns a ValidationException.
fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

/// Returns the table's name in a request, which may be its ARN.
fn table_name<'a>(place: &Location, input: &'a Value) -> Result<&'a str, AwsError> {
    let mut faults = ValidationErrors::default();
    let name = faults.required("tableName", string(input, "TableName")?);
    faults.refuse("ValidationException")?;
    let name = name.unwrap_or_default();
    if name.starts_with("arn:") {
        let own = name.strip_prefix(&place.arn(""));
        return own.ok_or_else(|| not_found(format!("Requested resource not found: ResourceArn: {name} not found")));
    }
    name_fits("TableName", name)?;
    Ok(name)
}

/// Checks the name of a table or index: 3 to 255 of `[a-zA-Z0-9_.-]` (BC dynamodb.TableName).
fn name_fits(member: &str, name: &str) -> Result<(), AwsError> {
    if !(3..=255).contains(&name.len()) {
        return Err(invalid(format!("{member} must be at least 3 characters long and at most 255 characters long")));
    }
    let mut faults = ValidationErrors::default();
    let at = lower_first(member);
    faults.pattern(&at, Some(name), "[a-zA-Z0-9_.-]+", |name| word(name, "_.-"));
    faults.refuse("ValidationException")
}

/// Returns a member's name as validation messages spell it: `tableName`.
fn lower_first(member: &str) -> String {
    let mut chars = member.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// Rejects members that this emulator does not implement; AWS would act on them.
fn not_implemented(input: &Value, members: &[&str]) -> Result<(), AwsError> {
    match members.iter().find(|member| input.get(**member).is_some_and(|value| !value.is_null())) {
        Some(member) => Err(AwsError::new(501, "NotImplemented", format!("the embedded DynamoDB has no {member}"))),
        None => Ok(()),
    }
}

fn number(input: &Value, member: &str, allowed: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, AwsError> {
    let value = match input.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_i64().ok_or_else(|| AwsError::serialization(member, "a whole number"))?,
    };
    let mut faults = ValidationErrors::default();
    faults.range(&lower_first(member), Some(value), allowed);
    faults.refuse("ValidationException")?;
    Ok(Some(value))
}

fn flag(input: &Value, member: &str) -> Result<Option<bool>, AwsError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_bool().map(Some).ok_or_else(|| AwsError::serialization(member, "true or false")),
    }
}
