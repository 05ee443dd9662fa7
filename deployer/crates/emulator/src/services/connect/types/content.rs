//! Flow content as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::AwsError;
use crate::shared::Shared;

/// Flow content as it is stored and returned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    text: Shared<String>,
    pub(crate) sha256: String,
}

impl Content {
    /// Converts a flow's text into Connect's own form: members sorted, no whitespace. This exposes a caller that compares
    /// texts.
    pub(crate) fn new(text: &str) -> Result<Self, AwsError> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| invalid(&[format!("Invalid contact flow content: {error}")]))?;
        if !document.is_object() {
            return Err(invalid(&["Invalid contact flow content: not a JSON object".to_owned()]));
        }
        let text = sorted(document).to_string();
        Ok(Self { sha256: hex::encode(Sha256::digest(&text)), text: Shared::new(text) })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Returns the error for invalid content; the exception has no message, only problems (botocore model).
pub(crate) fn invalid(problems: &[String]) -> AwsError {
    let problems: Vec<Value> = problems.iter().map(|message| json!({"message": message})).collect();
    AwsError::new(400, "InvalidContactFlowException", "").with("problems", problems)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, member)| (name, sorted(member))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_order_and_whitespace_are_normalized() {
        let one = Content::new(r#"{ "b": [ {"y":1, "x":2} ], "a": null }"#).expect("an object");
        let other = Content::new(r#"{"a":null,"b":[{"x":2,"y":1}]}"#).expect("an object");
        assert_eq!((one.text(), &one.sha256), (other.text(), &other.sha256));
        assert_eq!(one.text(), r#"{"a":null,"b":[{"x":2,"y":1}]}"#);
    }
}
