//! Keeping the lease alive while a run lasts, and letting no mutation start without it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::backend::Lease;
use crate::engine::Engine;
use crate::error::{Class, Error, Result};
use crate::event::Event;
use crate::interrupt::Interrupt;
use crate::ports::Clock;
use crate::waiting::take;

/// How long a lease lives without being renewed.
pub(crate) const LIFE: Duration = Duration::from_secs(60);
/// How often it is renewed.
const BEAT: Duration = Duration::from_secs(10);
/// How long it must still live for a mutation to start: longer than a call may take.
const MARGIN: Duration = Duration::from_secs(30);

struct Status {
    lease: Lease,
    lost: Option<Error>,
}

/// Lets calls of a change that has been started through as long as the lease lives: a change may take several calls, and a
/// machine may stand still between two of them.
#[derive(Clone)]
pub struct Gate {
    status: watch::Receiver<Status>,
    clock: Arc<dyn Clock>,
}

impl Gate {
    /// Lets one call through: at once if the lease lives long enough, after its renewal otherwise.
    ///
    /// # Errors
    /// [`Class::Interrupted`] if the lease is lost; then the call must not be made.
    pub(crate) async fn pass(&self) -> Result<()> {
        let mut status = self.status.clone();
        loop {
            if permitted(&status.borrow_and_update(), &*self.clock)? {
                return Ok(());
            }
            if status.changed().await.is_err() {
                return Err(Error::new(Class::Interrupted, "not started: the run has ended"));
            }
        }
    }
}

/// Whether the lease lives long enough for a call.
fn permitted(status: &Status, clock: &dyn Clock) -> Result<bool> {
    match &status.lost {
        Some(lost) => Err(Error::new(Class::Interrupted, format!("not started: the lease was lost: {}", lost.message))),
        None => Ok(status.lease.outlives(clock.now(), MARGIN)),
    }
}

/// The lease of one run.
pub(crate) struct Keeper<'e> {
    engine: &'e Engine,
    interrupt: &'e Interrupt,
    status: watch::Sender<Status>,
}

impl<'e> Keeper<'e> {
    /// Takes the lease; where another run holds it, within `wait`.
    pub(crate) async fn acquire(engine: &'e Engine, interrupt: &'e Interrupt, wait: Duration) -> Result<Self> {
        let lease = take(engine, interrupt, LIFE, wait).await?;
        engine.events.send(Event::Leased { fence: lease.fence });
        Ok(Self { engine, interrupt, status: watch::Sender::new(Status { lease, lost: None }) })
    }

    /// Renews the lease for ever; ends only when the lease is lost.
    pub(crate) async fn beat(&self) {
        while self.lost().is_none() {
            self.engine.clock.sleep(BEAT).await;
            let lease = self.lease();
            let now = self.engine.clock.now();
            match self.engine.backend.renew(&lease, now, LIFE).await {
                Ok(renewed) => {
                    self.status.send_modify(|status| status.lease = renewed);
                }
                Err(error) => {
                    let over = error.class == Class::Conflict || !lease.outlives(self.engine.clock.now(), Duration::ZERO);
                    self.engine.events.send(Event::LeaseLost { error: error.clone() });
                    self.status.send_modify(|status| status.lost = over.then_some(error));
                }
            }
        }
    }

    /// The lease as it is now.
    pub(crate) fn lease(&self) -> Lease {
        self.status.borrow().lease.clone()
    }

    /// The former holder's writes are shut out.
    pub(crate) fn secured(&self) {
        self.status.send_modify(|status| status.lease.seized = false);
    }

    /// Why the lease is lost, if it is.
    pub(crate) fn lost(&self) -> Option<Error> {
        self.status.borrow().lost.clone()
    }

    /// Completes when the lease is lost.
    pub(crate) async fn gone(&self) {
        // The sender lives in `self`, so waiting ends only with the loss.
        let _ = self.status.subscribe().wait_for(|status| status.lost.is_some()).await;
    }

    /// Lets a mutation start: at once if the lease lives long enough, after its renewal otherwise.
    ///
    /// # Errors
    /// [`Class::Interrupted`] if the lease is lost or the run was asked to stop; then nothing may be started.
    pub(crate) async fn pass(&self) -> Result<()> {
        let mut status = self.status.subscribe();
        loop {
            if self.interrupt.is_requested() {
                return Err(Error::new(Class::Interrupted, "not started: the run was asked to stop"));
            }
            if permitted(&status.borrow_and_update(), &*self.engine.clock)? {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = self.interrupt.requested() => {}
                _ = status.changed() => {}
            }
        }
    }

    /// What lets the single calls of a change through.
    pub(crate) fn gate(&self) -> Gate {
        Gate { status: self.status.subscribe(), clock: Arc::clone(&self.engine.clock) }
    }

    /// Gives the lease back.
    pub(crate) async fn release(self) -> Result<()> {
        let status = self.status.borrow();
        let (lease, lost) = (status.lease.clone(), status.lost.is_some());
        drop(status);
        drop(self.status);
        if lost { Ok(()) } else { self.engine.backend.release(lease).await }
    }
}
