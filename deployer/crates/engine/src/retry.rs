//! Retry policy: which failures are retried, how often, and after which wait.

use std::future::Future;
use std::time::Duration;

use crate::context::Context;
use crate::error::{Error, ErrorClass, Result};
use crate::event::Event;

/// Time after which a create that was sent has either had its visible effect or never will: the time for which a response is awaited. AWS
/// publishes no bound for the calls that need one (CreateRestApi, CreateDeployment, ImportCertificate).
pub const CREATE_VISIBILITY_TIMEOUT: Duration = Duration::from_secs(60);

/// Returns the maximum number of calls by the class of their failure. One call means no retry.
fn attempts(class: ErrorClass) -> u32 {
    match class {
        ErrorClass::Throttled | ErrorClass::Transient => 6,
        // A role can take half a minute until every service knows it.
        ErrorClass::NotVisibleYet | ErrorClass::Conflict => 9,
        _ => 1,
    }
}

/// Whether a call that failed with `error` may be retried after a wait, `attempt` calls having failed.
///
/// Errors whose retries a lower layer has exhausted are final: two layers of retries would turn minutes into hours.
pub(crate) fn may_retry(error: &Error, attempt: u32) -> bool {
    !error.retries_exhausted && attempt < attempts(error.class)
}

/// Waits before the next attempt and reports the reason.
pub(crate) async fn backoff(cx: &Context, error: &Error, attempt: u32) {
    let full = Duration::from_millis(500 << attempt.min(5));
    // Half of the wait is fixed, so that it is never zero; the other half is jitter.
    let wait = full.mul_f64(0.5 + cx.random.fraction().clamp(0.0, 1.0) / 2.0);
    cx.events.send(Event::Retrying { address: cx.address.clone(), error: error.clone(), attempt, wait });
    cx.clock.sleep(wait).await;
}

/// Returns the result of `call`, retried after a wait as long as its error is retryable. Only for calls that change nothing or may be
/// repeated.
pub(crate) async fn with_retry<T, F: Future<Output = Result<T>>>(cx: &Context, mut call: impl FnMut() -> F) -> Result<T> {
    let mut attempt = 0;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        attempt += 1;
        // The unknown outcome of a call that changes nothing does not matter.
        let lost =
            error.class == ErrorClass::UnknownOutcome && !error.retries_exhausted && attempt < attempts(ErrorClass::Transient);
        if !lost && !may_retry(&error, attempt) {
            return Err(error);
        }
        backoff(cx, &error, attempt).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_retries_are_not_retried() {
        let error = Error::new(ErrorClass::NotVisibleYet, "the role cannot be assumed");
        assert!(may_retry(&error, 1));
        assert!(!may_retry(&Error { retries_exhausted: true, ..error }, 1));
    }
}
