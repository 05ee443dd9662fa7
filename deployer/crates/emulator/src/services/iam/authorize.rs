//! May this session make this call?

use serde_json::Value;

use super::document::{Verdict, judge};
use super::policy::MANAGED;
use crate::call::{Call, Service};
use crate::refusal::Refusal;
use crate::world::World;

/// Refuses a call that the role's policies do not allow, in AWS's words.
pub(crate) fn authorize(world: &World, role: &str, session: &str, call: &Call) -> Result<(), Refusal> {
    for (action, resource) in needs(world, call) {
        let user = format!("arn:aws:sts::{}:assumed-role/{role}/{session}", world.account);
        let why = match verdict(world, role, &action, &resource) {
            Verdict::Allowed => continue,
            Verdict::Silent => format!("because no identity-based policy allows the {action} action"),
            Verdict::Denied => "with an explicit deny in an identity-based policy".to_owned(),
        };
        let message = format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        return Err(match call.service {
            Service::Iam | Service::Sts | Service::S3 => Refusal::new(403, "AccessDenied", message),
            Service::DynamoDb | Service::Logs | Service::Acm => Refusal::new(400, "AccessDeniedException", message),
            _ => Refusal::new(403, "AccessDeniedException", message),
        });
    }
    Ok(())
}

/// Whether the role's policies allow an action on a resource.
pub(crate) fn may(world: &World, role: &str, action: &str, resource: &str) -> bool {
    verdict(world, role, action, resource) == Verdict::Allowed
}

fn verdict(world: &World, role: &str, action: &str, resource: &str) -> Verdict {
    let Ok(role) = world.iam.role(role) else { return Verdict::Silent };
    let managed = MANAGED.iter().filter(|(arn, _)| role.attached.contains(*arn)).map(|(_, text)| *text);
    let verdicts = role.policies.values().map(String::as_str).chain(managed).map(|text| judge(text, action, resource));
    verdicts.fold(Verdict::Silent, |all, one| match (all, one) {
        (Verdict::Denied, _) | (_, Verdict::Denied) => Verdict::Denied,
        (Verdict::Allowed, _) | (_, Verdict::Allowed) => Verdict::Allowed,
        _ => Verdict::Silent,
    })
}

/// The actions and resources that a call needs (service authorization reference).
fn needs(world: &World, call: &Call) -> Vec<(String, String)> {
    match call.service {
        // "No permissions are required", BC sts.GetCallerIdentity.
        Service::Sts if call.operation == "GetCallerIdentity" => Vec::new(),
        Service::DynamoDb => dynamodb(world, call),
        Service::Logs => vec![logs(world, call)],
        Service::S3 => crate::services::s3::needs(call),
        Service::Lambda if call.operation == "Invoke" => {
            vec![("lambda:InvokeFunction".to_owned(), function(world, call.path("FunctionName")))]
        }
        // No function calls these; without a resource only a grant on `*` allows them.
        service => vec![(format!("{}:{}", prefix(service), call.operation), "*".to_owned())],
    }
}

fn prefix(service: Service) -> &'static str {
    match service {
        Service::Acm => "acm",
        Service::ApiGateway => "apigateway",
        Service::Connect => "connect",
        Service::DynamoDb => "dynamodb",
        Service::Iam => "iam",
        Service::Lambda => "lambda",
        Service::Logs => "logs",
        Service::S3 => "s3",
        Service::Sts => "sts",
        Service::Tagging => "tag",
    }
}

fn function(world: &World, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    format!("arn:aws:lambda:{}:{}:function:{name}", world.region, world.account)
}

fn logs(world: &World, call: &Call) -> (String, String) {
    let text = |member: &str| call.input.get(member).and_then(Value::as_str).unwrap_or_default();
    let action = format!("logs:{}", call.operation);
    let arn = text("resourceArn");
    if !arn.is_empty() {
        return (action, arn.to_owned());
    }
    let group = [text("logGroupName"), text("logGroupIdentifier")].into_iter().find(|name| !name.is_empty());
    let resource = group.map_or("*".to_owned(), |group| log_stream(world, group, text("logStreamName")));
    (action, resource)
}

/// The ARN by which rights on a log stream are judged; those on a group have an empty stream name, as AWS's denials show.
pub(super) fn log_stream(world: &World, group: &str, stream: &str) -> String {
    let group = group.rsplit_once(":log-group:").map_or(group, |(_, name)| name.trim_end_matches(":*"));
    format!("arn:aws:logs:{}:{}:log-group:{group}:log-stream:{stream}", world.region, world.account)
}

fn dynamodb(world: &World, call: &Call) -> Vec<(String, String)> {
    let table = |name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => format!("arn:aws:dynamodb:{}:{}:table/{name}", world.region, world.account),
    };
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
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
            vec![(own, resource)]
        }
    }
}
