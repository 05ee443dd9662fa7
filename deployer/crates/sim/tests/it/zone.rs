//! Records of others in a hosted zone stay as they are, whatever fails while the deployer adds and removes its own.

use std::future::Future;

use bytes::Bytes;
use deployer_aws::Purpose;
use deployer_engine::RunStatus;
use serde_json::{Value, json};
use sim::fault::{At, Fault, Faults};
use sim::machine::{Command, Report, RunResult, RunSettings, Testbed};
use sim::rights::policy_of;
use sim::specs::{DesiredSpec, wanted_of};
use sim::store::BUCKET;
use sim::time::Time;
use time::macros::datetime;

/// The records of the zone before the first run: beside, below and at the names that the deployer uses.
const OTHERS: [(&str, &str, &str); 6] = [
    ("voice.example", "MX", "10 mail.voice.example"),
    ("api.voice.example", "TXT", "\"somebody's\""),
    ("1.api.voice.example", "A", "192.0.2.1"),
    ("_other.api.voice.example", "CNAME", "elsewhere.example"),
    ("api2.voice.example", "A", "192.0.2.2"),
    ("www.voice.example", "CNAME", "voice.example"),
];

async fn route53(bed: &Testbed, path: &str, body: String) -> String {
    let scope = "AWS4-HMAC-SHA256 Credential=111122223333/20261123/us-east-1/route53/aws4_request, Signature=x";
    let request = http::Request::post(path).header("authorization", scope).body(Bytes::from(body)).expect("a request");
    let response = bed.cloud.emulator.handle(request).await;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert!(response.status().is_success(), "{text}");
    text
}

/// Returns an account with a zone of somebody else's.
async fn with_zone(time: &Time) -> Testbed {
    let bed = Testbed::empty(time);
    let create =
        "<CreateHostedZoneRequest><Name>voice.example</Name><CallerReference>1</CallerReference></CreateHostedZoneRequest>";
    let zone = route53(&bed, "/2013-04-01/hostedzone", create.to_owned()).await;
    let id = zone.split("<Id>/hostedzone/").nth(1).and_then(|rest| rest.split('<').next()).expect("an ID").to_owned();
    let changes: String = OTHERS
        .iter()
        .map(|(name, kind, value)| {
            format!(
                "<Change><Action>CREATE</Action><ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type><TTL>60</TTL>\
                 <ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change>"
            )
        })
        .collect();
    let batch = format!(
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    );
    route53(&bed, &format!("/2013-04-01/hostedzone/{id}/rrset/"), batch).await;
    bed
}

fn spec() -> DesiredSpec {
    let document = json!({
        "project": "zone", "environment": "dev",
        "provider": {"aws": {"region": "us-east-1", "account": "111122223333"}},
        "state": {"s3": {}},
        "functions": {"get": {"package": "one"}},
        "api": {
            "domain": {"name": "api.voice.example", "zone": "voice.example"},
            "certificate": {"dns": {"zone": "voice.example", "key_algorithm": "EC_prime256v1"}},
            "routes": {"GET /": "get"}
        }
    });
    wanted_of(&document, "dev").unwrap_or_else(|fault| panic!("{fault}"))
}

/// Returns the records of the only zone by their place: those of others, and the deployer's.
fn records(bed: &Testbed) -> (Vec<String>, Vec<String>) {
    let world = serde_json::to_value(bed.cloud.account_state()).expect("JSON");
    let zones = world["route53"]["zones"].as_object().expect("zones").clone();
    let zone: &Value = zones.values().next().expect("a zone");
    let all = zone["records"].as_object().expect("records").iter().map(|(place, record)| (place.clone(), record.to_string()));
    let (others, ours): (Vec<_>, Vec<_>) = all.partition(|(_, record)| {
        !(record.contains("acm-validations") || record.contains("deployer:project") || record.contains("execute-api"))
    });
    (others.into_iter().map(|(_, record)| record).collect(), ours.into_iter().map(|(place, _)| place).collect())
}

fn succeeded(report: &Report) -> bool {
    matches!(&report.result, RunResult::Ran(outcome) if matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo))
}

/// Runs until a run succeeds: the first one with the faults, the others without.
async fn until_done(bed: &Testbed, command: &Command, faults: Faults) -> Report {
    for seed in 1..6 {
        let faults = if seed == 1 { faults.clone() } else { Faults::new() };
        let report = bed.run(command.clone(), &RunSettings { faults, ..RunSettings::without_faults(seed) }).await;
        if succeeded(&report) {
            return report;
        }
        bed.time.sleep(std::time::Duration::from_secs(120)).await;
    }
    panic!("five runs do not complete the command")
}

/// Returns the numbers of the changing calls that concern the zone or the certificate.
fn of_interest(report: &Report) -> Vec<usize> {
    let changes = report.entries.iter().filter(|entry| entry.mutates).enumerate();
    changes.filter(|(_, entry)| ["route53", "acm"].contains(&entry.service)).map(|(number, _)| number).collect()
}

/// Runs on a virtual clock that jumps while the work waits.
fn on<F: Future>(work: impl FnOnce(Time) -> F) -> F::Output {
    let time = Time::at(datetime!(2026-11-23 10:00 UTC));
    time.run(work(time.clone())).unwrap_or_else(|stuck| panic!("{stuck:?}"))
}

async fn holds(time: Time, apply_faults: Faults, destroy_faults: Faults) -> (Report, Report) {
    let bed = with_zone(&time).await;
    let (before, nothing) = records(&bed);
    assert!(nothing.is_empty());
    let applied = until_done(&bed, &Command::Apply(spec()), apply_faults.clone()).await;
    let (others, ours) = records(&bed);
    assert_eq!(others, before, "after apply with {apply_faults:?}");
    assert_eq!(ours.len(), 4, "one validation record, an alias of two types, and its owner: {ours:?}");
    let certificates = serde_json::to_value(&bed.cloud.account_state().acm).expect("JSON")["certificates"]
        .as_object()
        .map_or(0, |all| all.len());
    assert_eq!(certificates, 1, "after apply with {apply_faults:?}");
    let destroyed = until_done(&bed, &Command::Destroy(spec()), destroy_faults.clone()).await;
    let (others, ours) = records(&bed);
    assert_eq!(others, before, "after destroy with {destroy_faults:?}");
    assert_eq!(ours.len(), 1, "the validation record stays, and nothing else: {ours:?}");
    (applied, destroyed)
}

#[test]
fn records_of_others_survive_every_fault() {
    let (applied, destroyed) = on(|time| holds(time, Faults::new(), Faults::new()));
    let faults = [Fault::CrashBeforeSend, Fault::CrashAfterEffect, Fault::ResponseLost, Fault::Duplicated];
    let (applying, destroying) = (of_interest(&applied), of_interest(&destroyed));
    assert!(applying.len() >= 3 && destroying.len() >= 2, "{applying:?} {destroying:?}");
    for fault in faults {
        for number in &applying {
            on(|time| holds(time, [(At::Change(*number), fault)].into(), Faults::new()));
        }
        for number in &destroying {
            on(|time| holds(time, Faults::new(), [(At::Change(*number), fault)].into()));
        }
    }
}

#[test]
fn record_in_the_way_is_never_overwritten() {
    on(|time| async move {
        let bed = with_zone(&time).await;
        let world = serde_json::to_value(bed.cloud.account_state()).expect("JSON");
        let id = world["route53"]["zones"].as_object().and_then(|zones| zones.keys().next().cloned()).expect("a zone");
        let batch = "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet>\
                     <Name>api.voice.example</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.7</Value>\
                     </ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>";
        route53(&bed, &format!("/2013-04-01/hostedzone/{id}/rrset/"), batch.to_owned()).await;
        let before = records(&bed);
        let report = bed.run(Command::Apply(spec()), &RunSettings::without_faults(1)).await;
        assert!(!succeeded(&report));
        assert_eq!(report.mutations(), 0, "the plan sees it");
        assert_eq!(records(&bed).0, before.0);
    });
}

#[test]
fn printed_policies_are_enough() {
    on(|time| async move {
        let bed = with_zone(&time).await;
        let policy = |purpose| policy_of(&[spec()], BUCKET, purpose).expect("a policy").to_string();
        let bed = Testbed::with_policy_from(&time, bed.cloud.account_state(), &policy(Purpose::Everything));
        for (seed, command) in (1..).zip([Command::Apply(spec()), Command::Apply(spec()), Command::Destroy(spec())]) {
            let reader = Testbed::with_policy_from(&time, bed.cloud.account_state(), &policy(Purpose::Planning));
            let planned = reader.run(Command::Plan(spec()), &RunSettings::without_faults(seed)).await;
            assert!(matches!(planned.result, RunResult::Planned(_)), "plan {seed}: {:?}", planned.result);
            let report = bed.run(command, &RunSettings::without_faults(seed)).await;
            assert!(succeeded(&report), "run {seed}: {:?}", report.result);
        }
    });
}
