//! Text on standard output.

use std::io::Write;

use crate::failure::Failure;

/// Writes to standard output; a closed pipe is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_while_read(text).map(|_| ())
}

/// Writes to standard output and returns whether somebody still reads it: `false` once the pipe is closed, as by `head`.
pub(crate) fn print_while_read(text: &str) -> Result<bool, Failure> {
    let mut out = anstream::stdout().lock();
    still_read(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes these bytes unchanged to standard output; a closed pipe is no failure.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    still_read(out.write_all(bytes).and_then(|()| out.flush())).map(|_| ())
}

fn still_read(written: std::io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("standard output: {error}"))),
    }
}

/// Returns text of unknown origin as one line or more for a terminal: without escape sequences, and other control characters than tab and
/// line feed written as `\u{7}`.
pub(crate) fn harmless(text: &str) -> String {
    let plain = anstream::adapter::strip_str(text).to_string();
    let mut shown = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '\t' | '\n' => shown.push(c),
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns a number with its noun, in the singular or the plural.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_gets_no_control_sequence() {
        assert_eq!(harmless("\u{1b}[31mred\u{1b}[0m\tand \u{7}loud\n"), "red\tand loud\n");
        assert!(!harmless("\u{1b}]0;title\u{7}\u{9b}2J\r\u{8}").chars().any(char::is_control));
    }
}
