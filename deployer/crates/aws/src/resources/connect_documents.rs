//! Documents of an Amazon Connect instance: views, task templates, evaluation forms and rules. What they share is here, what each of
//! them sends and reads is in a file of its own.
//!
//! A desired document has the members that its file has, a live one may have more: Connect adds defaults. So a live document that has
//! everything desired is the desired one.

use std::future::Future;

use deployer_engine::{Context, Live, Lookup, Result};
use deployer_resources::{ConnectDocumentOutputs, ConnectDocumentProperties};
use serde_json::{Map, Value, json};

use super::connect_names::Kind;
use super::join_id;
use crate::call::Operation;
use crate::provider::Provider;
use crate::tags;

pub(super) type DocumentLive = Live<ConnectDocumentProperties, ConnectDocumentOutputs>;

/// A document as the API describes it.
pub(super) struct Described {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) status: String,
    /// All its members.
    pub(super) members: Value,
}

/// The calls of one type of document.
pub(super) trait DocumentCalls {
    /// The kind, for lists.
    const KIND: Kind;
    /// The member with the name.
    const NAME: &'static str;
    /// Members that the API takes and returns as JSON text, as JSON pointers.
    const TEXTS: &'static [&'static str];
    /// All operations besides the list.
    const OPERATIONS: &'static [Operation];
    /// Actions that only changes read with.
    const READ_WHILE_CHANGING: &'static [&'static str] = &[];

    /// Reads a document.
    fn describe(
        provider: &Provider,
        cx: &Context,
        instance: &str,
        id: &str,
        wanted: &str,
    ) -> impl Future<Output = Result<Option<Described>>> + Send;

    /// Creates it and returns its ID and ARN.
    fn create(
        provider: &Provider,
        cx: &Context,
        wanted: &ConnectDocumentProperties,
    ) -> impl Future<Output = Result<(String, String)>> + Send;

    /// Changes everything but the tags.
    fn update(
        provider: &Provider,
        cx: &Context,
        live: &DocumentLive,
        wanted: &ConnectDocumentProperties,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Deletes it, if it is there.
    fn delete(provider: &Provider, cx: &Context, instance: &str, id: &str) -> impl Future<Output = Result<()>> + Send;
}

/// Returns the members of a request: those of the content, with JSON texts as texts, and `more`.
pub(super) fn body<D: DocumentCalls>(content: &Value, more: Value) -> Value {
    let mut body = content.clone();
    for pointer in D::TEXTS {
        if let Some(member) = body.pointer_mut(pointer)
            && !member.is_string()
        {
            *member = member.to_string().into();
        }
    }
    if let (Some(members), Value::Object(more)) = (body.as_object_mut(), more) {
        members.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    body
}

/// Returns `null` for an empty text, which no API of these takes.
pub(super) fn unless_empty(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

fn parsed(mut document: Value, texts: &[&str]) -> Value {
    for pointer in texts {
        let Some(member) = document.pointer_mut(pointer) else { continue };
        if let Some(value) = member.as_str().and_then(|text| serde_json::from_str(text).ok()) {
            *member = value;
        }
    }
    document
}

/// Whether `live` has everything that `wanted` has. `false`, an empty list or map and a missing member are the same.
fn covers(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| covers(live.get(name).unwrap_or(&Value::Null), value))
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| covers(live, wanted))
        }
        (Value::Null, Value::Bool(false) | Value::Null) => true,
        (Value::Null, Value::Array(items)) => items.is_empty(),
        (Value::Null, Value::Object(members)) => members.values().all(|value| covers(&Value::Null, value)),
        (Value::Number(live), Value::Number(wanted)) => live.as_f64() == wanted.as_f64(),
        _ => live == wanted,
    }
}

/// Returns the live content in the desired spelling if it is the same, or else the live members that are wanted too.
pub(super) fn content<D: DocumentCalls>(members: &Value, hint: &Value) -> Value {
    let (live, wanted) = (parsed(members.clone(), D::TEXTS), parsed(hint.clone(), D::TEXTS));
    if covers(&live, &wanted) {
        return hint.clone();
    }
    let names = wanted.as_object().into_iter().flat_map(Map::keys);
    names.filter_map(|name| Some((name.clone(), live.get(name)?.clone()))).collect::<Map<_, _>>().into()
}

fn tags_of(members: &Value) -> tags::Tags {
    let pairs = members["Tags"].as_object().into_iter().flatten();
    tags::own(pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))))
}

fn live<D: DocumentCalls>(instance: &str, found: Described, hint: &ConnectDocumentProperties) -> DocumentLive {
    let text = |name: &str| found.members[name].as_str().unwrap_or_default().to_owned();
    let properties = ConnectDocumentProperties {
        instance_id: instance.to_owned(),
        name: text(D::NAME),
        description: text("Description"),
        status: found.status,
        content: content::<D>(&found.members, &hint.content),
        tags: tags_of(&found.members),
    };
    let outputs = ConnectDocumentOutputs { id: found.id.clone(), arn: found.arn };
    Live { id: join_id(instance, &found.id), properties, outputs }
}

/// Returns a document by its ID.
pub(super) async fn look<D: DocumentCalls>(
    provider: &Provider,
    cx: &Context,
    instance: &str,
    id: &str,
    hint: &ConnectDocumentProperties,
) -> Result<Option<DocumentLive>> {
    let found = D::describe(provider, cx, instance, id, &hint.status).await?;
    Ok(found.map(|found| live::<D>(instance, found, hint)))
}

/// Returns the description of a document whose tags are still to be set, which no call that creates a task template does.
pub(super) fn marker(wanted: &ConnectDocumentProperties) -> String {
    let tag = |name: &str| wanted.tags.get(name).map_or("", String::as_str);
    let address = [tag("deployer:project"), tag("deployer:environment"), tag("deployer:address")];
    format!("deployer: {}", address.join("/"))
}

/// Returns the document with this name that is ours; one of others only if none is, because several may have the same name.
pub(super) async fn find<D: DocumentCalls>(
    provider: &Provider,
    cx: &Context,
    wanted: &ConnectDocumentProperties,
) -> Result<Lookup<DocumentLive>> {
    let names = provider.connect_names(cx, &wanted.instance_id, D::KIND).await?;
    let mut foreign = Lookup::NotFound;
    for id in names.ids(&wanted.name) {
        let Some(live) = look::<D>(provider, cx, &wanted.instance_id, id, wanted).await? else { continue };
        if live.properties.tags.is_empty() && live.properties.description == marker(wanted) {
            return Ok(Lookup::Owned(live));
        }
        match tags::found(cx, &live.properties.tags.clone(), live) {
            owned @ Lookup::Owned(_) => return Ok(owned),
            found if matches!(foreign, Lookup::NotFound) => foreign = found,
            _ => {}
        }
    }
    Ok(foreign)
}

/// Returns the tags as the API takes them.
pub(super) fn tags_json(wanted: &ConnectDocumentProperties) -> Value {
    json!(wanted.tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_document_may_have_more_than_desired() {
        let wanted = json!({"a": {"b": 1}, "c": [{"d": false}, {"e": "x"}], "f": []});
        assert!(covers(&json!({"a": {"b": 1.0, "z": 2}, "c": [{}, {"e": "x", "y": null}], "w": 0}), &wanted));
        assert!(!covers(&json!({"a": {"b": 2}, "c": [{}, {"e": "x"}]}), &wanted));
        assert!(!covers(&json!({"a": {"b": 1}, "c": [{}, {"e": "x"}, {}]}), &wanted));
        assert!(!covers(&json!({"c": [{}, {"e": "x"}]}), &wanted));
    }
}
