//! The resource types, one file each.

mod api_key;
mod base_path_mapping;
mod certificate;
mod connect_bot;
mod connect_contact_flow;
mod connect_flow_calls;
mod connect_flow_content;
mod connect_hours;
mod connect_instance;
mod connect_lambda_association;
mod connect_module;
mod connect_names;
mod connect_phone_number;
mod connect_phone_number_flow;
mod connect_prompt;
mod connect_queue;
mod connect_routing_profile;
mod connect_storage;
mod connect_user;
mod deployment;
mod domain_name;
mod dynamodb_table;
mod iam_oidc_provider;
mod iam_policy;
mod iam_role;
mod lambda_function;
mod lambda_permission;
mod log_group;
mod rest_api;
mod s3_bucket;
mod s3_bucket_tags;
mod s3_object;
mod s3_state_bucket;
mod s3_state_folder;
mod stage;
#[cfg(test)]
pub(crate) mod testing;
mod usage_plan;

pub use crate::openapi::{Auth, Route, Routes};
pub use api_key::{ApiKey, ApiKeyOutputs, ApiKeyProperties};
pub use base_path_mapping::{BasePathMapping, BasePathMappingOutputs, BasePathMappingProperties};
pub use certificate::{Certificate, CertificateOutputs, CertificateProperties};
pub use connect_bot::{ConnectBot, ConnectBotOutputs, ConnectBotProperties};
pub use connect_contact_flow::{ConnectContactFlow, ConnectContactFlowOutputs, ConnectContactFlowProperties};
pub use connect_flow_content::{ConnectFlowContent, ConnectFlowContentOutputs, ConnectFlowContentProperties};
pub use connect_hours::{ConnectHours, ConnectHoursOutputs, ConnectHoursProperties};
pub use connect_instance::{ConnectInstance, ConnectInstanceOutputs, ConnectInstanceProperties};
pub use connect_lambda_association::{
    ConnectLambdaAssociation, ConnectLambdaAssociationOutputs, ConnectLambdaAssociationProperties,
};
pub use connect_module::{ConnectModule, ConnectModuleOutputs, ConnectModuleProperties};
pub use connect_phone_number::{ConnectPhoneNumber, ConnectPhoneNumberOutputs, ConnectPhoneNumberProperties};
pub use connect_phone_number_flow::{ConnectPhoneNumberFlow, ConnectPhoneNumberFlowOutputs, ConnectPhoneNumberFlowProperties};
pub use connect_prompt::{ConnectPrompt, ConnectPromptOutputs, ConnectPromptProperties};
pub use connect_queue::{ConnectQueue, ConnectQueueOutputs, ConnectQueueProperties, OutboundCaller};
pub use connect_routing_profile::{
    ConnectRoutingProfile, ConnectRoutingProfileOutputs, ConnectRoutingProfileProperties, QueueAssignment,
};
pub use connect_storage::{ConnectStorage, ConnectStorageOutputs, ConnectStorageProperties, StorageTarget};
pub use connect_user::{ConnectUser, ConnectUserOutputs, ConnectUserProperties, Password, Phone};
pub use deployment::{Deployment, DeploymentOutputs, DeploymentProperties};
pub use domain_name::{DomainName, DomainNameOutputs, DomainNameProperties};
pub use dynamodb_table::{DynamodbTable, DynamodbTableOutputs, DynamodbTableProperties, Index, Key};
pub use iam_oidc_provider::{IamOidcProvider, IamOidcProviderOutputs, IamOidcProviderProperties};
pub use iam_policy::{IamPolicy, IamPolicyOutputs, IamPolicyProperties};
pub use iam_role::{IamRole, IamRoleOutputs, IamRoleProperties};
pub use lambda_function::{LambdaFunction, LambdaFunctionOutputs, LambdaFunctionProperties};
pub use lambda_permission::{LambdaPermission, LambdaPermissionOutputs, LambdaPermissionProperties};
pub use log_group::{LogGroup, LogGroupOutputs, LogGroupProperties};
pub use rest_api::{RestApi, RestApiOutputs, RestApiProperties};
pub use s3_bucket::{S3Bucket, S3BucketOutputs, S3BucketProperties};
pub use s3_object::{S3Object, S3ObjectOutputs, S3ObjectProperties};
pub use s3_state_bucket::{S3StateBucket, S3StateBucketOutputs, S3StateBucketProperties};
pub use s3_state_folder::{S3StateFolder, S3StateFolderOutputs, S3StateFolderProperties};
pub use stage::{Stage, StageOutputs, StageProperties, Throttling};
pub use usage_plan::{Quota, UsagePlan, UsagePlanOutputs, UsagePlanProperties};

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Op as Patch, PatchOperation};
use deployer_engine::{Context, Error, ErrorClass, PhysicalId, Result};
use serde_json::{Map, Value};

use crate::operation::Operation;
use crate::provider::Provider;
use crate::tags::{self, Tags};

/// Returns a desired property that is text and already known.
fn text<'a>(wanted: &'a Value, name: &str) -> Option<&'a str> {
    wanted.get(name).and_then(Value::as_str)
}

/// Returns outputs from name and value pairs.
fn outputs<const N: usize>(pairs: [(&str, String); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}

/// Converts a builder's result into the engine's error type.
fn built<T, E: std::fmt::Display>(built: std::result::Result<T, E>) -> Result<T> {
    built.map_err(|error| Error::local(error.to_string()))
}

/// Unwraps a member that the service always sends.
fn required_field<T>(what: &str, member: Option<T>) -> Result<T> {
    member.ok_or_else(|| Error::new(ErrorClass::Transient, format!("AWS answered without {what}")))
}

/// Returns an ID composed of the parent's ID and the resource's own.
fn join_id(parent: &str, own: &str) -> PhysicalId {
    PhysicalId(format!("{parent}/{own}"))
}

/// Splits an ID that [`join_id`] returned; the parent's part has no slash.
fn split_id(id: &PhysicalId) -> Result<(&str, &str)> {
    id.as_str().split_once('/').ok_or_else(|| Error::local(format!("the recorded id {id} is not parent/own")))
}

/// Returns one step of an API Gateway PATCH: every value is text.
fn patch(op: Patch, path: &str, value: &str) -> PatchOperation {
    PatchOperation::builder().op(op).path(path).value(value).build()
}

/// Operations that change the tags of an API Gateway resource.
const APIGATEWAY_TAGS: [Operation; 2] =
    [Operation::idempotent("apigateway", "TagResource"), Operation::idempotent("apigateway", "UntagResource")];
/// Operations that change the tags of a Connect resource; the first is also needed to create one with tags.
const CONNECT_TAGS: [Operation; 2] =
    [Operation::idempotent("connect", "TagResource"), Operation::idempotent("connect", "UntagResource")];

/// Changes the tags of an API Gateway resource to the desired ones.
async fn retag_apigateway(provider: &Provider, cx: &Context, arn: &str, live: &Tags, wanted: &Tags) -> Result<()> {
    let [tag, untag] = APIGATEWAY_TAGS;
    let change = tags::change(live, wanted);
    let client = &provider.apigateway;
    if !change.set.is_empty() {
        let set = tags::sendable(&change.set);
        provider.call(cx, tag, || client.tag_resource().resource_arn(arn).set_tags(Some(set.clone())).send()).await?;
    }
    if !change.remove.is_empty() {
        let keys = change.remove;
        provider.call(cx, untag, || client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.clone())).send()).await?;
    }
    Ok(())
}

/// Changes the tags of a Connect resource to the desired ones.
async fn retag_connect(provider: &Provider, cx: &Context, arn: &str, live: &Tags, wanted: &Tags) -> Result<()> {
    let [tag, untag] = CONNECT_TAGS;
    let change = tags::change(live, wanted);
    let client = &provider.connect;
    if !change.set.is_empty() {
        let set = tags::sendable(&change.set);
        provider.call(cx, tag, || client.tag_resource().resource_arn(arn).set_tags(Some(set.clone())).send()).await?;
    }
    if !change.remove.is_empty() {
        let keys = change.remove;
        provider.call(cx, untag, || client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys.clone())).send()).await?;
    }
    Ok(())
}

/// Returns the entries of `wanted` that `live` lacks or has with another value, and the keys that only `live` has.
fn difference<'a, V: PartialEq>(
    live: &'a BTreeMap<String, V>,
    wanted: &'a BTreeMap<String, V>,
) -> (Vec<(&'a String, &'a V)>, Vec<&'a String>) {
    let put = wanted.iter().filter(|(key, value)| live.get(*key) != Some(*value)).collect();
    let remove = live.keys().filter(|key| !wanted.contains_key(*key)).collect();
    (put, remove)
}
