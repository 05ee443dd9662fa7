//! The state on disk, readable by its owner only: `state.log`, a file that changes are appended to.
//!
//! A request is answered only after its change has been handed to the operating system, which writes it whatever happens to the process.
//! Requests that arrive during a write are written together after it. So a kill at any time loses no change that was acknowledged. A
//! power failure may lose the latest changes: only a snapshot is synced, before it replaces the file.
//!
//! When the file has outgrown what it holds, the whole state is written beside it and renamed over it; changes wait meanwhile, reads do not.

mod log;
mod rows;
mod writer;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::history::AccountHistory;
use crate::stored::RowChange;
use crate::{AccountState, Failure};

use log::Log;
pub(crate) use writer::Written;

const FILE: &str = "state.log";
/// Prefix of temporary files that are to replace the file.
const UNFINISHED: &str = "state.log.new-";

/// A directory that holds a state. The lock is held until this value is dropped.
pub(crate) struct Store {
    directory: PathBuf,
    // Dropped before the lock is released.
    writer: writer::Writer,
    _lock: DirectoryLock,
}

/// Returns a function that wraps an I/O error with this path.
fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |source| Failure::Io { path: path.to_owned(), source }
}

impl Store {
    /// Locks the directory, reads the state in it, or stores `empty` there, and starts the writer.
    pub(crate) fn open(directory: &Path, empty: AccountState) -> Result<(Self, Arc<AccountHistory>), Failure> {
        let lock = lock_directory(directory)?;
        remove_unfinished(directory).map_err(io(directory))?;
        let path = directory.join(FILE);
        let (log, state) = if exists(&path)? { Log::read(&path)? } else { (new_log(directory, &path, &empty)?, empty) };
        let history = Arc::new(AccountHistory::new(state));
        let writer = writer::Writer::start(&path, log, Arc::clone(&history))?;
        Ok((Self { directory: directory.to_owned(), writer, _lock: lock }, history))
    }

    /// Creates the store of a state without any write, in a directory that holds none yet.
    pub(crate) fn begin(directory: &Path, history: &Arc<AccountHistory>) -> Result<Self, Failure> {
        let lock = lock_directory(directory)?;
        let path = directory.join(FILE);
        if exists(&path)? {
            let why = "it is there already, and was not when this embedded AWS was opened";
            return Err(Failure::State(format!("{}: {why}; open it again", path.display())));
        }
        let log = create(&path, &history.committed())?;
        let writer = writer::Writer::start(&path, log, Arc::clone(history))?;
        Ok(Self { directory: directory.to_owned(), writer, _lock: lock })
    }

    /// Queues changed rows after everything that is queued already; `state` is the state that they result in. The caller must hold the
    /// lock of the head, so that the entries are in the order of the changes.
    pub(crate) fn write(&self, rows: &[RowChange], state: AccountState) -> Result<Written, String> {
        Ok(self.writer.write(Some((log::encode(rows)?, state))))
    }

    /// Returns a receiver that resolves when everything that is queued already is written.
    pub(crate) fn wait(&self) -> Written {
        self.writer.write(None)
    }

    /// Returns the directory of function code.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.directory.join("blobs")
    }
}

/// The locked file of a directory. The lock ends with this value, or with the process.
struct DirectoryLock(File);

impl Drop for DirectoryLock {
    /// Unlocks explicitly: closing the file is not enough while a process that is just being started has a copy of it (flock(2)).
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Creates a directory, unless it exists, and takes its lock.
fn lock_directory(directory: &Path) -> Result<DirectoryLock, Failure> {
    refuse_older_form(directory)?;
    fs::create_dir_all(directory.join("blobs")).map_err(io(directory))?;
    restrict(directory, 0o700).map_err(io(directory))?;
    let path = directory.join("lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
    restrict(&path, 0o600).map_err(io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(DirectoryLock(lock)),
        Err(TryLockError::WouldBlock) => Err(Failure::InUse { path }),
        Err(TryLockError::Error(source)) => Err(Failure::Io { path, source }),
    }
}

/// Refuses a directory in which an earlier version has stored a state, as a snapshot and journals.
fn refuse_older_form(directory: &Path) -> Result<(), Failure> {
    let older = |name: &str| name == "world.json" || name.starts_with("journal-");
    let mut names = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name());
    match names.find(|name| older(&name.to_string_lossy())) {
        Some(_) => Err(Failure::OlderForm { directory: directory.to_owned() }),
        None => Ok(()),
    }
}

/// Whether there is a file. A link is refused: a snapshot would replace the link, and leave what it leads to behind.
fn exists(path: &Path) -> Result<bool, Failure> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_symlink() => {
            let why = "it is a symbolic link; put the file itself there, or link the directory";
            Err(Failure::State(format!("{}: {why}", path.display())))
        }
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io(path)(error)),
    }
}

/// Creates the file in a directory that holds nothing else of a state: what its file referred to would be removed as unused.
fn new_log(directory: &Path, path: &Path, state: &AccountState) -> Result<Log, Failure> {
    let code = fs::read_dir(directory.join("blobs")).map_err(io(directory))?.next().is_some();
    if code || directory.join("accounts").exists() {
        return Err(Failure::Missing { path: path.to_owned(), directory: directory.to_owned() });
    }
    create(path, state)
}

fn create(path: &Path, state: &AccountState) -> Result<Log, Failure> {
    Log::create(path, state).map_err(Failure::State)
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
