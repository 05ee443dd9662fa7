//! Versions of flows: numbered snapshots of published content.

use serde_json::json;
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, epoch, not_found, refused, text};
use super::flow;
use super::module_version::{Version, check_digest, in_order};
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::request::{Request, RequestContext};
use crate::response::Response;

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    let now = context.now;
    Some(match call.operation {
        "CreateContactFlowVersion" => create(world, call, now),
        "ListContactFlowVersions" => list(world, call, now),
        "DeleteContactFlowVersion" => delete(world, call, now),
        _ => return None,
    })
}

/// Creates a version: "Versions are immutable and monotonically increasing" (botocore model). A flow that was never published
/// cannot have a version (code and message text unverified).
fn create(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let (flow, _) = flow::find_mut(instance, call.path("ContactFlowId"))?;
    let Some(content) = flow.published.clone() else {
        return Err(refused(PARAMETER, format!("The contact flow {} has not been published", flow.name)));
    };
    check_digest(text(&call.input, "FlowContentSha256"), &content)?;
    flow.newest += 1;
    let description = text(&call.input, "Description").map(str::to_owned);
    flow.versions.insert(flow.newest, Version { content, description, made: now });
    Ok(Response::json(json!({"ContactFlowArn": flow.arn, "Version": flow.newest})))
}

fn list(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let region = world.region.clone();
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let (flow, _) = flow::find_mut(instance, call.path("ContactFlowId"))?;
    let shown = |number: u64, version: &Version| {
        let mut shown = json!({
            "Arn": format!("{}:{number}", flow.arn),
            "Version": number,
            "LastModifiedTime": epoch(version.made),
            "LastModifiedRegion": region,
        });
        if let Some(description) = &version.description {
            shown["VersionDescription"] = description.as_str().into();
        }
        (in_order(number), shown)
    };
    paging.response("ContactFlowVersionSummaryList", flow.versions.iter().map(|(number, one)| shown(*number, one)))
}

fn delete(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let given = call.path("ContactFlowVersion");
    let instance = world.connect.active(call.path("InstanceId"), now)?;
    let (flow, _) = flow::find_mut(instance, call.path("ContactFlowId"))?;
    let removed = given.parse().ok().and_then(|number: u64| flow.versions.remove(&number));
    removed.ok_or_else(|| not_found("Version of the contact flow", given))?;
    Ok(Response::json(json!({})))
}
