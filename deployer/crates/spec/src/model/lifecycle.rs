//! `lifecycle`: what may happen to resources.

use crate::declare::{Entry, Format, flag, list, section, text};
use crate::diagnostic::Span;
use crate::patterns::KEY;
use crate::rule::StringPattern;

/// An entry of the spec, or the address of a resource.
pub(crate) static LIFECYCLE_KEY: StringPattern = StringPattern::new(
    "an entry of the spec or the address of a resource",
    "such as `functions.convert` for all resources of the function, or `log_group.convert` for one of them",
    "^[a-z][a-z0-9_]*([.][A-Za-z0-9_-]+)*$",
    1,
    256,
);

/// A property of a resource.
static PROPERTY: StringPattern = StringPattern::new(
    "a property",
    "a property of the resource as plans show it, such as `memory_mb` or `tags.team`",
    "^[a-z][a-z0-9_]*([.][^\\x00-\\x1f\\x7f]+)?$",
    1,
    512,
);

section! {
    /// `lifecycle.<entry or address>`
    Lifecycle {
        /// Properties that are set when the resource is created and then left as they are, by the names that plans show: `memory_mb`,
        /// `tags.team`.
        ignore_changes: Vec<IgnoredProperty> = list(IgnoredProperty::format()).or_empty();
        /// Whether the resource stays in the cloud when it leaves the spec or everything is destroyed.
        retain: bool = flag().or(false);
        /// Whether a plan that deletes or replaces the resource is refused.
        protect: bool = flag().or(false);
        /// The keys that the entry had before, the newest first: its resources move to the new key and keep their names in AWS.
        renamed_from: Vec<String> = list(text(&KEY)).or_empty();
        /// The position in the spec, for diagnostics.
        span: Span = Keys::new(Vec::new(), key_span);
    }
}

/// Returns the position of the key in front of a section.
fn key_span(section: Entry<'_>) -> Option<Span> {
    let members = section.root.get("lifecycle").into_iter().flat_map(crate::yaml::Node::members);
    let mut keys = members.filter(|(key, ..)| *key == section.key).map(|(_, key, _)| key.span);
    Some(keys.next().unwrap_or(section.node.span))
}

/// A property whose changes are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredProperty {
    /// Path of the property, with dots.
    pub path: String,
    /// The position in the spec, for diagnostics.
    pub span: Span,
}

impl IgnoredProperty {
    fn format() -> Format<Self> {
        text(&PROPERTY).and_then(|path: String, entry| Some(Self { path, span: entry.node.span }))
    }
}
