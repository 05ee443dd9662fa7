//! Which failures are waited out, and how long.

use std::future::Future;
use std::time::Duration;

use crate::error::{Class, Error, Result};
use crate::event::Event;
use crate::resource::Context;

/// How long after it was sent a create may still have its effect or may not be visible yet: as long as an answer is awaited. AWS
/// publishes no bound for the calls that need one (CreateRestApi, CreateDeployment, ImportCertificate).
pub const CREATE_VISIBILITY_TIMEOUT: Duration = Duration::from_secs(60);

/// How many times a call is made at most, by what its failure means. One call: no waiting out.
fn attempts(class: Class) -> u32 {
    match class {
        Class::Throttled | Class::Transient => 6,
        // A role can take half a minute until every service knows it.
        Class::NotYet | Class::Conflict => 9,
        _ => 1,
    }
}

/// Whether a call that failed so may be made again after a wait, `attempt` calls having failed. What was waited out below
/// is final: two layers of waiting would make minutes into hours.
pub(crate) fn may_retry(error: &Error, attempt: u32) -> bool {
    !error.retries_exhausted && attempt < attempts(error.class)
}

/// Waits before the next attempt, and tells why.
pub(crate) async fn pause(cx: &Context, error: &Error, attempt: u32) {
    let full = Duration::from_millis(500 << attempt.min(5));
    // Half of the wait is fixed, so that it never comes to nothing; the other half spreads callers out.
    let wait = full.mul_f64(0.5 + cx.entropy.fraction().clamp(0.0, 1.0) / 2.0);
    cx.events.send(Event::Retrying { address: cx.address.clone(), error: error.clone(), attempt, wait });
    cx.clock.sleep(wait).await;
}

/// The result of `call`, made again after a wait as long as its failure is a passing one. Only for calls that change
/// nothing or may be repeated.
pub(crate) async fn with_retry<T, F: Future<Output = Result<T>>>(cx: &Context, mut call: impl FnMut() -> F) -> Result<T> {
    let mut attempt = 0;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        attempt += 1;
        // What became of a call that changes nothing does not matter.
        let lost = error.class == Class::UnknownOutcome && !error.retries_exhausted && attempt < attempts(Class::Transient);
        if !lost && !may_retry(&error, attempt) {
            return Err(error);
        }
        pause(cx, &error, attempt).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_waited_out_below_is_not_waited_for_again() {
        let error = Error::new(Class::NotYet, "the role cannot be assumed");
        assert!(may_retry(&error, 1));
        assert!(!may_retry(&Error { retries_exhausted: true, ..error }, 1));
    }
}
