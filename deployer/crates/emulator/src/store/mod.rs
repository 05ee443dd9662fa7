//! The state on disk, readable by its owner only: a snapshot, `world.json`, and journals of the changes since.
//!
//! A request is answered only after its change is in the journal and the operating system has confirmed that the journal is on disk
//! (`fdatasync`). Requests that arrive during a write are written together after it. So neither a kill at any time nor, if the disk keeps
//! what it has confirmed, a power failure loses a change that a caller was told of. A disk that confirms too early (some consumer drives
//! and virtual disks do) can lose its last moments in a power failure; only the end of the journal is lost then, and the rest is intact.
//!
//! From time to time the whole state is written as a new snapshot beside the old one and renamed over it; the journals before it are
//! removed afterwards. Every entry has a serial number and the snapshot contains that of its last entry, so a kill is harmless at each of
//! these steps.

mod entry;
mod journal;
mod read;

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs4::FileExt;

use crate::account_state::Change;
use crate::history::AccountHistory;
use crate::{AccountState, Failure};

pub(crate) use journal::Written;

/// Prefix of temporary files that are to replace the snapshot.
const UNFINISHED: &str = "world.json.new-";

/// A directory that holds a state. The lock is held until this value is dropped.
pub(crate) struct Store {
    directory: PathBuf,
    // Dropped before the lock is released.
    journal: journal::Journal,
    _lock: File,
}

/// Returns a function that wraps an I/O error with this path.
fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |source| Failure::Io { path: path.to_owned(), source }
}

impl Store {
    /// Locks the directory, reads the state in it, or stores `empty` there, and starts the journal writer.
    pub(crate) fn open(directory: &Path, empty: AccountState) -> Result<(Self, Arc<AccountHistory>), Failure> {
        let lock = lock_directory(directory)?;
        remove_unfinished(directory).map_err(io(directory))?;
        let mut stored = read::read(directory, empty)?;
        if !stored.current {
            // Before anything is written in the form of this version, so that no other version ever reads a state without it.
            snapshot(directory, &stored.world).map_err(io(&directory.join("world.json")))?;
            for (path, _) in stored.journals.drain(..) {
                fs::remove_file(&path).map_err(io(&path))?;
            }
            // Also syncs the directory's own name, if its parent can be opened.
            let _ = directory.parent().map(fsync_dir);
        }
        let worlds = Arc::new(AccountHistory::new(stored.world));
        let store = Self::start(directory, lock, &worlds, stored.journals)?;
        Ok((store, worlds))
    }

    /// Creates the store of a state without any write, in a directory that does not exist yet.
    pub(crate) fn begin(directory: &Path, worlds: &Arc<AccountHistory>) -> Result<Self, Failure> {
        let lock = lock_directory(directory)?;
        let path = directory.join("world.json");
        if path.exists() {
            let why = "it is there already, and was not when this embedded AWS was opened";
            return Err(Failure::State(format!("{}: {why}; open it again", path.display())));
        }
        snapshot(directory, &worlds.committed()).map_err(io(&path))?;
        fsync_path(directory).map_err(io(directory))?;
        Self::start(directory, lock, worlds, Vec::new())
    }

    fn start(directory: &Path, lock: File, worlds: &Arc<AccountHistory>, journals: Vec<(PathBuf, u64)>) -> Result<Self, Failure> {
        let journal = journal::Journal::start(directory, Arc::clone(worlds), journals)?;
        Ok(Self { directory: directory.to_owned(), journal, _lock: lock })
    }

    /// Queues a change, or a wait without one, after everything that is queued already; `world` is the state that it results in. The caller
    /// must hold the lock of the head, so that the entries are in the order of the changes.
    pub(crate) fn write(&self, change: Option<(Change, AccountState)>) -> Written {
        self.journal.write(change)
    }

    /// Returns the directory of function code.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.directory.join("blobs")
    }
}

/// Creates a directory, unless it exists, and takes its lock.
fn lock_directory(directory: &Path) -> Result<File, Failure> {
    fs::create_dir_all(directory.join("blobs")).map_err(io(directory))?;
    restrict(directory, 0o700).map_err(io(directory))?;
    let path = directory.join("lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
    restrict(&path, 0o600).map_err(io(&path))?;
    if FileExt::try_lock(&lock).is_err() {
        return Err(Failure::InUse { path });
    }
    Ok(lock)
}

/// Replaces the stored snapshot by one with everything written up to `world.written`, and returns its size.
fn snapshot(directory: &Path, world: &AccountState) -> std::io::Result<u64> {
    // Created with mode 0600.
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)?;
    let mut out = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    serde_json::to_writer(&mut out, world)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    let size = file.as_file().metadata()?.len();
    file.persist(directory.join("world.json"))?;
    fsync_dir(directory)?;
    Ok(size)
}

/// Syncs the name of the directory of another account or Region, and those of its parents below the root's directory.
fn fsync_path(directory: &Path) -> std::io::Result<()> {
    directory.ancestors().skip(1).take(3).filter(|above| !above.as_os_str().is_empty()).try_for_each(fsync_dir)
}

/// Syncs a directory, so that the names of its files are on disk.
#[cfg(unix)]
pub(crate) fn fsync_dir(directory: &Path) -> std::io::Result<()> {
    #[cfg(test)]
    SYNCED_DIRECTORIES.with_borrow_mut(|kept| kept.push(directory.to_owned()));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
thread_local! {
    /// Directories that this thread has synced, because nothing else shows it.
    pub(crate) static SYNCED_DIRECTORIES: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(not(unix))]
pub(crate) fn fsync_dir(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Removes temporary files of a killed process. The lock is held, so no other process is writing.
fn remove_unfinished(directory: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}
