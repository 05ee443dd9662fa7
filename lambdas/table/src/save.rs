//! Saving of a caller.

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use vanity::Best;

use crate::{FEED, Table};

/// A call to save.
#[derive(Clone, Debug)]
pub struct Record {
    /// Number of the caller and its vanity numbers.
    pub best: Best,
    /// Time of the call in milliseconds since 1970.
    pub at: u64,
    /// Identifier that is the same for a call and its retry.
    pub idempotency_key: String,
}

/// Result of a successful save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The call was counted.
    Counted,
    /// The same call had been saved before; nothing was changed.
    Duplicate,
}

/// Assignments of the whole item. `expires_at` is the attribute by which DynamoDB deletes items (time to live), in seconds
/// since 1970.
const SET: &str = "SET vanity_numbers = :stored, ranked = :ranked, word_count = :words, algorithm = :algorithm, \
     updated_at = :at, feed = :feed, contact_before = if_not_exists(last_contact, :contact), last_contact = :contact";
/// Assignment of the time from which the item may be deleted, which moves with every call.
const KEEP_UNTIL: &str = ", expires_at = :expires";
const KEEP: &str = " REMOVE expires_at";
/// Increment of the number of calls.
const ADD: &str = " ADD calls :one";

/// Condition that this call is neither the last one of this number nor the one before. The latter covers a retry that arrives
/// after another call of the same number, as of an office with one number for many telephones.
const NOT_COUNTED_YET: &str = "(attribute_not_exists(last_contact) OR last_contact <> :contact) \
     AND (attribute_not_exists(contact_before) OR contact_before <> :contact)";

impl Table {
    /// Saves a call, exactly once even if repeated: one UpdateItem, whose condition makes a retry by Connect or by the SDK
    /// change nothing, so that `calls` counts each call once.
    ///
    /// # Errors
    /// Returns all known details of the failure, but no phone number.
    pub async fn save(&self, record: &Record) -> Result<Saved, String> {
        let best = &record.best;
        let expires = (self.keep_days > 0).then(|| record.at / 1_000 + self.keep_days * 24 * 3_600);
        let update = [SET, if expires.is_some() { KEEP_UNTIL } else { KEEP }, ADD].concat();
        let mut request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", AttributeValue::S(best.number().to_string()))
            .update_expression(update)
            .condition_expression(NOT_COUNTED_YET)
            .expression_attribute_values(":stored", texts(best.stored().map(|form| form.to_string())))
            .expression_attribute_values(":ranked", texts(best.ranked().map(|form| form.to_string())))
            .expression_attribute_values(":words", AttributeValue::N(best.word_count().to_string()))
            .expression_attribute_values(":algorithm", AttributeValue::S(vanity::ALGORITHM.to_owned()))
            .expression_attribute_values(":at", AttributeValue::N(record.at.to_string()))
            .expression_attribute_values(":feed", AttributeValue::S(FEED.to_owned()))
            .expression_attribute_values(":contact", AttributeValue::S(record.idempotency_key.clone()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        if let Some(expires) = expires {
            request = request.expression_attribute_values(":expires", AttributeValue::N(expires.to_string()));
        }
        match request.send().await {
            Ok(_) => Ok(Saved::Counted),
            Err(error) if is_repetition(&error) => Ok(Saved::Duplicate),
            Err(error) => Err(DisplayErrorContext(error).to_string()),
        }
    }
}

fn is_repetition<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn texts(texts: impl Iterator<Item = String>) -> AttributeValue {
    AttributeValue::L(texts.map(AttributeValue::S).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FakeDynamoDb;
    use serde_json::{Value, json};

    fn record() -> Record {
        let number = vanity::Number::parse("+18003569377").expect("a number");
        Record { best: vanity::best_five(&number), at: 1_700_000_000_123, idempotency_key: "c-1".into() }
    }

    async fn save_against(wire: &FakeDynamoDb) -> Result<Saved, String> {
        Table::over(wire).save(&record()).await
    }

    #[tokio::test]
    async fn call_is_one_conditional_update() {
        let wire = FakeDynamoDb::answering(200, "{}");
        assert_eq!(save_against(&wire).await, Ok(Saved::Counted));
        let (target, body) = wire.only_request();
        assert_eq!(target, "DynamoDB_20120810.UpdateItem");
        assert_eq!(body["TableName"], "numbers");
        assert_eq!(body["Key"], json!({"id": {"S": "+18003569377"}}));
        let values = &body["ExpressionAttributeValues"];
        let stored: Vec<&Value> = values[":stored"]["L"].as_array().expect("a list").iter().map(|v| &v["S"]).collect();
        assert_eq!(stored, ["+18003LOWERS", "+1800ELMYEPS", "+1800FLOWER7", "+1800FLOWERR", "+1800FLOWERS"]);
        assert_eq!(values[":ranked"]["L"][0]["S"], "+1800FLOWERS");
        assert_eq!(values[":at"], json!({"N": "1700000000123"}));
        assert_eq!(values[":one"], json!({"N": "1"}));
        assert!(body["UpdateExpression"].as_str().is_some_and(|text| text.ends_with("ADD calls :one")));
        assert!(body["ConditionExpression"].as_str().is_some_and(|text| text.contains("last_contact <> :contact")));
    }

    #[tokio::test]
    async fn what_is_saved_is_what_is_read_back() {
        let wire = FakeDynamoDb::answering(200, "{}");
        save_against(&wire).await.expect("saved");
        let (_, body) = wire.only_request();
        let sets = body["UpdateExpression"].as_str().expect("an expression");
        let sets = sets.strip_prefix("SET ").and_then(|sets| sets.strip_suffix(ADD)).expect("as above");
        let mut item = json!({"id": body["Key"]["id"], "calls": body["ExpressionAttributeValues"][":one"]});
        for (name, value) in sets.split(", ").filter_map(|set| set.split_once(" = ")).filter(|(_, value)| value.starts_with(':'))
        {
            item[name] = body["ExpressionAttributeValues"][value].clone();
        }
        let read = Table::over(&FakeDynamoDb::answering(200, json!({"Item": item}).to_string()))
            .caller(&record().best.number(), record().at)
            .await;
        let read = read.expect("readable").expect("there");
        assert_eq!((read.id.as_str(), read.word_count, read.updated_at, read.calls), ("+18003569377", 5, 1_700_000_000_123, 1));
        assert_eq!(read.vanity_numbers, ["+18003LOWERS", "+1800ELMYEPS", "+1800FLOWER7", "+1800FLOWERR", "+1800FLOWERS"]);
        assert_eq!(read.ranked[0], "+1800FLOWERS");
        assert_eq!(item["feed"], json!({"S": FEED}));
    }

    #[tokio::test]
    async fn caller_expires_some_days_after_the_last_call() {
        let wire = FakeDynamoDb::answering(200, "{}");
        save_against(&wire).await.expect("saved");
        let (_, body) = wire.only_request();
        let expires = 1_700_000_000 + 30 * 24 * 3_600;
        assert_eq!(body["ExpressionAttributeValues"][":expires"], json!({"N": expires.to_string()}));
        let wire = FakeDynamoDb::answering(200, "{}");
        let table = Table { keep_days: 0, ..Table::over(&wire) };
        table.save(&record()).await.expect("saved");
        let (_, body) = wire.only_request();
        assert!(body["ExpressionAttributeValues"].get(":expires").is_none());
        assert!(body["UpdateExpression"].as_str().is_some_and(|text| text.contains(" REMOVE expires_at ADD ")));
    }

    #[tokio::test]
    async fn failed_condition_means_already_saved() {
        let refusal = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#;
        assert_eq!(save_against(&FakeDynamoDb::answering(400, refusal)).await, Ok(Saved::Duplicate));
    }

    #[tokio::test]
    async fn other_errors_contain_no_phone_number() {
        let refusal =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;
        let error = save_against(&FakeDynamoDb::answering(400, refusal)).await.expect_err("refused");
        assert!(error.contains("Requested resource not found"), "{error}");
        assert!(!error.contains("3569377"), "{error}");
    }
}
