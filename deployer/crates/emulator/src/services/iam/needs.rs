//! Which rights a call needs: actions and the resources that they are judged on, as the service authorization reference lists
//! them ("Actions, resources, and condition keys"). Rights for things that a call does besides, such as tags on creation, are
//! those that the API references name; where they do not, the row says that it is unverified.

use serde_json::Value;

use crate::call::{Call, Service};
use crate::world::World;

type Need = (String, String);

/// The actions and resources that a call needs.
pub(crate) fn needs(world: &World, call: &Call) -> Vec<Need> {
    match call.service {
        // "No permissions are required", BC sts.GetCallerIdentity.
        Service::Sts if call.operation == "GetCallerIdentity" => Vec::new(),
        Service::Sts if call.operation == "AssumeRole" => assume_role(world, call),
        Service::Acm => acm(world, call),
        Service::ApiGateway => api_gateway(world, call),
        Service::Connect => connect(world, call),
        Service::DynamoDb => dynamodb(world, call),
        Service::Iam => iam(world, call),
        Service::Lambda => lambda(world, call),
        Service::Logs => logs(world, call),
        Service::S3 => crate::services::s3::needs(call),
        // Without a resource, so only a grant on `*` allows them.
        Service::Sts | Service::Tagging => {
            let prefix = if call.service == Service::Sts { "sts" } else { "tag" };
            vec![need(prefix, call.operation, "*")]
        }
    }
}

fn assume_role(world: &World, call: &Call) -> Vec<Need> {
    let role = text(&call.input, "RoleArn");
    match &call.principal {
        crate::call::Principal::Role { role: by, .. } if world.iam.names(role, by) => Vec::new(),
        _ => vec![need("sts", call.operation, role)],
    }
}

fn need(prefix: &str, action: &str, resource: impl Into<String>) -> Need {
    (format!("{prefix}:{action}"), resource.into())
}

fn text<'a>(input: &'a Value, member: &str) -> &'a str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a call brings tags.
fn tagged(input: &Value, member: &str) -> bool {
    match input.get(member) {
        Some(Value::Array(tags)) => !tags.is_empty(),
        Some(Value::Object(tags)) => !tags.is_empty(),
        _ => false,
    }
}

fn regional(world: &World, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{}:{}:{rest}", world.region, world.account)
}

fn acm(world: &World, call: &Call) -> Vec<Need> {
    if call.operation == "ListCertificates" {
        return vec![need("acm", call.operation, "*")];
    }
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
    std::iter::once(need("apigateway", method, arn(&canonical(&call.uri_path)))).chain(tags).collect()
}

/// The path that is acted on, however it was written; the ARN in a path of tags stays one part.
fn canonical(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.starts_with("tags/") {
        return format!("/{path}");
    }
    format!("/{}", percent_encoding::percent_decode_str(path).decode_utf8_lossy())
}

/// What creating and deleting an instance does besides (CloudFormation's handler of AWS::Connect::Instance, permissions).
const DIRECTORY: [&str; 5] =
    ["ds:AuthorizeApplication", "ds:CheckAlias", "ds:CreateAlias", "ds:CreateIdentityPoolDirectory", "ds:DescribeDirectories"];
const NO_DIRECTORY: [&str; 3] = ["ds:DeleteDirectory", "ds:DescribeDirectories", "ds:UnauthorizeApplication"];

/// What an operation makes, as ARNs name it.
const MADE: [(&str, &str); 8] = [
    ("CreateContactFlow", "contact-flow"),
    ("CreateContactFlowModule", "flow-module"),
    ("CreateHoursOfOperation", "operating-hours"),
    ("CreateQueue", "queue"),
    ("CreateRoutingProfile", "routing-profile"),
    ("CreateSecurityProfile", "security-profile"),
    ("CreateTestCase", "test-case"),
    ("CreateUser", "agent"),
];
/// Parts of paths, and how ARNs name what they are the ids of.
const PARTS: [(&str, &str); 9] = [
    ("ContactFlowId", "contact-flow"),
    ("ContactFlowModuleId", "flow-module"),
    ("HoursOfOperationId", "operating-hours"),
    ("PromptId", "prompt"),
    ("QueueId", "queue"),
    ("RoutingProfileId", "routing-profile"),
    ("SecurityProfileId", "security-profile"),
    ("TestCaseId", "test-case"),
    ("UserId", "agent"),
];

/// What a path names within an instance, without the version or alias of it.
fn part(call: &Call, instance: &str) -> Option<String> {
    let (name, part) = PARTS.iter().find(|(name, _)| !call.path(name).is_empty())?;
    let (prefix, given) = (format!("{instance}/{part}/"), call.path(name));
    let id = given.strip_prefix(prefix.as_str()).unwrap_or(given);
    Some(if id.starts_with("arn:") { id.to_owned() } else { format!("{prefix}{}", id.split(':').next().unwrap_or_default()) })
}

/// The instance that a body names by `InstanceId` or `TargetArn`.
fn target(call: &Call, instances: &str) -> String {
    let given = [text(&call.input, "TargetArn"), text(&call.input, "InstanceId")].into_iter().find(|given| !given.is_empty());
    match given {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        given => format!("{instances}{}", given.unwrap_or("*")),
    }
}

/// What a call about a number is judged on: the number, and where a flow is meant the instance and the flow too.
fn numbers(world: &World, call: &Call, instances: &str) -> Vec<String> {
    let given = call.path("PhoneNumberId");
    let number =
        if given.starts_with("arn:") { given.to_owned() } else { regional(world, "connect", &format!("phone-number/{given}")) };
    let instance = match call.query("instanceId") {
        Some(id) => format!("{instances}{}", id.rsplit('/').next().unwrap_or_default()),
        None => target(call, instances),
    };
    match call.operation {
        "AssociatePhoneNumberContactFlow" => {
            let flow = text(&call.input, "ContactFlowId").rsplit('/').next().unwrap_or_default();
            vec![number, instance.clone(), format!("{instance}/contact-flow/{flow}")]
        }
        "DisassociatePhoneNumberContactFlow" | "UpdatePhoneNumber" => vec![number, instance],
        _ => vec![number],
    }
}

fn connect(world: &World, call: &Call) -> Vec<Need> {
    let instances = regional(world, "connect", "instance/");
    let id = match call.path("InstanceId") {
        "" => text(&call.input, "InstanceId"),
        id => id,
    };
    let instance = if id.starts_with("arn:") { id.to_owned() } else { format!("{instances}{id}") };
    let own = |resource: String| need("connect", call.operation, resource);
    let all = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "*".to_owned())).collect::<Vec<_>>();
    let mut needs = match call.operation {
        "CreateInstance" => {
            let mut needs = vec![own(format!("{instances}*"))];
            needs.extend(all(&DIRECTORY));
            let role = "role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect";
            needs.push(need("iam", "CreateServiceLinkedRole", format!("arn:aws:iam::{}:{role}", world.account)));
            needs
        }
        "DeleteInstance" => {
            let mut needs = vec![own(instance.clone())];
            needs.extend(all(&NO_DIRECTORY));
            needs
        }
        "ListInstances" => vec![own("*".to_owned())],
        "TagResource" | "UntagResource" | "ListTagsForResource" => vec![own(call.path("ResourceArn").to_owned())],
        // Connect changes the function's policy with the caller's rights (administrator guide, "security-iam", example 2).
        "AssociateLambdaFunction" => {
            vec![own(instance.clone()), need("lambda", "AddPermission", text(&call.input, "FunctionArn"))]
        }
        "DisassociateLambdaFunction" => {
            let function = call.query("functionArn").unwrap_or_default();
            vec![own(instance.clone()), need("lambda", "RemovePermission", function)]
        }
        // Connect lets itself in with the caller's rights (service authorization reference, dependent actions; that a bucket needs
        // these, and an alias of a bot those, is unverified).
        "AssociateInstanceStorageConfig" | "UpdateInstanceStorageConfig" => {
            let bucket = call.input.pointer("/StorageConfig/S3Config/BucketName").and_then(Value::as_str);
            let bucket = bucket.map(|name| format!("arn:aws:s3:::{name}"));
            let rights = bucket
                .into_iter()
                .flat_map(|arn| ["GetBucketAcl", "GetBucketLocation"].map(|action| need("s3", action, arn.clone())));
            std::iter::once(own(instance.clone())).chain(rights).collect()
        }
        "AssociateBot" => {
            let alias = call.input.pointer("/LexV2Bot/AliasArn").and_then(Value::as_str).unwrap_or_default();
            let actions = ["CreateResourcePolicy", "DescribeBotAlias", "UpdateResourcePolicy"];
            let rights = actions.iter().filter(|_| !alias.is_empty()).map(|action| need("lex", action, alias));
            std::iter::once(own(instance.clone())).chain(rights).collect()
        }
        // Connect reads the recording with the caller's rights (CloudFormation's handler of AWS::Connect::Prompt, permissions; its
        // kms:Decrypt is for objects that are encrypted with a key of one's own).
        "CreatePrompt" | "UpdatePrompt" => {
            let place = text(&call.input, "S3Uri").strip_prefix("s3://");
            let arn = place.map(|place| format!("arn:aws:s3:::{place}"));
            let rights =
                arn.into_iter().flat_map(|arn| ["GetObject", "GetObjectAcl"].map(|action| need("s3", action, arn.clone())));
            let prompt = part(call, &instance).unwrap_or_else(|| format!("{instance}/prompt/*"));
            std::iter::once(own(prompt)).chain(rights).collect()
        }
        // A number is the account's (service authorization reference, "wildcard-phone-number"; that a search and a list are judged
        // on the instance they name is unverified).
        "ClaimPhoneNumber" => vec![own(target(call, &instances)), own(regional(world, "connect", "phone-number/*"))],
        "SearchAvailablePhoneNumbers" | "ListPhoneNumbersV2" => vec![own(target(call, &instances))],
        _ if !call.path("PhoneNumberId").is_empty() => numbers(world, call, &instances).into_iter().map(own).collect(),
        operation => match MADE.iter().find(|(name, _)| *name == operation) {
            Some((_, part)) => vec![own(format!("{instance}/{part}/*"))],
            None => vec![own(part(call, &instance).unwrap_or_else(|| instance.clone()))],
        },
    };
    if call.operation.starts_with("Create") && tagged(&call.input, "Tags") {
        let made = needs[0].1.clone();
        needs.push(need("connect", "TagResource", made));
    }
    needs
}

fn iam(world: &World, call: &Call) -> Vec<Need> {
    if call.operation == "ListRoles" {
        return vec![need("iam", call.operation, "*")];
    }
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
    if matches!(call.operation, "ListFunctions" | "GetAccountSettings") {
        return vec![need("lambda", call.operation, "*")];
    }
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
    // The role is handed to Lambda (IAM user guide, "Granting a user permissions to pass a role").
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
    let action = format!("logs:{}", call.operation);
    let arn = text("resourceArn");
    if !arn.is_empty() {
        return vec![(action, arn.to_owned())];
    }
    let group = [text("logGroupName"), text("logGroupIdentifier")].into_iter().find(|name| !name.is_empty());
    let resource = group.map_or("*".to_owned(), |group| log_stream(world, group, text("logStreamName")));
    // "To attach tags during creation you also need logs:TagResource" (BC logs.CreateLogGroup).
    let tags = call.operation == "CreateLogGroup" && tagged(&call.input, "tags");
    let tags = tags.then(|| need("logs", "TagResource", resource.clone()));
    std::iter::once((action, resource.clone())).chain(tags).collect()
}

/// The ARN by which rights on a log stream are judged; those on a group have an empty stream name, as AWS's denials show.
fn log_stream(world: &World, group: &str, stream: &str) -> String {
    let group = group.rsplit_once(":log-group:").map_or(group, |(_, name)| name.trim_end_matches(":*"));
    format!("arn:aws:logs:{}:{}:log-group:{group}:log-stream:{stream}", world.region, world.account)
}

fn dynamodb(world: &World, call: &Call) -> Vec<(String, String)> {
    let table = |name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => format!("arn:aws:dynamodb:{}:{}:table/{name}", world.region, world.account),
    };
    let text = |value: &Value, member: &str| text(value, member).to_owned();
    let own = format!("dynamodb:{}", call.operation);
    match call.operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = call.input.get("RequestItems").and_then(Value::as_object);
            tables.into_iter().flat_map(|tables| tables.keys()).map(|name| (own.clone(), table(name))).collect()
        }
        // Each part needs the right of the same single operation (API reference, TransactWriteItems).
        "TransactGetItems" | "TransactWriteItems" => {
            let parts = call.input.get("TransactItems").and_then(Value::as_array);
            let parts = parts.into_iter().flatten().filter_map(Value::as_object).flatten();
            parts
                .map(|(kind, part)| {
                    let action = match kind.as_str() {
                        "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                        kind => format!("dynamodb:{kind}Item"),
                    };
                    (action, table(&text(part, "TableName")))
                })
                .collect()
        }
        "TagResource" | "UntagResource" | "ListTagsOfResource" => vec![(own, text(&call.input, "ResourceArn"))],
        "ListTables" => vec![(own, "*".to_owned())],
        _ => {
            let mut resource = table(&text(&call.input, "TableName"));
            let index = text(&call.input, "IndexName");
            if !index.is_empty() {
                resource = format!("{resource}/index/{index}");
            }
            let tags = call.operation == "CreateTable" && tagged(&call.input, "Tags");
            let tags = tags.then(|| need("dynamodb", "TagResource", resource.clone()));
            std::iter::once((own, resource.clone())).chain(tags).collect()
        }
    }
}
