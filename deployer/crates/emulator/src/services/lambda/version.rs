//! Published versions and their aliases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::function::{Alias, Function, LATEST};
use super::read::{describe, page};
use super::{Target, conflict, find, find_mut, idle, precondition, refused, stale};
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;

pub(crate) fn publish(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let description = string(&call.input, "Description")?;
    let function = find_mut(state, &target)?;
    idle(function, call.context.now)?;
    precondition(function, &target, string(&call.input, "RevisionId")?)?;
    if let Some(sha256) =
        string(&call.input, "CodeSha256")?.filter(|sha256| !sha256.is_empty() && *sha256 != function.latest.code.sha256)
    {
        return Err(refused(format!(
            "CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST ({}). Please try again with the CodeSHA256 in $LATEST.",
            function.latest.code.sha256
        )));
    }
    let number = publish_latest(function, description.unwrap_or_default(), &call.context);
    let published = Target { qualifier: Some(number.to_string()), ..target };
    Ok(Response::status(201, describe(find(state, &published)?, &published, call.context.now)?))
}

/// Publishes `$LATEST`, and returns its number; if nothing changed since the last version, that version's number (API
/// reference, PublishVersion).
pub(crate) fn publish_latest(function: &mut Function, description: &str, context: &RequestContext) -> u64 {
    let mut version = function.latest.clone();
    if !description.is_empty() {
        version.description = description.to_owned();
    }
    if let Some((number, last)) = function.versions.last() {
        let mut last = last.clone();
        for same in [&mut last.version, &mut last.revision, &mut last.description] {
            same.clear();
        }
        let mut latest = function.latest.clone();
        for same in [&mut latest.version, &mut latest.revision, &mut latest.description] {
            same.clear();
        }
        (last.modified, last.active_at, last.updated_at) = (latest.modified, latest.active_at, latest.updated_at);
        if serde_json::to_value(&last).ok() == serde_json::to_value(&latest).ok() {
            return *number;
        }
    }
    let number = function.next_version;
    function.next_version += 1;
    version.version = number.to_string();
    version.revision = context.uuid();
    function.versions.insert(number, version);
    number
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = find(state, &target)?;
    let latest = function.latest.describe(&function.name, &function.qualified(Some(LATEST)), None);
    let mut entries = vec![(String::new(), latest)];
    entries.extend(function.versions.iter().map(|(number, version)| {
        let arn = function.qualified(Some(&version.version));
        (format!("{number:020}"), version.describe(&function.name, &arn, None))
    }));
    page(call, entries, "Versions")
}

pub(crate) fn delete(function: &mut Function, qualifier: &str) -> Result<(), AwsError> {
    if qualifier == LATEST {
        return Err(refused("$LATEST version cannot be deleted without deleting the function."));
    }
    if function.aliases.contains_key(qualifier) {
        return Err(refused("Aliases cannot be deleted with this operation; use DeleteAlias."));
    }
    let names: Vec<&str> = function
        .aliases
        .values()
        .filter(|alias| alias.version == qualifier || alias.weights.contains_key(qualifier))
        .map(|alias| alias.name.as_str())
        .collect();
    if !names.is_empty() {
        return Err(conflict(format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            names.join(", ")
        )));
    }
    if let Ok(number) = qualifier.parse::<u64>() {
        function.versions.remove(&number);
    }
    function.policies.remove(qualifier);
    Ok(())
}

fn alias_arn(function: &Function, name: &str) -> String {
    function.qualified(Some(name))
}

fn describe_alias(function: &Function, alias: &Alias) -> Value {
    let mut shape = json!({
        "AliasArn": alias_arn(function, &alias.name), "Name": alias.name, "FunctionVersion": alias.version,
        "Description": alias.description, "RevisionId": alias.revision,
    });
    if !alias.weights.is_empty() {
        shape["RoutingConfig"] = json!({"AdditionalVersionWeights": alias.weights});
    }
    shape
}

fn weights(function: &Function, input: &Value) -> Result<Option<BTreeMap<String, f64>>, AwsError> {
    let Some(routing) = input.get("RoutingConfig").filter(|routing| !routing.is_null()) else { return Ok(None) };
    let given = routing.get("AdditionalVersionWeights").cloned().unwrap_or_else(|| json!({}));
    let weights: BTreeMap<String, f64> =
        serde_json::from_value(given).map_err(|_| AwsError::serialization("AdditionalVersionWeights", "a map of numbers"))?;
    if weights.len() > 1 || weights.values().any(|weight| !(0.0..=1.0).contains(weight)) {
        return Err(refused(
            "Number of items in AdditionalVersionWeights cannot be greater than 1, and every weight is between 0.0 and 1.0",
        ));
    }
    for version in weights.keys() {
        existing(function, version)?;
    }
    Ok(Some(weights))
}

/// Returns an error for weights of unpublished versions: traffic is shared between published versions only (Lambda guide,
/// configuration-aliases). The message text is unverified.
fn weighable(version: &str, weights: &BTreeMap<String, f64>) -> Result<(), AwsError> {
    if version == LATEST && !weights.is_empty() {
        return Err(refused("$LATEST is not supported for an alias pointing to more than 1 version"));
    }
    Ok(())
}

fn existing(function: &Function, version: &str) -> Result<(), AwsError> {
    let known = version == LATEST || version.parse().is_ok_and(|number: u64| function.versions.contains_key(&number));
    known.then_some(()).ok_or_else(|| {
        AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {}", function.qualified(Some(version))))
    })
}

pub(crate) fn create_alias(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let target = Target::of(call)?;
    let text = |member: &str| string(input, member).map(Option::unwrap_or_default);
    let (name, version, description) = (text("Name")?, text("FunctionVersion")?, text("Description")?);
    let revision = call.context.uuid();
    let function = find_mut(state, &target)?;
    if function.aliases.contains_key(name) {
        return Err(conflict(format!("Alias already exists: {}", alias_arn(function, name))));
    }
    existing(function, version)?;
    let weights = weights(function, input)?.unwrap_or_default();
    weighable(version, &weights)?;
    let alias = Alias { name: name.into(), version: version.into(), description: description.into(), weights, revision };
    let shape = describe_alias(function, &alias);
    function.aliases.insert(name.to_owned(), alias);
    Ok(Response::status(201, shape))
}

fn no_alias(function: &Function, name: &str) -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", format!("Cannot find alias arn: {}", alias_arn(function, name)))
}

pub(crate) fn get_alias(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = find(state, &target)?;
    let alias = function.aliases.get(call.path("Name")).ok_or_else(|| no_alias(function, call.path("Name")))?;
    Ok(Response::json(describe_alias(function, alias)))
}

pub(crate) fn list_aliases(state: &State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = find(state, &target)?;
    let wanted = call.query("FunctionVersion");
    let aliases = function.aliases.values().filter(|alias| wanted.is_none_or(|wanted| alias.version == wanted));
    page(call, aliases.map(|alias| (alias.name.clone(), describe_alias(function, alias))).collect(), "Aliases")
}

pub(crate) fn update_alias(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let target = Target::of(call)?;
    let version = string(input, "FunctionVersion")?;
    let description = string(input, "Description")?;
    let function = find_mut(state, &target)?;
    let name = call.path("Name");
    let mut alias = function.aliases.get(name).cloned().ok_or_else(|| no_alias(function, name))?;
    if string(input, "RevisionId")?.is_some_and(|revision| revision != alias.revision) {
        return Err(stale());
    }
    if let Some(version) = version {
        existing(function, version)?;
        alias.version = version.to_owned();
    }
    if let Some(description) = description {
        alias.description = description.to_owned();
    }
    if let Some(weights) = weights(function, input)? {
        alias.weights = weights;
    }
    weighable(&alias.version, &alias.weights)?;
    alias.revision = call.context.uuid();
    let shape = describe_alias(function, &alias);
    function.aliases.insert(name.to_owned(), alias);
    Ok(Response::json(shape))
}

pub(crate) fn delete_alias(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let target = Target::of(call)?;
    let function = find_mut(state, &target)?;
    let name = call.path("Name");
    function.aliases.remove(name);
    function.policies.remove(name);
    Ok(Response::empty(204))
}
