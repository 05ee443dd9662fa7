//! Admission to the socket: hosts and origins, and signatures where they are required.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::primitives::ByteStream;
use deployer_emulator::server::listener::{Listener, listen};
use deployer_emulator::server::phone::{PATH, PROTOCOL};
use deployer_emulator::{AccessKey, SystemClock};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::fresh::{ACCOUNT, TestEmulator, fresh, fresh_with};
use crate::support::function;

async fn status(listener: &Listener, head: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(listener.address).await.expect("a connection");
    stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn foreign_hosts_and_origins_get_nothing() {
    let fresh = fresh();
    let listener = listen(Arc::clone(&fresh.emulator), 0).await.expect("a port");
    let port = listener.address.port();
    let tables = |headers: &str| {
        format!(
            "POST / HTTP/1.1\r\n{headers}authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261123/eu-central-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=0\r\nx-amz-target: DynamoDB_20120810.ListTables\r\ncontent-length: 2\r\n\r\n{{}}"
        )
        .replace("content-length: 2\r\n\r\n{}", "content-length: 0\r\n")
    };
    let call = |headers: &str| format!("GET {PATH} HTTP/1.1\r\n{headers}upgrade: {PROTOCOL}\r\n");
    for headers in [
        format!("host: page.example:{port}\r\n"),
        format!("host: page.example:{port}\r\norigin: http://page.example:{port}\r\n"),
        format!("host: localhost:{port}\r\norigin: http://page.example:{port}\r\n"),
        format!("host: localhost:{port}\r\norigin: null\r\n"),
        format!("host: localhost.page.example:{port}\r\n"),
    ] {
        assert_eq!(status(&listener, &tables(&headers)).await, "403", "{headers}");
        assert_eq!(status(&listener, &call(&headers)).await, "403", "{headers}");
    }
    for host in ["127.0.0.1", "localhost", "photos.localhost", "[::1]"] {
        assert_eq!(status(&listener, &tables(&format!("host: {host}:{port}\r\n"))).await, "200", "{host}");
    }
}

/// Starts an embedded AWS on a socket that requires signatures by `key`; returns it with a configuration of clients with given credentials.
async fn guarded(key: &AccessKey) -> (TestEmulator, Listener, impl Fn(Credentials) -> SdkConfig) {
    let fresh = fresh_with(|options| {
        options.limits.access_key = Some(key.clone());
        options.clock = Arc::new(SystemClock);
        options.speed = 1e9;
    });
    let listener = listen(Arc::clone(&fresh.emulator), 0).await.expect("a port");
    let url = format!("http://{}", listener.address);
    let config = fresh.config.clone();
    let client = move |credentials: Credentials| {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = config.clone().into_builder().endpoint_url(&url).http_client(http);
        config.credentials_provider(SharedCredentialsProvider::new(credentials)).build()
    };
    (fresh, listener, client)
}

#[tokio::test]
async fn only_the_key_and_role_sessions_are_accepted() {
    let key = AccessKey::generate();
    let (fresh, listener, client) = guarded(&key).await;
    let credentials =
        |id: &str, secret: &str, token: Option<&str>| Credentials::new(id, secret, token.map(str::to_owned), None, "test");
    let good = client(credentials(&key.id, &key.secret, None));
    for wrong in
        [credentials(&key.id, "another", None), credentials(ACCOUNT, &key.secret, None), credentials("test", "test", None)]
    {
        let refused = aws_sdk_dynamodb::Client::new(&client(wrong.clone())).list_tables().send().await;
        let status = refused.expect_err("refused").raw_response().map(|response| response.status().as_u16());
        assert_eq!(status, Some(403), "{wrong:?}");
    }
    // Protocols with their own ways of signing: JSON, query, REST, and S3 with encoded keys and streamed bodies.
    aws_sdk_dynamodb::Client::new(&good).list_tables().send().await.expect("JSON");
    aws_sdk_iam::Client::new(&good).list_roles().send().await.expect("query");
    let lambda = aws_sdk_lambda::Client::new(&good);
    let arn = format!("arn:aws:lambda:eu-central-1:{ACCOUNT}:function:none");
    let missing = lambda.list_tags().resource(arn).send().await.expect_err("there is none");
    assert_eq!(missing.raw_response().map(|response| response.status().as_u16()), Some(404), "{missing:?}");
    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&good).force_path_style(true).build());
    s3.create_bucket()
        .bucket("photos-of-birds")
        .create_bucket_configuration(
            aws_sdk_s3::types::CreateBucketConfiguration::builder()
                .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuCentral1)
                .build(),
        )
        .send()
        .await
        .expect("a bucket");
    let name = "a b/c+d=é&(1)~.txt";
    s3.put_object().bucket("photos-of-birds").key(name).body(ByteStream::from_static(b"tit")).send().await.expect("written");
    let found = s3.list_objects_v2().bucket("photos-of-birds").prefix("a b/").send().await.expect("a list");
    assert_eq!(found.contents().first().and_then(|object| object.key()), Some(name));
    // A role's session signs with the secret that it received.
    let role = function::role(&fresh, "reader").await;
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]});
    let iam = aws_sdk_iam::Client::new(&good);
    iam.update_assume_role_policy().role_name("reader").policy_document(trust.to_string()).send().await.expect("a policy");
    let sts = aws_sdk_sts::Client::new(&good);
    let session = sts.assume_role().role_arn(role).role_session_name("reading").send().await.expect("a session");
    let session = session.credentials.expect("credentials");
    let whoami = async |secret: &str| {
        let config = client(credentials(&session.access_key_id, secret, Some(&session.session_token)));
        aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.is_ok()
    };
    assert!(whoami(&session.secret_access_key).await);
    assert!(!whoami("another").await);
    let call = |more: &str| format!("GET {PATH} HTTP/1.1\r\nhost: localhost\r\n{more}");
    assert_eq!(status(&listener, &call("")).await, "403");
    assert_eq!(status(&listener, &call("authorization: Bearer another\r\n")).await, "403");
    assert_eq!(status(&listener, &call(&format!("authorization: Bearer {}\r\n", key.secret))).await, "426");
}
