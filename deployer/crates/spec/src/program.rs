//! Sections of a spec that a program declares, with their positions in the sources of the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use crate::check::below;
use crate::diagnostic::{Diagnostic, Span};
use crate::sources::Sources;
use crate::yaml::{Node, Value};

/// Maximum number of lines that a source file without a text is taken to have.
const MAX_UNREAD_LINES: u32 = 1_000_000;

/// A position in a source file of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as messages name it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The sections that a program declares.
#[derive(Debug, Clone, Copy)]
pub struct ProgramSections<'p> {
    /// The sections by key, as they would stand in a file.
    pub sections: &'p Map<String, Json>,
    /// The positions of values by their path, such as `functions.convert.memory_mb`. What has no position has that of what it is in.
    pub positions: &'p BTreeMap<String, Place>,
    /// Texts of the source files, by the name in the positions; a file without one is named in messages, and not quoted.
    pub texts: &'p BTreeMap<PathBuf, String>,
    /// Errors that the program found itself; their spans are ignored.
    pub faults: &'p [(Place, Diagnostic)],
}

/// Returns the errors that the program found, with their positions in the sources, to which the program's files have been added.
pub(crate) fn reported(program: &ProgramSections<'_>, sources: &Sources) -> Vec<Diagnostic> {
    let placed = |(place, fault): &(Place, Diagnostic)| Diagnostic {
        span: sources.span_at(place).unwrap_or(Span::START),
        ..fault.clone()
    };
    program.faults.iter().map(placed).collect()
}

/// Adds the sections to the tree of a file, and the source files to its sources. What the file says itself is kept.
pub(crate) fn graft(root: &mut Node, program: &ProgramSections<'_>, sources: &mut Sources) {
    for file in program.texts.keys() {
        sources.add(file, &program.texts[file]);
    }
    let places = || program.positions.values().chain(program.faults.iter().map(|(place, _)| place));
    let mut unread: BTreeMap<&PathBuf, u32> = BTreeMap::new();
    for place in places().filter(|place| !program.texts.contains_key(&place.file)) {
        let last = unread.entry(&place.file).or_default();
        *last = place.line.max(*last);
    }
    for (file, last) in unread {
        sources.add(file, &"\n".repeat(last.min(MAX_UNREAD_LINES) as usize));
    }
    let app = root.get("app").map_or(Span::START, |app| app.span);
    let tree = Grafting { program, sources }.node(&Json::Object(program.sections.clone()), "", app);
    let Value::Map(sections) = tree.value else { return };
    if let Value::Map(entries) = &mut root.value {
        let own = |name: &str| entries.iter().any(|(key, _)| key.text() == Some(name));
        let added: Vec<(Node, Node)> = sections.into_iter().filter(|(key, _)| !key.text().is_some_and(own)).collect();
        entries.extend(added);
    }
}

struct Grafting<'g> {
    program: &'g ProgramSections<'g>,
    sources: &'g Sources,
}

impl Grafting<'_> {
    fn node(&self, json: &Json, path: &str, inherited: Span) -> Node {
        let span = self.program.positions.get(path).and_then(|place| self.span(place)).unwrap_or(inherited);
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Integer(whole.into()),
                None => Value::Decimal(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(|item| self.node(item, path, span)).collect()),
            Json::Object(members) => {
                Value::Map(members.iter().map(|(name, member)| self.member(name, member, path, span)).collect())
            }
        };
        let written = if let Json::String(text) = json { text.clone() } else { json.to_string() };
        Node { value, span, written, aliased: false }
    }

    fn member(&self, name: &str, member: &Json, path: &str, inherited: Span) -> (Node, Node) {
        let value = self.node(member, &below(path, name), inherited);
        let key = Node { value: Value::Text(name.to_owned()), span: value.span, written: name.to_owned(), aliased: false };
        (key, value)
    }

    /// Returns the span of the word at a place: the name of the function or method that is called there.
    fn span(&self, place: &Place) -> Option<Span> {
        span_of(self.sources, &place.file, place.line, place.column)
    }
}

fn span_of(sources: &Sources, file: &Path, line: u32, column: u32) -> Option<Span> {
    let start = sources.span_in(file, Span { line, column, length: 1 })?;
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let text = sources.line(start).unwrap_or_default();
    let length = text.chars().skip(column.saturating_sub(1) as usize).take_while(|c| word(*c)).count();
    Some(Span { length: u32::try_from(length).unwrap_or(1).max(1), ..start })
}

impl Sources {
    /// Returns the span of the word at a place in a source file of the program, for diagnostics; `None` if the file is not among them.
    #[must_use]
    pub fn span_at(&self, place: &Place) -> Option<Span> {
        span_of(self, &place.file, place.line, place.column)
    }
}
