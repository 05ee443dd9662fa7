//! Resources whose details are a document, stored and returned as given: what views, task templates, evaluation forms and rules share.

use serde_json::Value;

use super::arguments::{PARAMETER, refused, text};
use super::resource;
use super::types::{Detail, Instance, Token};
use crate::error::AwsError;
use crate::request::Request;

/// Members of a creation request that are not a part of the document.
const APART: [&str; 6] = ["InstanceId", "ClientToken", "Tags", "AsDraft", "CreateNewVersion", "EvaluationFormVersion"];

/// Returns the document of a request: its body without what belongs to the request or to the resource around the document.
pub(super) fn body(input: &Value) -> Value {
    let mut body = input.clone();
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, value| !APART.contains(&name.as_str()) && !value.is_null());
    }
    body
}

/// Returns the token of a creation request, with its input.
pub(super) fn token(input: &Value) -> Token {
    text(input, "ClientToken").map(|token| (token.to_owned(), input.clone()))
}

/// Returns id and ARN of the resource that an earlier request with the same token has created. A request with other parameters is an
/// error, whose code and message text are unverified.
pub(super) fn earlier<T: Detail>(
    instance: &Instance,
    call: &Request,
    token: fn(&T) -> &Token,
) -> Result<Option<(String, String)>, AwsError> {
    let Some(given) = text(&call.input, "ClientToken") else { return Ok(None) };
    let of_token = |one: &resource::Found<'_, T>| token(one.details).as_ref().is_some_and(|(token, _)| token == given);
    let Some(found) = resource::all::<T>(instance).find(of_token) else { return Ok(None) };
    match token(found.details).as_ref().is_some_and(|(_, input)| *input == call.input) {
        true => Ok(Some((found.id.to_owned(), found.resource.arn.clone()))),
        false => Err(refused(PARAMETER, "The client token was used for a request with other parameters")),
    }
}

/// Returns the code that evaluation forms and rules have for a name that is in use: "A resource already has that name" (botocore model,
/// ResourceConflictException).
pub(super) fn conflict(mut error: AwsError) -> AwsError {
    if error.code == "DuplicateResourceException" {
        error.code = "ResourceConflictException";
    }
    error
}

/// Returns all values of a member, at any depth.
pub(super) fn everywhere<'v>(document: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match document {
        Value::Object(members) => {
            found.extend(members.get(name));
            members.values().for_each(|inner| everywhere(inner, name, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| everywhere(inner, name, found)),
        _ => {}
    }
}
