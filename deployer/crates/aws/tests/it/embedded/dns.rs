//! Certificates by DNS, and records in a zone of somebody else's.

use std::time::Duration;

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use deployer_engine::{ErrorClass, Event, Lookup, TagOwner};
use serde_json::{Value, json};

use crate::support::world::{TestCloud, TestResource, tags};

const DOMAIN: &str = "api.voice.example";
const TARGET: &str = "d-abcdefghij.execute-api.eu-central-1.amazonaws.com";

fn route53(world: &TestCloud) -> aws_sdk_route53::Client {
    aws_sdk_route53::Client::new(&world.sdk)
}

async fn zone(world: &TestCloud) -> String {
    let made = route53(world).create_hosted_zone().name("voice.example").caller_reference("1").send().await.expect("a zone");
    made.hosted_zone.expect("it").id.trim_start_matches("/hostedzone/").to_owned()
}

async fn put(world: &TestCloud, zone: &str, name: &str, kind: RrType, value: &str) {
    let value = ResourceRecord::builder().value(value).build().expect("a value");
    let set = ResourceRecordSet::builder().name(name).r#type(kind).ttl(60).resource_records(value).build().expect("a record");
    let change = Change::builder().action(ChangeAction::Upsert).resource_record_set(set).build().expect("a change");
    let batch = ChangeBatch::builder().changes(change).build().expect("a batch");
    route53(world).change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await.expect("put");
}

/// Returns every record of the zone as text, without those that every zone has.
async fn records(world: &TestCloud, zone: &str) -> Vec<String> {
    let listed = route53(world).list_resource_record_sets().hosted_zone_id(zone).send().await.expect("listed");
    let own = listed.resource_record_sets.into_iter().filter(|set| !matches!(set.r#type, RrType::Ns | RrType::Soa));
    own.map(|set| format!("{} {} {:?} {:?}", set.name, set.r#type.as_str(), set.resource_records, set.alias_target)).collect()
}

async fn requested(world: &TestCloud) -> TestResource {
    let wanted = json!({"domain": DOMAIN, "key_algorithm": "EC_prime256v1", "tags": tags("requested_certificate.main")});
    world.make("acm.requested_certificate", "requested_certificate.main", wanted).await
}

fn validation(certificate: &TestResource, minutes: u32) -> Value {
    json!({"certificate_arn": certificate.output("arn"), "record_name": certificate.output("record_name"),
           "record_type": certificate.output("record_type"), "record_value": certificate.output("record_value"),
           "automatic": false, "wait_minutes": minutes})
}

fn validation_record(certificate: &TestResource, zone: &str) -> Value {
    json!({"zone_id": zone, "name": certificate.output("record_name"), "kind": certificate.output("record_type"),
           "value": certificate.output("record_value")})
}

fn alias(zone: &str) -> Value {
    let mut owner = tags("alias.main");
    owner.as_object_mut().expect("a map").remove("team");
    json!({"zone_id": zone, "name": DOMAIN, "target": TARGET, "target_zone_id": "Z1U9ULNL0V5AJ3", "tags": owner})
}

#[tokio::test(flavor = "current_thread")]
async fn certificate_waits_for_its_record_and_says_which() {
    let world = TestCloud::empty();
    let zone = zone(&world).await;
    let certificate = requested(&world).await;
    let again = world.make_again(&certificate).await.expect("the token is the same");
    assert_eq!(again.id, certificate.live.id, "a repeated request is one certificate");
    let wanted = validation(&certificate, 5);
    let waited =
        world.create("acm.certificate_validation", "validation.main", &wanted).await.expect_err("nobody made the record");
    assert_eq!(waited.class, ErrorClass::NotVisibleYet);
    for part in [certificate.output("record_name"), certificate.output("record_value"), "create this DNS record".to_owned()] {
        assert!(waited.message.contains(&part), "{}", waited.message);
    }
    let progress = format!(
        "{:?}",
        world.reported.lock().expect("unpoisoned").iter().filter(|e| matches!(e, Event::Progress { .. })).collect::<Vec<_>>()
    );
    assert!(progress.contains(&certificate.output("record_value")), "{progress}");
    let record = validation_record(&certificate, &zone);
    let made = world.create("route53.validation_record", "validation_record.main", &record).await.expect("made");
    assert_eq!(made.properties, record);
    assert!(matches!(world.look("route53.validation_record", "validation_record.main", &record).await, Lookup::Owned(_)));
    let issued = world.make("acm.certificate_validation", "validation.main", wanted).await;
    assert_eq!(issued.output("arn"), certificate.output("arn"));
    world.delete_and_verify(&certificate).await;
    let left = TestResource { type_name: "route53.validation_record", address: "validation_record.main", live: made };
    world.delete(&left).await.expect("nothing to do");
    assert_eq!(records(&world, &zone).await.len(), 1, "other certificates of the domain need the record");
}

#[tokio::test(flavor = "current_thread")]
async fn validation_record_is_shared_and_never_overwritten() {
    let world = TestCloud::empty();
    let zone = zone(&world).await;
    let certificate = requested(&world).await;
    let record = validation_record(&certificate, &zone);
    let name = certificate.output("record_name");
    put(&world, &zone, &name, RrType::Cname, &format!("{}.", certificate.output("record_value"))).await;
    let shared = records(&world, &zone).await;
    assert!(matches!(world.look("route53.validation_record", "validation_record.main", &record).await, Lookup::Owned(_)));
    world.create("route53.validation_record", "validation_record.main", &record).await.expect("it is there already");
    assert_eq!(records(&world, &zone).await, shared);
    put(&world, &zone, &name, RrType::Cname, "somebody.else.example.").await;
    let theirs = records(&world, &zone).await;
    let refused = world.create("route53.validation_record", "validation_record.main", &record).await.expect_err("refused");
    assert!(refused.message.contains("exists"), "{}", refused.message);
    assert_eq!(records(&world, &zone).await, theirs);
}

#[tokio::test(flavor = "current_thread")]
async fn alias_is_made_moved_and_removed_with_its_owner() {
    let world = TestCloud::empty();
    let zone = zone(&world).await;
    put(&world, &zone, "www.voice.example", RrType::A, "192.0.2.1").await;
    put(&world, &zone, "1.api.voice.example", RrType::A, "192.0.2.2").await;
    put(&world, &zone, "api.voice.example", RrType::Mx, "10 mail.voice.example").await;
    let before = records(&world, &zone).await;
    let mut made = world.make("route53.alias_record", "alias.main", alias(&zone)).await;
    assert_eq!(records(&world, &zone).await.len(), before.len() + 3);
    let moved = made.with("target", TARGET.replace("abc", "xyz"));
    world.change(&mut made, moved).await;
    let twice = world.make_again(&made).await.expect_err("it exists");
    assert_eq!(twice.class, ErrorClass::AlreadyExists);
    world.delete_and_verify(&made).await;
    assert_eq!(records(&world, &zone).await, before, "everything else is as it was");
}

#[tokio::test(flavor = "current_thread")]
async fn records_of_others_are_left_alone() {
    let world = TestCloud::empty();
    let zone = zone(&world).await;
    for (kind, value) in [(RrType::A, "192.0.2.1"), (RrType::Cname, "elsewhere.example.")] {
        let name = if kind == RrType::A { "a.voice.example" } else { "c.voice.example" };
        put(&world, &zone, name, kind, value).await;
        let theirs = records(&world, &zone).await;
        let mut wanted = alias(&zone);
        wanted["name"] = name.into();
        let Lookup::Unowned { live, why } = world.look("route53.alias_record", "alias.main", &wanted).await else {
            panic!("{name} is somebody else's")
        };
        assert!(why.contains(value.trim_end_matches('.')), "{why}");
        assert!(matches!(world.owner(&live, "route53.alias_record", "shop", "dev").await, TagOwner::Nobody(_)));
        let foreign = TestResource { type_name: "route53.alias_record", address: "alias.main", live };
        world.update(&foreign, &wanted).await.expect_err("not overwritten");
        world.create("route53.alias_record", "alias.main", &wanted).await.expect_err("not overwritten");
        world.delete(&foreign).await.expect("nothing of ours to delete");
        assert_eq!(records(&world, &zone).await, theirs);
    }
    // A record that somebody has changed since stays, and only the owner's record goes.
    let made = world.make("route53.alias_record", "alias.main", alias(&zone)).await;
    put(&world, &zone, DOMAIN, RrType::A, "192.0.2.9").await;
    world.delete(&made).await.expect("deleted");
    assert!(records(&world, &zone).await.iter().any(|record| record.contains("192.0.2.9")));
}

#[tokio::test(flavor = "current_thread")]
async fn zone_and_certificate_are_looked_up_and_left_alone() {
    let world = TestCloud::empty();
    let by_name = json!({"zone": "voice.example", "domain": DOMAIN});
    assert!(matches!(world.look("route53.existing_zone", "zone.voice.example", &by_name).await, Lookup::NotFound));
    let id = zone(&world).await;
    for zone in ["voice.example", &id] {
        let wanted = json!({"zone": zone, "domain": DOMAIN});
        let Lookup::Owned(live) = world.look("route53.existing_zone", "zone.main", &wanted).await else { panic!("it is there") };
        assert_eq!(live.outputs["id"], id);
    }
    let certificate = requested(&world).await;
    let named = json!({"arn": certificate.output("arn"), "domain": DOMAIN});
    let pending = world.create("acm.existing_certificate", "existing_certificate.1", &named).await.expect("described");
    assert_eq!(pending.properties["problem"], "its status is PENDING_VALIDATION, not ISSUED");
    let record = validation_record(&certificate, &id);
    world.create("route53.validation_record", "validation_record.main", &record).await.expect("made");
    world.advance(Duration::from_secs(300));
    let Lookup::Owned(live) = world.look("acm.existing_certificate", "existing_certificate.1", &named).await else {
        panic!("it is issued")
    };
    assert_eq!(live.properties["names"], json!([DOMAIN]));
    let existing = TestResource { type_name: "acm.existing_certificate", address: "existing_certificate.1", live };
    world.delete(&existing).await.expect("nothing to do");
    assert!(world.read(&existing, &named).await.is_some());
    second_zone_is_ambiguous(&world).await;
}

async fn second_zone_is_ambiguous(world: &TestCloud) {
    route53(world).create_hosted_zone().name("voice.example").caller_reference("2").send().await.expect("another zone");
    let wanted = json!({"zone": "voice.example", "domain": DOMAIN});
    let refused = world.create("route53.existing_zone", "zone.main", &wanted).await.expect_err("which one?");
    assert!(refused.message.contains("2 hosted zones are named voice.example"), "{}", refused.message);
}
