//! Tests of the permissions of every resource type against the Service Authorization Reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use deployer_emulator::service_authorization as reference;
use serde_json::{Value, json};

use crate::permissions::{Permission, Purpose};
use crate::provider::{Artifacts, Provider};
use crate::registry::registry_and_permissions;

struct NoArtifacts;

impl Artifacts for NoArtifacts {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::other(code_sha256.to_owned()))
    }
}

/// Returns, by resource type, properties of every variant that affects the permissions.
fn samples() -> BTreeMap<&'static str, Vec<Value>> {
    let key = "arn:aws:kms:us-east-1:111122223333:key/1";
    let role = "arn:aws:iam::111122223333:role/shop-get";
    let function = "arn:aws:lambda:us-east-1:111122223333:function:shop-get";
    BTreeMap::from([
        ("acm.certificate", vec![json!({})]),
        ("acm.certificate_validation", vec![json!({})]),
        ("acm.existing_certificate", vec![json!({"arn": "arn:aws:acm:us-east-1:111122223333:certificate/1"}), json!({})]),
        ("acm.imported_certificate", vec![json!({})]),
        ("acm.requested_certificate", vec![json!({})]),
        ("apigateway.api_key", vec![json!({})]),
        ("apigateway.usage_plan", vec![json!({})]),
        ("apigateway.base_path_mapping", vec![json!({"domain": "shop.example"})]),
        ("apigateway.deployment", vec![json!({})]),
        ("apigateway.domain_name", vec![json!({"domain": "shop.example"})]),
        ("apigateway.rest_api", vec![json!({})]),
        ("apigateway.stage", vec![json!({"tracing": true}), json!({"tracing": false})]),
        ("connect.agent_status", vec![json!({})]),
        ("connect.evaluation_form", vec![json!({})]),
        ("connect.hours_override", vec![json!({})]),
        ("connect.predefined_attribute", vec![json!({})]),
        ("connect.rule", vec![json!({})]),
        ("connect.task_template", vec![json!({})]),
        ("connect.view", vec![json!({})]),
        ("connect.bot", vec![json!({"alias_arn": "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID"})]),
        ("connect.contact_flow", vec![json!({})]),
        ("connect.flow_content", vec![json!({})]),
        ("connect.module", vec![json!({})]),
        ("connect.hours_of_operation", vec![json!({})]),
        ("connect.instance", vec![json!({"alias": "shop"})]),
        ("connect.lambda_association", vec![json!({"function_arn": function})]),
        ("connect.phone_number", vec![json!({})]),
        ("connect.phone_number_flow", vec![json!({})]),
        ("connect.prompt", vec![json!({"s3_uri": "s3://shop-prompts/one.wav"})]),
        ("connect.queue", vec![json!({"outbound_caller": {"phone_number_id": "*"}}), json!({"outbound_caller": {"name": null}})]),
        ("connect.routing_profile", vec![json!({})]),
        (
            "connect.storage",
            vec![
                json!({"place": {"s3": {"bucket": "shop-recordings", "kms_key": key}}}),
                json!({"place": {"s3": {"bucket": "shop-recordings", "kms_key": null}}}),
                json!({"place": {"kinesis_stream": "arn:aws:kinesis:us-east-1:111122223333:stream/agents"}}),
                json!({"place": {"firehose": "arn:aws:firehose:us-east-1:111122223333:deliverystream/contacts"}}),
                json!({"place": {"kinesis_video": {"kms_key": key}}}),
            ],
        ),
        ("connect.user", vec![json!({}), json!({"hierarchy_group_id": "*"})]),
        (
            "connect.quick_connect",
            vec![
                json!({"destination": {"phone_number": "+18005550100"}}),
                json!({"destination": {"queue": {}}}),
                json!({"destination": {"user": {}}}),
            ],
        ),
        ("connect.queue_quick_connects", vec![json!({})]),
        ("connect.security_profile", vec![json!({})]),
        ("connect.hierarchy_structure", vec![json!({})]),
        ("connect.hierarchy_group", vec![json!({})]),
        ("connect.vocabulary", vec![json!({})]),
        ("connect.default_vocabulary", vec![json!({})]),
        ("dynamodb.table", vec![json!({"name": "shop-numbers"})]),
        ("iam.oidc_provider", vec![json!({"host": "issuer.example"})]),
        ("iam.policy", vec![json!({"name": "shop-get"})]),
        ("iam.role", vec![json!({"name": "shop-get"}), json!({"name": "shop-get", "managed": [], "boundary": role})]),
        ("lambda.function", vec![json!({"name": "shop-get", "role_arn": role})]),
        ("lambda.permission", vec![json!({"function_name": "shop-get"})]),
        ("logs.group", vec![json!({"name": "/aws/lambda/shop-get"})]),
        ("route53.alias_record", vec![json!({"zone_id": "Z1"}), json!({})]),
        ("route53.existing_zone", vec![json!({"zone": "Z1"}), json!({"zone": "shop.example"})]),
        ("route53.validation_record", vec![json!({"zone_id": "Z1"}), json!({})]),
        ("s3.bucket", vec![json!({"name": "shop-prompts"})]),
        ("s3.object", vec![json!({"bucket": "shop-prompts"})]),
        ("s3.state_bucket", vec![json!({"name": "shop-states"})]),
        ("s3.state_folder", vec![json!({"bucket": "shop-states"})]),
    ])
}

/// Returns the permissions of every resource type for its samples, and those that the state in a bucket needs.
fn all() -> BTreeMap<String, BTreeSet<Permission>> {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1")).build();
    let provider = Provider::new(sdk, "111122223333".to_owned(), "us-east-1".to_owned(), Arc::new(NoArtifacts));
    let (_, rights, provider) = registry_and_permissions(provider);
    let samples = samples();
    let mut all = BTreeMap::new();
    for (kind, rights) in rights {
        let samples = samples.get(kind).unwrap_or_else(|| panic!("there is no sample of {kind}"));
        all.insert(
            kind.to_owned(),
            samples.iter().flat_map(|wanted| rights.of(Purpose::Everything)(&provider, wanted)).collect(),
        );
    }
    let bucket = crate::state_bucket::permissions(&provider, "shop-states");
    all.insert("the state's bucket".to_owned(), bucket.into_iter().collect());
    all
}

/// One element of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Text(char),
    /// One character.
    One,
    /// Any text.
    Many,
    /// A part of an ARN, without a slash.
    Part,
}

/// Parses a pattern of a policy.
fn pattern(text: &str) -> Vec<Token> {
    let token = |c| match c {
        '*' => Token::Many,
        '?' => Token::One,
        c => Token::Text(c),
    };
    text.chars().map(token).collect()
}

/// Parses the ARN format of a resource type.
fn arns(text: &str) -> Vec<Token> {
    // Names that may contain slashes.
    const LONG: [&str; 4] = ["LogGroupName", "ObjectName", "RoleNameWithPath", "UrlEncodedResourceARN"];
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}').expect("a closed variable");
        tokens.extend(pattern(before));
        tokens.push(if LONG.contains(&name) { Token::Many } else { Token::Part });
        rest = behind;
    }
    tokens.extend(pattern(rest));
    tokens
}

/// Whether some text matches both patterns.
fn meet(one: &[Token], other: &[Token]) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![(0, 0)];
    while let Some((i, j)) = waiting.pop() {
        if !seen.insert((i, j)) {
            continue;
        }
        let (a, b) = (one.get(i), other.get(j));
        if (a, b) == (None, None) {
            return true;
        }
        let open = |token: Option<&Token>| matches!(token, Some(Token::Many | Token::Part));
        // An open token may end here, or consume the next element of the other pattern.
        if open(a) {
            waiting.push((i + 1, j));
        }
        if open(b) {
            waiting.push((i, j + 1));
        }
        match (a, b) {
            (Some(Token::Text(a)), Some(Token::Text(b))) if a == b => waiting.push((i + 1, j + 1)),
            (Some(Token::One), Some(Token::One | Token::Text(_))) | (Some(Token::Text(_)), Some(Token::One)) => {
                waiting.push((i + 1, j + 1));
            }
            (Some(Token::Many), Some(Token::Text(_) | Token::One)) => waiting.push((i, j + 1)),
            (Some(Token::Text(_) | Token::One), Some(Token::Many)) => waiting.push((i + 1, j)),
            (Some(Token::Part), Some(Token::Text(c))) if *c != '/' => waiting.push((i, j + 1)),
            (Some(Token::Text(c)), Some(Token::Part)) if *c != '/' => waiting.push((i + 1, j)),
            _ => {}
        }
    }
    false
}

/// Whether a permission on `resource` can apply to a resource of this type.
fn is_on(resource: &str, service: &str, kind: &str) -> bool {
    let kind = reference::resource_type(service, kind).expect("the table is complete");
    // Log groups are authorized with an empty stream after their name.
    let resource = if service == "logs" { resource.strip_suffix(":*").unwrap_or(resource) } else { resource };
    kind.arns.iter().any(|arn| meet(&pattern(resource), &arns(arn)))
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

/// Permissions beyond those of the reference, also granted on an instance because the calls name one.
const BESIDES: [&str; 2] = ["connect:ListPhoneNumbersV2", "connect:SearchAvailablePhoneNumbers"];
/// Required types that no call here names: numbers are claimed for instances, and the reference marks both as required.
/// The views that AWS manages are only named in flows.
const NEVER_NAMED: [(&str, &str); 3] = [
    ("connect:ClaimPhoneNumber", "traffic-distribution-group"),
    ("connect:DescribeView", "aws-managed-view"),
    ("connect:DescribeView", "qualified-aws-managed-view"),
];
/// Dependent actions of parameters that no call here has, or whose resource no spec names.
const NEVER_ASKED: [(&str, &str); 3] = [
    ("lambda:CreateFunction", "lambda:PassCapacityProvider"),
    ("connect:CreatePrompt", "kms:Decrypt"),
    ("connect:UpdatePrompt", "kms:Decrypt"),
];

#[test]
fn every_right_stands_on_what_aws_judges() {
    for (kind, rights) in all() {
        for right in &rights {
            let (action, resource) = (right.action.as_str(), right.resource.as_str());
            let row = reference::action(action).unwrap_or_else(|| panic!("{kind}: AWS has no action {action}"));
            if !row.has_resource_types() {
                assert_eq!(resource, "*", "{kind}: {action} has no resource types");
                continue;
            }
            let stands = row.resource_types().any(|kind| is_on(resource, service(action), kind));
            let besides = BESIDES.contains(&action) && resource.ends_with(":instance/*");
            assert!(resource != "*" && (stands || besides), "{kind}: {action} is not judged on {resource}");
        }
    }
}

#[test]
fn every_required_resource_type_is_covered() {
    for (kind, rights) in all() {
        for action in rights.iter().map(|right| right.action.as_str()).collect::<BTreeSet<_>>() {
            let row = reference::action(action).expect("it is tried above");
            for required in &row.required {
                let covered = rights
                    .iter()
                    .any(|right| right.action == action && is_on(right.resource.as_str(), service(action), required));
                assert!(covered || NEVER_NAMED.contains(&(action, required)), "{kind}: {action} is judged on {required} too");
            }
        }
    }
}

#[test]
fn every_dependent_action_is_granted() {
    for (kind, rights) in all() {
        let granted: BTreeSet<&str> = rights.iter().map(|right| right.action.as_str()).collect();
        for action in &granted {
            for dependent in &reference::action(action).expect("it is tried above").dependents {
                let there = granted.contains(dependent.as_str()) || NEVER_ASKED.contains(&(*action, dependent));
                assert!(there, "{kind}: {action} needs {dependent} too");
            }
        }
    }
}

#[test]
fn storage_is_granted_what_its_kind_needs() {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1")).build();
    let provider = Provider::new(sdk, "111122223333".to_owned(), "us-east-1".to_owned(), Arc::new(NoArtifacts));
    let (_, rights, provider) = registry_and_permissions(provider);
    let of_kind: Vec<Vec<String>> = samples()["connect.storage"]
        .iter()
        .map(|wanted| {
            let rights = rights["connect.storage"].of(Purpose::Everything)(&provider, wanted);
            let services = ["firehose", "kinesis", "kms", "s3"];
            let own = |right: &&Permission| services.contains(&service(right.action.as_str()));
            rights.iter().filter(own).map(|right| right.action.clone()).collect()
        })
        .collect();
    let bucket = ["s3:GetBucketAcl", "s3:GetBucketLocation"];
    let key = ["kms:CreateGrant", "kms:DescribeKey"];
    let expected: [&[&str]; 5] = [
        &[bucket[0], bucket[1], key[0], key[1]],
        &bucket,
        &["kinesis:DescribeStream"],
        &["firehose:DescribeDeliveryStream"],
        &key,
    ];
    assert_eq!(of_kind, expected);
}

#[test]
fn patterns_meet_where_a_text_fits_both() {
    for (resource, arn, expected) in [
        ("arn:a:instance/*", "arn:a:instance/${Id}/queue/${Queue}", true),
        ("arn:a:instance/*", "arn:a:instance/${Id}", true),
        ("arn:a:instance/*/queue/*", "arn:a:instance/${Id}", false),
        ("arn:a:phone-number/*", "arn:a:instance/${Id}", false),
        ("arn:a:role/b?t", "arn:a:role/${RoleNameWithPath}", true),
        ("arn:a:table/t", "arn:a:table/${Table}/index/${Index}", false),
        ("arn:a:/restapis", "arn:a:/restapis/${Id}", false),
    ] {
        assert_eq!(meet(&pattern(resource), &arns(arn)), expected, "{resource} and {arn}");
    }
}

#[test]
fn stacks_can_add_every_type() {
    let all = all();
    let known: BTreeSet<&str> = all.keys().map(String::as_str).filter(|kind| *kind != "the state's bucket").collect();
    assert_eq!(deployer_resources::TYPES.iter().copied().collect::<BTreeSet<_>>(), known);
}
