//! Resource types without an SDK: properties, outputs, change effects, retention and quotas, one file per type.
//!
//! Each type's properties are declared once. A stack writes them with references to outputs of other resources
//! ([`Declared`]), a provider reads and returns them as values ([`Concrete`]); so a property that the provider does not know cannot be
//! written, and a reference to an output that does not exist, or means something else, does not compile.

#![allow(clippy::result_large_err, reason = "as in the engine")]

use std::collections::BTreeMap;

mod api_key;
mod base_path_mapping;
mod certificate;
mod connect_agent_status;
mod connect_bot;
mod connect_contact_flow;
mod connect_default_vocabulary;
mod connect_documents;
mod connect_flow_content;
mod connect_hierarchy_group;
mod connect_hierarchy_structure;
mod connect_hours;
mod connect_hours_override;
mod connect_instance;
mod connect_lambda_association;
mod connect_module;
mod connect_phone_number;
mod connect_phone_number_flow;
mod connect_predefined_attribute;
mod connect_prompt;
mod connect_queue;
mod connect_queue_quick_connects;
mod connect_quick_connect;
mod connect_routing_profile;
mod connect_security_profile;
mod connect_storage;
mod connect_user;
mod connect_vocabulary;
mod declaration;
mod deployment;
mod domain_name;
mod dynamodb_table;
mod existing_certificate;
mod existing_instance;
mod hosted_zone;
mod iam_oidc_provider;
mod iam_policy;
mod iam_role;
mod imported_certificate;
mod lambda_function;
mod lambda_permission;
mod log_group;
mod property;
mod requested_certificate;
mod rest_api;
mod route53_record;
mod s3_bucket;
mod s3_object;
mod s3_state_bucket;
mod s3_state_folder;
mod stage;
mod types;
mod usage_plan;

use iam_oidc_provider::other_users;

pub use api_key::{ApiKey, ApiKeyOutputs, ApiKeyProperties};
pub use base_path_mapping::{BasePathMapping, BasePathMappingOutputs, BasePathMappingProperties};
pub use certificate::{Certificate, CertificateOutputs, CertificateProperties};
pub use connect_agent_status::{ConnectAgentStatus, ConnectAgentStatusOutputs, ConnectAgentStatusProperties};
pub use connect_bot::{ConnectBot, ConnectBotOutputs, ConnectBotProperties};
pub use connect_contact_flow::{ConnectContactFlow, ConnectContactFlowOutputs, ConnectContactFlowProperties};
pub use connect_default_vocabulary::{
    ConnectDefaultVocabulary, ConnectDefaultVocabularyOutputs, ConnectDefaultVocabularyProperties,
};
pub use connect_documents::{
    ConnectDocumentOutputs, ConnectDocumentProperties, ConnectEvaluationForm, ConnectRule, ConnectTaskTemplate, ConnectView,
};
pub use connect_flow_content::{ConnectFlowContent, ConnectFlowContentOutputs, ConnectFlowContentProperties};
pub use connect_hierarchy_group::{ConnectHierarchyGroup, ConnectHierarchyGroupOutputs, ConnectHierarchyGroupProperties};
pub use connect_hierarchy_structure::{
    ConnectHierarchyStructure, ConnectHierarchyStructureOutputs, ConnectHierarchyStructureProperties,
};
pub use connect_hours::{ConnectHours, ConnectHoursOutputs, ConnectHoursProperties};
pub use connect_hours_override::{ConnectHoursOverride, ConnectHoursOverrideOutputs, ConnectHoursOverrideProperties};
pub use connect_instance::{ConnectInstance, ConnectInstanceOutputs, ConnectInstanceProperties};
pub use connect_lambda_association::{
    ConnectLambdaAssociation, ConnectLambdaAssociationOutputs, ConnectLambdaAssociationProperties,
};
pub use connect_module::{ConnectModule, ConnectModuleOutputs, ConnectModuleProperties};
pub use connect_phone_number::{ConnectPhoneNumber, ConnectPhoneNumberOutputs, ConnectPhoneNumberProperties};
pub use connect_phone_number_flow::{ConnectPhoneNumberFlow, ConnectPhoneNumberFlowOutputs, ConnectPhoneNumberFlowProperties};
pub use connect_predefined_attribute::{
    ConnectPredefinedAttribute, ConnectPredefinedAttributeOutputs, ConnectPredefinedAttributeProperties,
};
pub use connect_prompt::{ConnectPrompt, ConnectPromptOutputs, ConnectPromptProperties};
pub use connect_queue::{ConnectQueue, ConnectQueueOutputs, ConnectQueueProperties, OutboundCaller};
pub use connect_queue_quick_connects::{
    ConnectQueueQuickConnects, ConnectQueueQuickConnectsOutputs, ConnectQueueQuickConnectsProperties,
};
pub use connect_quick_connect::{ConnectQuickConnect, ConnectQuickConnectOutputs, ConnectQuickConnectProperties, Destination};
pub use connect_routing_profile::{
    ConnectRoutingProfile, ConnectRoutingProfileOutputs, ConnectRoutingProfileProperties, QueueAssignment,
};
pub use connect_security_profile::{ConnectSecurityProfile, ConnectSecurityProfileOutputs, ConnectSecurityProfileProperties};
pub use connect_storage::{ConnectStorage, ConnectStorageOutputs, ConnectStorageProperties, StorageTarget};
pub use connect_user::{ConnectUser, ConnectUserOutputs, ConnectUserProperties, Password, Phone};
pub use connect_vocabulary::{ConnectVocabulary, ConnectVocabularyOutputs, ConnectVocabularyProperties};
pub use declaration::{Declare, Handle, declare};
pub use deployment::{Deployment, DeploymentOutputs, DeploymentProperties};
pub use domain_name::{DomainName, DomainNameOutputs, DomainNameProperties};
pub use dynamodb_table::{DynamodbTable, DynamodbTableOutputs, DynamodbTableProperties, Index, Key};
pub use existing_certificate::{ExistingCertificate, ExistingCertificateOutputs, ExistingCertificateProperties};
pub use existing_instance::{ExistingInstance, InstanceSection, NamedInInstance};
pub use hosted_zone::{HostedZone, HostedZoneOutputs, HostedZoneProperties};
pub use iam_oidc_provider::{IamOidcProvider, IamOidcProviderOutputs, IamOidcProviderProperties};
pub use iam_policy::{IamPolicy, IamPolicyOutputs, IamPolicyProperties};
pub use iam_role::{IamRole, IamRoleOutputs, IamRoleProperties, MAX_INLINE_POLICY_CHARS};
pub use imported_certificate::{ImportedCertificate, ImportedCertificateOutputs, ImportedCertificateProperties};
pub use lambda_function::{
    FunctionLogging, FunctionVpc, LambdaFunction, LambdaFunctionOutputs, LambdaFunctionProperties, S3CodeSource, Variable,
};
pub use lambda_permission::{LambdaPermission, LambdaPermissionOutputs, LambdaPermissionProperties};
pub use log_group::{LogGroup, LogGroupOutputs, LogGroupProperties};
pub use property::{Arn, Concrete, Declared, Id, Kind, Mode, Name, Prop, Property, Set};
pub use requested_certificate::{
    CertificateValidation, CertificateValidationOutputs, CertificateValidationProperties, RequestedCertificate,
    RequestedCertificateOutputs, RequestedCertificateProperties,
};
pub use rest_api::{Auth, RestApi, RestApiOutputs, RestApiProperties, Route, Routes};
pub use route53_record::{
    AliasRecord, AliasRecordOutputs, AliasRecordProperties, ValidationRecord, ValidationRecordOutputs, ValidationRecordProperties,
};
pub use s3_bucket::{S3Bucket, S3BucketOutputs, S3BucketProperties};
pub use s3_object::{S3Object, S3ObjectOutputs, S3ObjectProperties};
pub use s3_state_bucket::{S3StateBucket, S3StateBucketOutputs, S3StateBucketProperties};
pub use s3_state_folder::{S3StateFolder, S3StateFolderOutputs, S3StateFolderProperties};
pub use stage::{Stage, StageOutputs, StageProperties, Throttling};
pub use types::{TYPES, TypeDefinition, check_properties, type_definition};
pub use usage_plan::{Quota, UsagePlan, UsagePlanOutputs, UsagePlanProperties};

/// Tags of a resource, by key.
pub type Tags = BTreeMap<String, String>;

/// Returns the property `name`, for messages.
fn named(properties: &serde_json::Value) -> &str {
    properties["name"].as_str().unwrap_or("*")
}
