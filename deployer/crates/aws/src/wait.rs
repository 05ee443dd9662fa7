//! Polling until a resource is usable or gone.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use deployer_engine::{Context, Error, ErrorClass, Result};

/// The result of one poll: the awaited state (`Break`), or the reason to continue polling (`Continue`).
pub(crate) type PollResult<T> = ControlFlow<T, String>;

const INITIAL_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(10);

/// The schedule of polls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PollInterval {
    /// Polls at once and then at growing intervals: the duration is unknown.
    Growing,
    /// Polls soon, because it may take much less than usual; then after half of the usual time, and at short intervals after most of it.
    Usual(Duration),
}

impl PollInterval {
    /// Returns the wait before the next poll, `passed` after the beginning and after an interval of `last`.
    pub(crate) fn next(self, passed: Duration, last: Option<Duration>) -> Duration {
        match (self, last) {
            (Self::Growing, None) => Duration::ZERO,
            (Self::Growing, Some(last)) if last.is_zero() => INITIAL_INTERVAL,
            (Self::Growing, Some(last)) => (last * 3 / 2).min(MAX_INTERVAL),
            (Self::Usual(usual), None) => (usual / 16).min(FIRST_LOOK),
            (Self::Usual(usual), _) => {
                let (half, most) = (usual / 2, usual * 3 / 4);
                let until = |time: Duration| time.checked_sub(passed).filter(|rest| !rest.is_zero());
                until(half)
                    .or_else(|| until(most))
                    .unwrap_or_else(|| (passed / 12).clamp((usual / 16).min(MIN_INTERVAL), MAX_INTERVAL))
            }
        }
    }
}

/// Longest wait before the first poll.
const FIRST_LOOK: Duration = Duration::from_millis(250);
/// Shortest interval between two polls after the first.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// Polls at growing intervals until `look` reports the awaited state, and reports as progress what it waits for.
///
/// # Errors
/// Any error of `look`; `NotYet` when `limit` has passed.
pub(crate) async fn poll_until<T, F, Fut>(cx: &Context, what: &str, limit: Duration, look: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<PollResult<T>>>,
{
    poll(cx, what, PollInterval::Growing, limit, look).await
}

/// Polls as [`poll_until`] does, for an operation that has just started and usually takes `usual`.
///
/// # Errors
/// As [`poll_until`].
pub(crate) async fn poll_until_with_estimate<T, F, Fut>(
    cx: &Context,
    what: &str,
    usual: Duration,
    limit: Duration,
    look: F,
) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<PollResult<T>>>,
{
    poll(cx, what, PollInterval::Usual(usual), limit, look).await
}

async fn poll<T, F, Fut>(cx: &Context, what: &str, pace: PollInterval, limit: Duration, mut look: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<PollResult<T>>>,
{
    let begun = cx.clock.monotonic();
    let deadline = begun + limit;
    let mut interval = pace.next(Duration::ZERO, None);
    let mut reported = String::new();
    if !interval.is_zero() {
        cx.clock.sleep(interval).await;
    }
    loop {
        let why = match look().await? {
            PollResult::Break(seen) => return Ok(seen),
            PollResult::Continue(why) => why,
        };
        let passed = cx.clock.monotonic().saturating_sub(begun);
        interval = pace.next(passed, Some(interval));
        if cx.clock.monotonic() + interval > deadline {
            let message = format!("{what}: {why}, still so after {} s", limit.as_secs());
            let error = Error { retries_exhausted: true, ..Error::new(ErrorClass::NotVisibleYet, message) };
            return Err(error.with_help("rerun to continue"));
        }
        if why != reported {
            cx.progress(format!("waiting for {what} ({why})"));
            reported = why;
        }
        cx.clock.sleep(interval).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::testing;

    #[test]
    fn it_looks_until_the_thing_is_there() {
        let cx = testing::context("table.numbers");
        let mut looks = 0;
        let seen = testing::block_on(poll_until(&cx, "the table", Duration::from_secs(60), || {
            looks += 1;
            let look = if looks < 4 { PollResult::Continue("CREATING".to_owned()) } else { PollResult::Break(looks) };
            async { Ok(look) }
        }));
        assert_eq!(seen.ok(), Some(4));
    }

    #[test]
    fn usual_times_are_met_closely_by_few_looks() {
        for (takes, most_looks, latest) in
            [(0, 1, 250), (4_000, 2, 4_000), (6_000, 3, 6_000), (8_000, 7, 8_500), (30_000, 24, 32_500)]
        {
            let cx = testing::context("table.numbers");
            let (start, mut looks) = (cx.clock.monotonic(), 0);
            let clock = std::sync::Arc::clone(&cx.clock);
            let seen = testing::block_on(poll_until_with_estimate(
                &cx,
                "the table",
                Duration::from_secs(8),
                Duration::from_secs(60),
                || {
                    looks += 1;
                    let there = clock.monotonic().saturating_sub(start) >= Duration::from_millis(takes);
                    let look = if there { PollResult::Break(()) } else { PollResult::Continue("CREATING".to_owned()) };
                    async { Ok(look) }
                },
            ));
            let took = (cx.clock.monotonic().saturating_sub(start)).as_millis();
            assert!(seen.is_ok() && looks <= most_looks && took <= latest, "{takes}: {looks} looks, {took} ms");
        }
    }

    #[test]
    fn timeout_error_names_the_last_state() {
        let cx = testing::context("table.numbers");
        let start = cx.clock.monotonic();
        let given_up = testing::block_on(poll_until(&cx, "the table", Duration::from_secs(60), || async {
            Ok(PollResult::<()>::Continue("CREATING".to_owned()))
        }));
        let error = given_up.err().filter(|error| error.class == ErrorClass::NotVisibleYet);
        assert!(error.is_some_and(|error| error.message.contains("CREATING")));
        assert!(cx.clock.monotonic().saturating_sub(start) <= Duration::from_secs(60));
    }
}
