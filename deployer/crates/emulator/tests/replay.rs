//! What the journal makes of every kind of change is the world that the change made.

mod wire;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use deployer_emulator::Emulator;
use serde_json::{Value, json};
use wire::{ACCOUNT, REGION, open};

/// A request: service, method, path, `x-amz-target`, body.
type Request<'a> = (&'a str, &'a str, &'a str, &'a str, String);

async fn send(emulator: &Arc<Emulator>, (service, method, path, target, body): Request<'_>) -> String {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261123/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=x"
    );
    let host = if service == "s3" { "s3.amazonaws.com".to_owned() } else { format!("{service}.{REGION}.amazonaws.com") };
    let request = http::Request::builder().method(method).uri(path).header("host", host).header("authorization", scope);
    let request = request.header("x-amz-target", target).header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    let response = emulator.handle(request.body(Bytes::from(body)).expect("a request")).await;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert!(response.status().is_success(), "{service} {method} {path} {target}: {} {text}", response.status());
    text
}

/// Everything that a world holds, but where its journal stands.
fn whole(emulator: &Emulator) -> Value {
    let mut world = serde_json::to_value(emulator.world()).expect("a stored form");
    world["written"] = 0.into();
    world
}

/// The world as a process would read it that is started after a kill at this moment.
fn read_back(directory: &Path) -> Value {
    let copy = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(directory).expect("a list").flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    whole(&open(copy.path()).expect("opens"))
}

async fn each_is_read_back(requests: Vec<Request<'_>>) {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    for request in requests {
        let what = format!("{request:?}");
        send(&emulator, request).await;
        assert_eq!(whole(&emulator), read_back(directory.path()), "{what}");
    }
    drop(emulator);
    assert!(std::fs::metadata(directory.path().join("world.json")).expect("there").len() < 1000, "all this was in the journal");
}

fn dynamo(operation: &str, mut input: Value) -> Request<'_> {
    input["TableName"] = "calls".into();
    ("dynamodb", "POST", "/", operation, input.to_string())
}

fn index(name: &str, hash: &str) -> Value {
    json!({"IndexName": name, "KeySchema": [{"AttributeName": hash, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}})
}

fn attributes(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect()
}

fn created() -> Request<'static> {
    dynamo(
        "D.CreateTable",
        json!({
            "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes(&["id", "a"]),
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "GlobalSecondaryIndexes": [index("by", "a")],
        }),
    )
}

#[tokio::test]
async fn tables_items_indexes_and_tokens_are_read_back_from_the_journal_as_they_were() {
    let put = |id: &str, a: &str| {
        dynamo("D.PutItem", json!({"Item": {"id": {"S": id}, "a": {"S": a}, "b": {"S": a}, "n": {"N": "1"}}}))
    };
    let key = json!({"id": {"S": "2"}});
    let transaction = json!({"TransactItems": [
        {"Put": {"TableName": "calls", "Item": {"id": {"S": "4"}}}},
        {"Delete": {"TableName": "calls", "Key": {"id": {"S": "1"}}}},
    ], "ClientRequestToken": "once"});
    let change = |change: Value| {
        dynamo("D.UpdateTable", json!({"AttributeDefinitions": attributes(&["b"]), "GlobalSecondaryIndexUpdates": [change]}))
    };
    let by_a = || {
        dynamo(
            "D.Query",
            json!({
                "IndexName": "by", "KeyConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"S": "x"}},
            }),
        )
    };
    let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/calls");
    let tag = json!({"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]}).to_string();
    each_is_read_back(vec![
        created(),
        put("1", "x"),
        put("2", "y"),
        put("3", "x"),
        put("3", "z"),
        dynamo(
            "D.UpdateItem",
            json!({"Key": key, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}),
        ),
        dynamo("D.DeleteItem", json!({"Key": key})),
        ("dynamodb", "POST", "/", "D.TransactWriteItems", transaction.to_string()),
        ("dynamodb", "POST", "/", "D.TransactWriteItems", transaction.to_string()),
        ("dynamodb", "POST", "/", "D.TagResource", tag),
        change(json!({"Delete": {"IndexName": "by"}})),
        // The index that is gone by now, and another one of its name, in one change.
        change(json!({"Create": index("by", "b")})),
        put("1", "x"),
        by_a(),
        dynamo("D.DeleteTable", json!({})),
        // And so with the table.
        created(),
        put("5", "x"),
        dynamo("D.DeleteTable", json!({})),
    ])
    .await;
}

#[tokio::test]
async fn an_index_that_was_made_anew_under_its_name_has_its_own_items_after_a_replay() {
    let directory = tempfile::tempdir().expect("a directory");
    let query = || {
        dynamo(
            "D.Query",
            json!({
                "IndexName": "by", "KeyConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"S": "x"}},
            }),
        )
    };
    let change = |change: Value| {
        dynamo("D.UpdateTable", json!({"AttributeDefinitions": attributes(&["b"]), "GlobalSecondaryIndexUpdates": [change]}))
    };
    {
        let emulator = open(directory.path()).expect("opens");
        send(&emulator, created()).await;
        for (id, a, b) in [("1", "x", "y"), ("2", "y", "x"), ("3", "y", "x")] {
            send(&emulator, dynamo("D.PutItem", json!({"Item": {"id": {"S": id}, "a": {"S": a}, "b": {"S": b}}}))).await;
        }
        send(&emulator, change(json!({"Delete": {"IndexName": "by"}}))).await;
        send(&emulator, change(json!({"Create": index("by", "b")}))).await;
    }
    let emulator = open(directory.path()).expect("opens");
    let answer: Value = serde_json::from_str(&send(&emulator, query()).await).expect("JSON");
    let mut ids: Vec<&str> =
        answer["Items"].as_array().expect("items").iter().filter_map(|item| item["id"]["S"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["2", "3"]);
}

#[tokio::test]
async fn log_events_and_their_groups_are_read_back_from_the_journal_as_they_were() {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let logs = |operation: &'static str, input: Value| ("logs", "POST", "/", operation, input.to_string());
    let stream = |operation| logs(operation, json!({"logGroupName": "calls", "logStreamName": "one"}));
    let event = |at: i64, message: &str| json!({"timestamp": now + at, "message": message});
    let put =
        |events: Value| logs("L.PutLogEvents", json!({"logGroupName": "calls", "logStreamName": "one", "logEvents": events}));
    each_is_read_back(vec![
        logs("L.CreateLogGroup", json!({"logGroupName": "calls"})),
        stream("L.CreateLogStream"),
        put(json!([event(0, "a"), event(0, "b"), event(5, "c")])),
        put(json!([event(-9, "before"), event(0, "third of its moment")])),
        logs("L.PutRetentionPolicy", json!({"logGroupName": "calls", "retentionInDays": 7})),
        stream("L.DeleteLogStream"),
        stream("L.CreateLogStream"),
        put(json!([event(0, "anew")])),
        logs("L.DeleteLogGroup", json!({"logGroupName": "calls"})),
    ])
    .await;
}

#[tokio::test]
async fn objects_versions_and_the_small_states_are_read_back_from_the_journal_as_they_were() {
    let object = |method: &'static str, body: &str| ("s3", method, "/example-states/a/b", "", body.to_owned());
    let versioning = |status: &str| {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        ("s3", "PUT", "/example-states?versioning", "", body)
    };
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = format!(
        "Action=CreateRole&Version=2010-05-08&RoleName=convert&AssumeRolePolicyDocument={}",
        percent_encoding::utf8_percent_encode(trust, percent_encoding::NON_ALPHANUMERIC)
    );
    each_is_read_back(vec![
        ("s3", "PUT", "/example-states", "", String::new()),
        object("PUT", "first"),
        object("PUT", "second"),
        versioning("Enabled"),
        object("PUT", "third"),
        object("PUT", "fourth"),
        object("DELETE", ""),
        versioning("Suspended"),
        object("PUT", "the null version again"),
        ("s3", "DELETE", "/example-states/a/b?versionId=null", "", String::new()),
        ("s3", "PUT", "/example-states/c", "", "other".to_owned()),
        ("s3", "PUT", "/example-others", "", String::new()),
        ("s3", "DELETE", "/example-others", "", String::new()),
        ("iam", "POST", "/", "", role),
        ("apigateway", "POST", "/restapis", "", json!({"name": "numbers"}).to_string()),
    ])
    .await;
}
