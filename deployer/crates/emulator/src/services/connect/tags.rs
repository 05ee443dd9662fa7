//! Tags of instances and of what is in them.

use std::collections::BTreeMap;

use serde_json::json;

use super::arguments::{self, MOST_TAGS, PARAMETER, refused};
use crate::call::{Call, Surroundings};
use crate::check::Faults;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

fn of<'a>(world: &'a mut World, arn: &str) -> Result<&'a mut BTreeMap<String, String>, Refusal> {
    if !arn.starts_with("arn:") || !arn.contains(":connect:") {
        // Text unverified.
        return Err(refused(PARAMETER, format!("{arn} is not the ARN of a Connect resource")));
    }
    let connect = &mut *world.connect;
    for instance in connect.instances.values_mut() {
        if instance.arn == arn {
            return Ok(&mut instance.tags);
        }
        let flows = instance.flows.values_mut().map(|flow| (&flow.arn, &mut flow.tags));
        let resources = instance.resources.values_mut().map(|resource| (&resource.arn, &mut resource.tags));
        let modules = instance.modules.values_mut().map(|module| (&module.arn, &mut module.tags));
        let tests = instance.test_cases.values_mut().map(|case| (&case.arn, &mut case.tags));
        if let Some((_, tags)) = flows.chain(resources).chain(modules).chain(tests).find(|(found, _)| *found == arn) {
            return Ok(tags);
        }
    }
    if let Some(number) = connect.numbers.values_mut().find(|number| number.arn == arn) {
        return Ok(&mut number.tags);
    }
    // Text unverified.
    Err(Refusal::new(404, "ResourceNotFoundException", format!("Resource not found: {arn}")))
}

pub(super) fn serve(world: &mut World, call: &Call, _: &Surroundings<'_>) -> Option<Result<Reply, Refusal>> {
    Some(match call.operation {
        "TagResource" => add(world, call),
        "UntagResource" => remove(world, call),
        "ListTagsForResource" => list(world, call),
        _ => return None,
    })
}

fn add(world: &mut World, call: &Call) -> Result<Reply, Refusal> {
    let mut faults = Faults::default();
    faults.required("tags", call.input.get("tags"));
    let new = arguments::tags(&call.input, "tags", &mut faults)?;
    faults.refuse(PARAMETER)?;
    let tags = of(world, call.path("ResourceArn"))?;
    tags.extend(new);
    if tags.len() > MOST_TAGS {
        // Text unverified.
        return Err(refused(PARAMETER, format!("A resource has at most {MOST_TAGS} tags")));
    }
    Ok(Reply::empty(200))
}

fn remove(world: &mut World, call: &Call) -> Result<Reply, Refusal> {
    let keys: Vec<&str> = call.query.iter().filter(|(name, _)| name == "tagKeys").map(|(_, key)| key.as_str()).collect();
    let mut faults = Faults::default();
    faults.required("tagKeys", keys.first());
    for key in &keys {
        arguments::tag_key(key, &mut faults);
    }
    faults.refuse(PARAMETER)?;
    let tags = of(world, call.path("ResourceArn"))?;
    for key in keys {
        tags.remove(key);
    }
    Ok(Reply::empty(200))
}

fn list(world: &mut World, call: &Call) -> Result<Reply, Refusal> {
    let tags = of(world, call.path("ResourceArn"))?;
    Ok(Reply::json(json!({"tags": tags})))
}

impl super::State {
    /// The tags of every instance, of what is in them, and of every number, by ARN.
    pub(crate) fn tagged(&self) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        let inside = self.instances.values().flat_map(|instance| {
            let flows = instance.flows.values().map(|flow| (&flow.arn, &flow.tags));
            let resources = instance.resources.values().map(|resource| (&resource.arn, &resource.tags));
            let modules = instance.modules.values().map(|module| (&module.arn, &module.tags));
            let tests = instance.test_cases.values().map(|case| (&case.arn, &case.tags));
            flows.chain(resources).chain(modules).chain(tests).chain([(&instance.arn, &instance.tags)])
        });
        let numbers = self.numbers.values().map(|number| (&number.arn, &number.tags));
        inside.chain(numbers).map(|(arn, tags)| (arn.clone(), tags.clone()))
    }
}
