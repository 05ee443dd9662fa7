//! Tags of instances and their resources.

use std::collections::BTreeMap;

use serde_json::json;

use super::State;
use super::arguments::{self, MAX_TAGS, PARAMETER, refused};
use super::types::Instance;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

fn of<'a>(state: &'a mut State, arn: &str) -> Result<&'a mut BTreeMap<String, String>, AwsError> {
    if !arn.starts_with("arn:") || !arn.contains(":connect:") {
        // The message text is unverified.
        return Err(refused(PARAMETER, format!("{arn} is not the ARN of a Connect resource")));
    }
    // The message text is unverified.
    let missing = || AwsError::new(404, "ResourceNotFoundException", format!("Resource not found: {arn}"));
    let connect = state;
    let number = connect.numbers.values().find(|number| number.arn == arn).map(|number| number.id.clone());
    if let Some(number) = number.and_then(|id| connect.numbers.get_mut(&id)) {
        return Ok(&mut number.tags);
    }
    let holds = |instance: &&Instance| {
        arn.strip_prefix(instance.arn.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let instance = connect.instances.values().find(holds).map(|instance| instance.id.clone()).ok_or_else(missing)?;
    within(connect.instances.get_mut(&instance).ok_or_else(missing)?, arn).ok_or_else(missing)
}

/// Returns the tags of an instance or one of its resources; the id is the end of the ARN.
fn within<'a>(instance: &'a mut Instance, arn: &str) -> Option<&'a mut BTreeMap<String, String>> {
    if instance.arn == arn {
        return Some(&mut instance.tags);
    }
    let (_, id) = arn.rsplit_once('/')?;
    if instance.flows.get(id).is_some_and(|flow| flow.arn == arn) {
        return instance.flows.get_mut(id).map(|flow| &mut flow.tags);
    }
    if instance.resources.get(id).is_some_and(|resource| resource.arn == arn) {
        return instance.resources.get_mut(id).map(|resource| &mut resource.tags);
    }
    if instance.modules.get(id).is_some_and(|module| module.arn == arn) {
        return instance.modules.get_mut(id).map(|module| &mut module.tags);
    }
    if instance.vocabularies.get(id).is_some_and(|vocabulary| vocabulary.arn == arn) {
        return instance.vocabularies.get_mut(id).map(|vocabulary| &mut vocabulary.tags);
    }
    let case = instance.test_cases.get_mut(id)?;
    (case.arn == arn).then_some(&mut case.tags)
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("TagResource", add).at("POST /tags/{ResourceArn}"),
    write("UntagResource", remove).at("DELETE /tags/{ResourceArn}"),
    read("ListTagsForResource", list).at("GET /tags/{ResourceArn}"),
];

fn add(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let mut faults = ValidationErrors::default();
    faults.required("tags", call.input.get("tags"));
    let new = arguments::tags(&call.input, "tags", &mut faults)?;
    faults.refuse(PARAMETER)?;
    let tags = of(state, call.path("ResourceArn"))?;
    tags.extend(new);
    if tags.len() > MAX_TAGS {
        // The message text is unverified.
        return Err(refused(PARAMETER, format!("A resource has at most {MAX_TAGS} tags")));
    }
    Ok(Response::empty(200))
}

fn remove(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let keys: Vec<&str> = call.query.iter().filter(|(name, _)| name == "tagKeys").map(|(_, key)| key.as_str()).collect();
    let mut faults = ValidationErrors::default();
    faults.required("tagKeys", keys.first());
    for key in &keys {
        arguments::tag_key(key, &mut faults);
    }
    faults.refuse(PARAMETER)?;
    let tags = of(state, call.path("ResourceArn"))?;
    for key in keys {
        tags.remove(key);
    }
    Ok(Response::empty(200))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    // The tags of a copy, because the search is for a change.
    Ok(Response::json(json!({"tags": of(&mut state.clone(), call.path("ResourceArn"))?})))
}

impl State {
    /// Returns the tags of every instance, resource and number, by ARN.
    pub(crate) fn tagged(&self) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        let inside = self.instances.values().flat_map(|instance| {
            let flows = instance.flows.values().map(|flow| (&flow.arn, &flow.tags));
            let resources = instance.resources.values().map(|resource| (&resource.arn, &resource.tags));
            let modules = instance.modules.values().map(|module| (&module.arn, &module.tags));
            let tests = instance.test_cases.values().map(|case| (&case.arn, &case.tags));
            let words = instance.vocabularies.values().map(|vocabulary| (&vocabulary.arn, &vocabulary.tags));
            flows.chain(resources).chain(modules).chain(tests).chain(words).chain([(&instance.arn, &instance.tags)])
        });
        let numbers = self.numbers.values().map(|number| (&number.arn, &number.tags));
        inside.chain(numbers).map(|(arn, tags)| (arn.clone(), tags.clone()))
    }
}
