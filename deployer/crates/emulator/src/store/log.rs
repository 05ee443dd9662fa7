//! The file of a state: a first line that names the form, and entries of changed rows.
//!
//! An entry is a head of 12 bytes and a body. The head has the length of the body, the CRC-32 of the body, and the CRC-32 of these and the
//! previous head, all as little-endian 32-bit numbers. So every damaged, missing or moved entry is detected, and an entry that a kill has
//! cut off is distinguished from a damaged one. A body is a sequence of rows: the lengths of path and value, path, value.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crc_fast::{CrcAlgorithm, checksum};

use super::rows::Rows;
use super::{UNFINISHED, io};
use crate::stored::{RowChange, changes};
use crate::{AccountState, Failure};

/// The first line of the file.
const FORM: &[u8] = b"embedded AWS, form 4\n";
const HEAD: usize = 12;
/// Length of the value of a removed row.
const REMOVED: u32 = u32::MAX;
/// Maximum size of an entry. A larger one is a mistake or an attack, and the state would take minutes to open.
const MAX_ENTRY_BYTES: usize = 1 << 30;
/// Minimum size at which a file is replaced by a snapshot.
const MIN_SNAPSHOT_BYTES: u64 = 4 << 20;
/// Approximate size of the entries of a snapshot.
const SNAPSHOT_ENTRY_BYTES: usize = 1 << 20;

fn crc(bytes: &[u8]) -> u32 {
    // The algorithm's checksums have 32 bits.
    checksum(CrcAlgorithm::Crc32IsoHdlc, bytes) as u32
}

/// Returns the body of an entry; one that is too large is an error.
pub(super) fn encode(rows: &[RowChange]) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    for RowChange { path, value } in rows {
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).ok().filter(|size| *size < REMOVED);
        let sizes = size(path).zip(value.as_deref().map_or(Some(REMOVED), size));
        let (path_size, value_size) = sizes.ok_or("a row is larger than 4 GB")?;
        body.extend_from_slice(&path_size.to_le_bytes());
        body.extend_from_slice(&value_size.to_le_bytes());
        body.extend_from_slice(path);
        body.extend_from_slice(value.as_deref().unwrap_or_default());
    }
    match body.len() {
        0..=MAX_ENTRY_BYTES => Ok(body),
        size => Err(format!("a change of {size} bytes is larger than what can be written at once, {MAX_ENTRY_BYTES}")),
    }
}

/// Takes a number from the start of the bytes.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

/// Takes a row from the start of a body.
fn row<'a>(body: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let (path_size, value_size) = (number(body)?, number(body)?);
    let mut take = |size: u32| {
        let (taken, rest) = body.split_at_checked(usize::try_from(size).ok()?)?;
        *body = rest;
        Some(taken)
    };
    let path = take(path_size)?;
    Some((path, if value_size == REMOVED { None } else { Some(take(value_size)?) }))
}

/// A file that is appended to.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    size: u64,
    /// Size of what was not written over when it was opened or made.
    live: u64,
    /// Checksum of the last head.
    check: u32,
    /// Whether a failed write has left bytes after `size` that could not be cut off.
    torn: bool,
}

impl Log {
    /// Writes all rows of a state beside the file, and replaces the file by them.
    pub(super) fn create(path: &Path, state: &AccountState) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
        // Created with mode 0600.
        let made = tempfile::Builder::new().prefix(UNFINISHED).append(true).tempfile_in(path.parent().unwrap_or(path));
        let (mut file, name) = made.map_err(failed)?.into_parts();
        file.write_all(FORM).map_err(failed)?;
        let mut log = Self { path: path.to_owned(), file, size: FORM.len() as u64, live: 0, check: 0, torn: false };
        let mut body = Vec::new();
        for row in &changes(state, None)? {
            body.extend(encode(std::slice::from_ref(row))?);
            if body.len() >= SNAPSHOT_ENTRY_BYTES {
                log.append(&[std::mem::take(&mut body)])?;
            }
        }
        log.append(&[body])?;
        log.live = log.size;
        // It replaces a file that may be on the disk since long ago.
        log.file.sync_all().map_err(failed)?;
        name.persist(path).map_err(|error| failed(error.error))?;
        Ok(log)
    }

    /// Reads the state from a file, and removes an incomplete entry at its end.
    pub(super) fn read(path: &Path) -> Result<(Self, AccountState), Failure> {
        let bytes = std::fs::read(path).map_err(io(path))?;
        let unreadable = |reason: String| Failure::Unreadable { path: path.to_owned(), reason };
        let mut rest = bytes.strip_prefix(FORM).ok_or_else(|| unreadable("its first line is another one".to_owned()))?;
        let (mut rows, mut check) = (Rows::default(), 0);
        while !rest.is_empty() {
            let place = bytes.len() - rest.len();
            match entry(rest, check) {
                Err(reason) if rows.read::<AccountState>().is_ok() => {
                    return Err(Failure::Damaged { path: path.to_owned(), place, reason: reason.to_owned() });
                }
                Err(reason) => return Err(unreadable(format!("it is damaged at byte {place}: {reason}"))),
                Ok(Some((mut body, next))) => {
                    rest = &rest[HEAD + body.len()..];
                    check = next;
                    while !body.is_empty() {
                        let (path, value) = row(&mut body).ok_or_else(|| unreadable("a row has no end".to_owned()))?;
                        rows.apply(path, value);
                    }
                }
                Ok(None) => {
                    tracing::info!("{} ends with an incomplete entry, which was never confirmed; removing it", path.display());
                    break;
                }
            }
        }
        let state = rows.read().map_err(unreadable)?;
        let size = (bytes.len() - rest.len()) as u64;
        let file = OpenOptions::new().append(true).open(path).map_err(io(path))?;
        if !rest.is_empty() {
            file.set_len(size).map_err(io(path))?;
        }
        Ok((Self { path: path.to_owned(), file, size, live: rows.size(), check, torn: false }, state))
    }

    /// Replaces the file by a snapshot of what it holds, if it is much larger than that: so snapshots at most double the long-run cost of a
    /// write, whatever the size of the state. If that fails, the next attempt is made when the file is twice as large.
    pub(super) fn shrink(&mut self, state: impl FnOnce() -> AccountState) {
        if self.size > MIN_SNAPSHOT_BYTES.max(2 * self.live) {
            match Self::create(&self.path, &state()) {
                Ok(log) => *self = log,
                Err(error) => {
                    tracing::warn!("a snapshot could not be made: {error}");
                    self.live = self.size;
                }
            }
        }
    }

    /// Appends entries with these bodies, all or none of them.
    pub(super) fn append(&mut self, bodies: &[Vec<u8>]) -> Result<(), String> {
        let (mut bytes, mut check) = (Vec::new(), self.check);
        bodies.iter().for_each(|body| check = frame(body, check, &mut bytes));
        let cut = if self.torn { self.file.set_len(self.size) } else { Ok(()) };
        let written = cut.and_then(|()| self.file.write_all(&bytes));
        // Whole entries of a group that failed must not be read after a restart.
        self.torn = written.is_err() && self.file.set_len(self.size).is_err();
        written.map_err(|error| format!("cannot write {}: {error}", self.path.display()))?;
        (self.size, self.check) = (self.size + bytes.len() as u64, check);
        Ok(())
    }
}

/// Appends an entry to the bytes, and returns the checksum of its head.
fn frame(body: &[u8], previous: u32, bytes: &mut Vec<u8>) -> u32 {
    let start = bytes.len();
    // A body has at most `MAX_ENTRY_BYTES`.
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&crc(body).to_le_bytes());
    let check = chained(previous, &bytes[start..]);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes.extend_from_slice(body);
    check
}

fn chained(previous: u32, head: &[u8]) -> u32 {
    crc(&[&previous.to_le_bytes(), head].concat())
}

/// Returns the body of the entry at the start of the bytes and the checksum of its head, or `None` if the end of the file cuts it off.
fn entry(bytes: &[u8], previous: u32) -> Result<Option<(&[u8], u32)>, &'static str> {
    let Some((head, rest)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
    let mut numbers = head;
    let (Some(size), Some(digest), Some(check)) = (number(&mut numbers), number(&mut numbers), number(&mut numbers)) else {
        return Ok(None);
    };
    if check != chained(previous, &head[..8]) {
        return Err("here should be another entry");
    }
    match rest.get(..size as usize) {
        None => Ok(None),
        Some(body) if crc(body) == digest => Ok(Some((body, check))),
        Some(_) => Err("this entry is not as it was written"),
    }
}
