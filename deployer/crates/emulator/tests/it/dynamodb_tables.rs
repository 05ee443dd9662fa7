//! DynamoDB tables through the real SDK.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, PointInTimeRecoverySpecification, Projection, ProjectionType,
    ScalarAttributeType, SseSpecification, TableStatus, Tag, TimeToLiveSpecification,
};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().expect("an attribute")
}

fn hash(name: &str) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build().expect("a key")
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().expect("a tag")
}

fn create(client: &Client, name: &str) -> aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder {
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("phone"))
        .key_schema(hash("phone"))
}

async fn active(fresh: &TestEmulator) -> Client {
    let client = Client::new(&fresh.config);
    create(&client, "numbers").send().await.expect("a table");
    fresh.clock.advance(Duration::from_secs(30));
    client
}

async fn status(client: &Client) -> Option<TableStatus> {
    client.describe_table().table_name("numbers").send().await.ok()?.table?.table_status
}

fn said<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let error = result.expect_err("a refusal");
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

#[tokio::test]
async fn table_name_is_taken_until_it_is_deleted() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    create(&client, "numbers").tags(tag("app", "vanity")).send().await.expect("a table");
    assert_eq!(status(&client).await, Some(TableStatus::Creating));
    assert_eq!(said(create(&client, "numbers").send().await), "ResourceInUseException: Table already exists: numbers");
    let delete = || client.delete_table().table_name("numbers").send();
    assert_eq!(
        said(delete().await),
        "ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: numbers"
    );
    fresh.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&client).await, Some(TableStatus::Active));
    delete().await.expect("deleted");
    delete().await.expect("a second time is no error");
    assert_eq!(status(&client).await, Some(TableStatus::Deleting));
    assert!(said(create(&client, "numbers").send().await).starts_with("ResourceInUseException"));
    fresh.clock.advance(Duration::from_secs(10));
    let gone = client.describe_table().table_name("numbers").send().await;
    assert_eq!(said(gone), "ResourceNotFoundException: Requested resource not found: Table: numbers not found");
}

#[tokio::test]
async fn invalid_definition_creates_no_table() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let bare = || client.create_table().table_name("numbers").billing_mode(BillingMode::PayPerRequest);
    let cases = [
        (create(&client, "no").send().await, "at least 3 characters long"),
        (create(&client, "no spaces").send().await, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        (bare().key_schema(hash("phone")).send().await, "Some index key attributes are not defined in AttributeDefinitions"),
        (
            create(&client, "numbers").attribute_definitions(attribute("other")).send().await,
            "Some AttributeDefinitions are not used",
        ),
        (create(&client, "numbers").key_schema(hash("other")).send().await, "Invalid KeySchema"),
        (create(&client, "numbers").tags(tag("a", "1")).tags(tag("a", "2")).send().await, "Duplicate tag keys"),
        (
            client
                .create_table()
                .table_name("numbers")
                .key_schema(hash("phone"))
                .attribute_definitions(attribute("phone"))
                .send()
                .await,
            "must both be specified when BillingMode is PROVISIONED",
        ),
    ];
    for (result, wanted) in cases {
        let refused = said(result);
        assert!(refused.starts_with("ValidationException: ") && refused.contains(wanted), "{refused}");
    }
    assert!(client.list_tables().send().await.expect("a list").table_names().is_empty());
}

#[tokio::test]
async fn deletion_protection_prevents_table_deletion() {
    let fresh = fresh();
    let client = active(&fresh).await;
    let protect = |on| client.update_table().table_name("numbers").deletion_protection_enabled(on).send();
    protect(true).await.expect("protected");
    assert!(said(protect(false).await).starts_with("ResourceInUseException"), "one update at a time");
    fresh.clock.advance(Duration::from_secs(5));
    let refused = said(client.delete_table().table_name("numbers").send().await);
    assert!(refused.starts_with("ValidationException: Resource cannot be deleted as it is currently protected"), "{refused}");
    protect(false).await.expect("lifted");
    fresh.clock.advance(Duration::from_secs(5));
    client.delete_table().table_name("numbers").send().await.expect("deleted");
}

#[tokio::test]
async fn indexes_come_and_go_one_at_a_time() {
    let fresh = fresh();
    let client = active(&fresh).await;
    let make = |name: &str, key: &str| {
        let action = CreateGlobalSecondaryIndexAction::builder()
            .index_name(name)
            .key_schema(hash(key))
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        GlobalSecondaryIndexUpdate::builder().create(action.build().expect("an index")).build()
    };
    let update = || client.update_table().table_name("numbers").attribute_definitions(attribute("word"));
    let two = update().global_secondary_index_updates(make("one", "word")).global_secondary_index_updates(make("two", "word"));
    assert!(said(two.send().await).starts_with("LimitExceededException: Subscriber limit exceeded"));
    update().global_secondary_index_updates(make("one", "word")).send().await.expect("an index");
    let query = || {
        let query = client.query().table_name("numbers").index_name("one").key_condition_expression("word = :w");
        query.expression_attribute_values(":w", aws_sdk_dynamodb::types::AttributeValue::S("x".into())).send()
    };
    assert!(said(query().await).contains("Cannot read from backfilling global secondary index: one"));
    fresh.clock.advance(Duration::from_secs(130));
    query().await.expect("served");
    assert!(said(update().global_secondary_index_updates(make("one", "word")).send().await).contains("already exists"));
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("one").build().expect("a deletion");
    let delete = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    client.update_table().table_name("numbers").global_secondary_index_updates(delete).send().await.expect("going");
    fresh.clock.advance(Duration::from_secs(130));
    let table = client.describe_table().table_name("numbers").send().await.expect("described").table.expect("it");
    assert!(table.global_secondary_indexes().is_empty());
    assert_eq!(table.attribute_definitions().len(), 1);
}

#[tokio::test]
async fn encryption_changes_alone() {
    let fresh = fresh();
    let client = active(&fresh).await;
    let kms = || client.update_table().table_name("numbers").sse_specification(SseSpecification::builder().enabled(true).build());
    assert!(said(kms().deletion_protection_enabled(true).send().await).contains("must be the only operation"));
    kms().send().await.expect("encrypted");
    let table = client.describe_table().table_name("numbers").send().await.expect("described").table.expect("it");
    assert!(table.sse_description().and_then(|sse| sse.kms_master_key_arn()).is_some_and(|arn| arn.starts_with("arn:aws:kms:")));
}

#[tokio::test]
async fn time_to_live_waits_for_backups() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    create(&client, "numbers").send().await.expect("a table");
    fresh.clock.advance(Duration::from_secs(9));
    let backups = || {
        let on = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build().expect("it");
        client.update_continuous_backups().table_name("numbers").point_in_time_recovery_specification(on).send()
    };
    let ttl = |enabled, name: &str| {
        let wanted = TimeToLiveSpecification::builder().enabled(enabled).attribute_name(name).build().expect("it");
        client.update_time_to_live().table_name("numbers").time_to_live_specification(wanted).send()
    };
    assert!(said(backups().await).starts_with("ContinuousBackupsUnavailableException: Backups are being enabled"));
    assert_eq!(said(ttl(false, "expires").await), "ValidationException: TimeToLive is already disabled", "nothing blocks it yet");
    fresh.clock.advance(Duration::from_secs(5));
    let enabled = backups().await.expect("enabled").continuous_backups_description.expect("it");
    assert_eq!(enabled.point_in_time_recovery_description.expect("it").recovery_period_in_days(), Some(35));
    assert!(said(ttl(true, "expires").await).contains("Backups are being enabled"));
    fresh.clock.advance(Duration::from_secs(5));
    ttl(true, "expires").await.expect("enabled");
    assert_eq!(said(ttl(true, "expires").await), "ValidationException: TimeToLive is already enabled");
    assert!(said(ttl(false, "expires").await).contains("modified multiple times within a fixed interval"));
    fresh.clock.advance(Duration::from_secs(3601));
    assert!(said(ttl(false, "other").await).contains("TimeToLive is active on a different AttributeName"));
    ttl(false, "expires").await.expect("disabled");
}

#[tokio::test]
async fn tags_are_added_removed_and_listed_in_pages() {
    let fresh = fresh();
    let client = active(&fresh).await;
    let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/numbers");
    let many = (0..25).map(|n| tag(&format!("k{n:02}"), "v")).collect();
    client.tag_resource().resource_arn(&arn).set_tags(Some(many)).send().await.expect("tagged");
    client.untag_resource().resource_arn(&arn).tag_keys("k00").send().await.expect("untagged");
    let (mut seen, mut token) = (0, None);
    loop {
        let page = client.list_tags_of_resource().resource_arn(&arn).set_next_token(token).send().await.expect("a page");
        assert!(page.tags().len() <= 10);
        seen += page.tags().len();
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, 24);
    let others = client.tag_resource().resource_arn(arn.replace("numbers", "others")).tags(tag("a", "b")).send().await;
    assert!(said(others).starts_with("ResourceNotFoundException"));
}
