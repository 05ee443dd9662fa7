//! The resource types, one file each.

mod alias_record;
mod api_key;
mod base_path_mapping;
mod certificate;
mod certificate_validation;
mod connect_agent_status;
mod connect_bot;
mod connect_contact_flow;
mod connect_default_vocabulary;
mod connect_document_types;
mod connect_documents;
mod connect_evaluation_form;
mod connect_flow_calls;
mod connect_flow_content;
mod connect_hierarchy_group;
mod connect_hierarchy_structure;
mod connect_hours;
mod connect_hours_override;
mod connect_instance;
mod connect_lambda_association;
mod connect_module;
mod connect_names;
mod connect_phone_number;
mod connect_phone_number_flow;
mod connect_predefined_attribute;
mod connect_prompt;
mod connect_queue;
mod connect_queue_quick_connects;
mod connect_quick_connect;
mod connect_routing_profile;
mod connect_rule;
mod connect_security_profile;
mod connect_storage;
mod connect_task_template;
mod connect_user;
mod connect_view;
mod connect_vocabulary;
mod deployment;
mod domain_name;
mod dynamodb_table;
mod existing_certificate;
mod hosted_zone;
mod iam_oidc_provider;
mod iam_policy;
mod iam_role;
mod imported_certificate;
mod lambda_function;
mod lambda_permission;
mod log_group;
mod requested_certificate;
mod rest_api;
mod route53_records;
mod s3_bucket;
mod s3_bucket_tags;
mod s3_object;
mod s3_state_bucket;
mod s3_state_folder;
mod stage;
#[cfg(test)]
pub(crate) mod testing;
mod usage_plan;
mod validation_record;

pub use alias_record::AliasRecord;
pub use api_key::ApiKey;
pub use base_path_mapping::BasePathMapping;
pub use certificate::Certificate;
pub use certificate_validation::CertificateValidation;
pub use connect_agent_status::ConnectAgentStatus;
pub use connect_bot::ConnectBot;
pub use connect_contact_flow::ConnectContactFlow;
pub use connect_default_vocabulary::ConnectDefaultVocabulary;
pub use connect_document_types::{ConnectEvaluationForm, ConnectRule, ConnectTaskTemplate, ConnectView};
pub use connect_flow_content::ConnectFlowContent;
pub use connect_hierarchy_group::ConnectHierarchyGroup;
pub use connect_hierarchy_structure::ConnectHierarchyStructure;
pub use connect_hours::ConnectHours;
pub use connect_hours_override::ConnectHoursOverride;
pub use connect_instance::ConnectInstance;
pub(crate) use connect_instance::{DESCRIBE as DESCRIBE_INSTANCE, LIST as LIST_INSTANCES};
pub use connect_lambda_association::ConnectLambdaAssociation;
pub use connect_module::ConnectModule;
pub use connect_phone_number::ConnectPhoneNumber;
pub use connect_phone_number_flow::ConnectPhoneNumberFlow;
pub use connect_predefined_attribute::ConnectPredefinedAttribute;
pub use connect_prompt::ConnectPrompt;
pub use connect_queue::ConnectQueue;
pub use connect_queue_quick_connects::ConnectQueueQuickConnects;
pub use connect_quick_connect::ConnectQuickConnect;
pub use connect_routing_profile::ConnectRoutingProfile;
pub use connect_security_profile::ConnectSecurityProfile;
pub use connect_storage::ConnectStorage;
pub use connect_user::ConnectUser;
pub use connect_vocabulary::ConnectVocabulary;
pub use deployment::Deployment;
pub use domain_name::DomainName;
pub use dynamodb_table::DynamodbTable;
pub use existing_certificate::ExistingCertificate;
pub use hosted_zone::HostedZone;
pub use iam_oidc_provider::IamOidcProvider;
pub use iam_policy::IamPolicy;
pub use iam_role::IamRole;
pub use imported_certificate::ImportedCertificate;
pub use lambda_function::LambdaFunction;
pub use lambda_permission::LambdaPermission;
pub use log_group::LogGroup;
pub use requested_certificate::RequestedCertificate;
pub use rest_api::RestApi;
pub use s3_bucket::S3Bucket;
pub use s3_object::S3Object;
pub use s3_state_bucket::S3StateBucket;
pub use s3_state_folder::S3StateFolder;
pub use stage::Stage;
pub use usage_plan::UsagePlan;
pub use validation_record::ValidationRecord;

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
        let set = tags::to_sdk(&change.set);
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
        let set = tags::to_sdk(&change.set);
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
