//! Which rights a call needs: actions and the resources that they are judged on. The table of the service authorization reference
//! says of each action on which resources, if any; which ones a call names is read here. Rights for things that a call does
//! besides, such as tags on creation, are the reference's dependent actions and those that the API references name; where neither
//! does, the row says that it is unverified.

use serde_json::Value;

use super::connect_needs;
use crate::call::{Call, Principal, Service};
use crate::service_authorization as reference;
use crate::world::World;

/// One action that a caller must be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    /// The action, such as `connect:CreateQueue`.
    pub(crate) action: String,
    /// The resource that it is judged on.
    pub(crate) resource: String,
    /// Whether another service does it with the caller's rights.
    pub(crate) dependent: bool,
}

impl Need {
    /// An action of the call itself. One that has no resource types is judged on nothing but `*`, whatever the call names.
    pub(crate) fn own(action: &str, resource: &str) -> Self {
        let row = reference::action(action);
        let resource = if row.is_some_and(|row| !row.has_resource_types()) { "*" } else { resource };
        Self { action: action.to_owned(), resource: resource.to_owned(), dependent: false }
    }

    /// An action that the service of the call does with the caller's rights.
    pub(super) fn dependent(action: &str, resource: &str) -> Self {
        Self { dependent: true, ..Self::own(action, resource) }
    }
}

/// The actions and resources that a call needs.
pub(crate) fn needs(world: &World, call: &Call) -> Vec<Need> {
    match call.service {
        // "No permissions are required", BC sts.GetCallerIdentity.
        Service::Sts if call.operation == "GetCallerIdentity" => Vec::new(),
        Service::Sts if call.operation == "AssumeRole" => assume_role(world, call),
        Service::Acm => acm(world, call),
        Service::ApiGateway => api_gateway(world, call),
        Service::Connect => connect_needs::connect(world, call),
        Service::DynamoDb => dynamodb(world, call),
        Service::Iam => iam(world, call),
        Service::Lambda => lambda(world, call),
        Service::Logs => logs(world, call),
        Service::S3 => crate::services::s3::needs(call).iter().map(|(action, arn)| Need::own(action, arn)).collect(),
        Service::Sts | Service::Tagging => {
            let prefix = if call.service == Service::Sts { "sts" } else { "tag" };
            vec![need(prefix, call.operation, "*")]
        }
    }
}

fn assume_role(world: &World, call: &Call) -> Vec<Need> {
    let role = text(&call.input, "RoleArn");
    match &call.principal {
        Principal::Role { role: by, .. } if world.iam.names(role, by) => Vec::new(),
        _ => vec![need("sts", call.operation, role)],
    }
}

fn need(prefix: &str, action: &str, resource: impl AsRef<str>) -> Need {
    Need::own(&format!("{prefix}:{action}"), resource.as_ref())
}

pub(super) fn text<'a>(input: &'a Value, member: &str) -> &'a str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a call brings tags.
pub(super) fn tagged(input: &Value, member: &str) -> bool {
    match input.get(member) {
        Some(Value::Array(tags)) => !tags.is_empty(),
        Some(Value::Object(tags)) => !tags.is_empty(),
        _ => false,
    }
}

pub(super) fn regional(world: &World, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{}:{}:{rest}", world.region, world.account)
}

fn acm(world: &World, call: &Call) -> Vec<Need> {
    let arn = match text(&call.input, "CertificateArn") {
        "" => regional(world, "acm", "certificate/*"),
        arn => arn.to_owned(),
    };
    let tags = tagged(&call.input, "Tags") && call.operation == "ImportCertificate";
    let tags = tags.then(|| need("acm", "AddTagsToCertificate", arn.clone()));
    std::iter::once(need("acm", call.operation, arn.clone())).chain(tags).collect()
}

/// Actions are HTTP's methods and resources are paths. That tags on creation need a PUT on `/tags` is unverified.
fn api_gateway(world: &World, call: &Call) -> Vec<Need> {
    let methods = [("Get", "GET"), ("Create", "POST"), ("Import", "POST"), ("Put", "PUT"), ("Tag", "PUT"), ("Update", "PATCH")];
    let method = methods.iter().find(|(verb, _)| call.operation.starts_with(verb)).map_or("DELETE", |(_, method)| method);
    let arn = |path: &str| format!("arn:aws:apigateway:{}::{path}", world.region);
    let tags = method == "POST" && tagged(&call.input, "tags");
    let tags = tags.then(|| need("apigateway", "PUT", arn("/tags/*")));
    let role = makes_linked_role(call).then(|| linked_role(world, "ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"));
    let role = role.map(|role| Need::dependent("iam:CreateServiceLinkedRole", &role));
    std::iter::once(need("apigateway", method, arn(&canonical(&call.uri_path)))).chain(tags).chain(role).collect()
}

/// Whether API Gateway may have to make its role: the first custom domain of an account does (developer guide, "Service-linked
/// roles"), and a stage whose traces it sends to X-Ray under that role (the role's policy; that a stage makes it is unverified).
fn makes_linked_role(call: &Call) -> bool {
    match call.operation {
        "CreateDomainName" => true,
        "CreateStage" => call.input["tracingEnabled"] == true,
        "UpdateStage" => call.input["patchOperations"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|step| step["path"] == "/tracingEnabled" && step["value"] == "true"),
        _ => false,
    }
}

/// The ARN of a role that a service has for itself.
pub(super) fn linked_role(world: &World, path: &str) -> String {
    format!("arn:aws:iam::{}:role/aws-service-role/{path}", world.account)
}

/// The path that is acted on, however it was written; the ARN in a path of tags stays one part.
fn canonical(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.starts_with("tags/") {
        return format!("/{path}");
    }
    format!("/{}", percent_encoding::percent_decode_str(path).decode_utf8_lossy())
}

fn iam(world: &World, call: &Call) -> Vec<Need> {
    let name = text(&call.input, "RoleName");
    let path = call.input.get("Path").and_then(Value::as_str).unwrap_or("/");
    let arn = match world.iam.role(name) {
        Ok(role) => role.arn.clone(),
        Err(_) => format!("arn:aws:iam::{}:role{path}{name}", world.account),
    };
    let tags = call.operation == "CreateRole" && call.input.get("Tags.member.1.Key").is_some();
    let tags = tags.then(|| need("iam", "TagRole", arn.clone()));
    std::iter::once(need("iam", call.operation, arn.clone())).chain(tags).collect()
}

fn lambda(world: &World, call: &Call) -> Vec<Need> {
    let given = [call.path("FunctionName"), call.path("Resource"), text(&call.input, "FunctionName")];
    let given = given.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    // A name may come as a part of an ARN; what is judged is what is acted on.
    let named = given.rsplit_once("function:").map_or(given, |(_, name)| name);
    let mut function = match given.starts_with("arn:") {
        true => given.to_owned(),
        false => regional(world, "lambda", &format!("function:{named}")),
    };
    if let Some(qualifier) = call.query("Qualifier").filter(|_| call.operation == "Invoke" && !named.contains(':')) {
        function = format!("{function}:{qualifier}");
    }
    let action = if call.operation == "Invoke" { "InvokeFunction" } else { call.operation };
    let mut needs = vec![need("lambda", action, function.clone())];
    // The role is handed to Lambda (IAM user guide, "Granting a user permissions to pass a role"). The reference's other dependent
    // action, lambda:PassCapacityProvider, is of a parameter that is not taken here.
    if matches!(call.operation, "CreateFunction" | "UpdateFunctionConfiguration") && call.input.get("Role").is_some() {
        needs.push(need("iam", "PassRole", text(&call.input, "Role")));
    }
    if call.operation == "CreateFunction" && tagged(&call.input, "Tags") {
        needs.push(need("lambda", "TagResource", function));
    }
    needs
}

fn logs(world: &World, call: &Call) -> Vec<Need> {
    let text = |member: &str| text(&call.input, member);
    let arn = text("resourceArn");
    if !arn.is_empty() {
        return vec![need("logs", call.operation, arn)];
    }
    let group = [text("logGroupName"), text("logGroupIdentifier")].into_iter().find(|name| !name.is_empty());
    let resource = group.map_or("*".to_owned(), |group| log_stream(world, group, text("logStreamName")));
    // "To attach tags during creation you also need logs:TagResource" (BC logs.CreateLogGroup).
    let tags = call.operation == "CreateLogGroup" && tagged(&call.input, "tags");
    let tags = tags.then(|| need("logs", "TagResource", resource.clone()));
    std::iter::once(need("logs", call.operation, resource)).chain(tags).collect()
}

/// The ARN by which rights on a log stream are judged; those on a group have an empty stream name, as AWS's denials show.
pub(super) fn log_stream(world: &World, group: &str, stream: &str) -> String {
    let group = group.rsplit_once(":log-group:").map_or(group, |(_, name)| name.trim_end_matches(":*"));
    format!("arn:aws:logs:{}:{}:log-group:{group}:log-stream:{stream}", world.region, world.account)
}

fn dynamodb(world: &World, call: &Call) -> Vec<Need> {
    let table = |name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => format!("arn:aws:dynamodb:{}:{}:table/{name}", world.region, world.account),
    };
    let text = |value: &Value, member: &str| text(value, member).to_owned();
    let own = |resource: &str| need("dynamodb", call.operation, resource);
    match call.operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = call.input.get("RequestItems").and_then(Value::as_object);
            tables.into_iter().flat_map(|tables| tables.keys()).map(|name| own(&table(name))).collect()
        }
        // Each part needs the right of the same single operation (API reference, TransactWriteItems).
        "TransactGetItems" | "TransactWriteItems" => {
            let parts = call.input.get("TransactItems").and_then(Value::as_array);
            let parts = parts.into_iter().flatten().filter_map(Value::as_object).flatten();
            parts.map(|(kind, part)| need("dynamodb", &format!("{kind}Item"), table(&text(part, "TableName")))).collect()
        }
        "TagResource" | "UntagResource" | "ListTagsOfResource" => vec![own(&text(&call.input, "ResourceArn"))],
        _ => {
            let mut resource = table(&text(&call.input, "TableName"));
            let index = text(&call.input, "IndexName");
            if !index.is_empty() {
                resource = format!("{resource}/index/{index}");
            }
            let tags = call.operation == "CreateTable" && tagged(&call.input, "Tags");
            let tags = tags.then(|| need("dynamodb", "TagResource", &resource));
            std::iter::once(own(&resource)).chain(tags).collect()
        }
    }
}
