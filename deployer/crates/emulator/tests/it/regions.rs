//! Isolation of accounts and Regions; roles and buckets belong to an account.

use std::path::Path;
use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use deployer_emulator::server::sdk::http_client;
use deployer_emulator::{Emulator, Options, SystemClock};

use crate::support::fresh::{ACCOUNT, REGION, fresh};

const OTHER_ACCOUNT: &str = "444455556666";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// Returns the configuration of a caller from this account and Region.
fn caller(config: &SdkConfig, account: &str, region: &'static str) -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(Credentials::new(account, "test", None, None, "test"));
    config.clone().into_builder().region(Region::new(region)).credentials_provider(credentials).build()
}

async fn log_groups(config: &SdkConfig) -> Vec<String> {
    let answer = aws_sdk_cloudwatchlogs::Client::new(config).describe_log_groups().send().await.expect("a list");
    answer.log_groups().iter().filter_map(|group| group.arn.clone()).collect()
}

async fn make_log_group(config: &SdkConfig) {
    aws_sdk_cloudwatchlogs::Client::new(config).create_log_group().log_group_name("calls").send().await.expect("a group");
}

#[tokio::test]
async fn resources_stay_in_their_region_and_account() {
    let fresh = fresh();
    let places = [(ACCOUNT, REGION), (ACCOUNT, "us-west-2"), (OTHER_ACCOUNT, REGION), (OTHER_ACCOUNT, "ap-southeast-2")];
    for (n, (account, region)) in places.into_iter().enumerate() {
        let config = caller(&fresh.config, account, region);
        assert_eq!(log_groups(&config).await, Vec::<String>::new());
        make_log_group(&config).await;
        assert_eq!(log_groups(&config).await, [format!("arn:aws:logs:{region}:{account}:log-group:calls:*")]);
        let all: usize = futures::future::join_all(places.map(|(account, region)| {
            let config = caller(&fresh.config, account, region);
            async move { log_groups(&config).await.len() }
        }))
        .await
        .into_iter()
        .sum();
        assert_eq!(all, n + 1);
    }
}

#[tokio::test]
async fn key_without_account_uses_the_default() {
    let fresh = fresh();
    let who = aws_sdk_sts::Client::new(&fresh.config).get_caller_identity().send().await.expect("an identity");
    assert_eq!(who.account(), Some(ACCOUNT));
    let other = caller(&fresh.config, OTHER_ACCOUNT, "eu-west-1");
    let who = aws_sdk_sts::Client::new(&other).get_caller_identity().send().await.expect("an identity");
    assert_eq!((who.account(), who.arn()), (Some(OTHER_ACCOUNT), Some("arn:aws:iam::444455556666:root")));
}

#[tokio::test]
async fn role_is_visible_in_every_region() {
    let fresh = fresh();
    let [here, there, foreign] = [(ACCOUNT, REGION), (ACCOUNT, "us-west-2"), (OTHER_ACCOUNT, "us-west-2")]
        .map(|(account, region)| aws_sdk_iam::Client::new(&caller(&fresh.config, account, region)));
    here.create_role().role_name("convert").assume_role_policy_document(TRUST).send().await.expect("a role");
    there.get_role().role_name("convert").send().await.expect("the same role");
    foreign.get_role().role_name("convert").send().await.expect_err("another account");
    foreign.create_role().role_name("convert").assume_role_policy_document(TRUST).send().await.expect("its own");
    there.delete_role().role_name("convert").send().await.expect("gone");
    here.get_role().role_name("convert").send().await.expect_err("gone everywhere");
    foreign.get_role().role_name("convert").send().await.expect("still there");
}

#[tokio::test]
async fn function_accepts_only_roles_of_its_account() {
    let fresh = fresh();
    let role = |account: &'static str| {
        let config = caller(&fresh.config, account, "us-west-2");
        async move {
            let made = aws_sdk_iam::Client::new(&config).create_role().role_name("convert").assume_role_policy_document(TRUST);
            made.send().await.expect("a role").role.expect("it").arn
        }
    };
    let (own, foreign) = (role(ACCOUNT).await, role(OTHER_ACCOUNT).await);
    fresh.clock.advance(std::time::Duration::from_secs(60));
    let lambda = aws_sdk_lambda::Client::new(&caller(&fresh.config, ACCOUNT, "us-west-2"));
    let create = |role: &str| {
        let code = aws_sdk_lambda::types::FunctionCode::builder().zip_file(aws_sdk_lambda::primitives::Blob::new(archive()));
        let made = lambda.create_function().function_name("convert").role(role).code(code.build());
        made.runtime(aws_sdk_lambda::types::Runtime::Providedal2023).handler("bootstrap").send()
    };
    let refused = create(&foreign).await.expect_err("not this account's");
    assert!(
        ["AccessDeniedException", "InvalidParameterValueException"].contains(&refused.code().unwrap_or_default()),
        "{refused:?}"
    );
    let made = create(&own).await.expect("a function");
    assert_eq!(made.function_arn(), Some("arn:aws:lambda:us-west-2:111122223333:function:convert"));
}

fn archive() -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("bootstrap", zip::write::SimpleFileOptions::default().unix_permissions(0o755)).expect("a file");
    zip.write_all(b"#!/bin/sh\n").expect("written");
    zip.finish().expect("a zip").into_inner()
}

#[tokio::test]
async fn bucket_name_is_global_but_content_is_private() {
    let fresh = fresh();
    let [owner, elsewhere, foreign] =
        [(ACCOUNT, "us-east-1"), (ACCOUNT, "us-west-2"), (OTHER_ACCOUNT, "us-east-1")].map(|(account, region)| {
            let config = caller(&fresh.config, account, region);
            aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build())
        });
    owner.create_bucket().bucket("state-of-the-art").send().await.expect("a bucket");
    let names = |client: aws_sdk_s3::Client| async move {
        client
            .list_buckets()
            .send()
            .await
            .expect("a list")
            .buckets()
            .iter()
            .filter_map(|bucket| bucket.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(elsewhere.clone()).await, ["state-of-the-art"]);
    assert_eq!(names(foreign.clone()).await, Vec::<String>::new());
    let taken = foreign.create_bucket().bucket("state-of-the-art").send().await.expect_err("taken");
    assert_eq!(ProvideErrorMetadata::code(&taken), Some("BucketAlreadyExists"));
    let closed = foreign.get_bucket_versioning().bucket("state-of-the-art").send().await.expect_err("another's");
    assert_eq!(ProvideErrorMetadata::code(&closed), Some("AccessDenied"));
    let moved = elsewhere.get_bucket_versioning().bucket("state-of-the-art").send().await.expect_err("elsewhere");
    assert_eq!(ProvideErrorMetadata::code(&moved), Some("PermanentRedirect"));
}

fn open(directory: &Path) -> Arc<Emulator> {
    Emulator::open(Options {
        directory: Some(directory.to_owned()),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        clock: Arc::new(SystemClock),
        speed: 1e9,
        seed: None,
        limits: Default::default(),
    })
    .expect("it opens")
}

/// Returns a configuration of another account.
fn foreigner(emulator: &Arc<Emulator>, region: &'static str) -> SdkConfig {
    caller(&fresh().config.into_builder().http_client(http_client(Arc::clone(emulator))).build(), OTHER_ACCOUNT, region)
}

/// Returns the accounts and Regions that have a directory.
fn kept(directory: &Path) -> Vec<String> {
    let names = |directory: &Path| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let all = directory.join("accounts");
    names(&all)
        .iter()
        .flat_map(|account| names(&all.join(account)).into_iter().map(move |region| format!("{account}/{region}")))
        .collect()
}

/// Uploads code twice; the code is valid each time and another member is invalid.
async fn refused_code(lambda: &aws_sdk_lambda::Client) {
    use aws_sdk_lambda::types::{FunctionCode, Runtime};
    let code = FunctionCode::builder().zip_file(archive().into()).build();
    let create = lambda.create_function().function_name("convert").runtime(Runtime::Providedal2023).handler("bootstrap");
    let create = create.role(format!("arn:aws:iam::{OTHER_ACCOUNT}:role/nobody")).code(code).send().await;
    assert_eq!(create.expect_err("no such role").code(), Some("InvalidParameterValueException"));
    let update = lambda.update_function_code().function_name("convert").zip_file(archive().into()).send().await;
    assert_eq!(update.expect_err("no such function").code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn only_writes_create_a_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path());
    for region in ["us-west-2", "ap-southeast-2", REGION] {
        let config = foreigner(&emulator, region);
        assert_eq!(log_groups(&config).await, Vec::<String>::new());
        let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
        logs.delete_log_group().log_group_name("calls").send().await.expect_err("a refused change is none");
        aws_sdk_lambda::Client::new(&config).list_functions().send().await.expect("a list");
        aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.expect("an identity");
        refused_code(&aws_sdk_lambda::Client::new(&config)).await;
    }
    assert_eq!(kept(directory.path()), Vec::<String>::new());
    // Concurrently, so that several requests find no directory yet.
    let config = foreigner(&emulator, "us-west-2");
    let make = (0..20).map(|n| {
        let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
        tokio::spawn(async move { logs.create_log_group().log_group_name(format!("calls-{n}")).send().await })
    });
    for made in futures::future::join_all(make).await {
        made.expect("no panic").expect("a group");
    }
    assert_eq!(kept(directory.path()), ["444455556666/us-west-2"]);
    drop((config, emulator));
    assert_eq!(log_groups(&foreigner(&open(directory.path()), "us-west-2")).await.len(), 20);
}

#[tokio::test]
async fn unknown_region_is_rejected_and_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path());
    for region in ["us-east-9", "xx-nowhere-1", "aws-global"] {
        let config = foreigner(&emulator, region);
        let logs = aws_sdk_cloudwatchlogs::Client::new(&config).create_log_group().log_group_name("calls").send().await;
        let lambda = aws_sdk_lambda::Client::new(&config).list_functions().send().await;
        let iam = aws_sdk_iam::Client::new(&config).list_roles().send().await;
        let (logs, lambda, iam) = (logs.expect_err("no Region"), lambda.expect_err("no Region"), iam);
        for (code, message) in [(logs.code(), logs.message()), (lambda.code(), lambda.message())] {
            assert_eq!(code, Some("SignatureDoesNotMatch"), "{region}");
            assert!(message.is_some_and(|message| message.contains(&format!("'{region}'"))), "{message:?}");
        }
        // The SDK signs requests to IAM for the one Region that its endpoint has.
        assert!(iam.is_ok() || iam.is_err_and(|error| error.code() == Some("SignatureDoesNotMatch")), "{region}");
    }
    assert_eq!(kept(directory.path()), Vec::<String>::new());
}

#[tokio::test]
async fn every_region_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let open = || open(directory.path());
    let config = foreigner;
    let emulator = open();
    make_log_group(&config(&emulator, "us-west-2")).await;
    let iam = aws_sdk_iam::Client::new(&config(&emulator, "us-west-2"));
    iam.create_role().role_name("convert").assume_role_policy_document(TRUST).send().await.expect("a role");
    drop((iam, emulator));
    let emulator = open();
    assert_eq!(log_groups(&config(&emulator, "us-west-2")).await.len(), 1);
    assert_eq!(log_groups(&config(&emulator, REGION)).await.len(), 0);
    let iam = aws_sdk_iam::Client::new(&config(&emulator, "eu-west-1"));
    iam.get_role().role_name("convert").send().await.expect("the role is kept");
}
