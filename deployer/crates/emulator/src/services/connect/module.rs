//! Flow modules: content that flows share, published or saved.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, REQUEST, duplicate, given_tags, limit, refused, text};
use super::flow_content;
use super::module_reference::{find, find_mut};
use super::types::{Content, Instance, Module};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::persistent_map::PersistentMap;
use crate::request::Request;
use crate::response::Response;

/// Maximum number of modules per instance (administrator guide, quotas).
const QUOTA: usize = 200;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateContactFlowModule", create).at("PUT /contact-flow-modules/{InstanceId}"),
    read("DescribeContactFlowModule", describe).at("GET /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}"),
    read("ListContactFlowModules", list).at("GET /contact-flow-modules-summary/{InstanceId}"),
    write("UpdateContactFlowModuleContent", update_content)
        .at("POST /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/content"),
    write("UpdateContactFlowModuleMetadata", update_metadata)
        .at("POST /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/metadata"),
    write("DeleteContactFlowModule", delete).at("DELETE /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}"),
];

/// Converts a flow error into the module error, which has another code and another spelling (botocore model,
/// InvalidContactFlowModuleException).
fn as_module(mut refusal: AwsError) -> AwsError {
    if refusal.code == "InvalidContactFlowException" {
        refusal.code = "InvalidContactFlowModuleException";
        let problems = refusal.members.remove("problems").unwrap_or_default();
        refusal.members.insert("Problems".to_owned(), problems);
    }
    refusal
}

fn content(instance: &Instance, text: &str, publish: bool) -> Result<Content, AwsError> {
    if publish {
        flow_content::check(instance, text).map_err(as_module)?;
    }
    Content::new(text).map_err(as_module)
}

/// Returns the settings, which are a JSON text (botocore model). Their content is not checked; code and message text for
/// malformed settings are unverified.
fn settings(input: &Value) -> Result<Option<String>, AwsError> {
    let Some(settings) = text(input, "Settings") else { return Ok(None) };
    match serde_json::from_str::<Value>(settings) {
        Ok(Value::Object(_)) => Ok(Some(settings.to_owned())),
        _ => Err(refused(REQUEST, "Settings must be a JSON object")),
    }
}

fn check_name(instance: &Instance, name: &str, own: Option<&str>) -> Result<(), AwsError> {
    match instance.modules.values().any(|one| one.name == name && own != Some(one.id.as_str())) {
        true => Err(duplicate("A flow module", name)),
        false => Ok(()),
    }
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let (token, id) = (text(input, "ClientToken"), call.context.uuid());
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let of_token = |one: &&Module| token.is_some() && one.token.as_ref().map(|(token, _)| token.as_str()) == token;
    if let Some(earlier) = instance.modules.values().find(of_token) {
        if earlier.token.as_ref().is_none_or(|(_, given)| given != input) {
            // The message text is unverified.
            let message = "The client token was used for a request with other parameters";
            return Err(AwsError::new(409, "IdempotencyException", message));
        }
        return Ok(Response::json(json!({"Id": earlier.id, "Arn": earlier.arn})));
    }
    let name = text(input, "Name").unwrap_or_default();
    check_name(instance, name, None)?;
    if instance.modules.len() >= QUOTA {
        return Err(limit("flow modules", QUOTA));
    }
    let arn = format!("{}/flow-module/{id}", instance.arn);
    let module = Module {
        id: id.clone(),
        arn: arn.clone(),
        name: name.to_owned(),
        description: text(input, "Description").map(str::to_owned),
        active: true,
        published: content(instance, text(input, "Content").unwrap_or_default(), true)?,
        draft: None,
        settings: settings(input)?,
        tags: given_tags(input)?,
        token: token.map(|token| (token.to_owned(), input.clone())),
        versions: PersistentMap::default(),
        newest: 0,
        aliases: BTreeMap::new(),
    };
    instance.modules.insert(id.clone(), module);
    Ok(Response::json(json!({"Id": id, "Arn": arn})))
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "ARCHIVED" }
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = find(instance, call.path("ContactFlowModuleId"))?;
    let module = found.module;
    let mut described = json!({
        "Arn": module.arn,
        "Id": module.id,
        "Name": module.name,
        "Content": found.content.text(),
        "State": status(module.active),
        "Status": if found.saved { "SAVED" } else { "PUBLISHED" },
        "Tags": module.tags,
        "FlowModuleContentSha256": found.content.sha256,
    });
    if let Some((number, version)) = found.version {
        described["Version"] = number.into();
        if let Some(description) = &version.description {
            described["VersionDescription"] = description.as_str().into();
        }
    }
    for (member, value) in [("Description", &module.description), ("Settings", &module.settings)] {
        if let Some(value) = value {
            described[member] = value.as_str().into();
        }
    }
    Ok(Response::json(json!({"ContactFlowModule": described})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    // The query parameter is `state`; the model's name is ContactFlowModuleState.
    let wanted = call.query("state");
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = instance.modules.iter().filter(|(_, one)| wanted.is_none_or(|wanted| wanted == status(one.active)));
    let shown = |one: &Module| json!({"Id": one.id, "Arn": one.arn, "Name": one.name, "State": status(one.active)});
    paging.response("ContactFlowModulesSummaryList", found.map(|(id, one)| (id, shown(one))))
}

fn update_content(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("ContactFlowModuleId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let found = find(instance, given)?;
    let saved = found.saved;
    if found.version.is_some() {
        // The message text is unverified.
        return Err(refused(REQUEST, "A version of a flow module cannot be changed"));
    }
    let settings = settings(&call.input)?;
    let content = text(&call.input, "Content").map(|text| content(instance, text, !saved)).transpose()?;
    let module = find_mut(instance, given)?;
    match content {
        Some(content) if saved => module.draft = Some(content),
        Some(content) => (module.published, module.draft) = (content, None),
        None => {}
    }
    if settings.is_some() {
        module.settings = settings;
    }
    Ok(Response::json(json!({})))
}

fn update_metadata(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, given) = (&call.input, call.path("ContactFlowModuleId"));
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = find(instance, given)?.module.id.clone();
    if let Some(name) = text(input, "Name") {
        check_name(instance, name, Some(&id))?;
    }
    let module = find_mut(instance, given)?;
    if let Some(name) = text(input, "Name") {
        name.clone_into(&mut module.name);
    }
    if let Some(description) = text(input, "Description") {
        module.description = Some(description.to_owned());
    }
    if let Some(wanted) = text(input, "State") {
        module.active = wanted == status(true);
    }
    Ok(Response::json(json!({})))
}

/// Deletes a module even if flows use it: no error code is declared for that.
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = find(instance, call.path("ContactFlowModuleId"))?.module.id.clone();
    instance.modules.remove(&id);
    Ok(Response::json(json!({})))
}
