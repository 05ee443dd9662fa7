//! Operations on resources, methods and integrations.

use std::time::Duration;

use serde_json::{Value, json};

use super::tree::{Integration, Method, VERBS};
use super::{State, api, bad, conflict, missing, page};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, Rate, per_second, read, write};
use crate::request::{Request, string};
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    read("GetResources", list)
        .at("GET /restapis/{restapi_id}/resources").rate(Rate { every: Duration::from_millis(400), burst: 5 }),
    read("GetResource", get).at("GET /restapis/{restapi_id}/resources/{resource_id}"),
    write("CreateResource", create).at("POST /restapis/{restapi_id}/resources/{parent_id}").rate(per_second(5, 5)),
    write("DeleteResource", delete).at("DELETE /restapis/{restapi_id}/resources/{resource_id}").rate(per_second(5, 5)),
    read("GetMethod", get_method).at("GET /restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}"),
    write("PutMethod", put_method).at("PUT /restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}"),
    write("DeleteMethod", delete_method).at("DELETE /restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}"),
    read("GetIntegration", get_integration)
        .at("GET /restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration"),
    write("PutIntegration", put_integration)
        .at("PUT /restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration"),
    write("DeleteIntegration", delete_integration)
        .at("DELETE /restapis/{restapi_id}/resources/{resource_id}/methods/{http_method}/integration"),
];

/// Returns whether methods are part of a resource's description.
fn embeds(call: &Request) -> bool {
    call.query.iter().any(|(name, value)| name == "embed" && value == "methods")
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let resources = &api::find(state, call)?.tree.resources;
    page(call, resources.values().map(|resource| (resource.id.clone(), resource.describe(embeds(call)))))
}

fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    Ok(Response::json(api::find(state, call)?.tree.resource(call.path("resource_id"))?.describe(embeds(call))))
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let tree = &mut api::find_mut(state, call)?.tree;
    let part = string(&call.input, "pathPart")?.ok_or_else(|| bad("Path part must be specified"))?;
    let made = tree.add(call.path("parent_id"), part, call.context.id(6))?;
    Ok(Response::status(201, made.describe(false)))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    api::find_mut(state, call)?.tree.remove(call.path("resource_id")).map(|()| Response::empty(202))
}

fn get_method(state: &State, call: &Request) -> Result<Response, AwsError> {
    let (id, verb) = (call.path("resource_id"), call.path("http_method"));
    Ok(Response::json(api::find(state, call)?.tree.resource(id)?.method(verb)?.describe(verb, id)))
}

fn put_method(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (id, verb) = (call.path("resource_id"), call.path("http_method"));
    let resource = api::find_mut(state, call)?.tree.resource_mut(id)?;
    if !VERBS.contains(&verb) {
        return Err(bad(format!("Invalid HTTP method specified. Must be one of: [{}]", VERBS.join(", "))));
    }
    let method = Method::read(&call.input)?;
    if resource.methods.contains_key(verb) {
        return Err(conflict("Method already exists for this resource"));
    }
    let shape = method.describe(verb, id);
    resource.methods.insert(verb.to_owned(), method);
    Ok(Response::status(201, shape))
}

fn delete_method(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let resource = api::find_mut(state, call)?.tree.resource_mut(call.path("resource_id"))?;
    resource.method(call.path("http_method"))?;
    resource.methods.remove(call.path("http_method"));
    Ok(Response::empty(204))
}

fn get_integration(state: &State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("resource_id");
    let method = api::find(state, call)?.tree.resource(id)?.method(call.path("http_method"))?;
    method.integration.as_ref().map(|integration| Response::json(integration.describe(id))).ok_or_else(no_integration)
}

fn put_integration(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("resource_id");
    let method = api::find_mut(state, call)?.tree.resource_mut(id)?.method_mut(call.path("http_method"))?;
    let integration = Integration::read(&call.input, &call.context.region)?;
    let shape = integration.describe(id);
    method.integration = Some(integration);
    Ok(Response::status(201, shape))
}

fn delete_integration(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let resource = api::find_mut(state, call)?.tree.resource_mut(call.path("resource_id"))?;
    let integration = resource.method_mut(call.path("http_method"))?.integration.take();
    integration.map(|_| Response::empty(204)).ok_or_else(no_integration)
}

fn no_integration() -> AwsError {
    missing("Invalid Integration identifier specified")
}

/// Returns a deployment's summary of the tree: authorization by path and method.
pub(crate) fn summary(tree: &super::tree::Tree) -> Value {
    let with_methods = tree.resources.values().filter(|resource| !resource.methods.is_empty());
    let paths = with_methods.map(|resource| {
        let one = |method: &Method| json!({"authorizationType": method.authorization, "apiKeyRequired": method.api_key_required});
        let methods = resource.methods.iter().map(|(verb, method)| (verb.clone(), one(method)));
        (resource.path.clone(), Value::Object(methods.collect()))
    });
    Value::Object(paths.collect())
}
