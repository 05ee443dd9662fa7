//! Time as the embedded AWS sees it.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;

/// Time: reading it and letting it pass. Tests give a virtual one.
pub trait Clock: Send + Sync {
    /// The present moment, in UTC.
    fn now(&self) -> OffsetDateTime;
    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock as it stood when it was first read, and the time since then: what takes a while in AWS takes no longer when
/// somebody sets the machine's clock meanwhile.
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
