//! Many clients at once on the data plane of an embedded AWS that keeps its world in a directory:
//! `cargo run --release -p deployer-emulator --example load -- [SECONDS [CLIENTS [DIRECTORY]]]` (30, 200 and a fresh one).
//!
//! The AWS is another process, and every client a connection that it keeps. At the end that process is killed (SIGKILL), and the
//! directory is opened again: every item and every count that was acknowledged must be there. Then what the size of a table
//! costs: pages of 10 through tables of different sizes, and single writes into them.

#[path = "../tests/wire/mod.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deployer_emulator::front::listener::listen;
use serde_json::{Value, json};
use wire::{Broken, Wire, claim, increment, item, number, open};

/// As many counters as this are counted by all.
const COUNTERS: u64 = 8;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("serve") {
        return serve(Path::new(&arguments.next().ok_or("serve what?")?)).await;
    }
    let seconds = first.map_or(Ok(30), |text| text.parse())?;
    let clients = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let fresh = tempfile::tempdir()?;
    let directory = arguments.next().map_or_else(|| fresh.path().join("world"), Into::into);
    load(&directory, Duration::from_secs(seconds), clients).await?;
    sizes().await
}

async fn serve(directory: &Path) -> Result<(), Failure> {
    let listener = listen(open(directory)?, 0).await?;
    let unfinished = directory.join("address-new");
    std::fs::write(&unfinished, listener.address.to_string())?;
    std::fs::rename(&unfinished, directory.join("address"))?;
    std::future::pending().await
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn start(directory: &Path) -> Result<(Served, SocketAddr), Failure> {
    let address = directory.join("address");
    let _ = std::fs::remove_file(&address);
    let mut command = Command::new(std::env::current_exe()?);
    let mut served = Served(command.arg("serve").arg(directory).stdout(Stdio::null()).spawn()?);
    loop {
        if let Ok(text) = std::fs::read_to_string(&address) {
            return Ok((served, text.parse()?));
        }
        if let Some(status) = served.0.try_wait()? {
            return Err(format!("the process that should serve ended: {status}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What a client did and was told.
#[derive(Default)]
struct Told {
    took: BTreeMap<&'static str, Vec<u64>>,
    items: u64,
    increments: [u64; COUNTERS as usize],
    values: BTreeSet<(u64, u64)>,
    won: BTreeSet<u64>,
    errors: Vec<String>,
}

struct Client {
    wire: Wire,
    name: String,
    random: u64,
    told: Told,
}

impl Client {
    fn draw(&mut self, below: u64) -> u64 {
        // Any sequence will do that is another one for each client (Knuth's MMIX generator).
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    /// One call; `None` if it was refused by its condition. Anything else that is no success is an error.
    async fn call(&mut self, what: &'static str, operation: &str, input: Value) -> Result<Option<Value>, Broken> {
        let started = Instant::now();
        let (status, answer) = self.wire.call(operation, input).await?;
        let took = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.told.took.entry(what).or_default().push(took);
        match status {
            200 => Ok(Some(answer)),
            400 if answer["__type"].as_str().is_some_and(|kind| kind.ends_with("ConditionalCheckFailedException")) => Ok(None),
            _ => {
                self.told.errors.push(format!("{what}: {status} {answer}"));
                Ok(None)
            }
        }
    }

    async fn step(&mut self) -> Result<(), Broken> {
        let (name, items) = (self.name.clone(), self.told.items);
        match self.draw(10) {
            0..3 => {
                let put = json!({"TableName": "calls", "Item": item(&name, items)});
                if self.call("PutItem", "PutItem", put).await?.is_some() {
                    self.told.items += 1;
                }
            }
            3..5 => {
                let counter = self.draw(COUNTERS);
                if let Some(answer) = self.call("UpdateItem ADD", "UpdateItem", increment(&format!("counter-{counter}"))).await? {
                    self.told.increments[counter as usize] += 1;
                    self.told.values.insert((counter, number(&answer["Attributes"]["n"])));
                }
            }
            5..7 if items > 0 => {
                let sk = self.draw(items);
                let key = json!({"pk": {"S": name}, "sk": {"N": sk.to_string()}});
                let read = self.call("GetItem", "GetItem", json!({"TableName": "calls", "Key": key})).await?;
                if read.is_some_and(|read| read["Item"] != item(&name, sk)) {
                    self.told.errors.push(format!("{name}/{sk} is not what was put"));
                }
            }
            7 => self.newest(items).await?,
            8 => {
                let kind = format!("kind-{}", self.draw(8));
                let query = json!({
                    "TableName": "calls", "IndexName": "by-kind", "KeyConditionExpression": "kind = :kind", "Limit": 10,
                    "ExpressionAttributeValues": {":kind": {"S": kind}}, "ScanIndexForward": false,
                });
                self.call("Query, index", "Query", query).await?;
            }
            _ => {
                let place = self.draw(100_000);
                if self.call("PutItem, conditional", "PutItem", claim("race", place, &name)).await?.is_some() {
                    self.told.won.insert(place);
                }
            }
        }
        Ok(())
    }

    /// The newest items of its own come first and are all there.
    async fn newest(&mut self, items: u64) -> Result<(), Broken> {
        let query = json!({
            "TableName": "calls", "KeyConditionExpression": "pk = :pk AND sk >= :from", "ScanIndexForward": false, "Limit": 10,
            "ExpressionAttributeValues": {":pk": {"S": self.name}, ":from": {"N": "0"}},
        });
        let Some(answer) = self.call("Query, table", "Query", query).await? else { return Ok(()) };
        let found = answer["Items"].as_array().into_iter().flatten().map(|item| number(&item["sk"]));
        if !found.eq((0..items).rev().take(10)) {
            self.told.errors.push(format!("{}'s newest are not the last of {items}", self.name));
        }
        Ok(())
    }
}

async fn load(directory: &Path, lasts: Duration, clients: u64) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)?;
    let (served, address) = start(directory).await?;
    Wire::connect(address).await.map_err(|_| "no connection")?.make_table().await;
    let started = Instant::now();
    let run = async |n: u64| {
        let wire = Wire::connect(address).await?;
        let mut client = Client { wire, name: format!("client-{n}"), random: n, told: Told::default() };
        while started.elapsed() < lasts {
            client.step().await?;
        }
        Ok::<_, Broken>(client.told)
    };
    let all = futures::future::join_all((0..clients).map(run)).await;
    let took = started.elapsed();
    drop(served);
    let told = all.into_iter().collect::<Result<Vec<_>, _>>().map_err(|_| "a connection broke")?;
    print(&told, took, clients);
    let errors: Vec<&String> = told.iter().flat_map(|told| &told.errors).collect();
    if let Some(error) = errors.first() {
        return Err(format!("{} errors, the first: {error}", errors.len()).into());
    }
    let opening = Instant::now();
    let mut again = Wire::World(open(directory)?);
    println!("killed; opened again in {} ms", opening.elapsed().as_millis());
    check(&mut again, &told).await
}

/// Every acknowledged write is there, and nothing else.
async fn check(wire: &mut Wire, told: &[Told]) -> Result<(), Failure> {
    for (n, client) in told.iter().enumerate() {
        if !wire.partition(&format!("client-{n}")).await.into_iter().eq(0..client.items) {
            return Err(format!("of client {n}'s {} items some are lost", client.items).into());
        }
    }
    for counter in 0..COUNTERS {
        let told_of = told.iter().map(|told| told.increments[counter as usize]).sum::<u64>();
        let values: BTreeSet<u64> =
            told.iter().flat_map(|told| &told.values).filter(|(of, _)| *of == counter).map(|(_, value)| *value).collect();
        let is = wire.counter(&format!("counter-{counter}")).await;
        if is != told_of || !values.into_iter().eq(1..=is) {
            return Err(format!("counter {counter} is {is} after {told_of} increments").into());
        }
    }
    let won: BTreeSet<u64> = told.iter().flat_map(|told| told.won.iter().copied()).collect();
    let claimed = told.iter().map(|told| told.won.len()).sum::<usize>();
    if won.len() != claimed || !wire.partition("race").await.into_iter().eq(won) {
        return Err("a place that was claimed has no winner, or two".into());
    }
    println!("no error, and no write is lost: every item, every count and every claim is there");
    Ok(())
}

fn print(told: &[Told], took: Duration, clients: u64) {
    let mut all: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (what, took) in told.iter().flat_map(|told| &told.took) {
        all.entry(what).or_default().extend(took);
    }
    let seconds = took.as_secs_f64();
    let total: usize = all.values().map(Vec::len).sum();
    println!("{clients} clients, {seconds:.0} s: {total} calls, {:.0} a second", total as f64 / seconds);
    println!("{:<22}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "calls", "a second", "p50 ms", "p99 ms", "most ms");
    for (what, mut took) in all {
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1000.0;
        let (count, rate) = (took.len(), took.len() as f64 / seconds);
        println!("{what:<22}{count:>10}{rate:>10.0}{:>10.2}{:>10.2}{:>10.2}", at(0.5), at(0.99), at(1.0));
    }
}

/// What calls cost in tables of different sizes, in one process and without a socket.
async fn sizes() -> Result<(), Failure> {
    println!("\nin a table of          one put     one get    a page of 10: scan    query    query, index   (µs)");
    for size in [100, 1_000, 10_000] {
        let directory = tempfile::tempdir()?;
        let emulator = open(&directory.path().join("world"))?;
        let mut wire = Wire::World(Arc::clone(&emulator));
        wire.make_table().await;
        for chunk in (0..size).collect::<Vec<u64>>().chunks(25) {
            let puts: Vec<Value> = chunk.iter().map(|n| json!({"PutRequest": {"Item": item("all", *n)}})).collect();
            wire.done("BatchWriteItem", json!({"RequestItems": {"calls": puts}})).await;
        }
        let puts =
            timed(200, async |n| drop(wire.done("PutItem", json!({"TableName": "calls", "Item": item("new", n)})).await)).await;
        let gets = timed(200, async |n| {
            let key = json!({"pk": {"S": "all"}, "sk": {"N": (n % size).to_string()}});
            drop(wire.done("GetItem", json!({"TableName": "calls", "Key": key})).await);
        })
        .await;
        let scan = pages(&mut wire, "Scan", json!({"TableName": "calls", "Limit": 10})).await;
        let query = |index: Option<&str>, name: &str, value: &str| {
            let mut query = json!({
                "TableName": "calls", "Limit": 10, "KeyConditionExpression": format!("{name} = :value"),
                "ExpressionAttributeValues": {":value": {"S": value}},
            });
            if let Some(index) = index {
                query["IndexName"] = index.into();
            }
            query
        };
        let table = pages(&mut wire, "Query", query(None, "pk", "all")).await;
        let index = pages(&mut wire, "Query", query(Some("by-kind"), "kind", "kind-3")).await;
        println!("{size:>12}{puts:>17.0}{gets:>12.0}{scan:>23.0}{table:>9.0}{index:>16.0}");
    }
    Ok(())
}

async fn timed(times: u64, mut call: impl AsyncFnMut(u64)) -> f64 {
    let started = Instant::now();
    for n in 0..times {
        call(n).await;
    }
    started.elapsed().as_secs_f64() * 1e6 / times as f64
}

/// The mean time of a page, over all pages.
async fn pages(wire: &mut Wire, operation: &str, mut input: Value) -> f64 {
    let (started, mut count) = (Instant::now(), 0);
    loop {
        let page = wire.done(operation, input.clone()).await;
        count += 1;
        match page.get("LastEvaluatedKey") {
            Some(key) => input["ExclusiveStartKey"] = key.clone(),
            None => return started.elapsed().as_secs_f64() * 1e6 / f64::from(count),
        }
    }
}
