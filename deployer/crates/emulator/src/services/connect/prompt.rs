//! Prompts: those that come with an instance, and recordings copied from a bucket.
//!
//! A prompt's recording is copied when the prompt is created or changed, and the object may be deleted afterwards: the URL of
//! GetPromptFile shows that a prompt has a file of its own (API reference). The file itself is not emulated; its digest is
//! stored, so that a changed recording is a changed prompt.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::State;
use super::arguments::{PARAMETER, Paging, refused, text};
use super::resource;
use super::search;
use super::types::{Kind, Prompt};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write, write_with};
use crate::kernel::others::OtherServices;
use crate::request::Request;
use crate::response::Response;

/// Fields that a search accepts (botocore model, PromptSearchCriteria).
const FIELDS: [&str; 3] = ["name", "description", "resourceID"];

/// Opt-in Regions; a recording for an instance in one of them must be in the same Region (administrator guide, "Flow block:
/// Play prompt", requirements, which say so of buckets that prompts are played from; AWS general reference, "Regions", for the
/// list). That buckets of other Regions can be copied from another Region is unverified.
const OPT_IN: [&str; 15] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "mx-central-1",
];

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write_with("CreatePrompt", create).at("PUT /prompts/{InstanceId}"),
    read("DescribePrompt", describe).at("GET /prompts/{InstanceId}/{PromptId}").rate(per_second(10, 10)),
    write_with("UpdatePrompt", update).at("POST /prompts/{InstanceId}/{PromptId}"),
    write("DeletePrompt", delete).at("DELETE /prompts/{InstanceId}/{PromptId}"),
    read("SearchPrompts", search).at("POST /search-prompts"),
];

/// Returns the recording of an input, if it has one. Codes and message texts are unverified, as is that the audio format is
/// checked before a caller hears it.
fn recording(call: &Request, others: &dyn OtherServices) -> Result<Option<Prompt>, AwsError> {
    let Some(uri) = text(&call.input, "S3Uri") else { return Ok(None) };
    let bad = |why: String| refused(PARAMETER, format!("{uri}: {why}"));
    // The model also allows the URLs that GetPromptFile returns; the emulator issues none.
    let (bucket, key) = uri
        .strip_prefix("s3://")
        .and_then(|place| place.split_once('/'))
        .ok_or_else(|| bad("it is not the file of a prompt of this account".to_owned()))?;
    let object = others.object(bucket, key).map_err(|refusal| bad(refusal.message))?;
    if OPT_IN.contains(&call.context.region.as_str()) && object.region != call.context.region {
        return Err(bad(format!("the bucket is in {}, not in {}", object.region, call.context.region)));
    }
    deployer_flow::parse_recording(&object.bytes).map_err(|faults| bad(faults.join("; ")))?;
    Ok(Some(Prompt { sha256: Some(hex::encode(Sha256::digest(&object.bytes))) }))
}

fn create(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let input = &call.input;
    state.ready(call.path("InstanceId"), call.context.now)?;
    let prompt = recording(call, others)?.unwrap_or_default();
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let name = text(input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, prompt, &call.context)?;
    Ok(Response::json(json!({"PromptId": id, "PromptARN": arn})))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<Prompt>(instance, call.path("PromptId"))?;
    Ok(Response::json(json!({"Prompt": described(&found, &call.context.region)})))
}

fn described(found: &resource::Found<'_, Prompt>, region: &str) -> Value {
    let mut described = json!({"PromptId": found.id, "PromptARN": found.resource.arn, "Name": found.resource.name});
    found.resource.describe(&mut described, region);
    described
}

fn update(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let (given, now) = (call.path("PromptId"), call.context.now);
    let instance = state.ready(call.path("InstanceId"), now)?;
    let found = resource::find::<Prompt>(instance, given)?;
    let answer = json!({"PromptId": found.id, "PromptARN": found.resource.arn});
    let prompt = recording(call, others)?;
    let instance = state.active(call.path("InstanceId"), now)?;
    resource::rename::<Prompt>(instance, given, call, now).map_err(undeclared)?;
    if let Some(prompt) = prompt {
        *resource::edit::<Prompt>(instance, given, now)?.details = prompt;
    }
    Ok(Response::json(answer))
}

/// Converts the error for a name in use into a bad parameter: the operation declares no DuplicateResourceException (botocore
/// model; the conversion is unverified).
fn undeclared(refusal: AwsError) -> AwsError {
    match refusal.code {
        "DuplicateResourceException" => refused(PARAMETER, refusal.message),
        _ => refusal,
    }
}

/// Deletes a prompt even if flows use it: the operation declares no ResourceInUseException (botocore model). A flow that plays
/// it takes its error branch afterwards.
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::Prompt, call.path("PromptId"))?;
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}

fn search(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 100, PARAMETER)?;
    let criteria = call.input.get("SearchCriteria").cloned().unwrap_or_else(|| json!({}));
    search::check(&criteria, &FIELDS)?;
    let filter = call.input.get("SearchFilter");
    let instance = state.ready(text(&call.input, "InstanceId").unwrap_or_default(), call.context.now)?;
    let fits = |found: &resource::Found<'_, Prompt>| {
        let of = |field: &str| match field {
            "name" => vec![found.resource.name.clone()],
            "description" => found.resource.description.iter().cloned().collect(),
            _ => vec![found.id.to_owned()],
        };
        search::fits(&criteria, &|one| search::text_fits(one, &of)) && search::tags_fit(filter, &found.resource.tags)
    };
    let found: Vec<(String, Value)> = resource::all::<Prompt>(instance)
        .filter(|found| fits(found))
        .map(|found| (found.id.to_owned(), described(&found, &call.context.region)))
        .collect();
    let total = found.len();
    let mut body = paging.body("Prompts", found.into_iter())?;
    body["ApproximateTotalCount"] = total.into();
    Ok(Response::json(body))
}
