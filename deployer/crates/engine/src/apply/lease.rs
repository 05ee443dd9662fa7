//! Renewal of the lease during a run, and the check that prevents mutations without a valid lease.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Either, select};
use tokio::sync::watch;

use crate::acquire::acquire_lease;
use crate::backend::Lease;
use crate::cancellation::CancellationToken;
use crate::dual_timestamp::DualTimestamp;
use crate::engine::Engine;
use crate::error::{Error, ErrorClass, Result};
use crate::event::Event;
use crate::ports::{Clock, LeaseGuard};

/// Time to live of a lease without renewal.
pub(crate) const TTL: Duration = Duration::from_secs(60);
/// Interval between two renewals.
const RENEW_INTERVAL: Duration = Duration::from_secs(10);
/// Minimum remaining validity for a mutation to start: longer than a call may take.
const MIN_REMAINING: Duration = Duration::from_secs(30);
/// Maximum drift between the wall clock and the monotonic clock between two renewals. A larger drift means that a clock was set, or that
/// the machine was suspended with all of its clocks: then the elapsed time is unknown here, and only a renewal shows whether the lease is
/// still held.
const MAX_DRIFT: Duration = Duration::from_secs(5);

/// Interval at which a change that waits for a renewal polls for it. If the renewal woke the changes, they would continue in an order that
/// no simulation could repeat.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

struct Status {
    lease: Lease,
    /// Both clocks at the time of the last acquire or renew call, read before the request was sent.
    requested_at: DualTimestamp,
    lost: Option<Error>,
}

impl Status {
    /// Whether the lease is valid for at least `margin` from now on.
    fn valid_for(&self, clock: &dyn Clock, margin: Duration) -> bool {
        self.requested_at.age(DualTimestamp::now(clock)) + margin < TTL
    }
}

/// A guard that checks the lease before each call of a change that has been started: a change may take several calls, and the machine may
/// be suspended between two of them.
struct CallGuard {
    status: watch::Receiver<Status>,
    clock: Arc<dyn Clock>,
}

impl LeaseGuard for CallGuard {
    fn check(&self) -> BoxFuture<'_, Result<()>> {
        async {
            loop {
                if permitted(&self.status.borrow(), &*self.clock)? {
                    return Ok(());
                }
                if self.status.has_changed().is_err() {
                    return Err(Error::new(ErrorClass::Interrupted, "not started: the run has ended"));
                }
                self.clock.sleep(RETRY_INTERVAL).await;
            }
        }
        .boxed()
    }
}

/// Returns whether the lease is valid for long enough for a call.
fn permitted(status: &Status, clock: &dyn Clock) -> Result<bool> {
    match &status.lost {
        Some(lost) => Err(Error::new(ErrorClass::Interrupted, format!("not started: the lease was lost: {}", lost.message))),
        None => Ok(status.valid_for(clock, MIN_REMAINING) && status.requested_at.drift(DualTimestamp::now(clock)) <= MAX_DRIFT),
    }
}

/// The lease of one run and its renewal.
pub(crate) struct LeaseRenewer<'e> {
    engine: &'e Engine,
    cancellation: &'e CancellationToken,
    status: watch::Sender<Status>,
}

impl<'e> LeaseRenewer<'e> {
    /// Acquires the lease; while another run holds it, waits for at most `wait`.
    pub(crate) async fn acquire(engine: &'e Engine, interrupt: &'e CancellationToken, wait: Duration) -> Result<Self> {
        let (lease, asked) = acquire_lease(engine, interrupt, TTL, wait).await?;
        engine.events.send(Event::LeaseAcquired { fence: lease.fence });
        Ok(Self {
            engine,
            cancellation: interrupt,
            status: watch::Sender::new(Status { lease, requested_at: asked, lost: None }),
        })
    }

    /// Runs `work` and renews the lease meanwhile. Losing the lease does not stop the work, which detects that and ends by itself.
    pub(crate) async fn renew_during<T>(&self, work: impl Future<Output = T>) -> T {
        match select(Box::pin(work), Box::pin(self.renew_until_lost())).await {
            Either::Left((result, _)) => result,
            Either::Right(((), work)) => work.await,
        }
    }

    /// Renews the lease periodically; ends only when the lease is lost.
    async fn renew_until_lost(&self) {
        while self.lost().is_none() {
            self.engine.clock.sleep(RENEW_INTERVAL).await;
            let lease = self.lease();
            let asked = DualTimestamp::now(&*self.engine.clock);
            match self.engine.backend.renew(&lease, asked.wall, TTL).await {
                Ok(renewed) => {
                    self.status.send_modify(|status| (status.lease, status.requested_at) = (renewed, asked));
                }
                Err(error) => {
                    let lapsed = !self.status.borrow().valid_for(&*self.engine.clock, Duration::ZERO);
                    let over = error.class == ErrorClass::Conflict || lapsed;
                    self.engine.events.send(Event::LeaseLost { error: error.clone() });
                    self.status.send_modify(|status| status.lost = over.then_some(error));
                }
            }
        }
    }

    /// Returns the current lease.
    pub(crate) fn lease(&self) -> Lease {
        self.status.borrow().lease.clone()
    }

    /// Records that writes of the former holder are rejected from now on.
    pub(crate) fn clear_taken_over(&self) {
        self.status.send_modify(|status| status.lease.taken_over = false);
    }

    /// Returns the error with which the lease was lost, if it was.
    pub(crate) fn lost(&self) -> Option<Error> {
        self.status.borrow().lost.clone()
    }

    /// Completes when the lease is lost.
    pub(crate) async fn wait_until_lost(&self) {
        // The sender lives in `self`, so the wait ends only when the lease is lost.
        let _ = self.status.subscribe().wait_for(|status| status.lost.is_some()).await;
    }

    /// Waits until a mutation may start: immediately if the lease is valid for long enough, otherwise after its renewal.
    ///
    /// # Errors
    /// [`ErrorClass::Interrupted`] if the lease is lost or the run was asked to stop; then nothing may be started.
    pub(crate) async fn check(&self) -> Result<()> {
        loop {
            if self.cancellation.is_cancelled() {
                return Err(Error::new(ErrorClass::Interrupted, "not started: the run was asked to stop"));
            }
            if permitted(&self.status.borrow(), &*self.engine.clock)? {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = self.cancellation.cancelled() => {}
                () = self.engine.clock.sleep(RETRY_INTERVAL) => {}
            }
        }
    }

    /// Returns a guard for the individual calls of a change.
    pub(crate) fn guard(&self) -> Arc<dyn LeaseGuard> {
        Arc::new(CallGuard { status: self.status.subscribe(), clock: Arc::clone(&self.engine.clock) })
    }

    /// Releases the lease unless it was lost, and reports a failure to do so.
    pub(crate) async fn release(self) {
        let Self { engine, status, .. } = self;
        let (lease, lost) = (status.borrow().lease.clone(), status.borrow().lost.is_some());
        drop(status);
        if !lost && let Err(error) = engine.backend.release(lease).await {
            engine.events.send(Event::LeaseLost { error });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::backend::{LeaseOwner, Version};

    /// Two clocks that are advanced independently.
    struct Two(Mutex<DualTimestamp>);

    impl Two {
        fn check(&self, monotonic: i64, wall: i64) {
            let mut moment = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            moment.monotonic += Duration::from_secs(monotonic.unsigned_abs());
            moment.wall += time::Duration::seconds(wall);
        }
    }

    impl Clock for Two {
        fn now(&self) -> OffsetDateTime {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).wall
        }

        fn monotonic(&self) -> Duration {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).monotonic
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            std::future::ready(()).boxed()
        }
    }

    fn taken(clock: &Two) -> Status {
        let holder =
            LeaseOwner { id: Uuid::nil(), host: "here".into(), pid: 1, command: "deployer apply".into(), since: clock.now() };
        let (version, expires) = (Version(String::new()), clock.now() + TTL);
        let lease = Lease { holder, fence: 1, expires, version, taken_over: false, guard: None };
        Status { lease, requested_at: DualTimestamp::now(clock), lost: None }
    }

    #[test]
    fn change_waits_for_renewal_after_every_gap() {
        // Seconds on the monotonic clock and on the wall clock, and whether a change may start immediately.
        for (monotonic, wall, may) in [
            (0, 0, true),
            (10, 10, true),
            (29, 29, true),
            (31, 31, false),
            // The machine was suspended, and its wall clock was set back before it resumed.
            (100, -200, false),
            // The wall clock was corrected without a suspension: harmless, but indistinguishable here.
            (1, -120, false),
            (1, 7_200, false),
            // All clocks of a frozen machine were suspended; its wall clock was corrected afterwards.
            (0, 90, false),
            // A wall clock that is slewed.
            (10, 12, true),
        ] {
            let clock = Two(Mutex::new(DualTimestamp { wall: OffsetDateTime::UNIX_EPOCH, monotonic: Duration::ZERO }));
            let mut status = taken(&clock);
            clock.check(monotonic, wall);
            assert_eq!(permitted(&status, &clock).ok(), Some(may), "{monotonic} s, {wall} s");
            status.requested_at = DualTimestamp::now(&clock);
            assert_eq!(permitted(&status, &clock).ok(), Some(true), "renewed after {monotonic} s, {wall} s");
        }
    }
}
