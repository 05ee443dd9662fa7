//! Virtual time that advances only when every task waits, and the loop that advances it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use time::macros::datetime;

/// Start time of every simulation.
const BEGINNING: OffsetDateTime = datetime!(2026-11-23 10:00 UTC);

/// A clock for the engine, the SDK and the embedded AWS. Clones share one time.
#[derive(Clone)]
pub struct Time(Arc<Mutex<ClockState>>);

struct ClockState {
    now: OffsetDateTime,
    /// Error of the deploying machine's wall clock; AWS's own clock is right.
    wall_skew: time::Duration,
    made: u64,
    timers: BTreeMap<(OffsetDateTime, u64), Waker>,
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Time").field(&self.present().now).finish()
    }
}

impl Default for Time {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(ClockState {
            now: BEGINNING,
            wall_skew: time::Duration::ZERO,
            made: 0,
            timers: BTreeMap::new(),
        })))
    }
}

/// A deadlock: every task waits, and none for a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlock;

struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Time {
    /// Creates a clock at `now`.
    pub fn at(now: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(ClockState { now, wall_skew: time::Duration::ZERO, made: 0, timers: BTreeMap::new() })))
    }

    /// Returns the current time.
    pub fn now(&self) -> OffsetDateTime {
        self.present().now
    }

    /// Returns the current time of the deploying machine's wall clock.
    pub fn wall(&self) -> OffsetDateTime {
        let present = self.present();
        present.now + present.wall_skew
    }

    /// Sets the error of the deploying machine's wall clock.
    pub fn set_wall_skew(&self, wrong_by: time::Duration) {
        self.present().wall_skew = wrong_by;
    }

    /// Advances the time without running anything.
    pub fn pass(&self, duration: Duration) {
        self.present().now += duration;
    }

    /// Completes when `duration` has passed from now.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + Sync + 'static {
        let time = self.clone();
        let mut until: Option<(OffsetDateTime, u64)> = None;
        std::future::poll_fn(move |cx| {
            let mut present = time.present();
            let (deadline, number) = *until.get_or_insert_with(|| {
                present.made += 1;
                (present.now + duration, present.made)
            });
            if present.now >= deadline {
                present.timers.remove(&(deadline, number));
                return Poll::Ready(());
            }
            present.timers.insert((deadline, number), cx.waker().clone());
            Poll::Pending
        })
    }

    /// Runs `work` to completion on this thread. Whenever it waits, time jumps to the next timer.
    ///
    /// # Errors
    /// Returns [`Deadlock`] if it waits without a timer.
    pub fn run<F: Future>(&self, work: F) -> Result<F::Output, Deadlock> {
        let woken = Arc::new(WakeFlag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut work = pin!(work);
        loop {
            while woken.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Ok(done);
                }
            }
            if !self.advance_to_next_timer() {
                return Err(Deadlock);
            }
        }
    }

    /// Advances to the next timer and wakes its task; returns false if there is none.
    fn advance_to_next_timer(&self) -> bool {
        let mut present = self.present();
        let Some(((deadline, _), waker)) = present.timers.pop_first() else { return false };
        present.now = present.now.max(deadline);
        drop(present);
        waker.wake();
        true
    }

    /// Removes all timers, whose tasks no longer exist.
    pub fn clear(&self) {
        self.present().timers.clear();
    }

    fn present(&self) -> MutexGuard<'_, ClockState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl deployer_engine::Clock for Time {
    fn now(&self) -> OffsetDateTime {
        self.wall()
    }

    fn monotonic(&self) -> Duration {
        (Self::now(self) - OffsetDateTime::UNIX_EPOCH).unsigned_abs()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Self::sleep(self, duration).boxed()
    }
}

impl deployer_emulator::Clock for Time {
    fn now(&self) -> OffsetDateTime {
        Self::now(self)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Self::sleep(self, duration).boxed()
    }
}

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        self.wall().into()
    }
}

impl AsyncSleep for Time {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(Self::sleep(self, duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_advances_by_deadline_when_all_wait() {
        let time = Time::default();
        let log = Mutex::new(Vec::new());
        let wait = |seconds: u64| {
            let (time, log) = (time.clone(), &log);
            async move {
                time.sleep(Duration::from_secs(seconds)).await;
                log.lock().expect("one thread").push((seconds, (time.now() - BEGINNING).whole_seconds()));
            }
        };
        let all = async { futures::join!(wait(30), wait(10), wait(20)) };
        assert!(time.run(all).is_ok());
        assert_eq!(*log.lock().expect("one thread"), [(10, 10), (20, 20), (30, 30)]);
    }

    #[test]
    fn waiting_for_nothing_is_told() {
        assert_eq!(Time::default().run(std::future::pending::<()>()), Err(Deadlock));
    }
}
