//! The external dependencies of the engine: time and randomness. The binary's runtime provides real implementations, the simulator virtual
//! ones.

use std::time::Duration;

use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

/// A clock and timer.
pub trait Clock: Send + Sync {
    /// Returns the current time in UTC, by the wall clock. It may be wrong, and may be set back or forward at any time: it is for times
    /// that are recorded and shown.
    fn now(&self) -> OffsetDateTime;
    /// Returns the time since some fixed point, by a clock that cannot be set and that continues while the machine is suspended, as far as
    /// the operating system has one. Durations, deadlines and the lease depend on it.
    fn monotonic(&self) -> Duration;
    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// A source of randomness: IDs of lineages, runs and lease owners, and the jitter of waits.
pub trait Random: Send + Sync {
    /// Returns a fresh random UUID.
    fn uuid(&self) -> Uuid;
    /// Returns a number in `0.0..1.0`.
    fn fraction(&self) -> f64;
}
