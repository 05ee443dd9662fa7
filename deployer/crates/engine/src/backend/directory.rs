//! State and lease in a local directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{Backend, Lease, LeaseInfo, LeaseOwner, StoredState, Version};
use crate::error::{Error, ErrorClass, Result};

/// A backend that stores `state.json`, `lease.json` and objects below `history` in one directory, which is created by the first write.
///
/// The lease is a lock on the file `lock`, so that it is released as soon as its owner dies; `lease.json` only names the owner. A state is
/// written to a temporary file beside the old one, synced to disk and renamed; only its owner can read it.
#[derive(Debug, Clone)]
pub struct Directory {
    path: PathBuf,
}

/// Maximum size in bytes of a state that is read: a hundred thousand resources.
const MAX_STATE: u64 = 256 << 20;

/// How often, and with which pause, a lock that is taken is asked for again: a process that only reads who holds it (`present`) holds it
/// for a moment.
const ATTEMPTS: u32 = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// The content of `lease.json`.
#[derive(Serialize, Deserialize)]
struct LeaseFile {
    fence: u64,
    holder: Option<LeaseOwner>,
}

/// The locked file of a directory. The lock ends with this value, or with the process.
struct DirectoryLock(File);

impl Drop for DirectoryLock {
    /// Unlocks explicitly: closing the file is not enough while a process that is just being started has a copy of it (flock(2)).
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl Directory {
    /// Creates a backend for the directory at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the path of the state file.
    pub fn state_path(&self) -> PathBuf {
        self.path.join("state.json")
    }

    fn object_path(&self, name: &str) -> PathBuf {
        self.path.join("history").join(name)
    }

    fn lease_path(&self) -> PathBuf {
        self.path.join("lease.json")
    }

    fn read_lease_file(&self) -> Option<LeaseFile> {
        serde_json::from_slice(&fs::read(self.lease_path()).ok()?).ok()
    }

    fn write_lease_file(&self, note: &LeaseFile) -> Result<()> {
        let bytes =
            serde_json::to_vec_pretty(note).map_err(|error| Error::local(format!("a lease cannot be written: {error}")))?;
        replace_file(&self.lease_path(), &bytes)
    }

    fn try_lock(&self) -> Result<Option<DirectoryLock>> {
        fs::create_dir_all(&self.path).map_err(|error| failed("make the directory", &self.path, &error))?;
        let path = self.path.join("lock");
        let file = owner_only(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .map_err(|error| failed("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(DirectoryLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, &error)),
        }
    }

    fn lock(&self, holder: &LeaseOwner, now: OffsetDateTime) -> Result<(DirectoryLock, u64)> {
        let mut lock = self.try_lock()?;
        for _ in 0..ATTEMPTS {
            if lock.is_some() {
                break;
            }
            std::thread::sleep(BETWEEN_ATTEMPTS);
            lock = self.try_lock()?;
        }
        let Some(file) = lock else { return Err(self.taken(now)) };
        let fence = self.read_lease_file().map_or(0, |note| note.fence) + 1;
        self.write_lease_file(&LeaseFile { fence, holder: Some(holder.clone()) })?;
        Ok((file, fence))
    }

    /// Returns the owner of the lock; a note whose writer has died is ignored.
    fn present(&self) -> Result<Option<LeaseInfo>> {
        if !self.path.join("lock").exists() {
            return Ok(None);
        }
        let free = self.try_lock()?.is_some();
        let note = self.read_lease_file().filter(|_| !free);
        Ok(note.and_then(|note| {
            let version = Version(String::new());
            Some(LeaseInfo { holder: note.holder?, fence: note.fence, expires: None, version })
        }))
    }

    fn clear(&self, held: &LeaseInfo) -> Result<()> {
        let Some(_file) = self.try_lock()? else {
            let message = format!(
                "{} is locked by process {} on {}, which still runs",
                self.path.display(),
                held.holder.pid,
                held.holder.host
            );
            return Err(
                Error::new(ErrorClass::Conflict, message).with_help("stop that process with Ctrl-C; the lock ends with it")
            );
        };
        match self.read_lease_file() {
            Some(note) if note.fence == held.fence => self.write_lease_file(&LeaseFile { fence: note.fence, holder: None }),
            _ => Err(Error::new(ErrorClass::Conflict, "another run acquired the lease in the meantime")
                .with_help("check the current holder, then run `deployer unlock` again")),
        }
    }

    fn taken(&self, now: OffsetDateTime) -> Error {
        let who = self
            .read_lease_file()
            .and_then(|note| note.holder)
            .map_or_else(|| "another run".to_owned(), |holder| holder.describe(now));
        Error::new(ErrorClass::Conflict, format!("{} is in use by {who}", self.path.display()))
            .with_help("wait until it ends, or stop it with Ctrl-C; when its process is dead, the lock is free")
    }

    fn write(&self, bytes: &[u8], expected: Option<&Version>) -> Result<Version> {
        let path = self.state_path();
        let current = read(&path)?.map(|bytes| version(&bytes));
        if current.as_ref() != expected {
            return Err(Error::new(
                ErrorClass::Conflict,
                format!("{} was changed by another process during this run", path.display()),
            )
            .with_help("run again; this run has not overwritten it"));
        }
        replace_file(&path, bytes)?;
        Ok(version(bytes))
    }
}

impl Backend for Directory {
    fn location(&self) -> String {
        self.state_path().display().to_string()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>> {
        let path = self.state_path();
        async move {
            let bytes = blocking(move || read(&path)).await?;
            Ok(bytes.map(|bytes| StoredState { version: version(&bytes), bytes }))
        }
        .boxed()
    }

    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, lease: &'a Lease) -> BoxFuture<'a, Result<Version>> {
        let (this, expected, guard) = (self.clone(), expected.cloned(), lease.guard.clone());
        async move {
            blocking(move || {
                let written = this.write(&bytes, expected.as_ref());
                // A run that is dropped holds the lock until its last write has ended.
                drop(guard);
                written
            })
            .await
        }
        .boxed()
    }

    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        let (this, holder) = (self.clone(), holder.clone());
        async move {
            let (file, fence) = blocking({
                let holder = holder.clone();
                move || this.lock(&holder, now)
            })
            .await?;
            Ok(Lease {
                holder,
                fence,
                expires: now + ttl,
                version: Version(String::new()),
                taken_over: false,
                guard: Some(Arc::new(file)),
            })
        }
        .boxed()
    }

    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        // The lock is held as long as the file is open; it cannot expire.
        let renewed = Lease { expires: now + ttl, ..lease.clone() };
        async move { Ok(renewed) }.boxed()
    }

    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>> {
        let this = self.clone();
        blocking(move || this.present()).boxed()
    }

    fn unlock<'a>(&'a self, held: &'a LeaseInfo) -> BoxFuture<'a, Result<()>> {
        let (this, held) = (self.clone(), held.clone());
        blocking(move || this.clear(&held)).boxed()
    }

    fn put_object<'a>(&'a self, name: &'a str, bytes: Vec<u8>, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        let (path, guard) = (self.object_path(name), lease.guard.clone());
        async move {
            blocking(move || {
                let folder = path.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).map_err(|error| failed("make the directory", folder, &error))?;
                let written = replace_file(&path, &bytes);
                drop(guard);
                written
            })
            .await
        }
        .boxed()
    }

    fn get_object<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        let path = self.object_path(name);
        blocking(move || read(&path)).boxed()
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        let this = self.clone();
        async move {
            blocking(move || {
                let written = this.write_lease_file(&LeaseFile { fence: lease.fence, holder: None });
                drop(lease);
                written
            })
            .await
        }
        .boxed()
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::local(format!("a file operation ended early: {error}")))?
}

fn version(bytes: &[u8]) -> Version {
    Version(hex::encode(Sha256::digest(bytes)))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_STATE + 1).read_to_end(&mut bytes)?;
        let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_STATE);
        if fits {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {MAX_STATE} bytes")))
        }
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Replaces the file at `path` atomically: after a crash it holds either the old or the new content in full.
fn replace_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        // Created by `tempfile` with mode 0600, which the rename preserves.
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        sync_directory(directory)
    };
    write().map_err(|error| failed("write", path, &error))
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::local(format!("cannot {what} {}: {error}", path.display()))
}
