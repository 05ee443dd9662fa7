//! Reading a stored state: the snapshot, and every entry of the journals after it.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use super::entry::{self, Next};
use super::io;
use crate::account_state::{Change, VERSION};
use crate::{AccountState, Failure};

/// Prefix of the names of journals; the serial number of the first entry follows.
const JOURNAL: &str = "journal-";

/// Returns the path of the journal that starts with this entry.
pub(super) fn journal(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{JOURNAL}{first:016x}"))
}

/// The contents of a store directory.
pub(super) struct Stored {
    pub(super) world: AccountState,
    /// Whether there is a snapshot in the form of this version.
    pub(super) current: bool,
    /// Journals that have entries after the snapshot, in order, with their sizes.
    pub(super) journals: Vec<(PathBuf, u64)>,
}

/// Reads the state in `directory`, or returns `empty` if there is none; truncates a partially written entry at the end of the last journal.
pub(super) fn read(directory: &Path, empty: AccountState) -> Result<Stored, Failure> {
    let path = directory.join("world.json");
    let all = journals(directory)?;
    // A state of version 1 has no journal, and without a snapshot no journal is continued.
    let (mut world, version) = match fs::read(&path) {
        Ok(bytes) => AccountState::from_json(&bytes).map_err(|reason| Failure::Unreadable { path: path.clone(), reason })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (empty, 1),
        Err(source) => return Err(Failure::Io { path, source }),
    };
    if let (1, Some((_, path))) = (version, all.first()) {
        let reason = format!("it continues a world of a later version than {}", directory.join("world.json").display());
        return Err(Failure::Damaged { path: path.clone(), place: 0, reason });
    }
    let mut journals = Vec::new();
    for (n, (_, path)) in all.iter().enumerate() {
        let size = replay(&mut world, version, path, n + 1 == all.len())?;
        if size.used {
            journals.push((path.clone(), size.bytes));
        } else {
            // The snapshot contains all of it: the process was killed before this journal was removed.
            fs::remove_file(path).map_err(io(path))?;
        }
    }
    Ok(Stored { world, current: version == VERSION, journals })
}

/// Returns the journals by the serial numbers of their first entries.
fn journals(directory: &Path) -> Result<Vec<(u64, PathBuf)>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(io(directory))? {
        let entry = entry.map_err(io(directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let first = name.strip_prefix(JOURNAL).and_then(|first| u64::from_str_radix(first, 16).ok());
        found.extend(first.map(|first| (first, entry.path())));
    }
    found.sort();
    Ok(found)
}

struct Replayed {
    /// Whether it has an entry that is not in the snapshot.
    used: bool,
    bytes: u64,
}

/// Applies the changes of one journal. Only the last journal may end within an entry: another one is started only after a completely
/// written entry.
fn replay(world: &mut AccountState, version: u32, path: &Path, last: bool) -> Result<Replayed, Failure> {
    let bytes = fs::read(path).map_err(io(path))?;
    let damaged = |place: usize, reason: String| Failure::Damaged { path: path.to_owned(), place, reason };
    let (mut place, mut used) = (0, false);
    while place < bytes.len() {
        match entry::read(&bytes[place..]) {
            Next::Entry(serial, body, length) => {
                if serial > world.written {
                    if serial > world.written + 1 {
                        let missing = format!("entry {serial} follows entry {}: what was between is missing", world.written);
                        return Err(damaged(place, missing));
                    }
                    let changes = Change::read(body, version).map_err(|error| damaged(place, error))?;
                    let made = changes.into_iter().try_for_each(|change| world.replay(change));
                    made.map_err(|error| damaged(place, error))?;
                    world.written = serial;
                    used = true;
                }
                place += length;
            }
            Next::Unfinished if last => {
                tracing::info!("{} ends with an incomplete entry, which was never confirmed; truncating it", path.display());
                cut(path, place as u64).map_err(io(path))?;
                break;
            }
            Next::Unfinished => return Err(damaged(place, "this entry's end is missing".to_owned())),
            Next::Damaged(reason) => return Err(damaged(place, reason.to_owned())),
        }
    }
    Ok(Replayed { used, bytes: place as u64 })
}

fn cut(path: &Path, length: u64) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}
