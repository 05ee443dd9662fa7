//! Deletion of one item of a deployed table, at the request of the person whose data it is.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use deployer_engine::{Address, Clock, Random, Result};

use crate::call::Operation;
use crate::provider::{Provider, read_only_context};

/// Deletes the item whose partition key, the attribute `key`, is the text `value`; returns whether there was one. Makes one call,
/// DeleteItem, which needs `dynamodb:DeleteItem` on the table.
///
/// # Errors
/// `NotFound` when there is no such table.
pub async fn delete_item(
    provider: &Provider,
    table: &str,
    (key, value): (&str, &str),
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Random>,
) -> Result<bool> {
    let cx = read_only_context(Address::new("table", "item"), clock, entropy);
    let op = Operation::idempotent("dynamodb", "DeleteItem");
    let delete = || {
        let request = provider.dynamodb.delete_item().table_name(table).return_values(ReturnValue::AllOld);
        request.key(key, AttributeValue::S(value.to_owned())).send()
    };
    let answer = provider.call(&cx, op, delete).await?;
    Ok(answer.attributes.is_some_and(|item| !item.is_empty()))
}
