//! Authorization applies to the resource that is acted on, however a request names it.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;

use crate::support::fresh::{REGION, TestEmulator, fresh, fresh_with};

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"*","Resource":"*"},
    {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::states/kept/*"},
    {"Effect":"Deny","Action":"s3:DeleteObjectVersion","Resource":"*"},
    {"Effect":"Deny","Action":"apigateway:DELETE","Resource":"arn:aws:apigateway:*::/restapis/abc"},
    {"Effect":"Deny","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:*:*:function:f"}]}"#;

fn judged() -> TestEmulator {
    fresh_with(|options| options.limits.as_role = Some(POLICY.to_owned()))
}

async fn status(fresh: &TestEmulator, service: &str, method: &str, path: &str) -> u16 {
    let credential = format!("AWS4-HMAC-SHA256 Credential=test/20261123/{REGION}/{service}/aws4_request");
    let request = http::Request::builder().method(method).uri(format!("https://aws.example{path}"));
    let request = request.header("authorization", credential).body(Bytes::new()).expect("a request");
    fresh.emulator.handle(request).await.status().as_u16()
}

#[tokio::test]
async fn every_key_of_a_bulk_deletion_is_judged() {
    let fresh = judged();
    let client = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&fresh.config).force_path_style(true).build());
    let place = aws_sdk_s3::types::BucketLocationConstraint::from(REGION);
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(place).build();
    client.create_bucket().bucket("states").create_bucket_configuration(place).send().await.expect("a bucket");
    for key in ["kept/a", "spare/a"] {
        client.put_object().bucket("states").key(key).body(b"x".to_vec().into()).send().await.expect("stored");
    }
    let delete = |key: &str, version: Option<&str>| {
        let one = ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build().expect("a key");
        let all = Delete::builder().objects(one).build().expect("one");
        client.delete_objects().bucket("states").delete(all).send()
    };
    assert!(delete("kept/a", None).await.is_err(), "a Deny on the key counts");
    assert!(delete("spare/a", Some("null")).await.is_err(), "a version needs a right of its own");
    let there = client.list_objects_v2().bucket("states").send().await.expect("a list");
    assert_eq!(there.contents().len(), 2);
    delete("spare/a", None).await.expect("allowed");
}

#[tokio::test]
async fn another_spelling_of_a_name_circumvents_no_deny() {
    let fresh = judged();
    for path in ["/restapis/abc", "/restapis/%61bc", "/restapis/abc/", "//restapis/abc"] {
        assert_eq!(status(&fresh, "apigateway", "DELETE", path).await, 403, "{path}");
    }
    assert_eq!(status(&fresh, "apigateway", "DELETE", "/restapis/other").await, 404);
    for name in ["f", "function:f", "111122223333:function:f"] {
        let path = format!("/2015-03-31/functions/{}/invocations", name.replace(':', "%3A"));
        assert_eq!(status(&fresh, "lambda", "POST", &path).await, 403, "{name}");
    }
    assert_eq!(status(&fresh, "lambda", "POST", "/2015-03-31/functions/g/invocations").await, 404);
}

#[tokio::test]
async fn instance_is_named_only_by_its_id() {
    let fresh = fresh();
    let connect = aws_sdk_connect::Client::new(&fresh.config);
    let create = connect.create_instance().instance_alias("vanity-test").inbound_calls_enabled(true);
    let create = create.outbound_calls_enabled(false).identity_management_type("CONNECT_MANAGED".into());
    let made = create.send().await.expect("an instance");
    let id = made.id().expect("an id");
    assert_eq!(status(&fresh, "connect", "GET", &format!("/instance/{id}")).await, 200);
    assert_eq!(status(&fresh, "connect", "GET", &format!("/instance/x%3Ainstance%2F{id}")).await, 404);
}

/// API reference, GetObject, "Permissions".
#[tokio::test]
async fn missing_object_is_reported_only_to_listers() {
    for (more, expected) in
        [("", 403), (r#", {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::states"}"#, 404)]
    {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:CreateBucket","s3:GetObject"],
                "Resource":["arn:aws:s3:::states","arn:aws:s3:::states/*"]}}{more}]}}"#
        );
        let fresh = fresh_with(|options| {
            options.limits.as_role = Some(policy);
            options.region = "us-east-1".to_owned();
        });
        assert_eq!(in_virginia(&fresh, "GET", "/states/absent").await, 404, "there is no bucket");
        assert_eq!(in_virginia(&fresh, "PUT", "/states").await, 200);
        assert_eq!(in_virginia(&fresh, "GET", "/states/absent").await, expected, "{more}");
        assert_eq!(in_virginia(&fresh, "HEAD", "/states/absent").await, expected, "{more}");
    }
}

async fn in_virginia(fresh: &TestEmulator, method: &str, path: &str) -> u16 {
    let credential = "AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/s3/aws4_request";
    let request = http::Request::builder().method(method).uri(format!("https://aws.example{path}"));
    let request = request.header("authorization", credential).body(Bytes::new()).expect("a request");
    fresh.emulator.handle(request).await.status().as_u16()
}

/// Returns an account in which everything is allowed except by this statement.
fn with(statement: &str) -> TestEmulator {
    let policy =
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},{statement}]}}"#);
    fresh_with(|options| options.limits.as_role = Some(policy))
}

#[tokio::test]
async fn denials_are_judged_by_keys_of_every_request() {
    for (condition, denied) in [
        (format!(r#"{{"StringEquals":{{"aws:RequestedRegion":"{REGION}"}}}}"#), true),
        (format!(r#"{{"StringNotEquals":{{"aws:RequestedRegion":["{REGION}","us-east-2"]}}}}"#), false),
        (r#"{"StringLike":{"aws:PrincipalAccount":"1111*"}}"#.to_owned(), true),
        (r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/dep*"}}"#.to_owned(), true),
        (r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/dep*"}}"#.to_owned(), false),
        (r#"{"Bool":{"aws:SecureTransport":"false"}}"#.to_owned(), false),
        (r#"{"DateGreaterThan":{"aws:CurrentTime":"2001-01-01T00:00:00Z"}}"#.to_owned(), true),
        (r#"{"Null":{"aws:SourceVpce":"true"}}"#.to_owned(), true),
        (r#"{"StringEquals":{"aws:RequestTag/env":"prod"}}"#.to_owned(), false),
        // A condition key that is unknown for a request is never treated as absent.
        (r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-other"}}"#.to_owned(), true),
        (r#"{"StringNotEquals":{"aws:PrincipalTag/team":"voice"}}"#.to_owned(), true),
    ] {
        let fresh = with(&format!(r#"{{"Effect":"Deny","Action":"dynamodb:List*","Resource":"*","Condition":{condition}}}"#));
        let answer = aws_sdk_dynamodb::Client::new(&fresh.config).list_tables().send().await;
        assert_eq!(answer.is_err(), denied, "{condition}: {answer:?}");
    }
}

#[tokio::test]
async fn things_are_judged_by_their_tags() {
    let deny = r#"{"Effect":"Deny","Action":["dynamodb:DeleteTable","iam:DeleteRole"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Env":"prod"}}},
        {"Effect":"Deny","Action":"iam:CreateRole","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestTag/Env":["prod","dev"]}}}"#;
    let fresh = with(deny);
    let iam = aws_sdk_iam::Client::new(&fresh.config);
    let trust = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let create = |name: &str, env: &str| {
        let tag = aws_sdk_iam::types::Tag::builder().key("env").value(env).build().expect("a tag");
        iam.create_role().role_name(name).assume_role_policy_document(trust).tags(tag).send()
    };
    create("kept", "prod").await.expect("tagged as it must be");
    create("spare", "dev").await.expect("tagged as it must be");
    assert!(create("other", "test").await.is_err());
    assert!(iam.create_role().role_name("bare").assume_role_policy_document(trust).send().await.is_err(), "without a tag");
    assert!(iam.delete_role().role_name("kept").send().await.is_err());
    iam.delete_role().role_name("spare").send().await.expect("its tag is another");
}

#[tokio::test]
async fn unevaluated_conditions_are_named() {
    let fresh = with(
        r#"{"Effect":"Deny","Action":"dynamodb:List*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-other"}}}"#,
    );
    let denied = aws_sdk_dynamodb::Client::new(&fresh.config).list_tables().send().await.expect_err("it cannot be evaluated");
    let message = aws_sdk_dynamodb::error::ProvideErrorMetadata::message(&denied).unwrap_or_default();
    assert!(message.contains("does not know aws:PrincipalOrgID of this request"), "{message}");
}

#[tokio::test]
async fn instances_need_a_grant_on_everything() {
    for (resource, status) in [("arn:aws:connect:*:*:instance/*", 403), ("*", 200)] {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"connect:ListInstances","Resource":"{resource}"}},
                {{"Effect":"Allow","Action":"ds:DescribeDirectories","Resource":"*"}}]}}"#
        );
        let fresh = fresh_with(|options| options.limits.as_role = Some(policy));
        assert_eq!(self::status(&fresh, "connect", "GET", "/instance").await, status, "{resource}");
    }
}
