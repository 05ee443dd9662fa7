//! All resource types by name, for stacks that declare resources of a type that is known only when the program runs.

use deployer_engine::ResourceDefinition;
use serde_json::Value;

/// A resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeDefinition {
    /// Name of the type, `service.thing`.
    pub name: &'static str,
    /// Names of the properties that identify a resource or say what it is part of.
    pub identity: Vec<&'static str>,
}

macro_rules! types {
    ($($resource:ident,)+) => {
        /// Names of all resource types, in alphabetical order of their Rust names.
        pub const TYPES: &[&str] = &[$(<crate::$resource as ResourceDefinition>::TYPE,)+];

        /// Returns the resource type of this name; `None` if there is none.
        pub fn type_definition(name: &str) -> Option<TypeDefinition> {
            $(
                if name == <crate::$resource as ResourceDefinition>::TYPE {
                    return Some(of::<crate::$resource>());
                }
            )+
            None
        }

        /// Checks that these are complete properties of a resource of this type.
        ///
        /// # Errors
        /// Says which property is missing or of another kind, or that there is no such type.
        pub fn check_properties(type_name: &str, properties: &Value) -> Result<(), String> {
            $(
                if type_name == <crate::$resource as ResourceDefinition>::TYPE {
                    return parsed::<crate::$resource>(properties);
                }
            )+
            Err(format!("there is no resource type `{type_name}`"))
        }
    };
}

fn of<R: ResourceDefinition>() -> TypeDefinition {
    TypeDefinition { name: R::TYPE, identity: R::KEY.iter().copied().chain(R::PARENT).collect() }
}

fn parsed<R: ResourceDefinition>(properties: &Value) -> Result<(), String> {
    serde_json::from_value::<R::Properties>(properties.clone()).map(drop).map_err(|error| error.to_string())
}

types! {
    AliasRecord,
    ApiKey,
    BasePathMapping,
    Certificate,
    CertificateValidation,
    ConnectAgentStatus,
    ConnectBot,
    ConnectContactFlow,
    ConnectDefaultVocabulary,
    ConnectEvaluationForm,
    ConnectFlowContent,
    ConnectHierarchyGroup,
    ConnectHierarchyStructure,
    ConnectHours,
    ConnectHoursOverride,
    ConnectInstance,
    ConnectLambdaAssociation,
    ConnectModule,
    ConnectPhoneNumber,
    ConnectPhoneNumberFlow,
    ConnectPredefinedAttribute,
    ConnectPrompt,
    ConnectQueue,
    ConnectQueueQuickConnects,
    ConnectQuickConnect,
    ConnectRoutingProfile,
    ConnectRule,
    ConnectSecurityProfile,
    ConnectStorage,
    ConnectTaskTemplate,
    ConnectUser,
    ConnectView,
    ConnectVocabulary,
    Deployment,
    DomainName,
    DynamodbTable,
    ExistingCertificate,
    HostedZone,
    IamOidcProvider,
    IamPolicy,
    IamRole,
    ImportedCertificate,
    LambdaFunction,
    LambdaPermission,
    LogGroup,
    RequestedCertificate,
    RestApi,
    S3Bucket,
    S3Object,
    S3StateBucket,
    S3StateFolder,
    Stage,
    UsagePlan,
    ValidationRecord,
}
