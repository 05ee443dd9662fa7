//! Flow content: its storage format and the check for publishing.

use deployer_flow::ResourceKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::instance::Instance;
use super::publish;
use super::resource::Kind;
use crate::error::AwsError;
use crate::shared::Shared;

/// Flow content as it is stored and returned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Content {
    text: Shared<String>,
    pub(super) sha256: String,
}

impl Content {
    /// Converts a flow's text into Connect's own form: members sorted, no whitespace. This exposes a caller that compares
    /// texts.
    pub(super) fn new(text: &str) -> Result<Self, AwsError> {
        let document: Value =
            serde_json::from_str(text).map_err(|error| invalid(&[format!("Invalid contact flow content: {error}")]))?;
        if !document.is_object() {
            return Err(invalid(&["Invalid contact flow content: not a JSON object".to_owned()]));
        }
        let text = sorted(document).to_string();
        Ok(Self { sha256: hex::encode(Sha256::digest(&text)), text: Shared::new(text) })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Returns an error for content that Connect would not publish in this instance.
pub(super) fn check(instance: &Instance, content: &str) -> Result<(), AwsError> {
    let exists = |kind: ResourceKind, id: &str| exists(instance, kind, id);
    let problems = publish::problems(content, &exists);
    if problems.is_empty() { Ok(()) } else { Err(invalid(&problems)) }
}

/// Returns the error for invalid content; the exception has no message, only problems (botocore model).
fn invalid(problems: &[String]) -> AwsError {
    let problems: Vec<Value> = problems.iter().map(|message| json!({"message": message})).collect();
    AwsError::new(400, "InvalidContactFlowException", "").with("problems", problems)
}

fn exists(instance: &Instance, kind: ResourceKind, id: &str) -> bool {
    let resource = |kind: Kind| {
        instance.resources.iter().any(|(known, resource)| resource.kind == kind && (known == id || resource.arn == id))
    };
    match kind {
        ResourceKind::Queue => resource(Kind::Queue),
        ResourceKind::Hours => resource(Kind::Hours),
        ResourceKind::Prompt => resource(Kind::Prompt),
        ResourceKind::Agent => resource(Kind::User),
        ResourceKind::Flow => super::flow::find(instance, id).is_some(),
        ResourceKind::Lambda => instance.functions.contains(id),
        // Bot parameters are not checked against the bot associations of the instance.
        ResourceKind::Bot => true,
        // The views that AWS provides belong to no instance; custom views cannot be created here.
        ResourceKind::View => id.contains(":aws:view/"),
        ResourceKind::Module => super::module::find(instance, id).is_ok(),
    }
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
