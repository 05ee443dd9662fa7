//! Prompts: those that come with an instance. Making one needs a recording in a bucket, which is not read here.

use serde_json::json;
use time::OffsetDateTime;

use super::resource::{self, Kind};
use crate::call::{Call, Surroundings};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

pub(super) fn serve(world: &mut World, call: &Call, surroundings: &Surroundings<'_>) -> Option<Result<Reply, Refusal>> {
    match call.operation {
        "DescribePrompt" => Some(describe(world, call, surroundings.now)),
        _ => None,
    }
}

fn describe(world: &mut World, call: &Call, now: OffsetDateTime) -> Result<Reply, Refusal> {
    let region = world.region.clone();
    let instance = world.connect.ready(call.path("InstanceId"), now)?;
    let (id, found) = resource::named(instance, Kind::Prompt, call.path("PromptId"))?;
    let mut described = json!({"PromptId": id, "PromptARN": found.arn, "Name": found.name});
    found.describe(&mut described, &region);
    Ok(Reply::json(json!({"Prompt": described})))
}
