//! Time in the embedded AWS.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;

/// A clock that reads the time and sleeps. Tests pass a virtual one.
pub trait Clock: Send + Sync {
    /// Returns the current time in UTC.
    fn now(&self) -> OffsetDateTime;
    /// Returns a future that completes after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The system clock, read once and advanced by monotonic time, so that delays are unaffected when the system clock is set.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

static BEGINNING: LazyLock<(OffsetDateTime, Instant)> = LazyLock::new(|| (OffsetDateTime::now_utc(), Instant::now()));

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        let (wall, since) = *BEGINNING;
        wall + since.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
