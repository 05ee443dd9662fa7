//! Import of an API from an OpenAPI 3 document with API Gateway's extensions (API Gateway guide, api-gateway-import-api).

use serde_json::{Map, Value};

use super::State;
use super::api::{self, Api};
use super::tree::{Integration, Method, Tree};
use super::{bad, not_implemented, unsupported};
use crate::error::AwsError;
use crate::request::{Request, RequestContext};
use crate::response::Response;

/// Maximum document size (API Gateway quotas page).
const MAX_DOCUMENT: usize = 6 * 1024 * 1024;
const OPERATIONS: &[(&str, &str)] = &[
    ("get", "GET"),
    ("head", "HEAD"),
    ("post", "POST"),
    ("put", "PUT"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("patch", "PATCH"),
    ("x-amazon-apigateway-any-method", "ANY"),
];
/// Extensions that would change the API's responses, and that the emulator does not support.
const UNSUPPORTED: &[&str] = &[
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-cors",
];

pub(crate) fn put(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let overwrite = match call.query("mode") {
        None | Some("merge") => false,
        Some("overwrite") => true,
        Some(other) => return Err(bad(format!("Invalid mode specified: {other}. Must be one of: [merge, overwrite]"))),
    };
    let api = api::find_mut(state, call)?;
    let document = document(call)?;
    if overwrite {
        api.tree = Tree::new(api.tree.root.clone());
        api.description = None;
        api.version = None;
        api.binary_media_types.clear();
        api.name = title(&document)?.to_owned();
    }
    apply(api, &document, call, &call.context.region, &call.context)?;
    Ok(Response::json(api.describe()))
}

pub(crate) fn import(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let document = document(call)?;
    let mut api = Api::new(title(&document)?, &call.context);
    api::room(state)?;
    apply(&mut api, &document, call, &call.context.region, &call.context)?;
    let shape = api.describe();
    state.apis.insert(api.id.clone(), api);
    Ok(Response::status(201, shape))
}

fn document(call: &Request) -> Result<Value, AwsError> {
    if call.body.len() > MAX_DOCUMENT {
        return Err(bad("The size of the API definition exceeds the limit of 6 MB"));
    }
    let document: Value = match serde_json::from_slice(&call.body) {
        Ok(document @ Value::Object(_)) => document,
        _ if call.body.starts_with(b"openapi:") || call.body.starts_with(b"swagger:") => {
            return Err(not_implemented("API definitions in YAML"));
        }
        _ => return Err(bad("Invalid OpenAPI input.")),
    };
    match document["openapi"].as_str() {
        Some(version) if version.starts_with("3.0") => {}
        Some(version) => return Err(bad(format!("Invalid OpenAPI input. Unsupported version {version}"))),
        None if document.get("swagger").is_some() => return Err(not_implemented("Swagger 2.0 documents")),
        None => return Err(bad("Invalid OpenAPI input.")),
    }
    unsupported(&document, UNSUPPORTED)?;
    // Root-level `security` is ignored by API Gateway itself (guide, known issues).
    Ok(document)
}

fn title(document: &Value) -> Result<&str, AwsError> {
    let title = document["info"]["title"].as_str().filter(|title| !title.trim().is_empty());
    title.ok_or_else(|| failed(&["Invalid OpenAPI input: the title of the API is missing".to_owned()]))
}

fn failed(errors: &[String]) -> AwsError {
    bad(format!("Errors found during import:\n\t{}", errors.join("\n\t")))
}

fn apply(api: &mut Api, document: &Value, call: &Request, region: &str, context: &RequestContext) -> Result<(), AwsError> {
    for (name, value) in &call.query {
        match (name.as_str(), value.as_str()) {
            ("endpointConfigurationTypes", "REGIONAL" | "EDGE") => value.clone_into(&mut api.endpoint),
            ("endpointConfigurationTypes", other) => return Err(not_implemented(&format!("the endpoint type {other}"))),
            ("mode" | "failonwarnings" | "ignore", _) | ("basepath", "ignore") => {}
            (name, _) => return Err(not_implemented(&format!("the parameter {name}"))),
        }
    }
    let text = |member: &str| document["info"][member].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    api.description = text("description").or(api.description.take());
    api.version = text("version").or(api.version.take());
    if let Some(types) = document.get("x-amazon-apigateway-binary-media-types") {
        api.binary_media_types = serde_json::from_value(types.clone()).map_err(|_| bad("Invalid binary media types"))?;
    }
    if let Some(source) = document["x-amazon-apigateway-api-key-source"].as_str() {
        api.api_key_source = api::one_of("x-amazon-apigateway-api-key-source", source, &["HEADER", "AUTHORIZER"])?;
    }
    if let Some(configuration) = document.get("x-amazon-apigateway-endpoint-configuration") {
        unsupported(configuration, &["vpcEndpointIds"])?;
        api.execute_endpoint_disabled = super::flag(configuration, "disableExecuteApiEndpoint")?;
    }
    let empty = Map::new();
    let paths = document["paths"].as_object().unwrap_or(&empty);
    let mut errors = Vec::new();
    for (path, item) in paths {
        match place(&mut api.tree, path, context) {
            Ok(id) => methods(&mut api.tree, &id, path, item, (region, &document["components"]["securitySchemes"]), &mut errors)?,
            Err(refusal) => errors.push(format!("Unable to create resource at path '{path}': {}", refusal.message)),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(failed(&errors)) }
}

/// Returns the resource at a path, and creates it with its missing ancestors.
fn place(tree: &mut Tree, path: &str, context: &RequestContext) -> Result<String, AwsError> {
    if !path.starts_with('/') {
        return Err(bad("paths must begin with a slash"));
    }
    let mut at = tree.root.clone();
    let mut full = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        full = format!("{full}/{part}");
        at = match tree.at(&full) {
            Some(found) => found.id.clone(),
            None => tree.add(&at, part, context.id(6))?.id.clone(),
        };
    }
    Ok(at)
}

fn methods(
    tree: &mut Tree,
    id: &str,
    path: &str,
    item: &Value,
    (region, schemes): (&str, &Value),
    errors: &mut Vec<String>,
) -> Result<(), AwsError> {
    if item.get("$ref").is_some() {
        return Err(not_implemented("$ref in paths"));
    }
    for (member, verb) in OPERATIONS {
        let Some(operation) = item.get(*member) else { continue };
        unsupported(operation, &["x-amazon-apigateway-request-validator", "x-amazon-apigateway-auth"])?;
        let (authorization, api_key_required) = security(operation, schemes)?;
        let mut method = Method {
            authorization,
            api_key_required,
            operation_name: operation["operationId"].as_str().map(str::to_owned),
            responses: operation["responses"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default(),
            ..Method::default()
        };
        for parameter in [item, operation].iter().filter_map(|holder| holder["parameters"].as_array()).flatten() {
            let place = match parameter["in"].as_str() {
                Some("path") => "path",
                Some("query") => "querystring",
                Some("header") => "header",
                _ => continue,
            };
            let name = parameter["name"].as_str().unwrap_or_default();
            method.request_parameters.insert(format!("method.request.{place}.{name}"), parameter["required"] == true);
        }
        if let Some(extension) = operation.get("x-amazon-apigateway-integration") {
            match integration(extension, region) {
                Ok(integration) => method.integration = Some(integration),
                Err(refusal) if refusal.status == 501 => return Err(refusal),
                Err(refusal) => {
                    errors.push(format!(
                        "Unable to put integration on '{verb}' for resource at path '{path}': {}",
                        refusal.message
                    ));
                }
            }
        }
        tree.resource_mut(id)?.methods.insert((*verb).to_owned(), method);
    }
    Ok(())
}

/// Returns the requirements of an operation's `security`: the type of authorization, and whether an API key is required
/// (developer guide, "x-amazon-apigateway-authtype" and "x-amazon-apigateway-api-key-source").
fn security(operation: &Value, schemes: &Value) -> Result<(String, bool), AwsError> {
    let (mut authorization, mut api_key_required) = ("NONE", false);
    let asked = operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys);
    for name in asked {
        let scheme = &schemes[name.as_str()];
        let at = |member: &str| scheme[member].as_str().unwrap_or_default().to_ascii_lowercase();
        match (at("type").as_str(), at("in").as_str(), at("name").as_str()) {
            ("apikey", "header", "x-api-key") => api_key_required = true,
            ("apikey", "header", "authorization") if at("x-amazon-apigateway-authtype") == "awssigv4" => {
                authorization = "AWS_IAM";
            }
            ("", ..) => return Err(failed(&[format!("Security scheme '{name}' is not defined")])),
            _ => return Err(not_implemented(&format!("the security scheme {name}"))),
        }
    }
    Ok((authorization.to_owned(), api_key_required))
}

fn integration(extension: &Value, region: &str) -> Result<Integration, AwsError> {
    let mut integration = Integration::read(extension, region)?;
    for (pattern, response) in extension["responses"].as_object().into_iter().flatten() {
        unsupported(response, &["responseTemplates", "contentHandling"])?;
        // Only flat values: reading the stored state limits the nesting depth.
        let flat = |value: &Value| value.as_object().is_some_and(|members| members.values().all(Value::is_string));
        let known = response.as_object().is_some_and(|members| {
            members.iter().all(|(name, value)| match name.as_str() {
                "statusCode" => value.is_string() || value.is_number(),
                "responseParameters" => flat(value),
                _ => false,
            })
        });
        if !known {
            return Err(bad(format!(
                "Unable to parse the integration response {pattern}: it has statusCode and responseParameters"
            )));
        }
        integration.responses.insert(pattern.clone(), response.clone());
    }
    Ok(integration)
}
