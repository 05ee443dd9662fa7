//! The journal writer: a thread that writes all queued changes together, reports when they are on disk, and starts a snapshot from time to
//! time.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::read::journal;
use super::{fsync_dir, io, snapshot};
use crate::account_state::Change;
use crate::history::AccountHistory;
use crate::{AccountState, Failure};

/// Minimum size of the journals after the last snapshot at which a new one is made; they must also be larger than the snapshot. The
/// long-run cost of a write is then at most doubled, whatever the size of the state.
const MIN_SNAPSHOT_BYTES: u64 = 4 << 20;

/// Approximate size of the entries that changes written together are split into; one change can be larger. An entry is read as a whole.
const BATCH: usize = 4 << 20;

/// A receiver that resolves when the queued changes are on disk, or with the reason why they are not.
pub(crate) type Written = oneshot::Receiver<Result<(), String>>;

/// A queue entry.
struct Entry {
    /// The change and the state that it results in; `None` if the caller only waits for earlier entries.
    change: Option<(Change, AccountState)>,
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

/// The journal of an open state. Dropping it writes everything that is queued.
pub(super) struct Journal {
    line: Arc<WriteQueue>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    /// Starts the writer thread after these journals, given with their sizes.
    pub(super) fn start(directory: &Path, worlds: Arc<AccountHistory>, journals: Vec<(PathBuf, u64)>) -> Result<Self, Failure> {
        let line = Arc::new(WriteQueue::default());
        let writer = Writer::new(directory, worlds, Arc::clone(&line), journals)?;
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run());
        Ok(Self { line, writer: Some(thread.map_err(io(directory))?) })
    }

    pub(super) fn write(&self, change: Option<(Change, AccountState)>) -> Written {
        let (done, written) = oneshot::channel();
        self.line.queue().entries.push(Entry { change, done });
        self.line.filled.notify_one();
        written
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.line.queue().closed = true;
        self.line.filled.notify_one();
        if let Some(writer) = self.writer.take() {
            // A panic in it has already been reported by its own message.
            let _ = writer.join();
        }
    }
}

struct Writer {
    directory: PathBuf,
    worlds: Arc<AccountHistory>,
    line: Arc<WriteQueue>,
    /// Path and file of the journal that is written to; its size follows.
    current: Option<(PathBuf, File)>,
    size: u64,
    /// Earlier journals that the snapshot does not replace yet; the total size of all journals follows.
    closed: Vec<PathBuf>,
    since_snapshot: u64,
    snapshot_size: u64,
    snapshot: Option<Snapshot>,
    /// Error after which nothing can be written any more.
    broken: Option<String>,
}

/// A snapshot in progress, and the journals that it replaces.
struct Snapshot {
    thread: JoinHandle<std::io::Result<u64>>,
    replaces: Vec<PathBuf>,
}

impl Writer {
    fn new(
        directory: &Path,
        worlds: Arc<AccountHistory>,
        line: Arc<WriteQueue>,
        mut journals: Vec<(PathBuf, u64)>,
    ) -> Result<Self, Failure> {
        let since_snapshot = journals.iter().map(|(_, size)| size).sum();
        let (current, size) = match journals.pop() {
            Some((path, size)) => {
                let file = OpenOptions::new().append(true).open(&path).map_err(io(&path))?;
                (Some((path, file)), size)
            }
            None => (None, 0),
        };
        let snapshot_size = std::fs::metadata(directory.join("world.json")).map_or(0, |file| file.len());
        let closed = journals.into_iter().map(|(path, _)| path).collect();
        let directory = directory.to_owned();
        let (snapshot, broken) = (None, None);
        Ok(Self { directory, worlds, line, current, size, closed, since_snapshot, snapshot_size, snapshot, broken })
    }

    fn run(mut self) {
        while let Some(entries) = self.line.take() {
            self.write_all(entries);
            if self.snapshot.as_ref().is_some_and(|snapshot| snapshot.thread.is_finished()) {
                self.end_snapshot();
            }
            if self.snapshot.is_none()
                && self.broken.is_none()
                && self.since_snapshot > MIN_SNAPSHOT_BYTES.max(self.snapshot_size)
            {
                self.begin_snapshot();
            }
        }
        self.end_snapshot();
    }

    /// Writes the entries together, commits the resulting state, and notifies the waiting callers.
    fn write_all(&mut self, entries: Vec<Entry>) {
        let (mut changes, mut newest, mut waiting) = (Vec::new(), None, Vec::new());
        for Entry { change, done } in entries {
            if let Some((change, world)) = change {
                changes.push(change);
                newest = Some(world);
            }
            waiting.push(done);
        }
        let written = match newest {
            Some(mut world) => {
                let written = self.append(self.worlds.committed().written, &changes);
                written.map(|serial| {
                    world.written = serial;
                    self.worlds.commit(world);
                })
            }
            None => Ok(()),
        };
        if let Err(why) = &written {
            // Everything based on what could not be written is discarded with it, and all callers are notified.
            let line = &self.line;
            let later = self.worlds.roll_back(|| std::mem::take(&mut line.queue().entries));
            waiting.extend(later.into_iter().map(|entry| entry.done));
            tracing::error!("{why}");
        }
        // Callers that no longer wait are ignored.
        waiting.into_iter().for_each(|done| drop(done.send(written.clone())));
    }

    /// Writes changes after the entry `last`, all or none of them, and returns the number of the last entry afterwards.
    fn append(&mut self, last: u64, changes: &[Change]) -> Result<u64, String> {
        if let Some(why) = &self.broken {
            return Err(why.clone());
        }
        let bodies = batches(changes, BATCH)?;
        let entries = bodies.iter().zip(last + 1..).map(|(body, serial)| super::entry::write(serial, body));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let (path, file) = self.journal_for(last + 1)?;
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
        let written = entries.iter().try_for_each(|entry| file.write_all(entry)).and_then(|()| file.sync_data());
        match written.map_err(failed) {
            Ok(()) => {
                let size = entries.iter().map(|entry| entry.len() as u64).sum::<u64>();
                self.size += size;
                self.since_snapshot += size;
                Ok(last + entries.len() as u64)
            }
            Err(why) => {
                self.truncate_partial_entry();
                Err(why)
            }
        }
    }

    /// Returns the journal to write an entry to, and creates a new one if there is none.
    fn journal_for(&mut self, serial: u64) -> Result<&mut (PathBuf, File), String> {
        if self.current.is_none() {
            let path = journal(&self.directory, serial);
            // A file whose name may not be durable must not block the next attempt.
            let named = |file| fsync_dir(&self.directory).map(|()| file).inspect_err(|_| drop(std::fs::remove_file(&path)));
            let made = create(&path).and_then(named);
            let file = made.map_err(|error| format!("cannot make {}: {error}", path.display()))?;
            (self.current, self.size) = (Some((path, file)), 0);
        }
        self.current.as_mut().ok_or_else(|| "there is no journal".to_owned())
    }

    /// Truncates what was written only in part. If that fails too, nothing can be written any more.
    fn truncate_partial_entry(&mut self) {
        let Some((path, file)) = &self.current else { return };
        if let Err(error) = file.set_len(self.size).and_then(|()| file.sync_all()) {
            self.broken = Some(format!(
                "{} could not be written, nor what was written of it be taken back: {error}; nothing is changed any more until \
                 this embedded AWS is opened again",
                path.display()
            ));
        }
    }

    /// Starts a snapshot of what is written now. Later entries go to another journal.
    fn begin_snapshot(&mut self) {
        self.closed.extend(self.current.take().map(|(path, _)| path));
        (self.size, self.since_snapshot) = (0, 0);
        let (world, directory) = (self.worlds.committed(), self.directory.clone());
        let making = std::thread::Builder::new().name("snapshot".to_owned()).spawn(move || snapshot(&directory, &world));
        match making {
            Ok(thread) => self.snapshot = Some(Snapshot { thread, replaces: self.closed.clone() }),
            Err(error) => tracing::warn!("a snapshot cannot be made now: {error}"),
        }
    }

    /// Waits for the snapshot, and removes the journals that it replaces.
    fn end_snapshot(&mut self) {
        let Some(Snapshot { thread, replaces }) = self.snapshot.take() else { return };
        match thread.join() {
            Ok(Ok(size)) => {
                self.snapshot_size = size;
                self.closed.retain(|path| !replaces.contains(path));
                // A file that is left behind is recognized as part of the snapshot at the next read.
                replaces.iter().for_each(|path| drop(std::fs::remove_file(path)));
            }
            // The journals exist, so nothing is lost; the next attempt is made after the same amount has been written again.
            Ok(Err(error)) => tracing::warn!("a snapshot could not be made: {error}"),
            Err(_) => tracing::warn!("a snapshot could not be made"),
        }
    }
}

/// Returns the bodies of the entries for the changes: as many in each as fit into `most` bytes, and at least one.
fn batches(changes: &[Change], most: usize) -> Result<Vec<Vec<u8>>, String> {
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    for change in changes {
        let change = serde_json::to_vec(change).map_err(|error| format!("a change cannot be written as JSON: {error}"))?;
        match bodies.last_mut().filter(|body| body.len() + change.len() + 2 <= most) {
            Some(body) => body.push(b','),
            None => bodies.push(vec![b'[']),
        }
        bodies.last_mut().into_iter().for_each(|body| body.extend_from_slice(&change));
    }
    bodies.iter_mut().for_each(|body| body.push(b']'));
    Ok(bodies)
}

#[cfg(unix)]
fn create(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account_state::VERSION;

    #[test]
    fn batches_split_between_changes_and_round_trip() {
        let change = |n: usize| {
            let text = format!(r#"[{{"iam":{{"is":"{}"}}}}]"#, n.to_string().repeat(n));
            Change::read(text.as_bytes(), VERSION).expect("a change").remove(0)
        };
        let changes: Vec<Change> = (1..=9).map(change).collect();
        let text = |changes: &[Change]| serde_json::to_string(changes).expect("JSON");
        for most in [0, 1, 30, 60, 1000] {
            let bodies = batches(&changes, most).expect("written");
            let read: Vec<Vec<Change>> = bodies.iter().map(|body| Change::read(body, VERSION).expect("read")).collect();
            let large = |body: &&Vec<u8>| body.len() > most;
            for (body, changes) in bodies.iter().zip(&read).filter(|(body, _)| large(body)) {
                assert_eq!(changes.len(), 1, "{most}: {}", String::from_utf8_lossy(body));
            }
            assert!(most > 500 || bodies.len() > 1, "{most}");
            assert_eq!(text(&read.into_iter().flatten().collect::<Vec<_>>()), text(&changes), "{most}");
        }
        assert!(batches(&[], 30).expect("nothing").is_empty());
    }
}
