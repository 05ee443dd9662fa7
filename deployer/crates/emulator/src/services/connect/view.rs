//! Views: screens of the agent workspace and of chats, which the flow action ShowView shows.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, epoch, not_found, refused, text};
use super::document::{earlier, token};
use super::resource::{self, Found};
use super::types::{Instance, View};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::{Request, RequestContext};
use crate::response::Response;

/// Operations of this file. The views that AWS manages are not here.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateView", create).at("PUT /views/{InstanceId}"),
    read("ListViews", list).at("GET /views/{InstanceId}"),
    read("DescribeView", describe).at("GET /views/{InstanceId}/{ViewId}"),
    write("UpdateViewContent", update_content).at("POST /views/{InstanceId}/{ViewId}"),
    write("UpdateViewMetadata", update_metadata).at("POST /views/{InstanceId}/{ViewId}/metadata"),
    write("DeleteView", delete).at("DELETE /views/{InstanceId}/{ViewId}"),
];

const PUBLISHED: &str = "PUBLISHED";

/// Returns the content of a request. That a published template must be a JSON object, code and message text are unverified: the API
/// reference speaks of "full content validation".
fn content(input: &Value) -> Result<Value, AwsError> {
    let content = input.get("Content").cloned().unwrap_or_default();
    let template = content.get("Template").and_then(Value::as_str).map(serde_json::from_str::<Value>);
    match (text(input, "Status") == Some(PUBLISHED), template) {
        (true, Some(Ok(Value::Object(_)))) | (false, _) => Ok(content),
        (true, _) => Err(refused(PARAMETER, "The template of a published view must be a JSON object")),
    }
}

/// A view id or ARN, optionally followed by `:$SAVED` or `:$LATEST`.
fn parsed(given: &str) -> (&str, Option<&str>) {
    match given.rsplit_once(':') {
        Some((id, qualifier)) if qualifier.starts_with('$') => (id, Some(qualifier)),
        _ => (given, None),
    }
}

fn find<'a>(instance: &'a Instance, given: &str) -> Result<Found<'a, View>, AwsError> {
    resource::find::<View>(instance, parsed(given).0)
}

fn status(view: &View) -> &'static str {
    if view.published.is_some() { PUBLISHED } else { "SAVED" }
}

fn shown(found: &Found<'_, View>, content: &Value, status: &str, context: &RequestContext) -> Value {
    let mut shown = json!({
        "Id": found.id,
        "Arn": found.resource.arn,
        "Name": found.resource.name,
        "Status": status,
        "Type": "CUSTOMER_MANAGED",
        "Content": content,
        "CreatedTime": epoch(found.details.created),
    });
    found.resource.describe(&mut shown, &context.region);
    // A view has no such member (botocore model, View).
    shown.as_object_mut().and_then(|members| members.remove("LastModifiedRegion"));
    shown
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, context) = (&call.input, &call.context);
    let saved = content(input)?;
    let published = (text(input, "Status") == Some(PUBLISHED)).then(|| saved.clone());
    let instance = state.active(call.path("InstanceId"), context.now)?;
    let id = match earlier::<View>(instance, call, |view| &view.token)? {
        Some((id, _)) => id,
        None => {
            let view = View { published, saved, created: context.now, token: token(input) };
            resource::add(instance, text(input, "Name").unwrap_or_default(), input, view, context)?.0
        }
    };
    let found = find(instance, &id)?;
    Ok(Response::json(json!({"View": shown(&found, &found.details.saved, status(found.details), context)})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let own = call.query("type").is_none_or(|kind| kind == "CUSTOMER_MANAGED");
    let summary = |found: Found<'_, View>| {
        let mut summary = shown(&found, &Value::Null, status(found.details), &call.context);
        if let Some(members) = summary.as_object_mut() {
            members.retain(|name, _| ["Id", "Arn", "Name", "Type", "Status", "Description"].contains(&name.as_str()));
        }
        (found.id.to_owned(), summary)
    };
    paging.response("ViewsSummaryList", resource::all::<View>(instance).filter(|_| own).map(summary))
}

/// "$SAVED needs to be supplied if a view is unpublished" (botocore model, DescribeView).
fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("ViewId");
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = find(instance, given)?;
    let described = match parsed(given).1 {
        Some("$SAVED") => shown(&found, &found.details.saved, "SAVED", &call.context),
        None | Some("$LATEST") => {
            let content = found.details.published.as_ref().ok_or_else(|| not_found("Published view", given))?;
            shown(&found, content, PUBLISHED, &call.context)
        }
        Some(_) => return Err(not_found("View", given)),
    };
    Ok(Response::json(json!({"View": described})))
}

fn update_content(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let content = content(&call.input)?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let given = parsed(call.path("ViewId")).0;
    let view = resource::edit::<View>(instance, given, call.context.now)?.details;
    if text(&call.input, "Status") == Some(PUBLISHED) {
        view.published = Some(content.clone());
    }
    view.saved = content;
    let found = find(instance, given)?;
    let now = text(&call.input, "Status").unwrap_or_default();
    Ok(Response::json(json!({"View": shown(&found, &found.details.saved, now, &call.context)})))
}

fn update_metadata(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    // "Note that either Name or Description must be provided" (botocore model); code and message text are unverified.
    if text(&call.input, "Name").or(text(&call.input, "Description")).is_none() {
        return Err(refused(PARAMETER, "Name or Description must be provided"));
    }
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    resource::rename::<View>(instance, parsed(call.path("ViewId")).0, call, call.context.now)?;
    Ok(Response::json(json!({})))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = find(instance, call.path("ViewId"))?.id.to_owned();
    instance.resources.remove(&id);
    Ok(Response::json(json!({})))
}
