//! Transactions: TransactGetItems and TransactWriteItems.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::expression::Placeholders;
use super::item::{Write, WriteRequest, projected};
use super::value::{item_size, read_item};
use super::{Location, State, invalid, table_name};
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::response::Response;

/// Time that a client token is remembered (API reference, TransactWriteItems).
const REMEMBERED: Duration = Duration::from_secs(600);

/// Maximum total size in bytes of all items of a transaction (API reference, TransactWriteItems and TransactGetItems). The size that counts
/// for a write without a whole item is unverified: here it is 0.
const MAX_TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

fn parts(input: &Value) -> Result<&Vec<Value>, AwsError> {
    let mut faults = ValidationErrors::default();
    let parts = faults.required("transactItems", input.get("TransactItems").and_then(Value::as_array));
    if let Some(parts) = parts {
        if parts.is_empty() {
            faults.add("[]", "transactItems", "Member must have length greater than or equal to 1");
        }
        if parts.len() > 100 {
            faults.add("[…]", "transactItems", "Member must have length less than or equal to 100");
        }
    }
    faults.refuse("ValidationException")?;
    parts.ok_or_else(|| invalid("TransactItems"))
}

fn too_large() -> AwsError {
    // Text unverified.
    invalid("The total size of the items in the transaction exceeds the limit of 4 MB")
}

pub(super) fn get(tables: &State, place: &Location, input: &Value) -> Result<Response, AwsError> {
    let (mut responses, mut outcomes) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for part in parts(input)? {
        let mut faults = ValidationErrors::default();
        let get = faults.required("transactItems.member.get", part.get("Get"));
        faults.refuse("ValidationException")?;
        let get = get.unwrap_or(&Value::Null);
        let name = table_name(place, get)?;
        let placeholders = Placeholders::read(get)?;
        let projection = placeholders.projection(get)?;
        placeholders.all_used()?;
        let table = tables.serving(name)?;
        // A key that does not fit its table cancels the transaction (nubo-db/dynamodb-conformance, transactGetItems).
        let key = table.exact_key(&read_item(get.get("Key").unwrap_or(&Value::Null))?);
        outcomes.push(key.as_ref().map(|_| ()).map_err(Clone::clone));
        let Ok(key) = key else { continue };
        if !seen.insert((name.to_owned(), key.clone())) {
            return Err(invalid("Transaction request cannot include multiple operations on one item"));
        }
        responses.push(match table.items.get(&key) {
            Some(item) => {
                bytes += item_size(item);
                json!({ "Item": projected(item, projection.as_ref()) })
            }
            None => json!({}),
        });
    }
    if outcomes.iter().any(Result::is_err) {
        return Err(cancelled(outcomes));
    }
    if bytes > MAX_TRANSACTION_BYTES {
        return Err(too_large());
    }
    Ok(Response::json(json!({ "Responses": responses })))
}

pub(super) fn write(tables: &mut State, place: &Location, input: &Value, context: &RequestContext) -> Result<Response, AwsError> {
    let now = context.now.unix_timestamp();
    forget(tables, now);
    let token = string(input, "ClientRequestToken")?;
    let digest = hex::encode(Sha256::digest(parts(input)?.iter().map(canonical).collect::<String>()));
    if let Some((known, _)) = token.and_then(|token| tables.transactions.get(token)).filter(|(_, until)| *until > now) {
        if *known == digest {
            return Ok(Response::json(json!({})));
        }
        // Text unverified.
        return Err(AwsError::new(
            400,
            "IdempotentParameterMismatchException",
            "The same client token was used with other parameters",
        ));
    }
    let asked: Vec<WriteRequest<'_>> = parts(input)?.iter().map(|part| read(place, part)).collect::<Result<_, _>>()?;
    let mut checked = Vec::new();
    for asked in asked {
        let table = tables.serving(asked.table)?;
        let empty = asked.has_empty_key(table);
        match asked.of(table) {
            Err(refusal) if empty => return Err(refusal),
            write => checked.push(write),
        }
    }
    // Empty keys are rejected immediately; any other mismatch with the table cancels the transaction (paritysuite/dynamodb-conformance#46
    // and #60, seen on AWS).
    if checked.iter().any(Result::is_err) {
        return Err(cancelled(checked.into_iter().map(|write| write.map(drop)).collect()));
    }
    let writes: Vec<Write> = checked.into_iter().collect::<Result<_, _>>()?;
    if writes.iter().map(Write::size).sum::<usize>() > MAX_TRANSACTION_BYTES {
        return Err(too_large());
    }
    let keys: BTreeSet<_> = writes.iter().map(|write| (&write.table, &write.key)).collect();
    if keys.len() < writes.len() {
        return Err(invalid("Transaction request cannot include multiple operations on one item"));
    }
    // The items differ, so one write cannot change another's condition, and an error drops the draft.
    let outcomes: Vec<Result<(), AwsError>> = writes.iter().map(|write| write.apply(tables).map(drop)).collect();
    if outcomes.iter().any(Result::is_err) {
        return Err(cancelled(outcomes));
    }
    if let Some(token) = token {
        let until = context.after(REMEMBERED).unix_timestamp().max(now + 1);
        tables.transactions.insert(token.to_owned(), (digest, until));
    }
    Ok(Response::json(json!({})))
}

/// Removes expired tokens, once a minute: checking each of them is too slow for every transaction.
fn forget(tables: &mut State, now: i64) {
    if now - tables.swept < 60 {
        return;
    }
    tables.swept = now;
    let old: Vec<String> =
        tables.transactions.iter().filter(|(_, (_, until))| *until <= now).map(|(token, _)| token.clone()).collect();
    old.iter().for_each(|token| drop(tables.transactions.remove(token)));
}

/// Returns the value with its members sorted: clients that repeat a request may send a map's members in another order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut parts: Vec<String> = members.iter().map(|(name, value)| format!("{name:?}:{}", canonical(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

fn read<'a>(place: &Location, part: &'a Value) -> Result<WriteRequest<'a>, AwsError> {
    let given = |member: &&str| part.get(*member).is_some_and(|value| !value.is_null());
    let kinds: Vec<&'static str> = ["ConditionCheck", "Put", "Delete", "Update"].into_iter().filter(|kind| given(kind)).collect();
    match kinds.as_slice() {
        [kind] => WriteRequest::read(place, &part[*kind], kind),
        _ => Err(invalid("TransactItems can only contain one of Check, Put, Update or Delete")),
    }
}

fn cancelled(outcomes: Vec<Result<(), AwsError>>) -> AwsError {
    let mut reasons = Vec::new();
    for outcome in outcomes {
        reasons.push(match outcome {
            Ok(()) => json!({"Code": "None"}),
            Err(refusal) => {
                let code = match refusal.code {
                    "ConditionalCheckFailedException" => "ConditionalCheckFailed",
                    _ => "ValidationError",
                };
                let mut reason = json!({"Code": code, "Message": refusal.message});
                if let Some(item) = refusal.members.get("Item") {
                    reason["Item"] = item.clone();
                }
                reason
            }
        });
    }
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let refusal = AwsError::new(400, "TransactionCanceledException", message.clone());
    refusal.with("Message", message).with("CancellationReasons", reasons)
}
