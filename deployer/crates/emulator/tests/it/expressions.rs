//! Errors that DynamoDB returns before it reads an item, and its arithmetic.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, CreateGlobalSecondaryIndexAction, Delete, Get,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, Put, ScalarAttributeType, TransactGetItem,
    TransactWriteItem,
};

use crate::support::fresh::{TestEmulator, fresh};

type Item = HashMap<String, AttributeValue>;

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn attribute(name: &str) -> AttributeDefinition {
    let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    attribute.build().expect("an attribute")
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key")
}

/// Creates a table `words` with the keys `a` and `b`, and one item in it.
async fn table(fresh: &TestEmulator) -> Client {
    let client = Client::new(&fresh.config);
    let create = client.create_table().table_name("words").billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute("a")).attribute_definitions(attribute("b"));
    create.key_schema(key("a", KeyType::Hash)).key_schema(key("b", KeyType::Range)).send().await.expect("a table");
    fresh.clock.advance(Duration::from_secs(30));
    let put = client.put_item().table_name("words").set_item(Some(item("1", "2")));
    put.item("word", s("ü𝄞")).item("seven", n(7)).send().await.expect("put");
    client
}

fn item(a: &str, b: &str) -> Item {
    Item::from([("a".to_owned(), s(a)), ("b".to_owned(), s(b))])
}

fn said<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let error = result.expect_err("a refusal");
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

/// Returns the number of items that pass the filter with `:n` as its value, or the error.
async fn filtered(client: &Client, filter: &str, value: Option<AttributeValue>) -> Result<i32, String> {
    let scan = client.scan().table_name("words").filter_expression(filter);
    let values = value.map(|value| HashMap::from([(":n".to_owned(), value)]));
    match scan.set_expression_attribute_values(values).send().await {
        Ok(answer) => Ok(answer.count()),
        Err(error) => Err(said::<(), _>(Err(error))),
    }
}

#[tokio::test]
async fn brackets_around_brackets_are_refused() {
    let fresh = fresh();
    let client = table(&fresh).await;
    for (filter, redundant) in [
        ("a = a2 OR (word <> :n)", false),
        ("(a = a2 OR (word <> :n))", false),
        ("(NOT (word = :n)) AND (NOT (a = :n))", false),
        ("((word = :n) OR (a <> :n))", false),
        ("((word = :n))", true),
        ("a <> :n AND ((word = :n))", true),
        ("NOT (((word = :n) OR (a = :n)))", true),
        ("word = ((:n))", true),
    ] {
        let answer = filtered(&client, filter, Some(s("x"))).await;
        let refused = Err("ValidationException: Invalid FilterExpression: The expression has redundant parentheses;".to_owned());
        assert_eq!(answer == refused, redundant, "{filter}: {answer:?}");
        assert_eq!(answer.is_ok(), !redundant, "{filter}: {answer:?}");
    }
}

#[tokio::test]
async fn one_path_twice_is_refused() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let operators = ["=", "<>", "<", "<=", ">", ">="].map(|sign| (format!("m.x[1] {sign} m.x[1]"), sign));
    let others =
        [("contains", "contains(m.x[1], m.x[1])"), ("begins_with", "begins_with(m.x[1], m.x[1])"), ("IN", "m.x[1] IN (m.x[1])")];
    for (filter, operator) in operators.into_iter().chain(others.map(|(name, filter)| (filter.to_owned(), name))) {
        let message = format!(
            "ValidationException: Invalid FilterExpression: The first operand must be distinct from the remaining operands for this \
             operator or function; operator: {operator}, first operand: [m, x, [1]]"
        );
        assert_eq!(filtered(&client, &filter, None).await, Err(message), "{filter}");
        let other = filter.replacen("m.x[1]", "m.x[0]", 1);
        assert!(filtered(&client, &other, None).await.is_ok(), "{other}");
    }
}

#[tokio::test]
async fn size_counts_utf16_code_units() {
    let fresh = fresh();
    let client = table(&fresh).await;
    assert_eq!(filtered(&client, "size(word) = :n", Some(n(3))).await, Ok(1));
    assert_eq!(filtered(&client, "size(a) = :n", Some(n(1))).await, Ok(1));
    // A number has no size.
    assert_eq!(filtered(&client, "size(seven) >= :n", Some(n(0))).await, Ok(0));
}

#[tokio::test]
async fn indexes_need_definitions_in_the_call() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let index = || {
        let create = CreateGlobalSecondaryIndexAction::builder().index_name("back");
        let create = create.key_schema(key("b", KeyType::Hash)).key_schema(key("a", KeyType::Range));
        let create = create.projection(Projection::builder().projection_type(ProjectionType::All).build());
        let update = GlobalSecondaryIndexUpdate::builder().create(create.build().expect("an index")).build();
        client.update_table().table_name("words").global_secondary_index_updates(update)
    };
    for short in [index(), index().attribute_definitions(attribute("a")), index().attribute_definitions(attribute("b"))] {
        let message = said(short.send().await);
        assert!(message.contains("Some index key attributes are not defined in AttributeDefinitions"), "{message}");
    }
    let whole = index().attribute_definitions(attribute("a")).attribute_definitions(attribute("b"));
    whole.send().await.expect("an index");
}

#[tokio::test]
async fn transactions_hold_at_most_4_mb() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let write = async |count: usize| {
        let parts = (0..count).map(|part| {
            let mut item = item("large", &part.to_string());
            item.insert("text".to_owned(), s(&"x".repeat(400_000)));
            TransactWriteItem::builder()
                .put(Put::builder().table_name("words").set_item(Some(item)).build().expect("a put"))
                .build()
        });
        client.transact_write_items().set_transact_items(Some(parts.collect())).send().await
    };
    let message = said(write(11).await);
    assert!(message.starts_with("ValidationException: "), "{message}");
    assert_eq!(filtered(&client, "a = :n", Some(s("large"))).await, Ok(0));
    write(10).await.expect("just enough");
}

#[tokio::test]
async fn keys_that_do_not_fit_cancel_transactions() {
    let fresh = fresh();
    let client = table(&fresh).await;
    let half = Item::from([("a".to_owned(), s("1"))]);
    let mut wrong = item("1", "2");
    wrong.insert("b".to_owned(), n(2));
    let get = |key: &Item| {
        TransactGetItem::builder()
            .get(Get::builder().table_name("words").set_key(Some(key.clone())).build().expect("a get"))
            .build()
    };
    let writes = |key: &Item| {
        let put = Put::builder().table_name("words").set_item(Some(key.clone())).build().expect("a put");
        let delete = Delete::builder().table_name("words").set_key(Some(key.clone())).build().expect("a delete");
        let check = ConditionCheck::builder().table_name("words").set_key(Some(key.clone()));
        let check = check.condition_expression("attribute_exists(a)").build().expect("a check");
        [
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().delete(delete).build(),
            TransactWriteItem::builder().condition_check(check).build(),
        ]
    };
    let good = item("new", "item");
    for bad in [&half, &wrong] {
        let read = client.transact_get_items().transact_items(get(&good)).transact_items(get(bad)).send().await;
        let message = said(read);
        assert!(
            message.starts_with("TransactionCanceledException: ") && message.ends_with("[None, ValidationError]"),
            "{message}"
        );
        for write in writes(bad) {
            let [first, ..] = writes(&good);
            let message = said(client.transact_write_items().transact_items(first).transact_items(write).send().await);
            assert!(
                message.starts_with("TransactionCanceledException: ") && message.ends_with("[None, ValidationError]"),
                "{message}"
            );
        }
    }
    // An empty key is rejected immediately.
    for write in writes(&item("1", "")) {
        let message = said(client.transact_write_items().transact_items(write).send().await);
        assert!(message.starts_with("ValidationException: ") && message.contains("empty string value"), "{message}");
    }
    assert_eq!(filtered(&client, "a = :n", Some(s("new"))).await, Ok(0));
}
