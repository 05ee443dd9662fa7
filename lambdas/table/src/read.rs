//! Reads of saved callers.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use vanity::Number;

use crate::{FEED, INDEX, Table};

/// A saved caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Phone number in E.164 form.
    pub id: String,
    /// Vanity numbers as stored: words ascending, then letter sequences ascending.
    pub vanity_numbers: Vec<String>,
    /// The same vanity numbers, best first.
    pub ranked: Vec<String>,
    /// Number of them that consist of words.
    pub word_count: u64,
    /// Time of the last call, in milliseconds since 1970.
    pub updated_at: u64,
    /// Number of calls.
    pub calls: u64,
}

impl Table {
    /// Returns one caller, as of `now` (milliseconds since 1970): one GetItem, consistent, so that a call just made is
    /// visible. An expired caller is not returned, although DynamoDB may take some days to delete it (developer guide, "Time
    /// to Live").
    ///
    /// # Errors
    /// Returns all known details of the failure, but no phone number.
    pub async fn caller(&self, number: &Number, now: u64) -> Result<Option<Item>, String> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let request = request.key("id", AttributeValue::S(number.to_string()));
        let output = request.send().await.map_err(|error| DisplayErrorContext(error).to_string())?;
        Ok(output.item.filter(|found| is_kept(found, now)).as_ref().map(item))
    }

    /// Returns the most recent callers as of `now`, latest first, at most `limit`, without expired ones: one Query of the
    /// index in reverse order; never a Scan, which has no order.
    ///
    /// # Errors
    /// Returns all known details of the failure.
    pub async fn recent(&self, limit: u8, now: u64) -> Result<Vec<Item>, String> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX)
            .key_condition_expression("feed = :feed")
            .expression_attribute_values(":feed", AttributeValue::S(FEED.to_owned()))
            .scan_index_forward(false)
            .limit(i32::from(limit));
        let output = request.send().await.map_err(|error| DisplayErrorContext(error).to_string())?;
        Ok(output.items().iter().filter(|found| is_kept(found, now)).map(item).collect())
    }
}

/// Whether an item has not expired at `now`, in milliseconds; one without an expiry time never expires.
fn is_kept(attributes: &HashMap<String, AttributeValue>, now: u64) -> bool {
    let expires = attributes.get("expires_at").and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
    expires.is_none_or(|seconds| seconds.saturating_mul(1_000) > now)
}

/// Reads an item; an attribute that is absent, as in an index with fewer attributes, counts as empty.
fn item(attributes: &HashMap<String, AttributeValue>) -> Item {
    let get = |name| attributes.get(name);
    let number = |name| get(name).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default();
    Item {
        id: get("id").and_then(text).unwrap_or_default(),
        vanity_numbers: get("vanity_numbers").map(texts).unwrap_or_default(),
        ranked: get("ranked").map(texts).unwrap_or_default(),
        word_count: number("word_count"),
        updated_at: number("updated_at"),
        calls: number("calls"),
    }
}

fn text(value: &AttributeValue) -> Option<String> {
    value.as_s().ok().cloned()
}

fn texts(value: &AttributeValue) -> Vec<String> {
    value.as_l().map(|list| list.iter().filter_map(text).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FakeDynamoDb;
    use serde_json::json;

    const ITEM: &str = r#"{"id":{"S":"+12010000002"},"vanity_numbers":{"L":[{"S":"+1201000000A"}]},"ranked":{"L":[{"S":"+1201000000A"}]},
        "word_count":{"N":"0"},"updated_at":{"N":"1700000000123"},"calls":{"N":"2"},"feed":{"S":"callers"}}"#;

    const NOW: u64 = 1_700_000_001_000;

    fn saved() -> Item {
        let forms = vec!["+1201000000A".to_owned()];
        Item {
            id: "+12010000002".into(),
            vanity_numbers: forms.clone(),
            ranked: forms,
            word_count: 0,
            updated_at: 1_700_000_000_123,
            calls: 2,
        }
    }

    #[tokio::test]
    async fn caller_is_one_consistent_get_item() {
        let wire = FakeDynamoDb::answering(200, format!(r#"{{"Item":{ITEM}}}"#));
        let number = Number::parse("+12010000002").expect("a number");
        assert_eq!(Table::over(&wire).caller(&number, NOW).await, Ok(Some(saved())));
        let (target, body) = wire.only_request();
        assert_eq!(target, "DynamoDB_20120810.GetItem");
        assert_eq!(body, json!({"TableName": "numbers", "Key": {"id": {"S": "+12010000002"}}, "ConsistentRead": true}));
    }

    #[tokio::test]
    async fn expired_callers_are_not_there() {
        let number = Number::parse("+12010000002").expect("a number");
        for (expires, there) in [(1_700_000_002_u64, true), (1_700_000_001, false), (1_600_000_000, false)] {
            let item = ITEM.replace("{\"id\"", &format!("{{\"expires_at\":{{\"N\":\"{expires}\"}},\"id\""));
            let one = Table::over(&FakeDynamoDb::answering(200, format!(r#"{{"Item":{item}}}"#))).caller(&number, NOW).await;
            assert_eq!(one.expect("readable").is_some(), there, "{expires}");
            let all = Table::over(&FakeDynamoDb::answering(200, format!(r#"{{"Items":[{item}]}}"#))).recent(5, NOW).await;
            assert_eq!(all.expect("readable").len(), usize::from(there), "{expires}");
        }
    }

    #[tokio::test]
    async fn an_unknown_caller_is_no_error() {
        let number = Number::parse("+12010000002").expect("a number");
        assert_eq!(Table::over(&FakeDynamoDb::answering(200, "{}")).caller(&number, NOW).await, Ok(None));
    }

    #[tokio::test]
    async fn recent_callers_are_one_reverse_query() {
        let wire = FakeDynamoDb::answering(200, format!(r#"{{"Items":[{ITEM}],"Count":1}}"#));
        assert_eq!(Table::over(&wire).recent(5, NOW).await, Ok(vec![saved()]));
        let (target, body) = wire.only_request();
        assert_eq!(target, "DynamoDB_20120810.Query");
        assert_eq!(body["IndexName"], "recent");
        assert_eq!((&body["ScanIndexForward"], &body["Limit"]), (&json!(false), &json!(5)));
        assert_eq!(body["ExpressionAttributeValues"], json!({":feed": {"S": "callers"}}));
    }

    #[tokio::test]
    async fn errors_contain_the_service_message() {
        let wire =
            FakeDynamoDb::answering(400, r#"{"__type":"ResourceNotFoundException","message":"Requested resource not found"}"#);
        assert!(Table::over(&wire).recent(5, NOW).await.expect_err("refused").contains("Requested resource not found"));
    }
}
