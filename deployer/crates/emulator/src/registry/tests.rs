//! Tests of every operation: its model, and its permissions against the service authorization reference.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::kernel::permission::open;
use crate::service_authorization as reference;
use crate::services::iam::matches;

fn required(call: &Request) -> Vec<RequiredAction> {
    let mut world = AccountState::empty("111122223333", "us-east-1");
    required_actions(&mut world, call, &AccountContext { policy: None, buckets: None, zones: None })
}

fn call(service: Service, operation: &str, path: &[(&'static str, &str)], input: Value) -> Request {
    let path = path.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Request { path, ..sample(service, operation, input) }
}

/// Returns a request for each route, with `x` for every part of its path.
fn routed(service: Service, input: &Value) -> Vec<Request> {
    let one = |row: &&'static Row| {
        let (_, pattern, _) = row.route_parts().expect("a route");
        let parts: Vec<&'static str> =
            pattern.split('/').filter_map(|part| part.strip_prefix('{')).map(|part| part.trim_end_matches(['}', '+'])).collect();
        let path: BTreeMap<&'static str, &str> = parts.into_iter().map(|part| (part, "x")).collect();
        let mut call = call(service, row.name, &path.into_iter().collect::<Vec<_>>(), input.clone());
        call.uri_path = pattern.replace('{', "").replace(['}', '+'], "");
        call
    };
    rows(service).iter().map(one).collect()
}

fn named(service: Service, input: &Value) -> Vec<Request> {
    rows(service).iter().map(|row| call(service, row.name, &[], input.clone())).collect()
}

/// Returns a request for every IAM operation, with the parameters that determine its resource.
fn of_iam() -> Vec<Request> {
    let account = "arn:aws:iam::111122223333";
    let (policy, provider) = (format!("{account}:policy/p"), format!("{account}:oidc-provider/issuer.example"));
    let role = |operation: &str| operation.contains("Role") && operation != "ListEntitiesForPolicy";
    let one = |row: &&'static Row| {
        let input = match role(row.name) {
            true => json!({"RoleName": "f", "PolicyArn": policy}),
            false => {
                json!({"PolicyName": "p", "PolicyArn": policy, "Url": "https://issuer.example", "Tags.member.1.Key": "a",
                "OpenIDConnectProviderArn": provider})
            }
        };
        call(Service::Iam, row.name, &[], input)
    };
    rows(Service::Iam).iter().map(one).collect()
}

/// Returns a request for every operation.
fn every_call() -> Vec<Request> {
    let in_connect = json!({"InstanceId": "i", "HoursOfOperationId": "h", "RoutingProfileId": "r", "SecurityProfileIds": ["s"],
        "DefaultOutboundQueueId": "q", "ContactFlowId": "c", "Tags": {"a": "b"}, "FunctionArn": "arn:aws:lambda:us-east-1:1:function:f",
        "QueueConfigs": [{"QueueReference": {"QueueId": "q"}}]});
    let mut tagged = routed(Service::Connect, &in_connect);
    for call in tagged.iter_mut().filter(|call| !call.path("ResourceArn").is_empty()) {
        call.path.insert("ResourceArn", "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q".to_owned());
    }
    let table = json!({"TableName": "t", "ResourceArn": "arn:aws:dynamodb:us-east-1:111122223333:table/t", "RequestItems": {"t": []},
        "TransactItems": [{"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "t"}}]});
    let group = json!({"logGroupName": "/aws/lambda/f", "logStreamName": "s"});
    let role = "arn:aws:iam::111122223333:role/f";
    let mut zones = routed(Service::Route53, &json!({}));
    for call in zones.iter_mut().filter(|call| !call.path("ResourceType").is_empty()) {
        call.path.insert("ResourceType", "hostedzone".to_owned());
    }
    [
        tagged,
        zones,
        routed(Service::Lambda, &json!({"FunctionName": "f", "Role": role, "Tags": {"a": "b"}})),
        routed(Service::ApiGateway, &json!({"tags": {"a": "b"}, "tracingEnabled": true})),
        named(Service::DynamoDb, &table),
        named(Service::Logs, &group),
        named(Service::Acm, &json!({"Tags": [{"Key": "a", "Value": "b"}]})),
        of_iam(),
        named(Service::Tagging, &json!({})),
        named(Service::Sts, &json!({"RoleArn": role})),
    ]
    .concat()
}

/// Whether the reference lacks the action: it does not have Connect's test cases yet.
fn is_unlisted(need: &RequiredAction) -> bool {
    need.action.starts_with("connect:") && need.action.contains("TestCase")
}

#[test]
fn every_operation_is_judged_by_the_reference() {
    let mut tried = 0;
    for call in every_call() {
        for need in required(&call).into_iter().filter(|need| !is_unlisted(need)) {
            let row = reference::action(&need.action);
            let row =
                row.unwrap_or_else(|| panic!("{} is not in the reference; renew data/service_authorization.json", need.action));
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
            assert_eq!(stands, need.resource != "*", "{}: {need:?}", call.operation());
            assert_eq!(stands, row.has_resource_types(), "{}: {need:?}", call.operation());
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

fn of(operation: &str, path: &[(&'static str, &str)], input: Value) -> Vec<(String, String)> {
    let call = call(Service::Connect, operation, path, input);
    required(&call).into_iter().map(|need| (need.action, need.resource)).collect()
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
