//! The files that a spec is composed of.

use std::path::{Path, PathBuf};

use deployer_flow::yaml::Span;

/// The files of a spec: the one of the environment first, then those that it extends.
///
/// A [`Span`] of a spec counts the lines of all of its files, one file after the other; so it says which file it is in, and spans of the
/// first file are positions in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SourceFile {
    path: PathBuf,
    text: String,
    /// Number of lines in the files before it.
    lines_before: u32,
}

impl Sources {
    /// Creates the sources of a spec in a single file.
    #[must_use]
    pub fn new(path: &Path, text: &str) -> Self {
        let mut sources = Self::default();
        sources.add(path, text);
        sources
    }

    /// Adds a file; returns the number of lines before it, which are added to the lines of its spans.
    pub(crate) fn add(&mut self, path: &Path, text: &str) -> u32 {
        let lines_before = self.files.last().map_or(0, |last| {
            let lines = u32::try_from(last.text.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
            last.lines_before.saturating_add(lines)
        });
        self.files.push(SourceFile { path: path.to_owned(), text: text.to_owned(), lines_before });
        lines_before
    }

    /// Returns the paths of the files, as the caller named them.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// Returns the file of a position, and the position in it.
    #[must_use]
    pub fn locate(&self, span: Span) -> (&Path, Span) {
        match self.file(span) {
            Some(file) => (&file.path, Span { line: span.line - file.lines_before, ..span }),
            None => (Path::new(""), span),
        }
    }

    /// Returns the line of a position without its end.
    #[must_use]
    pub fn line(&self, span: Span) -> Option<&str> {
        let file = self.file(span)?;
        let text = file.text.trim_start_matches('\u{feff}');
        let line = text.split('\n').nth((span.line - file.lines_before).saturating_sub(1) as usize)?;
        Some(line.trim_end_matches('\r'))
    }

    /// Returns the span that a position in one of the files has here; `None` if there is no such file.
    #[must_use]
    pub fn span_in(&self, path: &Path, span: Span) -> Option<Span> {
        let file = self.files.iter().find(|file| file.path == path)?;
        Some(Span { line: span.line.saturating_add(file.lines_before), ..span })
    }

    fn file(&self, span: Span) -> Option<&SourceFile> {
        self.files.iter().rev().find(|file| file.lines_before < span.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_all_files_is_line_of_one() {
        let mut sources = Sources::new(Path::new("dev.yaml"), "a\nb\n");
        assert_eq!(sources.add(Path::new("base.yaml"), "\u{feff}c\r\nd"), 3);
        let at = |line| Span { line, column: 1, length: 1 };
        let found: Vec<_> = (1..=5).map(|line| (sources.locate(at(line)).0.to_str(), sources.line(at(line)))).collect();
        let (dev, base) = (Some("dev.yaml"), Some("base.yaml"));
        let expected = [(dev, Some("a")), (dev, Some("b")), (dev, Some("")), (base, Some("c")), (base, Some("d"))];
        assert_eq!(found, expected);
        assert_eq!(sources.locate(at(5)).1, at(2));
    }
}
