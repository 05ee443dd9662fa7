//! What tells a thing from all others of its type, while both exist.

use serde_json::Value;

use crate::address::PropertyPath;
use crate::resource::{AnyResource, ChangeEffect};

/// The values of a type's [`KEY`](crate::Resource::KEY), as JSON.
pub(crate) type Key = Vec<String>;

/// Returns the key of a thing with these properties; `None` where its type has none, or a value of it is not known yet.
pub(crate) fn key(resource: &dyn AnyResource, properties: &Value) -> Option<Key> {
    let value = |name: &&str| properties.get(name).filter(|value| !value.is_null()).map(Value::to_string);
    let key: Option<Key> = resource.key().iter().map(value).collect();
    key.filter(|key| !key.is_empty())
}

/// Returns the property of the key that can be changed in place: a name for people.
pub(crate) fn name(resource: &dyn AnyResource) -> Option<&'static str> {
    let changes = |name: &&&str| resource.rule(&PropertyPath::default().child(**name)) == ChangeEffect::Update;
    resource.key().iter().find(changes).copied()
}
