//! The thread that writes all queued changes together.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::io;
use super::log::Log;
use crate::history::AccountHistory;
use crate::{AccountState, Failure};

/// A receiver that resolves when the queued changes are written, or with the reason why they are not.
pub(crate) type Written = oneshot::Receiver<Result<(), String>>;

/// A queue entry.
struct Entry {
    /// The body of an entry and the state that it results in; `None` if the caller only waits for earlier entries.
    change: Option<(Vec<u8>, AccountState)>,
    done: oneshot::Sender<Result<(), String>>,
}

#[derive(Default)]
struct Queue {
    entries: Vec<Entry>,
    closed: bool,
}

#[derive(Default)]
struct WriteQueue {
    queue: Mutex<Queue>,
    filled: Condvar,
}

impl WriteQueue {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for entries and takes them all; returns `None` when the queue is closed.
    fn take(&self) -> Option<Vec<Entry>> {
        let queue = self.filled.wait_while(self.queue(), |queue| queue.entries.is_empty() && !queue.closed);
        let entries = std::mem::take(&mut queue.unwrap_or_else(PoisonError::into_inner).entries);
        (!entries.is_empty()).then_some(entries)
    }
}

/// The writer of an open state. Dropping it writes everything that is queued.
pub(super) struct Writer {
    queue: Arc<WriteQueue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(path: &Path, log: Log, history: Arc<AccountHistory>) -> Result<Self, Failure> {
        let queue = Arc::new(WriteQueue::default());
        let task = Task { log, history, queue: Arc::clone(&queue) };
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || task.run());
        Ok(Self { queue, thread: Some(thread.map_err(io(path))?) })
    }

    pub(super) fn write(&self, change: Option<(Vec<u8>, AccountState)>) -> Written {
        let (done, written) = oneshot::channel();
        self.queue.queue().entries.push(Entry { change, done });
        self.queue.filled.notify_one();
        written
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.queue().closed = true;
        self.queue.filled.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic in it has already been reported by its own message.
            let _ = thread.join();
        }
    }
}

struct Task {
    log: Log,
    history: Arc<AccountHistory>,
    queue: Arc<WriteQueue>,
}

impl Task {
    fn run(mut self) {
        while let Some(entries) = self.queue.take() {
            self.write_all(entries);
            self.log.shrink(|| self.history.committed());
        }
    }

    /// Writes the entries together, commits the resulting state, and notifies the waiting callers.
    fn write_all(&mut self, entries: Vec<Entry>) {
        let (mut bodies, mut newest, mut waiting) = (Vec::new(), None, Vec::new());
        for Entry { change, done } in entries {
            if let Some((body, state)) = change {
                bodies.push(body);
                newest = Some(state);
            }
            waiting.push(done);
        }
        let written = newest.map_or(Ok(()), |state| {
            self.log.append(&bodies)?;
            self.history.commit(state);
            Ok(())
        });
        if let Err(why) = &written {
            // Everything based on what could not be written is discarded with it, and all callers are notified.
            let later = self.history.roll_back(|| std::mem::take(&mut self.queue.queue().entries));
            waiting.extend(later.into_iter().map(|entry| entry.done));
            tracing::error!("{why}");
        }
        // Callers that no longer wait are ignored.
        waiting.into_iter().for_each(|done| drop(done.send(written.clone())));
    }
}
