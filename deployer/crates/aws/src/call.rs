//! The single path of every AWS call: rate limit, attempt, timeout, error classification, backoff and retry.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use deployer_engine::{Clock, Context, Error, ErrorClass, Event, Result};
use futures::future::{Either, select};

use crate::client_problem::corrects_clock;
use crate::errors::{CallFailure, Classification, RetryPause};
pub(crate) use crate::operation::Operation;
use crate::operation::RetrySafety;
use crate::provider::Provider;
use crate::wait::PollInterval;

impl Provider {
    /// Makes one call and retries it until it succeeds, fails permanently, or exhausts the retry budget of its error class.
    ///
    /// # Errors
    /// The last failure. `UnknownOutcome` for a create whose response was lost; `Interrupted`, with nothing sent, for a change after the
    /// lease was lost.
    pub(crate) async fn call<T, E, F, Fut>(&self, cx: &Context, op: Operation, attempt: F) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.call_within(cx, op, Duration::MAX, attempt).await
    }

    /// Makes one call as [`Self::call`] does, and retries it for at most `limit`, whatever the class of the failure.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub(crate) async fn call_within<T, E, F, Fut>(
        &self,
        cx: &Context,
        op: Operation,
        limit: Duration,
        mut attempt: F,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut budget = RetryBudget::new();
        let mut clock_corrected = false;
        loop {
            self.rate_limiter.acquire(cx, op).await;
            if op.kind != RetrySafety::Read {
                cx.check_lease().await?;
            }
            let fault = match send(&*cx.clock, op.limit, attempt()).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            // AWS rejected the signature: nothing was changed, and the SDK signs the next attempt by AWS's clock.
            if !clock_corrected && corrects_clock(&fault, cx.clock.now()) {
                clock_corrected = true;
                continue;
            }
            let mut verdict = fault.classify(op);
            if op.resolves_conflicts && verdict.class == ErrorClass::Conflict {
                verdict.retry_for = Duration::ZERO;
            }
            verdict.retry_for = verdict.retry_for.min(limit);
            let error = self.secrets.redacted(fault.into_error(op, &verdict));
            verdict.pause = verdict.pause.at_speed(self.speed());
            let Some(wait) = budget.next(cx, &verdict, error.class) else {
                return Err(budget.exhausted(cx, &verdict, error));
            };
            cx.events.send(Event::Retrying { address: cx.address.clone(), error, attempt: budget.attempts, wait });
            cx.clock.sleep(wait).await;
        }
    }
}

/// Returns all items of a paginated list.
///
/// # Errors
/// Any error of `page`.
pub(crate) async fn collect_pages<T, F, Fut>(mut page: F) -> Result<Vec<T>>
where
    F: FnMut(Option<String>) -> Fut,
    Fut: Future<Output = Result<(Vec<T>, Option<String>)>>,
{
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let (items, next) = page(token.clone()).await?;
        all.extend(items);
        // A service that returned the same token again would make this loop endless.
        match next.filter(|next| !next.is_empty() && Some(next) != token.as_ref()) {
            Some(next) => token = Some(next),
            None => return Ok(all),
        }
    }
}

/// Makes one attempt of a call, which takes at most `limit`.
pub(crate) async fn send<T, E, F>(clock: &dyn Clock, limit: Duration, attempt: F) -> Result<T, CallFailure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    match with_timeout(clock, limit, attempt).await {
        Some(answer) => answer.map_err(|error| CallFailure::of(&error)),
        None => Err(CallFailure::timed_out(limit)),
    }
}

/// Returns the output of `future`, or `None` if it takes longer than `limit`.
async fn with_timeout<F: Future>(clock: &dyn Clock, limit: Duration, future: F) -> Option<F::Output> {
    // Creates the sleep only when the response is not ready at once: a clock may count the creation as sleeping.
    let limit = Box::pin(async { clock.sleep(limit).await });
    match select(Box::pin(future), limit).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// The retry state of one call. Each error class has its own clock, which starts at the first failure of the class and is never restarted,
/// so that responses that alternate between two classes end too.
struct RetryBudget {
    attempts: u32,
    clocks: HashMap<ErrorClass, (Duration, u32)>,
}

impl RetryBudget {
    fn new() -> Self {
        Self { attempts: 0, clocks: HashMap::new() }
    }

    /// Returns the wait before the next attempt; `None` when the budget is exhausted.
    fn next(&mut self, cx: &Context, verdict: &Classification, class: ErrorClass) -> Option<Duration> {
        self.attempts += 1;
        let now = cx.clock.monotonic();
        let (since, same) = self.clocks.entry(class).or_insert((now, 0));
        *same += 1;
        let spent = now.saturating_sub(*since);
        let fraction = cx.random.fraction();
        let wait = match verdict.pause {
            RetryPause::ByClass => backoff(class, *same, fraction),
            // Up to a tenth longer, so that callers that wait for the same resource do not all retry at once.
            RetryPause::Usually(usual) => {
                PollInterval::Usual(usual).next(spent, None).mul_f64(1.0 + fraction.clamp(0.0, 1.0) / 10.0)
            }
            RetryPause::Lasting(lasting) => exponential(1.0, lasting.as_secs_f64() / 20.0, *same, fraction),
        };
        let wait = wait.max(verdict.retry_after.unwrap_or_default());
        (spent + wait <= verdict.retry_for).then_some(wait)
    }

    fn exhausted(&self, cx: &Context, verdict: &Classification, mut error: Error) -> Error {
        error.retries_exhausted = !verdict.retry_for.is_zero();
        let Some((since, same)) = self.clocks.get(&error.class) else { return error };
        let spent = cx.clock.monotonic().saturating_sub(*since).as_secs();
        if error.retries_exhausted && *same > 1 {
            error.message = format!("{} (still so after {spent} s and {same} attempts)", error.message);
        }
        error
    }
}

/// Returns an exponential backoff with full jitter; the minimum wait keeps two attempts apart.
pub(crate) fn backoff(class: ErrorClass, attempt: u32, fraction: f64) -> Duration {
    let (base, most) = match class {
        ErrorClass::Throttled => (1.0, 30.0),
        ErrorClass::NotVisibleYet | ErrorClass::Conflict => (1.0, 10.0),
        _ => (0.5, 10.0),
    };
    exponential(base, most, attempt, fraction)
}

/// Returns a random wait below a ceiling of `base` seconds, which doubles with each attempt up to `most`.
fn exponential(base: f64, most: f64, attempt: u32, fraction: f64) -> Duration {
    let ceiling = f64::min(base * 2f64.powi(attempt.min(16) as i32), most);
    Duration::from_secs_f64((ceiling * fraction.clamp(0.0, 1.0)).max(0.1))
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
