//! Keys, which identify a resource among all others of its type at a time.

use serde_json::Value;

use crate::address::PropertyPath;
use crate::resource::AnyResource;
use crate::rules::ChangeEffect;

/// The values of a type's [`KEY`](crate::ResourceDefinition::KEY), as JSON.
pub(crate) type Key = Vec<String>;

/// Returns the key of a resource with these properties; `None` if its type has no key or a value of it is not known yet.
pub(crate) fn key(resource: &dyn AnyResource, properties: &Value) -> Option<Key> {
    let value = |name: &&str| properties.get(name).filter(|value| !value.is_null()).map(Value::to_string);
    let key: Option<Key> = resource.key().iter().map(value).collect();
    key.filter(|key| !key.is_empty())
}

/// Returns the key property that can be changed in place: a display name.
pub(crate) fn name(resource: &dyn AnyResource) -> Option<&'static str> {
    let changes = |name: &&&str| resource.change_effect(&PropertyPath::default().child(**name)) == ChangeEffect::Update;
    resource.key().iter().find(changes).copied()
}
