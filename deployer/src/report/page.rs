//! Text wrapped at the width of the terminal, with a hanging indent for continued lines.

use anstyle::Style as Ansi;
use unicode_width::UnicodeWidthChar;

/// Minimum line width, however narrow the terminal; narrower text would be unreadable.
const NARROWEST: usize = 40;

/// A part of a line in one style.
pub(super) struct Span(Ansi, String);

/// Returns a span without a style.
pub(super) fn plain(text: impl Into<String>) -> Span {
    Span(Ansi::new(), text.into())
}

/// Returns a span in a style.
pub(super) fn styled(style: Ansi, text: impl Into<String>) -> Span {
    Span(style, text.into())
}

/// Wrapped lines of text.
pub(super) struct Page {
    width: Option<usize>,
    text: String,
}

impl Page {
    /// Creates a page with lines of at most `width` columns; `None` disables wrapping.
    pub(super) fn new(width: Option<usize>) -> Self {
        Self { width: width.map(|width| width.max(NARROWEST)), text: String::new() }
    }

    /// Adds a line that begins at column `indent`; its continued lines are indented by `hang` more columns. Control characters are escaped,
    /// since values come from untrusted sources.
    pub(super) fn line(&mut self, indent: usize, hang: usize, spans: &[Span]) {
        let characters: Vec<(char, usize)> = spans
            .iter()
            .enumerate()
            .flat_map(|(span, Span(_, text))| text.chars().flat_map(move |c| escaped(c).map(move |c| (c, span))))
            .collect();
        let mut rest = characters.as_slice();
        let mut indent = indent;
        let hang = indent + hang;
        loop {
            let end = self.width.map_or(rest.len(), |width| fitting(rest, width.saturating_sub(indent).max(8)));
            let (line, behind) = rest.split_at(end);
            self.write(indent, line, spans);
            let spaces = behind.iter().take_while(|(c, _)| *c == ' ').count();
            rest = &behind[spaces..];
            indent = hang;
            if rest.is_empty() {
                break;
            }
        }
    }

    /// Adds text of several lines, with a head before the first.
    pub(super) fn paragraph(&mut self, indent: usize, hang: usize, head: Span, text: &str) {
        let mut lines = text.lines();
        self.line(indent, hang, &[head, plain(lines.next().unwrap_or_default())]);
        lines.for_each(|line| self.line(indent + hang, 2, &[plain(line.trim_start())]));
    }

    /// Adds an empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds a line in one style.
    pub(super) fn text(&mut self, indent: usize, hang: usize, style: Ansi, text: impl Into<String>) {
        self.line(indent, hang, &[styled(style, text)]);
    }

    fn write(&mut self, indent: usize, line: &[(char, usize)], spans: &[Span]) {
        let end = line.iter().rposition(|(c, _)| *c != ' ').map_or(0, |last| last + 1);
        self.text.extend(std::iter::repeat_n(' ', if end == 0 { 0 } else { indent }));
        for run in line[..end].chunk_by(|one, other| one.1 == other.1) {
            let style = run.first().map_or_else(Ansi::new, |(_, span)| spans[*span].0);
            let text: String = run.iter().map(|(c, _)| c).collect();
            self.text.push_str(&format!("{style}{text}{style:#}"));
        }
        self.text.push('\n');
    }

    /// Returns the text of the page.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    // Includes characters that change the direction of the following text or are invisible.
    let dangerous = c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let (one, more) = if dangerous { (None, Some(c.escape_default())) } else { (Some(c), None) };
    one.into_iter().chain(more.into_iter().flatten())
}

/// Returns the number of characters that fit into `columns`: up to a space if there is one, else after a character at which ids may be
/// split.
fn fitting(characters: &[(char, usize)], columns: usize) -> usize {
    let mut used = 0;
    let mut fits = characters.len();
    for (place, (c, _)) in characters.iter().enumerate() {
        used += c.width().unwrap_or_default();
        if used > columns {
            fits = place;
            break;
        }
    }
    if fits == characters.len() {
        return fits;
    }
    let begun = characters.iter().position(|(c, _)| *c != ' ').unwrap_or_default();
    let last = |breaks: fn(char) -> bool| (begun + 1..=fits).rev().find(|place| breaks(characters[*place].0));
    let behind =
        |breaks: fn(char) -> bool| (begun + 1..fits).rev().find(|place| breaks(characters[*place].0)).map(|place| place + 1);
    // Breaking at a space in the first half would leave most of the line empty before a long id.
    let space = last(|c| c == ' ');
    let part = behind(|c| matches!(c, ':' | '/' | ',')).filter(|place| *place > columns / 2);
    match (space, part) {
        (Some(space), Some(part)) if space < columns / 3 => part,
        (Some(space), None) if space < columns / 3 => fits.max(1),
        (Some(space), _) => space,
        (None, Some(part)) => part,
        (None, None) => fits.max(1),
    }
}

/// Returns the columns available on standard error: `COLUMNS` if set, else the width of the terminal; `None` if nothing limits them.
pub(super) fn columns() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    asked.or_else(terminal)
}

#[cfg(unix)]
fn terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn terminal() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(width: usize, text: &str) -> Vec<String> {
        let mut page = Page::new(Some(width));
        page.line(2, 4, &[plain(text)]);
        page.finish().lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_wrapped_and_lose_nothing() {
        let text = "allow dynamodb:PutItem on arn:aws:dynamodb:us-east-1:111122223333:table/vanity-dev-numbers and more 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";
        for width in 40..130 {
            let lines = wrapped(width, text);
            let width_of = |line: &String| unicode_width::UnicodeWidthStr::width(line.as_str());
            assert!(lines.iter().all(|line| width_of(line) <= width), "{width}: {lines:?}");
            let dense = |text: &str| text.replace(' ', "");
            assert_eq!(dense(&lines.concat()), dense(text), "{width}");
            assert!(lines[1..].iter().all(|line| line.starts_with("      ")), "{lines:?}");
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(wrapped(80, "a\u{1b}[31m\r\n\u{202e}b"), ["  a\\u{1b}[31m\\r\\n\\u{202e}b"]);
    }
}
