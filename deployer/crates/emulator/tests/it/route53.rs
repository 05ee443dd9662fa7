//! Route 53 and certificates validated by its records, through the real SDK.

use std::time::Duration;

use aws_sdk_acm::types::{CertificateStatus, DomainStatus, ValidationMethod};
use aws_sdk_route53::error::ProvideErrorMetadata;
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet, RrType,
};

use crate::support::fresh::{TestEmulator, fresh};

fn client(fresh: &TestEmulator) -> aws_sdk_route53::Client {
    aws_sdk_route53::Client::new(&fresh.config)
}

async fn zone(client: &aws_sdk_route53::Client, name: &str) -> String {
    let made = client.create_hosted_zone().name(name).caller_reference(name).send().await.expect("a zone");
    made.hosted_zone.expect("it").id.trim_start_matches("/hostedzone/").to_owned()
}

fn record(name: &str, kind: &str, values: &[&str]) -> ResourceRecordSet {
    let records = values.iter().map(|value| ResourceRecord::builder().value(*value).build().expect("a value"));
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::from(kind)).ttl(60);
    set.set_resource_records(Some(records.collect())).build().expect("a record")
}

fn change(action: ChangeAction, set: ResourceRecordSet) -> Change {
    Change::builder().action(action).resource_record_set(set).build().expect("a change")
}

/// Returns the ID of the change, or code and message of the refusal.
async fn send(client: &aws_sdk_route53::Client, zone: &str, changes: Vec<Change>) -> Result<String, (String, String)> {
    let batch = ChangeBatch::builder().set_changes(Some(changes)).build().expect("a batch");
    let sent = client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await;
    match sent {
        Ok(answer) => Ok(answer.change_info.expect("a change").id),
        Err(error) => Err((error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())),
    }
}

async fn names(client: &aws_sdk_route53::Client, zone: &str) -> Vec<String> {
    let listed = client.list_resource_record_sets().hosted_zone_id(zone).send().await.expect("listed");
    listed.resource_record_sets.iter().map(|set| format!("{} {}", set.name, set.r#type.as_str())).collect()
}

#[tokio::test]
async fn zone_lives_from_its_first_records_to_its_last() {
    let fresh = fresh();
    let client = client(&fresh);
    let id = zone(&client, "Voice.example").await;
    assert_eq!(names(&client, &id).await, ["voice.example. NS", "voice.example. SOA"]);
    let sent = send(&client, &id, vec![change(ChangeAction::Create, record("www.voice.example", "A", &["192.0.2.1"]))]).await;
    let change_id = sent.expect("made").trim_start_matches("/change/").to_owned();
    let status = async || client.get_change().id(&change_id).send().await.expect("known").change_info.expect("it").status;
    assert_eq!(status().await, ChangeStatus::Pending);
    fresh.clock.advance(Duration::from_secs(60));
    assert_eq!(status().await, ChangeStatus::Insync);
    let refused = client.delete_hosted_zone().id(&id).send().await.expect_err("not empty");
    assert_eq!(refused.code(), Some("HostedZoneNotEmpty"));
    let gone = vec![change(ChangeAction::Delete, record("WWW.voice.example.", "A", &["192.0.2.1"]))];
    send(&client, &id, gone).await.expect("deleted");
    client.delete_hosted_zone().id(&id).send().await.expect("empty");
    let refused = client.get_hosted_zone().id(&id).send().await.expect_err("gone");
    assert_eq!(
        (refused.code(), refused.message()),
        (Some("NoSuchHostedZone"), Some(&*format!("No hosted zone found with ID: {id}")))
    );
}

#[tokio::test]
async fn batch_is_refused_as_a_whole_with_every_reason() {
    let fresh = fresh();
    let client = client(&fresh);
    let id = zone(&client, "voice.example").await;
    let there = record("www.voice.example", "CNAME", &["elsewhere.example"]);
    send(&client, &id, vec![change(ChangeAction::Create, there.clone())]).await.expect("made");
    let before = names(&client, &id).await;
    let create = |name: &str, kind: &str, value: &str| change(ChangeAction::Create, record(name, kind, &[value]));
    let delete = |set| change(ChangeAction::Delete, set);
    let cases = [
        (
            create("www.voice.example", "CNAME", "other.example"),
            "[name='www.voice.example.', type='CNAME'] but it already exists",
        ),
        (
            create("www.voice.example", "A", "192.0.2.1"),
            "a conflicting RRSet of type CNAME with the same DNS name already exists",
        ),
        (create("voice.example", "CNAME", "other.example"), "is not permitted at apex in zone voice.example."),
        (create("www.other.example", "A", "192.0.2.1"), "RRSet with DNS name www.other.example. is not permitted in zone"),
        (create("a.voice.example", "A", "nonsense"), "ARRDATAIllegalIPv4Address"),
        (create("a.voice.example", "TXT", "no quotes"), "Value should be enclosed in quotation marks"),
        (delete(record("b.voice.example", "A", &["192.0.2.1"])), "but it was not found"),
        (delete(record("www.voice.example", "CNAME", &["other.example"])), "do not match the current values"),
        (delete(record("voice.example", "SOA", &["x"])), "do not match the current values"),
    ];
    for (wrong, wanted) in cases {
        let good = create("good.voice.example", "A", "192.0.2.1");
        let (code, message) = send(&client, &id, vec![good, wrong]).await.expect_err(wanted);
        assert!(code == "InvalidChangeBatch" && message.contains(wanted), "{code}: {message}");
        assert_eq!(names(&client, &id).await, before, "{wanted}");
    }
    let alias = AliasTarget::builder().hosted_zone_id(&id).dns_name("absent.voice.example").evaluate_target_health(false);
    let alias =
        ResourceRecordSet::builder().name("c.voice.example").r#type(RrType::A).alias_target(alias.build().expect("a target"));
    let sent = send(&client, &id, vec![change(ChangeAction::Create, alias.build().expect("a record"))]).await;
    assert!(sent.expect_err("no such target").1.contains("but that target was not found"));
    // Deleting and creating in one batch replaces.
    let replaced = vec![delete(there), create("www.voice.example", "A", "192.0.2.1")];
    send(&client, &id, replaced).await.expect("replaced");
}

#[tokio::test]
async fn requested_certificate_is_issued_by_its_record_only() {
    let fresh = fresh();
    let (acm, client) = (aws_sdk_acm::Client::new(&fresh.config), client(&fresh));
    let id = zone(&client, "voice.example").await;
    let request = || {
        let request = acm.request_certificate().domain_name("api.voice.example").validation_method(ValidationMethod::Dns);
        request.key_algorithm("EC_prime256v1".into()).idempotency_token("once").send()
    };
    let arn = request().await.expect("requested").certificate_arn.expect("an ARN");
    assert_eq!(request().await.expect("again").certificate_arn.as_deref(), Some(&*arn), "one token, one certificate");
    let describe =
        async || acm.describe_certificate().certificate_arn(&arn).send().await.expect("there").certificate.expect("it");
    assert!(describe().await.domain_validation_options()[0].resource_record.is_none(), "the record is named a moment later");
    fresh.clock.advance(Duration::from_secs(10));
    let option = describe().await.domain_validation_options()[0].clone();
    assert_eq!(option.validation_status, Some(DomainStatus::PendingValidation));
    let needed = option.resource_record.expect("a record");
    assert!(needed.name.ends_with(".api.voice.example.") && needed.value.ends_with(".acm-validations.aws."), "{needed:?}");
    let wrong = vec![change(ChangeAction::Create, record(&needed.name, "CNAME", &["other.acm-validations.aws."]))];
    send(&client, &id, wrong).await.expect("made");
    fresh.clock.advance(Duration::from_secs(3600));
    assert_eq!(describe().await.status, Some(CertificateStatus::PendingValidation), "another value validates nothing");
    let pending = acm.get_certificate().certificate_arn(&arn).send().await.expect_err("not issued");
    assert_eq!(pending.code(), Some("RequestInProgressException"));
    let right = change(ChangeAction::Upsert, record(&needed.name, "CNAME", &[&needed.value]));
    send(&client, &id, vec![right.clone()]).await.expect("corrected");
    fresh.clock.advance(Duration::from_secs(120));
    let issued = describe().await;
    assert_eq!(issued.status, Some(CertificateStatus::Issued));
    assert_eq!(issued.domain_validation_options()[0].validation_status, Some(DomainStatus::Success));
    let gone = change(ChangeAction::Delete, right.resource_record_set.expect("it"));
    send(&client, &id, vec![gone]).await.expect("deleted");
    assert_eq!(describe().await.status, Some(CertificateStatus::Issued), "what is issued stays issued");
    let pem = acm.get_certificate().certificate_arn(&arn).send().await.expect("issued");
    assert!(pem.certificate.is_some() && pem.certificate_chain.is_some());
}

#[tokio::test]
async fn request_without_a_record_times_out() {
    let fresh = fresh();
    let acm = aws_sdk_acm::Client::new(&fresh.config);
    let request = acm.request_certificate().domain_name("api.voice.example").validation_method(ValidationMethod::Dns);
    let arn = request.key_algorithm("EC_prime256v1".into()).send().await.expect("requested").certificate_arn.expect("an ARN");
    fresh.clock.advance(Duration::from_secs(73 * 3600));
    let detail = acm.describe_certificate().certificate_arn(&arn).send().await.expect("there").certificate.expect("it");
    assert_eq!(detail.status, Some(CertificateStatus::ValidationTimedOut));
    acm.delete_certificate().certificate_arn(&arn).send().await.expect("deleted");
}
