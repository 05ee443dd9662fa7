//! Immutable versions of flow modules, and aliases that point to them.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, duplicate, epoch, not_found, refused, text};
use super::module_reference;
use super::types::{Alias, Content, Module, Version};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateContactFlowModuleVersion", create).at("PUT /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/version"),
    read("ListContactFlowModuleVersions", list).at("GET /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/versions"),
    write("DeleteContactFlowModuleVersion", delete)
        .at("DELETE /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/version/{ContactFlowModuleVersion}"),
    write("CreateContactFlowModuleAlias", create_alias).at("PUT /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/alias"),
    read("DescribeContactFlowModuleAlias", describe_alias)
        .at("GET /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/alias/{AliasId}"),
    write("UpdateContactFlowModuleAlias", update_alias)
        .at("POST /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/alias/{AliasId}"),
    write("DeleteContactFlowModuleAlias", delete_alias)
        .at("DELETE /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/alias/{AliasId}"),
    read("ListContactFlowModuleAliases", list_aliases).at("GET /contact-flow-modules/{InstanceId}/{ContactFlowModuleId}/aliases"),
];

/// Returns an error if the given digest is not that of the content: "an error is returned" (botocore model,
/// CreateContactFlowVersion). Code and message text are unverified.
pub(super) fn check_digest(given: Option<&str>, content: &Content) -> Result<(), AwsError> {
    match given {
        Some(given) if given != content.sha256 => {
            Err(refused(PARAMETER, format!("The content's SHA-256 is {}, not {given}", content.sha256)))
        }
        _ => Ok(()),
    }
}

/// Returns the module of the request path.
fn shown<'a>(state: &'a State, call: &Request) -> Result<&'a Module, AwsError> {
    module_reference::whole(state.ready(call.path("InstanceId"), call.context.now)?, call.path("ContactFlowModuleId"))
}

/// Returns the module of the request path for changes.
fn own<'a>(state: &'a mut State, call: &Request) -> Result<&'a mut Module, AwsError> {
    module_reference::find_mut(state.active(call.path("InstanceId"), call.context.now)?, call.path("ContactFlowModuleId"))
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let module = own(state, call)?;
    check_digest(text(&call.input, "FlowModuleContentSha256"), &module.published)?;
    module.newest += 1;
    let description = text(&call.input, "Description").map(str::to_owned);
    let version = Version { content: module.published.clone(), description, made: call.context.now };
    module.versions.insert(module.newest, version);
    Ok(Response::json(json!({"ContactFlowModuleArn": module.arn, "Version": module.newest})))
}

/// Returns a zero-padded number: list keys are strings, and this keeps them in numeric order.
pub(super) fn in_order(number: u64) -> String {
    format!("{number:020}")
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let module = shown(state, call)?;
    let shown = |number: u64, version: &Version| {
        let mut shown = json!({"Arn": format!("{}:{number}", module.arn), "Version": number});
        if let Some(description) = &version.description {
            shown["VersionDescription"] = description.as_str().into();
        }
        (in_order(number), shown)
    };
    paging.response("ContactFlowModuleVersionSummaryList", module.versions.iter().map(|(number, one)| shown(*number, one)))
}

/// Deletes a version unless an alias points to it; that refusal, its code and message text are unverified.
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = call.path("ContactFlowModuleVersion");
    let module = own(state, call)?;
    let number = given.parse().ok().filter(|number| module.versions.contains_key(number));
    let number = number.ok_or_else(|| not_found("Version of the flow module", given))?;
    if let Some(alias) = module.aliases.values().find(|alias| alias.version == number) {
        return Err(refused(PARAMETER, format!("The version {number} is in use by the alias {}", alias.name)));
    }
    module.versions.remove(&number);
    Ok(Response::json(json!({})))
}

/// Returns the version number of the input, if the version exists.
fn version(module: &Module, input: &Value) -> Result<Option<u64>, AwsError> {
    let Some(number) = input.get("ContactFlowModuleVersion").and_then(Value::as_u64) else { return Ok(None) };
    match module.versions.contains_key(&number) {
        true => Ok(Some(number)),
        false => Err(not_found("Version of the flow module", &number.to_string())),
    }
}

fn check_name(module: &Module, name: &str, own: Option<&str>) -> Result<(), AwsError> {
    match module.aliases.iter().any(|(id, alias)| alias.name == name && own != Some(id.as_str())) {
        true => Err(duplicate("An alias of the flow module", name)),
        false => Ok(()),
    }
}

fn create_alias(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, id) = (&call.input, call.context.uuid());
    let module = own(state, call)?;
    let name = text(input, "AliasName").unwrap_or_default();
    check_name(module, name, None)?;
    let alias = Alias {
        name: name.to_owned(),
        description: text(input, "Description").map(str::to_owned),
        version: version(module, input)?.unwrap_or_default(),
        modified: call.context.now,
    };
    module.aliases.insert(id.clone(), alias);
    Ok(Response::json(json!({"ContactFlowModuleArn": module.arn, "Id": id})))
}

fn alias<'a>(module: &'a Module, call: &Request) -> Result<&'a Alias, AwsError> {
    let id = call.path("AliasId");
    module.aliases.get(id).ok_or_else(|| no_alias(id))
}

fn no_alias(id: &str) -> AwsError {
    not_found("Alias of the flow module", id)
}

fn describe_alias(state: &State, call: &Request) -> Result<Response, AwsError> {
    let module = shown(state, call)?;
    let (module_id, arn) = (module.id.clone(), module.arn.clone());
    let alias = alias(module, call)?;
    let mut described = json!({
        "ContactFlowModuleId": module_id,
        "ContactFlowModuleArn": arn,
        "AliasId": call.path("AliasId"),
        "Version": alias.version,
        "Name": alias.name,
        "LastModifiedRegion": call.context.region,
        "LastModifiedTime": epoch(alias.modified),
    });
    if let Some(description) = &alias.description {
        described["Description"] = description.as_str().into();
    }
    Ok(Response::json(json!({"ContactFlowModuleAlias": described})))
}

fn update_alias(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let module = own(state, call)?;
    alias(module, call)?;
    if let Some(name) = text(input, "Name") {
        check_name(module, name, Some(call.path("AliasId")))?;
    }
    let version = version(module, input)?;
    let alias = module.aliases.get_mut(call.path("AliasId")).ok_or_else(|| no_alias(call.path("AliasId")))?;
    if let Some(name) = text(input, "Name") {
        name.clone_into(&mut alias.name);
    }
    if let Some(description) = text(input, "Description") {
        alias.description = Some(description.to_owned());
    }
    alias.version = version.unwrap_or(alias.version);
    alias.modified = call.context.now;
    Ok(Response::json(json!({})))
}

fn delete_alias(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let module = own(state, call)?;
    alias(module, call)?;
    module.aliases.remove(call.path("AliasId"));
    Ok(Response::json(json!({})))
}

fn list_aliases(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let module = shown(state, call)?;
    let shown = |id: &str, alias: &Alias| {
        let mut shown = json!({
            "Arn": format!("{}:{id}", module.arn),
            "AliasId": id,
            "Version": alias.version,
            "AliasName": alias.name,
            "LastModifiedTime": epoch(alias.modified),
        });
        if let Some(description) = &alias.description {
            shown["AliasDescription"] = description.as_str().into();
        }
        shown
    };
    paging.response("ContactFlowModuleAliasSummaryList", module.aliases.iter().map(|(id, one)| (id, shown(id, one))))
}
