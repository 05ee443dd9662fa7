//! Permissions that a request requires, and how they are read from it.

use serde_json::Value;

use super::others::Tags;
use crate::request::{Request, RequestContext};
use crate::service_authorization as reference;

/// A required permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequiredAction {
    /// The action, such as `connect:CreateQueue`.
    pub(crate) action: String,
    /// The resource that it is authorized on.
    pub(crate) resource: String,
    /// Whether another service performs the action with the caller's permissions.
    pub(crate) dependent: bool,
}

impl RequiredAction {
    /// Returns an action of the request itself. An action without resource types is authorized on `*` only, whatever the
    /// request names.
    pub(crate) fn own(action: &str, resource: &str) -> Self {
        let row = reference::action(action);
        let resource = if row.is_some_and(|row| !row.has_resource_types()) { "*" } else { resource };
        Self { action: action.to_owned(), resource: resource.to_owned(), dependent: false }
    }

    /// Returns an action that the called service performs with the caller's permissions.
    pub(crate) fn dependent(action: &str, resource: &str) -> Self {
        Self { dependent: true, ..Self::own(action, resource) }
    }
}

/// Returns an action of the request itself by the service's prefix and the action's name.
pub(crate) fn need(prefix: &str, action: &str, resource: impl AsRef<str>) -> RequiredAction {
    RequiredAction::own(&format!("{prefix}:{action}"), resource.as_ref())
}

/// Returns a string member, empty if there is none.
pub(crate) fn text<'a>(input: &'a Value, member: &str) -> &'a str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a request has tags.
pub(crate) fn tagged(input: &Value, member: &str) -> bool {
    match input.get(member) {
        Some(Value::Array(tags)) => !tags.is_empty(),
        Some(Value::Object(tags)) => !tags.is_empty(),
        _ => false,
    }
}

/// Returns an ARN of the request's account and Region.
pub(crate) fn regional(context: &RequestContext, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{}:{}:{rest}", context.region, context.account)
}

/// Returns the ARN of a service-linked role.
pub(crate) fn service_linked_role_arn(context: &RequestContext, path: &str) -> String {
    format!("arn:aws:iam::{}:role/aws-service-role/{path}", context.account)
}

/// Returns the ARN that requests on a log stream are authorized on; for a group the stream name is empty, as AWS's denials
/// show.
pub(crate) fn log_stream_arn(context: &RequestContext, group: &str, stream: &str) -> String {
    let group = group.rsplit_once(":log-group:").map_or(group, |(_, name)| name.trim_end_matches(":*"));
    regional(context, "logs", &format!("log-group:{group}:log-stream:{stream}"))
}

/// Returns the tags of a request, or the keys of the tags that it removes, as JSON protocols spell them.
pub(crate) fn request_tags(request: &Request) -> Tags {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |tag: &Value| match tag {
        // A single key of a tag to remove.
        Value::String(key) => (key.clone(), String::new()),
        tag => (text(&tag["Key"]), text(&tag["Value"])),
    };
    let mut tags: Tags = request
        .query
        .iter()
        .filter(|(name, _)| name == "tagKeys")
        .flat_map(|(_, keys)| keys.split(',').map(|key| (key.to_owned(), String::new())))
        .collect();
    for member in ["Tags", "tags", "TagKeys", "tagKeys"] {
        match request.input.get(member) {
            Some(Value::Object(given)) => tags.extend(given.iter().map(|(key, value)| (key.clone(), text(value)))),
            Some(Value::Array(given)) => tags.extend(given.iter().map(one)),
            _ => {}
        }
    }
    tags
}

/// Converts a text of the reference into a pattern: `${Name}` and `<name>` become wildcards.
pub(crate) fn open(text: &str) -> String {
    let (mut pattern, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("${").or_else(|| rest.find('<')) {
        let end = rest[start..].find(['}', '>']).map_or(rest.len(), |end| start + end + 1);
        pattern.push_str(&rest[..start]);
        pattern.push('*');
        rest = &rest[end..];
    }
    pattern + rest
}
