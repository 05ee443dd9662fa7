//! Load from many clients, and a process that is killed under it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::support::served::serve;
use crate::support::wire::{Wire, claim, increment, item, number, open};

/// Acknowledged results of one of many clients.
#[derive(Default)]
struct Reported {
    /// Values of the counter after its increments.
    values: Vec<u64>,
    /// Items that it claimed first.
    won: Vec<u64>,
}

/// Puts and reads its items, increments and claims; all its requests but the lost claims must succeed.
async fn client(mut wire: Wire, name: String, rounds: u64) -> Reported {
    let mut reported = Reported::default();
    for n in 0..rounds {
        wire.done("PutItem", json!({"TableName": "calls", "Item": item(&name, n)})).await;
        let key = json!({"pk": {"S": name}, "sk": {"N": n.to_string()}});
        let read = wire.done("GetItem", json!({"TableName": "calls", "Key": key})).await;
        assert_eq!(read["Item"], item(&name, n), "what was acknowledged is what is read next");
        let counted = wire.done("UpdateItem", increment("counter")).await;
        reported.values.push(number(&counted["Attributes"]["n"]));
        let (status, answer) = wire.call("PutItem", claim("race", n, &name)).await.expect("an answer");
        match status {
            200 => reported.won.push(n),
            _ => assert!(
                answer["__type"].as_str().is_some_and(|kind| kind.ends_with("ConditionalCheckFailedException")),
                "{answer}"
            ),
        }
        let kind = json!({
            "TableName": "calls", "IndexName": "by-kind", "KeyConditionExpression": "kind = :kind AND sk = :sk",
            "ExpressionAttributeValues": {":kind": {"S": format!("kind-{}", n % 8)}, ":sk": {"N": n.to_string()}},
        });
        let indexed = wire.done("Query", kind).await;
        let found = indexed["Items"].as_array().into_iter().flatten();
        assert!(found.filter(|found| found["pk"]["S"] == *name).count() == 1, "the index has it too");
    }
    reported
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_clients_lose_no_write() {
    const CLIENTS: u64 = 64;
    const ROUNDS: u64 = 12;
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    Wire::World(Arc::clone(&emulator)).make_table().await;
    let name = |n: u64| format!("client-{n}");
    let clients = (0..CLIENTS).map(|n| tokio::spawn(client(Wire::World(Arc::clone(&emulator)), name(n), ROUNDS)));
    let reported: Vec<Reported> =
        futures::future::join_all(clients).await.into_iter().map(|reported| reported.expect("no panic")).collect();
    let values: BTreeSet<u64> = reported.iter().flat_map(|reported| reported.values.iter().copied()).collect();
    assert!(values.iter().copied().eq(1..=CLIENTS * ROUNDS), "each increment returns another value");
    for reported in &reported {
        assert!(reported.values.is_sorted(), "a client's own increments follow each other");
    }
    let won: Vec<u64> = reported.iter().flat_map(|reported| reported.won.iter().copied()).collect();
    assert!(won.len() as u64 == ROUNDS && won.iter().copied().collect::<BTreeSet<_>>().len() as u64 == ROUNDS);
    drop(emulator);
    let mut again = Wire::World(open(directory.path()).expect("opens again"));
    assert_eq!(again.counter("counter").await, CLIENTS * ROUNDS);
    assert!(again.partition("race").await.into_iter().eq(0..ROUNDS));
    for n in 0..CLIENTS {
        assert!(again.partition(&name(n)).await.into_iter().eq(0..ROUNDS), "{}", name(n));
    }
}

/// Requests and acknowledgements of a client.
#[derive(Default)]
struct Ledger {
    /// Range key of its next item.
    next: u64,
    /// Range keys of the acknowledged items.
    reported: Vec<u64>,
    increments_sent: u64,
    /// Acknowledged counts of its increments.
    counts: Vec<u64>,
}

async fn writes_until_broken(address: SocketAddr, name: String, ledger: Arc<Mutex<Ledger>>) {
    let Ok(mut wire) = Wire::connect(address).await else { return };
    loop {
        let n = {
            let mut ledger = ledger.lock().expect("no panic");
            ledger.next += 1;
            ledger.next - 1
        };
        let Ok((status, answer)) = wire.call("PutItem", json!({"TableName": "calls", "Item": item(&name, n)})).await else {
            return;
        };
        assert_eq!(status, 200, "{answer}");
        {
            let mut ledger = ledger.lock().expect("no panic");
            ledger.reported.push(n);
            ledger.increments_sent += 1;
        }
        let Ok((status, answer)) = wire.call("UpdateItem", increment("counter")).await else { return };
        assert_eq!(status, 200, "{answer}");
        ledger.lock().expect("no panic").counts.push(number(&answer["Attributes"]["n"]));
    }
}

fn all_reported(ledgers: &[Arc<Mutex<Ledger>>]) -> usize {
    ledgers.iter().map(|ledger| ledger.lock().expect("no panic").counts.len()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_under_load_loses_nothing_acknowledged() {
    const CLIENTS: usize = 16;
    let directory = tempfile::tempdir().expect("a directory");
    Wire::World(open(directory.path()).expect("opens")).make_table().await;
    let ledgers: Vec<Arc<Mutex<Ledger>>> = (0..CLIENTS).map(|_| Arc::default()).collect();
    let name = |n: usize| format!("client-{n}");
    for _ in 0..6 {
        let before = all_reported(&ledgers);
        let (served, address) = serve(directory.path()).await;
        let writers = ledgers.iter().enumerate().map(|(n, ledger)| writes_until_broken(address, name(n), Arc::clone(ledger)));
        let writers: Vec<_> = writers.map(tokio::spawn).collect();
        // Some work first, then an arbitrary time.
        while all_reported(&ledgers) < before + 20 {
            assert!(writers.iter().any(|writer| !writer.is_finished()), "nobody is answered");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_micros(u64::from(uuid::Uuid::new_v4().as_bytes()[0]) * 500)).await;
        drop(served);
        for writer in writers {
            writer.await.expect("no answer was a failure");
        }
        let mut wire = Wire::World(open(directory.path()).expect("what is left can be opened"));
        let (mut sent, mut reported) = (0, BTreeSet::new());
        for (n, ledger) in ledgers.iter().enumerate() {
            let found: BTreeSet<u64> = wire.partition(&name(n)).await.into_iter().collect();
            let ledger = ledger.lock().expect("no panic");
            assert!(ledger.reported.iter().all(|sk| found.contains(sk)), "an item that was acknowledged is lost");
            assert!(found.iter().all(|sk| *sk < ledger.next));
            sent += ledger.increments_sent;
            reported.extend(ledger.counts.iter().copied());
        }
        assert_eq!(reported.len(), all_reported(&ledgers), "no count was returned twice, not even by another process");
        let counter = wire.counter("counter").await;
        assert!(reported.last().is_none_or(|last| *last <= counter) && counter <= sent, "{counter} of {sent}");
    }
}
