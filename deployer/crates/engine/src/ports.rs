//! What the engine needs from outside: time and randomness. Real ones are made in the binary's wiring,
//! virtual ones in the simulator.

use std::time::Duration;

use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

/// Time: reading it and letting it pass.
pub trait Clock: Send + Sync {
    /// The present moment, in UTC, by the wall clock. It may be wrong, and may be set back or forward at any time: it is for what is
    /// written down and shown.
    fn now(&self) -> OffsetDateTime;
    /// The time since some fixed moment, by a clock that nobody sets and that goes on while the machine sleeps, as far as the
    /// operating system has one. Durations, deadlines and the lease go by it.
    fn monotonic(&self) -> Duration;
    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Randomness: ids of lineages, runs and lease owners, and the jitter of waits.
pub trait Random: Send + Sync {
    /// A fresh random UUID.
    fn uuid(&self) -> Uuid;
    /// A number in `0.0..1.0`.
    fn fraction(&self) -> f64;
}
