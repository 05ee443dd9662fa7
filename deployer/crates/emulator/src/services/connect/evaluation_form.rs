//! Evaluation forms: questions about the work of agents, in versions of which at most one is active.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, epoch, not_found, refused, text};
use super::document::{body, conflict, earlier, everywhere, token};
use super::resource::{self, Found};
use super::types::{EvaluationForm, FormVersion, Kind};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateEvaluationForm", create).at("PUT /evaluation-forms/{InstanceId}"),
    read("ListEvaluationForms", list).at("GET /evaluation-forms/{InstanceId}"),
    read("DescribeEvaluationForm", describe).at("GET /evaluation-forms/{InstanceId}/{EvaluationFormId}"),
    write("UpdateEvaluationForm", update).at("PUT /evaluation-forms/{InstanceId}/{EvaluationFormId}"),
    read("ListEvaluationFormVersions", list_versions).at("GET /evaluation-forms/{InstanceId}/{EvaluationFormId}/versions"),
    write("ActivateEvaluationForm", activate).at("POST /evaluation-forms/{InstanceId}/{EvaluationFormId}/activate"),
    write("DeactivateEvaluationForm", deactivate).at("POST /evaluation-forms/{InstanceId}/{EvaluationFormId}/deactivate"),
    write("DeleteEvaluationForm", delete).at("DELETE /evaluation-forms/{InstanceId}/{EvaluationFormId}"),
];

/// Checks a form: "Question and section identifiers cannot be duplicated", "the total number of sections and questions must not exceed
/// 100 each. Questions must be contained in a section" (botocore model, CreateEvaluationForm). Code and message texts are unverified.
fn check(body: &Value) -> Result<(), AwsError> {
    let top = body.get("Items").and_then(Value::as_array).cloned().unwrap_or_default();
    if top.is_empty() || top.iter().any(|item| item.get("Section").is_none()) {
        return Err(refused(PARAMETER, "Items must be sections, and questions must be contained in a section"));
    }
    let mut all = Vec::new();
    for kind in ["Section", "Question"] {
        let mut found = Vec::new();
        everywhere(&body["Items"], kind, &mut found);
        if found.len() > 100 {
            return Err(refused(PARAMETER, format!("A form has at most 100 items of the kind {kind}")));
        }
        all.extend(found);
    }
    let mut seen: Vec<&str> = all.iter().filter_map(|item| text(item, "RefId")).collect();
    let total = seen.len();
    seen.sort_unstable();
    seen.dedup();
    match seen.len() == total {
        true => Ok(()),
        false => Err(refused(PARAMETER, "RefId must not be duplicated in a form")),
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, context) = (&call.input, &call.context);
    let instance = state.active(call.path("InstanceId"), context.now)?;
    if let Some((id, arn)) = earlier::<EvaluationForm>(instance, call, |form| &form.token)? {
        return Ok(Response::json(json!({"EvaluationFormId": id, "EvaluationFormArn": arn})));
    }
    let first = FormVersion { body: body(input), locked: false, modified: context.now, token: None };
    check(&first.body)?;
    let form = EvaluationForm { versions: BTreeMap::from([(1, first)]), active: None, created: context.now, token: token(input) };
    let title = text(input, "Title").unwrap_or_default();
    let (id, arn) = resource::add(instance, title, input, form, context).map_err(conflict)?;
    Ok(Response::json(json!({"EvaluationFormId": id, "EvaluationFormArn": arn})))
}

fn latest(form: &EvaluationForm) -> u64 {
    form.versions.keys().last().copied().unwrap_or_default()
}

/// Returns the number of the request, which has to be a version of the form.
fn version(form: &EvaluationForm, given: Option<u64>) -> Result<u64, AwsError> {
    let number = given.unwrap_or_default();
    match form.versions.contains_key(&number) {
        true => Ok(number),
        false => Err(not_found("Version of the evaluation form", &number.to_string())),
    }
}

fn asked(call: &Request) -> Option<u64> {
    call.input.get("EvaluationFormVersion").and_then(Value::as_u64).or_else(|| call.query("version")?.parse().ok())
}

fn stamped(call: &Request, found: &Found<'_, EvaluationForm>) -> Value {
    let by = format!("arn:aws:iam::{}:root", call.context.account);
    json!({
        "EvaluationFormId": found.id,
        "EvaluationFormArn": found.resource.arn,
        "CreatedTime": epoch(found.details.created),
        "CreatedBy": by,
        "LastModifiedTime": epoch(found.resource.modified),
        "LastModifiedBy": by,
    })
}

fn numbered(call: &Request, found: &Found<'_, EvaluationForm>, number: u64, version: &FormVersion) -> Value {
    let mut shown = stamped(call, found);
    shown["EvaluationFormVersion"] = number.into();
    shown["Locked"] = version.locked.into();
    shown["Status"] = if found.details.active == Some(number) { "ACTIVE" } else { "DRAFT" }.into();
    shown["LastModifiedTime"] = epoch(version.modified).into();
    shown
}

/// "If the version property is not provided, the latest version of the evaluation form is described" (botocore model).
fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<EvaluationForm>(instance, call.path("EvaluationFormId"))?;
    let number = version(found.details, Some(asked(call).unwrap_or_else(|| latest(found.details))))?;
    let version = &found.details.versions[&number];
    let mut shown = version.body.clone();
    if let (Some(members), Value::Object(more)) = (shown.as_object_mut(), numbered(call, &found, number, version)) {
        members.extend(more);
    }
    shown["Tags"] = json!(found.resource.tags);
    Ok(Response::json(json!({"EvaluationForm": shown})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let summary = |found: Found<'_, EvaluationForm>| {
        let mut summary = stamped(call, &found);
        summary["Title"] = found.resource.name.as_str().into();
        summary["LatestVersion"] = latest(found.details).into();
        if let Some(active) = found.details.active {
            summary["ActiveVersion"] = active.into();
        }
        (found.id.to_owned(), summary)
    };
    paging.response("EvaluationFormSummaryList", resource::all::<EvaluationForm>(instance).map(summary))
}

fn list_versions(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<EvaluationForm>(instance, call.path("EvaluationFormId"))?;
    let all = found.details.versions.iter();
    let shown = all.map(|(number, version)| (format!("{number:020}"), numbered(call, &found, *number, version)));
    paging.response("EvaluationFormVersionSummaryList", shown)
}

fn reply(found: &Found<'_, EvaluationForm>, number: u64) -> Response {
    Response::json(json!({
        "EvaluationFormId": found.id,
        "EvaluationFormArn": found.resource.arn,
        "EvaluationFormVersion": number,
    }))
}

/// Updates a version, or creates the next one. That a locked version cannot be updated, the code and message text are unverified.
fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, given, now) = (&call.input, call.path("EvaluationFormId"), call.context.now);
    let instance = state.active(call.path("InstanceId"), now)?;
    let found = resource::find::<EvaluationForm>(instance, given)?;
    let (id, number) = (found.id.to_owned(), version(found.details, asked(call))?);
    let made_before = |(_, one): &(&u64, &FormVersion)| one.token.is_some() && one.token == token(input);
    if let Some((number, _)) = found.details.versions.iter().find(made_before) {
        return Ok(reply(&found, *number));
    }
    let new = input.get("CreateNewVersion").and_then(Value::as_bool) == Some(true);
    if !new && found.details.versions[&number].locked {
        return Err(AwsError::new(409, "ResourceConflictException", format!("Version {number} of the form is locked")));
    }
    let number = if new { latest(found.details) + 1 } else { number };
    let changed = FormVersion { body: body(input), locked: false, modified: now, token: token(input) };
    check(&changed.body)?;
    let title = text(input, "Title").unwrap_or_default();
    resource::check_name(instance, Kind::EvaluationForm, title, Some(&id)).map_err(conflict)?;
    let edited = resource::edit::<EvaluationForm>(instance, given, now)?;
    title.clone_into(edited.name);
    edited.details.versions.insert(number, changed);
    Ok(reply(&resource::find(instance, given)?, number))
}

fn switch(state: &mut State, call: &Request, on: bool) -> Result<Response, AwsError> {
    let given = call.path("EvaluationFormId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let form = resource::edit::<EvaluationForm>(instance, given, call.context.now)?.details;
    let number = version(form, asked(call))?;
    match on {
        true => {
            form.active = Some(number);
            if let Some(version) = form.versions.get_mut(&number) {
                version.locked = true;
            }
        }
        false if form.active == Some(number) => form.active = None,
        false => {}
    }
    Ok(reply(&resource::find(instance, given)?, number))
}

fn activate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    switch(state, call, true)
}

fn deactivate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    switch(state, call, false)
}

/// Deletes a version or the form. That what is active cannot be deleted, the code and message text are unverified.
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("EvaluationFormId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<EvaluationForm>(instance, given)?;
    let (id, active) = (found.id.to_owned(), found.details.active);
    let number = asked(call).map(|number| version(found.details, Some(number))).transpose()?;
    if active.is_some() && number.is_none_or(|number| active == Some(number)) {
        return Err(AwsError::new(409, "ResourceConflictException", "An active evaluation form must be deactivated first"));
    }
    let others = found.details.versions.len() > 1;
    match number {
        Some(number) if others => {
            drop(resource::edit::<EvaluationForm>(instance, &id, call.context.now)?.details.versions.remove(&number));
        }
        _ => drop(instance.resources.remove(&id)),
    }
    Ok(Response::empty(200))
}
