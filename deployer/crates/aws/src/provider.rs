//! State shared by all resource types: clients, the account and region, the store of built functions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use deployer_engine::{Address, Clock, Context, EventSink, Ownership, Random};

use crate::certificate_files::CertificateFiles;
use crate::rate_limit::{RateLimiter, RateLimiting};
use crate::rsa_key::{RsaKeys, generate_rsa_key};
use crate::secrets::Secrets;

/// A source of the zip files of functions and the recordings of prompts.
pub trait Artifacts: Send + Sync {
    /// Returns the bytes of the zip whose SHA-256, in base64, is `code_sha256`.
    ///
    /// # Errors
    /// When there is no such zip or it cannot be read.
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>>;

    /// Returns the bytes of the recording whose SHA-256, in hexadecimal, is `sha256`.
    ///
    /// # Errors
    /// When there is no such recording or it cannot be read.
    fn recording(&self, sha256: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::new(std::io::ErrorKind::NotFound, format!("no recording has the digest {sha256}")))
    }

    /// Returns the certificate whose DER has this SHA-256, in hexadecimal, with its key and its chain.
    ///
    /// # Errors
    /// When there is no such certificate.
    fn certificate(&self, sha256: &str) -> std::io::Result<CertificateFiles> {
        Err(std::io::Error::new(std::io::ErrorKind::NotFound, format!("no certificate has the digest {sha256}")))
    }
}

/// One account and region of AWS: a client per service, the rate limiter, and facts that need no call.
pub struct Provider {
    pub(crate) acm: aws_sdk_acm::Client,
    pub(crate) apigateway: aws_sdk_apigateway::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) connect: aws_sdk_connect::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) route53: aws_sdk_route53::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) artifacts: Arc<dyn Artifacts>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) rsa_keys: RsaKeys,
    pub(crate) rate_limiter: RateLimiter,
    /// The ID of the Connect instance that the environment uses without managing it.
    pub(crate) existing_instance: Option<String>,
    speed: u32,
    write_locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Maximum duration of any single attempt, whatever the operation; the limits in `call` are shorter.
pub(crate) const MAX_ATTEMPT_DURATION: Duration = Duration::from_secs(15 * 60);
const CONNECT: Duration = Duration::from_millis(3_100);

impl Provider {
    /// Returns a provider over the SDK's configuration, with the published rate limits. Makes no call.
    ///
    /// The SDK's own retries are switched off: it retries creates whose response was lost, and mistakes exceeded quotas for throttling.
    pub fn new(sdk: SdkConfig, account: String, region: String, artifacts: Arc<dyn Artifacts>) -> Self {
        let sdk = sdk.into_builder().retry_config(RetryConfig::disabled()).timeout_config(backstop(MAX_ATTEMPT_DURATION)).build();
        Self {
            acm: aws_sdk_acm::Client::new(&sdk),
            apigateway: aws_sdk_apigateway::Client::new(&sdk),
            logs: aws_sdk_cloudwatchlogs::Client::new(&sdk),
            connect: aws_sdk_connect::Client::new(&sdk),
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            route53: aws_sdk_route53::Client::new(&sdk),
            s3: s3(&sdk),
            account,
            region,
            artifacts,
            secrets: Arc::default(),
            rsa_keys: generate_rsa_key,
            rate_limiter: RateLimiter::new(RateLimiting::Published),
            existing_instance: None,
            speed: 1,
            write_locks: Mutex::default(),
        }
    }

    /// Sets the rate limiting: [`RateLimiting::Off`] for the embedded AWS.
    #[must_use]
    pub fn with_rate_limiting(mut self, pacing: RateLimiting) -> Self {
        self.rate_limiter = RateLimiter::new(pacing);
        self
    }

    /// Sets the ID of the Connect instance that the environment uses without managing it: what is in it belongs to whom its own tags name.
    #[must_use]
    pub fn with_existing_instance(mut self, id: Option<String>) -> Self {
        self.existing_instance = id;
        self
    }

    /// Sets the factor by which the embedded AWS shortens its delays.
    #[must_use]
    pub fn with_speed(mut self, speed: u32) -> Self {
        self.speed = speed.max(1);
        self
    }

    /// Returns how many times as fast as on AWS things happen.
    pub(crate) fn speed(&self) -> u32 {
        self.speed
    }

    /// Returns the expected duration of something that usually takes `real` on AWS.
    pub(crate) fn scaled(&self, real: Duration) -> Duration {
        real / self.speed
    }

    /// Sets the secret values; without them, no function with a secret can be created or changed.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Arc<Secrets>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Sets the source of RSA keys: generating one takes longer than the rest of a simulated run.
    #[must_use]
    pub fn with_rsa_keys(mut self, rsa_keys: RsaKeys) -> Self {
        self.rsa_keys = rsa_keys;
        self
    }

    /// Returns the partition of the region as ARNs name it, such as `aws`.
    pub(crate) fn partition(&self) -> &'static str {
        match self.region.get(..3) {
            Some("cn-") => "aws-cn",
            Some("us-") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Returns the suffix of host names in the region's partition.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    /// Returns the ARN of a resource whose ARN has an account and a region.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.account)
    }

    /// Returns the ARN of a bucket, or of an object if a key follows the name; neither has a Region or an account.
    pub(crate) fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition())
    }

    /// Returns the ARN of an API Gateway resource, which has a region and no account.
    pub(crate) fn apigateway_arn(&self, rest: &str) -> String {
        format!("arn:{}:apigateway:{}::{rest}", self.partition(), self.region)
    }

    /// Returns the lock for writers of `thing`: some services lose one of two concurrent changes.
    pub(crate) fn write_lock(&self, thing: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut writers = self.write_locks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(writers.entry(thing.to_owned()).or_default())
    }
}

impl Provider {
    /// Returns the ARN of a hosted zone, which has neither Region nor account.
    pub(crate) fn zone_arn(&self, id: &str) -> String {
        format!("arn:{}:route53:::hostedzone/{id}", self.partition())
    }
}

/// Returns an S3 client; custom endpoints seldom have a host name for every bucket, so they get path-style requests.
pub(crate) fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let local = sdk.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(local).build())
}

pub(crate) fn backstop(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

/// Returns the context of a read outside any run.
pub(crate) fn read_only_context(address: Address, clock: Arc<dyn Clock>, entropy: Arc<dyn Random>) -> Context {
    Context {
        address,
        owner: Arc::new(Ownership { project: String::new(), environment: String::new() }),
        token: entropy.uuid(),
        clock,
        random: entropy,
        events: EventSink::ignore(),
        lease_guard: None,
        attempts: None,
        cache: None,
        presence_only: false,
        creation_pending: false,
        create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        former_addresses: Vec::new(),
    }
}
