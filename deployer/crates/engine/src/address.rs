//! Identifiers: a resource's address in the stack, its physical ID at the provider, and the path of a property.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A resource's logical address in its stack, `kind.name`, for example `function.convert`.
///
/// It never changes while the resource exists, whatever physical ID the provider assigns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Creates the address `kind.name`.
    pub fn new(kind: &str, name: &str) -> Self {
        Self(format!("{kind}.{name}"))
    }

    /// Parses an address; `None` unless it has a non-empty kind and a non-empty name around a dot.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('.')?;
        (!kind.is_empty() && !name.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Returns the address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the first dot.
    pub fn kind(&self) -> &str {
        self.0.split_once('.').map_or(self.0.as_str(), |(kind, _)| kind)
    }

    /// Returns the part after the first dot.
    pub fn name(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ID by which the provider knows a resource. Its format depends on the resource type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhysicalId(pub String);

impl PhysicalId {
    /// Returns the ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhysicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of a property in its resource: map keys and list indices from the outside in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PropertyPath(pub Vec<String>);

impl PropertyPath {
    /// Returns the outermost key, which most change rules depend on; empty for the whole resource.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Returns this path extended by one step.
    #[must_use]
    pub fn child(&self, step: impl Into<String>) -> Self {
        let mut steps = self.0.clone();
        steps.push(step.into());
        Self(steps)
    }
}

impl fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
