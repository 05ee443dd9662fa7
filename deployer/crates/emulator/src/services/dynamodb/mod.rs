//! DynamoDB tables and items.

mod batch;
mod create;
mod expression;
mod index;
mod item;
mod items;
mod key;
mod number;
mod overview;
mod query;
mod range;
mod refusal;
mod settings;
mod table;
mod table_settings;
mod transact;
mod update;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::check::{ValidationErrors, word};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, need, regional, tagged, text};
use crate::kernel::service::{AwsService, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service, string};
use crate::stored::stored;

use refusal::{invalid, not_found, unknown_table};
use table::Table;

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

/// Returns the ARN of a table.
fn arn_of(place: &RequestContext, table: &str) -> String {
    regional(place, "dynamodb", &format!("table/{table}"))
}

/// Operations of this service, with their rates (API reference, TagResource).
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    write("CreateTable", |tables, call| create::create(tables, &call.context, &call.input)),
    read("DescribeTable", |tables, call| table::describe(tables, &call.context, &call.input)),
    read("ListTables", |tables, call| table::list(tables, &call.input)),
    write("UpdateTable", |tables, call| update::update(tables, &call.context, &call.input)),
    write("DeleteTable", |tables, call| update::delete(tables, &call.context, &call.input)),
    write("UpdateTimeToLive", |tables, call| settings::update_ttl(tables, &call.context, &call.input)),
    read("DescribeTimeToLive", |tables, call| settings::describe_ttl(tables, &call.context, &call.input)),
    write("UpdateContinuousBackups", |tables, call| {
        settings::update_backups(tables, &call.context, &call.input)
    }),
    read("DescribeContinuousBackups", |tables, call| {
        settings::describe_backups(tables, &call.context, &call.input)
    }),
    write("TagResource", |tables, call| settings::tag(tables, &call.context, &call.input)).rate(per_second(5, 5)),
    write("UntagResource", |tables, call| settings::untag(tables, &call.context, &call.input)).rate(per_second(5, 5)),
    read("ListTagsOfResource", |tables, call| settings::list_tags(tables, &call.context, &call.input)).rate(per_second(10, 10)),
    write("PutItem", |tables, call| item::put(tables, &call.context, &call.input)).moves_data(),
    read("GetItem", |tables, call| item::get(tables, &call.context, &call.input)),
    write("UpdateItem", |tables, call| item::update(tables, &call.context, &call.input)).moves_data(),
    write("DeleteItem", |tables, call| item::delete(tables, &call.context, &call.input)).moves_data(),
    read("Query", |tables, call| query::query(tables, &call.context, &call.input)),
    read("Scan", |tables, call| query::scan(tables, &call.context, &call.input)),
    read("BatchGetItem", |tables, call| batch::get(tables, &call.context, &call.input)),
    write("BatchWriteItem", |tables, call| batch::write(tables, &call.context, &call.input)).moves_data(),
    read("TransactGetItems", |tables, call| transact::get(tables, &call.context, &call.input)),
    write("TransactWriteItems", |tables, call| transact::write(tables, &call.context, &call.input)).moves_data(),
];

/// DynamoDB.
pub(crate) struct DynamoDb;

impl AwsService for DynamoDb {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("dynamodb", include_str!("../../../model/dynamodb.json"));
        static INFO: ServiceInfo = ServiceInfo::json(Service::DynamoDb, "1.0", &MODEL);
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn is_due(state: &State, context: &RequestContext) -> bool {
        state.is_unsettled(context.now)
    }

    fn advance(state: &mut State, context: &RequestContext) {
        state.advance(context.now);
    }

    fn tags(state: &State, context: &RequestContext) -> TagsByArn {
        state.tagged(context).collect()
    }

    /// The tags of an index are those of its table.
    fn taggable(arn: &str) -> Option<&str> {
        arn.split("/index/").next()
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        required_actions(request)
    }
}

fn required_actions(call: &Request) -> Vec<RequiredAction> {
    let table = |name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => regional(&call.context, "dynamodb", &format!("table/{name}")),
    };
    let own = |resource: &str| need("dynamodb", call.operation(), resource);
    match call.operation() {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = call.input.get("RequestItems").and_then(Value::as_object);
            tables.into_iter().flat_map(|tables| tables.keys()).map(|name| own(&table(name))).collect()
        }
        // Each item requires the permission of the corresponding single operation (API reference, TransactWriteItems).
        "TransactGetItems" | "TransactWriteItems" => {
            let parts = call.input.get("TransactItems").and_then(Value::as_array);
            let parts = parts.into_iter().flatten().filter_map(Value::as_object).flatten();
            parts.map(|(kind, part)| need("dynamodb", &format!("{kind}Item"), table(text(part, "TableName")))).collect()
        }
        "TagResource" | "UntagResource" | "ListTagsOfResource" => vec![own(text(&call.input, "ResourceArn"))],
        _ => {
            let mut resource = table(text(&call.input, "TableName"));
            let index = text(&call.input, "IndexName");
            if !index.is_empty() {
                resource = format!("{resource}/index/{index}");
            }
            let tags = call.operation() == "CreateTable" && tagged(&call.input, "Tags");
            let tags = tags.then(|| need("dynamodb", "TagResource", &resource));
            std::iter::once(own(&resource)).chain(tags).collect()
        }
    }
}

impl State {
    /// Returns the tags of every table, by ARN.
    fn tagged(&self, place: &RequestContext) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        self.tables.iter().map(|(name, table)| (arn_of(place, name), table.tags.clone()))
    }

    /// Removes tables whose deletion is complete and advances the status of the others.
    fn advance(&mut self, now: OffsetDateTime) {
        self.tables.retain(|_, table| !table.is_deleted(now));
        self.tables.values_mut().filter(|table| table.has_due_transition(now)).for_each(|table| table.advance(now));
    }

    fn is_unsettled(&self, now: OffsetDateTime) -> bool {
        self.tables.values().any(|table| table.has_due_transition(now))
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

/// Returns the table's name in a request, which may be its ARN.
fn table_name<'a>(place: &RequestContext, input: &'a Value) -> Result<&'a str, AwsError> {
    let mut faults = ValidationErrors::default();
    let name = faults.required("tableName", string(input, "TableName")?);
    faults.refuse("ValidationException")?;
    let name = name.unwrap_or_default();
    if name.starts_with("arn:") {
        let own = name.strip_prefix(&arn_of(place, ""));
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
