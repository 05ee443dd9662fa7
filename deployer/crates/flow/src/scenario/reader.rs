//! Reader of the values of a test file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::TestFileError;
use super::model::FileRef;
use super::tree::{Content, Node};
use crate::findings::suggest;
use crate::source_map::Position;

/// A reader that collects errors.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<TestFileError>,
}

impl Reader {
    pub(super) fn fault(&mut self, at: Position, message: impl Into<String>) {
        self.faults.push(TestFileError::new(at, message));
    }

    pub(super) fn wrong(&mut self, node: &Node, what: &str, wanted: &str) {
        let fault = TestFileError::new(node.at, format!("{what} is {wanted}, this is {}", node.kind()));
        let help = "put it between quotes";
        let quotes = wanted == "text" && matches!(&node.content, Content::Scalar(value) if !value.is_null());
        self.faults.push(if quotes { fault.help(help) } else { fault });
    }

    pub(super) fn required<'n>(&mut self, parts: &BTreeMap<String, &'n Node>, around: &Node, name: &str) -> Option<&'n Node> {
        let found = parts.get(name).copied();
        if found.is_none() {
            self.fault(around.at, format!("`{name}` is missing"));
        }
        found
    }

    /// Reads a map with only these keys.
    pub(super) fn section<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<BTreeMap<String, &'n Node>> {
        if !matches!(node.content, Content::Map(_)) {
            self.wrong(node, what, "a map");
            return None;
        }
        let mut parts = BTreeMap::new();
        for (name, part) in self.entries(node) {
            if known.contains(&name.0.as_str()) {
                parts.insert(name.0, part);
            } else {
                let fault = TestFileError::new(name.1, format!("{what} has no `{}`", name.0));
                let meant = suggest::did_you_mean(&name.0, known.iter().copied());
                self.faults.push(fault.help(meant.unwrap_or_else(|| format!("it has {}", known.join(", ")))));
            }
        }
        Some(parts)
    }

    /// Reads a map with arbitrary keys.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(String, &'n Node)> {
        if !matches!(node.content, Content::Map(_)) {
            self.wrong(node, what, "a map");
        }
        self.entries(node).into_iter().map(|(name, part)| (name.0, part)).collect()
    }

    pub(super) fn entries<'n>(&mut self, node: &'n Node) -> Vec<((String, Position), &'n Node)> {
        let Content::Map(entries) = &node.content else { return Vec::new() };
        let mut found: Vec<((String, Position), &Node)> = Vec::new();
        for (name, part) in entries {
            let Some(key) = self.scalar(name, "a key") else { continue };
            if found.iter().any(|((other, _), _)| *other == key) {
                self.fault(name.at, format!("`{key}` is written twice"));
            } else {
                found.push(((key, name.at), part));
            }
        }
        found
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.content {
            Content::List(elements) => elements,
            _ => {
                self.wrong(node, what, "a list");
                &[]
            }
        }
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = node.text().map(str::to_owned);
        if text.is_none() {
            self.wrong(node, what, "text");
        }
        text.filter(|text| {
            let empty = text.is_empty();
            if empty {
                self.fault(node.at, format!("{what} is empty"));
            }
            !empty
        })
    }

    /// Reads text; numbers and booleans are taken as written.
    pub(super) fn scalar(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.content {
            Content::Scalar(Value::String(text)) => Some(text.clone()),
            Content::Scalar(value) if !value.is_null() => Some(value.to_string()),
            _ => {
                self.wrong(node, what, "text");
                None
            }
        }
    }

    pub(super) fn number(&mut self, node: &Node, what: &str, least: u64, most: u64) -> Option<u64> {
        let number = node.whole_number().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.fault(node.at, format!("{what} is a whole number from {least} to {most}"));
        }
        number
    }

    pub(super) fn truth(&mut self, node: &Node, what: &str) -> Option<bool> {
        if node.truth().is_none() {
            self.wrong(node, what, "true or false");
        }
        node.truth()
    }

    pub(super) fn file(&mut self, node: &Node) -> Option<FileRef> {
        self.text(node, "a file").map(|path| FileRef { path, at: node.at })
    }

    /// Reads one text, or a list of texts.
    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        if matches!(node.content, Content::Scalar(_)) {
            return self.text(node, what).into_iter().collect();
        }
        self.list(node, what).iter().filter_map(|element| self.text(element, what)).collect()
    }
}
