//! Task templates: the fields of tasks that agents and flows create.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, epoch, text};
use super::document::{body, earlier, token};
use super::flow_reference;
use super::resource::{self, Found};
use super::types::{Instance, TaskTemplate};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateTaskTemplate", create).at("PUT /instance/{InstanceId}/task/template"),
    read("ListTaskTemplates", list).at("GET /instance/{InstanceId}/task/template"),
    read("GetTaskTemplate", get).at("GET /instance/{InstanceId}/task/template/{TaskTemplateId}"),
    write("UpdateTaskTemplate", update).at("POST /instance/{InstanceId}/task/template/{TaskTemplateId}"),
    write("DeleteTaskTemplate", delete).at("DELETE /instance/{InstanceId}/task/template/{TaskTemplateId}"),
];

/// Returns the error for a property that is not valid (botocore model, PropertyValidationException). The message texts are unverified.
fn invalid(path: &str, reason: &str, message: &str) -> AwsError {
    let mut error = AwsError::new(400, "PropertyValidationException", format!("{path}: {message}"));
    let property = json!({"PropertyPath": path, "Reason": reason, "Message": message});
    error.members.insert("PropertyList".to_owned(), json!([property]));
    error
}

/// Returns the names of the fields in a list such as `RequiredFields`.
fn fields<'v>(list: Option<&'v Value>) -> impl Iterator<Item = &'v str> {
    let name = |field: &'v Value| field.pointer("/Id/Name").and_then(Value::as_str);
    list.and_then(Value::as_array).into_iter().flatten().filter_map(name)
}

/// Checks what the API reference says of a template: it has exactly one field of the type NAME, which is required, and a flow or a field
/// of the type QUICK_CONNECT (CreateTaskTemplate, Fields and ContactFlowId). That names are unique, and that constraints name fields,
/// follows from the reasons of the exception.
fn check(instance: &Instance, body: &Value) -> Result<(), AwsError> {
    let list = body.get("Fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let of = |kind: &'static str| list.iter().filter(move |field| field["Type"] == kind);
    let names: BTreeSet<&str> = fields(body.get("Fields")).collect();
    if names.len() < list.len() {
        return Err(invalid("/Fields", "UNIQUE_CONSTRAINT_VIOLATED", "Each field must have a name of its own"));
    }
    let required: BTreeSet<&str> = fields(body.pointer("/Constraints/RequiredFields")).collect();
    let name: Vec<&str> = of("NAME").filter_map(|field| field.pointer("/Id/Name")?.as_str()).collect();
    if name.len() != 1 || !required.contains(name[0]) {
        let message = "There must be exactly one field of the type NAME, and it must be required";
        return Err(invalid("/Fields", "REQUIRED_PROPERTY_MISSING", message));
    }
    for section in [
        "/Constraints/RequiredFields",
        "/Constraints/ReadOnlyFields",
        "/Constraints/InvisibleFields",
        "/Defaults/DefaultFieldValues",
    ] {
        if let Some(unknown) = fields(body.pointer(section)).find(|field| !names.contains(field)) {
            return Err(invalid(section, "REFERENCED_RESOURCE_NOT_FOUND", &format!("There is no field {unknown}")));
        }
    }
    match ["ContactFlowId", "SelfAssignFlowId"]
        .iter()
        .find(|name| text(body, name).is_some_and(|flow| flow_reference::find(instance, flow).is_none()))
    {
        Some(name) => Err(invalid(&format!("/{name}"), "REFERENCED_RESOURCE_NOT_FOUND", "There is no such flow")),
        None if text(body, "ContactFlowId").is_none() && of("QUICK_CONNECT").next().is_none() => {
            let message = "A template needs a flow or a field of the type QUICK_CONNECT";
            Err(invalid("/ContactFlowId", "REQUIRED_PROPERTY_MISSING", message))
        }
        None => Ok(()),
    }
}

fn taken(error: AwsError) -> AwsError {
    match error.code {
        "DuplicateResourceException" => invalid("/Name", "RESOURCE_NAME_ALREADY_EXISTS", &error.message),
        _ => error,
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, context) = (&call.input, &call.context);
    let instance = state.active(call.path("InstanceId"), context.now)?;
    if let Some((id, arn)) = earlier::<TaskTemplate>(instance, call, |template| &template.token)? {
        return Ok(Response::json(json!({"Id": id, "Arn": arn})));
    }
    let template = TaskTemplate { body: body(input), created: context.now, token: token(input) };
    check(instance, &template.body)?;
    let name = text(input, "Name").unwrap_or_default();
    let (id, arn) = resource::add(instance, name, input, template, context).map_err(taken)?;
    Ok(Response::json(json!({"Id": id, "Arn": arn})))
}

fn shown(found: &Found<'_, TaskTemplate>, instance: &Instance) -> Value {
    let mut shown = found.details.body.clone();
    shown["InstanceId"] = instance.id.as_str().into();
    shown["Id"] = found.id.into();
    shown["Arn"] = found.resource.arn.as_str().into();
    shown["Name"] = found.resource.name.as_str().into();
    if shown.get("Status").is_none() {
        shown["Status"] = "ACTIVE".into();
    }
    shown["CreatedTime"] = epoch(found.details.created).into();
    shown["LastModifiedTime"] = epoch(found.resource.modified).into();
    shown
}

fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<TaskTemplate>(instance, call.path("TaskTemplateId"))?;
    let mut shown = shown(&found, instance);
    shown["Tags"] = json!(found.resource.tags);
    Ok(Response::json(shown))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let (status, name) = (call.query("status"), call.query("name"));
    let wanted =
        |shown: &Value| status.is_none_or(|status| shown["Status"] == status) && name.is_none_or(|name| shown["Name"] == name);
    let all = resource::all::<TaskTemplate>(instance).map(|found| (found.id.to_owned(), shown(&found, instance)));
    let summaries = all.filter(|(_, shown)| wanted(shown)).map(|(id, mut shown)| {
        if let Some(members) = shown.as_object_mut() {
            ["InstanceId", "Fields", "Constraints", "Defaults", "ContactFlowId", "SelfAssignFlowId", "ContactHooks"]
                .iter()
                .for_each(|name| drop(members.remove(*name)));
        }
        (id, shown)
    });
    paging.response("TaskTemplates", summaries)
}

/// "This operation does not support partial updates. Instead it does a full update of template content" (botocore model).
fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("TaskTemplateId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let body = body(&call.input);
    resource::id_of(instance, super::types::Kind::TaskTemplate, given)?;
    check(instance, &body)?;
    resource::rename::<TaskTemplate>(instance, given, call, call.context.now).map_err(taken)?;
    resource::edit::<TaskTemplate>(instance, given, call.context.now)?.details.body = body;
    let found = resource::find::<TaskTemplate>(instance, given)?;
    Ok(Response::json(shown(&found, instance)))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = resource::id_of(instance, super::types::Kind::TaskTemplate, call.path("TaskTemplateId"))?;
    instance.resources.remove(&id);
    Ok(Response::json(json!({})))
}
