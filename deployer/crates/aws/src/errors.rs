//! Conversion of SDK errors into the engine's error type, in one place for all services.

use std::error::Error as StdError;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use deployer_engine::{Error, ErrorClass, Result};
use serde_json::Value;
use time::OffsetDateTime;

use crate::operation::Operation;

/// The way in which a call failed, before classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The service returned an error.
    Refused,
    /// Nothing was sent: no connection.
    NotSent,
    /// The request was sent, or may have been, and no usable response arrived.
    NoAnswer,
    /// The SDK could not build the request.
    Unbuildable,
    /// There are no credentials to sign the request with.
    NoCredentials,
}

/// One failed attempt with everything that its classification depends on.
#[derive(Debug, Clone)]
pub(crate) struct CallFailure {
    pub(crate) kind: FailureKind,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    pub(crate) problems: Vec<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// Time of the response, by the service's clock.
    pub(crate) date: Option<OffsetDateTime>,
    /// Whether the response is an HTML page, which no AWS service sends.
    pub(crate) is_page: bool,
}

/// The schedule of the attempts after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryPause {
    /// The exponential backoff of the error's class.
    ByClass,
    /// The failure usually passes after this time.
    Usually(Duration),
    /// The failure can last for this time: an exponential backoff up to a twentieth of it.
    Lasting(Duration),
}

impl RetryPause {
    /// Returns the schedule with the times of an AWS that runs `speed` times as fast.
    pub(crate) fn at_speed(self, speed: u32) -> Self {
        match self {
            Self::ByClass => self,
            Self::Usually(real) => Self::Usually(real / speed),
            Self::Lasting(real) => Self::Lasting(real / speed),
        }
    }
}

/// The meaning of a failure and its retry budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Classification {
    pub(crate) class: ErrorClass,
    /// Time during which the call is retried; zero means no retry.
    pub(crate) retry_for: Duration,
    pub(crate) pause: RetryPause,
    /// Minimum wait requested by the service.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) help: Option<String>,
}

const NO_MESSAGE: &str = "the service gave no message";

impl CallFailure {
    fn new(how: FailureKind, message: String) -> Self {
        Self {
            kind: how,
            code: None,
            message,
            status: None,
            problems: Vec::new(),
            request_id: None,
            retry_after: None,
            date: None,
            is_page: false,
        }
    }

    /// Returns the failure of an attempt that exceeded its time limit.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self::new(FailureKind::NoAnswer, format!("no answer within {} s", limit.as_secs()))
    }

    /// Extracts all details of an SDK error, with secrets redacted.
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut fault = match error {
            SdkError::ServiceError(service) => Self::refused(service.err()),
            SdkError::ConstructionFailure(_) => Self::new(FailureKind::Unbuildable, chain(error)),
            _ if caused_by::<CredentialsError>(error) => Self::new(FailureKind::NoCredentials, chain(error)),
            SdkError::DispatchFailure(_) if never_connected(error) => Self::new(FailureKind::NotSent, chain(error)),
            _ => Self::new(FailureKind::NoAnswer, chain(error)),
        };
        if let Some(response) = error.raw_response() {
            fault.add_response(response);
        }
        fault.message = redacted(&fault.message);
        fault
    }

    fn refused<E: ProvideErrorMetadata + StdError>(error: &E) -> Self {
        let code = error.code().map(str::to_owned);
        let message = error.message().filter(|message| !message.is_empty());
        let message = message.map_or_else(|| NO_MESSAGE.to_owned(), str::to_owned);
        Self { code, ..Self::new(FailureKind::Refused, message) }
    }

    fn add_response(&mut self, response: &HttpResponse) {
        self.status = Some(response.status().as_u16());
        let header = |name| response.headers().get(name);
        let id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
        self.request_id = id.map(str::to_owned);
        self.is_page = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let date = header("date").and_then(|date| aws_smithy_types::DateTime::from_str(date, Format::HttpDate).ok());
        self.date = date.and_then(|date| OffsetDateTime::from_unix_timestamp(date.secs()).ok());
        let body: Value = response.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        self.problems = problems(&body);
        if self.message == NO_MESSAGE {
            let status = response.status();
            self.message = match (self.problems.is_empty(), status.is_success()) {
                (false, _) => "the service found problems".to_owned(),
                (true, true) => format!("the service's answer (HTTP {}) could not be read", status.as_u16()),
                (true, false) => format!("{NO_MESSAGE} (HTTP {})", status.as_u16()),
            };
        }
        let seconds = header("retry-after").and_then(|text| text.trim().parse().ok());
        let millis = header("x-amz-retry-after").and_then(|text| text.trim().parse().ok());
        let member = body.get("retryAfterSeconds").or_else(|| body.get("RetryAfterSeconds")).and_then(whole_number);
        self.retry_after = seconds.or(member).map(Duration::from_secs).or_else(|| millis.map(Duration::from_millis));
    }

    /// Converts the failure into the engine's error.
    pub(crate) fn into_error(self, op: Operation, verdict: &Classification) -> Error {
        Error {
            class: verdict.class,
            operation: Some(op.to_string()),
            code: self.code,
            message: self.message,
            problems: self.problems,
            request_id: self.request_id,
            help: verdict.help.clone(),
            retries_exhausted: false,
        }
    }
}

/// Extension of results for resources that may not exist.
pub(crate) trait OptionalExt<T> {
    /// Converts a not-found error into `None`.
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExt<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.class == ErrorClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// Returns the findings of InvalidContactFlowException, which the SDK's own message omits (botocore model: `problems`; `Problems` for
/// modules).
fn problems(body: &Value) -> Vec<String> {
    let list = body.get("problems").or_else(|| body.get("Problems")).and_then(Value::as_array);
    let message = |problem: &Value| {
        let text = problem.get("message").or_else(|| problem.get("Message")).and_then(Value::as_str);
        text.map_or_else(|| problem.to_string(), str::to_owned)
    };
    list.into_iter().flatten().map(message).collect()
}

fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

fn caused_by<T: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    sources(error).any(|source| source.is::<T>())
}

/// Whether no connection was made, so that nothing can have been sent. The connector has no nameable type for it.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    sources(error).any(|source| source.to_string() == "client error (Connect)")
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut parts: Vec<String> = sources(error).map(ToString::to_string).collect();
    parts.dedup();
    parts.join(": ")
}

/// Returns the message without values that services echo back: a function's environment, a private key.
fn redacted(message: &str) -> String {
    const HIDDEN: &str = "(not shown)";
    if let Some(at) = message.find("String measured:") {
        return format!("{}String measured: {HIDDEN}", &message[..at]);
    }
    if let Some(at) = message.find("-----BEGIN") {
        return format!("{}{HIDDEN}", &message[..at]);
    }
    let echoed = message.find("Value '").zip(message.find("' at 'environment"));
    if let Some((from, to)) = echoed.filter(|(from, to)| from + 7 <= *to) {
        return format!("{}{HIDDEN}{}", &message[..from + 7], &message[to..]);
    }
    message.to_owned()
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
