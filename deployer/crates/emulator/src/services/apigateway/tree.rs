//! The API tree: resources, their methods, the methods' integrations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{bad, compact, conflict, missing, not_implemented, unsupported};
use crate::error::AwsError;
use crate::request::string;

/// Maximum number of resources of one API (API Gateway quotas page).
const MAX_RESOURCES: usize = 300;
/// Bounds of an integration's timeout, in milliseconds (API reference, PutIntegration).
pub(crate) const TIMEOUT: std::ops::RangeInclusive<i64> = 50..=29_000;
/// Supported methods; ANY matches all.
pub(crate) const VERBS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "ANY"];

/// The resources of an API, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tree {
    pub(crate) root: String,
    pub(crate) resources: BTreeMap<String, Resource>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) part: String,
    pub(crate) path: String,
    pub(crate) methods: BTreeMap<String, Method>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Method {
    /// `NONE` or `AWS_IAM`.
    #[serde(default = "none")]
    pub(crate) authorization: String,
    #[serde(default)]
    pub(crate) api_key_required: bool,
    pub(crate) operation_name: Option<String>,
    pub(crate) request_parameters: BTreeMap<String, bool>,
    /// Status codes of the declared responses.
    pub(crate) responses: Vec<String>,
    pub(crate) integration: Option<Integration>,
}

fn none() -> String {
    "NONE".to_owned()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Integration {
    pub(crate) kind: String,
    pub(crate) method: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) timeout: i64,
    pub(crate) passthrough: String,
    pub(crate) content_handling: Option<String>,
    pub(crate) request_templates: BTreeMap<String, String>,
    /// Responses of a MOCK integration, by selection pattern.
    pub(crate) responses: BTreeMap<String, Value>,
}

impl Tree {
    pub(crate) fn new(root: String) -> Self {
        let resource =
            Resource { id: root.clone(), parent: None, part: String::new(), path: "/".into(), methods: BTreeMap::new() };
        Self { resources: BTreeMap::from([(root.clone(), resource)]), root }
    }

    pub(crate) fn resource(&self, id: &str) -> Result<&Resource, AwsError> {
        self.resources.get(id).ok_or_else(|| missing("Invalid Resource identifier specified"))
    }

    pub(crate) fn resource_mut(&mut self, id: &str) -> Result<&mut Resource, AwsError> {
        self.resources.get_mut(id).ok_or_else(|| missing("Invalid Resource identifier specified"))
    }

    pub(crate) fn at(&self, path: &str) -> Option<&Resource> {
        self.resources.values().find(|resource| resource.path == path)
    }

    /// Adds a resource under a parent.
    pub(crate) fn add(&mut self, parent: &str, part: &str, id: String) -> Result<&Resource, AwsError> {
        let above = self.resource(parent)?;
        if !valid_part(part) {
            return Err(bad(
                "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
            ));
        }
        if above.part.ends_with("+}") {
            return Err(bad(format!("Cannot create a child of a resource with a greedy path variable: {}", above.path)));
        }
        let path = format!("{}/{part}", above.path.trim_end_matches('/'));
        let siblings: Vec<&Resource> =
            self.resources.values().filter(|sibling| sibling.parent.as_deref() == Some(parent)).collect();
        if siblings.iter().any(|sibling| sibling.part == part) {
            return Err(conflict(format!("Another resource with the same parent already has this name: {part}")));
        }
        if let Some(other) = siblings.iter().find(|sibling| part.starts_with('{') && sibling.part.starts_with('{')) {
            // The message text is unverified.
            return Err(bad(format!(
                "A sibling ({}) of this resource already has a variable path part -- only one is allowed",
                other.part
            )));
        }
        if self.resources.len() >= MAX_RESOURCES {
            return Err(AwsError::new(
                429,
                "LimitExceededException",
                "Maximum number of Resources for this API has been reached. Please contact AWS if you need additional Resources.",
            ));
        }
        let resource =
            Resource { id: id.clone(), parent: Some(parent.into()), part: part.into(), path, methods: BTreeMap::new() };
        Ok(self.resources.entry(id).insert_entry(resource).into_mut())
    }

    /// Removes a resource and everything under it.
    pub(crate) fn remove(&mut self, id: &str) -> Result<(), AwsError> {
        if id == self.root {
            return Err(bad("Cannot delete root resource"));
        }
        let path = self.resource(id)?.path.clone();
        let below = format!("{path}/");
        self.resources.retain(|_, resource| resource.path != path && !resource.path.starts_with(&below));
        Ok(())
    }

    /// Returns the resource of a request path (without the stage, still encoded) and the values of its variables. Values stay
    /// encoded, because REST APIs pass them on encoded (serverless/serverless#5037, middleapi/standard-server#93). A static
    /// part takes precedence over a variable, a variable over the greedy one, part by part. Leading slashes and one trailing
    /// slash are ignored; two slashes between parts are preserved in a greedy variable (localstack/localstack,
    /// test_apigateway_lambda.snapshot.json, recorded on AWS). That nothing else matches an empty part is unverified.
    pub(crate) fn route(&self, path: &str) -> Option<(&Resource, BTreeMap<String, String>)> {
        let path = path.trim_start_matches('/');
        let path = path.strip_suffix('/').unwrap_or(path);
        let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let mut bound = BTreeMap::new();
        let found = self.walk(&self.root, &parts, &mut bound)?;
        Some((found, bound))
    }

    fn walk<'a>(&'a self, at: &str, parts: &[&str], bound: &mut BTreeMap<String, String>) -> Option<&'a Resource> {
        let Some((first, rest)) = parts.split_first() else { return self.resources.get(at) };
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let children = || self.resources.values().filter(|child| child.parent.as_deref() == Some(at));
        let plain = children().find(|child| !child.part.starts_with('{') && child.part == decode(first));
        if let Some(found) = plain.and_then(|child| self.walk(&child.id, rest, bound)) {
            return Some(found);
        }
        let child = children().find(|child| child.part.starts_with('{'))?;
        let name = child.part.trim_matches(['{', '}']);
        if let Some(name) = name.strip_suffix('+') {
            bound.insert(name.to_owned(), parts.join("/"));
            return Some(child);
        }
        let found = self.walk(&child.id, rest, bound).filter(|_| !first.is_empty())?;
        bound.insert(name.to_owned(), (*first).to_owned());
        Some(found)
    }
}

fn valid_part(part: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c));
    match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => plain(name.strip_suffix('+').unwrap_or(name)),
        None => plain(part),
    }
}

impl Resource {
    /// Returns the `Resource` shape; methods in full if they are embedded.
    pub(crate) fn describe(&self, embed: bool) -> Value {
        let mut shape = json!({"id": self.id, "path": self.path});
        if let Some(parent) = &self.parent {
            shape["parentId"] = json!(parent);
            shape["pathPart"] = json!(self.part);
        }
        if !self.methods.is_empty() {
            let methods = self
                .methods
                .iter()
                .map(|(verb, method)| (verb.clone(), if embed { method.describe(verb, &self.id) } else { json!({}) }));
            shape["resourceMethods"] = Value::Object(methods.collect());
        }
        shape
    }

    pub(crate) fn method(&self, verb: &str) -> Result<&Method, AwsError> {
        self.methods.get(verb).ok_or_else(|| missing("Invalid Method identifier specified"))
    }

    pub(crate) fn method_mut(&mut self, verb: &str) -> Result<&mut Method, AwsError> {
        self.methods.get_mut(verb).ok_or_else(|| missing("Invalid Method identifier specified"))
    }
}

impl Default for Method {
    fn default() -> Self {
        Self {
            authorization: none(),
            api_key_required: false,
            operation_name: None,
            request_parameters: BTreeMap::new(),
            responses: Vec::new(),
            integration: None,
        }
    }
}

impl Method {
    /// Reads PutMethod's input.
    pub(crate) fn read(input: &Value) -> Result<Self, AwsError> {
        let authorization = match string(input, "authorizationType")? {
            Some(kind @ ("NONE" | "AWS_IAM")) => kind.to_owned(),
            Some(other @ ("CUSTOM" | "COGNITO_USER_POOLS")) => {
                return Err(not_implemented(&format!("authorizationType {other}")));
            }
            _ => {
                return Err(bad(
                    "Invalid Authorization Type specified. Must be one of: [NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS]",
                ));
            }
        };
        unsupported(input, &["authorizerId", "requestModels", "requestValidatorId", "authorizationScopes"])?;
        let parameters = input.get("requestParameters").filter(|value| !value.is_null()).cloned().unwrap_or_else(|| json!({}));
        Ok(Self {
            authorization,
            api_key_required: super::flag(input, "apiKeyRequired")?,
            operation_name: string(input, "operationName")?.map(str::to_owned),
            request_parameters: serde_json::from_value(parameters)
                .map_err(|_| AwsError::serialization("requestParameters", "a map of booleans"))?,
            responses: Vec::new(),
            integration: None,
        })
    }

    /// Returns the `Method` shape.
    pub(crate) fn describe(&self, verb: &str, resource: &str) -> Value {
        let responses: serde_json::Map<String, Value> =
            self.responses.iter().map(|status| (status.clone(), json!({"statusCode": status}))).collect();
        let mut shape = compact(json!({
            "httpMethod": verb, "authorizationType": self.authorization, "apiKeyRequired": self.api_key_required,
            "operationName": self.operation_name,
        }));
        if !self.request_parameters.is_empty() {
            shape["requestParameters"] = json!(self.request_parameters);
        }
        if !responses.is_empty() {
            shape["methodResponses"] = Value::Object(responses);
        }
        if let Some(integration) = &self.integration {
            shape["methodIntegration"] = integration.describe(resource);
        }
        shape
    }
}

impl Integration {
    /// Reads PutIntegration's input, or the same members of an OpenAPI extension.
    pub(crate) fn read(input: &Value, region: &str) -> Result<Self, AwsError> {
        let kind = string(input, "type")?.unwrap_or_default().to_ascii_uppercase();
        match kind.as_str() {
            "AWS_PROXY" | "MOCK" => {}
            "HTTP" | "HTTP_PROXY" | "AWS" => return Err(not_implemented(&format!("the integration type {kind}"))),
            _ => {
                return Err(bad(
                    "Enumeration value for Integration type must be one of: [HTTP, AWS, MOCK, HTTP_PROXY, AWS_PROXY]",
                ));
            }
        }
        unsupported(
            input,
            &["connectionId", "requestParameters", "cacheKeyParameters", "tlsConfig", "credentials", "integrationTarget"],
        )?;
        for (member, usual) in [("connectionType", "INTERNET"), ("responseTransferMode", "BUFFERED")] {
            if string(input, member)?.is_some_and(|given| given != usual) {
                return Err(not_implemented(member));
            }
        }
        let timeout = match input.get("timeoutInMillis").filter(|value| !value.is_null()) {
            None => *TIMEOUT.end(),
            Some(value) => value.as_i64().ok_or_else(|| AwsError::serialization("timeoutInMillis", "an integer"))?,
        };
        if !TIMEOUT.contains(&timeout) {
            return Err(bad("Timeout should be between 50 ms and 29000 ms"));
        }
        let templates = input.get("requestTemplates").filter(|value| !value.is_null()).cloned().unwrap_or_else(|| json!({}));
        let integration = Self {
            method: string(input, "httpMethod")?.map(str::to_owned),
            uri: string(input, "uri")?.map(str::to_owned),
            timeout,
            passthrough: string(input, "passthroughBehavior")?.unwrap_or("WHEN_NO_MATCH").to_ascii_uppercase(),
            content_handling: string(input, "contentHandling")?.map(str::to_owned),
            request_templates: serde_json::from_value(templates)
                .map_err(|_| AwsError::serialization("requestTemplates", "a map of strings"))?,
            responses: BTreeMap::new(),
            kind,
        };
        integration.check(region)?;
        Ok(integration)
    }

    fn check(&self, region: &str) -> Result<(), AwsError> {
        if !["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"].contains(&self.passthrough.as_str()) {
            return Err(bad("Invalid passthroughBehavior specified. Must be one of: [WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER]"));
        }
        if self.kind == "MOCK" {
            return Ok(());
        }
        if self.method.as_deref().is_none_or(|method| !VERBS.contains(&method)) {
            return Err(bad("Enumeration value for HttpMethod must be non-empty"));
        }
        let uri = self.uri.as_deref().unwrap_or_default();
        let Some(rest) = uri.strip_prefix("arn:aws:apigateway:") else { return Err(bad("Invalid ARN specified in the request")) };
        let Some((of, path)) = rest.split_once(':') else { return Err(bad("Invalid ARN specified in the request")) };
        if of != region || !path.starts_with("lambda:") {
            return Err(bad("Invalid ARN specified in the request"));
        }
        match lambda_in(uri) {
            None => Err(bad("AWS ARN for integration must contain path or action")),
            Some(arn) if !arn.starts_with("arn:aws:lambda:") => Err(bad("Invalid lambda function")),
            Some(_) => Ok(()),
        }
    }

    /// Returns the `Integration` shape.
    pub(crate) fn describe(&self, resource: &str) -> Value {
        let mut shape = compact(json!({
            "type": self.kind, "httpMethod": self.method, "uri": self.uri, "passthroughBehavior": self.passthrough,
            "contentHandling": self.content_handling, "timeoutInMillis": self.timeout, "cacheNamespace": resource,
            "cacheKeyParameters": [], "responseTransferMode": "BUFFERED",
        }));
        if !self.request_templates.is_empty() {
            shape["requestTemplates"] = json!(self.request_templates);
        }
        if !self.responses.is_empty() {
            shape["integrationResponses"] = json!(self.responses);
        }
        shape
    }
}

/// Returns the function ARN in an integration's URI, with unresolved stage variables.
pub(crate) fn lambda_in(uri: &str) -> Option<&str> {
    uri.split_once(":path/2015-03-31/functions/")?.1.strip_suffix("/invocations")
}

/// Returns a deployment's summary of the tree: authorization by path and method.
pub(crate) fn summary(tree: &Tree) -> Value {
    let with_methods = tree.resources.values().filter(|resource| !resource.methods.is_empty());
    let paths = with_methods.map(|resource| {
        let one = |method: &Method| json!({"authorizationType": method.authorization, "apiKeyRequired": method.api_key_required});
        let methods = resource.methods.iter().map(|(verb, method)| (verb.clone(), one(method)));
        (resource.path.clone(), Value::Object(methods.collect()))
    });
    Value::Object(paths.collect())
}

#[cfg(test)]
mod tests {
    use super::Tree;

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::new("root".into());
        for path in paths {
            let mut at = "root".to_owned();
            let mut full = String::new();
            for part in path.split('/').skip(1) {
                full = format!("{full}/{part}");
                at = match tree.at(&full) {
                    Some(found) => found.id.clone(),
                    None => tree.add(&at, part, full.clone()).expect("a good part").id.clone(),
                };
            }
        }
        tree
    }

    #[test]
    fn static_parts_precede_variables_and_greedy_ones_last() {
        let tree = tree(&["/a/static", "/a/{x}", "/b/{x}/c", "/{proxy+}"]);
        let route = |path: &str| tree.route(path).map(|(resource, bound)| (resource.path.clone(), bound.into_iter().next()));
        let bound = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(route("/a/static"), Some(("/a/static".into(), None)));
        assert_eq!(route("/a/%2B1%20x"), Some(("/a/{x}".into(), bound("x", "%2B1%20x"))));
        assert_eq!(route("/q/r/s"), Some(("/{proxy+}".into(), bound("proxy", "q/r/s"))));
        assert_eq!(route("/"), Some(("/".into(), None)));
    }

    #[test]
    fn slashes_between_parts_stay() {
        let tree = tree(&["/a/b", "/v/{x}", "/p/{proxy+}"]);
        let greedy = |path: &str| tree.route(path).and_then(|(_, bound)| bound.into_values().next());
        for (path, kept) in
            [("/p/a//b/c", "a//b/c"), ("/p/a%20b//c/", "a%20b//c"), ("//p/a", "a"), ("/p/a/", "a"), ("/p//a", "/a")]
        {
            assert_eq!(greedy(path).as_deref(), Some(kept), "{path}");
        }
        assert!(["/a/b", "/a/b/", "//a/b", "/v/1"].iter().all(|path| tree.route(path).is_some()));
        assert!(["/a//b", "/v//", "/a/b//"].iter().all(|path| tree.route(path).is_none()));
    }

    #[test]
    fn greedy_variable_takes_unmatched_branches() {
        let tree = tree(&["/b/{x}/c", "/{proxy+}"]);
        let (resource, bound) = tree.route("/b/1/d").expect("the greedy resource");
        assert_eq!(resource.path, "/{proxy+}");
        assert_eq!(bound.into_iter().collect::<Vec<_>>(), vec![("proxy".to_owned(), "b/1/d".to_owned())]);
    }

    #[test]
    fn duplicate_and_partial_variables_are_refused() {
        let mut tree = tree(&["/a/{x}"]);
        let parent = "/a";
        assert!(tree.add(parent, "{y}", "n".into()).is_err());
        assert!(tree.add(parent, "b{y}", "n".into()).is_err());
        assert!(tree.add(parent, "{x}", "n".into()).is_err());
    }
}
