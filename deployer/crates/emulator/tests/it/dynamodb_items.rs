//! DynamoDB items and expressions through the real SDK.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, KeysAndAttributes,
    Projection, ProjectionType, Put, PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
    TransactWriteItem, Update, WriteRequest,
};

use crate::support::fresh::{TestEmulator, fresh};

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key")
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().expect("an attribute")
}

/// Creates a table `calls` with partition key `caller` (S), sort key `stamp` (N), and an index `by_word` on `word` (S), `stamp`.
async fn table(fresh: &TestEmulator) -> Client {
    let client = Client::new(&fresh.config);
    let index = GlobalSecondaryIndex::builder()
        .index_name("by_word")
        .key_schema(key("word", KeyType::Hash))
        .key_schema(key("stamp", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    let made = client
        .create_table()
        .table_name("calls")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("caller", ScalarAttributeType::S))
        .attribute_definitions(attribute("stamp", ScalarAttributeType::N))
        .attribute_definitions(attribute("word", ScalarAttributeType::S))
        .key_schema(key("caller", KeyType::Hash))
        .key_schema(key("stamp", KeyType::Range))
        .global_secondary_indexes(index.build().expect("an index"))
        .send();
    made.await.expect("a table");
    fresh.clock.advance(Duration::from_secs(30));
    client
}

fn item(caller: &str, at: i64) -> HashMap<String, AttributeValue> {
    HashMap::from([("caller".to_owned(), s(caller)), ("stamp".to_owned(), n(at))])
}

async fn put(client: &Client, caller: &str, at: i64, more: &[(&str, AttributeValue)]) {
    let mut all = item(caller, at);
    all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    client.put_item().table_name("calls").set_item(Some(all)).send().await.expect("put");
}

/// Returns `CODE: message` of an error.
fn said<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let error = result.expect_err("a refusal");
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

async fn update(
    client: &Client,
    expression: &str,
    values: &[(&str, AttributeValue)],
) -> Result<HashMap<String, AttributeValue>, String> {
    let mut request = client.update_item().table_name("calls").set_key(Some(item("a", 1))).update_expression(expression);
    for (name, value) in values {
        request = request.expression_attribute_values(*name, value.clone());
    }
    match request.return_values(ReturnValue::AllNew).send().await {
        Ok(answer) => Ok(answer.attributes.unwrap_or_default()),
        Err(error) => Err(said::<(), _>(Err(error))),
    }
}

#[tokio::test]
async fn table_serves_no_items_before_it_is_active() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let get = || client.get_item().table_name("calls").set_key(Some(item("a", 1))).send();
    assert_eq!(said(get().await), "ResourceNotFoundException: Requested resource not found");
    let client = table(&fresh).await;
    let got = client.get_item().table_name("calls").set_key(Some(item("a", 1))).send().await.expect("served");
    assert_eq!(got.item, None);
}

#[tokio::test]
async fn every_type_of_value_round_trips() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let blob = |bytes: &[u8]| aws_sdk_dynamodb::primitives::Blob::new(bytes);
    let values = [
        ("s", s("Grüße")),
        ("n", n("-12.5")),
        ("b", AttributeValue::B(blob(&[0, 255]))),
        ("t", AttributeValue::Bool(true)),
        ("z", AttributeValue::Null(true)),
        ("l", AttributeValue::L(vec![n(1), s("x")])),
        ("m", AttributeValue::M(HashMap::from([("in".to_owned(), n(7))]))),
        ("ss", AttributeValue::Ss(vec!["a".into(), "b".into()])),
        ("ns", AttributeValue::Ns(vec!["1".into(), "2".into()])),
        ("bs", AttributeValue::Bs(vec![blob(b"x")])),
        ("e", s("")),
    ];
    put(&client, "a", 1, &values).await;
    let got = client.get_item().table_name("calls").set_key(Some(item("a", 1))).send().await.expect("got").item.expect("it");
    for (name, value) in values {
        assert_eq!(got.get(name), Some(&value), "{name}");
    }
}

#[tokio::test]
async fn numbers_are_exact_to_38_digits() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let nines = "9".repeat(38);
    put(&client, "a", 1, &[("big", n(&nines)), ("small", n("0.10"))]).await;
    let updated = update(&client, "SET small = small + :one", &[(":one", n("1e-30"))]).await.expect("a sum");
    assert_eq!(updated["small"], n("0.100000000000000000000000000001"));
    assert_eq!(updated["big"], n(&nines));
    let over = update(&client, "SET big = big + :small", &[(":small", n("0.1"))]).await.expect_err("39 digits");
    assert!(over.contains("38 significant digits"), "{over}");
    let mut bad = item("a", 1);
    bad.insert("x".to_owned(), n("12a"));
    let refused = client.put_item().table_name("calls").set_item(Some(bad)).send().await;
    assert_eq!(said(refused), "ValidationException: The parameter cannot be converted to a numeric value: 12a");
}

#[tokio::test]
async fn items_whose_key_is_wrong_are_refused() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let cases: [(&[(&str, AttributeValue)], &str); 5] = [
        (&[("caller", s("a"))], "Missing the key stamp in the item"),
        (&[("caller", s("a")), ("stamp", s("1"))], "Type mismatch for key stamp expected: N actual: S"),
        (&[("caller", s("")), ("stamp", n(1))], "cannot contain an empty string value. Key: caller"),
        (
            &[("caller", s("a")), ("stamp", n(1)), ("word", n(1))],
            "Type mismatch for Index Key word Expected: S Actual: N IndexName: by_word",
        ),
        (&[("caller", s(&"x".repeat(2049))), ("stamp", n(1))], "Size of hashkey has exceeded"),
    ];
    for (attributes, wanted) in cases {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let refused = said(client.put_item().table_name("calls").set_item(Some(attributes)).send().await);
        assert!(refused.starts_with("ValidationException: ") && refused.contains(wanted), "{refused}");
    }
    let short = HashMap::from([("caller".to_owned(), s("a"))]);
    let refused = client.get_item().table_name("calls").set_key(Some(short)).send().await;
    assert_eq!(said(refused), "ValidationException: The provided key element does not match the schema");
    let mut large = item("a", 1);
    large.insert("text".to_owned(), s(&"x".repeat(400 * 1024)));
    let refused = client.put_item().table_name("calls").set_item(Some(large)).send().await;
    assert_eq!(said(refused), "ValidationException: Item size has exceeded the maximum allowed size");
    let scan = client.scan().table_name("calls").send().await.expect("a scan");
    assert_eq!(scan.count, 0);
}

#[tokio::test]
async fn failed_condition_changes_nothing() {
    let fresh = fresh();
    let client = table(&fresh).await;
    put(&client, "a", 1, &[("word", s("FLOWERS"))]).await;
    let again = client
        .put_item()
        .table_name("calls")
        .set_item(Some(item("a", 1)))
        .condition_expression("attribute_not_exists(caller)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .expect_err("the condition fails")
        .into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failure) = again else {
        panic!("another error: {again:?}")
    };
    assert_eq!(failure.message(), Some("The conditional request failed"));
    assert_eq!(failure.item().expect("shown")["word"], s("FLOWERS"));
    let got = client.get_item().table_name("calls").set_key(Some(item("a", 1))).send().await.expect("got");
    assert_eq!(got.item.expect("it")["word"], s("FLOWERS"));
}

#[tokio::test]
async fn updates_set_remove_add_and_delete() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let list = AttributeValue::L(vec![n(1), n(2), n(3)]);
    let first = update(
        &client,
        "SET words = :l, amount = if_not_exists(amount, :zero) + :one ADD hits :one, tags :tags",
        &[(":l", list), (":zero", n(0)), (":one", n(1)), (":tags", AttributeValue::Ss(vec!["x".into(), "y".into()]))],
    )
    .await
    .expect("made");
    assert_eq!((&first["amount"], &first["hits"], &first["caller"]), (&n(1), &n(1), &s("a")));
    let second = update(
        &client,
        "SET amount = amount - :one, words = list_append(words, :more) REMOVE words[0] DELETE tags :x ADD hits :one",
        &[(":one", n(1)), (":more", AttributeValue::L(vec![n(4)])), (":x", AttributeValue::Ss(vec!["x".into()]))],
    )
    .await;
    let refused = second.expect_err("words and words[0] overlap");
    assert!(refused.contains("Two document paths overlap with each other"), "{refused}");
    let third = update(
        &client,
        "SET amount = amount - :one REMOVE words[0], words[2] DELETE tags :both",
        &[(":one", n(1)), (":both", AttributeValue::Ss(vec!["x".into(), "y".into()]))],
    )
    .await
    .expect("updated");
    assert_eq!((&third["amount"], &third["words"]), (&n(0), &AttributeValue::L(vec![n(2)])));
    assert!(!third.contains_key("tags"), "an empty set is removed");
}

#[tokio::test]
async fn invalid_expression_is_rejected_in_dynamodbs_words() {
    let fresh = fresh();
    let client = table(&fresh).await;
    put(&client, "a", 1, &[("x", n(1))]).await;
    for (expression, values, wanted) in [
        ("SET name = :v", vec![(":v", n(1))], "Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET x = :w", vec![(":v", n(1))], "attribute value: :w"),
        (
            "SET x = :v",
            vec![(":v", n(1)), (":u", n(1))],
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}",
        ),
        ("SET x = #x", vec![], "An expression attribute name used in the document path is not defined; attribute name: #x"),
        ("SET x == :v", vec![(":v", n(1))], "Syntax error; token: \"=\", near: \"== :v\""),
        ("SET x = :v SET y = :v", vec![(":v", n(1))], "The \"SET\" section can only be used once in an update expression;"),
        ("SET stamp = :v", vec![(":v", n(1))], "Cannot update attribute stamp. This attribute is part of the key"),
        ("SET y = absent", vec![], "The provided expression refers to an attribute that does not exist in the item"),
        ("SET y.z = :v", vec![(":v", n(1))], "The document path provided in the update expression is invalid for update"),
        (
            "SET x = x + :v",
            vec![(":v", s("1"))],
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "ADD x :v",
            vec![(":v", s("1"))],
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
        ),
        ("SET y = bogus(x)", vec![], "Invalid function name; function: bogus"),
        ("", vec![], "The expression can not be empty;"),
    ] {
        let refused = update(&client, expression, &values).await.expect_err(expression);
        assert!(refused.starts_with("ValidationException: ") && refused.contains(wanted), "{expression}: {refused}");
    }
    let deep = format!("{}x = :v{}", "(".repeat(2000), ")".repeat(2000));
    let request = client.scan().table_name("calls").filter_expression(deep).expression_attribute_values(":v", n(1));
    assert!(said(request.send().await).starts_with("ValidationException: Invalid FilterExpression"));
}

#[tokio::test]
async fn conditions_compare_as_dynamodb_does() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let map = AttributeValue::M(HashMap::from([("parts".to_owned(), AttributeValue::L(vec![s("one"), s("two")]))]));
    put(&client, "a", 1, &[("num", n(10)), ("txt", s("flowers")), ("doc", map), ("kinds", AttributeValue::Ss(vec!["p".into()]))])
        .await;
    let values = [
        (":ten", n("1e1")),
        (":nine", n(9)),
        (":t", s("flow")),
        (":o", s("one")),
        (":p", s("p")),
        (":S", s("S")),
        (":q", s("q")),
    ];
    for (condition, holds) in [
        ("num = :ten", true),
        ("num > :nine AND num <= :ten", true),
        ("num < :nine OR NOT num < :nine", true),
        ("num BETWEEN :nine AND :ten", true),
        ("txt BETWEEN :o AND :p", false),
        ("num IN (:nine, :ten)", true),
        ("begins_with(txt, :t)", true),
        ("contains(txt, :t)", true),
        ("contains(kinds, :p)", true),
        ("contains(kinds, :q)", false),
        ("contains(doc.parts, :o)", true),
        ("doc.parts[0] = :o", true),
        ("attribute_exists(doc.parts[2])", false),
        ("size(txt) < :ten", true),
        ("size(doc.parts) > :nine", false),
        ("attribute_type(txt, :S)", true),
        ("txt > :nine", false),
        ("absent <> :p", true),
        ("absent = :p", false),
        ("NOT (num = :ten AND txt = :t)", true),
        ("num = :nine OR num = :ten AND txt = :t", false),
    ] {
        let mut request = client.scan().table_name("calls").filter_expression(condition);
        for (name, value) in values
            .iter()
            .filter(|(name, _)| condition.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').any(|word| word == *name))
        {
            request = request.expression_attribute_values(*name, value.clone());
        }
        let found = request.send().await.unwrap_or_else(|error| panic!("{condition}: {error:?}"));
        assert_eq!((found.count == 1, found.scanned_count), (holds, 1), "{condition}");
    }
}

#[tokio::test]
async fn query_returns_one_partition_in_order() {
    let fresh = fresh();
    let client = table(&fresh).await;
    // Numbers whose order as text would be different.
    for at in [-20, -3, 0, 5, 10, 100] {
        put(&client, "a", at, &[("word", s("W"))]).await;
        put(&client, "b", at, &[]).await;
    }
    for forward in [true, false] {
        for (index, hash, value) in [(None, "caller", "a"), (Some("by_word"), "word", "W")] {
            let (mut seen, mut start) = (Vec::new(), None);
            loop {
                let page = client
                    .query()
                    .table_name("calls")
                    .set_index_name(index.map(str::to_owned))
                    .key_condition_expression("#h = :h AND stamp < :most")
                    .expression_attribute_names("#h", hash)
                    .expression_attribute_values(":h", s(value))
                    .expression_attribute_values(":most", n(50))
                    .scan_index_forward(forward)
                    .limit(2)
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .expect("a page");
                seen.extend(page.items().iter().map(|item| item["stamp"].as_n().expect("a number").clone()));
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
            let mut wanted = vec!["-20", "-3", "0", "5", "10"];
            if !forward {
                wanted.reverse();
            }
            assert_eq!(seen, wanted, "{index:?} {forward}");
        }
    }
}

#[tokio::test]
async fn key_condition_must_name_only_the_key() {
    let fresh = fresh();
    let client = table(&fresh).await;
    for (condition, wanted) in [
        ("stamp = :n", "Query condition missed key schema element: caller"),
        ("caller > :s", "Query key condition not supported"),
        ("caller = :s AND word = :s", "Query condition missed key schema element: stamp"),
        ("caller = :n", "Condition parameter type does not match schema type"),
        ("caller = :s OR stamp = :n", "Invalid operator used in KeyConditionExpression: OR"),
        ("caller = :s AND stamp > :n AND stamp < :n", "KeyConditionExpressions must only contain one condition per key"),
    ] {
        let mut request = client.query().table_name("calls").key_condition_expression(condition);
        for (name, value) in [(":s", s("a")), (":n", n(1))].into_iter().filter(|(name, _)| condition.contains(name)) {
            request = request.expression_attribute_values(name, value);
        }
        let refused = said(request.send().await);
        assert!(refused.contains(wanted), "{condition}: {refused}");
    }
}

#[tokio::test]
async fn scan_returns_every_item_once() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let mut wanted: Vec<String> = (0..37).map(|n| format!("caller-{n:02}")).collect();
    for caller in &wanted {
        put(&client, caller, 1, &[]).await;
    }
    for (limit, segments) in [(5, 1), (1, 1), (4, 3)] {
        let mut seen = Vec::new();
        for segment in 0..segments {
            let mut start = None;
            loop {
                let scan = client.scan().table_name("calls").limit(limit).segment(segment).total_segments(segments);
                let page = scan.set_exclusive_start_key(start).projection_expression("caller").send().await.expect("a page");
                seen.extend(page.items().iter().map(|item| item["caller"].as_s().expect("text").clone()));
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted);
    }
}

#[tokio::test]
async fn batch_writes_all_or_nothing() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let write = |at: i64| {
        let put = PutRequest::builder().set_item(Some(item("a", at))).build().expect("a put");
        WriteRequest::builder().put_request(put).build()
    };
    let batch = |writes: Vec<WriteRequest>| client.batch_write_item().request_items("calls", writes).send();
    assert!(said(batch((0..26).map(write).collect()).await).contains(
        "at 'requestItems.calls.member' failed to satisfy constraint: Member must have length less than or equal to 25"
    ));
    assert!(said(batch(vec![write(1), write(1)]).await).contains("contains duplicates"));
    batch((0..25).map(write).collect()).await.expect("25 writes");
    let keys = KeysAndAttributes::builder().set_keys(Some((0..30).map(|at| item("a", at)).collect())).build().expect("keys");
    let got = client.batch_get_item().request_items("calls", keys).send().await.expect("got");
    assert_eq!(got.responses.expect("responses")["calls"].len(), 25);
}

#[tokio::test]
async fn transaction_is_atomic_and_names_the_failed_part() {
    let fresh = fresh();
    let client = table(&fresh).await;
    put(&client, "a", 1, &[("x", n(1))]).await;
    let put = |at: i64, condition: Option<&str>| {
        let put = Put::builder().table_name("calls").set_item(Some(item("a", at)));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build().expect("a put");
        TransactWriteItem::builder().put(put).build()
    };
    let add = |value: i64| {
        let update = Update::builder().table_name("calls").set_key(Some(item("a", 1))).update_expression("ADD x :v");
        let update = update.expression_attribute_values(":v", n(value)).build().expect("an update");
        TransactWriteItem::builder().update(update).build()
    };
    let failed = client
        .transact_write_items()
        .transact_items(add(5))
        .transact_items(put(2, Some("attribute_exists(caller)")))
        .send()
        .await
        .expect_err("the condition fails")
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(failed) = failed
    else {
        panic!("another error: {failed:?}")
    };
    let codes: Vec<_> = failed.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    for _ in 0..2 {
        let write =
            client.transact_write_items().client_request_token("once").transact_items(add(5)).transact_items(put(2, None));
        write.send().await.expect("both");
    }
    let got = client.get_item().table_name("calls").set_key(Some(item("a", 1))).send().await.expect("got");
    assert_eq!(got.item.expect("it")["x"], n(6), "neither the failed one nor the repeated token counts");
}

#[tokio::test]
async fn query_does_not_start_in_another_partition() {
    let fresh = fresh();
    let client = table(&fresh).await;
    put(&client, "a", 1, &[]).await;
    let query =
        client.query().table_name("calls").key_condition_expression("caller = :c").expression_attribute_values(":c", s("a"));
    let refused = said(query.set_exclusive_start_key(Some(item("b", 1))).send().await);
    assert!(refused.contains("outside query boundaries"), "{refused}");
}
