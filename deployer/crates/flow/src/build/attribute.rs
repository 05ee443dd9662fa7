//! Values that are known only during the call, and what a parameter accepts.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// A value that an action's parameter accepts.
pub trait Argument {
    /// Writes it into the parameters of an action, under the parameter's name if it is one value.
    fn write(self, name: &str, parameters: &mut Map<String, Value>);
}

/// A value of the contact that is known only during the call, such as `$.External.status`: a JSONPath.
///
/// It can be part of a text: `format!("Hello {}", attribute("name"))`. A letter, a digit, `_`, or a full stop before a letter must not follow
/// it there, because they would belong to its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute(pub(super) String);

impl fmt::Display for Attribute {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Attribute {
    fn of(root: &str, name: &str) -> Self {
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Self(if plain { format!("$.{root}.{name}") } else { format!("$.{root}['{name}']") })
    }
}

/// Returns the user-defined attribute with this name: `$.Attributes.name`.
#[must_use]
pub fn attribute(name: &str) -> Attribute {
    Attribute::of("Attributes", name)
}

/// Returns the attribute of the flow with this name: `$.FlowAttributes.name`.
#[must_use]
pub fn flow_attribute(name: &str) -> Attribute {
    Attribute::of("FlowAttributes", name)
}

/// Returns a value that the last function returned: `$.External.name`.
#[must_use]
pub fn external(name: &str) -> Attribute {
    Attribute::of("External", name)
}

/// Returns any value by its JSONPath, such as `$.CustomerEndpoint.Address`. The checks report a text that is no JSONPath.
#[must_use]
pub fn jsonpath(path: &str) -> Attribute {
    Attribute(path.to_owned())
}
