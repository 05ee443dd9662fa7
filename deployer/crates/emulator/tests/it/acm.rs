//! Certificate Manager through the real SDK.

use std::time::Duration;

use aws_sdk_acm::error::ProvideErrorMetadata;
use aws_sdk_acm::primitives::Blob;
use aws_sdk_acm::types::{CertificateStatus, Filters, KeyAlgorithm, Tag};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use time::macros::datetime;

use crate::support::fresh::{TestEmulator, fresh};

fn params(domain: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![domain.to_owned()]).expect("a domain");
    params.distinguished_name.push(DnType::CommonName, domain);
    params.not_before = datetime!(2026-11-20 0:00 UTC);
    params.not_after = datetime!(2027-02-20 0:00 UTC);
    params
}

fn self_signed(domain: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    (params(domain).self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn blob(text: &str) -> Blob {
    Blob::new(text.as_bytes())
}

fn client(fresh: &TestEmulator) -> aws_sdk_acm::Client {
    aws_sdk_acm::Client::new(&fresh.config)
}

async fn import(client: &aws_sdk_acm::Client, (body, key): &(String, String)) -> String {
    let imported = client.import_certificate().certificate(blob(body)).private_key(blob(key)).send().await;
    imported.expect("a good certificate").certificate_arn.expect("an ARN")
}

/// Returns the service's error for a certificate, key and chain.
async fn refusal(client: &aws_sdk_acm::Client, body: &str, key: &str, chain: Option<&str>) -> (String, String) {
    let request =
        client.import_certificate().certificate(blob(body)).private_key(blob(key)).set_certificate_chain(chain.map(blob));
    let error = request.send().await.expect_err("refused");
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn imported_certificate_is_described_without_its_key() {
    let fresh = fresh();
    let client = client(&fresh);
    let (body, key) = self_signed("api.voice.example");
    let windows = body.replace('\n', "\r\n");
    let arn = import(&client, &(windows, key)).await;
    let described = client.describe_certificate().certificate_arn(&arn).send().await.expect("described").certificate.expect("it");
    assert_eq!(described.domain_name(), Some("api.voice.example"));
    assert_eq!(described.subject(), Some("CN=api.voice.example"));
    assert_eq!(described.status(), Some(&CertificateStatus::Issued));
    assert_eq!(described.key_algorithm().map(KeyAlgorithm::as_str), Some("EC-prime256v1"));
    assert_eq!(described.not_after().expect("an end").secs(), datetime!(2027-02-20 0:00 UTC).unix_timestamp());
    assert!(described.in_use_by().is_empty());
    let got = client.get_certificate().certificate_arn(&arn).send().await.expect("given");
    assert_eq!(got.certificate().map(str::trim_end), Some(body.replace("\r\n", "\n").trim_end()));
    assert_eq!(got.certificate_chain(), None);
    assert!(!format!("{got:?}{described:?}").contains("PRIVATE"));
}

#[tokio::test]
async fn mismatched_parts_are_rejected() {
    let fresh = fresh();
    let client = client(&fresh);
    let (body, key) = self_signed("a.example");
    let (other, other_key) = self_signed("b.example");
    let issuer_key = KeyPair::generate().expect("a key");
    let mut issuer = params("ca.example");
    issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(issuer, issuer_key).expect("an issuer");
    let leaf_key = KeyPair::generate().expect("a key");
    let leaf = params("leaf.example").signed_by(&leaf_key, &issuer).expect("a leaf").pem();
    let leaf_key = leaf_key.serialize_pem();
    let cases = [
        (refusal(&client, &body, &other_key, None).await, "does not match"),
        (refusal(&client, &format!("{body}{other}"), &key, None).await, "more than one certificate"),
        (refusal(&client, "no pem", &key, None).await, "Unable to parse Certificate"),
        (refusal(&client, &body, "no pem", None).await, "private key is not supported"),
        (refusal(&client, &body, &key.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE"), None).await, "private key"),
        (refusal(&client, &leaf, &leaf_key, None).await, "not a valid self signed"),
        (refusal(&client, &leaf, &leaf_key, Some(&other)).await, "Could not validate the certificate with the certificate chain"),
        (refusal(&client, &body, &key, Some(&body)).await, "Could not validate the certificate with the certificate chain"),
        (refusal(&client, &body, &"x".repeat(8_193), None).await, "less than or equal to 8192"),
    ];
    for ((code, message), wanted) in cases {
        assert_eq!(code, "ValidationException");
        assert!(message.contains(wanted), "{message} should contain {wanted}");
    }
    fresh.clock.advance(Duration::from_secs(200 * 86_400));
    assert!(refusal(&client, &body, &key, None).await.1.contains("expired"));
    let all = Filters::builder().key_types(KeyAlgorithm::EcPrime256v1).build();
    let listed = client.list_certificates().includes(all).send().await.expect("listed");
    assert_eq!(listed.certificate_summary_list().len(), 0);

    let chained = fresh_import_with_chain(&leaf, &leaf_key, &issuer.pem()).await;
    assert_eq!(chained, issuer.pem().replace("\r\n", "\n").trim_end());
}

/// Imports into a new account and returns the chain.
async fn fresh_import_with_chain(leaf: &str, key: &str, chain: &str) -> String {
    let client = client(&fresh());
    let request = client.import_certificate().certificate(blob(leaf)).private_key(blob(key)).certificate_chain(blob(chain));
    let arn = request.send().await.expect("a good chain").certificate_arn.expect("an ARN");
    let got = client.get_certificate().certificate_arn(arn).send().await.expect("given");
    got.certificate_chain.expect("a chain").trim_end().to_owned()
}

#[tokio::test]
async fn default_list_omits_elliptic_curves() {
    let fresh = fresh();
    let client = client(&fresh);
    let mut arns = Vec::new();
    for n in 0..3 {
        arns.push(import(&client, &self_signed(&format!("n{n}.example"))).await);
    }
    arns.sort();
    let plain = client.list_certificates().send().await.expect("listed");
    assert_eq!(plain.certificate_summary_list().len(), 0);
    let all = Filters::builder().key_types(KeyAlgorithm::EcPrime256v1).key_types(KeyAlgorithm::Rsa2048).build();
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let page =
            client.list_certificates().includes(all.clone()).max_items(1).set_next_token(token).send().await.expect("a page");
        assert_eq!(page.certificate_summary_list().len(), 1);
        seen.extend(page.certificate_summary_list().iter().filter_map(|one| one.certificate_arn.clone()));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, arns);
}

#[tokio::test]
async fn reimport_keeps_arn_and_tags() {
    let fresh = fresh();
    let client = client(&fresh);
    let (body, key) = self_signed("a.example");
    let tag = Tag::builder().key("project").value("vanity").build().expect("a tag");
    let first = client
        .import_certificate()
        .certificate(blob(&body))
        .private_key(blob(&key))
        .tags(tag.clone())
        .send()
        .await
        .expect("first");
    let arn = first.certificate_arn.expect("an ARN");
    let (next, next_key) = self_signed("a.example");
    let again = client.import_certificate().certificate_arn(&arn).certificate(blob(&next)).private_key(blob(&next_key));
    let tagged = again.clone().tags(tag).send().await.expect_err("tags are not permitted");
    assert_eq!(tagged.code(), Some("ValidationException"));
    assert_eq!(again.send().await.expect("re-imported").certificate_arn.as_deref(), Some(arn.as_str()));
    let got = client.get_certificate().certificate_arn(&arn).send().await.expect("given").certificate.expect("a body");
    assert_eq!(got.trim_end(), next.replace("\r\n", "\n").trim_end());
    let tags = client.list_tags_for_certificate().certificate_arn(&arn).send().await.expect("tags");
    assert_eq!(tags.tags().len(), 1);
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a key");
    let other = params("a.example").self_signed(&key).expect("a certificate").pem();
    let kind =
        client.import_certificate().certificate_arn(&arn).certificate(blob(&other)).private_key(blob(&key.serialize_pem()));
    assert_eq!(kind.send().await.expect_err("another key type").code(), Some("ValidationException"));
}

#[tokio::test]
async fn deleted_certificate_is_not_found() {
    let fresh = fresh();
    let client = client(&fresh);
    let arn = import(&client, &self_signed("a.example")).await;
    client.delete_certificate().certificate_arn(&arn).send().await.expect("deleted");
    let error = client.delete_certificate().certificate_arn(&arn).send().await.expect_err("gone");
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    let error = client.describe_certificate().certificate_arn("no-arn-but-long-enough").send().await.expect_err("no ARN");
    assert_eq!(error.code(), Some("ValidationException"));
}
