//! Where state is stored: a directory, a bucket, the embedded AWS; and the ports on which that is served.

use std::net::{Ipv4Addr, TcpListener};

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::BucketVersioningStatus;
use deployer_emulator::{Emulator, Limits, Options, SystemClock};
use deployer_engine::{Backend, EventSink};
use deployer_spec::{Provider, State};

use super::super::stored;
use super::Finding;
use crate::failure::{Failure, sdk_failure};
use crate::project::Project;
use crate::runtime::{self, Cloud};
use crate::served::served_address;

/// Checks that the default ports of `local serve` are free on 127.0.0.1.
pub(super) fn ports(project: Option<&Project>) -> Vec<Finding> {
    if let Some(served) = project.and_then(served_address) {
        return vec![Finding::ok("ports", format!("this environment is served on {}", served.address))];
    }
    let port = |(port, option): (u16, &str)| match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Finding::ok("ports", format!("{port} is free for `local serve`")),
        Err(error) => {
            Finding::warn("ports", format!("{port}: {error}"), format!("choose another port with `local serve {option}`"))
        }
    };
    [(4566, "--aws-port"), (8443, "--api-port")].map(port).to_vec()
}

/// Checks that the stored embedded AWS can be read. It is opened as every command does it, and nothing in it is changed.
pub(super) fn embedded(project: &Project) -> Finding {
    const CHECK: &str = "embedded AWS";
    let directory = project.embedded_directory();
    let Provider::Embedded(facts) = &project.spec.provider else { return Finding::ok(CHECK, "not used") };
    let shown = crate::files::shown(&directory);
    if !directory.exists() {
        return Finding::ok(CHECK, format!("{} will be created", shown.display()));
    }
    let opened = Emulator::open(Options {
        directory: Some(directory),
        account: facts.account.to_string(),
        region: facts.region.to_string(),
        clock: std::sync::Arc::new(SystemClock),
        speed: f64::from(facts.speed),
        seed: None,
        limits: Limits::default(),
    });
    match opened {
        Ok(_) => Finding::ok(CHECK, format!("{} is readable", shown.display())),
        Err(deployer_emulator::Failure::InUse { .. }) => {
            Finding::ok(CHECK, format!("{} is in use by another process", shown.display()))
        }
        Err(failure) => Finding::fail(CHECK, failure.into()),
    }
}

/// Checks that a state in a directory can be read, and its directory be written.
pub(super) async fn directory(project: &Project) -> Finding {
    let Some(backend) = runtime::directory(project) else { return Finding::ok("state", "in a bucket") };
    match stored::state(project, &backend).await {
        Err(failure) => Finding::fail("state", failure),
        Ok(None) => Finding::ok("state", format!("{} does not exist yet", backend.location())),
        Ok(Some(state)) => Finding::ok("state", format!("{}, {} resources", backend.location(), state.resources.len())),
    }
}

/// Checks that the bucket of the state exists, is versioned and is private, and that the state can be read.
pub(super) async fn bucket(project: &Project, cloud: &Cloud) -> Vec<Finding> {
    const CHECK: &str = "state bucket";
    let State::S3(facts) = &project.spec.state else { return Vec::new() };
    let backend = cloud.backend(project, &EventSink::ignore());
    let mut findings = vec![match stored::state(project, &*backend).await {
        Err(failure) => Finding::fail("state", failure),
        Ok(None) => Finding::ok("state", format!("{} does not exist yet", backend.location())),
        Ok(Some(state)) => Finding::ok("state", format!("{}, {} resources", backend.location(), state.resources.len())),
    }];
    let region = facts.region.as_ref().map_or_else(|| cloud.region.clone(), ToString::to_string);
    let (client, bucket, help) = (cloud.s3_in(&region), &facts.bucket, "run `deployer bootstrap`, which creates it so");
    findings.push(match client.get_bucket_versioning().bucket(bucket).send().await {
        Ok(found) if found.status() == Some(&BucketVersioningStatus::Enabled) => {
            Finding::ok(CHECK, format!("{bucket} is versioned"))
        }
        Ok(_) => Finding::fail(
            CHECK,
            Failure::new(format!("{bucket} is not versioned: a lost state could not be restored")).help(help),
        ),
        Err(error) => unreadable(CHECK, "s3:GetBucketVersioning", &error),
    });
    findings.push(match client.get_public_access_block().bucket(bucket).send().await {
        Ok(found) => {
            let blocks = found.public_access_block_configuration();
            let all = blocks.is_some_and(|blocks| {
                [
                    blocks.block_public_acls(),
                    blocks.ignore_public_acls(),
                    blocks.block_public_policy(),
                    blocks.restrict_public_buckets(),
                ]
                .iter()
                .all(|blocked| *blocked == Some(true))
            });
            match all {
                true => Finding::ok(CHECK, format!("{bucket} blocks public access")),
                false => Finding::fail(CHECK, Failure::new(format!("{bucket} does not block all public access")).help(help)),
            }
        }
        Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => {
            Finding::fail(CHECK, Failure::new(format!("{bucket} does not block public access")).help(help))
        }
        Err(error) => unreadable(CHECK, "s3:GetBucketPublicAccessBlock", &error),
    });
    findings
}

/// Returns the finding for a setting that cannot be read: these credentials may lack the permission, which no other command needs.
fn unreadable<E, R>(check: &'static str, operation: &str, error: &SdkError<E, R>) -> Finding
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    Finding::fail(check, sdk_failure(operation, error)).into_warning()
}
