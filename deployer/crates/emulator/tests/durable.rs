//! What the store keeps, whatever happens to the process.

mod fresh;

use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use deployer_emulator::front::listener::listen;
use deployer_emulator::{Emulator, Failure, Options, SystemClock};

fn open(directory: &Path) -> Result<Arc<Emulator>, Failure> {
    Emulator::open(Options {
        directory: Some(directory.to_owned()),
        account: fresh::ACCOUNT.to_owned(),
        region: fresh::REGION.to_owned(),
        clock: Arc::new(SystemClock),
        speed: 1e9,
        seed: None,
        limits: Default::default(),
    })
}

fn client(emulator: &Arc<Emulator>) -> aws_sdk_dynamodb::Client {
    let config =
        fresh::fresh().config.into_builder().http_client(deployer_emulator::front::sdk::http_client(Arc::clone(emulator)));
    aws_sdk_dynamodb::Client::new(&config.build())
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

#[tokio::test]
async fn what_was_acknowledged_is_there_for_the_next_process() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    for id in 0..20 {
        put(&client(&emulator), id).await;
        // A process that is killed here leaves the file as it is now.
        let copy = tempfile::tempdir().expect("a directory");
        std::fs::copy(directory.path().join("world.json"), copy.path().join("world.json")).expect("copied");
        let other = open(copy.path()).expect("opens");
        assert_eq!(count(&client(&other)).await, id + 1);
    }
}

#[tokio::test]
async fn a_half_written_file_beside_the_world_is_ignored_and_cleared_away() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let emulator = open(directory.path()).expect("opens");
        table(&client(&emulator)).await;
        put(&client(&emulator), 1).await;
    }
    let whole = std::fs::read(directory.path().join("world.json")).expect("the world");
    let half = directory.path().join("world.json.new-killed");
    std::fs::write(&half, &whole[..whole.len() / 2]).expect("written");
    let emulator = open(directory.path()).expect("opens");
    assert_eq!(count(&client(&emulator)).await, 1);
    assert!(!half.exists());
}

#[tokio::test]
async fn a_world_that_cannot_be_read_or_is_in_use_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    assert!(matches!(open(directory.path()), Err(Failure::InUse { .. })));
    drop(emulator);
    let path = directory.path().join("world.json");
    std::fs::write(&path, "{\"version\":").expect("written");
    assert!(matches!(open(directory.path()), Err(Failure::Unreadable { .. })));
    assert_eq!(std::fs::read_to_string(&path).expect("still there"), "{\"version\":");
}

#[cfg(unix)]
#[tokio::test]
async fn the_world_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    table(&client(&emulator)).await;
    let mode = |name: &str| std::fs::metadata(directory.path().join(name)).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode("world.json"), mode("")), (0o600, 0o700));
}

#[tokio::test]
async fn a_stopped_listener_answers_what_has_begun_and_takes_no_more() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fresh = fresh::fresh();
    let listener = listen(Arc::clone(&fresh.emulator), 0).await.expect("listens");
    let address = listener.address;
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let head = "POST / HTTP/1.1\r\nhost: sts\r\nauthorization: AWS4-HMAC-SHA256 Credential=k/20261123/eu-central-1/sts/aws4_request\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n";
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
