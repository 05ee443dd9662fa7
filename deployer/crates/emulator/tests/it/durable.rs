//! Durability of the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use deployer_emulator::server::listener::listen;
use deployer_emulator::{Emulator, Failure, Options, SystemClock};

use crate::support::{fresh, wire};

fn open(directory: &Path) -> Result<Arc<Emulator>, Failure> {
    open_in(directory, fresh::REGION)
}

fn open_in(directory: &Path, region: &str) -> Result<Arc<Emulator>, Failure> {
    Emulator::open(Options {
        directory: Some(directory.to_owned()),
        account: fresh::ACCOUNT.to_owned(),
        region: region.to_owned(),
        clock: Arc::new(SystemClock),
        speed: 1e9,
        seed: None,
        limits: Default::default(),
    })
}

fn config(emulator: &Arc<Emulator>) -> aws_config::SdkConfig {
    let config = fresh::fresh().config.into_builder();
    config.http_client(deployer_emulator::server::sdk::http_client(Arc::clone(emulator))).build()
}

fn client(emulator: &Arc<Emulator>) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&config(emulator))
}

async fn table(client: &aws_sdk_dynamodb::Client) {
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().expect("a key");
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N).build().expect("it");
    let made = client.create_table().table_name("things").billing_mode(BillingMode::PayPerRequest);
    made.attribute_definitions(id).key_schema(key).send().await.expect("a table");
}

async fn put(client: &aws_sdk_dynamodb::Client, id: i32) {
    let id = AttributeValue::N(id.to_string());
    client.put_item().table_name("things").item("id", id).send().await.expect("put");
}

async fn count(client: &aws_sdk_dynamodb::Client) -> i32 {
    client.scan().table_name("things").send().await.expect("a scan").count
}

/// Copies the directory as a process leaves it that is killed now.
fn copied(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(directory).expect("a list").flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    copy
}

fn journals(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a list").flatten().map(|entry| entry.path());
    let mut journals: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().contains("journal-")).collect();
    journals.sort();
    journals
}

#[tokio::test]
async fn acknowledged_writes_survive_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    for id in 0..20 {
        put(&client(&emulator), id).await;
        let copy = copied(directory.path());
        let other = open(copy.path()).expect("opens");
        assert_eq!(count(&client(&other)).await, id + 1);
    }
}

#[tokio::test]
async fn journal_with_a_partial_entry_continues_before_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    put(&client(&emulator), 1).await;
    let journal = journals(directory.path()).pop().expect("a journal");
    let before = std::fs::metadata(&journal).expect("it is there").len();
    put(&client(&emulator), 2).await;
    let after = std::fs::metadata(&journal).expect("it is there").len();
    for length in before..after {
        let copy = copied(directory.path());
        let cut = copy.path().join(journal.file_name().expect("a name"));
        std::fs::OpenOptions::new().write(true).open(&cut).expect("opens").set_len(length).expect("cut");
        let other = open(copy.path()).expect("opens");
        assert_eq!(count(&client(&other)).await, 1, "cut at {length}");
        put(&client(&other), 3).await;
        drop(other);
        assert_eq!(count(&client(&open(copy.path()).expect("opens again"))).await, 2, "cut at {length}");
    }
}

/// Entries with diffs, too.
#[tokio::test]
async fn partial_diff_entry_ends_the_journal() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open_in(directory.path(), wire::REGION).expect("opens");
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let role = format!("Action=CreateRole&Version=2010-05-08&RoleName=convert&AssumeRolePolicyDocument={trust}");
    let describe = |text: &str| format!("Action=UpdateRole&Version=2010-05-08&RoleName=convert&Description={text}");
    wire::send(&emulator, ("iam", "POST", "/", "", role)).await;
    let journal = journals(directory.path()).pop().expect("a journal");
    let size = || std::fs::metadata(&journal).expect("it is there").len();
    let form = |emulator: &Arc<Emulator>| {
        let mut world = serde_json::to_value(emulator.account_state()).expect("its form");
        world["written"] = 0.into();
        world
    };
    for request in [
        ("iam", "POST", "/", "", describe("once")),
        ("iam", "POST", "/", "", describe("twice")),
        ("apigateway", "POST", "/restapis", "", r#"{"name": "numbers"}"#.to_owned()),
    ] {
        let (before, length) = (form(&emulator), size());
        wire::send(&emulator, request).await;
        for length in (length..size()).step_by(11) {
            let copy = copied(directory.path());
            let cut = copy.path().join(journal.file_name().expect("a name"));
            std::fs::OpenOptions::new().write(true).open(&cut).expect("opens").set_len(length).expect("cut");
            assert_eq!(form(&open_in(copy.path(), wire::REGION).expect("opens")), before, "cut at {length}");
        }
    }
}

#[tokio::test]
async fn damaged_or_missing_journal_is_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    for id in 0..3 {
        put(&client(&emulator), id).await;
    }
    let journal = journals(directory.path()).pop().expect("a journal");
    let bytes = std::fs::read(&journal).expect("read");
    for at in (0..bytes.len()).step_by(7) {
        let copy = copied(directory.path());
        let damaged = copy.path().join(journal.file_name().expect("a name"));
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        std::fs::write(&damaged, &changed).expect("written");
        let failure = open(copy.path()).err().expect("refused").to_string();
        assert!(failure.contains(&*damaged.to_string_lossy()), "{failure}");
        assert_eq!(std::fs::read(&damaged).expect("still there"), changed);
        let place: usize = {
            let rest = failure.split("truncate -s ").nth(1).expect("what to do");
            rest.split(' ').next().expect("a length").parse().expect("a number")
        };
        assert!(place <= at && bytes[place..].starts_with(b"entry "), "{failure}");
        std::fs::OpenOptions::new().write(true).open(&damaged).expect("opens").set_len(place as u64).expect("cut");
        open(copy.path()).expect("what it says to do helps");
    }
    let copy = copied(directory.path());
    let first = bytes.windows(6).enumerate().skip(1).find(|(_, word)| word == b"entry ").expect("a second entry").0;
    std::fs::write(copy.path().join(journal.file_name().expect("a name")), &bytes[first..]).expect("written");
    let failure = open(copy.path()).err().expect("refused").to_string();
    assert!(failure.contains("is missing"), "{failure}");
}

#[tokio::test]
async fn version_1_state_is_read_and_rewritten() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, old) = (directory.path().join("world.json"), include_str!("../world-1.json"));
    std::fs::write(&path, old).expect("written");
    {
        let emulator = open(directory.path()).expect("opens");
        let things = client(&emulator).scan().table_name("things").send().await.expect("a scan");
        let mut ids: Vec<String> = things.items().iter().map(|item| item["id"].as_n().expect("a number").clone()).collect();
        ids.sort();
        assert_eq!(ids, ["1", "2"]);
        let kind = AttributeValue::S("a".to_owned());
        let by_kind = client(&emulator).query().table_name("things").index_name("by-kind").key_condition_expression("kind = :a");
        assert_eq!(by_kind.expression_attribute_values(":a", kind).send().await.expect("a query").count(), 2);
        let logs = aws_sdk_cloudwatchlogs::Client::new(&config(&emulator));
        let events = logs.get_log_events().log_group_name("calls").log_stream_name("one").send().await.expect("events");
        let texts: Vec<&str> = events.events().iter().filter_map(|event| event.message()).collect();
        assert_eq!(texts, ["first", "second"]);
        put(&client(&emulator), 3).await;
    }
    let version: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
    assert_eq!(version["version"], 3, "a deployer that knows no journal refuses it");
    assert_eq!(count(&client(&open(directory.path()).expect("opens"))).await, 3);
    std::fs::write(&path, old).expect("written");
    let failure = open(directory.path()).err().expect("an old world beside a newer journal").to_string();
    assert!(failure.contains("journal-"), "{failure}");
}

/// The journal of version 2 contained the whole state of a service for each change, so its last entry is the state.
#[tokio::test]
async fn version_2_state_is_read_and_rewritten() {
    let directory = tempfile::tempdir().expect("a directory");
    let journal = include_str!("../world-2/journal-0000000000000001");
    let files = || {
        std::fs::write(directory.path().join("world.json"), include_str!("../world-2/world.json")).expect("written");
        std::fs::write(directory.path().join("journal-0000000000000001"), journal).expect("written");
    };
    files();
    let mut wanted = serde_json::Map::new();
    for line in journal.lines().filter(|line| line.starts_with('[')) {
        let changes: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(line).expect("changes");
        changes.into_iter().for_each(|change| wanted.extend(change));
    }
    // Prompts have further members now, and instances have executions of their test cases.
    for (_, instance) in wanted["connect"]["instances"].as_object_mut().expect("instances") {
        instance["executions"] = serde_json::json!({});
        for (_, resource) in instance["resources"].as_object_mut().expect("resources") {
            if resource["kind"] == "Prompt" {
                resource["details"] = serde_json::json!({"Prompt": {"sha256": null}});
            }
        }
    }
    // IAM has managed policies and providers now, and a role may have a boundary.
    let iam = wanted["iam"].as_object_mut().expect("a state");
    iam.extend([("policies".to_owned(), serde_json::json!({})), ("providers".to_owned(), serde_json::json!({}))]);
    for (_, role) in iam["roles"].as_object_mut().expect("roles") {
        role["boundary"] = serde_json::Value::Null;
    }
    // There are API keys now, which a method may require.
    let gateway = wanted["apigateway"].as_object_mut().expect("a state");
    gateway.extend([("keys".to_owned(), serde_json::json!({})), ("plans".to_owned(), serde_json::json!({}))]);
    for (_, api) in gateway["apis"].as_object_mut().expect("APIs") {
        for (_, resource) in api["tree"]["resources"].as_object_mut().expect("resources") {
            for (_, method) in resource["methods"].as_object_mut().expect("methods") {
                method["authorization"] = "NONE".into();
                method["api_key_required"] = false.into();
            }
        }
    }
    // Sessions are not stored any more; roles have a secret instead.
    wanted["iam"].as_object_mut().expect("a state").remove("sessions").expect("there was one");
    for _ in 0..2 {
        let emulator = open_in(directory.path(), wire::REGION).expect("opens");
        let mut world = serde_json::to_value(emulator.account_state()).expect("its form");
        for (_, role) in world["iam"]["roles"].as_object_mut().expect("roles") {
            let secret = role.as_object_mut().expect("a role").remove("secret").expect("a secret");
            assert!(secret.as_str().is_some_and(|secret| secret.len() >= 32), "{secret}");
        }
        for service in ["acm", "apigateway", "connect", "iam", "lambda", "tagging"] {
            assert_eq!(world.get(service), wanted.get(service).or(Some(&world[service])), "{service}");
        }
        assert_eq!(wanted.keys().filter(|service| world.get(service).is_some()).count(), wanted.len());
        assert_eq!(world["dynamodb"]["tables"]["things"]["items"].as_array().map(Vec::len), Some(2));
        assert!(world["logs"]["groups"]["calls"].is_object() && world["s3"]["buckets"]["example-states"].is_object());
        assert_eq!(journals(directory.path()), Vec::<PathBuf>::new(), "the snapshot has it");
        drop(emulator);
        let stored: serde_json::Value =
            serde_json::from_slice(&std::fs::read(directory.path().join("world.json")).expect("read")).expect("JSON");
        assert_eq!(stored["version"], 3, "a deployer of the second version refuses it");
        // Killed before the journal was removed; it is recognized by its serial numbers, not by its form.
        std::fs::write(directory.path().join("journal-0000000000000001"), journal).expect("written");
    }
}

#[tokio::test]
async fn snapshots_replace_journals_at_any_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    let first = journals(directory.path()).pop().expect("a journal");
    let early = copied(directory.path());
    let big = "x".repeat(300_000);
    let mut id = 0;
    while first.exists() {
        assert!(id < 200, "no snapshot in 60 MB");
        let item = client(&emulator).put_item().table_name("things").item("id", AttributeValue::N(id.to_string()));
        item.item("text", AttributeValue::S(big.clone())).send().await.expect("put");
        id += 1;
        if id % 5 == 0 {
            let copy = copied(directory.path());
            assert_eq!(ids(&client(&open(copy.path()).expect("opens"))).await, id);
        }
    }
    drop(emulator);
    // As if killed before the journal that the snapshot replaces was removed.
    std::fs::copy(early.path().join(first.file_name().expect("a name")), &first).expect("copied");
    let emulator = open(directory.path()).expect("opens");
    assert_eq!(ids(&client(&emulator)).await, id);
    assert!(!first.exists(), "what the snapshot has is removed");
}

async fn ids(client: &aws_sdk_dynamodb::Client) -> i32 {
    let mut pages = client.scan().table_name("things").projection_expression("id").into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.expect("a page").count;
    }
    count
}

#[cfg(unix)]
#[tokio::test]
async fn failed_write_is_reported_and_discarded() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, away) = (directory.path().join("world"), directory.path().join("away"));
    let emulator = open(&path).expect("opens");
    std::fs::rename(&path, &away).expect("moved away");
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config(&emulator));
    let groups = async || logs.describe_log_groups().send().await.expect("a list").log_groups().len();
    let make = || logs.create_log_group().log_group_name("calls").send();
    let refused = make().await.expect_err("there is nowhere to write it").into_service_error();
    assert!(format!("{refused:?}").contains("journal-"), "{refused:?}");
    assert_eq!(groups().await, 0);
    std::fs::rename(&away, &path).expect("moved back");
    make().await.expect("made now");
    drop((logs, emulator));
    let again = open(&path).expect("opens");
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config(&again));
    assert_eq!(logs.describe_log_groups().send().await.expect("a list").log_groups().len(), 1);
}

#[tokio::test]
async fn partial_snapshot_file_is_ignored_and_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let emulator = open(directory.path()).expect("opens");
        table(&client(&emulator)).await;
        put(&client(&emulator), 1).await;
    }
    let whole = std::fs::read(directory.path().join("world.json")).expect("the world");
    let half = directory.path().join("world.json.new-killed");
    std::fs::write(&half, &whole[..whole.len() / 2]).expect("written");
    let blobs = directory.path().join("blobs");
    std::fs::write(blobs.join("new-killed"), "half a zip").expect("written");
    std::fs::write(blobs.join("00ff.zip"), "the code of nothing").expect("written");
    std::fs::create_dir(blobs.join("run-killed")).expect("made");
    let emulator = open(directory.path()).expect("opens");
    assert_eq!(count(&client(&emulator)).await, 1);
    assert!(!half.exists());
    assert_eq!(std::fs::read_dir(blobs).expect("a list").count(), 0);
}

#[tokio::test]
async fn unreadable_or_locked_state_is_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    assert!(matches!(open(directory.path()), Err(Failure::InUse { .. })));
    drop(emulator);
    let path = directory.path().join("world.json");
    for text in ["{\"version\":", "{\"version\":4}"] {
        std::fs::write(&path, text).expect("written");
        assert!(matches!(open(directory.path()), Err(Failure::Unreadable { .. })));
        assert_eq!(std::fs::read_to_string(&path).expect("still there"), text);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn state_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    let mode = |name: &str| std::fs::metadata(directory.path().join(name)).expect("there").permissions().mode() & 0o777;
    let journal = journals(directory.path()).pop().expect("a journal");
    let journal = journal.file_name().expect("a name").to_string_lossy().into_owned();
    assert_eq!((mode("world.json"), mode(&journal), mode("")), (0o600, 0o600, 0o700));
}

#[tokio::test]
async fn stopped_listener_answers_requests_in_flight() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fresh = fresh::fresh();
    let listener = listen(Arc::clone(&fresh.emulator), 0).await.expect("listens");
    let address = listener.address;
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\nauthorization: AWS4-HMAC-SHA256 Credential=k/20261123/eu-central-1/sts/aws4_request\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).await.expect("told to continue");
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    let stopping = tokio::spawn(listener.stop());
    let (one, two) = body.split_at(10);
    stream
        .write_all(format!("{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len()).as_bytes())
        .await
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered and closed");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(fresh::ACCOUNT), "{answer}");
    stopping.await.expect("stopped");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
