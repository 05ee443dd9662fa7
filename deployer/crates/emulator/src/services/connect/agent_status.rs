//! Agent statuses: what agents choose in the Contact Control Panel. There is no operation that deletes one (botocore model).

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, refused, text};
use super::resource;
use super::types::AgentStatus;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateAgentStatus", create).at("PUT /agent-status/{InstanceId}"),
    read("ListAgentStatuses", list).at("GET /agent-status/{InstanceId}"),
    read("DescribeAgentStatus", describe).at("GET /agent-status/{InstanceId}/{AgentStatusId}"),
    write("UpdateAgentStatus", update).at("POST /agent-status/{InstanceId}/{AgentStatusId}"),
];

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let status = AgentStatus {
        kind: "CUSTOM".to_owned(),
        state: text(input, "State").unwrap_or_default().to_owned(),
        order: input.get("DisplayOrder").and_then(Value::as_i64),
    };
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let name = text(input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, status, &call.context)?;
    Ok(Response::json(json!({"AgentStatusId": id, "AgentStatusARN": arn})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let wanted: Vec<&str> =
        call.query.iter().filter(|(name, _)| name == "AgentStatusTypes").map(|(_, kind)| kind.as_str()).collect();
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found =
        resource::all::<AgentStatus>(instance).filter(|one| wanted.is_empty() || wanted.contains(&one.details.kind.as_str()));
    let shown = |one: resource::Found<'_, AgentStatus>| {
        let mut summary = one.resource.summary(one.id, &call.context.region);
        summary["Type"] = one.details.kind.as_str().into();
        (one.id.to_owned(), summary)
    };
    paging.response("AgentStatusSummaryList", found.map(shown))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<AgentStatus>(instance, call.path("AgentStatusId"))?;
    let mut described = json!({
        "AgentStatusARN": found.resource.arn,
        "AgentStatusId": found.id,
        "Name": found.resource.name,
        "Type": found.details.kind,
        "State": found.details.state,
    });
    if let Some(order) = found.details.order {
        described["DisplayOrder"] = order.into();
    }
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"AgentStatus": described})))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, given) = (&call.input, call.path("AgentStatusId"));
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<AgentStatus>(instance, given)?;
    // Code and message text are unverified; the console offers no switch for them (administrator guide, "Add a custom agent status").
    if found.details.kind != "CUSTOM" && text(input, "State") == Some("DISABLED") {
        return Err(refused(PARAMETER, format!("The agent status {} cannot be disabled", found.resource.name)));
    }
    let reply = resource::rename::<AgentStatus>(instance, given, call, call.context.now)?;
    let status = resource::edit::<AgentStatus>(instance, given, call.context.now)?.details;
    if let Some(state) = text(input, "State") {
        state.clone_into(&mut status.state);
    }
    if input.get("ResetOrderNumber").and_then(Value::as_bool) == Some(true) {
        status.order = None;
    }
    if let Some(order) = input.get("DisplayOrder").and_then(Value::as_i64) {
        status.order = Some(order);
    }
    Ok(reply)
}
