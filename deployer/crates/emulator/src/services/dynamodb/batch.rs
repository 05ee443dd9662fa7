//! Batch operations: BatchGetItem and BatchWriteItem.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::expression::Placeholders;
use super::item::{LEGACY_PARAMETERS, Write, projected};
use super::value::{item_size, read_item};
use super::{State, invalid, not_implemented, table_name};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::RequestContext;
use crate::response::Response;

/// Maximum number of keys of a BatchGetItem, of writes of a BatchWriteItem, and of bytes of a response (API reference).
const MAX_KEYS: usize = 100;
const MAX_WRITES: usize = 25;
const MAX_BYTES: usize = 16 * 1024 * 1024;

fn requests(input: &Value) -> Result<&Map<String, Value>, AwsError> {
    let mut faults = ValidationErrors::default();
    let requests = faults.required("requestItems", input.get("RequestItems").and_then(Value::as_object));
    if requests.is_some_and(Map::is_empty) {
        faults.add("{}", "requestItems", "Member must have length greater than or equal to 1");
    }
    faults.refuse("ValidationException")?;
    requests.ok_or_else(|| invalid("RequestItems"))
}

fn named(place: &RequestContext, name: &str) -> Result<String, AwsError> {
    table_name(place, &json!({ "TableName": name })).map(str::to_owned)
}

pub(super) fn get(tables: &State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let requests = requests(input)?;
    let keys = |request: &Value| request.get("Keys").and_then(Value::as_array).cloned().unwrap_or_default();
    if requests.values().map(|request| keys(request).len()).sum::<usize>() > MAX_KEYS {
        return Err(invalid("Too many items requested for the BatchGetItem call"));
    }
    let (mut responses, mut unprocessed, mut bytes) = (Map::new(), Map::new(), 0);
    for (name, request) in requests {
        not_implemented(request, &LEGACY_PARAMETERS)?;
        let placeholders = Placeholders::read(request)?;
        let projection = placeholders.projection(request)?;
        placeholders.all_used()?;
        let mut faults = ValidationErrors::default();
        if keys(request).is_empty() {
            faults.required::<()>(&format!("requestItems.{name}.member.keys"), None);
        }
        faults.refuse("ValidationException")?;
        let table = tables.serving(&named(place, name)?)?;
        let (mut seen, mut items, mut left) = (BTreeSet::new(), Vec::new(), Vec::new());
        for given in keys(request) {
            let key = table.exact_key(&read_item(&given)?)?;
            if !seen.insert(key.clone()) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
            let Some(item) = table.items.get(&key) else { continue };
            bytes += item_size(item);
            if bytes > MAX_BYTES {
                left.push(given);
            } else {
                items.push(projected(item, projection.as_ref()));
            }
        }
        responses.insert(name.clone(), items.into());
        if !left.is_empty() {
            let mut rest = request.clone();
            rest["Keys"] = left.into();
            unprocessed.insert(name.clone(), rest);
        }
    }
    Ok(Response::json(json!({"Responses": responses, "UnprocessedKeys": unprocessed})))
}

pub(super) fn write(tables: &mut State, place: &RequestContext, input: &Value) -> Result<Response, AwsError> {
    let requests = requests(input)?;
    let mut writes = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, list) in requests {
        let list = list.as_array().ok_or_else(|| AwsError::serialization("RequestItems", "a map of lists"))?;
        for request in list {
            let part = |member: &str| request.get(member).filter(|value| !value.is_null());
            let (kind, part) = match (part("PutRequest"), part("DeleteRequest")) {
                (Some(put), None) => ("Put", put),
                (None, Some(delete)) => ("Delete", delete),
                _ => {
                    return Err(invalid(
                        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
                    ));
                }
            };
            // Only these two members: AWS knows no condition here, so it must not seem to work.
            let member = if kind == "Put" { "Item" } else { "Key" };
            let single = json!({"TableName": named(place, name)?, member: part.get(member)});
            let write = Write::read(tables, place, &single, kind)?;
            if !seen.insert((write.table.clone(), write.key.clone())) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
            writes.push(write);
        }
    }
    if writes.len() > MAX_WRITES {
        return Err(invalid("Too many items requested for the BatchWriteItem call"));
    }
    for write in &writes {
        write.apply(tables)?;
    }
    Ok(Response::json(json!({"UnprocessedItems": {}})))
}
