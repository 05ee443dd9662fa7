//! Single requests to the bucket, with their timeouts, error classification and retries.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use deployer_engine::{Error, ErrorClass, Result, Version};
use time::OffsetDateTime;

use super::StateBucket;
use crate::call::{backoff, send};
use crate::client_problem::corrects_clock;
use crate::errors::Classification;
use crate::operation::Operation;

/// Time limit of one request: a lease must be renewed long before it expires.
const LIMIT: Duration = Duration::from_secs(10);

/// Time limit of an upload with its retries.
const UPLOAD_LIMIT: Duration = Duration::from_secs(40);
/// Time limit of one attempt: less than the validity of the lease that a run checks first.
const UPLOAD_ATTEMPT: Duration = Duration::from_secs(25);

/// An object as it was read.
pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    pub(super) version: Version,
    /// Time since it was written, by the clock of S3 alone.
    pub(super) age: Option<Duration>,
}

/// The result of a read.
pub(super) enum ReadOutcome {
    NoBucket,
    NoObject,
    Object(Object),
}

/// The result of a conditional write.
pub(super) enum WriteOutcome {
    Stored(Version),
    /// The condition did not hold.
    PreconditionFailed(Error),
    /// The object may have been written, or may still be.
    Unconfirmed(Error),
    /// The object was not written and will not be.
    Failed(Error),
}

/// The retry state of one request.
pub(super) struct Retry<'b> {
    bucket: &'b StateBucket,
    since: Duration,
    limit: Duration,
    failed: u32,
}

impl<'b> Retry<'b> {
    pub(super) fn new(bucket: &'b StateBucket, limit: Duration) -> Self {
        Self { bucket, since: bucket.clock.monotonic(), limit, failed: 0 }
    }

    /// Waits before the next attempt; fails with `error` as `class` when the time is used up.
    pub(super) async fn pause(&mut self, mut error: Error, class: ErrorClass) -> Result<()> {
        self.failed += 1;
        let wait = backoff(error.class, self.failed, self.bucket.entropy.fraction());
        let spent = self.bucket.clock.monotonic().saturating_sub(self.since);
        if spent + wait > self.limit {
            (error.class, error.retries_exhausted) = (class, true);
            error.message = format!("{} (still so after {} s and {} attempts)", error.message, spent.as_secs(), self.failed);
            return Err(error);
        }
        self.bucket.clock.sleep(wait).await;
        Ok(())
    }
}

/// One failed attempt.
struct Failed {
    error: Error,
    verdict: Classification,
    /// Whether the next attempt can succeed because it is signed by AWS's clock.
    corrects_clock: bool,
}

impl StateBucket {
    /// Makes one attempt.
    async fn once<T, E>(
        &self,
        op: Operation,
        limit: Duration,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failed>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let limit = op.limit.min(limit);
        let fault = match send(&*self.clock, limit, request).await {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        let verdict = fault.classify(op);
        let corrects_clock = corrects_clock(&fault, self.clock.now());
        Err(Failed { error: fault.into_error(op, &verdict), verdict, corrects_clock })
    }

    /// Retries a request until it succeeds, fails permanently, or `limit` has passed. Only for requests that are safe to retry.
    pub(super) async fn with_retry<T, E, F, Fut>(&self, op: Operation, limit: Duration, request: F) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.with_slow_retry(op, LIMIT, limit, request).await
    }

    /// Retries as [`StateBucket::with_retry`] does, with a time limit for each attempt.
    async fn with_slow_retry<T, E, F, Fut>(&self, op: Operation, attempt: Duration, limit: Duration, mut request: F) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut tries = Retry::new(self, limit);
        let mut clock_corrected = false;
        loop {
            match self.once(op, attempt, request()).await {
                Ok(answer) => return Ok(answer),
                // S3 rejected the signature: the SDK signs the next attempt by AWS's clock.
                Err(failed) if failed.corrects_clock && !clock_corrected => clock_corrected = true,
                Err(failed) if failed.verdict.retry_for.is_zero() => return Err(failed.error),
                Err(Failed { error, .. }) => {
                    let class = error.class;
                    tries.pause(error, class).await?;
                }
            }
        }
    }

    /// Reads the object at `key`.
    pub(super) async fn read(&self, key: &str, limit: Duration) -> Result<ReadOutcome> {
        let read = self.with_retry(Operation::read("s3", "GetObject"), limit, || self.get(key)).await;
        outcome(read)
    }

    /// Reads an object as [`StateBucket::read`] does, with the time for an attempt and in all that writing one of its size has.
    pub(super) async fn read_large(&self, key: &str) -> Result<ReadOutcome> {
        let operation = Operation { limit: UPLOAD_ATTEMPT, ..Operation::read("s3", "GetObject") };
        outcome(self.with_slow_retry(operation, UPLOAD_ATTEMPT, UPLOAD_LIMIT, || self.get(key)).await)
    }

    async fn get(&self, key: &str) -> Result<Object, SdkError<aws_sdk_s3::operation::get_object::GetObjectError, HttpResponse>> {
        let answered = ServerDate::default();
        let request = self.s3.get_object().bucket(&self.config.bucket).key(key).expected_bucket_owner(&self.config.account);
        let answer = request.customize().interceptor(answered.clone()).send().await?;
        let written = answer.last_modified.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
        let age = answered.at().zip(written).map(|(now, written)| Duration::try_from(now - written).unwrap_or_default());
        let version = Version(answer.e_tag.unwrap_or_default());
        // A body that is truncated or fails its checksum is no usable response.
        let bytes = answer.body.collect().await.map_err(SdkError::timeout_error)?.to_vec();
        Ok(Object { bytes, version, age })
    }

    /// Writes an object without a condition, and retries until that has succeeded or [`UPLOAD_LIMIT`] has passed.
    pub(super) async fn put_any(&self, key: String, bytes: Vec<u8>) -> Result<()> {
        let put = || {
            let request = self.s3.put_object().bucket(&self.config.bucket).key(&key).expected_bucket_owner(&self.config.account);
            request.content_type("application/octet-stream").body(ByteStream::from(bytes.clone())).send()
        };
        self.with_slow_retry(Operation::idempotent("s3", "PutObject"), UPLOAD_ATTEMPT, UPLOAD_LIMIT, put).await.map(|_| ())
    }

    /// Writes `bytes` if the stored version is still `expected` (`None`: if there is none). Makes one attempt.
    pub(super) async fn put(&self, key: &str, bytes: &[u8], expected: Option<&Version>) -> WriteOutcome {
        let request = self.s3.put_object().bucket(&self.config.bucket).key(key).expected_bucket_owner(&self.config.account);
        let request = request.content_type("application/json").body(ByteStream::from(bytes.to_vec()));
        let request = match expected {
            Some(Version(etag)) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        match self.once(Operation::idempotent("s3", "PutObject"), LIMIT, request.send()).await {
            Ok(answer) => match answer.e_tag {
                Some(etag) => WriteOutcome::Stored(Version(etag)),
                None => WriteOutcome::Unconfirmed(Error::new(ErrorClass::Transient, "S3 answered a write without an ETag")),
            },
            Err(Failed { error, verdict, .. }) => match error.class {
                ErrorClass::NotFound => WriteOutcome::PreconditionFailed(error),
                ErrorClass::Conflict if verdict.retry_for.is_zero() => WriteOutcome::PreconditionFailed(error),
                _ if verdict.retry_for.is_zero() => WriteOutcome::Failed(error),
                _ => WriteOutcome::Unconfirmed(error),
            },
        }
    }
}

/// The time of S3's response, by its own clock.
#[derive(Debug, Clone, Default)]
struct ServerDate(Arc<Mutex<Option<OffsetDateTime>>>);

impl ServerDate {
    fn at(&self) -> Option<OffsetDateTime> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for ServerDate {
    fn name(&self) -> &'static str {
        "Answered"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| aws_smithy_types::DateTime::from_str(date, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            date.and_then(|date| OffsetDateTime::from_unix_timestamp(date.secs()).ok());
        Ok(())
    }
}

/// Returns the outcome of a read with its retries.
fn outcome(read: Result<Object>) -> Result<ReadOutcome> {
    match read {
        Ok(object) => Ok(ReadOutcome::Object(object)),
        // Only the bucket or the object can be missing; the class is the same, the code distinguishes them.
        Err(error) if error.class == ErrorClass::NotFound && error.code.as_deref() == Some("NoSuchBucket") => {
            Ok(ReadOutcome::NoBucket)
        }
        Err(error) if error.class == ErrorClass::NotFound => Ok(ReadOutcome::NoObject),
        Err(error) => Err(error),
    }
}
