//! The journal's form: entries one after another, each a line that says what follows, and what follows.
//!
//! The line is `entry SERIAL LENGTH DIGEST CHECK`: a number that rises by one, the length of the body in bytes, the CRC-32 of the
//! body and that of the line up to there, all in hexadecimal digits of fixed width. The body is JSON and ends its line. So a
//! person can read it, every damaged byte is found, and an entry that was not written to its end is told from a damaged one: the
//! line says how much there should be.

use crc_fast::{CrcAlgorithm, checksum};

/// How long an entry's line is, with its end.
const HEAD: usize = "entry 0123456789abcdef 01234567 01234567 01234567\n".len();
/// How much of it its own check covers.
const CHECKED: usize = "entry 0123456789abcdef 01234567 01234567".len();

fn crc(bytes: &[u8]) -> u64 {
    checksum(CrcAlgorithm::Crc32IsoHdlc, bytes)
}

/// The largest body that is written. The line's eight digits could say four times as much; what is larger than this is a mistake
/// or an attack, and would be a world that takes minutes to open.
const MOST: usize = 1 << 30;

/// An entry as it is written, unless it would be too large.
pub(super) fn write(serial: u64, body: &[u8]) -> Result<Vec<u8>, String> {
    write_within(serial, body, MOST)
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

/// What a journal begins with at some place.
#[derive(Debug, PartialEq)]
pub(super) enum Next<'a> {
    /// An entry: its serial number, its body, and how many bytes it takes.
    Entry(u64, &'a [u8], usize),
    /// An entry that the journal ends within.
    Unfinished,
    /// Bytes that nobody wrote; this is wrong with them.
    Damaged(&'static str),
}

/// Reads the entry that `bytes`, which are some, begin with.
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
    fn an_entry_cut_anywhere_is_unfinished_and_one_with_any_bit_turned_is_never_taken_for_whole() {
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
    fn a_body_that_is_too_large_is_refused_before_anything_is_written_of_it() {
        assert_eq!(write_within(7, b"[1]", 3), write(7, b"[1]"));
        assert!(write_within(7, b"[1,2]", 3).expect_err("too large").contains("5 bytes"));
    }
}
