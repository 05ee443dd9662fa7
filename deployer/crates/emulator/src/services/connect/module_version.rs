//! Immutable versions of flow modules, and aliases that point to them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::{PARAMETER, Paging, duplicate, epoch, not_found, refused, text};
use super::flow_content::Content;
use super::module::{self, Module};
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::request::{Request, RequestContext};
use crate::response::Response;
use crate::stored::stored;

/// A version of a flow module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) content: Content,
    pub(super) description: Option<String>,
    pub(super) made: OffsetDateTime,
}

stored!(Version);

/// An alias of a flow module version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alias {
    name: String,
    description: Option<String>,
    pub(super) version: u64,
    modified: OffsetDateTime,
}

pub(super) fn serve(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
) -> Option<Result<Response, AwsError>> {
    let now = context.now;
    Some(match call.operation {
        "CreateContactFlowModuleVersion" => create(world, call, now),
        "ListContactFlowModuleVersions" => list(world, call, now),
        "DeleteContactFlowModuleVersion" => delete(world, call, now),
        "CreateContactFlowModuleAlias" => create_alias(world, call, context),
        "DescribeContactFlowModuleAlias" => describe_alias(world, call, now),
        "UpdateContactFlowModuleAlias" => update_alias(world, call, now),
        "DeleteContactFlowModuleAlias" => delete_alias(world, call, now),
        "ListContactFlowModuleAliases" => list_aliases(world, call, now),
        _ => return None,
    })
}

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

/// Returns the module of the request path for changes.
fn own<'a>(world: &'a mut AccountState, call: &Request, now: OffsetDateTime) -> Result<&'a mut Module, AwsError> {
    module::find_mut(world.connect.active(call.path("InstanceId"), now)?, call.path("ContactFlowModuleId"))
}

fn create(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let module = own(world, call, now)?;
    check_digest(text(&call.input, "FlowModuleContentSha256"), &module.published)?;
    module.newest += 1;
    let description = text(&call.input, "Description").map(str::to_owned);
    let version = Version { content: module.published.clone(), description, made: now };
    module.versions.insert(module.newest, version);
    Ok(Response::json(json!({"ContactFlowModuleArn": module.arn, "Version": module.newest})))
}

/// Returns a zero-padded number: list keys are strings, and this keeps them in numeric order.
pub(super) fn in_order(number: u64) -> String {
    format!("{number:020}")
}

fn list(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let module = own(world, call, now)?;
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
fn delete(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let given = call.path("ContactFlowModuleVersion");
    let module = own(world, call, now)?;
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

fn create_alias(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let (input, id) = (&call.input, context.uuid());
    let module = own(world, call, context.now)?;
    let name = text(input, "AliasName").unwrap_or_default();
    check_name(module, name, None)?;
    let alias = Alias {
        name: name.to_owned(),
        description: text(input, "Description").map(str::to_owned),
        version: version(module, input)?.unwrap_or_default(),
        modified: context.now,
    };
    module.aliases.insert(id.clone(), alias);
    Ok(Response::json(json!({"ContactFlowModuleArn": module.arn, "Id": id})))
}

fn alias<'a>(module: &'a mut Module, call: &Request) -> Result<&'a mut Alias, AwsError> {
    let id = call.path("AliasId");
    module.aliases.get_mut(id).ok_or_else(|| not_found("Alias of the flow module", id))
}

fn describe_alias(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let region = world.region.clone();
    let module = own(world, call, now)?;
    let (module_id, arn) = (module.id.clone(), module.arn.clone());
    let alias = alias(module, call)?;
    let mut described = json!({
        "ContactFlowModuleId": module_id,
        "ContactFlowModuleArn": arn,
        "AliasId": call.path("AliasId"),
        "Version": alias.version,
        "Name": alias.name,
        "LastModifiedRegion": region,
        "LastModifiedTime": epoch(alias.modified),
    });
    if let Some(description) = &alias.description {
        described["Description"] = description.as_str().into();
    }
    Ok(Response::json(json!({"ContactFlowModuleAlias": described})))
}

fn update_alias(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let input = &call.input;
    let module = own(world, call, now)?;
    alias(module, call)?;
    if let Some(name) = text(input, "Name") {
        check_name(module, name, Some(call.path("AliasId")))?;
    }
    let version = version(module, input)?;
    let alias = alias(module, call)?;
    if let Some(name) = text(input, "Name") {
        name.clone_into(&mut alias.name);
    }
    if let Some(description) = text(input, "Description") {
        alias.description = Some(description.to_owned());
    }
    alias.version = version.unwrap_or(alias.version);
    alias.modified = now;
    Ok(Response::json(json!({})))
}

fn delete_alias(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let module = own(world, call, now)?;
    alias(module, call)?;
    module.aliases.remove(call.path("AliasId"));
    Ok(Response::json(json!({})))
}

fn list_aliases(world: &mut AccountState, call: &Request, now: OffsetDateTime) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let module = own(world, call, now)?;
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
