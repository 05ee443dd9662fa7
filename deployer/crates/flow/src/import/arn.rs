//! Search for ARNs in texts, and for ids in place of ARNs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::actions;
use crate::model::Flow;
use crate::resource_kind::ResourceKind;
use crate::rules::Parameter;

/// An ARN of a resource that a flow can refer to, without a version or alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) arn: String,
    pub(super) kind: ResourceKind,
    /// Byte offset in the text.
    pub(super) at: usize,
}

impl Found {
    /// Returns the name at the end of a function's ARN; ARNs of other kinds end with ids.
    pub(super) fn own_name(&self) -> Option<String> {
        let (_, name) = self.arn.rsplit_once(":function:")?;
        Some(name.to_owned())
    }
}

fn in_arn(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-' | '_')
}

/// Whether an ARN can begin after this text. After a dollar sign a reference would be read as an escaped one.
fn begins(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '$')
}

/// Ids found where a flow may refer to a resource by ARN or id, such as `FlowModuleId` in exports of the console.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids(BTreeMap<String, ResourceKind>);

impl Ids {
    pub(super) fn of(flow: &Flow) -> Self {
        let mut ids = BTreeMap::new();
        for action in flow.actions() {
            let rules = action.kind().and_then(actions::get);
            for rule in rules.map(|rules| rules.parameters).unwrap_or_default() {
                let values: Vec<&Value> = match action.parameter(rule.name) {
                    Some(Value::Object(members)) => members.values().collect(),
                    value => value.into_iter().collect(),
                };
                ids.extend(values.into_iter().filter_map(|value| Some((own_id(value.as_str()?)?.to_owned(), named_kind(rule)?))));
            }
        }
        Self(ids)
    }

    /// Returns every ARN in a text, or the id that the text consists of, without a version or alias.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let id = own_id(text).and_then(|id| self.0.get_key_value(id));
        match id {
            Some((id, kind)) => vec![Found { arn: id.clone(), kind: *kind, at: 0 }],
            None => find(text),
        }
    }
}

fn named_kind(rule: &Parameter) -> Option<ResourceKind> {
    ResourceKind::from_name(rule.reference?)
}

/// Returns the id that a text consists of, without a version or an alias.
fn own_id(text: &str) -> Option<&str> {
    let id = text.split(':').next()?;
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, c): (usize, char)| if is_hyphen(at) { c == '-' } else { c.is_ascii_hexdigit() };
    (id.len() == 36 && id.char_indices().all(fits)).then_some(id)
}

/// Returns every such ARN in a text. One that is composed at run time (`$.AwsRegion`) is skipped.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("arn:")) {
        let start = from + at;
        let rest = &text[start..];
        let end = rest.find(|c: char| !in_arn(c)).unwrap_or(rest.len());
        from = start + end.max(4);
        let fresh = begins(&text[..start]);
        // `:$LATEST` and `:$SAVED` select a state of the resource.
        let dynamic = ["$.", "$[", "${", "$$", "{"].iter().any(|start| rest[end..].starts_with(start));
        if let Some((arn, kind)) = base(&rest[..end]).filter(|_| fresh && !dynamic) {
            found.push(Found { arn, kind, at: start });
        }
    }
    found
}

/// Returns the ARN without a function's version or alias or a flow's `$SAVED`.
fn base(arn: &str) -> Option<(String, ResourceKind)> {
    let kind = ResourceKind::of_arn(arn)?;
    let parts: Vec<&str> = arn.split(':').collect();
    let whole = if kind == ResourceKind::Lambda { 7 } else { 6 };
    let complete = parts.len() >= whole && parts[..whole].iter().all(|part| !part.is_empty());
    complete.then(|| (parts[..whole].join(":"), kind))
}

/// Returns the ARN of a view that AWS provides with `${region}` in place of its Region, the only part that differs between
/// instances.
pub(super) fn provided_by_aws(arn: &str) -> Option<String> {
    let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
    if parts.get(4) != Some(&"aws") {
        return None;
    }
    *parts.get_mut(3)? = "${region}";
    Some(parts.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_found_in_texts_without_their_qualifiers() {
        let found = |text: &str| find(text).into_iter().map(|one| (one.kind, one.arn)).collect::<Vec<_>>();
        let function = "arn:aws:lambda:us-east-1:111122223333:function:convert";
        let queue = "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q";
        assert_eq!(found(&format!("{function}:live")), [(ResourceKind::Lambda, function.to_owned())]);
        assert_eq!(found(&format!("\"{queue}\", {function}")).len(), 2);
        assert_eq!(found("arn:aws:lambda:$.AwsRegion:111122223333:function:x"), []);
        assert_eq!(found(&format!("{queue}:$SAVED")), [(ResourceKind::Queue, queue.to_owned())]);
        assert_eq!(found("arn:aws:s3:::bucket"), []);
        assert_eq!(found("barn:aws:lambda:r:a:function:x"), []);
        assert_eq!(found(&format!("{queue}2")), [(ResourceKind::Queue, format!("{queue}2"))]);
        let places: Vec<usize> = find(&format!("a {queue} {queue}:1")).into_iter().map(|one| one.at).collect();
        assert_eq!(places, [2, 3 + queue.len()]);
    }

    #[test]
    fn aws_views_depend_on_the_region_only() {
        let view = "arn:aws:connect:us-west-2:aws:view/form:1";
        assert_eq!(provided_by_aws(view).as_deref(), Some("arn:aws:connect:${region}:aws:view/form:1"));
        assert_eq!(provided_by_aws("arn:aws:connect:us-west-2:111122223333:instance/i/queue/q"), None);
    }
}
