//! The state of an environment in an S3 bucket: `state.json`, `lease.json` and `history/NNN` under `PREFIX/PROJECT/ENVIRONMENT/`.
//!
//! Every write names the version that it replaces (`If-Match`, or `If-None-Match: *` for the first), so one of two concurrent writers gets
//! an error. A write whose response was lost is resolved by reading: the stored object is either this write's or not. Objects are encrypted
//! as the bucket is configured, which since January 2023 is never "not at all" (S3 user guide, "Default encryption FAQ").

mod lease;
mod requests;
mod versioning;

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use deployer_engine::{
    Address, Backend, Clock, Error, ErrorClass, EventSink, Lease, LeaseInfo, LeaseOwner, Random, Result, StoredState, Version,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use crate::permissions::{Permission, action_permissions};
use crate::provider::{MAX_ATTEMPT_DURATION, Provider, backstop, s3};
use requests::{ReadOutcome, Retry, WriteOutcome};

/// The location of one environment's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateBucketConfig {
    /// The bucket's name.
    pub bucket: String,
    /// Prefix of the keys; may be empty.
    pub prefix: String,
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// The account that owns the bucket: a bucket of any other account is never read or written.
    pub account: String,
    /// The bucket's Region.
    pub region: String,
    /// Whether that account is the environment's, where `deployer bootstrap` creates the bucket.
    pub in_own_account: bool,
}

impl StateBucketConfig {
    fn key(&self, name: &str) -> String {
        let parts = [self.prefix.as_str(), &self.project, &self.environment, name];
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
    }
}

/// Returns the permissions for storing a state in the bucket. Without `s3:ListBucket`, AWS reports an object that does not exist yet as
/// forbidden (API reference, GetObject, "Permissions").
pub(crate) fn permissions(provider: &Provider, bucket: &str) -> Vec<Permission> {
    let arn = provider.bucket_arn(bucket);
    // Versioning is checked before an environment's first lease.
    let own = ["s3:GetBucketVersioning", "s3:ListBucket"];
    [action_permissions(&own, &arn), action_permissions(&["s3:GetObject", "s3:PutObject"], &format!("{arn}/*"))].concat()
}

/// Returns the subset of the permissions that reading a state needs.
pub(crate) fn read_permissions(provider: &Provider, bucket: &str) -> Vec<Permission> {
    let arn = provider.bucket_arn(bucket);
    [action_permissions(&["s3:ListBucket"], &arn), action_permissions(&["s3:GetObject"], &format!("{arn}/*"))].concat()
}

/// A backend that stores the state and the lease in a bucket.
#[derive(Clone)]
pub struct StateBucket {
    s3: aws_sdk_s3::Client,
    config: StateBucketConfig,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Random>,
    events: EventSink,
}

/// Time during which a read or write of the state is retried before the run gets the error.
const RETRY_LIMIT: Duration = Duration::from_secs(40);

impl StateBucket {
    /// Returns the backend at `place` over the SDK's configuration. Makes no call.
    pub fn new(
        sdk: SdkConfig,
        place: StateBucketConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Random>,
        events: EventSink,
    ) -> Self {
        let region = Region::new(place.region.clone());
        let sdk = sdk
            .into_builder()
            .region(region)
            .retry_config(RetryConfig::disabled())
            .timeout_config(backstop(MAX_ATTEMPT_DURATION))
            .build();
        Self { s3: s3(&sdk), config: place, clock, entropy, events }
    }

    fn object_key(&self, name: &str) -> String {
        self.config.key(&format!("history/{name}"))
    }

    fn state_key(&self) -> String {
        self.config.key("state.json")
    }

    /// Reports a message as a progress event.
    fn tell(&self, message: impl Into<String>) {
        let address = Address::new("state", &self.config.bucket);
        self.events.send(deployer_engine::Event::Progress { address, message: message.into() });
    }

    async fn stored(&self) -> Result<Option<StoredState>> {
        match self.read(&self.state_key(), RETRY_LIMIT).await? {
            ReadOutcome::Object(object) => Ok(Some(StoredState { bytes: object.bytes, version: object.version })),
            ReadOutcome::NoObject => Ok(None),
            ReadOutcome::NoBucket => Err(self.missing_bucket_error()),
        }
    }

    /// Writes the state and retries until it is known whether the write took effect.
    async fn store(&self, bytes: Vec<u8>, expected: Option<&Version>) -> Result<Version> {
        let key = self.state_key();
        let mut tries = Retry::new(self, RETRY_LIMIT);
        loop {
            let unclear = match self.put(&key, &bytes, expected).await {
                WriteOutcome::Stored(version) => return Ok(version),
                WriteOutcome::Failed(error) => return Err(error),
                WriteOutcome::PreconditionFailed(error) => (error, true),
                WriteOutcome::Unconfirmed(error) => (error, false),
            };
            let (error, refused) = unclear;
            match self.stored().await? {
                // This write succeeded after all: an earlier response was lost.
                Some(stored) if stored.bytes == bytes => return Ok(stored.version),
                stored if refused || stored.as_ref().map(|stored| &stored.version) != expected => {
                    return Err(self.changed(stored.is_some(), error));
                }
                // Nothing has changed, and the condition makes a second write harmless, even if the first still arrives.
                _ => tries.pause(error, ErrorClass::UnknownOutcome).await?,
            }
        }
    }

    fn changed(&self, exists: bool, cause: Error) -> Error {
        let what = if exists { "was changed by somebody else" } else { "was removed" };
        let mut error = Error::new(ErrorClass::Conflict, format!("{} {what} during this run", self.location()));
        error.request_id = cause.request_id;
        error.with_help("run again; this run has not overwritten it")
    }
}

impl Backend for StateBucket {
    fn location(&self) -> String {
        format!("s3://{}/{}", self.config.bucket, self.state_key())
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>> {
        self.stored().boxed()
    }

    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, _: &'a Lease) -> BoxFuture<'a, Result<Version>> {
        // The condition stops a run that lost its lease: a run that takes a lease over writes the state first.
        self.store(bytes, expected).boxed()
    }

    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        self.acquire_lease(holder, now, ttl).boxed()
    }

    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        self.renew_lease(lease, now, ttl).boxed()
    }

    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>> {
        self.find_lease().boxed()
    }

    fn unlock<'a>(&'a self, held: &'a LeaseInfo) -> BoxFuture<'a, Result<()>> {
        self.force_unlock(held).boxed()
    }

    fn put_object<'a>(&'a self, name: &'a str, bytes: Vec<u8>, _: &'a Lease) -> BoxFuture<'a, Result<()>> {
        self.put_any(self.object_key(name), bytes).boxed()
    }

    fn get_object<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        async move {
            match self.read_large(&self.object_key(name)).await? {
                ReadOutcome::Object(object) => Ok(Some(object.bytes)),
                ReadOutcome::NoObject | ReadOutcome::NoBucket => Ok(None),
            }
        }
        .boxed()
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        self.release_lease(lease).boxed()
    }
}
