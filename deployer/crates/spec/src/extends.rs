//! Composition of a spec from several files: `extends: base.yaml`.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::sources::Sources;
use crate::yaml::{self, Node, Value};

/// The key that names the file below this one.
const EXTENDS: &str = "extends";

/// Maximum number of files that a spec is composed of.
const MAX_FILES: usize = 16;

/// Reads a file.
type ReadFile<'l> = &'l dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// Returns the tree of a file laid over the files that it extends, and adds these to the sources, which have the file itself already.
///
/// # Errors
/// A file cannot be read, is no YAML, or extends itself.
pub(crate) fn compose(read_file: ReadFile<'_>, path: &Path, text: &str, sources: &mut Sources) -> Result<Node, Box<Diagnostic>> {
    let mut composed = yaml::parse(text)?;
    let mut chain = vec![path.to_owned()];
    let mut next = extended(&composed, &chain)?;
    while let Some((file, named_at)) = next {
        let below = read(read_file, &file, named_at, sources)?;
        chain.push(file);
        next = extended(&below, &chain)?;
        composed = lay_over(below, composed);
    }
    Ok(composed)
}

/// Returns the file that the last file of the chain extends, and the position of its name; `None` if it extends none.
fn extended(root: &Node, chain: &[PathBuf]) -> Result<Option<(PathBuf, Span)>, Box<Diagnostic>> {
    let Some(node) = root.get(EXTENDS) else { return Ok(None) };
    let refuse = |code, message: String, help: &str| {
        Err(Box::new(Diagnostic::new(code, node.span, message).with_path(EXTENDS).help(help)))
    };
    let relative = "it is the path of a YAML file, relative to this file, such as `base.yaml`";
    let Some(name) = node.text().filter(|name| !name.is_empty()) else {
        return refuse(
            Code::WrongType,
            format!("`{EXTENDS}` must be the path of a file (text); here is {}", node.kind()),
            relative,
        );
    };
    if name.contains("${") {
        return refuse(Code::BadReference, format!("`{EXTENDS}` cannot contain a reference"), relative);
    }
    let file = lexical(&chain.last().and_then(|last| last.parent()).unwrap_or_else(|| Path::new("")).join(name));
    if chain.iter().any(|earlier| lexical(earlier) == file) {
        let names: Vec<String> = chain.iter().chain([&file]).map(|file| format!("`{}`", file.display())).collect();
        let message = format!("the files extend each other in a circle: {}", names.join(", which extends "));
        return refuse(Code::Cycle, message, "leave `extends` out of one of them");
    }
    if chain.len() >= MAX_FILES {
        return refuse(Code::TooLarge, format!("a spec is composed of at most {MAX_FILES} files"), "merge some of them");
    }
    Ok(Some((file, node.span)))
}

/// Reads and parses a file, with positions after those of the files before it.
fn read(read_file: ReadFile<'_>, file: &Path, named_at: Span, sources: &mut Sources) -> Result<Node, Box<Diagnostic>> {
    let bytes = read_file(file).map_err(|error| {
        let message = format!("cannot read {}: {error}", file.display());
        let fault = Diagnostic::new(Code::Unreadable, named_at, message).with_path(EXTENDS);
        Box::new(fault.help("the path is relative to the file that it stands in"))
    })?;
    let (text, fault) = yaml::decode(&bytes);
    let lines_before = sources.add(file, &text);
    let shifted = |mut fault: Box<Diagnostic>| {
        fault.span.line = fault.span.line.saturating_add(lines_before);
        fault
    };
    if let Some(fault) = fault {
        return Err(shifted(fault));
    }
    let mut root = yaml::parse(&text).map_err(shifted)?;
    shift(&mut root, lines_before);
    match &root.value {
        Value::Map(_) => Ok(root),
        _ => {
            let message = format!("a file that is extended must be a map; here is {}", root.kind());
            Err(Box::new(Diagnostic::new(Code::WrongType, root.span, message)))
        }
    }
}

/// Returns the path without `.` and with as few `..` as possible.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        let after_name = matches!(plain.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if after_name => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

fn shift(node: &mut Node, lines: u32) {
    node.span.line = node.span.line.saturating_add(lines);
    match &mut node.value {
        Value::List(elements) => elements.iter_mut().for_each(|element| shift(element, lines)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            shift(key, lines);
            shift(value, lines);
        }),
        _ => {}
    }
}

/// Lays a tree over another one: maps are merged key by key, `null` removes a key of the map below, everything else replaces what is below.
/// A key that is repeated in its file stays repeated, so that the check reports it.
fn lay_over(below: Node, above: Node) -> Node {
    let (below_keys, above_keys) = (key_counts(&below), key_counts(&above));
    let Node { value, span, written, aliased } = above;
    let (below, entries) = match (below.value, value) {
        (Value::Map(below), Value::Map(entries)) => (below, entries),
        (_, value) => return Node { value, span, written, aliased },
    };
    let mut entries: Vec<Option<(Node, Node)>> = entries.into_iter().map(Some).collect();
    let mut merged = Vec::new();
    for (key, value) in below {
        let count = |keys: &HashMap<String, usize>| key.text().and_then(|text| keys.get(text)).copied();
        let in_both = count(&below_keys) == Some(1) && count(&above_keys) == Some(1);
        let same = |entry: &&mut Option<(Node, Node)>| entry.as_ref().is_some_and(|(other, _)| other.text() == key.text());
        match entries.iter_mut().find(same).filter(|_| in_both).and_then(Option::take) {
            Some((_, Node { value: Value::Null, .. })) => {}
            Some((above_key, above_value)) => merged.push((above_key, lay_over(value, above_value))),
            None => merged.push((key, value)),
        }
    }
    merged.extend(entries.into_iter().flatten());
    Node { value: Value::Map(merged), span, written, aliased }
}

/// Returns how often each key of a map occurs.
fn key_counts(map: &Node) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for text in map.entries().iter().filter_map(|(key, _)| key.text()) {
        *counts.entry(text.to_owned()).or_default() += 1;
    }
    counts
}
