//! Permissions that a request to Amazon Connect requires: on every resource it names of the types that the reference lists for
//! the action (administrator guide, "Resource-level policy examples": a caller without permission on a security profile cannot
//! create users with it), and for the actions that Connect performs with the caller's permissions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::State;
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, log_stream_arn, open, regional, service_linked_role_arn, tagged, text};
use crate::request::{Request, RequestContext};
use crate::service_authorization::{self as reference, Action};

/// Ids in a request by their names in the reference, for example `QueueId`.
type Named = BTreeMap<&'static str, Vec<String>>;

/// Members of paths, queries and bodies, as pointers into the body, with their names in the reference.
const MEMBERS: [(&str, &str); 27] = [
    ("/AgentStatusId", "AgentStatusId"),
    ("/ContactFlowId", "ContactFlowId"),
    ("/OutboundCallerConfig/OutboundFlowId", "ContactFlowId"),
    ("/ContactFlowModuleId", "ContactFlowModuleId"),
    ("/EvaluationFormId", "FormId"),
    ("/HoursOfOperationId", "HoursOfOperationId"),
    ("/HierarchyGroupId", "HierarchyGroupId"),
    ("/PhoneNumberId", "PhoneNumberId"),
    ("/OutboundCallerConfig/OutboundCallerIdNumberId", "PhoneNumberId"),
    ("/PromptId", "PromptId"),
    ("/QueueId", "QueueId"),
    ("/DefaultOutboundQueueId", "QueueId"),
    ("/QuickConnectConfig/FlowConfig/ContactFlowId", "ContactFlowId"),
    ("/QuickConnectConfig/QueueConfig/ContactFlowId", "ContactFlowId"),
    ("/QuickConnectConfig/QueueConfig/QueueId", "QueueId"),
    ("/QuickConnectConfig/UserConfig/ContactFlowId", "ContactFlowId"),
    ("/QuickConnectConfig/UserConfig/UserId", "UserId"),
    ("/QuickConnectId", "QuickConnectId"),
    ("/QuickConnectIds", "QuickConnectId"),
    ("/RoutingProfileId", "RoutingProfileId"),
    ("/RuleId", "RuleId"),
    ("/SecurityProfileId", "SecurityProfileId"),
    ("/SecurityProfileIds", "SecurityProfileId"),
    ("/TaskTemplateId", "TaskTemplateId"),
    ("/UserId", "UserId"),
    ("/VocabularyId", "VocabularyId"),
    ("/ViewId", "ViewId"),
];
/// Lists whose entries have a queue each.
const QUEUES: [&str; 2] = ["/QueueConfigs", "/ManualAssignmentQueueConfigs"];

/// Connect's service-linked role, whose name ends in a suffix specific to the instance (administrator guide, "Service-linked
/// roles").
const ROLE: &str = "connect.amazonaws.com/AWSServiceRoleForAmazonConnect_*";

/// Returns the permissions that a request to Connect requires.
pub(super) fn connect(state: &State, call: &Request, others: &dyn OtherServices) -> Vec<RequiredAction> {
    let action = format!("connect:{}", call.operation());
    let named = named(call);
    let Some(row) = reference::action(&action) else {
        return vec![RequiredAction::own(&action, &test_case(call, &named))];
    };
    let resources = resources(call, row, &named);
    let made = resources.iter().find(|arn| arn.ends_with('*')).cloned();
    let mut needs: Vec<RequiredAction> = resources.iter().map(|arn| RequiredAction::own(&action, arn)).collect();
    // The reference marks the group that CreateUserHierarchyGroup creates as optional; its id is a wildcard as for required types.
    if needs.is_empty() && call.operation().starts_with("Create") {
        let created = row.optional.iter().flat_map(|kind| arns(&call.context, kind, &named, true));
        needs.extend(created.map(|arn| RequiredAction::own(&action, &arn)));
    }
    if needs.is_empty() {
        needs.push(RequiredAction::own(&action, "*"));
    }
    if call.operation().starts_with("Create") && tagged(&call.input, "Tags") {
        let made = made.unwrap_or_else(|| regional(&call.context, "connect", "instance/*"));
        needs.push(RequiredAction::own("connect:TagResource", &made));
    }
    let on = |dependent: &str| dependents(state, call, others, dependent, &named);
    needs.extend(row.dependents.iter().flat_map(|action| {
        let resources = on(action);
        resources.into_iter().map(move |arn| RequiredAction::dependent(action, &arn))
    }));
    needs
}

/// Returns the ids in the path, query and body of a request.
fn named(call: &Request) -> Named {
    let mut named = Named::new();
    let mut put = |name: &'static str, given: &str| {
        // An ARN ends with the id, optionally followed by a version or an alias.
        let id = given.rsplit('/').next().unwrap_or(given).split(':').next().unwrap_or(given);
        if !id.is_empty() && !named.get(name).is_some_and(|ids: &Vec<String>| ids.iter().any(|known| known == id)) {
            named.entry(name).or_default().push(id.to_owned());
        }
    };
    for (pointer, name) in MEMBERS {
        put(name, call.path(&pointer[1..]));
        match call.input.pointer(pointer) {
            Some(Value::String(id)) => put(name, id),
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).for_each(|id| put(name, id)),
            _ => {}
        }
    }
    for entry in QUEUES.iter().filter_map(|list| call.input.pointer(list).and_then(Value::as_array)).flatten() {
        put("QueueId", entry.pointer("/QueueReference/QueueId").and_then(Value::as_str).unwrap_or_default());
    }
    let target = text(&call.input, "TargetArn");
    match target.contains(":traffic-distribution-group/") {
        true => put("TrafficDistributionGroupId", target),
        false => put("InstanceId", target),
    }
    put("InstanceId", call.path("InstanceId"));
    put("InstanceId", text(&call.input, "InstanceId"));
    put("InstanceId", call.query("instanceId").unwrap_or_default());
    named
}

/// Returns the resources that a request is authorized on.
fn resources(call: &Request, row: &Action, named: &Named) -> Vec<String> {
    // Tag operations apply to the resource in the path, of any type.
    if !call.path("ResourceArn").is_empty() {
        return vec![call.path("ResourceArn").to_owned()];
    }
    let names = |kind: &&str| match *kind {
        // A number is claimed for an instance or for a traffic distribution group. The reference marks both as required, but a
        // request names one.
        "instance" => named.contains_key("InstanceId") || !named.contains_key("TrafficDistributionGroupId"),
        "traffic-distribution-group" => named.contains_key("TrafficDistributionGroupId"),
        // A view is AWS's or the instance's, qualified or not. The reference marks all four as required, but a request names one.
        "aws-managed-view" | "qualified-aws-managed-view" | "qualified-customer-managed-view" => false,
        _ => true,
    };
    let required = row.required.iter().map(String::as_str).filter(names).flat_map(|kind| arns(&call.context, kind, named, true));
    let optional = row.optional.iter().flat_map(|kind| arns(&call.context, kind, named, false));
    required.chain(optional).collect()
}

/// Returns the ARNs of a resource type for all ids in the request. For a required type without an id, the resource is being
/// created, so that its id is a wildcard.
fn arns(context: &RequestContext, kind: &str, named: &Named, required: bool) -> Vec<String> {
    let Some(kind) = reference::resource_type("connect", kind) else { return Vec::new() };
    kind.arns.iter().flat_map(|arn| filled(context, arn, named, required)).collect()
}

fn filled(context: &RequestContext, arn: &str, named: &Named, required: bool) -> Vec<String> {
    let arn = arn.replace("${Partition}", "aws").replace("${Region}", &context.region).replace("${Account}", &context.account);
    let mut all = vec![arn];
    while let Some((before, after)) = all[0].split_once("${") {
        let Some((name, _)) = after.split_once('}') else { break };
        let (variable, start) = (format!("${{{name}}}"), before.len());
        let ids = match named.get(name) {
            Some(ids) => ids.clone(),
            None if required => vec!["*".to_owned()],
            None => return Vec::new(),
        };
        all = all
            .iter()
            .flat_map(|arn| {
                ids.iter().map(|id| arn[..start].to_owned() + &arn[start..].replacen(&variable, id, 1)).collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

/// Returns the resource that a request about a test case is authorized on. The reference does not have these actions yet; that
/// they are authorized like those on other resources of an instance is unverified.
fn test_case(call: &Request, named: &Named) -> String {
    let instance = named.get("InstanceId").and_then(|ids| ids.first()).map_or("*", String::as_str);
    let instance = regional(&call.context, "connect", &format!("instance/{instance}"));
    match call.path("TestCaseId") {
        "" if call.operation() == "CreateTestCase" => format!("{instance}/test-case/*"),
        "" => instance,
        id if id.starts_with("arn:") => id.to_owned(),
        id => format!("{instance}/test-case/{}", id.split(':').next().unwrap_or_default()),
    }
}

/// Returns the resources of a dependent action that the request names; empty if it names another kind: the bucket action is not
/// required for a stream.
fn dependents(state: &State, call: &Request, others: &dyn OtherServices, action: &str, named: &Named) -> Vec<String> {
    let input = |pointer: &str| call.input.pointer(pointer).and_then(Value::as_str).filter(|given| !given.is_empty());
    let given = |pointers: &[&str]| pointers.iter().filter_map(|pointer| input(pointer)).map(str::to_owned).collect::<Vec<_>>();
    match action {
        "iam:AttachRolePolicy" | "iam:CreateServiceLinkedRole" | "iam:PutRolePolicy" => {
            vec![service_linked_role_arn(&call.context, ROLE)]
        }
        "lambda:AddPermission" | "lambda:RemovePermission" => {
            given(&["/FunctionArn"]).into_iter().chain(call.query("functionArn").map(str::to_owned)).collect()
        }
        "logs:CreateLogGroup" => {
            let alias = named.get("InstanceId").and_then(|ids| state.alias(ids.first()?));
            vec![log_stream_arn(&call.context, &format!("/aws/connect/{}", alias.unwrap_or("*")), "")]
        }
        "s3:GetBucketAcl" | "s3:GetBucketLocation" => {
            given(&["/StorageConfig/S3Config/BucketName"]).iter().map(|name| format!("arn:aws:s3:::{name}")).collect()
        }
        "kms:CreateGrant" | "kms:DescribeKey" => given(&[
            "/StorageConfig/S3Config/EncryptionConfig/KeyId",
            "/StorageConfig/KinesisVideoStreamConfig/EncryptionConfig/KeyId",
        ]),
        "kinesis:DescribeStream" => given(&["/StorageConfig/KinesisStreamConfig/StreamArn"]),
        "firehose:DescribeDeliveryStream" => given(&["/StorageConfig/KinesisFirehoseConfig/FirehoseArn"]),
        // A bot of Lex V2 is authorized by its alias, and one of V1 by its name and any version.
        "lex:GetBot" => {
            let old = input("/LexBot/Name").map(|name| (name, input("/LexBot/LexRegion").unwrap_or(&call.context.region)));
            let old = old.map(|(name, region)| format!("arn:aws:lex:{region}:{}:bot:{name}:*", call.context.account));
            given(&["/LexV2Bot/AliasArn"]).into_iter().chain(old).collect()
        }
        _ if action.starts_with("lex:") => given(&["/LexV2Bot/AliasArn"]),
        "s3:GetObject" | "s3:GetObjectAcl" => given(&["/S3Uri"])
            .iter()
            .filter_map(|uri| uri.strip_prefix("s3://"))
            .map(|place| format!("arn:aws:s3:::{place}"))
            .collect(),
        // Only for a recording that is encrypted with a customer managed key.
        "kms:Decrypt" => {
            let object = input("/S3Uri").and_then(|uri| uri.strip_prefix("s3://")?.split_once('/'));
            let key = object.and_then(|(bucket, key)| others.object_encryption_key(bucket, key));
            key.map(|key| if key.starts_with("arn:") { key } else { regional(&call.context, "kms", &format!("key/{key}")) })
                .into_iter()
                .collect()
        }
        _ => unnamed(&call.context, action, named),
    }
}

/// Returns the resources of an action for which requests here name none: any resource of its first type, within the instance if
/// it belongs to one.
fn unnamed(context: &RequestContext, action: &str, named: &Named) -> Vec<String> {
    let (row, service) = (reference::action(action), action.split(':').next().unwrap_or_default());
    let kind = row.and_then(|row| row.resource_types().next()).and_then(|kind| reference::resource_type(service, kind));
    let arn = kind.and_then(|kind| kind.arns.first());
    let filled = arn.map(|arn| filled(context, arn, named, true));
    filled.unwrap_or_else(|| vec!["*".to_owned()]).iter().map(|arn| open(arn)).collect()
}
