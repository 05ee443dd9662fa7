//! Wanted properties as a stack declares them: JSON in which some leaves are outputs of other resources.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::{Address, PropertyPath};

/// A reference to one output of another resource, for example the `arn` of `function.convert`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The resource that has the output.
    pub address: Address,
    /// The output's name.
    pub output: String,
}

/// A property tree whose leaves may be references.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expr {
    /// A plain value without references.
    Value(Value),
    /// A list.
    List(Vec<Expr>),
    /// A map.
    Map(BTreeMap<String, Expr>),
    /// The unmodified output of another resource.
    Output(Reference),
    /// A concatenation of parts; outputs that are not strings are written as JSON.
    Text(Vec<Expr>),
}

/// A resolved tree: the value, and the leaves that are unknown before apply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resolved {
    /// The value, with `null` for unknown leaves.
    pub value: Value,
    /// Unknown leaves, with the outputs they depend on.
    pub unknown: BTreeMap<PropertyPath, BTreeSet<Reference>>,
}

impl Resolved {
    /// Whether every leaf is known.
    pub fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }
}

impl Expr {
    /// Creates a reference to the output `output` of the resource at `address`.
    pub fn output(address: &Address, output: &str) -> Self {
        Self::Output(Reference { address: address.clone(), output: output.to_owned() })
    }

    /// Creates a map from pairs.
    pub fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Expr)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Returns all references in the tree.
    pub fn references(&self) -> BTreeSet<Reference> {
        let mut found = BTreeSet::new();
        self.collect(&mut found);
        found
    }

    fn collect(&self, into: &mut BTreeSet<Reference>) {
        match self {
            Self::Value(_) => {}
            Self::List(items) | Self::Text(items) => items.iter().for_each(|item| item.collect(into)),
            Self::Map(entries) => entries.values().for_each(|entry| entry.collect(into)),
            Self::Output(reference) => {
                into.insert(reference.clone());
            }
        }
    }

    /// Replaces every reference by the result of `lookup`; references for which it returns `None` are unknown.
    pub fn resolve(&self, lookup: &dyn Fn(&Reference) -> Option<Value>) -> Resolved {
        let mut unknown = BTreeMap::new();
        let value = self.resolve_at(&PropertyPath::default(), lookup, &mut unknown);
        Resolved { value, unknown }
    }

    fn resolve_at(
        &self,
        at: &PropertyPath,
        lookup: &dyn Fn(&Reference) -> Option<Value>,
        unknown: &mut BTreeMap<PropertyPath, BTreeSet<Reference>>,
    ) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::List(items) => {
                items.iter().enumerate().map(|(i, item)| item.resolve_at(&at.child(i.to_string()), lookup, unknown)).collect()
            }
            Self::Map(entries) => Value::Object(
                entries.iter().map(|(key, entry)| (key.clone(), entry.resolve_at(&at.child(key), lookup, unknown))).collect(),
            ),
            Self::Output(_) | Self::Text(_) => self.resolve_leaf(at, lookup, unknown),
        }
    }

    fn resolve_leaf(
        &self,
        at: &PropertyPath,
        lookup: &dyn Fn(&Reference) -> Option<Value>,
        unknown: &mut BTreeMap<PropertyPath, BTreeSet<Reference>>,
    ) -> Value {
        let missing: BTreeSet<Reference> =
            self.references().into_iter().filter(|reference| lookup(reference).is_none()).collect();
        if missing.is_empty() {
            return match self {
                Self::Output(reference) => lookup(reference).unwrap_or_default(),
                other => Value::String(other.text(lookup)),
            };
        }
        unknown.insert(at.clone(), missing);
        Value::Null
    }

    fn text(&self, lookup: &dyn Fn(&Reference) -> Option<Value>) -> String {
        let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self {
            Self::Value(value) => as_text(value),
            Self::Output(reference) => lookup(reference).as_ref().map(as_text).unwrap_or_default(),
            Self::List(parts) | Self::Text(parts) => parts.iter().map(|part| part.text(lookup)).collect(),
            Self::Map(_) => String::new(),
        }
    }
}

impl From<Value> for Expr {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Expr {
    fn from(text: &str) -> Self {
        Self::Value(Value::String(text.to_owned()))
    }
}

impl From<String> for Expr {
    fn from(text: String) -> Self {
        Self::Value(Value::String(text))
    }
}
