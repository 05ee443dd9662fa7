//! External changes: deletes or modifies resources of the deployer without the engine's knowledge.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::inventory::LiveResource;
use crate::network::Cloud;
use crate::{ACCOUNT, REGION};

/// A raw AWS request, sent without an SDK.
struct RawRequest {
    service: &'static str,
    method: &'static str,
    path: String,
    target: Option<&'static str>,
    body: String,
}

impl RawRequest {
    fn rest(service: &'static str, method: &'static str, path: String, body: &Value) -> Self {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Self { service, method, path, target: None, body }
    }

    fn json(service: &'static str, target: &'static str, body: &Value) -> Self {
        Self { service, method: "POST", path: "/".to_owned(), target: Some(target), body: body.to_string() }
    }

    fn query(body: String) -> Self {
        Self { service: "iam", method: "POST", path: "/".to_owned(), target: None, body }
    }

    fn request(self) -> Option<http::Request<Bytes>> {
        let scope = format!("Credential=somebody/20261123/{REGION}/{}/aws4_request", self.service);
        let request = http::Request::builder()
            .method(self.method)
            .uri(format!("https://aws.example{}", self.path))
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"));
        let request = match self.target {
            Some(target) => request.header("x-amz-target", target),
            None => request,
        };
        request.body(Bytes::from(self.body)).ok()
    }
}

/// Deletes `thing`, or modifies it if there is a simple modification; a request that AWS rejects has no effect. Returns a description for
/// the trace.
pub(crate) async fn change_externally(cloud: &Cloud, thing: &LiveResource, deletes: bool) -> String {
    let act = if deletes { deletion(thing) } else { alteration(thing) };
    let did = format!("{} {} {}", if deletes { "delete" } else { "alter" }, thing.type_name, thing.id);
    let Some(request) = act.and_then(RawRequest::request) else { return format!("{did}: no way") };
    let response = cloud.emulator.handle(request).await;
    format!("{did}: {}", response.status().as_u16())
}

/// Name of the project that takes over resources.
pub(crate) const TAKER: &str = "bakery";

/// Returns the types whose resources are taken over together with a resource of this type: its parts, and the resources that serve it. The
/// resources left to the first project can be deleted without the taken ones.
pub(crate) fn taken_with(type_name: &str) -> &'static [&'static str] {
    match type_name.split_once('.') {
        Some(("apigateway" | "acm", _)) => &["apigateway.", "acm."],
        Some(("connect", _)) => &["connect."],
        Some(("lambda", "function")) => &["lambda.function"],
        Some(("iam", "role")) => &["iam.role"],
        Some(("logs", "group")) => &["logs.group"],
        Some(("dynamodb", "table")) => &["dynamodb.table"],
        // A child is deleted with its parent, and an object's tags can only be changed by writing the whole object again.
        _ => &[],
    }
}

/// Tags `thing` as owned by `project`; no effect on resources without tags of their own or already deleted ones.
pub(crate) async fn tag_as(cloud: &Cloud, thing: &LiveResource, project: &str) {
    let Some(request) = tagging(thing, project).and_then(RawRequest::request) else { return };
    // Slower than any of AWS's rate limits for tagging.
    cloud.time.sleep(Duration::from_secs(1)).await;
    let response = cloud.emulator.handle(request).await;
    let gone = response.status() == http::StatusCode::NOT_FOUND;
    assert!(gone || response.status().is_success(), "{} {} takes no tags: {response:?}", thing.type_name, thing.id);
}

fn tagging(thing: &LiveResource, project: &str) -> Option<RawRequest> {
    let (id, key) = (&thing.id, "deployer:project");
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
    let (map, list) = (json!({key: project}), json!([{"Key": key, "Value": project}]));
    let gateway = |what: &str| {
        let arn = format!("arn:aws:apigateway:{REGION}::/{what}");
        Some(RawRequest::rest("apigateway", "PUT", format!("/tags/{}", encoded(&arn)), &json!({"tags": map})))
    };
    match thing.type_name {
        "iam.role" => {
            let tag = format!("Tags.member.1.Key=deployer%3Aproject&Tags.member.1.Value={project}");
            Some(RawRequest::query(format!("Action=TagRole&Version=2010-05-08&RoleName={id}&{tag}")))
        }
        "logs.group" => {
            let body = json!({"resourceArn": arn("logs", &format!("log-group:{id}")), "tags": map});
            Some(RawRequest::json("logs", "Logs_20140328.TagResource", &body))
        }
        "dynamodb.table" => {
            let body = json!({"ResourceArn": arn("dynamodb", &format!("table/{id}")), "Tags": list});
            Some(RawRequest::json("dynamodb", "DynamoDB_20120810.TagResource", &body))
        }
        "lambda.function" => {
            let path = format!("/2017-03-31/tags/{}", encoded(&arn("lambda", &format!("function:{id}"))));
            Some(RawRequest::rest("lambda", "POST", path, &json!({"Tags": map})))
        }
        "acm.certificate" => {
            let body = json!({"CertificateArn": id, "Tags": list});
            Some(RawRequest::json("acm", "CertificateManager.AddTagsToCertificate", &body))
        }
        "apigateway.rest_api" => gateway(&format!("restapis/{id}")),
        "apigateway.api_key" => gateway(&format!("apikeys/{id}")),
        "apigateway.usage_plan" => gateway(&format!("usageplans/{id}")),
        "apigateway.domain_name" => gateway(&format!("domainnames/{id}")),
        "apigateway.stage" => gateway(&format!("restapis/{}/stages/{id}", thing.parent.as_deref()?)),
        kind if kind.starts_with("connect.") && thing.parent.is_none() => {
            let details: Value = serde_json::from_str(&thing.details).ok()?;
            let path = format!("/tags/{}", encoded(details["arn"].as_str()?));
            Some(RawRequest::rest("connect", "POST", path, &json!({"tags": map})))
        }
        _ => None,
    }
}

fn encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

/// Returns the id under which the deployer would record `thing`.
pub(crate) fn recorded_id(thing: &LiveResource) -> Option<String> {
    let id = &thing.id;
    match (thing.type_name, &thing.parent) {
        ("apigateway.base_path_mapping", Some(domain)) => Some(format!("{domain}/(none)")),
        // Identified only by their own record in the state.
        ("connect.phone_number_flow" | "connect.flow_content" | "connect.storage", _) => None,
        (_, Some(parent)) => Some(format!("{parent}/{id}")),
        ("connect.instance" | "connect.phone_number", None) => Some(id.clone()),
        (kind, None) if kind.starts_with("connect.") => Some(format!("{}/{id}", instance_of(thing)?)),
        _ => Some(id.clone()),
    }
}

/// Creates a resource that belongs to no project, as a user would by hand.
pub(crate) async fn make_by_hand(cloud: &Cloud, name: &str, domain: &str) {
    let acts = [
        RawRequest::rest("apigateway", "POST", "/restapis".to_owned(), &json!({"name": name})),
        RawRequest::rest("apigateway", "POST", "/restapis".to_owned(), &json!({"name": format!("{name}-else")})),
        RawRequest::json("logs", "Logs_20140328.CreateLogGroup", &json!({"logGroupName": format!("/aws/lambda/{name}")})),
        RawRequest::json(
            "dynamodb",
            "DynamoDB_20120810.CreateTable",
            &json!({"TableName": format!("{name}-numbers-copy"), "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "Tags": [{"Key": "deployer:project", "Value": domain}]}),
        ),
    ];
    for act in acts {
        if let Some(request) = act.request() {
            cloud.emulator.handle(request).await;
        }
    }
}

/// Creates or deletes the log group `name`, as a user would by hand.
pub(crate) async fn take_name(cloud: &Cloud, name: &str, makes: bool) {
    let target = if makes { "Logs_20140328.CreateLogGroup" } else { "Logs_20140328.DeleteLogGroup" };
    if let Some(request) = RawRequest::json("logs", target, &json!({"logGroupName": name})).request() {
        cloud.emulator.handle(request).await;
    }
}

fn deletion(thing: &LiveResource) -> Option<RawRequest> {
    let (id, parent) = (&thing.id, thing.parent.clone().unwrap_or_default());
    let rest = |service, path: String| Some(RawRequest::rest(service, "DELETE", path, &Value::Null));
    match thing.type_name {
        "logs.group" => Some(RawRequest::json("logs", "Logs_20140328.DeleteLogGroup", &json!({"logGroupName": id}))),
        "dynamodb.table" => Some(RawRequest::json("dynamodb", "DynamoDB_20120810.DeleteTable", &json!({"TableName": id}))),
        "acm.certificate" => {
            Some(RawRequest::json("acm", "CertificateManager.DeleteCertificate", &json!({"CertificateArn": id})))
        }
        "lambda.function" => rest("lambda", format!("/2015-03-31/functions/{id}")),
        "lambda.permission" => rest("lambda", format!("/2015-03-31/functions/{parent}/policy/{id}")),
        "apigateway.rest_api" => rest("apigateway", format!("/restapis/{id}")),
        "apigateway.stage" => rest("apigateway", format!("/restapis/{parent}/stages/{id}")),
        "apigateway.api_key" => rest("apigateway", format!("/apikeys/{id}")),
        "apigateway.deployment" => rest("apigateway", format!("/restapis/{parent}/deployments/{id}")),
        "apigateway.domain_name" => rest("apigateway", format!("/domainnames/{id}")),
        "apigateway.base_path_mapping" => rest("apigateway", format!("/domainnames/{parent}/basepathmappings/(none)")),
        "connect.instance" => rest("connect", format!("/instance/{id}")),
        "connect.lambda_association" => rest("connect", format!("/instance/{parent}/lambda-function?functionArn={id}")),
        "connect.contact_flow" => rest("connect", format!("/contact-flows/{}/{id}", instance_of(thing)?)),
        "connect.hours_of_operation" => rest("connect", format!("/hours-of-operations/{}/{id}", instance_of(thing)?)),
        "connect.queue" => rest("connect", format!("/queues/{}/{id}", instance_of(thing)?)),
        "connect.routing_profile" => rest("connect", format!("/routing-profiles/{}/{id}", instance_of(thing)?)),
        "connect.user" => rest("connect", format!("/users/{}/{id}", instance_of(thing)?)),
        "connect.prompt" => rest("connect", format!("/prompts/{}/{id}", instance_of(thing)?)),
        "connect.quick_connect" => rest("connect", format!("/quick-connects/{}/{id}", instance_of(thing)?)),
        "connect.security_profile" => rest("connect", format!("/security-profiles/{}/{id}", instance_of(thing)?)),
        "connect.hierarchy_group" => rest("connect", format!("/user-hierarchy-groups/{}/{id}", instance_of(thing)?)),
        "connect.default_vocabulary" => {
            Some(RawRequest::rest("connect", "PUT", format!("/default-vocabulary/{parent}/{id}"), &json!({})))
        }
        "connect.vocabulary" => {
            Some(RawRequest::rest("connect", "POST", format!("/vocabulary-remove/{}/{id}", instance_of(thing)?), &json!({})))
        }
        "connect.hours_override" => {
            let (instance, hours) = parent.split_once('/')?;
            rest("connect", format!("/hours-of-operations/{instance}/{hours}/overrides/{id}"))
        }
        "connect.predefined_attribute" => rest("connect", format!("/predefined-attributes/{parent}/{id}")),
        "connect.view" => rest("connect", format!("/views/{}/{id}", instance_of(thing)?)),
        "connect.task_template" => rest("connect", format!("/instance/{}/task/template/{id}", instance_of(thing)?)),
        "connect.evaluation_form" => rest("connect", format!("/evaluation-forms/{}/{id}", instance_of(thing)?)),
        "connect.rule" => rest("connect", format!("/rules/{}/{id}", instance_of(thing)?)),
        "s3.object" => rest("s3", format!("/{id}")),
        "connect.phone_number" => rest("connect", format!("/phone-number/{id}")),
        "connect.module" => rest("connect", format!("/contact-flow-modules/{}/{id}", instance_of(thing)?)),
        "connect.storage" => rest("connect", format!("/instance/{parent}/storage-config/{id}?resourceType={}", kept(thing)?)),
        "connect.bot" => {
            let bot = json!({"LexV2Bot": {"AliasArn": id}});
            Some(RawRequest::rest("connect", "POST", format!("/instance/{parent}/bot"), &bot))
        }
        // A role with policies cannot be deleted; a single policy can.
        "iam.role" => {
            Some(RawRequest::query(format!("Action=DeleteRolePolicy&Version=2010-05-08&RoleName={id}&PolicyName=deployer")))
        }
        _ => None,
    }
}

fn alteration(thing: &LiveResource) -> Option<RawRequest> {
    let id = &thing.id;
    let described = |path: String| {
        let patch = json!({"patchOperations": [{"op": "replace", "path": "/description", "value": "touched"}]});
        Some(RawRequest::rest("apigateway", "PATCH", path, &patch))
    };
    match thing.type_name {
        "logs.group" => {
            let body = json!({"logGroupName": id, "retentionInDays": 3});
            Some(RawRequest::json("logs", "Logs_20140328.PutRetentionPolicy", &body))
        }
        "dynamodb.table" => {
            let body = json!({"TableName": id, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}});
            Some(RawRequest::json("dynamodb", "DynamoDB_20120810.UpdateContinuousBackups", &body))
        }
        "lambda.function" => {
            let path = format!("/2015-03-31/functions/{id}/configuration");
            Some(RawRequest::rest("lambda", "PUT", path, &json!({"MemorySize": 1024, "Description": "touched"})))
        }
        "apigateway.rest_api" => described(format!("/restapis/{id}")),
        "apigateway.api_key" => described(format!("/apikeys/{id}")),
        "apigateway.usage_plan" => described(format!("/usageplans/{id}")),
        "apigateway.stage" => described(format!("/restapis/{}/stages/{id}", thing.parent.as_deref()?)),
        "iam.role" => Some(RawRequest::query(format!("Action=UpdateRole&Version=2010-05-08&RoleName={id}&Description=touched"))),
        "connect.contact_flow" => {
            let path = format!("/contact-flows/{}/{id}/metadata", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Description": "touched"})))
        }
        "connect.hours_of_operation" => {
            let path = format!("/hours-of-operations/{}/{id}", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"TimeZone": "Asia/Tokyo"})))
        }
        "connect.queue" => {
            let path = format!("/queues/{}/{id}/status", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Status": "DISABLED"})))
        }
        "connect.user" => {
            let path = format!("/users/{}/{id}/identity-info", instance_of(thing)?);
            Some(RawRequest::rest(
                "connect",
                "POST",
                path,
                &json!({"IdentityInfo": {"FirstName": "Somebody", "LastName": "Else"}}),
            ))
        }
        "connect.module" => {
            let path = format!("/contact-flow-modules/{}/{id}/metadata", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Description": "touched"})))
        }
        "connect.agent_status" => {
            let path = format!("/agent-status/{}/{id}", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"State": "DISABLED", "Description": "touched"})))
        }
        "connect.hours_override" => {
            let (instance, hours) = thing.parent.as_deref()?.split_once('/')?;
            let path = format!("/hours-of-operations/{instance}/{hours}/overrides/{id}");
            Some(RawRequest::rest("connect", "POST", path, &json!({"EffectiveTill": "2037-12-31"})))
        }
        "connect.predefined_attribute" => {
            let path = format!("/predefined-attributes/{}/{id}", thing.parent.as_deref()?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Values": {"StringList": ["touched"]}})))
        }
        "connect.view" => {
            let path = format!("/views/{}/{id}/metadata", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Description": "touched"})))
        }
        "connect.routing_profile" => {
            let path = format!("/routing-profiles/{}/{id}/name", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Description": "touched"})))
        }
        "connect.phone_number" => {
            let touched = json!({"PhoneNumberDescription": "touched"});
            Some(RawRequest::rest("connect", "PUT", format!("/phone-number/{id}/metadata"), &touched))
        }
        "connect.storage" if kept(thing)? == "CALL_RECORDINGS" => {
            let path = format!("/instance/{}/storage-config/{id}?resourceType=CALL_RECORDINGS", thing.parent.as_deref()?);
            let place = json!({"StorageType": "S3", "S3Config": {"BucketName": "elsewhere", "BucketPrefix": "touched"}});
            Some(RawRequest::rest("connect", "POST", path, &json!({"StorageConfig": place})))
        }
        "connect.quick_connect" => {
            let path = format!("/quick-connects/{}/{id}/config", instance_of(thing)?);
            let config = json!({"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+18005550199"}});
            Some(RawRequest::rest("connect", "POST", path, &json!({"QuickConnectConfig": config})))
        }
        "connect.security_profile" => {
            let path = format!("/security-profiles/{}/{id}", instance_of(thing)?);
            Some(RawRequest::rest(
                "connect",
                "POST",
                path,
                &json!({"Permissions": ["Users.View"], "AllowedAccessControlTags": {}}),
            ))
        }
        "connect.hierarchy_group" => {
            let path = format!("/user-hierarchy-groups/{}/{id}/name", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Name": "touched"})))
        }
        "connect.prompt" => {
            let path = format!("/prompts/{}/{id}", instance_of(thing)?);
            Some(RawRequest::rest("connect", "POST", path, &json!({"Description": "touched"})))
        }
        "connect.instance" => Some(RawRequest::rest(
            "connect",
            "POST",
            format!("/instance/{id}/attribute/CONTACTFLOW_LOGS"),
            &json!({"Value": "false"}),
        )),
        _ => None,
    }
}

/// Returns the resource type of a storage configuration.
fn kept(storage: &LiveResource) -> Option<String> {
    let details: Value = serde_json::from_str(&storage.details).ok()?;
    details["resource"].as_str().map(str::to_owned)
}

/// Returns the instance in a flow's ARN, `…:instance/ID/contact-flow/ID`.
fn instance_of(flow: &LiveResource) -> Option<String> {
    let details: Value = serde_json::from_str(&flow.details).ok()?;
    let arn = details["arn"].as_str()?;
    Some(arn.split_once("instance/")?.1.split('/').next()?.to_owned())
}
