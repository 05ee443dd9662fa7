//! Versions of flows: numbered snapshots of published content.

use serde_json::json;

use super::State;
use super::arguments::{PARAMETER, Paging, epoch, not_found, refused, text};
use super::flow_reference;
use super::module_version::{check_digest, in_order};
use super::types::Version;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateContactFlowVersion", create).at("PUT /contact-flows/{InstanceId}/{ContactFlowId}/version"),
    read("ListContactFlowVersions", list).at("GET /contact-flows/{InstanceId}/{ContactFlowId}/versions"),
    write("DeleteContactFlowVersion", delete)
        .at("DELETE /contact-flows/{InstanceId}/{ContactFlowId}/version/{ContactFlowVersion}"),
];

/// Creates a version: "Versions are immutable and monotonically increasing" (botocore model). A flow that was never published
/// cannot have a version (code and message text unverified).
fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let (flow, _) = flow_reference::find_mut(instance, call.path("ContactFlowId"))?;
    let Some(content) = flow.published.clone() else {
        return Err(refused(PARAMETER, format!("The contact flow {} has not been published", flow.name)));
    };
    check_digest(text(&call.input, "FlowContentSha256"), &content)?;
    flow.newest += 1;
    let description = text(&call.input, "Description").map(str::to_owned);
    flow.versions.insert(flow.newest, Version { content, description, made: call.context.now });
    Ok(Response::json(json!({"ContactFlowArn": flow.arn, "Version": flow.newest})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let flow = flow_reference::find(instance, call.path("ContactFlowId")).ok_or_else(flow_reference::not_found)?;
    let shown = |number: u64, version: &Version| {
        let mut shown = json!({
            "Arn": format!("{}:{number}", flow.arn),
            "Version": number,
            "LastModifiedTime": epoch(version.made),
            "LastModifiedRegion": call.context.region,
        });
        if let Some(description) = &version.description {
            shown["VersionDescription"] = description.as_str().into();
        }
        (in_order(number), shown)
    };
    paging.response("ContactFlowVersionSummaryList", flow.versions.iter().map(|(number, one)| shown(*number, one)))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("ContactFlowVersion");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let (flow, _) = flow_reference::find_mut(instance, call.path("ContactFlowId"))?;
    let removed = given.parse().ok().and_then(|number: u64| flow.versions.remove(&number));
    removed.ok_or_else(|| not_found("Version of the contact flow", given))?;
    Ok(Response::json(json!({})))
}
