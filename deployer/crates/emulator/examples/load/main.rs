//! Load from many clients on an embedded AWS that stores its state in a directory:
//! `cargo run --release -p deployer-emulator --example load -- [SECONDS [CLIENTS [DIRECTORY]]]` (30, 200 and a new one).
//!
//! The AWS runs in another process, and every client has a persistent connection. Of 8 clients, 6 use a DynamoDB table, one calls a
//! function over the API that is deployed under its own domain (TLS), and one invokes the function. At the end that process is killed
//! (SIGKILL), and the directory is opened again: every acknowledged item, count and invocation log must be there. Then the cost of requests
//! is measured by the amount of other data: in tables of different sizes, and in bytes for changes of roles.

mod client;
mod function;
mod served;
mod sizes;
// The tests use the rest of it.
#[allow(dead_code)]
#[path = "../../tests/it/support/wire.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use client::{COUNTERS, Client, Reported};
use function::{Caller, Invoker};
use served::Served;
use wire::{Wire, open};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    match first.as_deref() {
        Some("serve") => return served::serve(Path::new(&arguments.next().ok_or("serve what?")?)).await,
        Some("bootstrap") => return function::bootstrap().await,
        _ => {}
    }
    let seconds = first.map_or(Ok(30), |text| text.parse())?;
    let clients = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let fresh = tempfile::tempdir()?;
    let directory = arguments.next().map_or_else(|| fresh.path().join("world"), Into::into);
    load(&directory, Duration::from_secs(seconds), clients).await?;
    sizes::tables().await?;
    sizes::roles().await
}

async fn load(directory: &Path, lasts: Duration, clients: u64) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)?;
    let served = Served::start(directory).await?;
    Wire::connect(served.address).await.map_err(|_| "no connection")?.make_table().await;
    let pem = function::deploy(served.address).await?;
    let (before, started) = (served.written(), Instant::now());
    let all = futures::future::join_all((0..clients).map(|n| run(n, &served, &pem, started, lasts))).await;
    let (after, took) = (served.written(), started.elapsed());
    drop(served);
    let reported = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    print(&reported, took, clients);
    if let (Some(before), Some(after)) = (before, after) {
        println!("the process has written {} MB, snapshots and unpacked code with it", (after - before) >> 20);
    }
    let errors: Vec<&String> = reported.iter().flat_map(|reported| &reported.errors).collect();
    if let Some(error) = errors.first() {
        return Err(format!("{} errors, the first: {error}", errors.len()).into());
    }
    let opening = Instant::now();
    let mut again = Wire::World(open(directory)?);
    println!("killed; opened again in {} ms", opening.elapsed().as_millis());
    check(&mut again, &reported).await
}

/// Runs one client for the given duration.
async fn run(n: u64, served: &Served, pem: &str, started: Instant, lasts: Duration) -> Result<Reported, Failure> {
    let broken = |_| "a connection broke";
    let goes_on = || started.elapsed() < lasts;
    if n % 8 == 6 {
        let mut caller = Caller::connect(served.apis, pem).await?;
        for n in (0..).take_while(|_| goes_on()) {
            caller.step(n).await?;
        }
        return Ok(caller.reported);
    }
    let wire = Wire::connect(served.address).await.map_err(broken)?;
    if n % 8 == 7 {
        let mut invoker = Invoker { wire, reported: Reported::default() };
        for n in (0..).take_while(|_| goes_on()) {
            invoker.step(n).await.map_err(broken)?;
        }
        return Ok(invoker.reported);
    }
    let mut client = Client { wire, name: format!("client-{n}"), random: n, reported: Reported::default() };
    while goes_on() {
        client.step().await.map_err(broken)?;
    }
    Ok(client.reported)
}

/// Checks that every acknowledged write is there, and nothing else.
async fn check(wire: &mut Wire, reported: &[Reported]) -> Result<(), Failure> {
    let invocations: u64 = reported.iter().map(|reported| reported.invocations).sum();
    let logged = logged(wire)?;
    if logged != invocations {
        return Err(format!("{logged} of {invocations} invocations are in the log").into());
    }
    for (n, client) in reported.iter().enumerate() {
        if !wire.partition(&format!("client-{n}")).await.into_iter().eq(0..client.items) {
            return Err(format!("of client {n}'s {} items some are lost", client.items).into());
        }
    }
    for counter in 0..COUNTERS {
        let told_of = reported.iter().map(|reported| reported.increments[counter as usize]).sum::<u64>();
        let values: BTreeSet<u64> = reported
            .iter()
            .flat_map(|reported| &reported.values)
            .filter(|(of, _)| *of == counter)
            .map(|(_, value)| *value)
            .collect();
        let is = wire.counter(&format!("counter-{counter}")).await;
        if is != told_of || !values.into_iter().eq(1..=is) {
            return Err(format!("counter {counter} is {is} after {told_of} increments").into());
        }
    }
    let won: BTreeSet<u64> = reported.iter().flat_map(|reported| reported.won.iter().copied()).collect();
    let claimed = reported.iter().map(|reported| reported.won.len()).sum::<usize>();
    if won.len() != claimed || !wire.partition("race").await.into_iter().eq(won) {
        return Err("a place that was claimed has no winner, or two".into());
    }
    println!("no error, and no write is lost: every item, count, claim and log is there");
    Ok(())
}

/// Returns the number of invocations in the function's log.
fn logged(wire: &Wire) -> Result<u64, Failure> {
    let Wire::World(emulator) = wire else { return Err("not a world".into()) };
    let world = serde_json::to_value(emulator.account_state())?;
    let streams = world["logs"]["groups"]["/aws/lambda/convert"]["streams"].as_object().into_iter().flatten();
    let events = streams.flat_map(|(_, stream)| stream["events"].as_object().into_iter().flat_map(|events| events.values()));
    let starts = events.filter_map(|event| event["message"].as_str().filter(|message| message.starts_with("START ")));
    Ok(u64::try_from(starts.count())?)
}

fn print(reported: &[Reported], took: Duration, clients: u64) {
    let mut all: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (what, took) in reported.iter().flat_map(|reported| &reported.took) {
        all.entry(what).or_default().extend(took);
    }
    let seconds = took.as_secs_f64();
    let total: usize = all.values().map(Vec::len).sum();
    println!("{clients} clients, {seconds:.0} s: {total} calls, {:.0} a second", total as f64 / seconds);
    println!("{:<24}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "calls", "a second", "p50 ms", "p99 ms", "most ms");
    for (what, mut took) in all {
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1000.0;
        let (count, rate) = (took.len(), took.len() as f64 / seconds);
        println!("{what:<24}{count:>10}{rate:>10.0}{:>10.2}{:>10.2}{:>10.2}", at(0.5), at(0.99), at(1.0));
    }
}
