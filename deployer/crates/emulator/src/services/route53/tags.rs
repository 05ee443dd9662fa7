//! Tags of hosted zones.

use serde_json::Value;

use super::xml::{document, element, text};
use super::{AwsError, Request, State, invalid};
use crate::response::Response;

/// Maximum number of tags of a zone (Route 53 developer guide, "Tagging": 10 in a request; the total is AWS's usual 50, unverified here).
const MAX_TAGS: usize = 50;

fn zone_id(call: &Request) -> Result<&str, AwsError> {
    match call.path("ResourceType") {
        "hostedzone" => Ok(call.path("ResourceId")),
        "healthcheck" => {
            let message = format!("A health check with id {} does not exist.", call.path("ResourceId"));
            Err(AwsError::new(404, "NoSuchHealthCheck", message))
        }
        other => Err(AwsError::new(501, "NotImplemented", format!("the embedded Route 53 has no tags of a {other}"))),
    }
}

pub(super) fn change(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let zone = state.zone_mut(zone_id(call)?)?;
    let items = |name: &str| call.input[name].as_array().cloned().unwrap_or_default();
    let (added, removed) = (items("AddTags"), items("RemoveTagKeys"));
    if added.is_empty() && removed.is_empty() {
        // API reference, ChangeTagsForResource: at least one of the two is required. Text unverified.
        return Err(invalid("Invalid request: Expected at least one of [AddTags, RemoveTagKeys], but found none"));
    }
    for tag in &added {
        let member = |name: &str| tag[name].as_str().unwrap_or_default().to_owned();
        if member("Key").to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys must not start with aws:"));
        }
        zone.tags.insert(member("Key"), member("Value"));
    }
    for key in removed.iter().filter_map(Value::as_str) {
        zone.tags.remove(key);
    }
    if zone.tags.len() > MAX_TAGS {
        return Err(invalid(format!("A resource has at most {MAX_TAGS} tags")));
    }
    Ok(document("ChangeTagsForResourceResponse", ""))
}

pub(super) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let id = zone_id(call)?;
    let zone = state.zone(id)?;
    let tag = |(key, value): (&String, &String)| element("Tag", &(text("Key", key) + &text("Value", value)));
    let tags: String = zone.tags.iter().map(tag).collect();
    let set = text("ResourceType", "hostedzone") + &text("ResourceId", id) + &element("Tags", &tags);
    Ok(document("ListTagsForResourceResponse", &element("ResourceTagSet", &set)))
}
