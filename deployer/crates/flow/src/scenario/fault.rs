//! Errors in test files.

use std::fmt;

use crate::message::{Message, Severity};
use crate::source_map::Position;

/// An error in a test file, with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFileError {
    /// Position of the error.
    pub at: Position,
    /// Description of the error.
    pub message: String,
    /// Suggested correction.
    pub help: Option<String>,
}

impl TestFileError {
    pub(super) fn new(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }

    /// Renders the error with its line of the test file `text`, without a line break at the end. `file` is the file as the reader knows it.
    #[must_use]
    pub fn render(&self, file: &str, text: &str) -> String {
        let line = text.lines().nth(self.at.line.saturating_sub(1)).map(|line| (line, length_of_value(line, self.at.column)));
        let message = Message {
            severity: Severity::Error,
            code: "test-file",
            text: &self.message,
            file,
            position: Some((self.at.line, self.at.column)),
            line,
            note: None,
            help: &self.help.as_deref().map_or_else(Vec::new, |help| vec![help]),
        };
        message.render()
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for TestFileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.at.line, self.at.column, self.message)?;
        match &self.help {
            Some(help) => write!(out, "\n  {help}"),
            None => Ok(()),
        }
    }
}

/// Returns the number of characters of the key or the value that begins at this column of a line; at least 1.
fn length_of_value(line: &str, column: usize) -> usize {
    let mut rest = line.chars().skip(column.saturating_sub(1)).peekable();
    let length = match rest.peek().copied() {
        Some(quote @ ('"' | '\'')) => rest.skip(1).take_while(|c| *c != quote).count() + 2,
        Some('{' | '[') => 1,
        _ => rest.take_while(|c| !c.is_whitespace() && !",:]}".contains(*c)).count(),
    };
    length.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_shows_its_line() {
        let text = "flow: main.json\ntests:\n  - nme: \"twice: x\"\n";
        let error = TestFileError::new(Position { line: 3, column: 5 }, "a test has no `nme`").help("did you mean `name`?");
        let rendered = "error[test-file]: a test has no `nme`\n --> t.yaml:3:5\n  |\n3 |   - nme: \"twice: x\"\n  |     ^^^\n  |\n  = help: did you mean `name`?";
        assert_eq!(error.render("t.yaml", text), rendered);
        assert_eq!((length_of_value("  - nme: \"twice: x\"", 10), length_of_value("a", 9)), (10, 1));
    }
}
