//! Tags of certificates.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::{not_found, required_arn};
use crate::error::AwsError;
use crate::request::{self, Request};
use crate::response::Response;

/// Maximum number of tags of a certificate (API reference, TooManyTagsException).
const MOST: usize = 50;

pub(super) fn add(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let arn = required_arn(&call.input)?;
    let tags = given(&call.input)?;
    let certificate = state.existing(&arn)?;
    certificate.tags.extend(tags);
    if certificate.tags.len() > MOST {
        return Err(too_many());
    }
    Ok(Response::empty(200))
}

/// Removes tags by their keys; if a value is given, only if the tag has it (API reference, RemoveTagsFromCertificate).
pub(super) fn remove(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let arn = required_arn(&call.input)?;
    given(&call.input)?;
    let certificate = state.existing(&arn)?;
    for tag in call.input["Tags"].as_array().into_iter().flatten() {
        let key = tag["Key"].as_str().unwrap_or_default();
        let same = tag
            .get("Value")
            .and_then(Value::as_str)
            .is_none_or(|value| certificate.tags.get(key).is_some_and(|old| old == value));
        if same {
            certificate.tags.remove(key);
        }
    }
    Ok(Response::empty(200))
}

pub(super) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let arn = required_arn(&call.input)?;
    let certificate = state.certificate(&arn).ok_or_else(|| not_found(&arn))?;
    let tags: Vec<Value> = certificate.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Response::json(json!({"Tags": tags})))
}

/// Returns the tags in the input.
pub(super) fn given(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    for tag in input.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        let key = request::string(tag, "Key")?.unwrap_or_default().to_owned();
        if key.to_ascii_lowercase().starts_with("aws:") {
            // Text unverified.
            return Err(AwsError::new(400, "InvalidTagException", "Tag keys must not start with aws:"));
        }
        tags.insert(key, request::string(tag, "Value")?.unwrap_or_default().to_owned());
    }
    if tags.len() > MOST {
        return Err(too_many());
    }
    Ok(tags)
}

fn too_many() -> AwsError {
    // Text unverified.
    AwsError::new(400, "TooManyTagsException", format!("A certificate has at most {MOST} tags."))
}

impl State {
    /// Returns the tags of every certificate, by ARN.
    pub(crate) fn tagged(&self) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        self.certificates.iter().map(|(arn, certificate)| (arn.clone(), certificate.tags.clone()))
    }
}
