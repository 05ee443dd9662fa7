//! A test context whose clock advances only by sleeping. Its wall clock runs backwards by the same amount: no wait may depend on it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deployer_engine::{Address, Clock, Context, EventSink, Ownership, Random};
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

struct VirtualClock(Arc<Mutex<Duration>>);

const BEGINNING: OffsetDateTime = datetime!(2030-06-01 12:00 UTC);

impl Clock for VirtualClock {
    fn now(&self) -> OffsetDateTime {
        BEGINNING - self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let now = Arc::clone(&self.0);
        async move { *now.lock().unwrap_or_else(PoisonError::into_inner) += duration }.boxed()
    }
}

struct FixedRandom;

impl Random for FixedRandom {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(7)
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}

/// Returns the context of the resource at `address` in project `shop`, environment `dev`.
pub(crate) fn context(address: &str) -> Context {
    context_with_events(address, EventSink::ignore())
}

/// Returns the same context with a listener for its events.
pub(crate) fn context_with_events(address: &str, events: EventSink) -> Context {
    Context {
        address: Address::parse(address).expect("a test's address is well formed"),
        owner: Arc::new(Ownership { project: "shop".to_owned(), environment: "dev".to_owned() }),
        token: Uuid::from_u128(1),
        clock: Arc::new(VirtualClock(Arc::default())),
        random: Arc::new(FixedRandom),
        events,
        lease_guard: None,
        attempts: None,
        cache: None,
        presence_only: false,
        creation_pending: false,
        create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        former_addresses: Vec::new(),
    }
}

/// Runs `future` to completion and returns its output.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
