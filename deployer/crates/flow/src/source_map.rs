//! Lines and columns of the places in a JSON text.

use crate::path::{Path, Step};

/// A line and a column of a text, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// Positions of the values in a JSON text.
#[derive(Debug, Clone)]
pub struct SourceMap {
    text: String,
    line_starts: Vec<usize>,
    root: Node,
    duplicates: Vec<(Path, Position)>,
}

#[derive(Debug, Clone)]
struct Node {
    offset: usize,
    children: Children,
}

#[derive(Debug, Clone)]
enum Children {
    None,
    Members(Vec<(String, Node)>),
    Elements(Vec<Node>),
}

impl SourceMap {
    /// Indexes a text that `serde_json` has accepted; for any other text the index ends at the first error.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut scanner = Scanner { text, at: 0, depth: 0 };
        let root = scanner.value();
        let mut positions = Self { text: text.to_owned(), line_starts, root, duplicates: Vec::new() };
        let mut duplicates = Vec::new();
        find_duplicates(&positions.root, &Path::root(), &mut duplicates);
        positions.duplicates = duplicates.into_iter().map(|(path, offset)| (path, positions.position(offset))).collect();
        positions
    }

    /// Returns the position of the value at `path`; for a place that does not exist, that of the nearest enclosing place.
    #[must_use]
    pub fn locate(&self, path: &Path) -> Position {
        self.position(self.nearest(path).offset)
    }

    /// Returns the members that occur more than once in one object (the last one counts).
    pub(crate) fn duplicates(&self) -> &[(Path, Position)] {
        &self.duplicates
    }

    /// Returns the number of characters of the value at `path`, or of its beginning if it is longer than its line.
    pub(crate) fn length(&self, path: &Path) -> usize {
        let rest = self.text.get(self.nearest(path).offset..).unwrap_or_default();
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        Scanner { text: line, at: 0, depth: 0 }.token().chars().count()
    }

    /// Returns the value at a place, or the nearest enclosing one.
    fn nearest(&self, path: &Path) -> &Node {
        let mut node = &self.root;
        for step in path.steps() {
            match child(node, step) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Returns the line of text with this number, without its line end.
    #[must_use]
    pub fn line(&self, number: usize) -> Option<&str> {
        self.text.lines().nth(number.checked_sub(1)?)
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Position { line, column: column + 1 }
    }
}

fn child<'a>(node: &'a Node, step: &Step) -> Option<&'a Node> {
    match (&node.children, step) {
        (Children::Members(members), Step::Key(key)) => {
            members.iter().rev().find(|(name, _)| name.as_str() == key.as_ref()).map(|(_, node)| node)
        }
        (Children::Elements(elements), Step::Index(index)) => elements.get(*index),
        _ => None,
    }
}

fn find_duplicates(node: &Node, path: &Path, found: &mut Vec<(Path, usize)>) {
    match &node.children {
        Children::None => {}
        Children::Elements(elements) => {
            for (index, element) in elements.iter().enumerate() {
                if !matches!(element.children, Children::None) {
                    find_duplicates(element, &path.index(index), found);
                }
            }
        }
        Children::Members(members) => {
            let mut seen = std::collections::HashSet::new();
            for (name, member) in members {
                if !seen.insert(name.as_str()) && found.len() < MAX_DUPLICATES {
                    found.push((path.key(name), member.offset));
                }
                if !matches!(member.children, Children::None) {
                    find_duplicates(member, &path.key(name), found);
                }
            }
        }
    }
}

/// Maximum number of duplicates that are recorded.
const MAX_DUPLICATES: usize = 100;

/// Maximum nesting depth. `serde_json` rejects deeper documents; the same bound keeps this scanner's recursion small on texts
/// that it has not checked.
const MAX_DEPTH: usize = 128;

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.byte() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Node {
        self.blanks();
        let offset = self.at;
        self.depth += 1;
        let children = match self.byte() {
            Some(b'{') if self.depth <= MAX_DEPTH => self.members(),
            Some(b'[') if self.depth <= MAX_DEPTH => self.elements(),
            Some(b'"') => {
                self.quoted();
                Children::None
            }
            _ => {
                self.scalar();
                Children::None
            }
        };
        self.depth -= 1;
        Node { offset, children }
    }

    fn members(&mut self) -> Children {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.blanks();
            if self.byte() != Some(b'"') {
                break;
            }
            let name = self.name();
            self.blanks();
            if !self.take(b':') {
                break;
            }
            members.push((name, self.value()));
            self.blanks();
            if !self.take(b',') {
                break;
            }
        }
        self.take(b'}');
        Children::Members(members)
    }

    fn elements(&mut self) -> Children {
        let mut elements = Vec::new();
        self.at += 1;
        loop {
            self.blanks();
            if matches!(self.byte(), None | Some(b']')) {
                break;
            }
            let before = self.at;
            elements.push(self.value());
            self.blanks();
            if !self.take(b',') || self.at == before {
                break;
            }
        }
        self.take(b']');
        Children::Elements(elements)
    }

    /// Returns a string with its quotes, as written.
    fn quoted(&mut self) -> &str {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn name(&mut self) -> String {
        let raw = self.quoted();
        let plain = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|name| !name.contains('\\'));
        plain.map_or_else(|| serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned()), str::to_owned)
    }

    /// Returns the string, number or bracket that begins here.
    fn token(&mut self) -> &str {
        match self.byte() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'[') | None => self.text.get(..1).unwrap_or_default(),
            Some(_) => {
                self.scalar();
                self.text.get(..self.at).unwrap_or_default()
            }
        }
    }

    fn scalar(&mut self) {
        while let Some(byte) = self.byte() {
            if matches!(byte, b',' | b']' | b'}' | b'{' | b'[' | b'"' | b':') || byte.is_ascii_whitespace() {
                break;
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_line_and_column() {
        let text = "{\n  \"Actions\": [\n    {\"Type\": \"é\", \"Identifier\": 7}\n  ]\n}";
        let positions = SourceMap::of(text);
        let at = |path: &Path| {
            let found = positions.locate(path);
            (found.line, found.column)
        };
        assert_eq!(at(&Path::root()), (1, 1));
        assert_eq!(at(&Path::root().key("Actions")), (2, 14));
        assert_eq!(at(&Path::action(0).key("Identifier")), (3, 33));
        assert_eq!(at(&Path::action(0).key("Missing")), (3, 5));
        assert_eq!(positions.line(3), Some("    {\"Type\": \"é\", \"Identifier\": 7}"));
    }

    #[test]
    fn values_are_as_long_as_they_are_on_their_line() {
        let positions = SourceMap::of("{\n\t\"a\": \"é\", \"b\": {},\n\"c\": [true, 12,\n7]}");
        let of = |path: Path| positions.length(&path);
        let root = Path::root;
        assert_eq!([of(root().key("a")), of(root().key("b").key("missing")), of(root().key("c"))], [3, 1, 1]);
        assert_eq!([of(root().key("c").index(0)), of(root().key("c").index(1)), of(root().key("c").index(2))], [4, 2, 1]);
    }

    #[test]
    fn members_written_twice_are_found() {
        let positions = SourceMap::of(r#"{"a":[{"b":1,"b":2}]}"#);
        let found: Vec<_> = positions.duplicates().iter().map(|(path, at)| (path.to_string(), at.column)).collect();
        assert_eq!(found, [("a[0].b".to_owned(), 18)]);
    }
}
