//! What services need of their account and Region outside requests: for invocations, calls and test runs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::error::AwsError;
use crate::request::RequestContext;

/// The account and Region of a service.
pub(crate) trait Host: Send + Sync {
    /// Returns the context of a request that arrives now.
    fn context(&self) -> RequestContext;

    /// Returns the clock.
    fn clock(&self) -> &Arc<dyn Clock>;
}

/// The functions of the account in the Region, for services that invoke them.
pub(crate) trait Functions: Host {
    /// Invokes a function for a service and waits for its response, at most `deadline`.
    ///
    /// The function's resource policy must allow the caller; otherwise the error is `AccessDeniedException`, 403. Other errors are
    /// those of the Invoke operation, and `CallerDeadlineExceeded`, 504, if the deadline passed: the invocation then continues
    /// without its caller, as on AWS.
    fn invoke<'a>(
        &'a self,
        function_arn: &'a str,
        payload: Bytes,
        deadline: Duration,
        caller: Caller<'a>,
    ) -> BoxFuture<'a, Result<Outcome, AwsError>>;
}

/// A service that calls a function, as the function's resource policy sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    /// The service principal, `apigateway.amazonaws.com`.
    pub(crate) principal: &'a str,
    /// ARN of the caller: of the API's method or of the Connect instance.
    pub(crate) source_arn: &'a str,
    /// Account of the caller.
    pub(crate) source_account: &'a str,
}

/// Result of a completed invocation.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The function's response, or the error object.
    pub(crate) payload: Bytes,
    /// `Unhandled` if the function failed, timed out or exited.
    pub(crate) function_error: Option<String>,
    /// Last 4 KB of the log.
    pub(crate) log_tail: String,
    /// Version that ran.
    pub(crate) executed_version: String,
}

/// Temporary credentials of a role.
#[derive(Clone)]
pub struct Credentials {
    /// Access key.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
    /// Session token.
    pub token: String,
    /// Expiry time.
    pub expires: OffsetDateTime,
}
