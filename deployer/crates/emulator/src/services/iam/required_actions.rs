//! Permissions that a request requires: actions and the resources that they are authorized on. The table of the service
//! authorization reference has the resource types of each action, if any; this module reads the resources from the request.
//! Additional permissions, such as for tags on creation, are the reference's dependent actions and those that the API
//! references name; where neither does, the row says that it is unverified.

use serde_json::Value;

use super::connect_actions;
use crate::account_state::AccountState;
use crate::request::{Principal, Request, Service};
use crate::service_authorization as reference;

/// A required permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequiredAction {
    /// The action, such as `connect:CreateQueue`.
    pub(crate) action: String,
    /// The resource that it is authorized on.
    pub(crate) resource: String,
    /// Whether another service performs the action with the caller's permissions.
    pub(crate) dependent: bool,
}

impl RequiredAction {
    /// Returns an action of the request itself. An action without resource types is authorized on `*` only, whatever the
    /// request names.
    pub(crate) fn own(action: &str, resource: &str) -> Self {
        let row = reference::action(action);
        let resource = if row.is_some_and(|row| !row.has_resource_types()) { "*" } else { resource };
        Self { action: action.to_owned(), resource: resource.to_owned(), dependent: false }
    }

    /// Returns an action that the called service performs with the caller's permissions.
    pub(super) fn dependent(action: &str, resource: &str) -> Self {
        Self { dependent: true, ..Self::own(action, resource) }
    }
}

/// Returns the actions and resources that a request requires.
pub(crate) fn required_actions(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
    match call.service {
        // "No permissions are required", BC sts.GetCallerIdentity.
        Service::Sts if call.operation == "GetCallerIdentity" => Vec::new(),
        // Authorized by the role's trust policy alone: the request is not signed.
        Service::Sts if call.operation == "AssumeRoleWithWebIdentity" => Vec::new(),
        Service::Sts if call.operation == "AssumeRole" => assume_role(world, call),
        Service::Acm => acm(world, call),
        Service::ApiGateway => api_gateway(world, call),
        Service::Connect => connect_actions::connect(world, call),
        Service::DynamoDb => dynamodb(world, call),
        Service::Iam => iam(world, call),
        Service::Lambda => lambda(world, call),
        Service::Logs => logs(world, call),
        Service::S3 => crate::services::s3::needs(call).iter().map(|(action, arn)| RequiredAction::own(action, arn)).collect(),
        Service::Sts | Service::Tagging => {
            let prefix = if call.service == Service::Sts { "sts" } else { "tag" };
            vec![need(prefix, call.operation, "*")]
        }
    }
}

fn assume_role(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
    let role = text(&call.input, "RoleArn");
    match &call.principal {
        Principal::Role { role: by, .. } if world.iam.names(role, by) => Vec::new(),
        _ => vec![need("sts", call.operation, role)],
    }
}

fn need(prefix: &str, action: &str, resource: impl AsRef<str>) -> RequiredAction {
    RequiredAction::own(&format!("{prefix}:{action}"), resource.as_ref())
}

pub(super) fn text<'a>(input: &'a Value, member: &str) -> &'a str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a request has tags.
pub(super) fn tagged(input: &Value, member: &str) -> bool {
    match input.get(member) {
        Some(Value::Array(tags)) => !tags.is_empty(),
        Some(Value::Object(tags)) => !tags.is_empty(),
        _ => false,
    }
}

pub(super) fn regional(world: &AccountState, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{}:{}:{rest}", world.region, world.account)
}

fn acm(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
    let arn = match text(&call.input, "CertificateArn") {
        "" => regional(world, "acm", "certificate/*"),
        arn => arn.to_owned(),
    };
    let tags = tagged(&call.input, "Tags") && call.operation == "ImportCertificate";
    let tags = tags.then(|| need("acm", "AddTagsToCertificate", arn.clone()));
    std::iter::once(need("acm", call.operation, arn.clone())).chain(tags).collect()
}

/// Returns the permissions for API Gateway, where actions are HTTP methods and resources are paths. That tags on creation
/// require a PUT on `/tags` is unverified.
fn api_gateway(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
    let methods = [("Get", "GET"), ("Create", "POST"), ("Import", "POST"), ("Put", "PUT"), ("Tag", "PUT"), ("Update", "PATCH")];
    let method = methods.iter().find(|(verb, _)| call.operation.starts_with(verb)).map_or("DELETE", |(_, method)| method);
    let arn = |path: &str| format!("arn:aws:apigateway:{}::{path}", world.region);
    let tags = method == "POST" && tagged(&call.input, "tags");
    let tags = tags.then(|| need("apigateway", "PUT", arn("/tags/*")));
    let role = makes_linked_role(call).then(|| linked_role(world, "ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"));
    let role = role.map(|role| RequiredAction::dependent("iam:CreateServiceLinkedRole", &role));
    std::iter::once(need("apigateway", method, arn(&canonical(&call.uri_path)))).chain(tags).chain(role).collect()
}

/// Whether API Gateway may have to create its service-linked role: for the first custom domain of an account (developer guide,
/// "Service-linked roles"), and for a stage whose traces it sends to X-Ray under that role (the role's policy; that a stage
/// creates it is unverified).
fn makes_linked_role(call: &Request) -> bool {
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

/// Returns the ARN of a service-linked role.
pub(super) fn linked_role(world: &AccountState, path: &str) -> String {
    format!("arn:aws:iam::{}:role/aws-service-role/{path}", world.account)
}

/// Returns the normalized path of a request; an ARN in a tags path stays one part.
fn canonical(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.starts_with("tags/") {
        return format!("/{path}");
    }
    format!("/{}", percent_encoding::percent_decode_str(path).decode_utf8_lossy())
}

fn iam(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
    let path = call.input.get("Path").and_then(Value::as_str).unwrap_or("/");
    let of_account = |rest: &str| format!("arn:aws:iam::{}:{rest}", world.account);
    let (kind, arn) = match call.operation {
        // Authorized on the role; a policy in the request is a condition key (service authorization reference, iam:PolicyARN).
        _ if call.input.get("RoleName").is_some() => {
            let name = text(&call.input, "RoleName");
            let role = world.iam.role(name).map(|role| role.arn.clone());
            ("Role", role.unwrap_or_else(|_| of_account(&format!("role{path}{name}"))))
        }
        "CreatePolicy" => ("Policy", of_account(&format!("policy{path}{}", text(&call.input, "PolicyName")))),
        "CreateOpenIDConnectProvider" => {
            let url = text(&call.input, "Url").trim_start_matches("https://").trim_end_matches('/');
            ("OpenIDConnectProvider", of_account(&format!("oidc-provider/{url}")))
        }
        operation if operation.contains("OpenIDConnectProvider") => {
            ("", text(&call.input, "OpenIDConnectProviderArn").to_owned())
        }
        _ => ("", text(&call.input, "PolicyArn").to_owned()),
    };
    let tags = call.operation == format!("Create{kind}") && call.input.get("Tags.member.1.Key").is_some();
    let tags = tags.then(|| need("iam", &format!("Tag{kind}"), arn.clone()));
    std::iter::once(need("iam", call.operation, arn.clone())).chain(tags).collect()
}

fn lambda(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
    let given = [call.path("FunctionName"), call.path("Resource"), text(&call.input, "FunctionName")];
    let given = given.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    // A name may be part of an ARN; authorization applies to the function.
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
    // The role is passed to Lambda (IAM user guide, "Granting a user permissions to pass a role"). The reference's other
    // dependent action, lambda:PassCapacityProvider, belongs to a parameter that is not supported here.
    if matches!(call.operation, "CreateFunction" | "UpdateFunctionConfiguration") && call.input.get("Role").is_some() {
        needs.push(need("iam", "PassRole", text(&call.input, "Role")));
    }
    if call.operation == "CreateFunction" && tagged(&call.input, "Tags") {
        needs.push(need("lambda", "TagResource", function));
    }
    needs
}

fn logs(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
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

/// Returns the ARN that requests on a log stream are authorized on; for a group the stream name is empty, as AWS's denials
/// show.
pub(super) fn log_stream(world: &AccountState, group: &str, stream: &str) -> String {
    let group = group.rsplit_once(":log-group:").map_or(group, |(_, name)| name.trim_end_matches(":*"));
    format!("arn:aws:logs:{}:{}:log-group:{group}:log-stream:{stream}", world.region, world.account)
}

fn dynamodb(world: &AccountState, call: &Request) -> Vec<RequiredAction> {
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
        // Each item requires the permission of the corresponding single operation (API reference, TransactWriteItems).
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::context::open;
    use super::super::pattern::matches;
    use super::*;
    use crate::request::Route;
    use crate::services::{acm, apigateway, connect, dynamodb, iam, lambda, logs, tagging};

    fn world() -> AccountState {
        AccountState::empty("111122223333", "us-east-1")
    }

    fn call(service: Service, operation: &'static str, path: &[(&'static str, &str)], input: Value) -> Request {
        Request {
            service,
            operation,
            principal: Principal::TestRole,
            path: path.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            uri_path: String::new(),
            source: None,
            query: Vec::new(),
            headers: http::HeaderMap::new(),
            input,
            body: bytes::Bytes::new(),
        }
    }

    /// Returns a request for each route, with `x` for every part of its path.
    fn routed(service: Service, routes: &[Route], input: &Value) -> Vec<Request> {
        let one = |(_, pattern, operation): &Route| {
            let parts: Vec<&'static str> = pattern
                .split('/')
                .filter_map(|part| part.strip_prefix('{'))
                .map(|part| part.trim_end_matches(['}', '+']))
                .collect();
            let path: BTreeMap<&'static str, &str> = parts.into_iter().map(|part| (part, "x")).collect();
            let mut call = call(service, operation, &path.into_iter().collect::<Vec<_>>(), input.clone());
            call.uri_path = pattern.replace('{', "").replace(['}', '+'], "");
            call
        };
        routes.iter().map(one).collect()
    }

    fn named(service: Service, operations: &[&'static str], input: &Value) -> Vec<Request> {
        operations.iter().map(|operation| call(service, operation, &[], input.clone())).collect()
    }

    /// Returns a request for every IAM operation, with the parameters that determine its resource.
    fn of_iam() -> Vec<Request> {
        let account = "arn:aws:iam::111122223333";
        let (policy, provider) = (format!("{account}:policy/p"), format!("{account}:oidc-provider/issuer.example"));
        let role = |operation: &str| operation.contains("Role") && operation != "ListEntitiesForPolicy";
        let one = |operation: &&'static str| {
            let input = match role(operation) {
                true => json!({"RoleName": "f", "PolicyArn": policy}),
                false => {
                    json!({"PolicyName": "p", "PolicyArn": policy, "Url": "https://issuer.example", "Tags.member.1.Key": "a",
                    "OpenIDConnectProviderArn": provider})
                }
            };
            call(Service::Iam, operation, &[], input)
        };
        iam::OPERATIONS.iter().map(one).collect()
    }

    /// Returns a request for every operation.
    fn every_call() -> Vec<Request> {
        let in_connect = json!({"InstanceId": "i", "HoursOfOperationId": "h", "RoutingProfileId": "r", "SecurityProfileIds": ["s"],
            "DefaultOutboundQueueId": "q", "ContactFlowId": "c", "Tags": {"a": "b"}, "FunctionArn": "arn:aws:lambda:us-east-1:1:function:f",
            "QueueConfigs": [{"QueueReference": {"QueueId": "q"}}]});
        let mut tagged = routed(Service::Connect, connect::ROUTES, &in_connect);
        for call in tagged.iter_mut().filter(|call| !call.path("ResourceArn").is_empty()) {
            call.path.insert("ResourceArn", "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q".to_owned());
        }
        let table = json!({"TableName": "t", "ResourceArn": "arn:aws:dynamodb:us-east-1:111122223333:table/t", "RequestItems": {"t": []},
            "TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "t"}}]});
        let group = json!({"logGroupName": "/aws/lambda/f", "logStreamName": "s"});
        let role = "arn:aws:iam::111122223333:role/f";
        [
            tagged,
            routed(Service::Lambda, lambda::ROUTES, &json!({"FunctionName": "f", "Role": role, "Tags": {"a": "b"}})),
            routed(Service::ApiGateway, apigateway::ROUTES, &json!({"tags": {"a": "b"}, "tracingEnabled": true})),
            named(Service::DynamoDb, dynamodb::OPERATIONS, &table),
            named(Service::Logs, logs::OPERATIONS, &group),
            named(Service::Acm, acm::OPERATIONS, &json!({"Tags": [{"Key": "a", "Value": "b"}]})),
            of_iam(),
            named(Service::Tagging, tagging::OPERATIONS, &json!({})),
            named(Service::Sts, crate::services::sts::OPERATIONS, &json!({"RoleArn": role})),
        ]
        .concat()
    }

    /// Whether the reference lacks the action: it does not have Connect's test cases yet.
    fn is_unlisted(need: &RequiredAction) -> bool {
        need.action.starts_with("connect:") && need.action.contains("TestCase")
    }

    #[test]
    fn every_operation_is_judged_by_the_reference() {
        let world = world();
        let mut tried = 0;
        for call in every_call() {
            for need in required_actions(&world, &call).into_iter().filter(|need| !is_unlisted(need)) {
                let row = reference::action(&need.action);
                let row = row
                    .unwrap_or_else(|| panic!("{} is not in the reference; renew data/service_authorization.json", need.action));
                let service = need.action.split(':').next().unwrap_or_default();
                let on = |arn: &String| {
                    matches(&open(arn).replace("arn:*", "arn:aws"), &need.resource)
                        || need.resource.ends_with(":log-stream:")
                            && matches(&open(arn), need.resource.trim_end_matches(":log-stream:"))
                };
                // API Gateway authorizes paths (developer guide, "Control access for managing an API"); the reference does not
                // list those of resources and methods with every HTTP method that they accept.
                let others = reference::action("apigateway:GET").filter(|_| service == "apigateway");
                let stands = [Some(row), others]
                    .into_iter()
                    .flatten()
                    .flat_map(reference::Action::resource_types)
                    .filter_map(|kind| reference::resource_type(service, kind))
                    .any(|kind| kind.arns.iter().any(on));
                assert_eq!(stands, need.resource != "*", "{}: {need:?}", call.operation);
                assert_eq!(stands, row.has_resource_types(), "{}: {need:?}", call.operation);
                tried += 1;
            }
        }
        assert!(tried > 300, "{tried}");
    }

    fn of(operation: &'static str, path: &[(&'static str, &str)], input: Value) -> Vec<(String, String)> {
        let call = call(Service::Connect, operation, path, input);
        required_actions(&world(), &call).into_iter().map(|need| (need.action, need.resource)).collect()
    }

    const INSTANCE: &str = "arn:aws:connect:us-east-1:111122223333:instance/i";

    #[test]
    fn instances_are_created_on_everything() {
        let needs = of("CreateInstance", &[], json!({"InstanceAlias": "shop"}));
        assert_eq!(needs[0], ("connect:CreateInstance".to_owned(), "*".to_owned()));
        let actions: Vec<&str> = needs.iter().map(|(action, _)| action.as_str()).collect();
        for dependent in ["ds:CreateDirectory", "ds:DeleteDirectory", "iam:AttachRolePolicy", "iam:PutRolePolicy"] {
            assert!(actions.contains(&dependent), "{dependent}");
        }
        assert!(!actions.contains(&"connect:TagResource"), "without tags");
    }

    #[test]
    fn everything_that_a_call_names_is_judged() {
        let user = json!({"RoutingProfileId": format!("{INSTANCE}/routing-profile/r"), "SecurityProfileIds": ["s", "t"]});
        let on = |rest: &str| ("connect:CreateUser".to_owned(), format!("{INSTANCE}/{rest}"));
        let expected = ["routing-profile/r", "security-profile/s", "security-profile/t", "agent/*"].map(on);
        assert_eq!(of("CreateUser", &[("InstanceId", "i")], user), expected);
        let caller = json!({"OutboundCallerConfig": {"OutboundCallerIdNumberId": "n"}});
        let on = |arn: String| ("connect:UpdateQueueOutboundCallerConfig".to_owned(), arn);
        let number = "arn:aws:connect:us-east-1:111122223333:phone-number/n".to_owned();
        assert_eq!(
            of("UpdateQueueOutboundCallerConfig", &[("InstanceId", "i"), ("QueueId", "q")], caller),
            [on(format!("{INSTANCE}/queue/q")), on(number)]
        );
    }

    #[test]
    fn numbers_are_searched_on_all_numbers() {
        let numbers = "arn:aws:connect:us-east-1:111122223333:phone-number/*".to_owned();
        let search = of("SearchAvailablePhoneNumbers", &[], json!({"InstanceId": "i"}));
        assert_eq!(search, [("connect:SearchAvailablePhoneNumbers".to_owned(), numbers.clone())]);
        let claim = |input: Value| of("ClaimPhoneNumber", &[], input).into_iter().map(|(_, on)| on).collect::<Vec<_>>();
        assert_eq!(claim(json!({"InstanceId": "i"})), [INSTANCE.to_owned(), numbers.clone()]);
        let group = "arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/g";
        assert_eq!(claim(json!({"TargetArn": group})), [group.to_owned(), numbers]);
    }

    #[test]
    fn dependent_actions_follow_the_kind_of_target() {
        let own = |config: Value| -> Vec<String> {
            let needs = of("AssociateInstanceStorageConfig", &[("InstanceId", "i")], json!({"StorageConfig": config}));
            let other = |action: &String| !["connect:", "iam:", "ds:"].iter().any(|own| action.starts_with(own));
            needs.into_iter().filter(|(action, _)| other(action)).map(|(action, on)| format!("{action} {on}")).collect()
        };
        let key = "arn:aws:kms:us-east-1:111122223333:key/k";
        let stream = "arn:aws:kinesis:us-east-1:111122223333:stream/s";
        assert_eq!(
            own(json!({"S3Config": {"BucketName": "b", "EncryptionConfig": {"KeyId": key}}})),
            [
                format!("kms:CreateGrant {key}"),
                format!("kms:DescribeKey {key}"),
                "s3:GetBucketAcl arn:aws:s3:::b".to_owned(),
                "s3:GetBucketLocation arn:aws:s3:::b".to_owned(),
            ]
        );
        assert_eq!(own(json!({"KinesisStreamConfig": {"StreamArn": stream}})), [format!("kinesis:DescribeStream {stream}")]);
        let alias = "arn:aws:lex:us-east-1:111122223333:bot-alias/A/B";
        let lex = |operation| {
            let needs = of(operation, &[("InstanceId", "i")], json!({"LexV2Bot": {"AliasArn": alias}}));
            needs.into_iter().filter(|(action, _)| action.starts_with("lex:")).map(|(action, on)| (action, on == alias)).collect()
        };
        let expected =
            |actions: &[&str]| -> Vec<(String, bool)> { actions.iter().map(|action| (format!("lex:{action}"), true)).collect() };
        let associated: Vec<(String, bool)> = lex("AssociateBot");
        assert_eq!(associated, expected(&["CreateResourcePolicy", "DescribeBotAlias", "GetBot", "UpdateResourcePolicy"]));
        assert_eq!(lex("DisassociateBot"), expected(&["DeleteResourcePolicy", "UpdateResourcePolicy"]));
    }
}
