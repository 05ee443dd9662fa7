//! IAM and STS through the real SDK.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::Client;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::types::Tag;

use crate::support::fresh::{ACCOUNT, TestEmulator, fresh};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const POLICY: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}]}"#;

fn said<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let error = result.expect_err("a refusal");
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().expect("a tag")
}

fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}

#[tokio::test]
async fn role_is_returned_with_its_document_encoded() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let made = client
        .create_role()
        .role_name("Convert")
        .path("/vanity/")
        .assume_role_policy_document(TRUST)
        .description("<converts> & saves")
        .tags(tag("app", "vanity + co"))
        .send();
    let made = made.await.expect("a role").role.expect("it");
    assert_eq!(made.arn(), format!("arn:aws:iam::{ACCOUNT}:role/vanity/Convert"));
    let got = client.get_role().role_name("convert").send().await.expect("whatever its case").role.expect("it");
    assert_eq!(got.role_id(), made.role_id());
    let document = got.assume_role_policy_document().expect("a document");
    assert!(document.starts_with("%7B%22Version%22"), "{document}");
    assert_eq!(decoded(document), TRUST);
    assert_eq!((got.description(), got.max_session_duration()), (Some("<converts> & saves"), Some(3600)));
    assert_eq!(got.tags(), [tag("app", "vanity + co")]);
    let listed = client.list_roles().path_prefix("/vanity/").send().await.expect("a list");
    assert_eq!(listed.roles().len(), 1);
    assert!(listed.roles()[0].tags().is_empty(), "ListRoles omits tags");
    client.update_role().role_name("Convert").description("").send().await.expect("cleared");
    let got = client.get_role().role_name("Convert").send().await.expect("got").role.expect("it");
    assert_eq!(got.description(), None);
}

#[tokio::test]
async fn role_name_differing_in_case_is_rejected() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let create = |name: &str| client.create_role().role_name(name).assume_role_policy_document(TRUST).send();
    create("convert").await.expect("a role");
    assert_eq!(said(create("CONVERT").await), "EntityAlreadyExists: Role with name CONVERT already exists.");
}

#[tokio::test]
async fn faulty_roles_and_documents_are_refused() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let create = |name: &str, trust: &str| client.create_role().role_name(name).assume_role_policy_document(trust);
    let cases = [
        (create("a b", TRUST).send().await, "ValidationError: The specified value for roleName is invalid."),
        (create(&"x".repeat(65), TRUST).send().await, "ValidationError: 1 validation error detected: Value"),
        (create("a", "{").send().await, "MalformedPolicyDocument: This policy contains invalid Json"),
        (create("a", POLICY).send().await, "MalformedPolicyDocument: AssumeRole policy may only specify STS AssumeRole actions."),
        (create("a", TRUST).path("vanity").send().await, "ValidationError: The specified value for path is invalid."),
        (create("a", TRUST).max_session_duration(60).send().await, "ValidationError: 1 validation error detected: Value '60'"),
        (create("a", TRUST).tags(tag("aws:x", "1")).send().await, "InvalidInput: System tags cannot be added"),
        (create("a", TRUST).tags(tag("a", "1")).tags(tag("A", "2")).send().await, "InvalidInput: Duplicate tag keys found."),
    ];
    for (result, wanted) in cases {
        let refused = said(result);
        assert!(refused.starts_with(wanted), "{refused}");
    }
    assert!(client.list_roles().send().await.expect("a list").roles().is_empty());
    assert_eq!(said(client.get_role().role_name("a").send().await), "NoSuchEntity: The role with name a cannot be found.");
}

#[tokio::test]
async fn inline_policies_block_the_deletion_of_the_role() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    client.create_role().role_name("a").assume_role_policy_document(TRUST).send().await.expect("a role");
    let put = |text: &str| client.put_role_policy().role_name("a").policy_name("own").policy_document(text).send();
    assert!(said(put(TRUST).await).starts_with("MalformedPolicyDocument"));
    put(POLICY).await.expect("put");
    put(POLICY).await.expect("put again");
    let got = client.get_role_policy().role_name("a").policy_name("own").send().await.expect("got");
    assert_eq!(decoded(got.policy_document()), POLICY);
    assert_eq!(client.list_role_policies().role_name("a").send().await.expect("a list").policy_names(), ["own"]);
    let delete = || client.delete_role().role_name("a").send();
    assert_eq!(said(delete().await), "DeleteConflict: Cannot delete entity, must delete policies first.");
    client.delete_role_policy().role_name("a").policy_name("own").send().await.expect("deleted");
    let again = client.delete_role_policy().role_name("a").policy_name("own").send().await;
    assert_eq!(said(again), "NoSuchEntity: The role policy with name own cannot be found.");
    let managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    client.attach_role_policy().role_name("a").policy_arn(managed).send().await.expect("attached");
    assert_eq!(said(delete().await), "DeleteConflict: Cannot delete entity, must detach all policies first.");
    client.detach_role_policy().role_name("a").policy_arn(managed).send().await.expect("detached");
    delete().await.expect("deleted");
}

#[tokio::test]
async fn roles_are_listed_once_in_small_pages() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    for n in 0..23 {
        let name = format!("role-{n:02}");
        client.create_role().role_name(name).assume_role_policy_document(TRUST).send().await.expect("a role");
    }
    let pages: Result<Vec<_>, _> = client.list_roles().into_paginator().page_size(5).items().send().collect().await;
    let names: Vec<String> = pages.expect("pages").iter().map(|role| role.role_name().to_owned()).collect();
    assert_eq!(names, (0..23).map(|n| format!("role-{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn caller_with_own_keys_is_the_account() {
    let fresh = fresh();
    let identity = aws_sdk_sts::Client::new(&fresh.config).get_caller_identity().send().await.expect("an identity");
    assert_eq!(identity.account(), Some(ACCOUNT));
    assert_eq!(identity.arn(), Some(format!("arn:aws:iam::{ACCOUNT}:root").as_str()));
}

const OWN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;

/// Creates a role and assumes it with the credentials of `config`; returns the session's configuration.
async fn session(fresh: &TestEmulator, config: &SdkConfig, name: &str, seconds: i32) -> Result<SdkConfig, String> {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let sts = aws_sdk_sts::Client::new(config);
    let answer = sts.assume_role().role_arn(arn).role_session_name("tester").duration_seconds(seconds).send().await;
    let answer =
        answer.map_err(|error| format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default()))?;
    let keys = answer.credentials.expect("keys");
    let keys = Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test");
    Ok(fresh.config.to_builder().credentials_provider(SharedCredentialsProvider::new(keys)).build())
}

async fn role(fresh: &TestEmulator, name: &str, trust: &str) {
    let made = Client::new(&fresh.config).create_role().role_name(name).assume_role_policy_document(trust).send();
    made.await.expect("a role");
    fresh.clock.advance(Duration::from_secs(10));
}

#[tokio::test]
async fn role_is_assumed_only_by_trusted_callers() {
    let fresh = fresh();
    role(&fresh, "own", OWN).await;
    role(&fresh, "service", TRUST).await;
    for (name, seconds, wanted) in [
        ("service", 3600, "AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRole"),
        ("nobody", 3600, "AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRole"),
        ("own", 7200, "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        ("own", 899, "ValidationError: 1 validation error detected"),
    ] {
        let refused = session(&fresh, &fresh.config, name, seconds).await.expect_err("a refusal");
        assert!(refused.starts_with(wanted), "{name} for {seconds} s: {refused}");
    }
    let session = session(&fresh, &fresh.config, "own", 3600).await.expect("a session");
    let identity = aws_sdk_sts::Client::new(&session).get_caller_identity().send().await.expect("an identity");
    assert_eq!(identity.arn(), Some(format!("arn:aws:sts::{ACCOUNT}:assumed-role/own/tester").as_str()));
    let denied = said(Client::new(&session).list_roles().send().await);
    assert!(denied.starts_with("AccessDenied: ") && denied.contains("iam:ListRoles on resource: *"), "{denied}");
}

#[tokio::test]
async fn session_assumes_other_roles_only_with_permission() {
    let fresh = fresh();
    role(&fresh, "first", OWN).await;
    role(&fresh, "second", OWN).await;
    role(&fresh, "naming", &OWN.replace(":root", ":role/first")).await;
    let first = session(&fresh, &fresh.config, "first", 3600).await.expect("a session");
    session(&fresh, &first, "naming", 3600).await.expect("its trust policy is enough");
    let refused = session(&fresh, &first, "second", 3600).await.expect_err("no policy allows it");
    assert!(refused.contains("sts:AssumeRole on resource: arn:aws:iam::111122223333:role/second because"), "{refused}");
    let policy = POLICY.replace("dynamodb:PutItem", "sts:AssumeRole");
    let put = Client::new(&fresh.config).put_role_policy().role_name("first").policy_name("p").policy_document(policy);
    put.send().await.expect("a policy");
    session(&fresh, &first, "second", 3600).await.expect("now it may");
    let update = Client::new(&fresh.config).update_role().role_name("second").max_session_duration(7200);
    update.send().await.expect("an update");
    let refused = session(&fresh, &first, "second", 7200).await.expect_err("a session begun by a session lasts an hour");
    assert!(refused.contains("1 hour session limit for roles assumed by role chaining"), "{refused}");
}
