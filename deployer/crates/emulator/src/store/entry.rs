//! The format of the journal: a sequence of entries, each a header line followed by a body.
//!
//! The line is `entry SERIAL LENGTH DIGEST CHECK`: a serial number that rises by one, the length of the body in bytes, the CRC-32 of the
//! body and that of the line up to there, all in hexadecimal digits of fixed width. The body is JSON and ends its line. So a person can
//! read the journal, every damaged byte is detected, and a partially written entry is distinguished from a damaged one by the length in its
//! line.

use crc_fast::{CrcAlgorithm, checksum};

/// Length of an entry's line, including the line feed.
const HEAD: usize = "entry 0123456789abcdef 01234567 01234567 01234567\n".len();
/// Length of the part of the line that its own checksum covers.
const CHECKED: usize = "entry 0123456789abcdef 01234567 01234567".len();

fn crc(bytes: &[u8]) -> u64 {
    checksum(CrcAlgorithm::Crc32IsoHdlc, bytes)
}

/// Maximum size of a body. Eight digits could express four times as much; a larger body is a mistake or an attack, and the state would take
/// minutes to open.
const MAX_BODY_BYTES: usize = 1 << 30;

/// Formats an entry; a body that is too large is an error.
pub(super) fn write(serial: u64, body: &[u8]) -> Result<Vec<u8>, String> {
    write_within(serial, body, MAX_BODY_BYTES)
}

fn write_within(serial: u64, body: &[u8], most: usize) -> Result<Vec<u8>, String> {
    if body.len() > most {
        return Err(format!("a change of {} bytes is larger than what can be written at once, {most}", body.len()));
    }
    let line = format!("entry {serial:016x} {:08x} {:08x}", body.len(), crc(body));
    let mut entry = format!("{line} {:08x}\n", crc(line.as_bytes())).into_bytes();
    entry.extend_from_slice(body);
    entry.push(b'\n');
    Ok(entry)
}

/// What was found at a position of a journal.
#[derive(Debug, PartialEq)]
pub(super) enum Next<'a> {
    /// An entry: its serial number, its body, and its total size in bytes.
    Entry(u64, &'a [u8], usize),
    /// An entry that is cut off by the end of the journal.
    Unfinished,
    /// Bytes that were never written, with a description of the damage.
    Damaged(&'static str),
}

/// Reads the entry at the start of `bytes`, which must not be empty.
pub(super) fn read(bytes: &[u8]) -> Next<'_> {
    let Some(head) = bytes.get(..HEAD) else {
        let begun = bytes.starts_with(b"entry ") || b"entry ".starts_with(bytes);
        return if begun { Next::Unfinished } else { Next::Damaged("here should be an entry") };
    };
    let Some((serial, length, digest)) = parse(head) else {
        return Next::Damaged("this entry's first line is not as it was written");
    };
    let end = HEAD + length;
    let Some(body) = bytes.get(HEAD..end) else { return Next::Unfinished };
    match bytes.get(end) {
        None => Next::Unfinished,
        Some(b'\n') if crc(body) == digest => Next::Entry(serial, body, end + 1),
        Some(_) => Next::Damaged("this entry is not as it was written"),
    }
}

fn parse(head: &[u8]) -> Option<(u64, usize, u64)> {
    let text = std::str::from_utf8(head).ok()?.strip_suffix('\n')?;
    let mut parts = text.split(' ');
    let (word, serial, length) = (parts.next()?, parts.next()?, parts.next()?);
    let (digest, check) = (parts.next()?, parts.next()?);
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let checked = check == format!("{:08x}", crc(&head[..CHECKED])) && word == "entry" && parts.next().is_none();
    checked.then_some(())?;
    Some((hex(serial)?, usize::try_from(hex(length)?).ok()?, hex(digest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_entry_is_never_read_as_whole() {
        let body = br#"[{"s":"x"}]"#;
        let entry = write(7, body).expect("small enough");
        assert_eq!(read(&entry), Next::Entry(7, body, entry.len()));
        for length in 1..entry.len() {
            assert_eq!(read(&entry[..length]), Next::Unfinished, "{length}");
        }
        let two = [entry.clone(), write(8, b"[]").expect("small enough")].concat();
        for bit in 0..entry.len() * 8 {
            let mut damaged = two.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&damaged), Next::Damaged(_)), "bit {bit}");
        }
        assert_eq!(read(&two[entry.len()..]), Next::Entry(8, b"[]", two.len() - entry.len()));
    }

    #[test]
    fn too_large_body_is_rejected_before_writing() {
        assert_eq!(write_within(7, b"[1]", 3), write(7, b"[1]"));
        assert!(write_within(7, b"[1,2]", 3).expect_err("too large").contains("5 bytes"));
    }
}
