//! Kills a process while services other than DynamoDB are written to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deployer_emulator::{Emulator, Failure};
use serde_json::{Value, json};

use crate::support::served::serve;
use crate::support::wire::{Broken, Request, Wire, open, send};

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";

/// The resources that are changed.
struct Things {
    instance: String,
    flow: String,
    api: String,
}

async fn asked(emulator: &Arc<Emulator>, request: Request<'_>) -> Value {
    serde_json::from_str(&send(emulator, request).await).expect("JSON")
}

async fn things(emulator: &Arc<Emulator>) -> Things {
    let made = json!({"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": "voice-example",
        "InboundCallsEnabled": true, "OutboundCallsEnabled": true});
    let made = asked(emulator, ("connect", "PUT", "/instance", "", made.to_string())).await;
    let instance = made["Id"].as_str().expect("an id").to_owned();
    let listed = asked(emulator, ("connect", "GET", &format!("/contact-flows-summary/{instance}"), "", String::new())).await;
    let flow = listed["ContactFlowSummaryList"][0]["Id"].as_str().expect("an id").to_owned();
    let api = asked(emulator, ("apigateway", "POST", "/restapis", "", json!({"name": "numbers"}).to_string())).await;
    let (api, root) = (api["id"].as_str().expect("an id").to_owned(), api["rootResourceId"].as_str().expect("an id"));
    let method = format!("/restapis/{api}/resources/{root}/methods/GET");
    send(emulator, ("apigateway", "PUT", &method, "", json!({"authorizationType": "NONE"}).to_string())).await;
    send(emulator, ("apigateway", "PUT", &format!("{method}/integration"), "", json!({"type": "MOCK"}).to_string())).await;
    Things { instance, flow, api }
}

/// The kinds of repeated writes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Role,
    Name,
    /// Large: these writes trigger snapshots.
    Draft,
    Version,
    Deployment,
}

const KINDS: [Kind; 5] = [Kind::Role, Kind::Name, Kind::Draft, Kind::Version, Kind::Deployment];

impl Kind {
    async fn write(self, wire: &mut Wire, things: &Things, n: u64) -> Result<(u16, String), Broken> {
        let flow = format!("/contact-flows/{}/{}", things.instance, things.flow);
        match self {
            Self::Role => {
                let body = format!("Action=CreateRole&Version=2010-05-08&RoleName=role-{n}&AssumeRolePolicyDocument={TRUST}");
                wire.ask(("iam", "POST", "/", "", body)).await
            }
            Self::Name => {
                let name = json!({"Name": format!("name-{n}")}).to_string();
                wire.ask(("connect", "POST", &format!("{flow}/name"), "", name)).await
            }
            Self::Draft => {
                let content = json!({"Metadata": {"n": n, "text": "x".repeat(200_000)}}).to_string();
                let draft = format!("/contact-flows/{}/{}:$SAVED/content", things.instance, things.flow);
                wire.ask(("connect", "POST", &draft, "", json!({"Content": content}).to_string())).await
            }
            Self::Version => wire.ask(("connect", "PUT", &format!("{flow}/version"), "", "{}".to_owned())).await,
            Self::Deployment => {
                let body = json!({"description": n.to_string()}).to_string();
                wire.ask(("apigateway", "POST", &format!("/restapis/{}/deployments", things.api), "", body)).await
            }
        }
    }

    /// Returns the written numbers that are in the state; for values that are overwritten, the last one.
    fn found(self, world: &Value, things: &Things) -> Vec<u64> {
        let flow = &world["connect"]["instances"][&things.instance]["flows"][&things.flow];
        let keys = |of: &Value| of.as_object().into_iter().flat_map(|all| all.keys().cloned()).collect::<Vec<_>>();
        let number = |text: &str| text.rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
        let mut found: Vec<u64> = match self {
            Self::Role => keys(&world["iam"]["roles"]).iter().filter_map(|name| number(name)).collect(),
            Self::Name => flow["name"].as_str().and_then(number).into_iter().collect(),
            Self::Draft => {
                let draft = flow["draft"]["text"].as_str().unwrap_or("{}");
                let draft: Value = serde_json::from_str(draft).expect("JSON");
                draft["Metadata"]["n"].as_u64().into_iter().collect()
            }
            // Numbered from 1.
            Self::Version => keys(&flow["versions"]).iter().filter_map(|n| number(n)).map(|n| n - 1).collect(),
            Self::Deployment => {
                let all = world["apigateway"]["apis"][&things.api]["deployments"].as_object().expect("deployments");
                all.values().filter_map(|one| one["description"].as_str().and_then(number)).collect()
            }
        };
        found.sort_unstable();
        found
    }

    fn is_written_over(self) -> bool {
        matches!(self, Self::Name | Self::Draft)
    }
}

/// Number of writes that were sent, and of those acknowledged: a client waits for each before the next.
#[derive(Debug, Default, Clone, Copy)]
struct Ledger {
    sent: u64,
    reported: u64,
}

async fn writes_until_broken(address: SocketAddr, kind: Kind, things: Arc<Things>, ledger: Arc<Mutex<Ledger>>) {
    let Ok(mut wire) = Wire::connect(address).await else { return };
    loop {
        let n = {
            let mut ledger = ledger.lock().expect("no panic");
            ledger.sent += 1;
            ledger.sent - 1
        };
        let Ok((status, answer)) = kind.write(&mut wire, &things, n).await else { return };
        assert!((200..300).contains(&status), "{kind:?} {n}: {status} {answer}");
        ledger.lock().expect("no panic").reported = n + 1;
    }
}

/// Checks that every acknowledged write is there, and none that was not sent. Writes sent without a response may be there.
fn check(kind: Kind, found: &[u64], ledger: Ledger, lost: &[u64]) {
    if kind.is_written_over() {
        let last = found.last().map_or(0, |last| last + 1);
        assert!((ledger.reported..=ledger.sent).contains(&last), "{kind:?}: {last} of {ledger:?}");
        return;
    }
    let reported = (0..ledger.reported).filter(|n| !lost.contains(n));
    assert!(
        reported.clone().all(|n| found.binary_search(&n).is_ok()),
        "{kind:?}: an acknowledged one is lost: {found:?} {ledger:?}"
    );
    assert!(found.iter().all(|n| *n < ledger.sent), "{kind:?}");
}

/// Returns the identity of the file of the state, which a snapshot replaces.
fn identity(directory: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(directory.join("state.log")).expect("it is there"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_loses_no_acknowledged_write() {
    let directory = tempfile::tempdir().expect("a directory");
    let things = Arc::new(things(&open(directory.path()).expect("opens")).await);
    let first = identity(directory.path());
    let ledgers: Vec<Arc<Mutex<Ledger>>> = KINDS.iter().map(|_| Arc::default()).collect();
    let count = || ledgers.iter().map(|ledger| ledger.lock().expect("no panic").reported).sum::<u64>();
    // Numbers that were sent when a process was killed, and never arrived.
    let mut lost: Vec<Vec<u64>> = vec![Vec::new(); KINDS.len()];
    for _ in 0..6 {
        let before = count();
        let (served, address) = serve(directory.path()).await;
        assert!(matches!(open(directory.path()), Err(Failure::InUse { .. })), "one process at a time");
        let writers = KINDS.iter().zip(&ledgers);
        let writers = writers
            .map(|(kind, ledger)| tokio::spawn(writes_until_broken(address, *kind, Arc::clone(&things), Arc::clone(ledger))));
        let writers: Vec<_> = writers.collect();
        while count() < before + 100 {
            assert!(writers.iter().any(|writer| !writer.is_finished()), "nobody is answered");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_micros(u64::from(uuid::Uuid::new_v4().as_bytes()[0]) * 500)).await;
        drop(served);
        for writer in writers {
            writer.await.expect("no answer was a failure");
        }
        let emulator = open(directory.path()).expect("what is left can be opened");
        let world = serde_json::to_value(emulator.account_state()).expect("its form");
        for ((kind, ledger), lost) in KINDS.iter().zip(&ledgers).zip(&mut lost) {
            let mut ledger = ledger.lock().expect("no panic");
            let found = kind.found(&world, &things);
            check(*kind, &found, *ledger, lost);
            if *kind == Kind::Version {
                // It gets the next number, whatever was lost.
                ledger.sent = found.len() as u64;
            } else if !kind.is_written_over() {
                lost.extend((ledger.reported..ledger.sent).filter(|n| found.binary_search(n).is_err()));
            }
            ledger.reported = ledger.sent;
        }
    }
    assert_ne!(identity(directory.path()), first, "no snapshot was made under all this");
}
