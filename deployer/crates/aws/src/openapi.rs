//! Conversion of a REST API's routes to an OpenAPI document, and from API Gateway's resources back to routes.

use aws_sdk_apigateway::types::{IntegrationType, Method, Resource};
use deployer_resources::{Auth, Route, Routes};
use serde_json::{Map, Value, json};

/// Returns the security scheme in the document and its name (developer guide, "x-amazon-apigateway-authtype").
fn scheme(auth: Auth) -> Option<(&'static str, Value)> {
    match auth {
        Auth::None => None,
        Auth::ApiKey => Some(("api_key", json!({"type": "apiKey", "name": "x-api-key", "in": "header"}))),
        Auth::Iam => {
            let scheme =
                json!({"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"});
            Some(("sigv4", scheme))
        }
    }
}

/// Returns the document for PutRestApi. Every method is a Lambda proxy integration ("Working with API Gateway extensions to OpenAPI",
/// x-amazon-apigateway-integration).
///
/// # Errors
/// Names the route that is not `VERB /path`.
pub(crate) fn document(
    name: &str,
    description: &str,
    routes: &Routes,
    invocation: impl Fn(&str) -> String,
) -> Result<Value, String> {
    let mut paths: Map<String, Value> = Map::new();
    for (route, target) in routes {
        let parts = route.split_once(' ').filter(|(verb, path)| !verb.is_empty() && path.starts_with('/'));
        let (verb, path) =
            parts.ok_or_else(|| format!("the route {route:?} is not a verb and a path, like \"GET /things/{{id}}\""))?;
        let verb = if verb.eq_ignore_ascii_case("any") {
            "x-amazon-apigateway-any-method".to_owned()
        } else {
            verb.to_ascii_lowercase()
        };
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[verb] = operation(path, target, &invocation);
    }
    let mut info = json!({"title": name, "version": "1"});
    if !description.is_empty() {
        info["description"] = description.into();
    }
    let mut document = json!({"openapi": "3.0.1", "info": info, "paths": paths});
    let schemes: Map<String, Value> =
        routes.values().filter_map(|route| scheme(route.auth)).map(|(name, scheme)| (name.to_owned(), scheme)).collect();
    if !schemes.is_empty() {
        document["components"] = json!({"securitySchemes": schemes});
    }
    Ok(document)
}

fn operation(path: &str, target: &Route, invocation: &impl Fn(&str) -> String) -> Value {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let name = name.trim_end_matches('+');
        json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
    };
    let mut operation = json!({
        "parameters": names.map(parameter).collect::<Vec<_>>(),
        "responses": {"200": {"description": "What the function answers."}},
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": invocation(&target.function_arn),
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": target.timeout_ms,
        },
    });
    if let Some((name, _)) = scheme(target.auth) {
        operation["security"] = json!([{name: []}]);
    }
    operation
}

/// Returns the routes of API Gateway's resources. Settings that [`document`] never writes appear in the route's name or target.
pub(crate) fn routes(resources: &[Resource]) -> Routes {
    let of_resource = |resource: &Resource| {
        let path = resource.path().unwrap_or_default().to_owned();
        let methods = resource.resource_methods().cloned().unwrap_or_default();
        methods.into_iter().map(move |(verb, method)| (name(&verb, &path, &method), target(&method)))
    };
    resources.iter().flat_map(of_resource).collect()
}

fn name(verb: &str, path: &str, method: &Method) -> String {
    let mut name = format!("{verb} {path}");
    if auth(method).is_none() {
        name.push_str(&format!(" (authorization {})", method.authorization_type().unwrap_or_default()));
        if method.api_key_required() == Some(true) {
            name.push_str(" (API key required)");
        }
    }
    name
}

/// Returns the authorization of a method; `None` for one that [`document`] never writes.
fn auth(method: &Method) -> Option<Auth> {
    match (method.authorization_type().unwrap_or("NONE"), method.api_key_required() == Some(true)) {
        ("NONE", false) => Some(Auth::None),
        ("NONE", true) => Some(Auth::ApiKey),
        ("AWS_IAM", false) => Some(Auth::Iam),
        _ => None,
    }
}

fn target(method: &Method) -> Route {
    let Some(integration) = method.method_integration() else {
        return Route { function_arn: "(no integration)".to_owned(), timeout_ms: 0, auth: Auth::None };
    };
    let uri = integration.uri().unwrap_or_default();
    let function = uri.split_once("/functions/").and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    let proxies = integration.r#type() == Some(&IntegrationType::AwsProxy) && integration.http_method() == Some("POST");
    let function_arn = match function {
        Some(function) if proxies => function.to_owned(),
        _ => format!("(not a Lambda proxy) {uri}"),
    };
    let timeout_ms = u32::try_from(integration.timeout_in_millis()).ok().filter(|timeout| *timeout != 0);
    Route { function_arn, timeout_ms: timeout_ms.unwrap_or(29_000), auth: auth(method).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_apigateway::types::Integration;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:get";

    fn invocation(function: &str) -> String {
        format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations")
    }

    fn wanted() -> Routes {
        let route = |timeout_ms, auth| Route { function_arn: FUNCTION.to_owned(), timeout_ms, auth };
        [
            ("GET /vanity-numbers/{phone}".to_owned(), route(5_000, Auth::ApiKey)),
            ("DELETE /vanity-numbers/{phone}".to_owned(), route(5_000, Auth::Iam)),
            ("ANY /".to_owned(), route(29_000, Auth::None)),
        ]
        .into()
    }

    /// Returns the resources that API Gateway creates from a document: one per path, methods with upper-case verbs.
    fn as_resources(document: &Value) -> Vec<Resource> {
        let paths = document["paths"].as_object().cloned().unwrap_or_default();
        let resource = |(path, methods): (String, Value)| {
            let mut resource = Resource::builder().path(path);
            for (verb, operation) in methods.as_object().cloned().unwrap_or_default() {
                let verb = if verb.starts_with("x-") { "ANY".to_owned() } else { verb.to_uppercase() };
                let integration = &operation["x-amazon-apigateway-integration"];
                let integration = Integration::builder()
                    .r#type(IntegrationType::AwsProxy)
                    .http_method(integration["httpMethod"].as_str().unwrap_or_default())
                    .uri(integration["uri"].as_str().unwrap_or_default())
                    .timeout_in_millis(integration["timeoutInMillis"].as_i64().unwrap_or_default() as i32);
                let scheme = operation["security"][0].as_object().and_then(|schemes| schemes.keys().next());
                let scheme = scheme.map(|name| &document["components"]["securitySchemes"][name.as_str()]);
                let signed = scheme.is_some_and(|scheme| scheme["x-amazon-apigateway-authtype"] == "awsSigv4");
                let method = Method::builder()
                    .authorization_type(if signed { "AWS_IAM" } else { "NONE" })
                    .api_key_required(scheme.is_some_and(|scheme| scheme["name"] == "x-api-key"))
                    .method_integration(integration.build());
                resource = resource.resource_methods(verb, method.build());
            }
            resource.build()
        };
        paths.into_iter().map(resource).collect()
    }

    #[test]
    fn routes_written_and_read_back_are_the_same() {
        let document = document("api", "", &wanted(), invocation).expect("the routes are well formed");
        assert_eq!(routes(&as_resources(&document)), wanted());
    }

    #[test]
    fn document_declares_path_parameters_omits_empty_description() {
        let document = document("api", "", &wanted(), invocation).expect("the routes are well formed");
        assert_eq!(document["paths"]["/vanity-numbers/{phone}"]["get"]["parameters"][0]["name"], "phone");
        assert_eq!(document["info"], json!({"title": "api", "version": "1"}));
    }

    #[test]
    fn manually_changed_method_is_a_difference() {
        let document = document("api", "", &wanted(), invocation).expect("the routes are well formed");
        let mut resources = as_resources(&document);
        resources.push(Resource::builder().path("/by-hand").resource_methods("GET", Method::builder().build()).build());
        let live = routes(&resources);
        assert_eq!(live.len(), wanted().len() + 1);
        let closed = Method::builder().authorization_type("CUSTOM").api_key_required(true).build();
        assert_eq!(name("GET", "/", &closed), "GET / (authorization CUSTOM) (API key required)");
    }

    #[test]
    fn route_without_a_path_is_rejected() {
        let routes = [("GET".to_owned(), Route { function_arn: FUNCTION.to_owned(), timeout_ms: 1, auth: Auth::None })].into();
        assert!(document("api", "", &routes, invocation).is_err_and(|why| why.contains("\"GET\"")));
    }
}
