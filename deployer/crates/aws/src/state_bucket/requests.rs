//! Single requests to the bucket, with their time limits, meanings and repetitions.

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
use deployer_engine::{Class, Error, Result, Version};
use time::OffsetDateTime;

use super::StateBucket;
use crate::call::{Operation, backoff, within};
use crate::causes::corrects_clock;
use crate::errors::{CallFailure, Classification};

/// How long one request may take: a lease must be renewed long before it lapses.
const LIMIT: Duration = Duration::from_secs(10);

/// An object as it was read.
pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    pub(super) version: Version,
    /// How long ago it was written, by the clock of S3 alone.
    pub(super) age: Option<Duration>,
}

/// What a read found.
pub(super) enum Read {
    NoBucket,
    NoObject,
    Object(Object),
}

/// What a conditional write came to.
pub(super) enum Put {
    Stored(Version),
    /// The condition did not hold.
    Changed(Error),
    /// It may or may not have been written, now or still to come.
    Unclear(Error),
    /// It was not written, and would not be.
    Failed(Error),
}

/// How long something has been tried.
pub(super) struct Retry<'b> {
    bucket: &'b StateBucket,
    since: Duration,
    patience: Duration,
    failed: u32,
}

impl<'b> Retry<'b> {
    pub(super) fn new(bucket: &'b StateBucket, patience: Duration) -> Self {
        Self { bucket, since: bucket.clock.monotonic(), patience, failed: 0 }
    }

    /// Waits before the next attempt; when there is none, fails with `error` as `class`.
    pub(super) async fn pause(&mut self, mut error: Error, class: Class) -> Result<()> {
        self.failed += 1;
        let wait = backoff(error.class, self.failed, self.bucket.entropy.fraction());
        let spent = self.bucket.clock.monotonic().saturating_sub(self.since);
        if spent + wait > self.patience {
            error.class = class;
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
    /// Whether the next one can succeed, signed by AWS's clock.
    corrects_clock: bool,
}

impl StateBucket {
    /// One attempt.
    async fn once<T, E>(&self, op: Operation, request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>) -> Result<T, Failed>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let limit = op.limit.min(LIMIT);
        let fault = match within(&*self.clock, limit, request).await {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(error)) => CallFailure::of(&error),
            None => CallFailure::timed_out(limit),
        };
        let verdict = fault.verdict(op);
        let corrects_clock = corrects_clock(&fault, self.clock.now());
        Err(Failed { error: fault.into_error(op, &verdict), verdict, corrects_clock })
    }

    /// Attempts until it succeeds, fails for good, or patience is over. For what may be repeated.
    pub(super) async fn patiently<T, E, F, Fut>(&self, op: Operation, patience: Duration, mut request: F) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut tries = Retry::new(self, patience);
        let mut clock_corrected = false;
        loop {
            match self.once(op, request()).await {
                Ok(answer) => return Ok(answer),
                // Refused for its signature: the next one is signed by AWS's clock.
                Err(failed) if failed.corrects_clock && !clock_corrected => clock_corrected = true,
                Err(failed) if failed.verdict.budget.is_zero() => return Err(failed.error),
                Err(Failed { error, .. }) => {
                    let class = error.class;
                    tries.pause(error, class).await?;
                }
            }
        }
    }

    /// The object at `key`.
    pub(super) async fn read(&self, key: &str, patience: Duration) -> Result<Read> {
        let read = self.patiently(Operation::read("s3", "GetObject"), patience, || self.get(key)).await;
        match read {
            Ok(object) => Ok(Read::Object(object)),
            // The only two things that can be missing; the class is the same, the code tells which.
            Err(error) if error.class == Class::NotFound && error.code.as_deref() == Some("NoSuchBucket") => Ok(Read::NoBucket),
            Err(error) if error.class == Class::NotFound => Ok(Read::NoObject),
            Err(error) => Err(error),
        }
    }

    async fn get(&self, key: &str) -> Result<Object, SdkError<aws_sdk_s3::operation::get_object::GetObjectError, HttpResponse>> {
        let answered = Answered::default();
        let request = self.s3.get_object().bucket(&self.place.bucket).key(key).expected_bucket_owner(&self.place.account);
        let answer = request.customize().interceptor(answered.clone()).send().await?;
        let written = answer.last_modified.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok());
        let age = answered.at().zip(written).map(|(now, written)| Duration::try_from(now - written).unwrap_or_default());
        let version = Version(answer.e_tag.unwrap_or_default());
        // A body that breaks off or does not fit its checksum is no answer.
        let bytes = answer.body.collect().await.map_err(SdkError::timeout_error)?.to_vec();
        Ok(Object { bytes, version, age })
    }

    /// Writes `bytes` if the stored version is still `expected` (`None`: if there is none). One attempt.
    pub(super) async fn put(&self, key: &str, bytes: &[u8], expected: Option<&Version>) -> Put {
        let request = self.s3.put_object().bucket(&self.place.bucket).key(key).expected_bucket_owner(&self.place.account);
        let request = request.content_type("application/json").body(ByteStream::from(bytes.to_vec()));
        let request = match expected {
            Some(Version(etag)) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        match self.once(Operation::idempotent("s3", "PutObject"), request.send()).await {
            Ok(answer) => match answer.e_tag {
                Some(etag) => Put::Stored(Version(etag)),
                None => Put::Unclear(Error::new(Class::Transient, "S3 answered a write without an ETag")),
            },
            Err(Failed { error, verdict, .. }) => match error.class {
                Class::NotFound => Put::Changed(error),
                Class::Conflict if verdict.budget.is_zero() => Put::Changed(error),
                _ if verdict.budget.is_zero() => Put::Failed(error),
                _ => Put::Unclear(error),
            },
        }
    }
}

/// When S3 answered, by its own clock.
#[derive(Debug, Clone, Default)]
struct Answered(Arc<Mutex<Option<OffsetDateTime>>>);

impl Answered {
    fn at(&self) -> Option<OffsetDateTime> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Answered {
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
