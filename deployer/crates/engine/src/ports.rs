//! The interfaces of what the engine's lower files need and do not contain: time and randomness, which the binary's runtime or the simulator
//! provides, and the checks and reports of a run, which the execution of a plan provides.

use std::time::Duration;

use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::address::Address;
use crate::error::Result;

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

/// The check that a run still holds its lease.
pub trait LeaseGuard: Send + Sync {
    /// Waits until a call is permitted: immediately if the lease is valid for long enough, otherwise after its renewal.
    ///
    /// # Errors
    /// [`ErrorClass::Interrupted`](crate::ErrorClass::Interrupted) if the lease is lost; then the call must not be made.
    fn check(&self) -> BoxFuture<'_, Result<()>>;
}

/// A recorder of attempts that count against a provider quota.
pub trait AttemptRecorder: Send + Sync {
    /// Records one attempt. `dedup_keys` identify it, so that it is not counted twice.
    fn record(&self, address: &Address, dedup_keys: Vec<String>);
}
