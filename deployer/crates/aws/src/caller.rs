//! The identity of the caller.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use deployer_engine::{Address, Clock, Error, Random, Result};

use crate::operation::Operation;
use crate::provider::{Artifacts, MAX_ATTEMPT_DURATION, Provider, backstop, read_only_context};

/// The identity of the caller, as AWS sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account ID, twelve digits.
    pub account: String,
    /// The ARN of the user or assumed role.
    pub arn: String,
}

/// Retry limit of the first call: it shows whether AWS can be reached, and the user waits for it.
const FIRST_CALL: Duration = Duration::from_secs(8);

/// Returns the identity that the credentials belong to. Makes one STS call, which no policy can deny ("API reference, GetCallerIdentity").
/// The call is retried, classified and explained like every other call.
///
/// # Errors
/// `Denied` when there are no credentials or they are expired or unknown; `Transient` when STS cannot be reached.
pub async fn caller_account(sdk: &SdkConfig, clock: Arc<dyn Clock>, entropy: Arc<dyn Random>) -> Result<Identity> {
    let region = sdk.region().map_or_else(String::new, ToString::to_string);
    let provider = Provider::new(sdk.clone(), String::new(), region, Arc::new(NoArtifacts));
    let config = aws_sdk_sts::config::Builder::from(sdk)
        .timeout_config(backstop(MAX_ATTEMPT_DURATION))
        .retry_config(RetryConfig::disabled())
        .build();
    let client = aws_sdk_sts::Client::from_conf(config);
    let cx = read_only_context(Address::new("account", "caller"), clock, entropy);
    let op = Operation::read("sts", "GetCallerIdentity");
    let answer = provider.call_within(&cx, op, FIRST_CALL, || client.get_caller_identity().send()).await?;
    match (answer.account, answer.arn) {
        (Some(account), Some(arn)) => Ok(Identity { account, arn }),
        _ => Err(Error::local("STS answered GetCallerIdentity without an account; is AWS_ENDPOINT_URL right?")),
    }
}

/// Artifacts without zips and recordings.
struct NoArtifacts;

impl Artifacts for NoArtifacts {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::new(std::io::ErrorKind::NotFound, format!("no function with the digest {code_sha256}")))
    }
}
