//! REST APIs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::deployment::Deployment;
use super::patch::{self, Kind, Row};
use super::plan;
use super::stage::Stage;
use super::tree::Tree;
use super::{bad, compact, epoch, flag, missing, not_implemented, page, tags, unsupported};
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;
use crate::stored::stored;

/// Maximum number of APIs of one account and Region (API Gateway quotas page).
const MAX_APIS: usize = 600;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Api {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) created: OffsetDateTime,
    pub(crate) endpoint: String,
    pub(crate) ip_address_type: String,
    pub(crate) api_key_source: String,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) execute_endpoint_disabled: bool,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) tree: Tree,
    #[serde(default)]
    pub(crate) deployments: PersistentMap<String, Deployment>,
    #[serde(default)]
    pub(crate) stages: PersistentMap<String, Stage>,
}

stored!(Api: deployments, stages);

const PATCHES: &[Row] = &[
    Row("replace", "/name", Kind::Text),
    Row("replace", "/description", Kind::Text),
    Row("replace", "/apiKeySource", Kind::OneOf(&["HEADER", "AUTHORIZER"])),
    Row("replace", "/disableExecuteApiEndpoint", Kind::Flag),
    Row("add", "/binaryMediaTypes/{type}", Kind::Nothing),
    Row("remove", "/binaryMediaTypes/{type}", Kind::Nothing),
    Row("replace", "/binaryMediaTypes/{type}", Kind::Text),
    Row("replace", "/endpointConfiguration/types/{type}", Kind::OneOf(&["REGIONAL", "EDGE", "PRIVATE"])),
    Row("replace", "/endpointConfiguration/ipAddressType", Kind::OneOf(&["ipv4", "dualstack"])),
    Row("replace", "/policy", Kind::Text),
    Row("replace", "/minimumCompressionSize", Kind::Text),
    Row("replace", "/securityPolicy", Kind::Text),
    Row("replace", "/endpointAccessMode", Kind::Text),
    Row("add", "/endpointConfiguration/vpcEndpointIds", Kind::Text),
    Row("remove", "/endpointConfiguration/vpcEndpointIds", Kind::Text),
];

impl Api {
    pub(crate) fn new(name: &str, context: &RequestContext) -> Self {
        Self {
            id: context.id(10),
            name: name.to_owned(),
            description: None,
            version: None,
            created: context.now,
            endpoint: "EDGE".into(),
            ip_address_type: "ipv4".into(),
            api_key_source: "HEADER".into(),
            binary_media_types: Vec::new(),
            execute_endpoint_disabled: false,
            tags: BTreeMap::new(),
            tree: Tree::new(context.id(10)),
            deployments: PersistentMap::default(),
            stages: PersistentMap::default(),
        }
    }

    /// Returns the `RestApi` shape.
    pub(crate) fn describe(&self) -> Value {
        let mut shape = compact(json!({
            "id": self.id, "name": self.name, "description": self.description, "version": self.version,
            "createdDate": epoch(self.created), "apiKeySource": self.api_key_source,
            "endpointConfiguration": {"types": [self.endpoint], "ipAddressType": self.ip_address_type},
            "disableExecuteApiEndpoint": self.execute_endpoint_disabled, "rootResourceId": self.tree.root, "tags": self.tags,
        }));
        if !self.binary_media_types.is_empty() {
            shape["binaryMediaTypes"] = json!(self.binary_media_types);
        }
        shape
    }
}

pub(crate) fn find<'a>(state: &'a State, call: &Request) -> Result<&'a Api, AwsError> {
    state.apis.get(call.path("restapi_id")).ok_or_else(|| unknown(state, call))
}

pub(crate) fn find_mut<'a>(state: &'a mut State, call: &Request) -> Result<&'a mut Api, AwsError> {
    find(state, call)?;
    let refusal = unknown(state, call);
    state.apis.get_mut(call.path("restapi_id")).ok_or(refusal)
}

fn unknown(_state: &State, call: &Request) -> AwsError {
    missing(format!("Invalid API identifier specified {}:{}", call.context.account, call.path("restapi_id")))
}

pub(crate) fn room(state: &State) -> Result<(), AwsError> {
    if state.apis.len() < MAX_APIS {
        return Ok(());
    }
    Err(AwsError::new(429, "LimitExceededException", "Maximum number of RestApis for this account has been reached"))
}

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    unsupported(input, &["cloneFrom", "policy", "minimumCompressionSize", "endpointAccessMode", "securityPolicy"])?;
    let name = string(input, "name")?.filter(|name| !name.trim().is_empty()).ok_or_else(|| bad("API Name cannot be blank"))?;
    let mut api = Api::new(name, &call.context);
    api.description = string(input, "description")?.filter(|text| !text.is_empty()).map(str::to_owned);
    api.version = string(input, "version")?.map(str::to_owned);
    api.execute_endpoint_disabled = flag(input, "disableExecuteApiEndpoint")?;
    if let Some(source) = string(input, "apiKeySource")? {
        api.api_key_source = one_of("apiKeySource", source, &["HEADER", "AUTHORIZER"])?;
    }
    if let Some(types) = input.get("binaryMediaTypes").filter(|types| !types.is_null()) {
        api.binary_media_types = serde_json::from_value(types.clone())
            .map_err(|_| AwsError::serialization("binaryMediaTypes", "a list of strings"))?;
    }
    let (endpoint, addresses) = endpoint(input)?;
    api.endpoint = endpoint.unwrap_or(api.endpoint);
    api.ip_address_type = addresses.unwrap_or(api.ip_address_type);
    api.tags = tags::read(input)?;
    room(state)?;
    let shape = api.describe();
    state.apis.insert(api.id.clone(), api);
    Ok(Response::status(201, shape))
}

pub(crate) fn one_of(member: &str, value: &str, allowed: &[&str]) -> Result<String, AwsError> {
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    // The message text is unverified.
    Err(bad(format!("Invalid value '{value}' for {member}. Must be one of: [{}]", allowed.join(", "))))
}

/// Returns the endpoint type and address type of an `endpointConfiguration`, if given.
pub(crate) fn endpoint(input: &Value) -> Result<(Option<String>, Option<String>), AwsError> {
    let Some(configuration) = input.get("endpointConfiguration").filter(|value| !value.is_null()) else {
        return Ok((None, None));
    };
    unsupported(configuration, &["vpcEndpointIds"])?;
    let addresses = string(configuration, "ipAddressType")?.map(|kind| one_of("ipAddressType", kind, &["ipv4", "dualstack"]));
    let kind = match configuration.get("types").and_then(Value::as_array).map(Vec::as_slice) {
        None | Some([]) => None,
        Some([Value::String(kind)]) => Some(one_of("endpointConfiguration.types", kind, &["REGIONAL", "EDGE", "PRIVATE"])?),
        Some(_) => return Err(bad("Cannot have more than one endpoint type")),
    };
    if kind.as_deref() == Some("PRIVATE") {
        return Err(not_implemented("the endpoint type PRIVATE"));
    }
    Ok((kind, addresses.transpose()?))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    page(call, state.apis.values().map(|api| (api.id.clone(), api.describe())))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    Ok(Response::json(find(state, call)?.describe()))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let api = find_mut(state, call)?;
    for patch in patch::read(&call.input, PATCHES)? {
        let media = patch.part(0).to_owned();
        match (patch.op, patch.path) {
            (_, "/name") if patch.value.trim().is_empty() => return Err(bad("API Name cannot be blank")),
            (_, "/name") => api.name = patch.value.to_owned(),
            (_, "/description") => api.description = Some(patch.value.to_owned()).filter(|text| !text.is_empty()),
            (_, "/apiKeySource") => api.api_key_source = patch.value.to_owned(),
            (_, "/disableExecuteApiEndpoint") => api.execute_endpoint_disabled = patch.flag(),
            ("add", "/binaryMediaTypes/{type}") if !api.binary_media_types.contains(&media) => api.binary_media_types.push(media),
            ("add", "/binaryMediaTypes/{type}") => {}
            ("remove", "/binaryMediaTypes/{type}") => {
                let before = api.binary_media_types.len();
                api.binary_media_types.retain(|known| *known != media);
                if api.binary_media_types.len() == before {
                    return Err(missing("Invalid binary media type specified"));
                }
            }
            ("replace", "/binaryMediaTypes/{type}") => match api.binary_media_types.iter_mut().find(|known| **known == media) {
                Some(known) => *known = patch.value.to_owned(),
                None => return Err(missing("Invalid binary media type specified")),
            },
            (_, "/endpointConfiguration/types/{type}") if patch.value == "PRIVATE" => {
                return Err(not_implemented("the endpoint type PRIVATE"));
            }
            (_, "/endpointConfiguration/types/{type}") => api.endpoint = patch.value.to_owned(),
            (_, "/endpointConfiguration/ipAddressType") => api.ip_address_type = patch.value.to_owned(),
            (_, "/policy" | "/minimumCompressionSize") if patch.value.is_empty() => {}
            (_, path) => return Err(not_implemented(&format!("the patch path {path}"))),
        }
    }
    Ok(Response::json(api.describe()))
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let id = find(state, call)?.id.clone();
    let domains = state.domains.values().filter(|domain| domain.mappings.values().any(|mapping| mapping.api == id));
    let names: Vec<&str> = domains.map(|domain| domain.name.as_str()).collect();
    if !names.is_empty() {
        return Err(bad(format!(
            "Deleting RestApi {id} failed. Please remove all base path mappings related to the RestApi in your domains: {}.",
            names.join(", ")
        )));
    }
    state.apis.remove(&id);
    plan::forget(state, &id, None);
    Ok(Response::empty(202))
}
