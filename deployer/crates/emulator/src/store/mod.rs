//! The world on disk, readable by its owner only: a snapshot, `world.json`, and journals of what has changed since.
//!
//! A call is answered only after its change is in the journal and the operating system has said that the journal is on the disk
//! (`fdatasync`). Calls that come while it writes are written together after it. So neither a kill at any moment nor, as far as
//! the disk keeps what it says, a loss of power takes back what a caller was told. A disk that says so too early (some consumer
//! drives and virtual disks do) can lose its last moments with the power; what is lost then is the end of the journal, and the
//! rest is whole.
//!
//! Now and then the whole world is written as a new snapshot beside the old one and put in its place by renaming; the journals
//! before it are removed after that. Every entry has a serial number and the snapshot says which is the last in it, so that it
//! does not matter at which of these steps a kill comes.

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
use crate::{Failure, AccountState};

pub(crate) use journal::Written;

/// How the files start that are to replace the world.
const UNFINISHED: &str = "world.json.new-";

/// The directory that holds a world. The lock lives as long as this value.
pub(crate) struct Store {
    directory: PathBuf,
    // Ended before the lock is given up.
    journal: journal::Journal,
    _lock: File,
}

/// A failure to read or write at a path.
fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |source| Failure::Io { path: path.to_owned(), source }
}

impl Store {
    /// Takes the directory's lock, reads the world in it, or puts `empty` there, and is ready to write what changes.
    pub(crate) fn open(directory: &Path, empty: AccountState) -> Result<(Self, Arc<AccountHistory>), Failure> {
        let lock = claim(directory)?;
        remove_unfinished(directory).map_err(io(directory))?;
        let mut stored = read::read(directory, empty)?;
        if !stored.current {
            // Before anything is written in the form of this version, so that no other version ever reads a world without it.
            snapshot(directory, &stored.world).map_err(io(&directory.join("world.json")))?;
            for (path, _) in stored.journals.drain(..) {
                fs::remove_file(&path).map_err(io(&path))?;
            }
            // Its own name too, as far as whoever made what it is in lets us.
            let _ = directory.parent().map(fsync_dir);
        }
        let worlds = Arc::new(AccountHistory::new(stored.world));
        let store = Self::start(directory, lock, &worlds, stored.journals)?;
        Ok((store, worlds))
    }

    /// Begins to keep a world that nothing has been written in yet, in a directory where there is none.
    pub(crate) fn begin(directory: &Path, worlds: &Arc<AccountHistory>) -> Result<Self, Failure> {
        let lock = claim(directory)?;
        let path = directory.join("world.json");
        if path.exists() {
            let why = "it is there already, and was not when this embedded AWS was opened";
            return Err(Failure::State(format!("{}: {why}; open it again", path.display())));
        }
        snapshot(directory, &worlds.committed()).map_err(io(&path))?;
        keep_way(directory).map_err(io(directory))?;
        Self::start(directory, lock, worlds, Vec::new())
    }

    fn start(directory: &Path, lock: File, worlds: &Arc<AccountHistory>, journals: Vec<(PathBuf, u64)>) -> Result<Self, Failure> {
        let journal = journal::Journal::start(directory, Arc::clone(worlds), journals)?;
        Ok(Self { directory: directory.to_owned(), journal, _lock: lock })
    }

    /// Has a change written, or nothing, after everything that was handed over before; `world` is what it makes. To be called by
    /// whoever holds the newest world, so that the order of the entries is that of the changes.
    pub(crate) fn write(&self, change: Option<(Change, AccountState)>) -> Written {
        self.journal.write(change)
    }

    /// Where function code is kept.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.directory.join("blobs")
    }
}

/// Makes a directory, if it is not there, and takes its lock.
fn claim(directory: &Path) -> Result<File, Failure> {
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

/// Replaces the stored world by one that has everything written up to `world.written`, and gives its size.
fn snapshot(directory: &Path, world: &AccountState) -> std::io::Result<u64> {
    // Made with mode 0600.
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

/// Puts on the disk the name of a directory of another account or Region, and of those that lead to it from the first one's.
fn keep_way(directory: &Path) -> std::io::Result<()> {
    directory.ancestors().skip(1).take(3).filter(|above| !above.as_os_str().is_empty()).try_for_each(fsync_dir)
}

/// Puts on the disk which files are in a directory.
#[cfg(unix)]
pub(crate) fn fsync_dir(directory: &Path) -> std::io::Result<()> {
    #[cfg(test)]
    KEPT.with_borrow_mut(|kept| kept.push(directory.to_owned()));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
thread_local! {
    /// The directories whose names this thread has put on the disk, because nothing else shows that.
    pub(crate) static KEPT: std::cell::RefCell<Vec<PathBuf>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(not(unix))]
pub(crate) fn fsync_dir(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Removes what a killed process left behind. The lock is held, so nobody else is writing.
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
