//! What the engine needs from outside: time and randomness. Real ones are made in the binary's wiring,
//! virtual ones in the simulator.

use std::time::Duration;

use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

/// Time: reading it and letting it pass.
pub trait Clock: Send + Sync {
    /// The present moment, in UTC.
    fn now(&self) -> OffsetDateTime;
    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Randomness: ids of lineages, runs and lease owners, and the jitter of waits.
pub trait Entropy: Send + Sync {
    /// A fresh random UUID.
    fn uuid(&self) -> Uuid;
    /// A number in `0.0..1.0`.
    fn fraction(&self) -> f64;
}
