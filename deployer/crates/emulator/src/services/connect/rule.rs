//! Rules: what happens after an event, such as the end of an analysis, if a condition holds. They are kept, never run.

use serde_json::{Value, json};

use super::State;
use super::arguments::{Paging, REQUEST, epoch, not_found, refused, text};
use super::document::{body, conflict, earlier, everywhere, token};
use super::flow_reference;
use super::resource::{self, Found};
use super::types::{Instance, Kind, Rule};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateRule", create).at("POST /rules/{InstanceId}"),
    read("ListRules", list).at("GET /rules/{InstanceId}"),
    read("DescribeRule", describe).at("GET /rules/{InstanceId}/{RuleId}"),
    write("UpdateRule", update).at("PUT /rules/{InstanceId}/{RuleId}"),
    write("DeleteRule", delete).at("DELETE /rules/{InstanceId}/{RuleId}"),
];

/// Checks a rule: its function is JSON (Rules Function language), it has an action, and what its actions name exists. Codes and message
/// texts are unverified.
fn check(instance: &Instance, body: &Value) -> Result<(), AwsError> {
    if !matches!(text(body, "Function").map(serde_json::from_str::<Value>), Some(Ok(Value::Object(_)))) {
        return Err(refused(REQUEST, "Function must be a JSON object"));
    }
    if body.get("Actions").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(refused(REQUEST, "Actions must not be empty"));
    }
    let mut named = Vec::new();
    everywhere(&body["Actions"], "ContactFlowId", &mut named);
    let texts = named.into_iter().filter_map(Value::as_str);
    if let Some(flow) = texts.clone().find(|flow| flow_reference::find(instance, flow).is_none()) {
        return Err(not_found("Contact flow", flow));
    }
    let mut forms = Vec::new();
    everywhere(&body["Actions"], "EvaluationFormId", &mut forms);
    for form in forms.into_iter().filter_map(Value::as_str) {
        resource::named(instance, Kind::EvaluationForm, form)?;
    }
    Ok(())
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, context) = (&call.input, &call.context);
    let instance = state.active(call.path("InstanceId"), context.now)?;
    if let Some((id, arn)) = earlier::<Rule>(instance, call, |rule| &rule.token)? {
        return Ok(Response::json(json!({"RuleId": id, "RuleArn": arn})));
    }
    let rule = Rule { body: body(input), created: context.now, token: token(input) };
    check(instance, &rule.body)?;
    let name = text(input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, rule, context).map_err(conflict)?;
    Ok(Response::json(json!({"RuleId": id, "RuleArn": arn})))
}

fn shown(found: &Found<'_, Rule>, account: &str) -> Value {
    let mut shown = found.details.body.clone();
    shown["RuleId"] = found.id.into();
    shown["RuleArn"] = found.resource.arn.as_str().into();
    shown["Name"] = found.resource.name.as_str().into();
    shown["CreatedTime"] = epoch(found.details.created).into();
    shown["LastUpdatedTime"] = epoch(found.resource.modified).into();
    shown["LastUpdatedBy"] = format!("arn:aws:iam::{account}:root").into();
    shown
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<Rule>(instance, call.path("RuleId"))?;
    let mut shown = shown(&found, &call.context.account);
    shown["Tags"] = json!(found.resource.tags);
    Ok(Response::json(json!({"Rule": shown})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 200, REQUEST)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let (status, event) = (call.query("publishStatus"), call.query("eventSourceName"));
    let summary = |found: Found<'_, Rule>| {
        let whole = shown(&found, &call.context.account);
        let actions: Vec<Value> =
            whole["Actions"].as_array().into_iter().flatten().map(|one| json!({"ActionType": one["ActionType"]})).collect();
        let mut summary = json!({"ActionSummaries": actions, "EventSourceName": whole["TriggerEventSource"]["EventSourceName"]});
        for name in ["Name", "RuleId", "RuleArn", "PublishStatus", "CreatedTime", "LastUpdatedTime"] {
            summary[name] = whole[name].clone();
        }
        (found.id.to_owned(), summary)
    };
    let wanted = |summary: &Value| {
        status.is_none_or(|status| summary["PublishStatus"] == status)
            && event.is_none_or(|event| summary["EventSourceName"] == event)
    };
    let all = resource::all::<Rule>(instance).map(summary).filter(|(_, summary)| wanted(summary));
    paging.response("RuleSummaryList", all)
}

/// A request has no event: it cannot be changed (botocore model, UpdateRuleRequest).
fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("RuleId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let event = resource::find::<Rule>(instance, given)?.details.body["TriggerEventSource"].clone();
    let mut body = body(&call.input);
    body["TriggerEventSource"] = event;
    check(instance, &body)?;
    resource::rename::<Rule>(instance, given, call, call.context.now).map_err(conflict)?;
    resource::edit::<Rule>(instance, given, call.context.now)?.details.body = body;
    Ok(Response::empty(200))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, Kind::Rule, call.path("RuleId"))?;
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
