//! Time by both clocks, which shows that one of them was set.

use std::time::Duration;

use time::OffsetDateTime;

use crate::ports::Clock;

/// A point in time on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DualTimestamp {
    pub(crate) wall: OffsetDateTime,
    pub(crate) monotonic: Duration,
}

impl DualTimestamp {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// Returns the time elapsed since this moment at `now`, by the monotonic clock.
    pub(crate) fn age(self, now: Self) -> Duration {
        now.monotonic.saturating_sub(self.monotonic)
    }

    /// Returns by how much the two clocks have diverged since this moment.
    pub(crate) fn drift(self, now: Self) -> Duration {
        let by_wall = now.wall - self.wall;
        (by_wall - time::Duration::try_from(self.age(now)).unwrap_or(time::Duration::MAX)).unsigned_abs()
    }
}
