//! What is judged is what is acted on, in whatever way a caller names it.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;

use crate::support::fresh::{Fresh, REGION, fresh, fresh_with};

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"*","Resource":"*"},
    {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::states/kept/*"},
    {"Effect":"Deny","Action":"s3:DeleteObjectVersion","Resource":"*"},
    {"Effect":"Deny","Action":"apigateway:DELETE","Resource":"arn:aws:apigateway:*::/restapis/abc"},
    {"Effect":"Deny","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:*:*:function:f"}]}"#;

fn judged() -> Fresh {
    fresh_with(|options| options.limits.as_role = Some(POLICY.to_owned()))
}

async fn status(fresh: &Fresh, service: &str, method: &str, path: &str) -> u16 {
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
async fn another_way_of_writing_a_name_is_no_way_around_a_deny() {
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
async fn an_instance_is_named_by_its_id_and_by_nothing_that_ends_in_it() {
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
async fn a_missing_object_is_told_only_to_who_may_list_its_bucket() {
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

async fn in_virginia(fresh: &Fresh, method: &str, path: &str) -> u16 {
    let credential = "AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/s3/aws4_request";
    let request = http::Request::builder().method(method).uri(format!("https://aws.example{path}"));
    let request = request.header("authorization", credential).body(Bytes::new()).expect("a request");
    fresh.emulator.handle(request).await.status().as_u16()
}
