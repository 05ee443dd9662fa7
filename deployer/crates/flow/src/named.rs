//! Targets of symbolic references: `functions.convert.arn` is the ARN of the function `convert`.

use std::fmt;

use crate::resource_kind::ResourceKind;

/// A resource by its name in a project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SymbolicName {
    /// Kind of the resource.
    pub kind: ResourceKind,
    /// Key in the spec.
    pub key: String,
    /// Referenced attribute: `arn`, `id` or `name`.
    pub value: String,
}

impl SymbolicName {
    /// Returns a reference to the ARN of the resource with this key.
    #[must_use]
    pub fn arn(kind: ResourceKind, key: impl Into<String>) -> Self {
        Self { kind, key: key.into(), value: "arn".to_owned() }
    }

    /// Parses the text between `${` and `}`; `None` if it does not refer to a resource of these kinds.
    #[must_use]
    pub fn parse(symbol: &str) -> Option<Self> {
        let (path, value) = symbol.rsplit_once('.')?;
        let (section, key) = path.rsplit_once('.')?;
        let (kind, ..) = ResourceKind::ALL.iter().find(|(_, _, known, _)| *known == section)?;
        (!key.is_empty() && !value.is_empty()).then(|| Self { kind: *kind, key: key.to_owned(), value: value.to_owned() })
    }
}

impl fmt::Display for SymbolicName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "${{{}.{}.{}}}", self.kind.section(), self.key, self.value)
    }
}

/// Maximum length of a key of a spec.
const MAX_KEY: usize = 40;

/// Derives a key for a spec from a display name: `BasicQueue` becomes `basic-queue`. A key begins with a letter; a name that
/// does not gets the kind as a prefix. The name `"…"` has no letter or digit and becomes the kind.
#[must_use]
pub fn key_of(kind: ResourceKind, name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            open = false;
        } else {
            let hump = c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
            if !open || hump {
                words.push(String::new());
                open = true;
            }
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        before = c;
    }
    if !words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
        words.insert(0, kind.as_str().to_owned());
    }
    let mut key = words.join("-");
    key.truncate(MAX_KEY);
    key.trim_end_matches('-').to_owned()
}

/// Whether `written`, in a reference to the section of a spec (`queues`), means the resource with this display name: it is the name itself,
/// or the key that is derived from it.
#[must_use]
pub fn means_name(section: &str, written: &str, name: &str) -> bool {
    let kind = ResourceKind::ALL.iter().find(|(_, _, known, _)| known.strip_prefix("connect.") == Some(section));
    written == name || written == key_of(kind.map_or(ResourceKind::Queue, |(kind, ..)| *kind), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_and_read_alike() {
        for (kind, ..) in ResourceKind::ALL {
            let named = SymbolicName::arn(kind, "a-key");
            let written = named.to_string();
            assert_eq!(SymbolicName::parse(&written[2..written.len() - 1]), Some(named));
        }
        for nothing in ["project", "tables.x.arn", "functions.arn", "connect.queues..arn", "connect.arn", ""] {
            assert_eq!(SymbolicName::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn names_for_people_become_keys_of_a_spec() {
        let key = |name| key_of(ResourceKind::Flow, name);
        assert_eq!(key("BasicQueue"), "basic-queue");
        assert_eq!(key("001 Context Tracking - Main"), "flow-001-context-tracking-main");
        assert_eq!(key("Music_Jazz_MyTimetoFly_Inst.wav"), "music-jazz-my-timeto-fly-inst-wav");
        assert_eq!(key("getDynamicAttributes"), "get-dynamic-attributes");
        assert_eq!(key("…"), "flow");
        assert!(key(&"long name ".repeat(20)).len() <= MAX_KEY);
    }
}
