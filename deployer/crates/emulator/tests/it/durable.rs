//! Durability of the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use deployer_emulator::server::listener::listen;
use deployer_emulator::{Emulator, Failure, Options, SystemClock};
use serde_json::json;

use crate::support::served::serve_within;
use crate::support::wire::Wire;
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

/// Returns the file that changes are appended to.
fn file(directory: &Path) -> PathBuf {
    directory.join("state.log")
}

fn size(directory: &Path) -> u64 {
    std::fs::metadata(file(directory)).expect("it is there").len()
}

fn cut(directory: &Path, length: u64) {
    std::fs::OpenOptions::new().write(true).open(file(directory)).expect("opens").set_len(length).expect("cut");
}

fn whole(emulator: &Arc<Emulator>) -> serde_json::Value {
    serde_json::to_value(emulator.account_state()).expect("its form")
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
async fn partial_entry_is_removed_at_opening() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    put(&client(&emulator), 1).await;
    let before = size(directory.path());
    put(&client(&emulator), 2).await;
    for length in before..size(directory.path()) {
        let copy = copied(directory.path());
        cut(copy.path(), length);
        let other = open(copy.path()).expect("opens");
        assert_eq!(count(&client(&other)).await, 1, "cut at {length}");
        put(&client(&other), 3).await;
        drop(other);
        assert_eq!(count(&client(&open(copy.path()).expect("opens again"))).await, 2, "cut at {length}");
    }
}

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";

/// Returns requests whose changes consist of several rows.
fn requests() -> Vec<wire::Request<'static>> {
    let role = format!("Action=CreateRole&Version=2010-05-08&RoleName=convert&AssumeRolePolicyDocument={TRUST}");
    let describe = |text: &str| format!("Action=UpdateRole&Version=2010-05-08&RoleName=convert&Description={text}");
    let bodies = [role, describe("once"), describe("twice")];
    let mut requests: Vec<_> = bodies.into_iter().map(|body| ("iam", "POST", "/", "", body)).collect();
    requests.push(("apigateway", "POST", "/restapis", "", r#"{"name": "numbers"}"#.to_owned()));
    requests.push(("iam", "POST", "/", "", "Action=DeleteRole&Version=2010-05-08&RoleName=convert".to_owned()));
    requests
}

#[tokio::test]
async fn change_is_written_completely_or_not_at_all() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open_in(directory.path(), wire::REGION).expect("opens");
    for request in requests() {
        let (before, length) = (whole(&emulator), size(directory.path()));
        wire::send(&emulator, request).await;
        for length in (length..size(directory.path())).step_by(11) {
            let copy = copied(directory.path());
            cut(copy.path(), length);
            assert_eq!(whole(&open_in(copy.path(), wire::REGION).expect("opens")), before, "cut at {length}");
        }
    }
}

#[tokio::test]
async fn damaged_file_is_reported_and_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    let first = size(directory.path()) as usize;
    table(&client(&emulator)).await;
    for id in 0..3 {
        put(&client(&emulator), id).await;
    }
    let bytes = std::fs::read(file(directory.path())).expect("read");
    let seed = uuid::Uuid::new_v4().as_u128() as usize;
    for at in 0..bytes.len() {
        let copy = copied(directory.path());
        let mut changed = bytes.clone();
        changed[at] ^= 1 << ((seed >> (at % 64)) % 8);
        let path = file(copy.path());
        std::fs::write(&path, &changed).expect("written");
        let failure = open(copy.path()).err().expect("refused").to_string();
        assert!(failure.contains(&*path.to_string_lossy()), "{failure}");
        assert_eq!(std::fs::read(&path).expect("still there"), changed);
        let Some(advice) = failure.split("truncate -s ").nth(1) else {
            assert!(at < first && failure.contains("Move its directory away"), "{failure}");
            continue;
        };
        let place: usize = advice.split(' ').next().expect("a length").parse().expect("a number");
        assert!(place <= at && place >= first, "{failure}");
        cut(copy.path(), place as u64);
        open(copy.path()).expect("what it says to do helps");
    }
}

/// Removes, repeats and exchanges parts of the file at random: the state is what it was at some time before, or the file is refused.
#[tokio::test]
async fn rearranged_file_is_reported_or_cut_off() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open_in(directory.path(), wire::REGION).expect("opens");
    let mut states = vec![(size(directory.path()), whole(&emulator))];
    for request in requests() {
        wire::send(&emulator, request).await;
        states.push((size(directory.path()), whole(&emulator)));
    }
    let bytes = std::fs::read(file(directory.path())).expect("read");
    let ends: Vec<usize> = states.iter().map(|(end, _)| *end as usize).collect();
    for round in 0..300 {
        let random = |n: usize| uuid::Uuid::new_v4().as_u128() as usize % n;
        // Half of the places are between entries.
        let place = || if random(2) == 0 { ends[random(ends.len())] } else { random(bytes.len() + 1) };
        let mut places = [place(), place(), place()];
        places.sort_unstable();
        let [a, b, c] = places;
        let changed = match round % 3 {
            0 => [&bytes[..a], &bytes[b..]].concat(),
            1 => [&bytes[..b], &bytes[a..]].concat(),
            _ => [&bytes[..a], &bytes[b..c], &bytes[a..b], &bytes[c..]].concat(),
        };
        let copy = copied(directory.path());
        std::fs::write(file(copy.path()), &changed).expect("written");
        let Ok(other) = open_in(copy.path(), wire::REGION) else {
            assert_eq!(std::fs::read(file(copy.path())).expect("still there"), changed);
            continue;
        };
        let intact = bytes.iter().zip(&changed).take_while(|(one, other)| one == other).count();
        let (_, last) = states.iter().rfind(|(end, _)| *end as usize <= intact).expect("the first one is not cut");
        assert_eq!(&whole(&other), last, "{places:?}");
    }
}

#[tokio::test]
async fn directory_of_an_earlier_form_is_refused() {
    for name in ["world.json", "journal-0000000000000001"] {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join(name), r#"{"version":3}"#).expect("written");
        let failure = open(directory.path()).err().expect("refused");
        assert!(matches!(failure, Failure::OlderForm { .. }), "{failure}");
        let failure = failure.to_string();
        assert!(failure.contains(&*directory.path().to_string_lossy()), "{failure}");
        assert!(failure.contains("move the directory away or delete it"), "{failure}");
        assert_eq!(std::fs::read_dir(directory.path()).expect("a list").count(), 1, "nothing is touched");
    }
}

#[tokio::test]
async fn missing_file_is_told_and_takes_no_code_with_it() {
    let directory = tempfile::tempdir().expect("a directory");
    drop(open(directory.path()).expect("opens"));
    std::fs::remove_file(file(directory.path())).expect("removed");
    let code = directory.path().join("blobs/00.zip");
    std::fs::write(&code, "zip").expect("written");
    let failure = open(directory.path()).err().expect("refused");
    assert!(matches!(failure, Failure::Missing { .. }), "{failure}");
    assert!(code.is_file() && !file(directory.path()).exists(), "nothing is touched");
}

#[cfg(unix)]
#[tokio::test]
async fn link_in_place_of_the_file_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    drop(open(directory.path()).expect("opens"));
    let elsewhere = directory.path().join("elsewhere");
    std::fs::rename(file(directory.path()), &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, file(directory.path())).expect("linked");
    let failure = open(directory.path()).err().expect("refused").to_string();
    assert!(failure.contains("symbolic link"), "{failure}");
}

#[cfg(unix)]
#[tokio::test]
async fn snapshots_replace_the_file_at_any_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    let identity = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(file(directory.path())).expect("it is there"));
    let first = identity();
    let big = "x".repeat(300_000);
    let mut id = 0;
    while identity() == first {
        assert!(id < 200, "no snapshot in 60 MB");
        // Written over, so that a snapshot is smaller.
        let item = client(&emulator).put_item().table_name("things").item("id", AttributeValue::N((id % 7).to_string()));
        item.item("text", AttributeValue::S(format!("{id} {big}"))).send().await.expect("put");
        id += 1;
        if id % 5 == 0 {
            let copy = copied(directory.path());
            let other = open(copy.path()).expect("opens");
            assert_eq!(whole(&other)["dynamodb"], whole(&emulator)["dynamodb"]);
        }
    }
    put(&client(&emulator), 100).await;
    assert!(size(directory.path()) < id * 300_000, "what was written over is gone");
    let last = whole(&emulator);
    drop(emulator);
    assert_eq!(whole(&open(directory.path()).expect("opens")), last);
}

#[cfg(unix)]
#[tokio::test]
async fn failed_write_is_reported_and_discarded() {
    let directory = tempfile::tempdir().expect("a directory");
    Wire::World(open_in(directory.path(), wire::REGION).expect("opens")).make_table().await;
    let (served, address) = serve_within(directory.path(), 64).await;
    let mut wire = Wire::connect(address).await.expect("a connection");
    let put = |n: u64, text: &str| json!({"TableName": "calls", "Item": {"pk": {"S": "a"}, "sk": {"N": n.to_string()}, "text": {"S": text}}});
    let large = "x".repeat(5_000);
    let mut count = 0;
    let refused = loop {
        let (status, answer) = wire.call("PutItem", put(count, &large)).await.expect("an answer");
        if status != 200 {
            break answer;
        }
        count += 1;
        assert!(count < 20, "64 KB are not more");
    };
    assert!(refused.to_string().contains("state.log"), "{refused}");
    assert!(wire.partition("a").await.into_iter().eq(0..count), "what was refused is not there");
    // There is room for a smaller change.
    assert_eq!(wire.call("PutItem", put(count, "x")).await.expect("an answer").0, 200);
    assert_eq!(wire.call("PutItem", put(count + 1, &large)).await.expect("an answer").0, 500);
    drop(served);
    let mut again = Wire::World(open_in(directory.path(), wire::REGION).expect("opens"));
    assert!(again.partition("a").await.into_iter().eq(0..=count));
}

#[tokio::test]
async fn partial_snapshot_file_is_ignored_and_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let emulator = open(directory.path()).expect("opens");
        table(&client(&emulator)).await;
        put(&client(&emulator), 1).await;
    }
    let whole = std::fs::read(file(directory.path())).expect("the state");
    let half = directory.path().join("state.log.new-killed");
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
    let path = file(directory.path());
    for text in ["", "embedded AWS, form 5\n", "embedded AWS, form 4\n"] {
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
    assert_eq!((mode("state.log"), mode("")), (0o600, 0o700));
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
    stream.read_exact(&mut answer).await.expect("asked to continue");
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
