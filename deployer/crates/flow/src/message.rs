//! The text of an error or warning about a place in a file: one form for specs, flows and tests.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde::Serialize;

/// The severity of a [`Message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is refused; of a flow: Connect refuses to publish it.
    Error,
    /// It is accepted, but will probably not do what was intended.
    Warning,
}

/// An error or warning about a place in a file.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its severity.
    pub severity: Severity,
    /// Short stable name of the kind of problem.
    pub code: &'a str,
    /// What is wrong.
    pub text: &'a str,
    /// The file, as the reader knows it.
    pub file: &'a str,
    /// Line and column, from 1; columns count characters. `None` for the file as a whole.
    pub position: Option<(usize, usize)>,
    /// The line at that position, if it is known, and the number of its characters that are meant.
    pub line: Option<(&'a str, usize)>,
    /// Explanation.
    pub note: Option<&'a str>,
    /// Suggestion and advice.
    pub help: &'a [&'a str],
}

/// Columns of a rendered message; what is longer of a line is left out around the marked part.
const WIDTH: usize = 140;

impl Message<'_> {
    /// Renders the message as rustc does, without escape sequences and without a line break at the end.
    #[must_use]
    pub fn render(&self) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let group = level.primary_title(self.text).id(self.code).element(self.place());
        let group = group.elements(self.note.map(|note| Level::NOTE.message(note)));
        let group = group.elements(self.help.iter().map(|help| Level::HELP.message(*help)));
        Renderer::plain().term_width(WIDTH).render(&[group])
    }

    fn place(&self) -> annotate_snippets::Element<'_> {
        match (self.position, self.line) {
            (Some((line, column)), Some((text, length))) => {
                let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
                let start = column.saturating_sub(1);
                let meant = AnnotationKind::Primary.span(byte(start)..byte(start.saturating_add(length.max(1))));
                Snippet::source(text).line_start(line).path(self.file).annotation(meant).into()
            }
            (Some((line, column)), None) => Origin::path(self.file).line(line).char_column(column).into(),
            (None, _) => Origin::path(self.file).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message<'_> = Message {
        severity: Severity::Error,
        code: "unknown-key",
        text: "there is no key `tabels` here",
        file: "dev.yaml",
        position: Some((5, 3)),
        line: Some(("  tabels: {}", 6)),
        note: None,
        help: &["did you mean `tables`?"],
    };

    #[test]
    fn what_is_meant_is_marked() {
        let shown = MESSAGE.render();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "error[unknown-key]: there is no key `tabels` here");
        assert_eq!(lines[1], " --> dev.yaml:5:3");
        assert_eq!(lines[4], "  |   ^^^^^^");
        assert_eq!(lines.last(), Some(&"  = help: did you mean `tables`?"));
    }

    #[test]
    fn long_lines_wide_characters_and_places_beyond_the_end_are_shown() {
        let long = format!("{}\"ж日本\"{}", "x".repeat(3_000), "y".repeat(3_000));
        let shown = Message { position: Some((12_345, 3_001)), line: Some((&long, 5)), ..MESSAGE }.render();
        assert!(shown.contains("--> dev.yaml:12345:3001") && shown.contains("\"ж日本\""), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 2 * WIDTH), "{shown}");
        let beyond = Message { position: Some((1, 90)), line: Some(("short", 4)), ..MESSAGE }.render();
        assert!(beyond.contains("short"), "{beyond}");
        let empty = Message { position: Some((1, 1)), line: Some(("", 0)), ..MESSAGE }.render();
        assert!(empty.contains("--> dev.yaml:1:1"), "{empty}");
        let whole = Message { position: None, line: None, ..MESSAGE }.render();
        assert!(whole.contains("--> dev.yaml\n"), "{whole}");
        let without_text = Message { position: Some((5, 3)), line: None, ..MESSAGE }.render();
        assert!(without_text.contains("--> dev.yaml:5:3"), "{without_text}");
    }
}
