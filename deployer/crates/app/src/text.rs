//! Text that may refer to outputs of the stack's resources.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// Text in which references stand for outputs that are known only after an apply, such as a table's name.
///
/// It is what environment variables, resources of permissions and contents of flows take. Its `Display` and its JSON are the form that
/// flow files and specs have: `${tables.numbers.name}`.
///
/// ```
/// use deployer_app::{App, Request, Table, Text};
///
/// let app = App::new(Request::embedded("shop", "dev"));
/// let numbers = Table::keyed_by(app.stack(), "numbers", "id");
/// let url = Text::join(["db://".into(), numbers.name(), "/v1".into()]);
/// assert_eq!(url.to_string(), "db://${tables.numbers.name}/v1");
/// assert_eq!(Text::from("costs ${5}").to_string(), "costs $${5}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Returns the reference to an output, such as `connect.queues.support.arn`.
    pub fn reference(name: &str) -> Self {
        Self(format!("${{{name}}}"))
    }

    /// Returns the texts one after the other.
    pub fn join(parts: impl IntoIterator<Item = Text>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.replace("${", "$${"))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text.0)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
