//! Settings of a function that are structures of their own: code in a bucket, layers, network, dead letters, logs.

use std::collections::BTreeSet;

use aws_sdk_lambda::types::{
    ApplicationLogLevel, DeadLetterConfig, Layer, LogFormat, LoggingConfig, SystemLogLevel, VpcConfig, VpcConfigResponse,
};
use deployer_resources::{FunctionLogging, FunctionVpc, LambdaFunctionProperties, S3CodeSource};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::permissions::{Permission, action_permissions};
use crate::tags::Tags;

/// The tag of a function with code from a bucket: a digest of the object's place, which Lambda does not return.
const CODE: &str = "deployer:code";

/// What a live function has whose code is from another object than the recorded one.
fn unknown_object() -> S3CodeSource {
    S3CodeSource { bucket: "(another object)".to_owned(), key: String::new(), version: None }
}

fn tag_value(source: &S3CodeSource) -> String {
    let place =
        [&source.bucket, &source.key, source.version.as_deref().unwrap_or_default()].map(|part| format!("{}:{part}", part.len()));
    hex::encode(Sha256::digest(place.concat()))
}

/// Returns the tags of the spec and the one that says where the code is.
pub(super) fn all_tags(wanted: &LambdaFunctionProperties) -> Tags {
    let code = wanted.code_s3.as_ref().map(|source| (CODE.to_owned(), tag_value(source)));
    wanted.tags.clone().into_iter().chain(code).collect()
}

pub(super) fn without_code_tag(mut tags: Tags) -> Tags {
    tags.remove(CODE);
    tags
}

/// Returns where the live code is from, given the recorded properties.
pub(super) fn live_s3_code(tags: &Tags, hint: &LambdaFunctionProperties) -> Option<S3CodeSource> {
    let tag = tags.get(CODE)?;
    Some(hint.code_s3.clone().filter(|recorded| tag_value(recorded) == *tag).unwrap_or_else(unknown_object))
}

pub(super) fn live_layers(layers: Option<Vec<Layer>>) -> Vec<String> {
    layers.unwrap_or_default().into_iter().filter_map(|layer| layer.arn).collect()
}

/// Returns the network; Lambda returns empty lists for a function without one.
pub(super) fn live_vpc(vpc: Option<VpcConfigResponse>) -> Option<FunctionVpc> {
    let vpc = vpc?;
    let vpc = FunctionVpc {
        subnet_ids: vpc.subnet_ids.unwrap_or_default().into_iter().collect(),
        security_group_ids: vpc.security_group_ids.unwrap_or_default().into_iter().collect(),
    };
    (!vpc.subnet_ids.is_empty()).then_some(vpc)
}

/// Returns the network to send, unless there is none before and after; empty lists remove it (service model, VpcConfig: SubnetIds may be
/// empty; Terraform's provider removes it so).
pub(super) fn vpc(was: Option<&LambdaFunctionProperties>, wanted: &LambdaFunctionProperties) -> Option<VpcConfig> {
    if wanted.vpc.is_none() && was.is_none_or(|was| was.vpc.is_none()) {
        return None;
    }
    let ids =
        |select: fn(&FunctionVpc) -> &BTreeSet<String>| -> Vec<String> { wanted.vpc.iter().flat_map(select).cloned().collect() };
    let config = VpcConfig::builder().set_subnet_ids(Some(ids(|vpc| &vpc.subnet_ids)));
    Some(config.set_security_group_ids(Some(ids(|vpc| &vpc.security_group_ids))).build())
}

/// Returns the target to send, unless there is none before and after; an empty one removes it (service model, DeadLetterConfig: TargetArn
/// may be empty).
pub(super) fn dead_letter(was: Option<&LambdaFunctionProperties>, wanted: &LambdaFunctionProperties) -> Option<DeadLetterConfig> {
    if wanted.dead_letter_arn.is_none() && was.is_none_or(|was| was.dead_letter_arn.is_none()) {
        return None;
    }
    Some(DeadLetterConfig::builder().target_arn(wanted.dead_letter_arn.as_deref().unwrap_or_default()).build())
}

/// Returns the layers to send, unless there are none before and after; an empty list removes them.
pub(super) fn layers(was: Option<&LambdaFunctionProperties>, wanted: &LambdaFunctionProperties) -> Option<Vec<String>> {
    (!wanted.layers.is_empty() || was.is_some_and(|was| !was.layers.is_empty())).then(|| wanted.layers.clone())
}

pub(super) fn live_logging(logging: Option<LoggingConfig>) -> FunctionLogging {
    let Some(logging) = logging else { return FunctionLogging::default() };
    FunctionLogging {
        format: logging.log_format.map_or_else(|| FunctionLogging::default().format, |format| format.as_str().to_owned()),
        application_level: logging.application_log_level.map(|level| level.as_str().to_owned()),
        system_level: logging.system_log_level.map(|level| level.as_str().to_owned()),
    }
}

/// Returns the logging configuration to send.
pub(super) fn logging(wanted: &LambdaFunctionProperties) -> LoggingConfig {
    let FunctionLogging { format, application_level, system_level } = &wanted.logging;
    LoggingConfig::builder()
        .log_format(LogFormat::from(format.as_str()))
        .set_application_log_level(application_level.as_deref().map(ApplicationLogLevel::from))
        .set_system_log_level(system_level.as_deref().map(SystemLogLevel::from))
        .build()
}

/// Actions that Lambda performs as the caller when a function is created or changed, and never for a plan.
pub(super) const READ_AS_CALLER: [&str; 6] = [
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "lambda:GetLayerVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
];

/// Actions of EC2 that whoever attaches a function to a network must be allowed (Lambda developer guide, "Giving Lambda functions access to
/// resources in an Amazon VPC", required IAM permissions).
const ATTACH: [&str; 3] = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];

/// Returns the permissions for what these settings name: Lambda reads the zip and the layers as the caller (Lambda developer guide,
/// "Identity-based IAM policies for Lambda").
pub(super) fn permissions(wanted: &Value) -> Vec<Permission> {
    let object = wanted["code_s3"].as_object().map(|source| {
        let part = |name: &str| source.get(name).and_then(Value::as_str);
        let action = if part("version").is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        let arn = format!("arn:aws:s3:::{}/{}", part("bucket").unwrap_or_default(), part("key").unwrap_or_default());
        action_permissions(&[action], &arn)
    });
    let layers = wanted["layers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let layers = layers.map(|layer| action_permissions(&["lambda:GetLayerVersion"], layer));
    let network = wanted["vpc"].is_object().then(|| action_permissions(&ATTACH, "*"));
    object.into_iter().chain(layers).chain(network).flatten().collect()
}
