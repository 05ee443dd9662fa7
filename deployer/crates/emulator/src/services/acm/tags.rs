//! Tags of certificates.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::required_arn;
use crate::call;
use crate::check::Faults;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

/// Tags of one certificate (API reference, TooManyTagsException).
const MOST: usize = 50;

pub(super) fn add(world: &mut World, input: &Value) -> Result<Reply, Refusal> {
    let arn = required_arn(input)?;
    let tags = given(input, true)?;
    let certificate = world.acm.existing(&arn)?;
    certificate.tags.extend(tags);
    if certificate.tags.len() > MOST {
        return Err(too_many());
    }
    Ok(Reply::empty(200))
}

/// A tag is removed by its key; if a value is given, only when it is that value (API reference, RemoveTagsFromCertificate).
pub(super) fn remove(world: &mut World, input: &Value) -> Result<Reply, Refusal> {
    let arn = required_arn(input)?;
    given(input, true)?;
    let certificate = world.acm.existing(&arn)?;
    for tag in input["Tags"].as_array().into_iter().flatten() {
        let key = tag["Key"].as_str().unwrap_or_default();
        let same = tag
            .get("Value")
            .and_then(Value::as_str)
            .is_none_or(|value| certificate.tags.get(key).is_some_and(|old| old == value));
        if same {
            certificate.tags.remove(key);
        }
    }
    Ok(Reply::empty(200))
}

pub(super) fn list(world: &mut World, input: &Value) -> Result<Reply, Refusal> {
    let arn = required_arn(input)?;
    let certificate = world.acm.existing(&arn)?;
    let tags: Vec<Value> = certificate.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Reply::json(json!({"Tags": tags})))
}

/// The tags of the input, checked.
pub(super) fn given(input: &Value, required: bool) -> Result<BTreeMap<String, String>, Refusal> {
    let list = match input.get("Tags") {
        None | Some(Value::Null) => {
            let mut faults = Faults::default();
            if required {
                faults.required::<()>("tags", None);
            }
            return faults.refuse("ValidationException").map(|()| BTreeMap::new());
        }
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refusal::serialization("Tags", "a list")),
    };
    if list.len() > MOST {
        return Err(too_many());
    }
    let mut faults = Faults::default();
    if list.is_empty() {
        faults.add("[]", "tags", "Member must have length greater than or equal to 1");
    }
    let mut tags = BTreeMap::new();
    for (i, tag) in list.iter().enumerate() {
        let (key, value) = (call::string(tag, "Key")?, call::string(tag, "Value")?);
        let at = |member: &str| format!("tags.{}.member.{member}", i + 1);
        faults.required(&at("key"), key);
        faults.length(&at("key"), key, 1..=128);
        faults.length(&at("value"), value, 0..=256);
        for (member, text) in [("key", key), ("value", value)] {
            faults.pattern(&at(member), text, r"[\p{L}\p{Z}\p{N}_.:\/=+\-@]*", allowed);
        }
        let key = key.unwrap_or_default().to_owned();
        if key.to_ascii_lowercase().starts_with("aws:") {
            // Text unverified.
            return Err(Refusal::new(400, "InvalidTagException", "Tag keys must not start with aws:"));
        }
        tags.insert(key, value.unwrap_or_default().to_owned());
    }
    faults.refuse("ValidationException")?;
    Ok(tags)
}

fn allowed(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == ' ' || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c))
}

fn too_many() -> Refusal {
    // Text unverified.
    Refusal::new(400, "TooManyTagsException", format!("A certificate has at most {MOST} tags."))
}
