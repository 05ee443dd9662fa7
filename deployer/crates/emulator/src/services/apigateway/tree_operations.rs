//! Operations on resources, methods and integrations.

use serde_json::{Value, json};

use super::tree::{Integration, Method, VERBS};
use super::{api, bad, conflict, missing, page};
use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let region = world.region.clone();
    let tree = &mut api::find_mut(world, call)?.tree;
    let (id, verb) = (call.path("resource_id"), call.path("http_method"));
    let embed = call.query.iter().any(|(name, value)| name == "embed" && value == "methods");
    match call.operation {
        "GetResources" => page(call, tree.resources.values().map(|resource| (resource.id.clone(), resource.describe(embed)))),
        "GetResource" => Ok(Response::json(tree.resource(id)?.describe(embed))),
        "CreateResource" => {
            let part = string(&call.input, "pathPart")?.ok_or_else(|| bad("Path part must be specified"))?;
            let made = tree.add(call.path("parent_id"), part, context.id(6))?;
            Ok(Response::status(201, made.describe(false)))
        }
        "DeleteResource" => tree.remove(id).map(|()| Response::empty(202)),
        "GetMethod" => Ok(Response::json(tree.resource(id)?.method(verb)?.describe(verb, id))),
        "PutMethod" => {
            let resource = tree.resource_mut(id)?;
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
        "DeleteMethod" => {
            let resource = tree.resource_mut(id)?;
            resource.method(verb)?;
            resource.methods.remove(verb);
            Ok(Response::empty(204))
        }
        "GetIntegration" => match &tree.resource(id)?.method(verb)?.integration {
            Some(integration) => Ok(Response::json(integration.describe(id))),
            None => Err(missing("Invalid Integration identifier specified")),
        },
        "PutIntegration" => {
            let method = tree.resource_mut(id)?.method_mut(verb)?;
            let integration = Integration::read(&call.input, &region)?;
            let shape = integration.describe(id);
            method.integration = Some(integration);
            Ok(Response::status(201, shape))
        }
        _ => {
            let method = tree.resource_mut(id)?.method_mut(verb)?;
            match method.integration.take() {
                Some(_) => Ok(Response::empty(204)),
                None => Err(missing("Invalid Integration identifier specified")),
            }
        }
    }
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
