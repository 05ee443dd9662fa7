//! Acquisition of the lease, with a wait while another run holds it.

use std::time::Duration;

use crate::backend::{Lease, LeaseOwner};
use crate::cancellation::CancellationToken;
use crate::dual_timestamp::DualTimestamp;
use crate::engine::Engine;
use crate::error::{Error, ErrorClass, Result};
use crate::event::Event;

/// Interval between two attempts to acquire a lease that is held.
const PAUSE: Duration = Duration::from_secs(1);

/// Acquires the lease with a TTL of `life` and returns it with the time of the request.
///
/// While another run holds the lease, retries until `wait` is over and sends [`Event::SaveWaiter`] whenever the holder changes.
///
/// # Errors
/// [`ErrorClass::Conflict`] if the lease is held for all of `wait`; [`ErrorClass::Interrupted`] as soon as the run is asked to stop.
pub(crate) async fn acquire_lease(
    engine: &Engine,
    interrupt: &CancellationToken,
    life: Duration,
    wait: Duration,
) -> Result<(Lease, DualTimestamp)> {
    let begun = engine.clock.monotonic();
    let mut reported: Option<Option<LeaseOwner>> = None;
    loop {
        let asked = DualTimestamp::now(&*engine.clock);
        let error = match engine.backend.acquire(&engine.holder, engine.clock.now(), life).await {
            Ok(lease) => return Ok((lease, asked)),
            Err(error) => error,
        };
        let left = wait.saturating_sub(engine.clock.monotonic().saturating_sub(begun));
        if error.class != ErrorClass::Conflict || wait.is_zero() {
            return Err(error);
        }
        if left.is_zero() {
            return Err(Error { message: format!("{}; waited {} s for it", error.message, wait.as_secs()), ..error });
        }
        // The holder is looked up only for the message: a failed lookup does not end the wait.
        let holder = engine.backend.current_lease().await.ok().flatten().map(|held| held.holder);
        if reported.as_ref() != Some(&holder) {
            let who = holder.as_ref().map_or_else(|| "another run".to_owned(), |holder| holder.describe(engine.clock.now()));
            let message = format!("{} is in use by {who}", engine.backend.location());
            engine.events.send(Event::WaitingForLease { holder: holder.clone(), message });
            reported = Some(holder);
        }
        tokio::select! {
            biased;
            () = interrupt.cancelled() => {
                return Err(Error::new(ErrorClass::Interrupted, format!("{}; the wait for it was ended", error.message)));
            }
            () = engine.clock.sleep(PAUSE.min(left)) => {}
        }
    }
}
